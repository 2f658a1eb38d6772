//! The list: one row per identity, in one order or in groups by customer.

use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::columns::{Column, LETTER, columns, title};
use super::detail::last_test;
use crate::app::{EnvironmentEntry, IdentityEntry, SecretState};
use crate::tui::action::Action;
use crate::tui::failures::Attempt;
use crate::tui::filter::STATES;
use crate::tui::layout;
use crate::tui::list::GroupHeading;
use crate::tui::message::ClickTarget;
use crate::tui::model::{Model, Shown, Sort};
use crate::tui::row::IdentityRow;
use crate::tui::theme::Theme;
use crate::tui::widgets::{
    Columns, Painter, Panel, PanelFilter, TableColumn, address_text, hint, needed,
};
use aemkeys_core::credential::Kind;
use aemkeys_core::credential::validity::Urgency;
use aemkeys_core::environment::{EnvironmentType, Tier};
use aemkeys_core::time;

/// `is_active` if the list has the focus on its page, and `is_filtering` while its filter is being typed.
pub fn draw(
    painter: &mut Painter<'_>,
    model: &Model,
    area: Rect,
    is_active: bool,
    is_filtering: bool,
) {
    if area.is_empty() {
        return;
    }
    let focused = is_active && painter.is_focused;
    painter.hits.add(area, ClickTarget::List);
    let theme = painter.theme;
    let filter = PanelFilter::of(&model.list.filter, is_filtering, model.list.shown_count());
    let order = model.list.order.words();
    let whole = format!("Environments by {order}");
    let panel = Panel::new(whole).short(format!("by {order}"));
    let panel = if let Some(mut filter) = filter {
        filter.note = found(model, area);
        panel.filter(filter)
    } else {
        panel.right(right_title(theme, model))
    };
    let panel = panel.focused(focused);
    let inner = painter.panel(area, panel);
    let shown = columns(inner.width, model.list.longest, names_customers(model));
    let constraints = shown.iter().map(|it| it.constraint);
    let columns = Columns::new(inner.width, constraints, theme.glyphs);
    let names = shown.iter().position(|it| it.column == Column::Name);
    let columns = columns.with_names_in(names.unwrap_or(0));
    let [titles_area, rows_area] = split(inner);
    let order = model.list.order;
    let has_dates = shown.iter().any(|it| it.column == Column::Expires);
    let titles = shown.iter().map(|it| {
        // Only one column has the mark.
        let is_marked = order.sort != Sort::Expiry || !has_dates || it.column == Column::Expires;
        title(theme, it, order, is_marked)
    });
    let titles = titles.collect();
    painter.column_titles(titles_area, &columns, titles);
    let (mut rows, mut selected) = (Vec::new(), None);
    let visible = model.list.shown.iter().skip(model.list.offset);
    for line in visible.take(rows_area.height.into()) {
        match line {
            Shown::Group(heading) => {
                let on = model.list.selected_group();
                if on.is_some_and(|on| on.key == heading.key) {
                    selected = Some(rows.len());
                }
                let target = ClickTarget::Group(heading.key.clone());
                rows.push(columns.heading(group(theme, heading), Some(target)));
            }
            Shown::Row(at) => {
                let row = &model.list.rows[*at];
                if model.list.selected == Some(row.identity) {
                    selected = Some(rows.len());
                }
                let cells = cells(theme, model, row, &shown);
                rows.push(columns.row(ClickTarget::Row(row.identity), cells));
            }
        }
    }
    let part = (model.list.offset, model.list.shown.len());
    let cursor = painter.cursor;
    painter.table_part(rows_area, &columns, rows, selected, part);
    if !is_active || is_filtering {
        painter.cursor = cursor;
    }
    if model.list.shown.is_empty() {
        painter.notice(rows_area, &no_matches(model));
    }
}

/// The width of the panel with the columns for which there is room.
pub fn needed_width(model: &Model, most: Rect) -> u16 {
    let room = layout::inside(most).width;
    let shown = columns(room, model.list.longest, names_customers(model));
    needed(&shown, most.width)
}

fn names_customers(model: &Model) -> bool {
    model.list.has_customers && !model.list.is_grouped()
}

