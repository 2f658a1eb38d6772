//! How is a credential renewed without an outage? The new one is stored beside the old, proves itself, and only then counts.
//!
//! Candidate -> exchange with it -> test with both -> compare -> clear the mark. Any failure leaves the old one in place;
//! a crash leaves a candidate, which is never used until it is proven.

use jiff::SignedDuration;
use uuid::Uuid;

use super::test_call::{TestRequest, ask};
use super::{World, exchange, resolve};
use crate::aem::TierResult;
use crate::credential::service_credentials::Verdict;
use crate::credential::{Credential, CredentialFacts, Imported, Problem, Secret};
use crate::environment::{Environment, Identity};
use crate::vault::{CredentialItem, TokenItem, TokenOrigin};

/// A finished rotation.
#[derive(Clone, Debug)]
pub struct Rotated {
    pub full_name: String,
    pub old: Option<CredentialFacts>,
    pub new: CredentialFacts,
    /// What was compared and what could not be.
    pub notes: Vec<String>,
    /// Who must get the new credential before the old key may be revoked.
    pub used_by: Vec<String>,
}

pub async fn rotate(world: &World, id: Uuid, imported: Imported) -> Result<Rotated, Problem> {
    let credential = usable(imported, world)?;
    let _add = world.lock("add".to_owned()).await?;
    let _lock = world.lock(id.to_string()).await?;
    let index = world.read_index()?;
    let name = resolve::name_of(&index, id);
    let (environment_id, old) = index
        .identity(id)
        .map(|(environment, identity)| (environment.id, identity.credential.clone()))
        .ok_or_else(|| Problem::new("name-not-found", "this identity is no longer stored"))?;
    let mut environment = world
        .vault(move |vault| vault.environment(environment_id))
        .await?
        .ok_or_else(|| {
            Problem::new(
                "secret-missing",
                format!("the keyring no longer holds {name}"),
            )
        })?;
    let new = credential.facts();
    refuse_the_wrong_one(&name, &environment, id, old.as_ref(), &credential, &new)?;
    let revision = store_candidate(world, &mut environment, id, credential).await?;
    match prove(world, &environment, id, revision).await {
        Ok((token, notes)) => {
            commit(world, &mut environment, id, revision, token, &new).await?;
            let used_by = environment
                .identity(id)
                .map(|identity| {
                    identity
                        .used_by
                        .iter()
                        .map(|who| who.name.clone())
                        .collect()
                })
                .unwrap_or_default();
            Ok(Rotated {
                full_name: name,
                old,
                new,
                notes,
                used_by,
            })
        }
        Err(mut problem) => {
            drop_candidate(world, id, revision).await?;
            problem.message = format!("{}; {name} keeps its credential", problem.message);
            Err(problem)
        }
    }
}

fn usable(imported: Imported, world: &World) -> Result<Credential, Problem> {
    match imported {
        Imported::Service(service) => {
            let wrong = service
                .checks(world.clock.now())
                .into_iter()
                .find(|check| check.verdict == Verdict::Wrong);
            match wrong {
                Some(check) => Err(Problem::new("credential-inconsistent", check.text)
                    .next_step("download the file again in the AEM Developer Console")),
                None => Ok(Credential::Service(*service)),
            }
        }
        Imported::Oauth(oauth) => Ok(Credential::Oauth(*oauth)),
        Imported::DevelopmentToken(_) => Err(Problem::new(
            "token-not-credential",
            "this is a token, not a credential",
        )
        .next_step("bring a token in with `aemkeys paste NAME`")),
    }
}

