//! Confirmation of guarded acts: the name typed on the terminal, or `--confirm NAME`.

use super::ask;
use super::block_on::block_on_unlogged;
use crate::app::AppContext;
use crate::app::guard::{self, Act, Confirmed, Consent, Subject};
use aemkeys_core::credential::Problem;
use aemkeys_core::credential::shell;

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
    let of_several = matches!(act, Act::Export | Act::Import);
    if !names.is_empty() && (request.is_guarded() || !of_several) {
        let is_right = |typed: &&String| request.matches_name(typed);
        let typed = names.iter().find(is_right).or(names.first());
        let consent = Consent::of(typed.cloned());
        return request
            .confirm(&consent)
            .map_err(|problem| problem.next_step(flag));
    }
    if request.is_guarded() {
        if !ask::is_interactive() {
            return request
                .confirm(&Consent::Yes)
                .map_err(|problem| problem.next_step(flag));
        }
        let short = request.environment_type().short();
        let typed = ask::line(&format!("{question} ({short})\nType {name} to confirm: "))?;
        return request.confirm(&Consent::Named(typed));
    }
    if act.always_asks() && !yes {
        if !ask::is_interactive() {
            return Err(guard::not_confirmed("there is no terminal to ask")
                .next_step("confirm with `--yes`"));
        }
        if !ask::yes(question)? {
            return Err(guard::not_confirmed("the answer was no"));
        }
    }
    request.confirm(&Consent::Yes)
}
