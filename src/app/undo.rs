//! Undo of the last action that removed or edited something. What it replaced is held in memory for a short time, never on disk.
//!
//! Undo asks for no confirmation: it restores only what was stored within [`HELD`], and only if nothing has changed it since.

use std::sync::Arc;

use jiff::SignedDuration;
use uuid::Uuid;

use super::{AppContext, edit, names, ownership};
use crate::storage::{
    CredentialItem, IdentityEntry, Index, Owner, Storage, StorageError, TokenItem,
};
use aemkeys_core::credential::{Code, Problem};
use aemkeys_core::environment::Environment;

/// How long a removal or an edit can be undone.
pub const HELD: SignedDuration = SignedDuration::from_secs(10);

/// What a removal or an edit of one environment has replaced. Its secrets are overwritten when it is dropped.
pub struct Undo {
    before: Environment,
    /// `None` if the whole environment was removed.
    after: Option<Environment>,
    removed: Vec<RemovedIdentity>,
    recent_paths: Vec<String>,
}

struct RemovedIdentity {
    entry: IdentityEntry,
    credentials: Vec<CredentialItem>,
    token: Option<TokenItem>,
}

impl Undo {
    /// Of an edit, which deletes no secret.
    pub(super) fn of_edit(before: Environment, after: Environment) -> Option<Self> {
        (before != after).then(|| Self {
            before,
            after: Some(after),
            removed: Vec::new(),
            recent_paths: Vec::new(),
        })
    }

    pub(super) fn leaves(self, after: Option<Environment>) -> Self {
        Self { after, ..self }
    }

    /// Returns the identities that were removed or edited; all of them if only their environment was.
    pub fn identities(&self) -> Vec<Uuid> {
        let after = |id| self.after.as_ref().and_then(|after| after.identity(id));
        let all = self.before.identities.iter();
        let changed = all.clone().filter(|it| after(it.id) != Some(it));
        let changed: Vec<Uuid> = changed.map(|it| it.id).collect();
        if changed.is_empty() {
            all.map(|it| it.id).collect()
        } else {
            changed
        }
    }
}

/// Reads what the removal of these identities is going to delete. `None` if it can't be restored, because it can't be read or
/// has a leaked key. The caller holds the lock for changes.
pub(super) async fn before_removal(
    context: &AppContext,
    index: &Index,
    stored: Option<&Environment>,
    removed: &[Uuid],
) -> Option<Undo> {
    let before = stored?.clone();
    let entries = removed.iter().map(|id| index.identity(*id));
    let entries: Vec<IdentityEntry> = entries
        .map(|found| found.map(|(_, entry)| entry.clone()))
        .collect::<Option<_>>()?;
    let recent_paths = index.recent_paths(before.id).to_vec();
    let read = context.storage(move |storage| {
        let read = entries.into_iter().map(|entry| read(storage, entry));
        read.collect::<Result<Vec<_>, _>>()
    });
    let removed = read.await.ok()?;
    let is_leaked = |it: &RemovedIdentity| it.credentials.iter().any(|item| item.leaked);
    if removed
        .iter()
        .any(|it| is_leaked(it) || !it.entry.leaked.is_empty())
    {
        return None;
    }
    Some(Undo {
        before,
        after: None,
        removed,
        recent_paths,
    })
}

fn read(storage: &Storage, entry: IdentityEntry) -> Result<RemovedIdentity, StorageError> {
    Ok(RemovedIdentity {
        credentials: storage.revisions(entry.id, entry.latest_revision)?,
        token: storage.usable_token(entry.id)?,
        entry,
    })
}

/// Restores what one action has removed or edited, in different environments. Restores nothing if one of them has changed since.
pub async fn undo(context: &AppContext, undos: &[Arc<Undo>]) -> Result<(), Problem> {
    let mut left = Vec::new();
    for undo in undos {
        let id = undo.before.id;
        let stored = context.storage(move |storage| storage.environment(id));
        match stored.await? {
            // By an attempt that failed at another environment.
            Some(stored) if stored == undo.before => {}
            stored if stored == undo.after => left.push(Arc::clone(undo)),
            _ => return Err(changed_since(undo)),
        }
    }
    for undo in left {
        restore(context, undo).await?;
    }
    Ok(())
}

