//! The list: its rows, filter, groups, marks and cursor. The cursor follows the identity, not the row, and rows are sorted
//! only on request.

mod marks;
mod order;
mod prefixes;

use std::collections::{BTreeSet, HashMap, HashSet};

use jiff::Timestamp;
use nucleo_matcher::{Config, Matcher};
use uuid::Uuid;

pub use order::{ListOrder, Sort, SortKey};

use super::failures::Failures;
use super::filter::Filter;
use super::row::IdentityRow;
use super::widgets::{TextInput, address_text, width};
use crate::app::{IdentityEntry, Index};
use aemkeys_core::credential::validity::Thresholds;
use aemkeys_core::environment::Tier;
use order::Group;

/// A visible line of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shown {
    /// The heading of a customer.
    Group(GroupHeading),
    /// An index into `rows`.
    Row(usize),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupHeading {
    /// The customer in lower case.
    pub key: String,
    pub customer: String,
    pub identities: usize,
    pub is_collapsed: bool,
    /// What the names of all its rows begin with. It is left out of the rows.
    pub prefix: String,
}

/// The settings and the time that the order and the filter depend on.
pub struct ListContext<'a> {
    pub index: &'a Index,
    pub failures: &'a Failures,
    pub now: Timestamp,
    pub thresholds: &'a Thresholds,
}

/// The width of a date.
const DATE: u16 = 11;

/// The widths of the longest texts, which decide the columns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LongestTexts {
    /// As shown: without the prefix of the group, and with the mark of auto-refresh.
    pub name: u16,
    pub environment_type: u16,
    pub ids: u16,
    pub author: u16,
    pub customer: u16,
    /// Of dates, which are as wide as their column; 0 without any.
    pub expires: u16,
    pub tested: u16,
}

#[derive(Clone, Debug, Default)]
pub struct IdentityList {
    /// All identities in display order.
    pub rows: Vec<IdentityRow>,
    /// The rows that match the filter, also those in collapsed groups.
    matching: Vec<usize>,
    /// The visible lines: matching rows and headings.
    pub shown: Vec<Shown>,
    /// `None` if no row matches, or if the cursor is on a heading.
    pub selected: Option<Uuid>,
    /// The collapsed group with the cursor, while no row is selected.
    group: Option<String>,
    /// The first visible line.
    pub offset: usize,
    pub order: ListOrder,
    pub filter: TextInput,
    /// The identity under the cursor when the filter was opened.
    before_filter: Option<Uuid>,
    pub marks: BTreeSet<Uuid>,
    /// The start of a range of marks.
    pub range_from: Option<Uuid>,
    collapsed: BTreeSet<String>,
    /// The length of the prefix of each group.
    prefixes: HashMap<String, usize>,
    /// Whether there are two or more customers.
    pub has_customers: bool,
    pub longest: LongestTexts,
}

impl IdentityList {
    /// Updates the rows from a new index. Known rows keep their places, and new or renamed ones take theirs.
    pub fn refresh(&mut self, context: &ListContext<'_>) {
        self.load(context, true);
    }

    /// Sorts the rows.
    pub fn reorder(&mut self, context: &ListContext<'_>) {
        self.load(context, false);
    }

    fn load(&mut self, context: &ListContext<'_>, keep: bool) {
        let at = self.selected_place();
        let visible: HashSet<Uuid> = self.matching_rows().map(|row| row.identity).collect();
        let mut rows = Vec::with_capacity(self.rows.len());
        let environments = context.index.environments.iter();
        for environment in environments {
            for identity in &environment.identities {
                rows.push((IdentityRow::of(environment, identity), identity));
            }
        }
        let names = rows.iter().map(|(row, _)| row.customer.to_lowercase());
        let customers: HashSet<String> = names.filter(|name| !name.is_empty()).collect();
        let keep = keep && self.has_customers == (customers.len() > 1);
        self.has_customers = customers.len() > 1;
        let order = (self.order, self.is_grouped());
        let known: HashMap<Uuid, IdentityRow> = std::mem::take(&mut self.rows)
            .into_iter()
            .map(|row| (row.identity, row))
            .collect();
        for (row, identity) in &mut rows {
            let known = known.get(&row.identity);
            row.place = match known.filter(|known| keep && known.is_placed_like(row)) {
                Some(known) => known.place.clone(),
                None => SortKey::of(row, identity, order, context),
            };
        }
        let hosts = context.index.environments.iter().map(|it| &it.hosts);
        let author = hosts.map(|hosts| width(&address_text(hosts.of(Tier::Author))));
        let author = author.max().unwrap_or(0);
        let date_if_any = |has_date: fn(&IdentityEntry) -> bool| {
            let is_any = rows.iter().any(|(_, identity)| has_date(identity));
            if is_any { DATE } else { 0 }
        };
        let expires = date_if_any(|it| {
            let facts = it.credential.as_ref();
            facts.is_some_and(|facts| facts.not_after.is_some())
        });
        let tested = date_if_any(|it| !it.last_test.is_empty());
        let refreshes = rows.iter().any(|(_, identity)| identity.auto_refresh);
        self.rows = rows.into_iter().map(|(row, _)| row).collect();
        self.rows.sort_by(|a, b| a.place.cmp(&b.place));
        self.prefixes = prefixes::of_groups(&self.rows);
        self.longest = LongestTexts {
            name: longest(&self.rows, |row| self.short_name(row)) + if refreshes { 2 } else { 0 },
            environment_type: longest(&self.rows, |row| row.environment_type.short()),
            ids: longest(&self.rows, |row| &row.ids),
            author,
            customer: longest(&self.rows, |row| &row.customer),
            expires,
            tested,
        };
        let alive: HashSet<Uuid> = self.rows.iter().map(|row| row.identity).collect();
        self.marks.retain(|id| alive.contains(id));
        self.range_from = self.range_from.filter(|id| alive.contains(id));
        self.find_matches(context, keep.then_some(&visible));
        self.keep_selection(at);
    }

