//! The order of the list.

use jiff::Timestamp;
use uuid::Uuid;

use crate::app::{IdentityEntry, urgency};
use crate::tui::row::IdentityRow;
use aemkeys_core::credential::validity::{Thresholds, Urgency};
use aemkeys_core::environment::EnvironmentType;

/// What the list is sorted by. Only by name and by customer, the rows are grouped by customer.
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

    pub fn groups_by_customer(self) -> bool {
        matches!(self, Self::Name | Self::Customer)
    }
}

/// A group of rows: the customer in lower case. Rows without a customer come last.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Group {
    is_nameless: bool,
    pub key: String,
}

/// The place of a row in the order. It is kept until the list is sorted again, so that no row moves meanwhile.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct SortKey {
    pub group: Option<Group>,
    urgency: Option<Urgency>,
    number: i64,
    name: String,
    /// Orders rows that are equal otherwise.
    identity: Uuid,
}

impl SortKey {
    pub fn of(
        row: &IdentityRow,
        identity: &IdentityEntry,
        (sort, is_grouped): (Sort, bool),
        now: Timestamp,
        thresholds: &Thresholds,
    ) -> Self {
        let group = is_grouped.then(|| Group {
            is_nameless: row.customer.is_empty(),
            key: row.customer.to_lowercase(),
        });
        let urgency = urgency::of_identity(identity, now, thresholds);
        let (urgency, number) = match sort {
            // What expires first comes first among those that need attention.
            Sort::Attention if urgency.needs_attention() => (Some(urgency), end_of(identity)),
            Sort::Attention | Sort::Customer => (Some(urgency), 0),
            Sort::Name => (None, 0),
            Sort::Type => (None, type_rank(row.environment_type)),
            Sort::Expiry => (None, end_of(identity)),
        };
        Self {
            group,
            urgency,
            number,
            name: row.name.to_lowercase(),
            identity: row.identity,
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
