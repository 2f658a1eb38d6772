//! The order of the list.

use std::cmp::Ordering;

use jiff::Timestamp;
use uuid::Uuid;

use super::ListContext;
use crate::app::{IdentityEntry, urgency};
use crate::tui::row::IdentityRow;
use aemkeys_core::credential::validity::Urgency;
use aemkeys_core::environment::{EnvironmentType, natural_key};

/// What the list is sorted by. Only by name and by customer, the rows are grouped by customer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sort {
    #[default]
    Attention,
    Name,
    Type,
    Expiry,
    Token,
    Customer,
}

impl Sort {
    #[must_use]
    pub fn next(self) -> Self {
        match self {
            Self::Attention => Self::Name,
            Self::Name => Self::Type,
            Self::Type => Self::Expiry,
            Self::Expiry => Self::Token,
            Self::Token => Self::Customer,
            Self::Customer => Self::Attention,
        }
    }

    pub fn words(self) -> &'static str {
        match self {
            Self::Attention => "attention",
            Self::Name => "name",
            Self::Type => "type",
            Self::Expiry => "expiry",
            Self::Token => "token expiry",
            Self::Customer => "customer",
        }
    }

    pub fn groups_by_customer(self) -> bool {
        matches!(self, Self::Name | Self::Customer)
    }
}

/// A group of rows: the customer in lower case. Rows without a customer come last.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Group {
    is_nameless: bool,
    order: String,
    pub key: String,
}

/// The order of the list, as it was chosen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ListOrder {
    pub sort: Sort,
    pub is_reversed: bool,
}

impl ListOrder {
    pub fn words(self) -> String {
        let reversed = if self.is_reversed { ", reversed" } else { "" };
        format!("{}{reversed}", self.sort.words())
    }
}

/// The place of a row in the order. It is kept until the list is sorted again, so that no row moves meanwhile.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SortKey {
    pub group: Option<Group>,
    urgency: Option<Urgency>,
    number: i64,
    name: String,
    /// Orders rows that are equal otherwise.
    identity: Uuid,
    is_reversed: bool,
}

impl SortKey {
    /// What decides the order within a group.
    fn in_group(&self) -> (Option<Urgency>, i64, &str, Uuid) {
        (self.urgency, self.number, &self.name, self.identity)
    }
}

impl Ord for SortKey {
    /// Reversed, the groups stay in their order, and rows without an expiry stay last.
    fn cmp(&self, other: &Self) -> Ordering {
        let rest = self.in_group().cmp(&other.in_group());
        let groups = self.group.cmp(&other.group);
        let rest = if self.is_reversed {
            rest.reverse()
        } else {
            rest
        };
        groups.then(rest)
    }
}

impl PartialOrd for SortKey {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl SortKey {
    pub fn of(
        row: &IdentityRow,
        identity: &IdentityEntry,
        (order, is_grouped): (ListOrder, bool),
        context: &ListContext<'_>,
    ) -> Self {
        let group = is_grouped.then(|| Group {
            is_nameless: row.customer.is_empty(),
            order: natural_key(&row.customer),
            key: row.customer.to_lowercase(),
        });
        let urgency = urgency::of_identity(identity, context.now, context.thresholds);
        let urgency = if context.failures.has(identity.id) {
            urgency.min(Urgency::Urgent)
        } else {
            urgency
        };
        let ListOrder { sort, is_reversed } = order;
        let none = if is_reversed { i64::MIN } else { i64::MAX };
        let token = || {
            let facts = identity.token.as_ref();
            facts.and_then(|token| token.expires_at)
        };
        let (urgency, number) = match sort {
            // What expires first comes first among those that need attention.
            Sort::Attention if urgency.needs_attention() => {
                (Some(urgency), seconds(end_of(identity), none))
            }
            Sort::Attention | Sort::Customer => (Some(urgency), 0),
            Sort::Name => (None, 0),
            Sort::Type => (None, type_rank(row.environment_type)),
            Sort::Expiry => (None, seconds(end_of(identity), none)),
            Sort::Token => (None, seconds(token(), none)),
        };
        Self {
            group,
            urgency,
            number,
            name: natural_key(&row.name),
            identity: row.identity,
            is_reversed,
        }
    }
}

fn seconds(end: Option<Timestamp>, none: i64) -> i64 {
    end.map_or(none, Timestamp::as_second)
}

fn end_of(identity: &IdentityEntry) -> Option<Timestamp> {
    identity
        .credential
        .as_ref()
        .and_then(|facts| facts.not_after)
        .or_else(|| identity.token.as_ref().and_then(|token| token.expires_at))
}

fn type_rank(environment_type: EnvironmentType) -> i64 {
    use EnvironmentType::{Development, Local, Production, Rde, Stage, Untyped};
    let order = [Production, Stage, Development, Rde, Local, Untyped];
    let mut ranks = (0..).zip(order);
    ranks
        .find(|(_, it)| *it == environment_type)
        .map_or(i64::MAX, |(rank, _)| rank)
}
