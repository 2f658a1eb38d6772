//! Which tokens are kept fresh now? Those marked `f`, in good time before they end, and not again right after a failure.

use jiff::SignedDuration;
use uuid::Uuid;

use crate::tui::effect::Effect;
use crate::tui::model::{Model, Work};

/// A token with less left is exchanged anew.
pub(in crate::tui) const EARLY: SignedDuration = SignedDuration::from_mins(10);
/// How long a failure is left alone.
pub(in crate::tui) const PAUSE: SignedDuration = SignedDuration::from_mins(5);

pub(super) fn due(model: &mut Model) -> Vec<Effect> {
    let due: Vec<Uuid> = model
        .identities()
        .filter(|(_, identity)| {
            identity.keep_fresh
                && identity.kind.can_exchange()
                && identity.token.as_ref().is_none_or(|token| {
                    token.expires_at.is_some_and(|end| end - EARLY <= model.now)
                })
                && model.tasks.on(identity.id).is_none()
                && model
                    .keep_fresh_failed
                    .get(&identity.id)
                    .is_none_or(|failed| *failed + PAUSE <= model.now)
        })
        .map(|(_, identity)| identity.id)
        .collect();
    due.into_iter()
        .map(|identity| Effect::Exchange {
            task: super::tokens::start(model, Work::KeepFresh, identity, None),
            identity,
        })
        .collect()
}