fn refuse_the_wrong_one(
    name: &str,
    environment: &Environment,
    id: Uuid,
    old: Option<&CredentialFacts>,
    credential: &Credential,
    new: &CredentialFacts,
) -> Result<(), Problem> {
    let identity = environment.identity(id);
    if identity.is_none_or(|identity| !identity.kind.can_exchange()) {
        return Err(Problem::new(
            "usage",
            format!("{name} has no credential that could be renewed"),
        )
        .next_step("bring the file in with `aemkeys add FILE`"));
    }
    if old.is_some_and(|old| old.fingerprint == new.fingerprint && old.client_id == new.client_id) {
        return Err(Problem::new("same-credential", format!("{name} has this very credential already"))
            .next_step("download the new one: AEM Developer Console, Technical Accounts, Add certificate, View"));
    }
    if let (Credential::Service(service), Some(ids)) = (credential, environment.ids)
        && let Some(others) = service.cloud_ids()
        && others != ids
    {
        return Err(Problem::new(
            "wrong-environment",
            format!("this file is of {others}, and {name} is {ids}; nothing was changed"),
        )
        .next_step(format!(
            "choose the file of {ids}, or add this one with `aemkeys add`"
        )));
    }
    Ok(())
}

async fn store_candidate(
    world: &World,
    environment: &mut Environment,
    id: Uuid,
    credential: Credential,
) -> Result<u32, Problem> {
    let mut revision = 0;
    for identity in environment
        .identities
        .iter_mut()
        .filter(|identity| identity.id == id)
    {
        identity.latest_revision += 1;
        revision = identity.latest_revision;
    }
    let item = CredentialItem {
        revision,
        candidate: true,
        leaked: false,
        added_at: world.clock.now(),
        credential,
    };
    let stored = environment.clone();
    // The number first: a candidate nobody counts could never be cleaned up.
    world
        .vault(move |vault| {
            vault.put_environment(&stored)?;
            vault.put_credential(id, &item)
        })
        .await?;
    Ok(revision)
}

/// Exchanges with the candidate, and compares what both tokens can do.
async fn prove(
    world: &World,
    environment: &Environment,
    id: Uuid,
    revision: u32,
) -> Result<(crate::ims::Exchanged, Vec<String>), Problem> {
    let candidate = world
        .vault(move |vault| vault.credential(id, revision))
        .await?
        .ok_or_else(|| Problem::new("secret-missing", "the candidate is gone from the keyring"))?;
    let exchanged = crate::ims::exchange(
        &world.http,
        &candidate.credential,
        &environment.approved_hosts,
        world.clock.now(),
    )
    .await
    .map_err(|error| error.problem())?;
    let mut notes = Vec::new();
    if environment.hosts.is_empty() {
        notes.push("no hosts are known, so author and publish were not asked".to_owned());
        return Ok((exchanged, notes));
    }
    let kind = candidate.credential.kind();
    let with_new = sign_in(world, environment, kind, &exchanged.token.secret).await?;
    let Some(old_token) = old_token(world, environment, id).await? else {
        notes.push(
            "the old credential gets no token any more, so there was nothing to compare with"
                .to_owned(),
        );
        let signed_in = with_new.iter().any(|result| result.verdict.is_success());
        return if signed_in {
            Ok((exchanged, notes))
        } else {
            Err(not_proven(&with_new.iter().map(said).collect::<Vec<_>>()))
        };
    };
    let with_old = sign_in(world, environment, kind, &old_token).await?;
    let missing = missing_abilities(&with_old, &with_new);
    if missing.is_empty() {
        notes.push("author and publish take the new credential as they took the old one, with the same groups".to_owned());
        Ok((exchanged, notes))
    } else {
        Err(not_proven(&missing))
    }
}

async fn sign_in(
    world: &World,
    environment: &Environment,
    kind: crate::credential::Kind,
    token: &Secret,
) -> Result<Vec<TierResult>, Problem> {
    let request = TestRequest::default();
    let approved = &environment.approved_hosts;
    ask(
        world,
        &environment.hosts,
        approved,
        kind,
        &request,
        Some(token),
    )
    .await
}

