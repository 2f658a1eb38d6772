//! A bar that shows a fraction.

use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::text::width;
use crate::tui::theme::Theme;

/// Returns a bar such as `━━━━━╸────`.
pub fn bar<'a>(columns: u16, share: f64, style: Style, theme: &Theme) -> Vec<Span<'a>> {
    let g = theme.glyphs;
    if g.is_words {
        return Vec::new();
    }
    let columns = usize::from(columns);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "a fraction of at most a few hundred columns"
    )]
    let full = ((columns as f64) * share.clamp(0.0, 1.0)).round() as usize;
    let full = full.min(columns);
    let (solid, end) = if full > 0 && full < columns {
        (full - 1, g.bar_end)
    } else {
        (full, "")
    };
    vec![
        Span::styled(format!("{}{end}", g.bar_full.repeat(solid)), style),
        Span::styled(g.bar_empty.repeat(columns - full), theme.border),
    ]
}

/// Returns a line with a bar followed by a note.
pub fn bar_line<'a>(columns: u16, share: f64, style: Style, note: &str, theme: &Theme) -> Line<'a> {
    let room = columns.saturating_sub(width(note) + 2);
    let mut line = Line::from(bar(room, share, style, theme));
    line.push_span(Span::styled(format!("  {note}"), theme.text));
    line
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::theme::{GlyphSet, ThemeName};

    #[test]
    fn a_bar_is_as_wide_as_asked() {
        let theme = Theme::new(ThemeName::Dark, GlyphSet::Unicode);
        for share in [-1.0, 0.0, 0.01, 0.5, 0.99, 1.0, 2.0, f64::NAN] {
            let spans = bar(20, share, theme.fine, &theme);
            let line = Line::from(spans);
            assert_eq!(line.width(), 20, "{share}");
        }
    }
}
