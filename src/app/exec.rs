//! The token and the hosts of an identity, as environment variables for a program.

use aemkeys_core::credential::Guidance;
use jiff::SignedDuration;
use uuid::Uuid;

use super::guard::{self, Act, Confirmed};
use super::resolve::no_longer_stored;
use super::token_format::environment_variables;
use super::{AppContext, exchange};
use aemkeys_core::credential::{Kind, Problem, Secret};

pub struct Given {
    pub variables: Vec<(&'static str, String)>,
    /// `None` for a local SDK.
    pub token: Option<Secret>,
    pub warnings: Vec<Guidance>,
}

/// Reads everything from the storage, and exchanges first if needed.
pub async fn prepare(
    context: &AppContext,
    identity: Uuid,
    min_valid: SignedDuration,
    strict: bool,
    confirmed: &Confirmed,
) -> Result<Given, Problem> {
    let environment = guard::environment_of(context, identity)
        .await?
        .ok_or_else(no_longer_stored)?;
    confirmed.check(&environment, Act::Exec)?;
    let kind = environment.identity(identity).map(|it| it.kind);
    if kind == Some(Kind::Local) {
        return Ok(Given {
            variables: environment_variables(&environment.hosts),
            token: None,
            warnings: Vec::new(),
        });
    }
    let fresh = exchange::ensure(context, identity, min_valid, strict).await?;
    Ok(Given {
        variables: environment_variables(fresh.context.destinations.hosts()),
        warnings: fresh.notes(),
        token: Some(fresh.secret),
    })
}