/// The cached token of the old credential, or a new one of it; `None` when it can get none.
async fn old_token(
    world: &World,
    environment: &Environment,
    id: Uuid,
) -> Result<Option<Secret>, Problem> {
    let latest = environment
        .identity(id)
        .map_or(0, |identity| identity.latest_revision);
    let (cached, active) = world
        .vault(move |vault| Ok((vault.token(id)?, vault.active_credential(id, latest)?)))
        .await?;
    let now = world.clock.now();
    if let Some(cached) = cached
        && cached
            .token
            .expires_at
            .is_some_and(|end| end.duration_since(now) > SignedDuration::from_mins(1))
    {
        return Ok(Some(cached.token.secret));
    }
    let Some(active) = active else {
        return Ok(None);
    };
    let approved = &environment.approved_hosts;
    let exchanged = crate::ims::exchange(&world.http, &active.credential, approved, now).await;
    Ok(exchanged.ok().map(|exchanged| exchanged.token.secret))
}

/// What the old credential could do on each address that the new one cannot.
fn missing_abilities(old: &[TierResult], new: &[TierResult]) -> Vec<String> {
    let mut missing = Vec::new();
    for (before, after) in old.iter().zip(new) {
        if before.verdict.is_success() && !after.verdict.is_success() {
            missing.push(said(after));
        }
        let lost: Vec<&str> = before
            .groups
            .iter()
            .filter(|group| !after.groups.contains(group))
            .map(String::as_str)
            .collect();
        if after.verdict.is_success() && !lost.is_empty() {
            missing.push(format!(
                "{}: not in {}",
                after.tier.as_str(),
                lost.join(", ")
            ));
        }
    }
    missing
}

fn said(result: &TierResult) -> String {
    format!("{}: {}", result.tier.as_str(), result.verdict.words())
}

fn not_proven(missing: &[String]) -> Problem {
    Problem::new("rotation-not-proven", "the new credential cannot do all that the old one could")
        .cause(missing.join("; "))
        .next_step("give the new technical account its groups or product profile; it takes about 10 minutes to arrive; then rotate again")
}

/// Clearing the mark is the one commit; everything after repeats it.
async fn commit(
    world: &World,
    environment: &mut Environment,
    id: Uuid,
    revision: u32,
    exchanged: crate::ims::Exchanged,
    new: &CredentialFacts,
) -> Result<(), Problem> {
    let mut kind = None;
    let item = world
        .vault(move |vault| vault.credential(id, revision))
        .await?
        .map(|item| {
            kind = Some(item.credential.kind());
            CredentialItem {
                candidate: false,
                ..item
            }
        })
        .ok_or_else(|| Problem::new("secret-missing", "the candidate is gone from the keyring"))?;
    world
        .vault(move |vault| vault.put_credential(id, &item))
        .await?;
    let changed = set_kind(environment, id, kind);
    let stored = environment.clone();
    if changed {
        world
            .vault(move |vault| vault.put_environment(&stored))
            .await?;
    }
    let (stored, facts) = (environment.clone(), new.clone());
    world
        .update_index(move |index| {
            index.put_environment(&stored);
            if let Some(entry) = index.identity_mut(id) {
                entry.credential = Some(facts);
            }
        })
        .await?;
    keep_token(world, environment, id, revision, exchanged).await
}

fn set_kind(
    environment: &mut Environment,
    id: Uuid,
    kind: Option<crate::credential::Kind>,
) -> bool {
    let identity: Option<&mut Identity> = environment.identities.iter_mut().find(|i| i.id == id);
    match (identity, kind) {
        (Some(identity), Some(kind)) if identity.kind != kind => {
            identity.kind = kind;
            true
        }
        _ => false,
    }
}

async fn keep_token(
    world: &World,
    environment: &Environment,
    id: Uuid,
    revision: u32,
    exchanged: crate::ims::Exchanged,
) -> Result<(), Problem> {
    let Some(identity) = environment.identity(id) else {
        return Ok(());
    };
    let obtained_at = world.clock.now();
    let facts = exchanged.token.facts(obtained_at);
    let item = TokenItem {
        token: exchanged.token,
        obtained_at,
        origin: TokenOrigin::Exchanged { revision },
        context: exchange::context(environment, identity),
    };
    exchange::save(world, id, item, facts).await
}

async fn drop_candidate(world: &World, id: Uuid, revision: u32) -> Result<(), Problem> {
    world
        .vault(move |vault| vault.delete(&crate::vault::ItemName::Credential(id, revision)))
        .await
        .map(|_| ())
}
