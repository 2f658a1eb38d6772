//! What the next process finds: everything acknowledged, each token under its own name.

use std::collections::BTreeSet;

use aemkeys::app::{AppContext, exchange, resolve};
use aemkeys::storage::ItemName;
use aemkeys_core::credential::{AccessToken, Fingerprint};
use aemkeys_core::environment::TierAddress;
use jiff::SignedDuration;
use uuid::Uuid;

use super::machine::{Adobe, Machine};

/// An identity as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    pub id: Uuid,
    pub full_name: String,
    pub author: Option<String>,
    /// The active credential's; of a person the token's.
    pub fingerprint: Option<Fingerprint>,
    /// Whose tokens it may hold.
    pub client: Option<String>,
}

/// Everything, when all is well: an error here is an error of the test.
pub fn everything(machine: &Machine, adobe: &Adobe) -> Vec<Held> {
    let context = machine.process(adobe);
    let index = context.read_index().unwrap();
    let mut held = Vec::new();
    for environment in &index.environments {
        for identity in &environment.identities {
            let (fingerprint, client) =
                secrets(&context, environment.id, identity.id).unwrap_or_else(|e| panic!("{e}"));
            held.push(Held {
                id: identity.id,
                full_name: resolve::full_name(environment, identity),
                author: environment.hosts.author.as_ref().map(TierAddress::origin),
                fingerprint,
                client,
            });
        }
    }
    held
}

/// The fingerprint and the client of what is stored for the identity.
fn secrets(
    context: &AppContext,
    environment: Uuid,
    identity: Uuid,
) -> Result<(Option<Fingerprint>, Option<String>), String> {
    let said = |error: aemkeys::storage::StorageError| error.to_string();
    let stored = context
        .storage
        .environment(environment)
        .map_err(said)?
        .ok_or("no environment item")?;
    let known = stored.identity(identity).ok_or("not in its environment")?;
    if known.kind.can_exchange() {
        let credential = context
            .storage
            .active_credential(identity, known.latest_revision)
            .map_err(said)?
            .ok_or("no active credential")?;
        let facts = credential.credential.facts();
        return Ok((Some(facts.fingerprint), Some(facts.client_id)));
    }
    let token = context.storage.token(identity).map_err(said)?;
    Ok((
        token.as_ref().map(|item| item.token.secret.fingerprint()),
        token.and_then(|item| item.token.claims.client_id),
    ))
}

/// What is wrong after an operation that took `before` to `after`, and was stopped between (or not, when `done`).
pub async fn audit(
    machine: &Machine,
    adobe: &Adobe,
    before: &[Held],
    after: &[Held],
    done: bool,
) -> Vec<String> {
    let context = machine.process(adobe);
    let index = match context.read_index() {
        Ok(index) => index,
        Err(problem) => return vec![format!("the list: {problem}")],
    };
    let mut wrong = Vec::new();
    let mut names = BTreeSet::new();
    let mut listed = BTreeSet::new();
    for environment in &index.environments {
        if !names.insert(environment.name.folded()) {
            wrong.push(format!("{} is there twice", environment.name));
        }
        for identity in &environment.identities {
            let full_name = resolve::full_name(environment, identity);
            listed.insert(identity.id);
            let old = before.iter().find(|held| held.id == identity.id);
            let new = after
                .iter()
                .find(|held| held.id == identity.id)
                // What is added gets another id each time.
                .or_else(|| {
                    old.is_none()
                        .then(|| after.iter().find(|h| h.full_name == full_name))?
                });
            let Some(expected) = new.or(old) else {
                wrong.push(format!("{full_name} came from nowhere"));
                continue;
            };
            if done && new.is_none() {
                wrong.push(format!("{full_name} should be gone"));
            }
            // A removal that is under way has only to come to its end.
            if new.is_none() {
                continue;
            }
            let allowed: Vec<&Held> = old.filter(|_| !done).into_iter().chain(new).collect();
            // The environment may have been left with its other identity alone, or got it: then the name is shorter.
            let is_named = |held: &&Held| {
                held.full_name == full_name
                    || !done && held.full_name.split('/').next() == full_name.split('/').next()
            };
            if !allowed.iter().any(is_named) {
                wrong.push(format!("{full_name} should be {}", expected.full_name));
            }
            match secrets(&context, environment.id, identity.id) {
                Ok((fingerprint, _)) => {
                    if !allowed.iter().any(|held| held.fingerprint == fingerprint) {
                        wrong.push(format!("{full_name} has another credential"));
                    }
                }
                Err(error) => wrong.push(format!("{full_name}: {error}")),
            }
            if expected.client.is_none() {
                continue;
            }
            let fresh = exchange::ensure(&context, identity.id, SignedDuration::ZERO, true).await;
            match fresh {
                Ok(fresh) => {
                    let token = AccessToken::from_response(fresh.secret, None, context.clock.now());
                    if token.unwrap().claims.client_id != expected.client {
                        wrong.push(format!("{full_name} holds a token of another"));
                    }
                    let author = fresh
                        .context
                        .destinations
                        .hosts()
                        .author
                        .as_ref()
                        .map(TierAddress::origin);
                    if !allowed.iter().any(|held| held.author == author) {
                        wrong.push(format!("{full_name}: its token goes to {author:?}"));
                    }
                }
                Err(problem) => wrong.push(format!("{full_name}: no token: {problem}")),
            }
        }
    }
    for held in if done { after } else { before } {
        let stays = after
            .iter()
            .any(|new| new.id == held.id || new.full_name == held.full_name);
        let is_there = listed.contains(&held.id)
            || !before.iter().any(|old| old.id == held.id)
                && index.environments.iter().any(|environment| {
                    environment
                        .identities
                        .iter()
                        .any(|identity| resolve::full_name(environment, identity) == held.full_name)
                });
        if stays && !is_there {
            wrong.push(format!("{} is lost", held.full_name));
        }
    }
    wrong.extend(misplaced_tokens(&context, machine, before, after));
    wrong
}

/// Tokens of one identity in the place of another.
fn misplaced_tokens(
    context: &AppContext,
    machine: &Machine,
    before: &[Held],
    after: &[Held],
) -> Vec<String> {
    let mut wrong = Vec::new();
    for name in machine.in_use().names() {
        let ItemName::Token(id) = name else { continue };
        let Ok(Some(item)) = context.storage.token(id) else {
            continue;
        };
        let owner = before.iter().chain(after).find(|held| held.id == id);
        if owner.is_some_and(|held| held.client != item.token.claims.client_id) {
            wrong.push(format!("{name} is a token of another"));
        }
    }
    wrong
}

/// Items that nothing in the list owns, after `doctor`.
pub fn unowned(machine: &Machine, adobe: &Adobe) -> Vec<String> {
    let index = machine.process(adobe).read_index().unwrap();
    let owned: BTreeSet<Uuid> = index
        .environments
        .iter()
        .flat_map(|e| e.identities.iter().map(|i| i.id).chain([e.id]))
        .collect();
    machine
        .in_use()
        .names()
        .into_iter()
        .filter(|name| !matches!(name, ItemName::LeakedKey(_)) && !owned.contains(&name.id()))
        .map(|name| format!("{name} belongs to nothing"))
        .chain((!index.tombstones.is_empty()).then(|| "a removal is still open".to_owned()))
        .chain(
            machine
                .not_in_use()
                .names()
                .into_iter()
                .map(|name| format!("{name} is left in the storage that is not in use")),
        )
        .collect()
}
