//! Gets a fresh token: lock, read again, exchange, store. Concurrent processes share one exchange.

use aemkeys_core::credential::NextStep;
use aemkeys_core::guidance;
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::{AppContext, guard, ownership, resolve};
use crate::storage::{CredentialItem, Index, TokenContext, TokenItem, TokenOrigin};
use aemkeys_core::credential::{Code, Fingerprint, Guidance, Kind, Problem, Secret, TokenFacts};
use aemkeys_core::environment::{Environment, Identity};
use aemkeys_core::time;

/// Minimum remaining validity of a token that is copied or used in a test call.
pub const COMFORTABLE: SignedDuration = SignedDuration::from_mins(10);

/// The lifetime of an access token at IMS.
const LIFETIME: SignedDuration = SignedDuration::from_hours(24);

/// Refuses a minimum validity that no token has.
pub fn check_min_valid(min_valid: SignedDuration) -> Result<(), Problem> {
    if min_valid < LIFETIME {
        return Ok(());
    }
    Err(Problem::new(Code::Usage, "no token is valid for that long")
        .cause("an access token is valid for 24 hours after its exchange")
        .next_step("ask for less, for example `--min-valid 23h`"))
}

/// A token with its facts; the token itself is a `Secret`.
#[derive(Debug)]
pub struct Fresh {
    pub secret: Secret,
    pub facts: TokenFacts,
    pub context: TokenContext,
    /// Whether it was exchanged now, not read from the cache.
    pub exchanged: bool,
    /// Notes such as clock skew or a short remaining validity.
    pub warnings: Vec<Guidance>,
    /// Why the new token could not be stored, and so is lost when this process exits.
    pub not_saved: Option<Problem>,
}

impl Fresh {
    pub fn cached(item: &TokenItem) -> Self {
        Self {
            facts: item.token.facts(item.obtained_at),
            secret: item.token.secret.duplicate(),
            context: item.context().clone(),
            exchanged: false,
            warnings: Vec::new(),
            not_saved: None,
        }
    }

    /// Returns the warnings, and why the token could not be stored.
    pub fn notes(&self) -> Vec<Guidance> {
        let not_saved = self
            .not_saved
            .iter()
            .map(|problem| Guidance::from(problem.to_string()));
        self.warnings.iter().cloned().chain(not_saved).collect()
    }
}

/// Returns the cached token if more than `min_valid` is left, else exchanges and stores a new one.
///
/// A program can't get a new local development token. If less than `min_valid` is left, it is returned with a warning
/// while it is valid, unless `strict`.
pub async fn ensure(
    context: &AppContext,
    identity: Uuid,
    min_valid: SignedDuration,
    strict: bool,
) -> Result<Fresh, Problem> {
    let cached = context.token(identity).await?;
    if let Some(fresh) = usable(cached.as_ref(), context.clock.now(), min_valid, strict)? {
        return Ok(fresh);
    }
    let fresh = exchange_locked(context, identity, |item, now| {
        lasts(item.token.expires_at, now, min_valid)
    })
    .await?;
    let now = context.clock.now();
    if strict && !lasts(fresh.facts.expires_at, now, min_valid) {
        let name = &fresh.context.environment_name;
        let end = fresh.facts.expires_at.unwrap_or(now);
        let (left, asked) = (time::expiry(end, now), time::duration(min_valid));
        return Err(
            Problem::new(Code::TokenTooShort, format!("a new token of {name} {left}"))
                .cause(format!(
                    "at least {asked} were requested, and IMS issues no longer one"
                ))
                .next_step("ask for less with `--min-valid`"),
        );
    }
    Ok(fresh)
}

/// Exchanges and stores a new token, or returns one that another process got after this call began.
pub async fn refresh(context: &AppContext, identity: Uuid) -> Result<Fresh, Problem> {
    let began = context.clock.now();
    exchange_locked(context, identity, |item, _| item.obtained_at > began).await
}

