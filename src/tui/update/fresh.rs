//! Which tokens are kept fresh now? Those marked `f` whose time has come, unless their credential has ended.

use uuid::Uuid;

use crate::credential::validity::State;
use crate::tui::effect::Effect;
use crate::tui::model::{Model, Work};

pub(super) fn due(model: &mut Model) -> Vec<Effect> {
    let due: Vec<Uuid> = model
        .identities()
        .filter(|(_, identity)| {
            model
                .fresh
                .due(identity)
                .is_some_and(|at| at <= model.now)
                // IMS refuses it, however often it is asked.
                && model.credential_state(identity) != State::Expired
                && model.tasks.on(identity.id).is_none()
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