    /// Applies a changed filter. The cursor stays on its identity, or goes to the first match.
    pub fn filter_changed(&mut self, context: &ListContext<'_>) {
        self.find_matches(context, None);
        let before = self.before_filter.filter(|id| self.is_matching(*id));
        self.selected = before.or(self.selected);
        self.keep_selection(0);
    }

    /// Remembers the identity under the cursor, to which it returns as long as that one matches.
    pub fn filter_opened(&mut self, is_open: bool) {
        self.before_filter = self.selected.filter(|_| is_open);
    }

    /// Returns the unknown states in the filter, which match nothing.
    pub fn unknown_states(&self) -> Vec<String> {
        Filter::parse(self.filter.text()).unknown_states
    }

    /// Finds the rows that match the filter. A row in `visible` stays, even if its state no longer matches.
    fn find_matches(&mut self, context: &ListContext<'_>, visible: Option<&HashSet<Uuid>>) {
        let filter = Filter::parse(self.filter.text());
        let mut matcher = Matcher::new(Config::DEFAULT);
        // Built once, because a search for each of a thousand rows would be slow.
        let identities: HashMap<Uuid, &IdentityEntry> = context
            .index
            .environments
            .iter()
            .flat_map(|environment| &environment.identities)
            .filter(|_| !filter.states.is_empty())
            .map(|identity| (identity.id, identity))
            .collect();
        let has_state = |row: &IdentityRow| {
            filter.states.is_empty()
                || visible.is_some_and(|visible| visible.contains(&row.identity))
                || identities.get(&row.identity).is_some_and(|identity| {
                    let mut states = filter.states.iter();
                    states.all(|state| state.fits(identity, context))
                })
        };
        let rows = self.rows.iter().enumerate();
        self.matching = rows
            .filter(|_| filter.unknown_states.is_empty())
            .filter(|(_, row)| has_state(row) && filter.fits(row, &mut matcher))
            .map(|(at, _)| at)
            .collect();
        self.arrange();
    }

    /// Arranges the matching rows below their headings.
    fn arrange(&mut self) {
        let can_collapse = self.filter.is_empty();
        let mut shown = Vec::with_capacity(self.matching.len());
        let mut last: Option<(usize, &Group)> = None;
        for at in &self.matching {
            let row = &self.rows[*at];
            if let Some(group) = &row.place.group {
                let heading = match last {
                    Some((heading, known)) if known == group => heading,
                    _ => {
                        let is_collapsed = can_collapse && self.collapsed.contains(&group.key);
                        shown.push(Shown::Group(GroupHeading {
                            key: group.key.clone(),
                            customer: row.customer.clone(),
                            identities: 0,
                            is_collapsed,
                            prefix: self.prefix_of(row).to_owned(),
                        }));
                        last = Some((shown.len() - 1, group));
                        shown.len() - 1
                    }
                };
                if let Shown::Group(heading) = &mut shown[heading] {
                    heading.identities += 1;
                    if heading.is_collapsed {
                        continue;
                    }
                }
            }
            shown.push(Shown::Row(*at));
        }
        self.shown = shown;
    }

