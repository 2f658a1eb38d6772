//! A plain list for screens that are too small for panels: the name and state of each identity.

use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::tui::model::Model;
use crate::tui::time;
use crate::tui::widgets::{Canvas, fit};

pub fn draw(canvas: &mut Canvas<'_>, model: &Model, area: Rect) {
    let theme = canvas.theme;
    let mut row = 0;
    let rows: Vec<_> = model.list.shown_rows().collect();
    let selected = rows
        .iter()
        .position(|row| Some(row.identity) == model.list.selected)
        .unwrap_or(0);
    // The last line asks for a larger terminal; with two lines or less, all are used for rows.
    let room = if area.height > 2 {
        area.height - 1
    } else {
        area.height
    };
    let first = (selected + 1).saturating_sub(usize::from(room));
    for (at, line) in rows.iter().enumerate().skip(first).take(usize::from(room)) {
        let Some((_, identity)) = model.index.identity(line.identity) else {
            continue;
        };
        let (credential, _, credential_style) = theme.state(model.credential_state(identity));
        let (token, _, token_style) = theme.state(model.token_state(identity));
        let cursor = if at == selected {
            theme.glyphs.cursor
        } else {
            " "
        };
        let ends = identity
            .token
            .as_ref()
            .and_then(|token| token.expires_at)
            .map_or_else(String::new, |at| time::brief(at, model.now));
        let name = fit(&line.name, area.width.saturating_sub(6), &theme.glyphs);
        canvas.line(
            area,
            row,
            &Line::from(vec![
                Span::styled(cursor, theme.accent),
                Span::styled(credential, credential_style),
                Span::styled(token, token_style),
                Span::raw(format!(" {name}")),
                Span::styled(format!(" {ends}"), theme.quiet),
            ]),
        );
        if at == selected && canvas.is_focused {
            canvas.cursor(area, 0, row);
        }
        row += 1;
    }
    if rows.is_empty() {
        canvas.line(
            area,
            row,
            &Line::raw(fit("aemkeys: nothing stored", area.width, &theme.glyphs)),
        );
    }
    if area.height > 2 {
        let text = match &model.toast {
            Some(toast) => toast.text.clone(),
            None => "enlarge to 40 x 10".to_owned(),
        };
        let text = fit(&text, area.width, &theme.glyphs);
        canvas.line(area, area.height - 1, &Line::styled(text, theme.quiet));
    }
}
