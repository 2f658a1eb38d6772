//! A row of the list.

use uuid::Uuid;

use super::list::SortKey;
use crate::app::{EnvironmentEntry, IdentityEntry};
use aemkeys_core::credential::Kind;
use aemkeys_core::environment::EnvironmentType;

/// A row: an identity with its fixed properties.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdentityRow {
    pub identity: Uuid,
    pub environment: Uuid,
    pub name: String,
    pub environment_type: EnvironmentType,
    pub ids: String,
    pub customer: String,
    pub kind: Kind,
    pub label: String,
    /// Set by the list.
    pub(super) place: SortKey,
}

impl IdentityRow {
    pub fn of(environment: &EnvironmentEntry, identity: &IdentityEntry) -> Self {
        let name = crate::app::resolve::full_name(environment, identity);
        let ids = match environment.ids {
            Some(ids) => ids.to_string(),
            None if environment.environment_type == EnvironmentType::Local => {
                "localhost".to_owned()
            }
            None => String::new(),
        };
        let customer = environment
            .customer
            .clone()
            .or_else(|| {
                identity
                    .credential
                    .as_ref()
                    .and_then(|facts| facts.org.clone())
            })
            .unwrap_or_default();
        Self {
            identity: identity.id,
            environment: environment.id,
            label: identity.label.to_string(),
            name,
            environment_type: environment.environment_type,
            ids,
            customer,
            kind: identity.kind,
            place: SortKey::default(),
        }
    }

    /// Whether the properties that change only by an edit put both rows in the same place.
    pub fn is_placed_like(&self, other: &Self) -> bool {
        let facts = |row: &Self| (row.environment_type, row.name.clone(), row.customer.clone());
        facts(self) == facts(other)
    }
}