/// Exchanges and stores a new token in place of one that a server refused, or returns the cached one if it is another.
pub async fn replace(
    context: &AppContext,
    identity: Uuid,
    refused: &Fingerprint,
) -> Result<Fresh, Problem> {
    exchange_locked(context, identity, |item, now| {
        item.token.secret.fingerprint() != *refused
            && lasts(item.token.expires_at, now, SignedDuration::ZERO)
    })
    .await
}

/// Returns the cached token if it is usable, `None` if an exchange is needed, or an error if a person must act.
/// Pure; the synchronous path of `aemkeys token` uses it too.
pub fn usable(
    cached: Option<&TokenItem>,
    now: Timestamp,
    min_valid: SignedDuration,
    strict: bool,
) -> Result<Option<Fresh>, Problem> {
    let Some(item) = cached else { return Ok(None) };
    if lasts(item.token.expires_at, now, min_valid) {
        return Ok(Some(Fresh::cached(item)));
    }
    if item.context().kind != Kind::DevelopmentToken {
        return Ok(None);
    }
    let name = item.context().environment_name.clone();
    if !lasts(item.token.expires_at, now, SignedDuration::ZERO) {
        return Err(Problem::new(
            Code::TokenExpired,
            format!("the local development token of {name} has expired"),
        )
        .cause("it is valid for at most a day, and only a person can get a new one")
        .next_step(guidance![
            "get a new one in the AEM Developer Console (Integrations, Local token), then ",
            NextStep::PasteToken.of(&name)
        ]));
    }
    let short = format!(
        "the local development token of {name} {}",
        time::expiry(item.token.expires_at.unwrap_or(now), now)
    );
    if strict {
        return Err(Problem::new(Code::TokenTooShort, short)
            .cause(format!(
                "at least {} were requested, and only a person can get a new one",
                time::duration(min_valid)
            ))
            .next_step(guidance![
                "get a new one, then ",
                NextStep::PasteToken.of(&name)
            ]));
    }
    let mut fresh = Fresh::cached(item);
    fresh.warnings.push(short.into());
    Ok(Some(fresh))
}

fn lasts(expires_at: Option<Timestamp>, now: Timestamp, min_valid: SignedDuration) -> bool {
    // A token with unknown expiry is used until AEM rejects it.
    expires_at.is_none_or(|end| end.duration_since(now) > min_valid)
}

async fn exchange_locked(
    context: &AppContext,
    identity: Uuid,
    good_enough: impl Fn(&TokenItem, Timestamp) -> bool,
) -> Result<Fresh, Problem> {
    let _lock = context.lock(identity.to_string()).await?;
    // The previous holder of the lock may have stored a new token.
    let index = context.read_index()?;
    let cached = context.token_listed_in(&index, identity).await?;
    if let Some(item) = cached
        && good_enough(&item, context.clock.now())
    {
        return Ok(Fresh::cached(&item));
    }
    let (environment, identity, credential) = material(context, &index, identity).await?;
    let exchanged = aemkeys_core::ims::exchange(
        &context.http,
        &credential.credential,
        &environment.approvals,
        context.clock.now(),
    )
    .await
    .map_err(|error| {
        let mut problem = error.problem();
        if let Some(step) = &mut problem.next_step {
            step.set_subject(&resolve::name_of(&index, identity.id));
        }
        problem
    })?;
    let mut warnings = Vec::new();
    if credential.leaked {
        // A leaked credential works until it is rotated, to avoid an outage.
        let name = resolve::name_of(&index, identity.id);
        warnings.push(guidance![
            "the credential is marked as leaked; to see what to do, ",
            NextStep::Leaked.of(&name)
        ]);
    }
    if let Some(skew) = exchanged.clock_skew {
        warnings.push(describe_skew(skew).into());
    }
    let obtained_at = context.clock.now();
    let facts = exchanged.token.facts(obtained_at);
    let secret = exchanged.token.secret.duplicate();
    let origin = TokenOrigin::Exchanged {
        revision: credential.revision,
    };
    let item = ownership::token_item(
        context,
        exchanged.token,
        obtained_at,
        origin,
        &environment,
        &identity,
    )?;
    let token_context = item.context().clone();
    tracing::info!(name = %environment.name, label = %identity.label, token = %facts.fingerprint, "exchanged");
    // A token that can't be stored is still returned, with the reason.
    let saved = save(context, identity.id, item, facts.clone()).await;
    let not_saved = saved.err().map(|mut problem| {
        tracing::warn!(code = %problem.code, "could not store the token");
        problem.message = format!("could not store the token: {}", problem.message);
        problem
    });
    Ok(Fresh {
        secret,
        facts,
        context: token_context,
        exchanged: true,
        warnings,
        not_saved,
    })
}

