//! The glyphs of both frontends, in a Unicode and an ASCII set, and which set is used.

use serde::Deserialize;

use aemkeys_core::credential::CheckVerdict;
use aemkeys_core::credential::validity::State;

/// The setting `glyphs`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum GlyphSetting {
    #[default]
    Auto,
    Unicode,
    Ascii,
}

impl GlyphSetting {
    /// Returns the set to draw with; `auto` follows the locale and the terminal.
    pub fn set(self) -> GlyphSet {
        match self {
            Self::Auto => GlyphSet::of_terminal(|name| {
                std::env::var_os(name).map(|value| value.to_string_lossy().into_owned())
            }),
            Self::Unicode => GlyphSet::Unicode,
            Self::Ascii => GlyphSet::Ascii,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GlyphSet {
    Unicode,
    Ascii,
}

impl GlyphSet {
    /// Chooses a set from the environment variables.
    ///
    /// The locale in force is the first of `LC_ALL`, `LC_CTYPE` and `LANG` that is not empty. `C`, `POSIX` and any charset
    /// but UTF-8 get ASCII. A locale without a charset, and no locale at all, say nothing about the terminal (a container,
    /// `ssh`, Windows) and get Unicode, except in GNU screen and tmux, which then replace or garble other characters.
    /// The fonts of the Linux console lack most of the glyphs whatever the locale.
    fn of_terminal(variable: impl Fn(&str) -> Option<String>) -> Self {
        let term = variable("TERM").unwrap_or_default();
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"]
            .into_iter()
            .filter_map(variable)
            .find(|value| !value.is_empty());
        let is_multiplexer = term.starts_with("screen") || term.starts_with("tmux");
        let is_unicode = match locale.as_deref() {
            _ if term == "linux" => false,
            None => !is_multiplexer,
            Some(locale) => {
                let locale = locale.split('@').next().unwrap_or_default();
                match locale.split_once('.') {
                    Some((_, charset)) => is_utf8(charset),
                    None => !matches!(locale, "C" | "POSIX"),
                }
            }
        };
        if is_unicode {
            Self::Unicode
        } else {
            Self::Ascii
        }
    }

    pub fn glyphs(self) -> &'static Glyphs {
        match self {
            Self::Unicode => &UNICODE,
            Self::Ascii => &ASCII,
        }
    }
}

/// Systems also write `utf8`.
fn is_utf8(charset: &str) -> bool {
    let letters = charset.chars().filter(|letter| *letter != '-');
    letters.collect::<String>().eq_ignore_ascii_case("utf8")
}

/// What both frontends draw that is not text. No other file contains a glyph.
#[derive(Debug)]
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
    /// The arrow key, or its name.
    pub down: &'static str,
    pub choice_left: &'static str,
    pub choice_right: &'static str,
    pub fresh: &'static str,
    pub dash: &'static str,
    /// A hidden character of a secret.
    pub hidden: &'static str,
    pub spinner: &'static [&'static str],
    /// The corners of a frame: top left, top right, bottom left, bottom right.
    pub corners: [&'static str; 4],
    pub horizontal: &'static str,
    pub vertical: &'static str,
    /// The part of a scrollbar that stands for what is in sight.
    pub thumb: &'static str,
    /// The ends of a horizontal rule in a frame.
    pub tee_left: &'static str,
    pub tee_right: &'static str,
}

impl Glyphs {
    pub fn state(&self, state: State) -> &'static str {
        match state {
            State::Fine => self.fine,
            State::Soon => self.soon,
            State::Urgent => self.urgent,
            State::Expired => self.over,
            State::NotYetValid => self.not_yet,
            State::Unknown => self.unknown,
            State::NoneYet => self.none_yet,
            State::NotNeeded => self.none_needed,
        }
    }

    pub fn check(&self, verdict: CheckVerdict) -> &'static str {
        match verdict {
            CheckVerdict::Fine => self.fine,
            CheckVerdict::Warning => self.soon,
            CheckVerdict::Wrong => self.over,
            CheckVerdict::Unknown => self.unknown,
        }
    }
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
    down: "↓",
    choice_left: "‹",
    choice_right: "›",
    fresh: "↻",
    dash: "–",
    hidden: "•",
    spinner: &["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"],
    corners: ["╭", "╮", "╰", "╯"],
    horizontal: "─",
    vertical: "│",
    thumb: "┃",
    tee_left: "├",
    tee_right: "┤",
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
    down: "Down:",
    choice_left: "<",
    choice_right: ">",
    fresh: "@",
    dash: "-",
    hidden: "*",
    spinner: &["|", "/", "-", "\\"],
    corners: ["+", "+", "+", "+"],
    horizontal: "-",
    vertical: "|",
    thumb: "#",
    tee_left: "+",
    tee_right: "+",
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_locale_and_the_terminal_choose_the_set() {
        for (variables, set) in [
            (&[][..], GlyphSet::Unicode),
            (&[("LANG", "C")], GlyphSet::Ascii),
            (&[("LANG", "POSIX")], GlyphSet::Ascii),
            (&[("LANG", "C.UTF-8")], GlyphSet::Unicode),
            (&[("LANG", "de_DE.utf8")], GlyphSet::Unicode),
            (&[("LANG", "en_US.UTF-8@variant")], GlyphSet::Unicode),
            (&[("LANG", "de_DE.ISO-8859-15@euro")], GlyphSet::Ascii),
            (&[("LANG", "ja_JP.eucJP")], GlyphSet::Ascii),
            (&[("LANG", "en_US")], GlyphSet::Unicode),
            // The first one that is not empty counts.
            (&[("LC_ALL", "C"), ("LANG", "C.UTF-8")], GlyphSet::Ascii),
            (
                &[("LC_ALL", ""), ("LC_CTYPE", "C.UTF-8"), ("LANG", "C")],
                GlyphSet::Unicode,
            ),
            (
                &[("LC_ALL", "C.UTF-8"), ("LC_CTYPE", "C")],
                GlyphSet::Unicode,
            ),
            (&[("TERM", "xterm-256color")], GlyphSet::Unicode),
            (&[("TERM", "screen")], GlyphSet::Ascii),
            (&[("TERM", "tmux-256color")], GlyphSet::Ascii),
            (
                &[("TERM", "screen-256color"), ("LANG", "C.UTF-8")],
                GlyphSet::Unicode,
            ),
            (&[("TERM", "linux"), ("LANG", "C.UTF-8")], GlyphSet::Ascii),
        ] {
            let variable = |name: &str| {
                let found = variables.iter().find(|(known, _)| *known == name);
                found.map(|(_, value)| (*value).to_owned())
            };
            assert_eq!(GlyphSet::of_terminal(variable), set, "{variables:?}");
        }
    }

    #[test]
    fn the_ascii_set_is_ascii() {
        assert!(format!("{ASCII:?}").is_ascii());
    }
}
