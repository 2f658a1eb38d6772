//! The glyphs of both frontends, in a Unicode and an ASCII set, and which set is used.

use serde::Deserialize;

use aemkeys_core::credential::CheckVerdict;
use aemkeys_core::credential::validity::Urgency;

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
    /// Words instead of glyphs, for the linear mode.
    Words,
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
            Self::Words => &WORDS,
        }
    }
}

/// Systems also write `utf8`.
fn is_utf8(charset: &str) -> bool {
    let letters = charset.chars().filter(|letter| *letter != '-');
    letters.collect::<String>().eq_ignore_ascii_case("utf8")
}

impl Glyphs {
    pub fn state(&self, state: Urgency) -> &'static str {
        if self.is_words {
            return match state {
                Urgency::Fine => "fine,",
                Urgency::Soon => "soon,",
                Urgency::Urgent => "urgent,",
                Urgency::Expired => "expired,",
                Urgency::NotYetValid => "not yet valid,",
                Urgency::Unknown => "unknown,",
                Urgency::NoneYet => "none,",
                Urgency::NotNeeded => "not needed,",
            };
        }
        match state {
            Urgency::Fine => self.fine,
            Urgency::Soon => self.soon,
            Urgency::Urgent => self.urgent,
            Urgency::Expired => self.over,
            Urgency::NotYetValid => self.not_yet,
            Urgency::Unknown => self.unknown,
            Urgency::NoneYet => self.none_yet,
            Urgency::NotNeeded => self.none_needed,
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

/// The table of the glyphs: name, Unicode, ASCII, and the word that the linear mode prints.
macro_rules! glyphs {
    ($($(#[$doc:meta])* $name:ident $unicode:literal $ascii:literal $words:literal,)*) => {
        /// What both frontends draw that is not text. No other file contains a glyph.
        #[derive(Debug)]
        pub struct Glyphs {
            $($(#[$doc])* pub $name: &'static str,)*
            /// The corners of a frame: top left, top right, bottom left, bottom right.
            pub corners: [&'static str; 4],
            pub spinner: &'static [&'static str],
            /// Whether these are words, and nothing is drawn: no frames, no bars.
            pub is_words: bool,
        }

        const UNICODE: Glyphs = Glyphs {
            $($name: $unicode,)*
            corners: ["╭", "╮", "╰", "╯"],
            spinner: &["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"],
            is_words: false,
        };

        const ASCII: Glyphs = Glyphs {
            $($name: $ascii,)*
            corners: ["+", "+", "+", "+"],
            spinner: &["|", "/", "-", "\\"],
            is_words: false,
        };

        const WORDS: Glyphs = Glyphs {
            $($name: $words,)*
            corners: [" "; 4],
            spinner: &[""],
            is_words: true,
        };
    };
}

glyphs! {
    fine "●" "." "ok:",
    soon "▲" "~" "warning:",
    urgent "‼" "!" "danger:",
    over "✕" "x" "error:",
    not_yet "◌" "o" "",
    unknown "?" "?" "unclear:",
    none_needed "–" "-" "",
    none_yet "○" "o" "",
    cursor "▌" ">" "",
    mark "◆" "*" "marked",
    bar_full "━" "=" " ",
    bar_end "╸" ">" " ",
    bar_empty "─" "-" " ",
    bar_today "┿" "|" " ",
    dot "·" "-" ",",
    ellipsis "…" "~" "...",
    arrow "▸" ">" "",
    arrow_down "▾" "v" "",
    arrow_up "▴" "^" "",
    /// The arrow key, or its name.
    down_key "↓" "Down:" "",
    choice_left "‹" "<" "",
    choice_right "›" ">" "",
    fresh "↻" "@" "auto-refresh",
    dash "–" "-" "-",
    /// A hidden character of a secret.
    hidden "•" "*" "*",
    /// The part of a scrollbar that represents the visible lines.
    thumb "┃" "#" " ",
    /// The lines of a frame.
    horizontal "─" "-" " ",
    vertical "│" "|" " ",
    /// The box of a step that is done, to do, or not possible yet.
    done "[x]" "[x]" "done:",
    to_do "[ ]" "[ ]" "to do:",
    locked "[-]" "[-]" "locked:",
    /// The box of a choice among several.
    ticked "[x]" "[x]" "ticked:",
    unticked "[ ]" "[ ]" "not ticked:",
}

impl Default for &Glyphs {
    fn default() -> Self {
        &UNICODE
    }
}

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
        assert!(format!("{ASCII:?}{WORDS:?}").is_ascii());
    }
}
