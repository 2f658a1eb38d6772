//! Creates the demo data through the normal use cases.

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::activity::{ActivityEntry, Tone};
use super::add::{self, AddOptions, Added};
use super::{AppContext, edit, exchange, ownership};
use crate::storage::TokenOrigin;
use aemkeys_core::credential::{AccessToken, Problem, Secret, detect};
use aemkeys_core::environment::{CloudIds, EnvironmentType, Name, UsedBy};

/// One identity to bring in.
pub struct Seed {
    pub name: &'static str,
    pub label: Option<&'static str>,
    pub environment_type: EnvironmentType,
    pub customer: Option<&'static str>,
    pub ids: Option<&'static str>,
    /// `None`: a local SDK.
    pub file: Option<Vec<u8>>,
    /// A token to keep, and when it was got.
    pub token: Option<(Secret, Timestamp)>,
    pub used_by: &'static [&'static str],
}

/// Returns what a user of the demo's environments may have done before, newest first.
pub fn activity(now: Timestamp) -> Vec<ActivityEntry> {
    let minutes_ago = |minutes, tone, text: &str| ActivityEntry {
        at: now - SignedDuration::from_mins(minutes),
        tone,
        text: text.to_owned(),
    };
    let day = 24 * 60;
    vec![
        minutes_ago(48, Tone::Fine, "wknd-stage: new token"),
        minutes_ago(
            95,
            Tone::Warning,
            "wknd-stage: author signed in, publish anonymous",
        ),
        minutes_ago(
            19 * 60,
            Tone::Fine,
            "wknd-dev: token stored, author: signed in",
        ),
        minutes_ago(22 * 60, Tone::Note, "wknd-rde: curl command copied"),
        minutes_ago(
            3 * day,
            Tone::Bad,
            "brand-prod/read: the certificate has expired",
        ),
        minutes_ago(12 * day, Tone::Fine, "wknd-prod stored"),
    ]
}

pub async fn seed(context: &AppContext, seed: Seed) -> Result<(), Problem> {
    let choices = AddOptions {
        name: Some(Name::parse(seed.name)?),
        label: seed.label.map(Name::parse).transpose()?,
        environment_type: Some(seed.environment_type),
        customer: seed.customer.map(str::to_owned),
        ids: seed.ids.and_then(CloudIds::parse),
        ..AddOptions::default()
    };
    let added = match seed.file {
        Some(bytes) => add::store(context, detect(&bytes)?, choices).await?,
        None => add::store_local(context, choices).await?,
    };
    let Added::Stored {
        environment,
        identity,
        ..
    } = added
    else {
        return Ok(());
    };
    if let Some((token, obtained_at)) = seed.token {
        keep(context, environment, identity, token, obtained_at).await?;
    }
    if !seed.used_by.is_empty() {
        let used_by = seed.used_by.iter().map(|name| UsedBy::new(*name)).collect();
        let change = edit::EditIdentity {
            used_by: Some(used_by),
            ..edit::EditIdentity::default()
        };
        edit::identity(context, identity, change).await?;
    }
    Ok(())
}

async fn keep(
    context: &AppContext,
    environment_id: Uuid,
    identity_id: Uuid,
    token: Secret,
    obtained_at: Timestamp,
) -> Result<(), Problem> {
    let environment = context.environment(environment_id).await?;
    let Some(identity) = environment.identity(identity_id) else {
        return Ok(());
    };
    let token = AccessToken::from_response(token, None, obtained_at)?;
    let facts = token.facts(obtained_at);
    let origin = if identity.kind.can_exchange() {
        TokenOrigin::Exchanged {
            revision: identity.latest_revision,
        }
    } else {
        TokenOrigin::Pasted
    };
    let item = ownership::token_item(context, token, obtained_at, origin, &environment, identity)?;
    exchange::save(context, identity_id, item, facts).await
}
