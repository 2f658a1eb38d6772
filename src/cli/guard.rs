//! How a guarded act is confirmed at the shell: by the name typed on the terminal, or by `--confirm NAME` without one.

use super::ask;
use super::context::block_on_unlogged;
use crate::app::World;
use crate::app::guard::{self, Act, Confirmed, Consent, Subject};
use crate::credential::{Code, Problem, shell};

/// `names`: what `--confirm` gave. `yes`: `--yes`, which is enough where the environment is not guarded.
pub fn confirm(
    world: &World,
    subject: Subject,
    act: Act,
    question: &str,
    names: &[String],
    yes: bool,
) -> Result<Confirmed, Problem> {
    let guard = block_on_unlogged(guard::ask(world, subject, act))?;
    let name = guard.name().to_owned();
    let flag = format!(
        "confirm with `--confirm {quoted}`",
        quoted = shell::quoted(&name)
    );
    let of_several = matches!(act, Act::Export | Act::Import);
    if !names.is_empty() && (guard.is_guarded() || !of_several) {
        let is_right = |typed: &&String| guard.is_called(typed);
        let typed = names.iter().find(is_right).or(names.first());
        let consent = Consent::of(typed.cloned());
        return guard
            .confirm(&consent)
            .map_err(|problem| problem.next_step(flag));
    }
    if guard.is_guarded() {
        if !ask::is_interactive() {
            return guard
                .confirm(&Consent::Yes)
                .map_err(|problem| problem.next_step(flag));
        }
        let short = guard.environment_type().short();
        let typed = ask::line(&format!("{question} ({short})\nType {name} to confirm: "))?;
        return guard.confirm(&Consent::Named(typed));
    }
    if act.always_asks() && !yes {
        if !ask::is_interactive() {
            return Err(
                Problem::new(Code::Guarded, "this must be confirmed; nothing was done")
                    .next_step("confirm with `--yes`"),
            );
        }
        if !ask::yes(question)? {
            return Err(Problem::new(
                Code::Guarded,
                "not confirmed; nothing was done",
            ));
        }
    }
    guard.confirm(&Consent::Yes)
}
