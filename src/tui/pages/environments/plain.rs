//! A plain list for screens that are too small for panels: the name and state of each identity.

use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};

use super::list::environment_type;
use crate::tui::message::ClickTarget;
use crate::tui::model::Model;
use crate::tui::widgets::{Columns, Painter, first_row};
use aemkeys_core::credential::validity::Urgency;
use aemkeys_core::time;

pub fn draw(painter: &mut Painter<'_>, model: &Model, area: Rect) {
    let theme = painter.theme;
    // The last line asks for a larger terminal; with two lines or less, all are used for rows.
    let hint = Constraint::Length(u16::from(area.height > 2));
    let [rows_area, hint_area] = Layout::vertical([Constraint::Fill(1), hint]).areas(area);
    if model.list.rows.is_empty() {
        painter.line(rows_area, "aemkeys: nothing stored");
    }
    // The letter of the type is the last to go, because it names Production.
    let letter = if rows_area.width < 20 {
        Constraint::Min(1)
    } else {
        Constraint::Length(1)
    };
    let constraints = [
        Constraint::Length(2),
        letter,
        Constraint::Min(6),
        Constraint::Max(8),
    ];
    let columns = Columns::new(rows_area.width, constraints, theme.glyphs).with_names_in(2);
    let (mut rows, mut selected) = (Vec::new(), None);
    let first = first_row(model.list.selected_place(), rows_area);
    let shown = model.list.shown_rows().skip(first);
    for row in shown.take(rows_area.height.into()) {
        let Some((_, identity)) = model.index.identity(row.identity) else {
            continue;
        };
        if model.list.selected == Some(row.identity) {
            selected = Some(rows.len());
        }
        let (credential, _, credential_style) = theme.state(model.credential_state(identity));
        let (token, _, token_style) = match model.failures.of(identity.id).next() {
            Some(_) => theme.state(Urgency::Expired),
            None => theme.state(model.token_state(identity)),
        };
        let ends = identity.token.as_ref().and_then(|token| token.expires_at);
        let ends = ends.map_or_else(String::new, |at| time::brief(at, model.now));
        let states = Line::from(vec![
            Span::styled(credential, credential_style),
            Span::styled(token, token_style),
        ]);
        let name = Line::raw(row.name.as_str());
        let letter = environment_type(theme, row.environment_type, true);
        let cells = [states, letter, name, Line::styled(ends, theme.quiet)];
        rows.push(columns.row(ClickTarget::Row(row.identity), cells));
    }
    painter.table(rows_area, &columns, rows, selected);
    let text = match &model.toast {
        Some(toast) => toast.text.as_str(),
        None => "enlarge to 40 x 10",
    };
    painter.line(hint_area, Line::styled(text, theme.quiet));
}
