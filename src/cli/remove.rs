//! `aemkeys remove`: removes an identity or an environment from this machine.

use super::block_on::block_on;
use super::document;
use super::globals::Globals;
use super::options::{ConfirmOrYes, environment_of};
use super::output;
use crate::app::guard::{Act, Subject};
use crate::app::{remove, resolve};
use aemkeys_core::credential::text::counted;
use aemkeys_core::credential::{Kind, Problem};
use clap::Args;
use schemars::JsonSchema;
use serde::Serialize;

/// Remove an identity or an environment from this machine
#[derive(Debug, Args)]
#[command(
    visible_alias = "rm",
    after_help = "Examples:
  aemkeys remove wknd-stage/read --yes
  aemkeys remove wknd-prod --confirm wknd-prod"
)]
pub struct RemoveArgs {
    /// ENV (with all its identities) or ENV/LABEL
    name: String,
    #[command(flatten)]
    confirm: ConfirmOrYes,
}

/// What was removed.
#[derive(Serialize, JsonSchema)]
pub struct RemoveDocument {
    /// The name of the environment or identity.
    removed: String,
}

/// What removing an identity here does not end.
const STILL_WORKS: [(Kind, &str); 3] = [
    (
        Kind::ServiceCredentials,
        "The key still works at Adobe until you revoke it in the AEM Developer Console.",
    ),
    (
        Kind::OauthServerToServer,
        "The client secret still works at Adobe until you delete it in the Adobe Developer Console.",
    ),
    (
        Kind::DevelopmentToken,
        "The token still works until it expires, at most 24 h after it was issued.",
    ),
];

pub fn run(globals: &Globals, args: RemoveArgs) -> Result<u8, Problem> {
    let context = globals.open()?;
    let index = context.read_index()?;
    let environment = resolve::environment(&index, environment_of(&args.name))?;
    let identity = if args.name.contains('/') {
        Some(resolve::identity(&index, &args.name)?)
    } else {
        None
    };
    let what = match identity {
        Some(id) => resolve::name_of(&index, id),
        None => environment.name.to_string(),
    };
    let count = environment.identities.len();
    let kinds: Vec<Kind> = environment
        .identities
        .iter()
        .filter(|it| identity.is_none_or(|id| id == it.id))
        .map(|it| it.kind)
        .collect();
    let question = if identity.is_none() && count > 1 {
        let identities = counted(count, "identity");
        format!("Remove {what} with its {identities} from this machine?")
    } else {
        format!("Remove {what} from this machine?")
    };
    let environment = environment.id;
    let subject = identity.map_or(Subject::Environment(environment), Subject::Identity);
    let confirmed = args
        .confirm
        .ask(&context, subject, Act::Remove, &question)?;
    block_on(async {
        match identity {
            Some(id) => remove::identity(&context, id, &confirmed, false).await,
            None => remove::environment(&context, environment, &confirmed, false).await,
        }
    })?;
    for (kind, note) in STILL_WORKS {
        if kinds.contains(&kind) {
            output::note(note);
        }
    }
    document::done(&format!("removed {what}"), RemoveDocument { removed: what })
}
