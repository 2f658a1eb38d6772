//! How do states and roles look? Glyph, word and colour for each; colour is never the only sign.

use ratatui::style::{Color, Modifier, Style};
use ratatui::symbols::border;

use super::model::Tone;
use crate::app::Verdict as TierVerdict;
use crate::credential::service_credentials::Verdict;
use crate::credential::validity::State;

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

    /// Without a choice: `NO_COLOR` takes colours away, `COLORFGBG` tells a light terminal. Nothing is asked of the
    /// terminal: an answer may take two seconds.
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

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum GlyphSet {
    #[default]
    Unicode,
    Ascii,
}

impl GlyphSet {
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "unicode" => Some(Self::Unicode),
            "ascii" => Some(Self::Ascii),
            _ => None,
        }
    }
}

/// Colours by what they mean, and the glyphs.
#[derive(Clone, Debug)]
pub struct Theme {
    pub text: Style,
    /// Less important: labels, hints, lines.
    pub quiet: Style,
    pub strong: Style,
    /// Names of keys, the focused frame, the cursor's bar.
    pub accent: Style,
    pub fine: Style,
    pub soon: Style,
    pub urgent: Style,
    pub over: Style,
    pub selected: Style,
    pub production: Style,
    pub border: Style,
    pub border_focused: Style,
    pub found: Style,
    pub glyphs: Glyphs,
}

#[derive(Clone, Debug)]
pub struct Glyphs {
    pub fine: &'static str,
    pub soon: &'static str,
    pub urgent: &'static str,
    pub over: &'static str,
    pub not_yet: &'static str,
    pub unknown: &'static str,
    pub none_needed: &'static str,
    pub none_yet: &'static str,
    pub cursor: &'static str,
    pub mark: &'static str,
    pub bar_full: &'static str,
    pub bar_end: &'static str,
    pub bar_empty: &'static str,
    pub bar_today: &'static str,
    pub dot: &'static str,
    pub ellipsis: &'static str,
    pub arrow: &'static str,
    pub choice_left: &'static str,
    pub choice_right: &'static str,
    pub fresh: &'static str,
    pub dash: &'static str,
    pub spinner: &'static [&'static str],
    pub border: border::Set<'static>,
}

const UNICODE: Glyphs = Glyphs {
    fine: "●",
    soon: "▲",
    urgent: "‼",
    over: "✕",
    not_yet: "◌",
    unknown: "?",
    none_needed: "–",
    none_yet: "○",
    cursor: "▌",
    mark: "◆",
    bar_full: "━",
    bar_end: "╸",
    bar_empty: "─",
    bar_today: "┿",
    dot: "·",
    ellipsis: "…",
    arrow: "▸",
    choice_left: "‹",
    choice_right: "›",
    fresh: "↻",
    dash: "–",
    spinner: &["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"],
    border: border::ROUNDED,
};

const ASCII: Glyphs = Glyphs {
    fine: ".",
    soon: "~",
    urgent: "!",
    over: "x",
    not_yet: "o",
    unknown: "?",
    none_needed: "-",
    none_yet: "o",
    cursor: ">",
    mark: "*",
    bar_full: "=",
    bar_end: ">",
    bar_empty: "-",
    bar_today: "|",
    dot: "-",
    ellipsis: "~",
    arrow: ">",
    choice_left: "<",
    choice_right: ">",
    fresh: "@",
    dash: "-",
    spinner: &["|", "/", "-", "\\"],
    border: border::Set {
        top_left: "+",
        top_right: "+",
        bottom_left: "+",
        bottom_right: "+",
        vertical_left: "|",
        vertical_right: "|",
        horizontal_top: "-",
        horizontal_bottom: "-",
    },
};

impl Theme {
    pub fn new(name: ThemeName, glyphs: GlyphSet) -> Self {
        let glyphs = match glyphs {
            GlyphSet::Unicode => UNICODE,
            GlyphSet::Ascii => ASCII,
        };
        match name {
            ThemeName::Dark => Self::dark(glyphs),
            ThemeName::Light => Self::light(glyphs),
            ThemeName::Mono => Self::mono(glyphs),
        }
    }

