//! Lists the revisions of a credential and deletes old ones.

use aemkeys_core::credential::NextStep;
use aemkeys_core::guidance;
use schemars::JsonSchema;
use serde::Serialize;
use uuid::Uuid;

use super::AppContext;
use super::guard::{Act, Confirmed};
use super::rotate::{RotationState, rotation_lock};
use super::utc_time::UtcTime;
use crate::storage::{IdentityEntry, ItemName, Revision, RevisionState};
use aemkeys_core::credential::{Code, CredentialFacts, Fingerprint, Problem};

/// The deleted revision.
#[derive(Clone, Debug)]
pub struct Dropped {
    pub full_name: String,
    pub revision: u32,
    pub facts: CredentialFacts,
}

/// Deletes an old or a candidate revision here, without revoking it at Adobe. `None`: the newest old one.
pub async fn drop_revision(
    context: &AppContext,
    id: Uuid,
    revision: Option<u32>,
    confirmed: &Confirmed,
) -> Result<Dropped, Problem> {
    let _turn = rotation_lock(context, id).await?;
    let state = RotationState::read(context, id).await?;
    confirmed.check(&state.environment, Act::DropRevision)?;
    let name = state.name.clone();
    let active = state.active().map_or(0, |active| active.revision);
    let revision = revision
        .or_else(|| state.before().map(|before| before.revision))
        .ok_or_else(|| {
            Problem::new(Code::NoRevision, format!("{name} has no old credential")).next_step(
                guidance!["to list its revisions, ", NextStep::Revisions.of(&name)],
            )
        })?;
    let Some(item) = state.held.iter().find(|item| item.revision == revision) else {
        return Err(Problem::new(
            Code::NoRevision,
            format!("{name} has no revision {revision}"),
        )
        .next_step(guidance![
            "to list its revisions, ",
            NextStep::Revisions.of(&name)
        ]));
    };
    if revision == active {
        return Err(Problem::new(
            Code::RevisionActive,
            format!("revision {revision} of {name} is in use, so it was not deleted"),
        )
        .next_step(guidance![
            "to rotate it first, ",
            NextStep::Rotate.of(&name),
            "; to delete the identity, ",
            NextStep::Remove.of(&name)
        ]));
    }
    if item.leaked {
        return Err(Problem::new(
            Code::RevisionLeaked,
            format!("revision {revision} is marked as leaked, so it was not deleted"),
        )
        .cause("its client secret is needed to check the revocation of its key and to invalidate its token")
        .next_step(guidance!["to see the steps, ", NextStep::Leaked.of(&name)]));
    }
    let facts = item.credential.facts();
    let add = context.lock("add".to_owned()).await?;
    let lock = context.lock(id.to_string()).await?;
    context
        .storage(move |storage| storage.delete(&ItemName::Credential(id, revision)))
        .await?;
    super::approvals::drop_unused_of(context, id).await?;
    drop((lock, add));
    RotationState::read(context, id).await?;
    Ok(Dropped {
        full_name: name,
        revision,
        facts,
    })
}

/// A stored revision of a credential.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Revision")]
pub struct RevisionDocument {
    /// Counts from 1.
    revision: u32,
    state: RevisionState,
    /// Whether it is marked as leaked.
    leaked: bool,
    fingerprint: Fingerprint,
    /// The id of the client at IMS.
    client_id: String,
    /// The id of the technical account.
    technical_account: Option<String>,
    /// When it becomes valid.
    not_before: Option<UtcTime>,
    /// When it expires; null without an expiry.
    not_after: Option<UtcTime>,
    /// When it was added here.
    added_at: Option<UtcTime>,
}

/// Returns all revisions for JSON, newest first.
pub fn documents(entry: &IdentityEntry) -> Vec<RevisionDocument> {
    let document = |known: &Revision| RevisionDocument {
        revision: known.revision,
        state: known.state,
        leaked: known.leaked,
        fingerprint: known.facts.fingerprint.clone(),
        client_id: known.facts.client_id.clone(),
        technical_account: known.facts.technical_account_id.clone(),
        not_before: known.facts.not_before.map(UtcTime),
        not_after: known.facts.not_after.map(UtcTime),
        added_at: known.added_at.map(UtcTime),
    };
    entry.all_revisions().iter().map(document).collect()
}

/// Returns whether a revision in this state can be deleted.
pub fn can_be_dropped(state: RevisionState) -> bool {
    matches!(state, RevisionState::Old | RevisionState::Candidate)
}
