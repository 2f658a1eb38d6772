//! Themes: the glyph, word and colour of each state and role. Colour is never the only sign.

mod file;

pub use file::ThemeMistake;

use ratatui::style::Style;
use ratatui::symbols::border;
use ratatui::text::Span;

use super::links::Links;
use crate::app::Verdict as TierVerdict;
use aemkeys_core::credential::CheckVerdict as Verdict;
use aemkeys_core::credential::validity::Urgency;
use aemkeys_core::environment::Tier;

pub use crate::app::activity::Tone;
pub use crate::app::{GlyphSet, Glyphs};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ThemeName {
    #[default]
    Dark,
    Light,
    /// Readable on a dark and on a light background.
    Neutral,
    Mono,
}

impl ThemeName {
    pub const ALL: [Self; 4] = [Self::Dark, Self::Light, Self::Neutral, Self::Mono];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Dark => "dark",
            Self::Light => "light",
            Self::Neutral => "neutral",
            Self::Mono => "mono",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|theme| theme.as_str() == text)
    }

    fn file(self) -> &'static str {
        match self {
            Self::Dark => include_str!("../../assets/themes/dark.toml"),
            Self::Light => include_str!("../../assets/themes/light.toml"),
            Self::Neutral => include_str!("../../assets/themes/neutral.toml"),
            Self::Mono => include_str!("../../assets/themes/mono.toml"),
        }
    }

    /// Returns the theme for the first frame, before the terminal has answered: mono with `NO_COLOR`, else by `COLORFGBG`.
    pub fn guess(no_color: Option<&str>, colorfgbg: Option<&str>) -> Self {
        if no_color.is_some_and(|value| !value.is_empty()) {
            return Self::Mono;
        }
        let background = colorfgbg
            .and_then(|value| value.rsplit(';').next())
            .and_then(|value| value.parse::<u8>().ok());
        match background {
            Some(7 | 9..=15) => Self::Light,
            Some(0..=6 | 8) => Self::Dark,
            _ => Self::Neutral,
        }
    }

    /// Returns the theme for a background, by whether black or white text has more contrast on it.
    pub fn on(background: (u8, u8, u8)) -> Self {
        // Both have the same contrast where (1 + 0.05) / (luminance + 0.05) = (luminance + 0.05) / 0.05.
        if luminance(background) > 0.179 {
            Self::Light
        } else {
            Self::Dark
        }
    }
}

/// Returns the relative luminance of a colour, from 0 to 1 (WCAG 2.2).
fn luminance((red, green, blue): (u8, u8, u8)) -> f64 {
    let channel = |value: u8| {
        let value = f64::from(value) / 255.0;
        if value <= 0.04045 {
            value / 12.92
        } else {
            ((value + 0.055) / 1.055).powf(2.4)
        }
    };
    0.2126 * channel(red) + 0.7152 * channel(green) + 0.0722 * channel(blue)
}