    /// The terminal's own sixteen colours on its own background.
    fn dark(glyphs: Glyphs) -> Self {
        let plain = Style::new();
        // Said in so many words: on a frame it must not take the frame's colour.
        let text = plain.fg(Color::Reset);
        Self {
            text,
            quiet: plain.fg(Color::Indexed(245)),
            strong: text.add_modifier(Modifier::BOLD),
            accent: plain.fg(Color::Cyan),
            fine: plain.fg(Color::Green),
            soon: plain.fg(Color::Yellow),
            urgent: plain.fg(Color::LightRed).add_modifier(Modifier::BOLD),
            over: plain.fg(Color::Red),
            selected: plain.bg(Color::Indexed(237)).add_modifier(Modifier::BOLD),
            production: text.add_modifier(Modifier::REVERSED),
            border: plain.fg(Color::Indexed(240)),
            border_focused: plain.fg(Color::Cyan),
            found: plain.fg(Color::Black).bg(Color::Cyan),
            glyphs,
        }
    }

    /// No yellow; each colour has a contrast of at least 4.5:1 on white.
    fn light(glyphs: Glyphs) -> Self {
        let plain = Style::new();
        let text = plain.fg(Color::Reset);
        Self {
            text,
            quiet: plain.fg(Color::Indexed(240)),
            strong: text.add_modifier(Modifier::BOLD),
            accent: plain.fg(Color::Indexed(25)),
            fine: plain.fg(Color::Indexed(22)),
            soon: plain.fg(Color::Indexed(94)),
            urgent: plain.fg(Color::Indexed(124)).add_modifier(Modifier::BOLD),
            over: plain.fg(Color::Indexed(124)),
            selected: plain.bg(Color::Indexed(254)).add_modifier(Modifier::BOLD),
            production: text.add_modifier(Modifier::REVERSED),
            border: plain.fg(Color::Indexed(243)),
            border_focused: plain.fg(Color::Indexed(25)),
            found: plain.fg(Color::Indexed(231)).bg(Color::Indexed(25)),
            glyphs,
        }
    }

    fn mono(glyphs: Glyphs) -> Self {
        let plain = Style::new();
        let bold = plain.add_modifier(Modifier::BOLD);
        Self {
            text: plain.remove_modifier(Modifier::DIM),
            quiet: plain.add_modifier(Modifier::DIM),
            strong: bold.remove_modifier(Modifier::DIM),
            accent: bold,
            fine: plain,
            soon: bold,
            urgent: bold.add_modifier(Modifier::UNDERLINED),
            over: bold,
            selected: plain.add_modifier(Modifier::REVERSED),
            production: bold.add_modifier(Modifier::UNDERLINED),
            border: plain.add_modifier(Modifier::DIM),
            border_focused: bold,
            found: plain.add_modifier(Modifier::REVERSED),
            glyphs,
        }
    }

    /// Glyph, word and colour of a state.
    pub fn state(&self, state: State) -> (&'static str, &'static str, Style) {
        let g = &self.glyphs;
        match state {
            State::Fine => (g.fine, "fine", self.fine),
            State::Soon => (g.soon, "soon", self.soon),
            State::Urgent => (g.urgent, "urgent", self.urgent),
            State::Expired => (g.over, "expired", self.over),
            State::NotYetValid => (g.not_yet, "not yet valid", self.soon),
            State::Unknown => (g.unknown, "unknown", self.quiet),
            State::NoneYet => (g.none_yet, "none yet", self.quiet),
            State::NotNeeded => (g.none_needed, "none needed", self.quiet),
        }
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
    use crate::tui::svg::rgb;

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
    fn states_are_told_apart_without_colour() {
        for glyphs in [GlyphSet::Unicode, GlyphSet::Ascii] {
            let theme = Theme::new(ThemeName::Mono, glyphs);
            let four = [State::Fine, State::Soon, State::Urgent, State::Expired];
            let signs: std::collections::HashSet<_> =
                four.iter().map(|state| theme.state(*state).0).collect();
            assert_eq!(signs.len(), 4);
            for style in [
                theme.fine,
                theme.soon,
                theme.urgent,
                theme.over,
                theme.accent,
            ] {
                assert_eq!((style.fg, style.bg), (None, None));
            }
        }
    }

    #[test]
    fn the_terminal_tells_its_theme_without_being_asked() {
        assert_eq!(ThemeName::guess(Some("1"), None), ThemeName::Mono);
        assert_eq!(ThemeName::guess(Some(""), Some("0;15")), ThemeName::Light);
        assert_eq!(ThemeName::guess(None, Some("15;0")), ThemeName::Dark);
        assert_eq!(ThemeName::guess(None, None), ThemeName::Dark);
    }
}
