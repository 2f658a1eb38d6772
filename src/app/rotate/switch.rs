//! The switch to the new credential, and the return to the old one. One write commits; the steps after it can be repeated
//! later if they fail.

use aemkeys_core::credential::NextStep;
use aemkeys_core::guidance;
use uuid::Uuid;

use super::transition::Transition;
use super::verify::{self, Verified};
use super::{Rotated, RotationState, Step, StepState, Watch, record, rotation_lock, tell, watched};
use crate::app::guard::{Act, Confirmed};
use crate::app::{AppContext, exchange, ownership};
use crate::storage::{Phase, Rotation, TokenItem, TokenOrigin};
use aemkeys_core::credential::{Code, Problem};
use aemkeys_core::ims::Exchanged;

/// Clears the candidate flag.
pub(super) async fn commit(
    context: &AppContext,
    state: RotationState,
    revision: u32,
    verified: Verified,
    watch: Watch<'_>,
) -> Result<Rotated, Problem> {
    let id = state.id;
    let _add = context.lock("add".to_owned()).await?;
    let _lock = context.lock(id.to_string()).await?;
    state.environment_now(context).await?;
    watched(watch, Step::Switch, set_aside(context, id, revision, false)).await?;
    let mut rotated = Rotated {
        full_name: state.name.clone(),
        revision,
        old: state.facts_before(revision),
        new: state.facts_of(revision)?,
        compared: verified.compared,
        notes: verified.notes,
        warning: None,
        used_by: Vec::new(),
    };
    update_after_switch(
        context,
        id,
        verified.exchanged,
        Phase::Switched,
        &mut rotated,
        watch,
    )
    .await;
    Ok(rotated)
}

/// Finishes a rotation that was interrupted after the switch: only the token and the list are missing.
pub(super) async fn finish(
    context: &AppContext,
    state: RotationState,
    watch: Watch<'_>,
) -> Result<Rotated, Problem> {
    let id = state.id;
    let _add = context.lock("add".to_owned()).await?;
    let _lock = context.lock(id.to_string()).await?;
    let active = state.active().ok_or_else(|| state.nothing_begun())?;
    let revision = active.revision;
    tell(watch, Step::Switch, StepState::Skipped, "already done");
    let exchanged = verify::exchange(context, &state, active).await?;
    let mut rotated = Rotated {
        full_name: state.name.clone(),
        revision,
        old: state.facts_before(revision),
        new: active.credential.facts(),
        compared: Vec::new(),
        notes: vec!["the switch was already done; the remaining steps are now done as well".into()],
        warning: None,
        used_by: Vec::new(),
    };
    let reached = if state.went_back() {
        Phase::WentBack
    } else {
        Phase::Switched
    };
    update_after_switch(context, id, exchanged, reached, &mut rotated, watch).await;
    Ok(rotated)
}

/// Makes the previous credential active again and keeps the current one as a candidate. Never goes back to a leaked one.
pub async fn go_back(
    context: &AppContext,
    id: Uuid,
    confirmed: &Confirmed,
    watch: Watch<'_>,
) -> Result<Rotated, Problem> {
    let _turn = rotation_lock(context, id).await?;
    let state = RotationState::read(context, id).await?;
    confirmed.check(&state.environment, Act::GoBack)?;
    state.can_rotate()?;
    if state.next(state.go_back())? == Transition::Finish {
        return finish(context, state, watch).await;
    }
    let (Some(active), Some(before)) = (state.active(), state.before()) else {
        return Err(state.nothing_begun());
    };
    let (from, to) = (active.revision, before.revision);
    // The old credential must work now: otherwise going back would cause an outage.
    let exchanged = watched(watch, Step::Exchange, async {
        let exchanged =
            verify::exchange(context, &state, before)
                .await
                .map_err(|mut problem| {
                    problem.message = format!(
                        "{}; {} keeps its current credential",
                        problem.message, state.name
                    );
                    problem
                })?;
        Ok((exchanged, "the old credential works".to_owned()))
    })
    .await?;
    let _add = context.lock("add".to_owned()).await?;
    let _lock = context.lock(id.to_string()).await?;
    state.environment_now(context).await?;
    let rotation = Rotation {
        revision: from,
        began_at: context.clock.now(),
        reached: Phase::WentBack,
        problem: None,
    };
    record(context, id, rotation).await?;
    watched(watch, Step::Switch, set_aside(context, id, from, true)).await?;
    let mut rotated = Rotated {
        full_name: state.name.clone(),
        revision: to,
        old: Some(active.credential.facts()),
        new: before.credential.facts(),
        compared: Vec::new(),
        notes: Vec::new(),
        warning: None,
        used_by: Vec::new(),
    };
    update_after_switch(context, id, exchanged, Phase::WentBack, &mut rotated, watch).await;
    Ok(rotated)
}

