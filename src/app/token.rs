//! Stores a local development token after checking that it is valid and accepted by author.

use aemkeys_core::credential::NextStep;
use aemkeys_core::guidance;
use uuid::Uuid;

use super::{AppContext, add, exchange, guard, ownership, resolve, test_call};
use crate::storage::TokenOrigin;
use aemkeys_core::aem::Verdict;
use aemkeys_core::credential::{AccessToken, Code, Guidance, Kind, Problem, TokenFacts};
use aemkeys_core::environment::{Environment, Tier};

/// The result of storing a pasted token.
#[derive(Clone, Debug)]
pub struct Pasted {
    pub identity: Uuid,
    pub full_name: String,
    pub facts: TokenFacts,
    /// The answer of author; `None` if it was not asked or could not verify the token.
    pub verified: Option<String>,
    pub warnings: Vec<Guidance>,
}

/// The identity that gets a pasted token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenHolder {
    /// The environment's first identity for local development tokens, or a new one if there is none.
    Default,
    Identity(Uuid),
    New,
}

impl From<Option<Uuid>> for TokenHolder {
    fn from(identity: Option<Uuid>) -> Self {
        identity.map_or(Self::Default, Self::Identity)
    }
}

/// Returns why the user must confirm that a token belongs to an environment; `None` if it need not be confirmed. Refuses a
/// token of another environment.
pub async fn owner_question(
    context: &AppContext,
    environment: Uuid,
    token: &AccessToken,
) -> Result<Option<String>, Problem> {
    let environment = context.environment(environment).await?;
    ownership::check_token(context.read_index()?.as_ref(), &environment, token)?;
    let user = token.claims.user_id.as_deref().unwrap_or("an unknown user");
    let why = guard::why_guarded(&environment);
    Ok(why.map(|why| format!("{why}, and the token is that of {user}")))
}

/// Stores a local development token.
///
/// If author's host is known, the token is tested there first. If author rejects it, it is probably for another
/// environment, and the stored one stays. If author does not answer (hibernated, no network), returns a warning.
pub async fn paste(
    context: &AppContext,
    environment_id: Uuid,
    holder: impl Into<TokenHolder>,
    token: AccessToken,
) -> Result<Pasted, Problem> {
    let (now, wanted) = (context.clock.now(), holder.into());
    if token.expires_at.is_some_and(|end| end <= now) {
        return Err(add::token_expired());
    }
    if !context.read_index()?.tombstones.is_empty() {
        // An identity may be stored that the index doesn't list yet.
        drop(context.lock_for_change().await?);
    }
    let environment = context.environment(environment_id).await?;
    let index = context.read_index()?;
    ownership::check_token(&index, &environment, &token)?;
    let mut warnings = Vec::new();
    let verified = test_on_author(context, &environment, &token, &mut warnings).await?;
    let facts = token.facts(now);
    let holder = environment
        .identities
        .iter()
        .filter(|known| known.kind == Kind::DevelopmentToken)
        .find(|known| match wanted {
            TokenHolder::Default => true,
            TokenHolder::Identity(id) => known.id == id,
            TokenHolder::New => false,
        });
    let identity = match holder {
        Some(holder) => {
            replace(context, environment_id, holder.id, token, facts.clone()).await?;
            holder.id
        }
        _ => add::store_development_token(context, environment_id, token)
            .await?
            .identity(),
    };
    Ok(Pasted {
        identity,
        full_name: resolve::name_of(context.read_index()?.as_ref(), identity),
        facts,
        verified,
        warnings,
    })
}

async fn replace(
    context: &AppContext,
    environment: Uuid,
    holder: Uuid,
    token: AccessToken,
    facts: TokenFacts,
) -> Result<(), Problem> {
    let _lock = context.lock(holder.to_string()).await?;
    // Read again, because an edit may have changed the hosts during the test.
    let environment = context
        .storage(move |storage| storage.environment(environment))
        .await?
        .ok_or_else(resolve::no_longer_stored)?;
    let identity = environment
        .identity(holder)
        .ok_or_else(resolve::no_longer_stored)?;
    let (at, origin) = (facts.obtained_at, TokenOrigin::Pasted);
    let item = ownership::token_item(context, token, at, origin, &environment, identity)?;
    exchange::save(context, holder, item, facts).await
}

async fn test_on_author(
    context: &AppContext,
    environment: &Environment,
    token: &AccessToken,
    warnings: &mut Vec<Guidance>,
) -> Result<Option<String>, Problem> {
    if environment.hosts.author.is_none() {
        warnings.push(guidance![
            format!(
                "{} has no hosts, so the token was not tested; to set them, ",
                environment.name
            ),
            NextStep::SetIds.of(&environment.name)
        ]);
        return Ok(None);
    }
    let results = test_call::ask(
        context,
        &environment.destinations(),
        Kind::DevelopmentToken,
        &test_call::TestRequest {
            tiers: vec![Tier::Author],
            path: None,
        },
        Some(&token.secret),
    )
    .await?;
    let Some(author) = results.first() else {
        return Ok(None);
    };
    match author.verdict {
        Verdict::SignedIn | Verdict::Answered | Verdict::NotPermitted => Ok(Some(format!(
            "author: {}{}",
            author.verdict.words(),
            author
                .user
                .as_ref()
                .map_or_else(String::new, |user| format!(" as {user}"))
        ))),
        Verdict::TokenRefused | Verdict::Anonymous | Verdict::LoginPage => Err(Problem::new(
            Code::TokenOfAnotherEnvironment,
            format!(
                "author of {} rejected this token, so it was not stored",
                environment.name
            ),
        )
        .cause(
            "a local development token is valid for one environment, and this one is probably for another",
        )
        .next_step(format!(
            "get it from the AEM Developer Console of {}",
            environment
                .ids
                .map_or_else(|| environment.name.to_string(), |ids| ids.to_string())
        ))),
        other => {
            warnings.push(Guidance::from(format!(
                "author could not verify the token ({}), but it was stored",
                other.words()
            )));
            Ok(None)
        }
    }
}