/// Explains why no row matches the filter.
pub fn no_matches(model: &Model) -> String {
    let known: Vec<&str> = STATES.iter().map(|(word, _)| *word).collect();
    let clear = model.press(Action::Close);
    match model.list.unknown_states().first() {
        Some(word) => format!(
            "unknown state is:{word}; use {}. To clear the filter, {clear}",
            known.join(", ")
        ),
        None => format!("No environments match. To clear the filter, {clear}"),
    }
}

/// The areas of the column titles and of the rows.
pub fn split(inner: Rect) -> [Rect; 2] {
    Layout::vertical([Constraint::Length(1), Constraint::Fill(1)]).areas(inner)
}

/// What the upper edge says without a filter.
fn right_title<'a>(theme: &Theme, model: &Model) -> Line<'a> {
    if let Some(from) = model.list.range_from {
        let (name, mark) = (model.name_of(from), model.press(Action::MarkRange));
        let words = format!("range from {name}: {mark} to end it");
        return Line::styled(words, theme.accent);
    }
    if !model.list.marks.is_empty() {
        let hidden = match model.list.hidden_marks() {
            0 => String::new(),
            hidden => format!(", {hidden} hidden"),
        };
        let text = format!("{} marked{hidden}", model.list.marks.len());
        return Line::styled(text, theme.accent);
    }
    match model.settings.keymap.hint(Action::Filter) {
        Some(key) => Line::from(hint(key, Action::Filter.entry().title, theme)),
        None => Line::default(),
    }
}

/// Formats the number of matches, marks and hidden marks.
fn found(model: &Model, area: Rect) -> String {
    let count = model.list.shown_count();
    match (model.list.marks.len(), model.list.hidden_marks()) {
        (0, _) => format!(" {count}"),
        (_, hidden @ 1..) if area.width < 60 => format!(" {count}, {hidden} hidden"),
        (marked, 0) => format!(" {count}, {marked} marked"),
        (marked, hidden) => format!(" {count}, {} marked, {hidden} hidden", marked - hidden),
    }
}

fn group<'a>(theme: &Theme, heading: &GroupHeading) -> Line<'a> {
    let name = if heading.customer.is_empty() {
        "no customer"
    } else {
        &heading.customer
    };
    let arrow = if heading.is_collapsed {
        theme.glyphs.arrow
    } else {
        theme.glyphs.arrow_down
    };
    let mut line = Line::from(vec![
        Span::styled(format!("{arrow} {name}"), theme.accent),
        Span::styled(format!(" {}", heading.identities), theme.quiet),
    ]);
    if !heading.prefix.is_empty() {
        let prefix = format!("  {}{}", heading.prefix, theme.glyphs.ellipsis);
        line.push_span(Span::styled(prefix, theme.quiet));
    }
    line
}

fn cells<'a>(
    theme: &Theme,
    model: &'a Model,
    row: &'a IdentityRow,
    shown: &[TableColumn<Column>],
) -> Vec<Line<'a>> {
    let Some((environment, identity)) = model.index.identity(row.identity) else {
        return Vec::new();
    };
    let cell = |it: &TableColumn<Column>| match it.column {
        Column::Mark => {
            let mark = if model.list.marks.contains(&row.identity) {
                theme.glyphs.mark
            } else if model.list.range_from == Some(row.identity) {
                theme.glyphs.arrow
            } else {
                " "
            };
            Line::styled(mark, theme.accent)
        }
        Column::Name => {
            let mut name = Line::from(model.list.short_name(row));
            if identity.auto_refresh {
                let fresh = format!(" {}", theme.glyphs.fresh);
                name.push_span(Span::styled(fresh, theme.accent));
            }
            name
        }
        Column::Type => environment_type(theme, row.environment_type, it.least == LETTER),
        Column::Customer => Span::styled(row.customer.as_str(), theme.quiet).into(),
        Column::Ids => Span::styled(row.ids.as_str(), theme.quiet).into(),
        Column::Author => {
            let author = address_text(environment.hosts.of(Tier::Author));
            Line::styled(author, theme.quiet)
        }
        Column::Credential => credential(theme, model, identity),
        Column::Expires => Line::styled(expiry_date(model, identity), theme.quiet),
        Column::Token => token(theme, model, identity),
        Column::Tested => tested(theme, model, environment, identity),
    };
    shown.iter().map(cell).collect()
}