/// The table of the roles, which have the same names in theme files.
macro_rules! roles {
    ($($(#[$doc:meta])* $role:ident,)*) => {
        /// The styles of all roles, and the glyphs.
        #[derive(Clone, Debug, Default)]
        pub struct Theme {
            $($(#[$doc])* pub $role: Style,)*
            pub glyphs: &'static Glyphs,
            pub links: Links,
            /// Whether it is for a light background.
            pub light: bool,
            /// Whether the terminal's background may call for another theme.
            pub is_guess: bool,
        }

        impl Theme {
            const ROLES: &[&str] = &[$(stringify!($role)),*];

            /// Returns the style of a role by its name.
            fn role(&mut self, name: &str) -> Option<&mut Style> {
                match name {
                    $(stringify!($role) => Some(&mut self.$role),)*
                    _ => None,
                }
            }
        }
    };
}

roles! {
    text,
    /// Less important text: labels, hints, lines.
    quiet,
    strong,
    /// Keys, the focused frame and the cursor.
    accent,
    fine,
    soon,
    urgent,
    over,
    selected,
    production,
    border,
    border_focused,
    found,
    /// All text behind a page.
    dimmed,
}

impl Theme {
    /// Returns a built-in theme.
    pub fn new(name: ThemeName, glyphs: GlyphSet) -> Self {
        let mut theme = Self {
            glyphs: glyphs.glyphs(),
            light: name == ThemeName::Light,
            ..Self::default()
        };
        // A test checks that these files are valid and name every role.
        let _ = file::read(name.file(), &mut theme);
        theme
    }

    /// Returns the theme for a guess that may be wrong: the selected row has no background that could hide its text.
    pub fn guessed(name: ThemeName, glyphs: GlyphSet) -> Self {
        Self {
            selected: Self::new(ThemeName::Neutral, glyphs).selected,
            // NO_COLOR is not a guess.
            is_guess: name != ThemeName::Mono,
            ..Self::new(name, glyphs)
        }
    }

    /// Returns another built-in theme with the same glyphs.
    #[must_use]
    pub fn changed(&self, name: ThemeName) -> Self {
        Self {
            glyphs: self.glyphs,
            links: self.links.clone(),
            ..Self::new(name, GlyphSet::Unicode)
        }
    }

    /// Returns the theme of a picture, whose background is known.
    #[must_use]
    pub fn for_picture(self) -> Self {
        match (self.is_guess, self.light) {
            (false, _) => self,
            (true, false) => self.changed(ThemeName::Dark),
            (true, true) => self.changed(ThemeName::Light),
        }
    }

    /// Reads a theme file on top of its base theme. Returns all errors together.
    pub fn own(text: &str, glyphs: GlyphSet) -> Result<Self, Vec<ThemeMistake>> {
        file::own(text, glyphs)
    }

    /// Returns the glyph, word and style of a state.
    pub fn state(&self, state: Urgency) -> (&'static str, &'static str, Style) {
        let style = match state {
            Urgency::Fine => self.fine,
            Urgency::Soon | Urgency::NotYetValid => self.soon,
            Urgency::Urgent => self.urgent,
            Urgency::Expired => self.over,
            Urgency::Unknown | Urgency::NoneYet | Urgency::NotNeeded => self.quiet,
        };
        (self.glyphs.state(state), state.label(), style)
    }

    /// Returns the lines and corners of a frame.
    pub fn frame(&self) -> border::Set<'static> {
        let g = self.glyphs;
        let [top_left, top_right, bottom_left, bottom_right] = g.corners;
        border::Set {
            top_left,
            top_right,
            bottom_left,
            bottom_right,
            vertical_left: g.vertical,
            vertical_right: g.vertical,
            horizontal_top: g.horizontal,
            horizontal_bottom: g.horizontal,
        }
    }

    /// Returns the cursor of a selected row, or a space.
    pub fn cursor<'a>(&self, is_selected: bool) -> Span<'a> {
        let glyph = if is_selected { self.glyphs.cursor } else { " " };
        Span::styled(glyph, self.accent)
    }

    pub fn check(&self, verdict: Verdict) -> (&'static str, Style) {
        let style = match verdict {
            Verdict::Fine => self.fine,
            Verdict::Warning => self.soon,
            Verdict::Wrong => self.over,
            Verdict::Unknown => self.quiet,
        };
        (self.glyphs.check(verdict), style)
    }

    /// Returns the glyph and the style of a verdict: the good one only if the tier accepted the token.
    pub fn tier(&self, tier: Tier, verdict: TierVerdict) -> (&'static str, Style) {
        let g = self.glyphs;
        match verdict {
            verdict if verdict.shows_acceptance(tier) => (g.fine, self.fine),
            TierVerdict::Answered => (g.dot, self.accent),
            TierVerdict::NoAnswer | TierVerdict::Hibernated => (g.unknown, self.soon),
            TierVerdict::NotPermitted | TierVerdict::NotFound => (g.soon, self.soon),
            _ => (g.over, self.over),
        }
    }

    pub fn tone(&self, tone: Tone) -> (&'static str, Style) {
        let g = self.glyphs;
        match tone {
            Tone::Fine => (g.fine, self.fine),
            Tone::Note => (g.dot, self.accent),
            Tone::Warning => (g.soon, self.soon),
            Tone::Bad => (g.over, self.over),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::colors::rgb;
    use ratatui::style::Modifier;

    type Rgb = (u8, u8, u8);

    const BLACK: Rgb = (0, 0, 0);
    const WHITE: Rgb = (255, 255, 255);

    fn contrast(one: Rgb, other: Rgb) -> f64 {
        let (one, other) = (luminance(one), luminance(other));
        (one.max(other) + 0.05) / (one.min(other) + 0.05)
    }

    /// The foreground and background of a style on a terminal with these colours.
    fn painted(style: Style, text: Rgb, background: Rgb) -> (Rgb, Rgb) {
        let front = style.fg.and_then(rgb).unwrap_or(text);
        let back = style.bg.and_then(rgb).unwrap_or(background);
        if style.add_modifier.contains(Modifier::REVERSED) {
            (back, front)
        } else {
            (front, back)
        }
    }

    /// Black, VS Code, One Dark, Solarized Dark, Ubuntu, Nord, Monokai.
    const DARK: &[Rgb] = &[
        BLACK,
        (0x1e, 0x1e, 0x1e),
        (0x28, 0x2c, 0x34),
        (0x00, 0x2b, 0x36),
        (0x30, 0x0a, 0x24),
        (0x2e, 0x34, 0x40),
        (0x27, 0x28, 0x22),
    ];
    /// White, One Light, Solarized Light.
    const LIGHT: &[Rgb] = &[WHITE, (0xfa, 0xfa, 0xfa), (0xfd, 0xf6, 0xe3)];

    #[test]
    fn every_text_of_every_theme_is_readable_on_its_backgrounds() {
        for (name, text, backgrounds) in [
            (ThemeName::Dark, WHITE, DARK),
            (ThemeName::Light, BLACK, LIGHT),
            (ThemeName::Neutral, WHITE, &[BLACK]),
            (ThemeName::Neutral, BLACK, &[WHITE]),
            (ThemeName::Mono, WHITE, DARK),
            (ThemeName::Mono, BLACK, LIGHT),
        ] {
            let mut theme = Theme::new(name, GlyphSet::Unicode);
            let selected = theme.selected;
            for role in Theme::ROLES.iter().filter(|role| **role != "border") {
                let style = *theme.role(role).unwrap();
                for background in backgrounds {
                    for row in [Style::new(), selected] {
                        let (front, back) = painted(row.patch(style), text, *background);
                        let ratio = contrast(front, back);
                        assert!(
                            ratio >= 4.5,
                            "{name:?}: {role} has {ratio:.2} on {background:?}, row {row:?}"
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn a_guess_has_no_fixed_background_on_the_selected_row() {
        for name in ThemeName::ALL {
            let selected = Theme::guessed(name, GlyphSet::Unicode).selected;
            assert_eq!(selected.bg, None, "{name:?}");
            assert!(
                selected.add_modifier.contains(Modifier::REVERSED),
                "{name:?}"
            );
        }
    }

    #[test]
    fn the_background_chooses_the_theme() {
        for background in DARK {
            assert_eq!(ThemeName::on(*background), ThemeName::Dark);
        }
        for background in LIGHT.iter().chain([&(0x80, 0x80, 0x80)]) {
            assert_eq!(ThemeName::on(*background), ThemeName::Light);
        }
    }

    #[test]
    fn the_light_theme_has_no_yellow() {
        let mut theme = Theme::new(ThemeName::Light, GlyphSet::Unicode);
        for role in Theme::ROLES {
            let style = *theme.role(role).unwrap();
            for (r, g, b) in [style.fg, style.bg].into_iter().flatten().filter_map(rgb) {
                let yellow = r > 180 && g > 150 && b < 100;
                assert!(!yellow, "{role}: {style:?}");
            }
        }
    }

    #[test]
    fn states_differ_without_colour() {
        for glyphs in [GlyphSet::Unicode, GlyphSet::Ascii] {
            let theme = Theme::new(ThemeName::Mono, glyphs);
            let four = [
                Urgency::Fine,
                Urgency::Soon,
                Urgency::Urgent,
                Urgency::Expired,
            ];
            let signs: std::collections::HashSet<_> =
                four.iter().map(|state| theme.state(*state).0).collect();
            assert_eq!(signs.len(), 4);
            for style in [
                theme.fine,
                theme.soon,
                theme.urgent,
                theme.over,
                theme.accent,
                theme.selected,
                theme.production,
                theme.found,
            ] {
                assert_eq!((style.fg, style.bg), (None, None));
            }
        }
    }

    #[test]
    fn the_default_theme_comes_from_the_environment() {
        assert_eq!(ThemeName::guess(Some("1"), None), ThemeName::Mono);
        assert_eq!(ThemeName::guess(Some(""), Some("0;15")), ThemeName::Light);
        assert_eq!(ThemeName::guess(None, Some("15;0")), ThemeName::Dark);
        assert_eq!(ThemeName::guess(None, None), ThemeName::Neutral);
        for odd in ["", "default;default", "0;", "0;256"] {
            assert_eq!(ThemeName::guess(None, Some(odd)), ThemeName::Neutral);
        }
    }
}
