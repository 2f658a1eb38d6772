//! The passphrase of the passphrase file: a new one typed twice, or the known one. Never drawn but as dots.

use ratatui::layout::Rect;
use ratatui::text::Line;

use super::paint::{body, hint_line, wrap};
use super::{Canvas, add};
use crate::tui::model::{Model, PassphrasePage};

pub fn draw(canvas: &mut Canvas<'_>, model: &Model, page: &PassphrasePage, area: Rect) {
    let theme = canvas.theme;
    let (title, does, said) = if page.is_new {
        (
            "Keep secrets in a passphrase file",
            "makes it",
            "One encrypted file on this machine instead of a keyring. The passphrase is asked for once after each \
             start. It needs at least 8 characters, 4 of them different; several unrelated words are better. Nobody \
             can recover it.",
        )
    } else {
        (
            "Passphrase",
            "opens it",
            "It opens the file with the secrets.",
        )
    };
    let bottom = hint_line(
        &[("Enter", does), ("Ctrl-U", "empties"), ("Esc", "closes")],
        theme,
    );
    let inner = body(canvas.overlay(area, title, Line::default(), bottom));
    let mut lines: Vec<Line<'_>> = wrap(said, inner.width)
        .into_iter()
        .map(|text| Line::styled(text, theme.quiet))
        .collect();
    lines.push(Line::default());
    add::rest(
        canvas,
        model,
        lines,
        page.problem.as_ref(),
        page.working,
        &page.form,
        inner,
    );
}
