//! The columns of the list: which ones there is room for, their titles, and the orders that a click on a title chooses.

use ratatui::layout::Constraint;
use ratatui::text::{Line, Span};

use crate::tui::list::LongestTexts;
use crate::tui::message::ClickTarget;
use crate::tui::model::{ListOrder, Sort};
use crate::tui::theme::Theme;
use crate::tui::widgets::{TableColumn, fitting};

#[derive(Clone, Copy, PartialEq)]
pub(super) enum Column {
    Mark,
    Name,
    Type,
    Customer,
    Ids,
    Author,
    Credential,
    Expires,
    Token,
    Tested,
}

impl Column {
    fn title(self) -> &'static str {
        match self {
            Self::Mark => "",
            Self::Name => "name",
            Self::Type => "type",
            Self::Customer => "customer",
            Self::Ids => "ids",
            Self::Author => "author",
            Self::Credential => "credential",
            Self::Expires => "expires",
            Self::Token => "token",
            Self::Tested => "tested",
        }
    }

    /// The orders that a click on the title chooses in turn. A single one is reversed by the next click.
    fn sorts(self) -> &'static [Sort] {
        match self {
            Self::Name => &[Sort::Name],
            Self::Type => &[Sort::Type],
            Self::Customer => &[Sort::Customer],
            Self::Credential => &[Sort::Attention, Sort::Expiry],
            Self::Expires => &[Sort::Expiry],
            Self::Token => &[Sort::Token],
            Self::Mark | Self::Ids | Self::Author | Self::Tested => &[],
        }
    }
}

/// The title of a column, marked if the list is sorted by it. One that can be clicked is brighter.
pub(super) fn title<'a>(
    theme: &Theme,
    column: &TableColumn<Column>,
    order: ListOrder,
    is_marked: bool,
) -> (ClickTarget, Line<'a>) {
    let sorts = column.column.sorts();
    let current = sorts.iter().position(|it| *it == order.sort);
    let next = match current {
        Some(at) => sorts.iter().cycle().nth(at + 1),
        None => sorts.first(),
    };
    let by = |sort: &Sort| ListOrder {
        sort: *sort,
        is_reversed: *sort == order.sort && !order.is_reversed,
    };
    let target = next.map_or(ClickTarget::List, |sort| ClickTarget::SortBy(by(sort)));
    let style = match next {
        Some(_) => theme.text,
        None => theme.quiet,
    };
    let text = match column.column {
        Column::Type if column.least == LETTER => "",
        Column::Credential if column.least < WHOLE_CREDENTIAL => "cred",
        column => column.title(),
    };
    let mut title = Line::styled(text, style);
    if is_marked && current.is_some() {
        let arrow = if order.is_reversed {
            theme.glyphs.arrow_up
        } else {
            theme.glyphs.arrow_down
        };
        title.push_span(Span::styled(arrow, theme.accent));
    }
    (target, title)
}

/// The width of a type in a narrow list.
pub(super) const LETTER: u16 = 1;
const WHOLE_CREDENTIAL: u16 = 12;
const LEAST_NAME: u16 = 13;
const MOST_NAME: u16 = 40;
const MOST_AUTHOR: u16 = 45;

/// All columns, as wide as their longest texts.
fn all_columns(longest: LongestTexts, names_customers: bool) -> Vec<TableColumn<Column>> {
    let fixed = |column, least| TableColumn {
        column,
        constraint: Constraint::Length(least),
        least,
    };
    let mut table = vec![
        fixed(Column::Mark, 1),
        fixed(Column::Name, longest.name.clamp(LEAST_NAME, MOST_NAME)),
        fixed(Column::Type, longest.environment_type.max(4)),
        fixed(Column::Customer, longest.customer.clamp(9, 24)),
        fixed(Column::Ids, longest.ids.clamp(3, 20)),
        fixed(Column::Author, longest.author.clamp(9, MOST_AUTHOR)),
        fixed(Column::Credential, WHOLE_CREDENTIAL),
        fixed(Column::Expires, longest.expires),
        fixed(Column::Token, 8),
        fixed(Column::Tested, longest.tested),
    ];
    // A column without a value in any row takes no room.
    table.retain(|it| match it.column {
        Column::Customer => names_customers && longest.customer > 0,
        Column::Ids => longest.ids > 0,
        Column::Author => longest.author > 0,
        _ => it.least > 0,
    });
    table
}

