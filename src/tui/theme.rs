//! Themes: the glyph, word and colour of each state and role. Colour is never the only sign.

mod file;
mod glyphs;

use ratatui::style::Style;
use ratatui::text::Span;

use crate::app::Verdict as TierVerdict;
use aemkeys_core::credential::CheckVerdict as Verdict;
use aemkeys_core::credential::validity::Urgency;

pub use crate::app::GlyphSet;
pub use crate::app::activity::Tone;
pub use glyphs::ThemeGlyphs;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ThemeName {
    #[default]
    Dark,
    Light,
    Mono,
}

impl ThemeName {
    pub const ALL: [Self; 3] = [Self::Dark, Self::Light, Self::Mono];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Dark => "dark",
            Self::Light => "light",
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
            Self::Mono => include_str!("../../assets/themes/mono.toml"),
        }
    }

    /// Returns the default theme: mono with `NO_COLOR`, light if `COLORFGBG` says so. Does not query the terminal,
    /// because the response may take two seconds.
    pub fn guess(no_color: Option<&str>, colorfgbg: Option<&str>) -> Self {
        if no_color.is_some_and(|value| !value.is_empty()) {
            return Self::Mono;
        }
        let background = colorfgbg
            .and_then(|value| value.rsplit(';').next())
            .and_then(|value| value.parse::<u8>().ok());
        match background {
            Some(7 | 9..=15) => Self::Light,
            _ => Self::Dark,
        }
    }
}

/// The table of the roles, which have the same names in theme files.
macro_rules! roles {
    ($($(#[$doc:meta])* $role:ident,)*) => {
        /// The styles of all roles, and the glyphs.
        #[derive(Clone, Debug, Default)]
        pub struct Theme {
            $($(#[$doc])* pub $role: Style,)*
            pub glyphs: ThemeGlyphs,
            /// Whether it is for a light background.
            pub light: bool,
        }

        impl Theme {
            #[cfg(test)]
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
}

impl Theme {
    /// Returns a built-in theme.
    pub fn new(name: ThemeName, glyphs: GlyphSet) -> Self {
        let mut theme = Self {
            glyphs: glyphs.into(),
            light: name == ThemeName::Light,
            ..Self::default()
        };
        // A test checks that these files are valid and name every role.
        let _ = file::read(name.file(), &mut theme);
        theme
    }

    /// Reads a theme file on top of its base theme. Returns all errors together.
    pub fn own(text: &str, glyphs: GlyphSet) -> Result<Self, Vec<String>> {
        file::own(text, glyphs)
    }

    /// Returns the glyph, word and style of a state.
    pub fn state(&self, state: Urgency) -> (&'static str, &'static str, Style) {
        let g = &self.glyphs;
        let (glyph, style) = match state {
            Urgency::Fine => (g.fine, self.fine),
            Urgency::Soon => (g.soon, self.soon),
            Urgency::Urgent => (g.urgent, self.urgent),
            Urgency::Expired => (g.over, self.over),
            Urgency::NotYetValid => (g.not_yet, self.soon),
            Urgency::Unknown => (g.unknown, self.quiet),
            Urgency::NoneYet => (g.none_yet, self.quiet),
            Urgency::NotNeeded => (g.none_needed, self.quiet),
        };
        (glyph, state.label(), style)
    }

    /// Returns the cursor of a selected row, or a space.
    pub fn cursor<'a>(&self, is_selected: bool) -> Span<'a> {
        let glyph = if is_selected { self.glyphs.cursor } else { " " };
        Span::styled(glyph, self.accent)
    }

    pub fn check(&self, verdict: Verdict) -> (&'static str, Style) {
        let g = &self.glyphs;
        match verdict {
            Verdict::Fine => (g.fine, self.fine),
            Verdict::Warning => (g.soon, self.soon),
            Verdict::Wrong => (g.over, self.over),
            Verdict::Unknown => (g.unknown, self.quiet),
        }
    }

    pub fn tier(&self, verdict: TierVerdict) -> (&'static str, Style) {
        let g = &self.glyphs;
        match verdict {
            verdict if verdict.is_success() => (g.fine, self.fine),
            TierVerdict::NoAnswer | TierVerdict::Hibernated => (g.unknown, self.soon),
            TierVerdict::NotPermitted | TierVerdict::NotFound => (g.soon, self.soon),
            _ => (g.over, self.over),
        }
    }

    pub fn tone(&self, tone: Tone) -> (&'static str, Style) {
        let g = &self.glyphs;
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

    fn luminance((r, g, b): (u8, u8, u8)) -> f64 {
        let channel = |value: u8| {
            let value = f64::from(value) / 255.0;
            if value <= 0.04045 {
                value / 12.92
            } else {
                ((value + 0.055) / 1.055).powf(2.4)
            }
        };
        0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b)
    }

    #[test]
    fn the_light_theme_is_readable_on_white_and_on_the_selected_row() {
        let theme = Theme::new(ThemeName::Light, GlyphSet::Unicode);
        let selected = theme.selected.bg.and_then(rgb).unwrap();
        for background in [(255, 255, 255), selected] {
            for style in [
                theme.quiet,
                theme.accent,
                theme.fine,
                theme.soon,
                theme.urgent,
                theme.over,
            ] {
                let color = style.fg.and_then(rgb).unwrap();
                let contrast = (luminance(background) + 0.05) / (luminance(color) + 0.05);
                assert!(contrast >= 4.5, "{style:?} has {contrast:.2}");
            }
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
        let (found, ground) = (theme.found.fg.and_then(rgb), theme.found.bg.and_then(rgb));
        let contrast = (luminance(found.unwrap()) + 0.05) / (luminance(ground.unwrap()) + 0.05);
        assert!(contrast >= 4.5, "found has {contrast:.2}");
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
        assert_eq!(ThemeName::guess(None, None), ThemeName::Dark);
    }
}
