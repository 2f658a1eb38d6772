//! The first start: nothing is stored yet. What can be done now?

use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::Canvas;
use super::paint::{fit, width};
use crate::tui::action::Action;
use crate::tui::message::Target;
use crate::tui::model::Model;

pub fn draw(canvas: &mut Canvas<'_>, model: &Model, area: Rect) {
    let theme = canvas.theme;
    let inner = canvas.frame(
        area,
        Line::styled("Environments", theme.strong),
        Line::default(),
        model.overlays.is_empty(),
    );
    let steps = [
        (
            model.settings.keymap.hint(Action::Add).unwrap_or_default(),
            "add service credentials, an OAuth credential, a token or a local SDK",
        ),
        (
            "paste".to_owned(),
            "the JSON or the token, anywhere: it is shown before it is stored",
        ),
        (
            model
                .settings
                .keymap
                .hint(Action::PageDoctor)
                .unwrap_or_default(),
            "see whether this machine has a keyring, and what to do if not",
        ),
        (
            model
                .settings
                .keymap
                .hint(Action::Guides)
                .unwrap_or_default(),
            "which buttons in Adobe's consoles lead to the first credentials, and who may",
        ),
        (
            "demo".to_owned(),
            "try it with nothing set up: quit, then aemkeys demo",
        ),
    ];
    let columns = 88.min(inner.width.saturating_sub(2));
    let left = (inner.width - columns) / 2;
    let top = inner.height.saturating_sub(12) / 3;
    let place = Rect::new(
        inner.x + left,
        inner.y + top,
        columns,
        inner.height.saturating_sub(top),
    );
    let text = |words: &str| fit(words, columns, &theme.glyphs);
    let mut lines = vec![
        Line::styled(text("Nothing is stored yet."), theme.strong),
        Line::styled(
            text("What you add shows here, with the end of its credential and of its token."),
            theme.quiet,
        ),
        Line::default(),
    ];
    for (key, words) in &steps {
        let room = columns.saturating_sub(9);
        lines.push(Line::from(vec![
            Span::styled(format!("  {key:<7}"), theme.accent),
            Span::raw(fit(words, room, &theme.glyphs)),
        ]));
    }
    lines.push(Line::default());
    lines.push(Line::styled(
        text(&format!(
            "Secrets are kept in: {}. They never leave it but for Adobe.",
            model.settings.storage
        )),
        theme.quiet,
    ));
    canvas.lines(place, &lines);
    if place.height > 3 {
        let add = Rect::new(place.x, place.y + 3, width("  a      ").max(columns), 1);
        canvas
            .hits
            .add(add.intersection(place), Target::Hint(Action::Add));
    }
    if model.overlays.is_empty() {
        canvas.cursor(place, 2, 3);
    }
}