/// Returns the columns that fit. Others are dropped before names are cut, except the type: of it, a letter stays.
pub(super) fn columns(
    width: u16,
    longest: LongestTexts,
    names_customers: bool,
) -> Vec<TableColumn<Column>> {
    type Table = Vec<TableColumn<Column>>;
    let table = all_columns(longest, names_customers);
    let without = |column| move |table: &mut Table| table.retain(|it| it.column != column);
    let set =
        |column, constraint, least| move |table: &mut Table| set(table, column, constraint, least);
    fitting(
        width,
        table,
        &[
            // What is cut is the same of most hosts.
            &set(Column::Author, Constraint::Length(24), 24),
            &without(Column::Author),
            // The first letters tell the most.
            &set(Column::Customer, Constraint::Length(8), 8),
            &without(Column::Customer),
            &without(Column::Tested),
            &without(Column::Expires),
            &without(Column::Ids),
            &set(Column::Name, Constraint::Fill(1), LEAST_NAME),
            &set(Column::Credential, Constraint::Length(10), 10),
            &set(Column::Type, Constraint::Length(LETTER), LETTER),
        ],
    )
}

fn set(table: &mut [TableColumn<Column>], column: Column, constraint: Constraint, least: u16) {
    for it in table.iter_mut().filter(|it| it.column == column) {
        (it.constraint, it.least) = (constraint, least);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_without_values_takes_no_room() {
        let shown = columns(200, LongestTexts::default(), true);
        let shown: Vec<&str> = shown.iter().map(|it| it.column.title()).collect();
        assert_eq!(shown, ["", "name", "type", "credential", "token"]);
    }

    #[test]
    fn columns_give_way_in_order() {
        let longest = LongestTexts {
            name: 20,
            environment_type: 5,
            ids: 11,
            author: 40,
            customer: 14,
            expires: 11,
            tested: 11,
        };
        let least = |width, column| {
            let shown = columns(width, longest, true);
            let found = shown.into_iter().find(|it| it.column == column);
            found.map(|it| it.least)
        };
        assert_eq!(least(143, Column::Author), Some(40));
        assert_eq!(least(142, Column::Author), Some(24));
        assert_eq!(least(127, Column::Author), Some(24));
        assert_eq!(least(126, Column::Author), None);
        assert_eq!(least(102, Column::Customer), Some(14));
        assert_eq!(least(101, Column::Customer), Some(8));
        assert_eq!(least(96, Column::Customer), Some(8));
        assert_eq!(least(95, Column::Customer), None);
        assert_eq!(least(87, Column::Tested), Some(11));
        assert_eq!(least(86, Column::Tested), None);
        assert_eq!(least(75, Column::Expires), Some(11));
        assert_eq!(least(74, Column::Expires), None);
        assert_eq!(least(63, Column::Ids), Some(11));
        assert_eq!(least(62, Column::Ids), None);
        // Names are cut only after all of these.
        assert_eq!(least(51, Column::Name), Some(20));
        assert_eq!(least(50, Column::Name), Some(LEAST_NAME));
        assert_eq!(least(45, Column::Type), Some(5));
        // The letter of the type stays where nothing else can be left out.
        for width in 0..=40 {
            assert_eq!(least(width, Column::Type), Some(LETTER), "{width}");
            assert_eq!(least(width, Column::Token), Some(8), "{width}");
        }
    }
}