/// Stores a token and copies its facts into the index; returns when both are written.
pub async fn save(
    context: &AppContext,
    identity: Uuid,
    item: TokenItem,
    facts: TokenFacts,
) -> Result<(), Problem> {
    context
        .storage(move |storage| storage.put_token(identity, &item))
        .await?;
    context
        .update_index(move |index| {
            if let Some(entry) = index.identity_mut(identity) {
                entry.token = Some(facts);
            }
        })
        .await
}

/// Reads the inputs of an exchange from the storage, because other programs can change the index.
async fn material(
    context: &AppContext,
    index: &Index,
    id: Uuid,
) -> Result<(Environment, Identity, CredentialItem), Problem> {
    let name = resolve::name_of(index, id);
    if index.identity(id).is_none() {
        return Err(resolve::no_longer_stored());
    }
    let environment = guard::environment_listed_in(context, index, id).await?;
    let latest = environment
        .as_ref()
        .and_then(|e| e.identity(id))
        .map_or(0, |i| i.latest_revision);
    let credential = context
        .storage(move |storage| storage.active_credential(id, latest))
        .await?;
    let missing = || {
        Problem::new(
            Code::SecretMissing,
            format!("the storage has no credential for {name}"),
        )
        .cause("its secret was removed from the storage, or is in another storage")
        .next_step(guidance![
            "to add the file again, ",
            NextStep::Add,
            "; to remove the identity, ",
            NextStep::Remove
        ])
    };
    let environment = environment.ok_or_else(missing)?;
    let identity = environment
        .identities
        .iter()
        .find(|identity| identity.id == id)
        .cloned()
        .ok_or_else(missing)?;
    match identity.kind {
        Kind::DevelopmentToken => Err(Problem::new(
            Code::NoToken,
            format!("{name} has no credential to exchange"),
        )
        .cause("it uses a local development token, which only a person can get in the AEM Developer Console")
        .next_step(guidance!["to store one, ", NextStep::PasteToken.of(&name)])),
        Kind::Local => Err(no_token_needed(&name)),
        Kind::ServiceCredentials | Kind::OauthServerToServer => {
            let credential = credential.ok_or_else(missing)?;
            ownership::check_credential(index, &environment, &credential.credential.facts())?;
            Ok((environment, identity, credential))
        }
    }
}

/// The error for a local SDK.
pub fn no_token_needed(name: &str) -> Problem {
    Problem::new(
        Code::NoTokenNeeded,
        format!("{name} is a local SDK: it needs no token"),
    )
    .next_step(guidance![
        "to test it without a token, ",
        NextStep::Test.of(name),
        "; for a request, ",
        NextStep::CallPath.of(name)
    ])
}

pub(super) fn describe_skew(seconds: i64) -> String {
    let (amount, direction) = (
        time::duration(SignedDuration::from_secs(seconds)),
        if seconds > 0 { "behind" } else { "ahead of" },
    );
    format!(
        "this computer's clock is {amount} {direction} Adobe's, and IMS tolerates 30 s; set the clock"
    )
}