/// Performs the write that commits a rotation or going back.
async fn set_aside(
    context: &AppContext,
    id: Uuid,
    revision: u32,
    aside: bool,
) -> Result<((), String), Problem> {
    let written = context
        .storage(move |storage| {
            let Some(mut item) = storage.credential(id, revision)? else {
                return Ok(false);
            };
            item.candidate = aside;
            match storage.put_credential(id, &item) {
                Ok(()) => Ok(true),
                // The response was lost, but the write may have worked: read again.
                Err(error) => match storage.credential(id, revision) {
                    Ok(Some(found)) if found.candidate == aside => Ok(true),
                    _ => Err(error),
                },
            }
        })
        .await?;
    if written {
        Ok(((), String::new()))
    } else {
        Err(Problem::new(
            Code::SecretMissing,
            "the credential to switch to is missing from the storage",
        ))
    }
}

/// Updates environment, token and list after the switch. A failure undoes nothing: it is reported, and the next run continues.
async fn update_after_switch(
    context: &AppContext,
    id: Uuid,
    exchanged: Exchanged,
    reached: Phase,
    rotated: &mut Rotated,
    watch: Watch<'_>,
) {
    let result = watched(watch, Step::Token, async {
        let state = RotationState::read_locked(context, id).await?;
        keep_token(context, &state, rotated.revision, exchanged).await?;
        if reached == Phase::Switched {
            let rotation = Rotation {
                revision: rotated.revision,
                began_at: state.began_at().unwrap_or_else(|| context.clock.now()),
                reached,
                problem: None,
            };
            record(context, id, rotation).await?;
        }
        let state = RotationState::read_locked(context, id).await?;
        Ok((state.without_new(), String::new()))
    })
    .await;
    match result {
        Ok(used_by) => rotated.used_by = used_by,
        Err(problem) => {
            rotated.warning = Some(guidance![
                format!("switched, but the steps after it failed ({problem}); to continue, "),
                NextStep::ContinueRotation.of(&rotated.full_name)
            ]);
        }
    }
}

/// Stores the new token. A token of a leaked credential is kept until it is invalidated at IMS.
async fn keep_token(
    context: &AppContext,
    state: &RotationState,
    revision: u32,
    exchanged: Exchanged,
) -> Result<(), Problem> {
    let Some(identity) = state.identity() else {
        return Ok(());
    };
    let id = state.id;
    let held = state.held.iter().filter(|item| item.leaked);
    let leaked: Vec<u32> = held.map(|item| item.revision).collect();
    let obtained_at = context.clock.now();
    let facts = exchanged.token.facts(obtained_at);
    let origin = TokenOrigin::Exchanged { revision };
    let (token, environment) = (exchanged.token, &state.environment);
    let item = ownership::token_item(context, token, obtained_at, origin, environment, identity)?;
    context
        .storage(move |storage| match storage.usable_token(id)? {
            Some(old) if is_of(&old, &leaked) => storage.put_replaced_token(id, &old),
            _ => Ok(()),
        })
        .await?;
    exchange::save(context, id, item, facts).await
}

/// Returns whether the token was exchanged with one of these revisions.
pub(in crate::app) fn is_of(token: &TokenItem, revisions: &[u32]) -> bool {
    matches!(token.origin, TokenOrigin::Exchanged { revision } if revisions.contains(&revision))
}