    /// Returns the name of a row without the prefix of its group.
    pub fn short_name<'a>(&self, row: &'a IdentityRow) -> &'a str {
        &row.name[self.prefix_of(row).len()..]
    }

    fn prefix_of<'a>(&self, row: &'a IdentityRow) -> &'a str {
        let group = row.place.group.as_ref();
        let length = group.and_then(|group| self.prefixes.get(&group.key));
        length.map_or("", |length| &row.name[..*length])
    }

    pub fn is_grouped(&self) -> bool {
        self.has_customers && self.order.sort.groups_by_customer()
    }

    /// Returns the rows that match the filter, also those in collapsed groups.
    pub fn matching_rows(&self) -> impl Iterator<Item = &IdentityRow> {
        self.matching.iter().filter_map(|at| self.rows.get(*at))
    }

    pub fn is_matching(&self, identity: Uuid) -> bool {
        self.matching_rows().any(|row| row.identity == identity)
    }

    pub fn shown_rows(&self) -> impl DoubleEndedIterator<Item = &IdentityRow> {
        self.shown.iter().filter_map(|line| match line {
            Shown::Row(at) => self.rows.get(*at),
            Shown::Group(_) => None,
        })
    }

    fn shown_ids(&self) -> Vec<Uuid> {
        self.shown_rows().map(|row| row.identity).collect()
    }

    pub fn shown_count(&self) -> usize {
        self.matching.len()
    }

    fn has_cursor(&self, line: &Shown) -> bool {
        match (line, self.selected) {
            (Shown::Row(at), Some(selected)) => self
                .rows
                .get(*at)
                .is_some_and(|row| row.identity == selected),
            (Shown::Group(heading), None) => {
                heading.is_collapsed && self.group.as_ref() == Some(&heading.key)
            }
            _ => false,
        }
    }

    /// Returns the visible line with the cursor.
    pub fn selected_line(&self) -> Option<usize> {
        self.shown.iter().position(|line| self.has_cursor(line))
    }

    pub fn selected_place(&self) -> usize {
        let selected = self.selected;
        self.shown_rows()
            .position(|row| Some(row.identity) == selected)
            .unwrap_or(0)
    }

    /// Returns the collapsed group under the cursor.
    pub fn selected_group(&self) -> Option<&GroupHeading> {
        match self.shown.get(self.selected_line()?) {
            Some(Shown::Group(heading)) => Some(heading),
            _ => None,
        }
    }

    /// Selects the row at this place if the selected identity was removed or does not match.
    fn keep_selection(&mut self, place: usize) {
        self.expand_selected();
        if self.selected_line().is_some() {
            return;
        }
        let ids = self.shown_ids();
        self.selected = ids.get(place.min(ids.len().saturating_sub(1))).copied();
        if self.selected.is_none() {
            // All groups are collapsed.
            self.walk(0);
        }
    }

    /// Expands the group of an identity that was selected elsewhere, for example on the timeline.
    fn expand_selected(&mut self) {
        if self.selected.is_none() || self.selected_line().is_some() {
            return;
        }
        let row = self
            .matching_rows()
            .find(|row| Some(row.identity) == self.selected);
        let group = row.and_then(|row| row.place.group.clone());
        if group.is_some_and(|group| self.collapsed.remove(&group.key)) {
            self.arrange();
        }
    }

    /// Moves the cursor by rows and collapsed groups, up to the first or last one.
    pub fn step(&mut self, by: isize) {
        self.before_filter = None;
        self.walk(by);
    }

    fn walk(&mut self, by: isize) {
        let stops: Vec<usize> = (0..self.shown.len())
            .filter(|at| match &self.shown[*at] {
                Shown::Row(_) => true,
                Shown::Group(heading) => heading.is_collapsed,
            })
            .collect();
        let Some(last) = stops.len().checked_sub(1) else {
            return;
        };
        let line = self.selected_line().unwrap_or(0);
        let at = stops.iter().position(|stop| *stop >= line).unwrap_or(last);
        self.go_to_line(stops[at.saturating_add_signed(by).min(last)]);
    }

    fn go_to_line(&mut self, line: usize) {
        match &self.shown[line] {
            Shown::Row(at) => self.selected = Some(self.rows[*at].identity),
            Shown::Group(heading) => {
                self.group = Some(heading.key.clone());
                self.selected = None;
            }
        }
    }

    /// Collapses the group of the cursor, which goes to its heading, or expands it.
    pub fn toggle_group(&mut self) {
        let row = self.shown_rows().nth(self.selected_place());
        let of_row = || row?.place.group.as_ref().map(|group| group.key.clone());
        let heading = self.selected_group().map(|heading| heading.key.clone());
        if let Some(key) = heading.or_else(of_row) {
            self.toggle_group_of(&key);
        }
    }

    /// Collapses or expands a group. The cursor goes to its heading if its row is hidden, and to its first row if it was on
    /// the heading.
    pub fn toggle_group_of(&mut self, key: &str) {
        let was_on = self.selected_group().is_some_and(|on| on.key == key);
        if !self.collapsed.remove(key) {
            self.collapsed.insert(key.to_owned());
        }
        self.arrange();
        let is_heading = |line: &Shown| matches!(line, Shown::Group(heading) if heading.key == key);
        let heading = self.shown.iter().position(is_heading);
        if let (true, Some(heading)) = (self.selected_line().is_none(), heading) {
            self.go_to_line(heading + usize::from(was_on));
        }
    }

    /// Scrolls the selected line into view, with its heading if it is the first one.
    pub fn follow(&mut self, height: usize) {
        self.expand_selected();
        let height = height.max(1);
        let Some(line) = self.selected_line() else {
            self.offset = 0;
            return;
        };
        let above = match line.checked_sub(1).and_then(|at| self.shown.get(at)) {
            Some(Shown::Group(_)) if height > 1 => line - 1,
            _ => line,
        };
        let highest = (line + 1).saturating_sub(height);
        self.offset = self.offset.clamp(highest, above.max(highest));
        self.offset = self
            .offset
            .min(self.shown.len().saturating_sub(height).max(highest));
    }
}

fn longest<'a>(rows: &'a [IdentityRow], text: impl Fn(&'a IdentityRow) -> &'a str) -> u16 {
    rows.iter().map(|row| width(text(row))).max().unwrap_or(0)
}
