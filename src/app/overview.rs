//! List of identities with their expiries, as rows; read only from the index.

use aemkeys_core::credential::{Guidance, NextStep};
use aemkeys_core::guidance;
use jiff::Timestamp;
use uuid::Uuid;

use super::rotate::remaining_steps;
use super::{resolve, urgency};
use crate::storage::{EnvironmentEntry, IdentityEntry, Index, SecretState};
use aemkeys_core::credential::Kind;
use aemkeys_core::credential::validity::{Thresholds, Urgency};
use aemkeys_core::environment::{EnvironmentType, natural_key};
use aemkeys_core::time;

/// One row of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedIdentity {
    pub identity: Uuid,
    pub full_name: String,
    pub environment_type: EnvironmentType,
    pub ids: String,
    pub credential_state: Urgency,
    /// `26 d`, `dev token`, `secret missing`.
    pub credential: String,
    pub token_state: Urgency,
    pub token: String,
}

/// Returns the rows, most urgent first, then by name.
pub fn rows(index: &Index, now: Timestamp, thresholds: &Thresholds) -> Vec<ListedIdentity> {
    let mut identities: Vec<_> = index.identities().collect();
    identities.sort_by_cached_key(|(environment, identity)| {
        (
            urgency::of_identity(identity, now, thresholds),
            natural_key(&resolve::full_name(environment, identity)),
        )
    });
    identities
        .into_iter()
        .map(|(environment, identity)| row(environment, identity, now, thresholds))
        .collect()
}

/// Returns these identities, or all if `only` is empty.
fn chosen<'a>(
    index: &'a Index,
    only: &'a [Uuid],
) -> impl Iterator<Item = (&'a EnvironmentEntry, &'a IdentityEntry)> {
    let is_chosen = |id| only.is_empty() || only.contains(&id);
    index
        .identities()
        .filter(move |(_, identity)| is_chosen(identity.id))
}

/// Returns unfinished rotations with their next step.
pub fn unfinished_rotations(index: &Index, only: &[Uuid]) -> Vec<(String, Guidance)> {
    chosen(index, only)
        .filter_map(|(environment, identity)| {
            let left = remaining_steps(identity)?;
            let name = resolve::full_name(environment, identity);
            let next = left.next_step(&name);
            Some((format!("{name}: {}", left.words()), next))
        })
        .collect()
}

/// Returns leaked credentials that are still in use, with their next step.
pub fn leaked_and_active(index: &Index, only: &[Uuid]) -> Vec<(String, Guidance)> {
    chosen(index, only)
        .filter(|(_, identity)| identity.signs_in_leaked())
        .map(|(environment, identity)| {
            let name = resolve::full_name(environment, identity);
            (
                format!("{name}: credential is marked as leaked and still in use"),
                guidance!["to see the steps, ", NextStep::Leaked.of(&name)],
            )
        })
        .collect()
}

/// Whose token an identity without a credential holds.
pub fn token_owner(identity: &IdentityEntry) -> &'static str {
    if identity
        .token
        .as_ref()
        .is_some_and(|token| token.of_account)
    {
        "account token"
    } else {
        "dev token"
    }
}

pub fn row(
    environment: &EnvironmentEntry,
    identity: &IdentityEntry,
    now: Timestamp,
    thresholds: &Thresholds,
) -> ListedIdentity {
    let credential_state = urgency::of_credential(identity, now, thresholds);
    let token_state = urgency::of_token(identity, now, thresholds);
    let credential = match (identity.secret, identity.kind) {
        (SecretState::Missing, _) => "secret missing".to_owned(),
        (SecretState::Damaged, _) => "damaged".to_owned(),
        (_, Kind::DevelopmentToken) => token_owner(identity).to_owned(),
        (_, Kind::Local) => String::new(),
        (_, Kind::OauthServerToServer) if facts_end(identity).is_none() => "no expiry".to_owned(),
        _ => match (credential_state, facts_end(identity), facts_start(identity)) {
            (Urgency::NotYetValid, _, Some(start)) => time::relative(start, now),
            (_, Some(end), _) => time::brief(end, now),
            (_, None, _) => "unknown".to_owned(),
        },
    };
    let credential = if identity.signs_in_leaked() {
        format!("leaked, {credential}")
    } else {
        credential
    };
    let token = match identity.token.as_ref() {
        Some(token) => token
            .expires_at
            .map_or_else(|| "unknown".to_owned(), |end| time::brief(end, now)),
        None => String::new(),
    };
    ListedIdentity {
        identity: identity.id,
        full_name: resolve::full_name(environment, identity),
        environment_type: environment.environment_type,
        ids: ids_of(environment),
        credential_state,
        credential,
        token_state,
        token,
    }
}

fn ids_of(environment: &EnvironmentEntry) -> String {
    match environment.ids {
        Some(ids) => ids.to_string(),
        None if environment.environment_type == EnvironmentType::Local => "localhost".to_owned(),
        None => String::new(),
    }
}

fn facts_end(identity: &IdentityEntry) -> Option<Timestamp> {
    identity
        .credential
        .as_ref()
        .and_then(|facts| facts.not_after)
}

fn facts_start(identity: &IdentityEntry) -> Option<Timestamp> {
    identity
        .credential
        .as_ref()
        .and_then(|facts| facts.not_before)
}
