//! The list: its rows, order, filter, marks and selection. The selection follows the identity, not the row, and rows
//! are reordered only on request.

use std::collections::{BTreeSet, HashMap, HashSet};

use jiff::Timestamp;
use nucleo_matcher::{Config, Matcher};
use uuid::Uuid;

use super::filter::Filter;
use super::row::IdentityRow;
use super::widgets::TextInput;
use crate::app::{IdentityEntry, Index, urgency};
use aemkeys_core::credential::validity::{Thresholds, Urgency};
use aemkeys_core::environment::EnvironmentType;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sort {
    #[default]
    Attention,
    Name,
    Type,
    Expiry,
    Customer,
}

impl Sort {
    #[must_use]
    pub fn next(self) -> Self {
        match self {
            Self::Attention => Self::Name,
            Self::Name => Self::Type,
            Self::Type => Self::Expiry,
            Self::Expiry => Self::Customer,
            Self::Customer => Self::Attention,
        }
    }

    pub fn words(self) -> &'static str {
        match self {
            Self::Attention => "attention",
            Self::Name => "name",
            Self::Type => "type",
            Self::Expiry => "expiry",
            Self::Customer => "customer",
        }
    }
}

/// A visible line of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shown {
    /// The heading of a customer.
    Group { customer: String, identities: usize },
    /// An index into `rows`.
    Row(usize),
}

#[derive(Clone, Debug, Default)]
pub struct IdentityList {
    /// All identities in display order.
    pub rows: Vec<IdentityRow>,
    /// The lines that match the filter, with headings.
    pub shown: Vec<Shown>,
    pub selected: Option<Uuid>,
    /// The first visible line.
    pub offset: usize,
    pub sort: Sort,
    pub filter: TextInput,
    pub marks: BTreeSet<Uuid>,
    /// The start of a range of marks.
    pub range_from: Option<Uuid>,
}

impl IdentityList {
    /// Updates the rows from a new index. Rows keep their places, new ones are appended, and the selection stays on its
    /// identity.
    pub fn refresh(&mut self, index: &Index) {
        let place = self.selected_place();
        let mut fresh: HashMap<Uuid, IdentityRow> = HashMap::new();
        let mut order = Vec::new();
        for environment in &index.environments {
            for identity in &environment.identities {
                order.push(identity.id);
                fresh.insert(identity.id, IdentityRow::of(environment, identity));
            }
        }
        let known: Vec<Uuid> = self.rows.iter().map(|row| row.identity).collect();
        let known_set: HashSet<Uuid> = known.iter().copied().collect();
        let added = order.into_iter().filter(|id| !known_set.contains(id));
        self.rows = known
            .into_iter()
            .chain(added)
            .filter_map(|id| fresh.remove(&id))
            .collect();
        let alive: HashSet<Uuid> = self.rows.iter().map(|row| row.identity).collect();
        self.marks.retain(|id| alive.contains(id));
        self.range_from = self.range_from.filter(|id| alive.contains(id));
        self.show(index, None);
        self.keep_selection(place);
    }

    /// Sorts the rows.
    pub fn reorder(&mut self, index: &Index, now: Timestamp, thresholds: &Thresholds) {
        let place = self.selected_place();
        let mut keys: HashMap<Uuid, (Urgency, i64)> = HashMap::new();
        let mut group_urgency: HashMap<String, Urgency> = HashMap::new();
        // Built once, because a search for each of a thousand rows would delay the first frame.
        let identities: HashMap<Uuid, &IdentityEntry> = index
            .environments
            .iter()
            .flat_map(|environment| &environment.identities)
            .map(|identity| (identity.id, identity))
            .collect();
        for row in &self.rows {
            let Some(identity) = identities.get(&row.identity) else {
                continue;
            };
            let urgency = urgency::of_identity(identity, now, thresholds);
            keys.insert(row.identity, (urgency, end_of(identity)));
            group_urgency
                .entry(row.customer.clone())
                .and_modify(|least| *least = (*least).min(urgency))
                .or_insert(urgency);
        }
        let grouped = self.has_groups();
        let sort = self.sort;
        self.rows.sort_by_cached_key(|row| {
            let (urgency, end) = keys
                .get(&row.identity)
                .copied()
                .unwrap_or((Urgency::NotNeeded, i64::MAX));
            let own = match sort {
                Sort::Attention => (Some(urgency), 0),
                Sort::Name | Sort::Customer => (None, 0),
                Sort::Type => (None, type_rank(row.environment_type)),
                Sort::Expiry => (None, end),
            };
            // Rows without a customer come last.
            let nameless = grouped && row.customer.is_empty();
            let group = (grouped && !nameless).then(|| {
                let most = group_urgency.get(&row.customer).copied();
                let most = most.filter(|_| sort == Sort::Attention);
                (most, row.customer.to_lowercase())
            });
            let group = (nameless, group);
            (group, own, row.name.to_lowercase())
        });
        self.show(index, Some((now, thresholds)));
        self.keep_selection(place);
    }

    /// Returns the unknown states in the filter, which match nothing.
    pub fn unknown_states(&self) -> Vec<String> {
        Filter::parse(self.filter.text()).unknown_states
    }

