//! Confirmation of guarded acts: the name typed on the terminal, or `--confirm NAME`; and of where a pasted token belongs.

use super::ask;
use super::block_on::block_on_unlogged;
use crate::app::AppContext;
use crate::app::guard::{self, Act, Confirmed, Consent, Subject};
use crate::app::token;
use aemkeys_core::credential::shell;
use aemkeys_core::credential::{AccessToken, Problem};
use uuid::Uuid;

/// Confirms an act. `names`: values of `--confirm`. `yes`: `--yes`, which is enough if the environment is not guarded.
pub fn confirm(
    context: &AppContext,
    subject: Subject,
    act: Act,
    question: &str,
    names: &[String],
    yes: bool,
) -> Result<Confirmed, Problem> {
    let request = block_on_unlogged(guard::confirmation_request(context, subject, act))?;
    let name = request.name().to_owned();
    let flag = format!(
        "confirm with `--confirm {quoted}`",
        quoted = shell::quoted(&name)
    );
    let of_several = matches!(act, Act::Exec | Act::Export | Act::Import);
    if !names.is_empty() && (request.is_guarded() || !of_several) {
        let is_right = |typed: &&String| request.matches_name(typed);
        let typed = names.iter().find(is_right).or(names.first());
        let consent = Consent::of(typed.cloned());
        return request
            .confirm(&consent)
            .map_err(|problem| problem.next_step(flag));
    }
    if request.is_guarded() {
        if ask::unavailable().is_some() {
            return request
                .confirm(&Consent::Yes)
                .map_err(|problem| problem.next_step(flag));
        }
        let short = request.environment_type().short();
        let typed = ask::line(&format!("{question} ({short})\nType {name} to confirm: "))?;
        return request.confirm(&Consent::Named(typed));
    }
    if act.always_asks() && !yes {
        if let Some(why) = ask::unavailable() {
            return Err(act
                .not_confirmed(why.to_string())
                .next_step("confirm with `--yes`"));
        }
        if !ask::yes(question)? {
            return Err(act.not_confirmed("the answer was no"));
        }
    }
    request.confirm(&Consent::Yes)
}

/// Asks whether a pasted token belongs to an environment that is, or may be, production.
pub fn confirm_owner(
    context: &AppContext,
    environment: Uuid,
    pasted: &AccessToken,
    yes: bool,
) -> Result<(), Problem> {
    let question = token::owner_question(context, environment, pasted);
    let Some(why) = block_on_unlogged(question)?.filter(|_| !yes) else {
        return Ok(());
    };
    if ask::unavailable().is_some() {
        return Err(Act::Edit
            .not_confirmed(why)
            .next_step("if the token belongs there, pass `--yes`"));
    }
    if ask::yes(&format!("{why}.\nStore it there?"))? {
        return Ok(());
    }
    Err(Act::Edit.not_confirmed("the answer was no"))
}
