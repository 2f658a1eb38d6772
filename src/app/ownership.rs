//! Refuses tokens and credentials that name another environment than the one they would be used for.

use super::AppContext;
use crate::storage::{Index, TokenItem, TokenOrigin};
use aemkeys_core::credential::NextStep;
use aemkeys_core::credential::{AccessToken, Code, CredentialFacts, Problem};
use aemkeys_core::environment::{CloudIds, Environment, Identity, OtherEnvironment};
use aemkeys_core::guidance;
use jiff::Timestamp;
use uuid::Uuid;

/// Refuses a token that names another environment. Called before it is sent or stored.
pub(super) fn check_token(
    index: &Index,
    environment: &Environment,
    token: &AccessToken,
) -> Result<(), Problem> {
    let client_id = token.claims.client_id.as_deref().unwrap_or_default();
    environment
        .check_client_id(client_id)
        .map_err(|other| token_of_another(index, environment, other))
}

/// Pairs a token with the environment's hosts. Refuses a token that names another environment.
pub(super) fn token_item(
    context: &AppContext,
    token: AccessToken,
    obtained_at: Timestamp,
    origin: TokenOrigin,
    environment: &Environment,
    identity: &Identity,
) -> Result<TokenItem, Problem> {
    TokenItem::new(token, obtained_at, origin, environment, identity).map_err(|other| {
        let index = context.read_index().unwrap_or_default();
        token_of_another(&index, environment, other)
    })
}

fn token_of_another(
    index: &Index,
    environment: &Environment,
    OtherEnvironment { named }: OtherEnvironment,
) -> Problem {
    let problem = Problem::new(
        Code::WrongEnvironment,
        format!(
            "this token belongs to {}; nothing was sent",
            of(index, named)
        ),
    )
    .cause(format!(
        "its client id names {named}, and {} is {}",
        environment.name,
        own(environment)
    ));
    match stored(index, named) {
        Some(name) => problem.next_step(guidance![
            "to paste it there, ",
            NextStep::PasteToken.of(name)
        ]),
        None => problem.next_step(guidance![
            "to add it as an environment of its own, ",
            NextStep::AddWithIds.of(named)
        ]),
    }
}

/// Refuses a stored token whose environment in the list differs from that in the storage: another program changed the
/// list, and the token would be used under a wrong name.
pub fn check_listed(index: &Index, identity: Uuid, item: &TokenItem) -> Result<(), Problem> {
    let Some((environment, _)) = index.identity(identity) else {
        return Ok(());
    };
    if environment.id == item.context().environment_id {
        return Ok(());
    }
    Err(Problem::new(
        Code::ItemDamaged,
        format!(
            "the list names {}, but the stored token belongs to {}; nothing was sent",
            environment.name,
            item.context().environment_name
        ),
    )
    .cause("another program has changed index.json")
    .next_step(guidance!["to rebuild the list, ", NextStep::Doctor]))
}

/// Refuses a credential that names another environment.
pub(super) fn check_credential(
    index: &Index,
    environment: &Environment,
    facts: &CredentialFacts,
) -> Result<(), Problem> {
    let Err(OtherEnvironment { named }) = environment.check_client_id(&facts.client_id) else {
        return Ok(());
    };
    let problem = Problem::new(
        Code::WrongEnvironment,
        format!(
            "this credential belongs to {}; nothing was changed",
            of(index, named)
        ),
    )
    .cause(format!(
        "its client id names {named}, and {} is {}",
        environment.name,
        own(environment)
    ));
    Err(match stored(index, named) {
        Some(name) => problem.next_step(guidance![
            "to use it there, ",
            NextStep::Rotate.of(name),
            "; to add it separately, ",
            NextStep::Add
        ]),
        None => problem.next_step(guidance![
            format!("choose the file of {}; to add this one, ", own(environment)),
            NextStep::Add
        ]),
    })
}

fn of(index: &Index, named: CloudIds) -> String {
    match stored(index, named) {
        Some(name) => format!("{named}, stored as `{name}`"),
        None => named.to_string(),
    }
}

fn stored(index: &Index, named: CloudIds) -> Option<&str> {
    let known = index.environments.iter().find(|it| it.ids == Some(named));
    known.map(|entry| entry.name.as_str())
}

fn own(environment: &Environment) -> String {
    environment.ids.map_or_else(
        || "another one by its hosts".to_owned(),
        |ids| ids.to_string(),
    )
}