    /// Applies the filter. `is:` terms need `clock`; without it, visible rows stay visible.
    fn show(&mut self, index: &Index, clock: Option<(Timestamp, &Thresholds)>) {
        let filter = Filter::parse(self.filter.text());
        let before: HashSet<Uuid> = self.shown_rows().map(|row| row.identity).collect();
        let mut matcher = Matcher::new(Config::DEFAULT);
        let grouped = self.has_groups();
        let mut shown: Vec<Shown> = Vec::with_capacity(self.rows.len());
        let mut heading: Option<(usize, &str)> = None;
        for (at, row) in self.rows.iter().enumerate() {
            let state_fits = match (&filter.states[..], clock) {
                ([], _) => true,
                (_, None) => before.contains(&row.identity),
                (states, Some((now, thresholds))) => {
                    index.identity(row.identity).is_some_and(|(_, identity)| {
                        let credential = urgency::of_credential(identity, now, thresholds);
                        let token = urgency::of_token(identity, now, thresholds);
                        states
                            .iter()
                            .all(|state| *state == credential || *state == token)
                    })
                }
            };
            if !filter.unknown_states.is_empty() || !state_fits || !filter.fits(row, &mut matcher) {
                continue;
            }
            if grouped {
                match heading {
                    Some((place, customer)) if customer == row.customer => {
                        if let Some(Shown::Group { identities, .. }) = shown.get_mut(place) {
                            *identities += 1;
                        }
                    }
                    _ => {
                        heading = Some((shown.len(), &row.customer));
                        shown.push(Shown::Group {
                            customer: row.customer.clone(),
                            identities: 1,
                        });
                    }
                }
            }
            shown.push(Shown::Row(at));
        }
        self.shown = shown;
    }

    /// Whether there are headings: only with two or more customers.
    fn has_groups(&self) -> bool {
        let customers: HashSet<&str> = self
            .rows
            .iter()
            .map(|row| row.customer.as_str())
            .filter(|customer| !customer.is_empty())
            .collect();
        customers.len() > 1
    }

    pub fn shown_rows(&self) -> impl DoubleEndedIterator<Item = &IdentityRow> {
        self.shown.iter().filter_map(|line| match line {
            Shown::Row(at) => self.rows.get(*at),
            Shown::Group { .. } => None,
        })
    }

    fn shown_ids(&self) -> Vec<Uuid> {
        self.shown_rows().map(|row| row.identity).collect()
    }

    pub fn shown_count(&self) -> usize {
        self.shown_rows().count()
    }

    /// Returns the visible line with the selection.
    pub fn selected_line(&self) -> Option<usize> {
        let selected = self.selected?;
        self.shown.iter().position(|line| match line {
            Shown::Row(at) => self
                .rows
                .get(*at)
                .is_some_and(|row| row.identity == selected),
            Shown::Group { .. } => false,
        })
    }

    pub fn selected_place(&self) -> usize {
        let selected = self.selected;
        self.shown_rows()
            .position(|row| Some(row.identity) == selected)
            .unwrap_or(0)
    }

    /// Selects the row at this place if the selected identity was removed or hidden.
    fn keep_selection(&mut self, place: usize) {
        let ids = self.shown_ids();
        if self.selected.is_some_and(|id| ids.contains(&id)) {
            return;
        }
        self.selected = ids.get(place.min(ids.len().saturating_sub(1))).copied();
    }

    /// Moves the selection by rows, up to the first or last one.
    pub fn step(&mut self, by: isize) {
        let ids = self.shown_ids();
        let Some(last) = ids.len().checked_sub(1) else {
            return;
        };
        let at = self.selected_place().saturating_add_signed(by).min(last);
        self.selected = ids.get(at).copied();
    }

    /// Scrolls the selected line into view, with its heading if it is the first one.
    pub fn follow(&mut self, height: usize) {
        let height = height.max(1);
        let Some(line) = self.selected_line() else {
            self.offset = 0;
            return;
        };
        let above = match line.checked_sub(1).and_then(|at| self.shown.get(at)) {
            Some(Shown::Group { .. }) if height > 1 => line - 1,
            _ => line,
        };
        let highest = (line + 1).saturating_sub(height);
        self.offset = self.offset.clamp(highest, above.max(highest));
        self.offset = self
            .offset
            .min(self.shown.len().saturating_sub(height).max(highest));
    }

    /// The marks that the filter does not hide; actions apply only to these.
    pub fn marked_in_sight(&self) -> Vec<Uuid> {
        self.shown_rows()
            .map(|row| row.identity)
            .filter(|id| self.marks.contains(id))
            .collect()
    }

    pub fn hidden_marks(&self) -> usize {
        self.marks.len() - self.marked_in_sight().len()
    }

    pub fn toggle_mark(&mut self, id: Uuid) {
        if !self.marks.remove(&id) {
            self.marks.insert(id);
        }
    }

    /// Marks all rows from the start of the range to the selection.
    pub fn mark_range(&mut self, from: Uuid) {
        let ids = self.shown_ids();
        let at = |id: Option<Uuid>| ids.iter().position(|known| Some(*known) == id);
        if let (Some(a), Some(b)) = (at(Some(from)), at(self.selected)) {
            self.marks.extend(&ids[a.min(b)..=a.max(b)]);
        }
    }

    pub fn toggle_all(&mut self) {
        let ids = self.shown_ids();
        if ids.iter().all(|id| self.marks.contains(id)) {
            self.marks.retain(|id| !ids.contains(id));
        } else {
            self.marks.extend(ids);
        }
    }
}

fn end_of(identity: &IdentityEntry) -> i64 {
    identity
        .credential
        .as_ref()
        .and_then(|facts| facts.not_after)
        .or_else(|| identity.token.as_ref().and_then(|token| token.expires_at))
        .map_or(i64::MAX, Timestamp::as_second)
}

fn type_rank(environment_type: EnvironmentType) -> i64 {
    use EnvironmentType::{Development, Local, Production, Rde, Stage, Unset};
    let order = [Production, Stage, Development, Rde, Local, Unset];
    let mut ranks = (0..).zip(order);
    ranks
        .find(|(_, it)| *it == environment_type)
        .map_or(i64::MAX, |(rank, _)| rank)
}
