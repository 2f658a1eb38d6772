//! Expiry of replaced credentials that some programs still use.

use super::{ExpiringItem, ExpiryFinding, Scope, about};
use crate::app::rotate::{RemainingSteps, remaining_steps};
use crate::storage::{EnvironmentEntry, IdentityEntry, RevisionState};
use aemkeys_core::credential::validity::Urgency;

/// The credential before the active one, while the used-by list names a program without the new one. `None` for OAuth,
/// which has no expiry.
pub(in crate::app) fn of(
    environment: &EnvironmentEntry,
    identity: &IdentityEntry,
    scope: &Scope,
) -> Option<ExpiryFinding> {
    let RemainingSteps::UpdatePrograms { missing, .. } = remaining_steps(identity)? else {
        return None;
    };
    let active = identity.active_revision();
    let old = identity.revisions.iter().find(|known| {
        known.revision < active
            && matches!(known.state, RevisionState::Old | RevisionState::Leaked)
            && known.facts.not_after.is_some()
    })?;
    let (begin, end) = (old.facts.not_before, old.facts.not_after);
    Some(ExpiryFinding {
        state: Urgency::of_credential((begin, end), old.leaked, scope.now, &scope.thresholds),
        valid_from: begin,
        expires_at: end,
        counts: true,
        leaked: old.leaked,
        still_used_by: missing,
        ..about(environment, identity, ExpiringItem::Credential)
    })
}
