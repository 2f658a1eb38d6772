//! The label of a new identity: the chosen one, or a free one that is suggested.

use super::{AddOptions, Preview};
use crate::app::names::free_label;
use aemkeys_core::credential::{Code, NextStep, Problem};
use aemkeys_core::environment::{Environment, Name};
use aemkeys_core::guidance;

/// Returns the label. `beside_others`: the environment is stored already, so the user must choose or accept a label.
pub(super) fn choose_label(
    environment: &Environment,
    preview: &Preview,
    choices: &AddOptions,
    beside_others: bool,
) -> Result<Name, Problem> {
    let suggested = free_label(environment, &preview.suggested_label);
    match &choices.label {
        Some(label) => {
            if environment
                .identities
                .iter()
                .any(|identity| identity.label.folded() == label.folded())
            {
                return Err(Problem::new(
                    Code::LabelTaken,
                    format!("{} already has an identity {label}", environment.name),
                )
                .next_step(format!("choose another label, for example {suggested}")));
            }
            Ok(label.clone())
        }
        None if beside_others && !choices.accept_suggestions => Err(Problem::new(
            Code::LabelNeeded,
            format!(
                "{} is already stored with another account",
                environment.name
            ),
        )
        .cause("each identity of an environment needs its own label")
        .next_step(guidance![
            "to set a label, ",
            NextStep::AddWithLabel.of(&suggested)
        ])),
        None => Name::parse(&suggested),
    }
}
