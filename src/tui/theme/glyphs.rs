//! The glyphs, in a Unicode and an ASCII set.

use ratatui::symbols::border;

use crate::app::GlyphSet;

impl From<GlyphSet> for ThemeGlyphs {
    fn from(set: GlyphSet) -> Self {
        match set {
            GlyphSet::Unicode => UNICODE,
            GlyphSet::Ascii => ASCII,
        }
    }
}

#[derive(Clone, Debug)]
pub struct ThemeGlyphs {
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
    /// A hidden character of a secret.
    pub hidden: &'static str,
    pub spinner: &'static [&'static str],
    pub border: border::Set<'static>,
    /// The part of a scrollbar that stands for what is in sight.
    pub thumb: &'static str,
    /// The ends of a horizontal rule in a frame.
    pub tee_left: &'static str,
    pub tee_right: &'static str,
}

const UNICODE: ThemeGlyphs = ThemeGlyphs {
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
    hidden: "•",
    spinner: &["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"],
    border: border::ROUNDED,
    thumb: "┃",
    tee_left: "├",
    tee_right: "┤",
};

const ASCII: ThemeGlyphs = ThemeGlyphs {
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
    hidden: "*",
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
    thumb: "#",
    tee_left: "+",
    tee_right: "+",
};