async fn restore(context: &AppContext, undo: Arc<Undo>) -> Result<(), Problem> {
    if undo.removed.is_empty() {
        return undo_edit(context, undo).await;
    }
    let _lock = context.lock_for_change().await?;
    let index = context.read_index()?;
    let id = undo.before.id;
    let stored = context
        .storage(move |storage| storage.environment(id))
        .await?;
    if stored != undo.after {
        return Err(changed_since(&undo));
    }
    if undo.after.is_none() {
        names::free_name(&index, &undo.before.name)?;
    }
    check(&index, &undo)?;
    let mut tombstones = vec![Owner::Environment(id)];
    let removed = undo.removed.iter();
    tombstones.extend(removed.map(|it| Owner::Identity(it.entry.id)));
    context.add_tombstones(tombstones.clone()).await?;
    let held = Arc::clone(&undo);
    context
        .storage(move |storage| write(storage, &held))
        .await?;
    context
        .update_index(move |index| {
            index.put_environment(&undo.before);
            for removed in &undo.removed {
                if let Some(entry) = index.identity_mut(removed.entry.id) {
                    entry.clone_from(&removed.entry);
                }
            }
            for path in undo.recent_paths.iter().rev() {
                index.add_recent_path(id, path.clone());
            }
            index.remove_tombstones(&tombstones);
        })
        .await
}

async fn undo_edit(context: &AppContext, undo: Arc<Undo>) -> Result<(), Problem> {
    let id = undo.before.id;
    let restore = move |environment: &mut Environment| {
        if undo.after.as_ref() != Some(&*environment) {
            return Err(changed_since(&undo));
        }
        environment.clone_from(&undo.before);
        Ok(())
    };
    edit::change(context, id, restore).await.map(drop)
}

/// Refuses secrets that now belong to another environment, or that were stored again.
fn check(index: &Index, undo: &Undo) -> Result<(), Problem> {
    for removed in &undo.removed {
        for item in &removed.credentials {
            let facts = item.credential.facts();
            ownership::check_credential(index, &undo.before, &facts)?;
            let mut stored = index.identities();
            let is_same = |known: &IdentityEntry| {
                let known = known.credential.as_ref();
                known.is_some_and(|known| known.fingerprint == facts.fingerprint)
            };
            if let Some((environment, identity)) = stored.find(|(_, known)| is_same(known)) {
                return Err(changed_since(undo).cause(format!(
                    "the credential is stored again, as {}/{}",
                    environment.name, identity.label
                )));
            }
        }
        if let Some(item) = &removed.token {
            ownership::check_token(index, &undo.before, &item.token)?;
        }
    }
    Ok(())
}

/// Writes the secrets before the environment that names them.
fn write(storage: &Storage, undo: &Undo) -> Result<(), StorageError> {
    for removed in &undo.removed {
        let id = removed.entry.id;
        for item in &removed.credentials {
            storage.put_credential(id, item)?;
        }
        if let Some(token) = &removed.token {
            storage.put_token(id, token)?;
        }
    }
    storage.put_environment(&undo.before)
}

fn changed_since(undo: &Undo) -> Problem {
    let name = &undo.before.name;
    Problem::new(
        Code::UndoGone,
        format!("{name} can't be restored: it has changed since"),
    )
    .next_step("change it back by hand, or add the credential again")
}

/// The error after [`HELD`].
pub fn too_late() -> Problem {
    Problem::new(Code::UndoGone, "this can't be undone any more")
        .cause("a removal or an edit can be undone for 10 s")
        .next_step("change it back by hand, or add the credential again")
}

#[cfg(test)]
mod tests;
