//! The glyphs, in a Unicode and an ASCII set.

use ratatui::symbols::border;

use crate::app::GlyphSet;

/// The table of the glyphs that are texts: name, Unicode, ASCII.
macro_rules! glyphs {
    ($($(#[$doc:meta])* $name:ident $unicode:literal $ascii:literal,)*) => {
        #[derive(Clone, Debug)]
        pub struct ThemeGlyphs {
            $($(#[$doc])* pub $name: &'static str,)*
            pub spinner: &'static [&'static str],
            pub border: border::Set<'static>,
        }

        const UNICODE: ThemeGlyphs = ThemeGlyphs {
            $($name: $unicode,)*
            spinner: &["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"],
            border: border::ROUNDED,
        };

        const ASCII: ThemeGlyphs = ThemeGlyphs {
            $($name: $ascii,)*
            spinner: &["|", "/", "-", "\\"],
            border: ASCII_BORDER,
        };
    };
}

const ASCII_BORDER: border::Set<'static> = border::Set {
    top_left: "+",
    top_right: "+",
    bottom_left: "+",
    bottom_right: "+",
    vertical_left: "|",
    vertical_right: "|",
    horizontal_top: "-",
    horizontal_bottom: "-",
};

glyphs! {
    fine "●" ".",
    soon "▲" "~",
    urgent "‼" "!",
    over "✕" "x",
    not_yet "◌" "o",
    unknown "?" "?",
    none_needed "–" "-",
    none_yet "○" "o",
    cursor "▌" ">",
    mark "◆" "*",
    bar_full "━" "=",
    bar_end "╸" ">",
    bar_empty "─" "-",
    bar_today "┿" "|",
    dot "·" "-",
    ellipsis "…" "~",
    arrow "▸" ">",
    arrow_down "▾" "v",
    choice_left "‹" "<",
    choice_right "›" ">",
    fresh "↻" "@",
    dash "–" "-",
    /// A hidden character of a secret.
    hidden "•" "*",
    /// The part of a scrollbar that stands for what is in sight.
    thumb "┃" "#",
}

impl From<GlyphSet> for ThemeGlyphs {
    fn from(set: GlyphSet) -> Self {
        match set {
            GlyphSet::Unicode => UNICODE,
            GlyphSet::Ascii => ASCII,
        }
    }
}

impl Default for ThemeGlyphs {
    fn default() -> Self {
        UNICODE
    }
}
