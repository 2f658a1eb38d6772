//! The relation of an input to the stored credentials: new, known, another certificate, or another account.

use uuid::Uuid;

use super::AddOptions;
use crate::app::resolve;
use crate::storage::{EnvironmentEntry, IdentityEntry, Index};
use aemkeys_core::credential::{CredentialFacts, Kind, TokenFacts};
use aemkeys_core::environment::CloudIds;

/// The relation of an input to the stored credentials.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Relation {
    /// The environment is not stored yet.
    NewEnvironment,
    /// The same credential: nothing to do.
    AlreadyStored { identity: Uuid, full_name: String },
    /// Same account, another certificate: rotate instead.
    NewRevision { identity: Uuid, full_name: String },
    /// Another account of a known environment: needs a label.
    NewIdentity { environment: Uuid, name: String },
}

pub(super) fn relate(
    index: &Index,
    kind: Kind,
    facts: Option<&CredentialFacts>,
    token: Option<&TokenFacts>,
    ids: Option<CloudIds>,
    choices: &AddOptions,
) -> Relation {
    let same = |(environment, identity): (&EnvironmentEntry, &IdentityEntry)| {
        (identity.id, resolve::full_name(environment, identity))
    };
    if let Some(facts) = facts {
        let stored = || {
            index
                .identities()
                .filter_map(|(e, i)| i.credential.as_ref().map(|c| (e, i, c)))
        };
        // An OAuth credential is known by its client; its secrets, like its scopes, are content that changes.
        let is_same = |i: &IdentityEntry, c: &CredentialFacts| {
            (c.is_same_account(facts) && c.fingerprint == facts.fingerprint)
                || (kind == Kind::OauthServerToServer
                    && i.kind == kind
                    && c.client_id == facts.client_id
                    && (c.org == facts.org || c.org.is_none() || facts.org.is_none()))
        };
        if let Some((e, i, _)) = stored().find(|(_, i, c)| is_same(i, c)) {
            let (identity, full_name) = same((e, i));
            return Relation::AlreadyStored {
                identity,
                full_name,
            };
        }
        if let Some((e, i, _)) =
            stored().find(|(_, i, c)| i.kind == kind && c.is_same_account(facts))
        {
            let (identity, full_name) = same((e, i));
            return Relation::NewRevision {
                identity,
                full_name,
            };
        }
    }
    if let Some(token) = token
        && let Some(found) = index.identities().find(|(_, i)| {
            i.token
                .as_ref()
                .is_some_and(|known| known.fingerprint == token.fingerprint)
        })
    {
        let (identity, full_name) = same(found);
        return Relation::AlreadyStored {
            identity,
            full_name,
        };
    }
    let by_ids = ids.and_then(|ids| index.environments.iter().find(|e| e.ids == Some(ids)));
    // A label and the name of a known environment, without ids: another identity of that environment.
    let by_name = choices
        .name
        .as_ref()
        .filter(|_| choices.label.is_some())
        .and_then(|name| {
            index
                .environments
                .iter()
                .find(|e| e.name.folded() == name.folded() && (ids.is_none() || e.ids.is_none()))
        });
    match by_ids.or(by_name) {
        Some(environment) => Relation::NewIdentity {
            environment: environment.id,
            name: environment.name.to_string(),
        },
        None => Relation::NewEnvironment,
    }
}