/// The short name of a type, or its first letter.
pub fn environment_type<'a>(theme: &Theme, of: EnvironmentType, is_letter: bool) -> Line<'a> {
    let style = match of {
        EnvironmentType::Production => theme.production,
        _ => theme.quiet,
    };
    let name = of.short();
    Line::styled(if is_letter { &name[..1] } else { name }, style)
}

fn cell<'a>(glyph: &str, words: &str, style: Style) -> Line<'a> {
    Span::styled(format!("{glyph} {words}"), style).into()
}

fn credential<'a>(theme: &Theme, model: &Model, identity: &IdentityEntry) -> Line<'a> {
    let state = model.credential_state(identity);
    let (glyph, _, style) = theme.state(state);
    let facts = identity.credential.as_ref();
    let words = match (identity.secret, identity.kind, state) {
        (SecretState::Missing, ..) => return cell(theme.glyphs.over, "missing", theme.over),
        (SecretState::Damaged, ..) => return cell(theme.glyphs.over, "damaged", theme.over),
        _ if identity.signs_in_leaked() => "leaked".to_owned(),
        // An urgent row says why.
        _ if identity.has_leaked() && state > Urgency::Urgent => {
            let (glyph, _, style) = theme.state(Urgency::Urgent);
            return cell(glyph, "old leaked", style);
        }
        (_, Kind::DevelopmentToken, _) => crate::app::overview::token_owner(identity).to_owned(),
        (_, Kind::Local, _) => String::new(),
        (_, Kind::OauthServerToServer, Urgency::NotNeeded) => "OAuth".to_owned(),
        (_, _, Urgency::NotYetValid) => facts.and_then(|facts| facts.not_before).map_or_else(
            || "later".to_owned(),
            |at| format!("in {}", time::brief(at, model.now)),
        ),
        _ => facts
            .and_then(|facts| facts.not_after)
            .map_or_else(|| "unknown".to_owned(), |at| time::brief(at, model.now)),
    };
    cell(glyph, &words, style)
}

fn expiry_date(model: &Model, identity: &IdentityEntry) -> String {
    let facts = identity.credential.as_ref();
    let end = facts.and_then(|facts| facts.not_after);
    end.map_or_else(String::new, |end| time::date(end, &model.settings.zone))
}

/// The worst result of the last test, and when it was.
fn tested<'a>(
    theme: &Theme,
    model: &Model,
    environment: &EnvironmentEntry,
    identity: &IdentityEntry,
) -> Line<'a> {
    if environment.hosts.is_empty() {
        return Line::default();
    }
    match last_test(theme, identity) {
        Some((at, glyph, style)) => cell(glyph, &time::brief(at, model.now), style),
        None => Line::styled(theme.glyphs.dash, theme.quiet),
    }
}

fn token<'a>(theme: &Theme, model: &Model, identity: &IdentityEntry) -> Line<'a> {
    if let Some(task) = model.tasks.on(identity.id) {
        let wheel = model.spinner();
        let words = if model.settings.motion {
            time::elapsed(model.now.duration_since(task.since))
        } else {
            "busy".to_owned()
        };
        return cell(wheel, &words, theme.accent);
    }
    let failed = model.failures.of(identity.id).next();
    let state = model.token_state(identity);
    let (glyph, _, style) = theme.state(state);
    let words = identity
        .token
        .as_ref()
        .filter(|_| !matches!(state, Urgency::Expired | Urgency::NotNeeded))
        .and_then(|token| token.expires_at)
        .map_or_else(String::new, |at| time::brief(at, model.now));
    match failed {
        // The token may still be used.
        Some((Attempt::Test, _)) if !words.is_empty() => Line::from(vec![
            Span::styled(format!("{} ", theme.glyphs.over), theme.over),
            Span::styled(words, style),
        ]),
        Some((attempt, _)) => cell(theme.glyphs.over, attempt.short(), theme.over),
        None => cell(glyph, &words, style),
    }
}
