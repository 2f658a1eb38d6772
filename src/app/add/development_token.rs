//! Adds the identity for local development tokens to a stored environment.

use uuid::Uuid;

use super::Added;
use super::keep::keep;
use crate::app::names::{DEVELOPMENT_TOKEN_LABEL, free_label};
use crate::app::{AppContext, ownership};
use crate::storage::{Storage, TokenOrigin};
use aemkeys_core::credential::{AccessToken, Kind, Problem};
use aemkeys_core::environment::{Identity, Name};

/// Stores the first local development token of an environment, and creates the identity for it.
pub async fn store_development_token(
    context: &AppContext,
    environment_id: Uuid,
    token: AccessToken,
) -> Result<Added, Problem> {
    let _lock = context.lock_for_change().await?;
    let mut environment = context.environment(environment_id).await?;
    let label = Name::parse(&free_label(&environment, DEVELOPMENT_TOKEN_LABEL))?;
    let identity = Identity::new(label, Kind::DevelopmentToken);
    environment.add_identity(identity.clone());
    let now = context.clock.now();
    let facts = token.facts(now);
    let item = ownership::token_item(
        context,
        token,
        now,
        TokenOrigin::Pasted,
        &environment,
        &identity,
    )?;
    let id = identity.id;
    let put = move |storage: &Storage| storage.put_token(id, &item);
    keep(context, environment, id, put, move |entry| {
        entry.token = Some(facts);
    })
    .await
}
