//! Adds a stored account again: replaces content that changed, and restores what is missing from the storage.

use uuid::Uuid;

use super::{AddOptions, Added};
use crate::app::guard::{self, Act};
use crate::app::resolve::no_longer_stored;
use crate::app::rotate::{RotationState, compare};
use crate::app::{AppContext, edit, ownership, resolve};
use crate::storage::{
    CredentialItem, ItemName, Phase, Rotation, SecretState, Storage, StorageError, TokenOrigin,
};
use aemkeys_core::credential::{
    Code, Credential, CredentialFacts, Imported, Kind, NextStep, Part, Problem, Secret,
};
use aemkeys_core::environment::{Environment, Name, Purpose, allow_list};
use aemkeys_core::guidance;

/// What adding again would do, from the storage.
pub(super) enum Again {
    /// The environment or the secret is no longer stored.
    Missing,
    /// Everything is stored as it is.
    Same,
    /// The content differs: one line for each difference.
    Differs(Vec<String>),
}

/// Compares the input and the choices with the storage. What the input leaves out is completed from the storage.
pub(super) async fn compare_with_storage(
    context: &AppContext,
    identity: Uuid,
    imported: &mut Imported,
    choices: &AddOptions,
) -> Result<(Again, Option<Environment>), Problem> {
    let Some(environment) = guard::environment_of(context, identity).await? else {
        return Ok((Again::Missing, None));
    };
    let latest = environment
        .identity(identity)
        .map_or(0, |it| it.latest_revision);
    let (credential, token) = context
        .storage(move |storage| {
            Ok((
                unless_lost(storage.active_credential(identity, latest))?,
                unless_lost(storage.token(identity))?,
            ))
        })
        .await?;
    let mut changes = match (&mut *imported, &credential) {
        (Imported::DevelopmentToken(_), _) if token.is_some() => Vec::new(),
        (Imported::DevelopmentToken(_), _) | (_, None) => {
            return Ok((Again::Missing, Some(environment)));
        }
        (_, Some(stored)) => {
            complete(imported, &stored.credential);
            differences(&stored.credential, imported)
        }
    };
    changes.extend(changed_settings(&environment, identity, choices)?);
    let again = if changes.is_empty() {
        Again::Same
    } else {
        Again::Differs(changes)
    };
    Ok((again, Some(environment)))
}

/// A damaged or empty item counts as missing, so that adding its file restores it.
fn unless_lost<T>(stored: Result<Option<T>, StorageError>) -> Result<Option<T>, StorageError> {
    match stored {
        Err(error) if error.is_lost() => Ok(None),
        stored => stored,
    }
}

/// Returns one line for each field of the credential that differs. A secret is shown as its fingerprint.
fn differences(stored: &Credential, imported: &Imported) -> Vec<String> {
    let (old, new) = (stored.facts(), facts_of(imported));
    let Some((new_kind, new)) = new else {
        return Vec::new();
    };
    let is_shown = |label: &str| !matches!(label, "kind" | "fingerprint" | "issued" | "expires");
    let compared = compare(
        Some((stored.kind(), &old)),
        (new_kind, &new),
        jiff::Timestamp::UNIX_EPOCH,
    );
    let mut lines: Vec<String> = compared
        .lines
        .iter()
        .filter(|line| line.differs && is_shown(line.label))
        .map(|line| format!("{}: {} -> {}", line.label, line.old, line.new))
        .collect();
    let secrets = match (stored, imported) {
        (Credential::Service(old), Imported::Service(new)) => Some((
            fingerprints(std::slice::from_ref(&old.client_secret)),
            fingerprints(std::slice::from_ref(&new.client_secret)),
        )),
        (Credential::Oauth(old), Imported::Oauth(new)) => Some((
            fingerprints(&old.client_secrets),
            fingerprints(&new.client_secrets),
        )),
        _ => None,
    };
    if let Some((old, new)) = secrets.filter(|(old, new)| old != new) {
        lines.push(format!("client secret: {old} -> {new}"));
    }
    lines
}

fn facts_of(imported: &Imported) -> Option<(Kind, CredentialFacts)> {
    match imported {
        Imported::Service(service) => Some((Kind::ServiceCredentials, service.facts())),
        Imported::Oauth(oauth) => Some((Kind::OauthServerToServer, oauth.facts())),
        Imported::DevelopmentToken(_) => None,
    }
}

fn fingerprints(secrets: &[Secret]) -> String {
    let each: Vec<String> = secrets
        .iter()
        .map(|it| it.fingerprint().to_string())
        .collect();
    each.join(", ")
}

/// Refuses another name or label: adding again must not rename what scripts use.
fn refuse_renaming(
    environment: &Environment,
    identity: Uuid,
    choices: &AddOptions,
) -> Result<(), Problem> {
    let differs = |stored: &Name, given: &Option<Name>| {
        let given = given.as_ref().filter(|it| it.folded() != stored.folded());
        given.map(ToString::to_string)
    };
    let name = &environment.name;
    let stored = environment.identity(identity).map(|it| &it.label);
    let label = stored.and_then(|label| differs(label, &choices.label));
    let full = stored.map_or_else(|| name.to_string(), |label| format!("{name}/{label}"));
    let step = match (differs(name, &choices.name), label) {
        (Some(new), _) => Part::Step(NextStep::Rename, Some(name.to_string()), Some(new)),
        (None, Some(new)) => Part::Step(NextStep::RenameLabel, Some(full.clone()), Some(new)),
        (None, None) => return Ok(()),
    };
    Err(Problem::new(
        Code::SameAccount,
        format!("this credential is already stored as {full}"),
    )
    .cause("adding it again does not rename it")
    .next_step(guidance!["to rename it, ", step]))
}

/// Returns one line for each flag that differs from what is stored.
fn changed_settings(
    environment: &Environment,
    identity: Uuid,
    choices: &AddOptions,
) -> Result<Vec<String>, Problem> {
    let mut lines = Vec::new();
    let mut line = |what: &str, old: String, new: String| {
        if old != new {
            lines.push(format!("{what}: {old} -> {new}"));
        }
    };
    if let Some(new) = choices.environment_type {
        let old = environment.environment_type;
        line("type", old.short().to_owned(), new.short().to_owned());
    }
    if let Some(customer) = &choices.customer {
        let old = environment.customer.clone().unwrap_or_default();
        line("customer", old, customer.clone());
    }
    match (environment.ids, choices.ids) {
        (Some(own), Some(other)) if own != other => {
            return Err(Problem::new(
                Code::SameAccount,
                format!(
                    "this credential is stored for {own} as {}",
                    environment.name
                ),
            )
            .cause("one identity belongs to one environment")
            .next_step(guidance![
                "to move it, ",
                NextStep::SetIds.of(&environment.name)
            ]));
        }
        (None, Some(ids)) => line("environment", "none".to_owned(), ids.to_string()),
        _ => {}
    }
    refuse_renaming(environment, identity, choices)?;
    for typed in &choices.trusted {
        if typed.purpose == Purpose::ImsSecret && !environment.approvals.contains(typed) {
            lines.push(format!("IMS host {}: confirmed", typed.host));
        }
    }
    let mut hosts = environment.hosts.clone();
    edit::merge_hosts(&mut hosts, &choices.hosts);
    if hosts != environment.hosts {
        lines.push("hosts: those of the command line".to_owned());
    }
    Ok(lines)
}

/// Returns whether the change must be confirmed: on Production, on an untyped environment, and where the flags make it one.
pub(super) async fn needs_confirmation(
    context: &AppContext,
    environment: &Environment,
    choices: &AddOptions,
) -> Result<bool, Problem> {
    let is_guarded = environment.environment_type.is_guarded();
    let change = edit_of(environment, choices);
    Ok(is_guarded || edit::needs_confirmation(context, environment.id, change).await?)
}

/// The change of the environment that the flags ask for.
fn edit_of(environment: &Environment, choices: &AddOptions) -> edit::Edit {
    edit::Edit {
        environment_type: choices.environment_type,
        customer: choices.customer.clone(),
        ids: choices.ids.filter(|_| environment.ids.is_none()),
        hosts: choices.hosts.clone(),
        trusted_hosts: super::confirmed_hosts(choices),
        confirmed: choices.confirmed.clone(),
        ..edit::Edit::default()
    }
}

/// Takes the changed content and drops the token, which has the scopes of the old content. Another client secret becomes a new
/// revision, so that the user can go back.
pub(super) async fn replace_content(
    context: &AppContext,
    identity: Uuid,
    environment: Environment,
    imported: Imported,
    choices: AddOptions,
    changes: Vec<String>,
) -> Result<Added, Problem> {
    if environment.environment_type.is_guarded() {
        choices
            .confirmed
            .as_ref()
            .ok_or_else(|| guard::unconfirmed(Act::Edit, &environment))?
            .check(&environment, Act::Edit)?;
    }
    let change = edit_of(&environment, &choices);
    edit::environment(context, environment.id, change).await?;
    let keeps_old = put(context, identity, environment.id, imported, &choices).await?;
    let full_name = resolve::name_of(context.read_index()?.as_ref(), identity);
    let mut notes = Vec::new();
    if keeps_old {
        notes.push(guidance![
            "the old client secret is kept as an older revision; to use it again, ",
            NextStep::GoBack.of(&full_name)
        ]);
    }
    Ok(Added::Updated {
        identity,
        full_name,
        changes,
        notes,
    })
}

/// Writes the secret into its stored environment again.
pub(super) async fn restore(
    context: &AppContext,
    identity: Uuid,
    environment: Uuid,
    imported: Imported,
    choices: &AddOptions,
) -> Result<Added, Problem> {
    put(context, identity, environment, imported, choices).await?;
    Ok(Added::Restored {
        identity,
        full_name: resolve::name_of(context.read_index()?.as_ref(), identity),
        notes: Vec::new(),
    })
}

/// Writes the credential, or the token, of a stored identity. Returns whether the replaced credential is kept as an older revision.
async fn put(
    context: &AppContext,
    identity: Uuid,
    environment: Uuid,
    imported: Imported,
    choices: &AddOptions,
) -> Result<bool, Problem> {
    let _turn = crate::app::rotate::rotation_lock(context, identity).await?;
    let _add = context.lock_for_change().await?;
    let _lock = context.lock(identity.to_string()).await?;
    let now = context.clock.now();
    let mut environment = context.environment(environment).await?;
    let stored = environment
        .identity(identity)
        .ok_or_else(no_longer_stored)?;
    let credential = match imported {
        Imported::DevelopmentToken(token) => {
            let facts = token.facts(now);
            let origin = TokenOrigin::Pasted;
            let item = ownership::token_item(context, *token, now, origin, &environment, stored)?;
            crate::app::exchange::save(context, identity, item, facts).await?;
            return Ok(false);
        }
        Imported::Service(service) => Credential::Service(*service),
        Imported::Oauth(oauth) => Credential::Oauth(*oauth),
    };
    let latest = stored.latest_revision.max(1);
    let ims = allow_list::non_adobe_ims_host(&credential.facts().ims_host)
        .filter(|ims| ims.is_confirmed_by(&choices.trusted));
    let rotation = context
        .storage(move |storage: &Storage| {
            let active = unless_lost(storage.active_credential(identity, latest))?;
            let old = active
                .as_ref()
                .filter(|active| has_another_secret(&active.credential, &credential));
            let revision = match (&old, &active) {
                (Some(_), _) => latest + 1,
                (None, Some(active)) => active.revision,
                (None, None) => latest,
            };
            let keeps_old = old.is_some();
            if keeps_old && storage.is_leaked(&credential.key_digests())? {
                return Err(StorageError::LeakedKey);
            }
            if let Some(ims) = &ims {
                environment.approve(&ims.host, ims.purpose);
            }
            if keeps_old {
                let mut identities = environment.identities.iter_mut();
                if let Some(own) = identities.find(|it| it.id == identity) {
                    own.latest_revision = revision;
                }
                // One candidate at a time, as in a rotation.
                for held in storage.revisions(identity, latest)? {
                    if held.candidate && !held.leaked {
                        storage.delete(&ItemName::Credential(identity, held.revision))?;
                    }
                }
            }
            if keeps_old || ims.is_some() {
                storage.put_environment(&environment)?;
            }
            // A token of a leaked credential is kept until it is invalidated at IMS.
            if active.is_some_and(|active| active.leaked)
                && let Some(token) = storage.usable_token(identity)?
            {
                storage.put_replaced_token(identity, &token)?;
            }
            storage.delete(&ItemName::Token(identity))?;
            storage.put_credential(
                identity,
                &CredentialItem {
                    revision,
                    candidate: false,
                    leaked: false,
                    added_at: now,
                    credential,
                },
            )?;
            Ok(keeps_old.then_some(Rotation {
                revision,
                began_at: now,
                reached: Phase::Switched,
                problem: None,
            }))
        })
        .await?;
    let keeps_old = rotation.is_some();
    let imported_from = choices.imported_from.clone();
    context
        .update_index(move |index| {
            if let Some(entry) = index.identity_mut(identity) {
                entry.token = None;
                entry.secret = SecretState::Present;
                entry.rotation = rotation.or(entry.rotation.take());
                entry.imported_from = imported_from.or(entry.imported_from.take());
            }
        })
        .await?;
    RotationState::read_locked(context, identity).await?;
    Ok(keeps_old)
}

/// Returns whether an OAuth credential has another client secret, which is how it is rotated.
fn has_another_secret(old: &Credential, new: &Credential) -> bool {
    match (old, new) {
        (Credential::Oauth(old), Credential::Oauth(new)) => {
            old.client_secrets != new.client_secrets
        }
        _ => false,
    }
}

/// Keeps what the new file leaves out: some formats have no organisation or account.
fn complete(new: &mut Imported, old: &Credential) {
    if let (Imported::Oauth(new), Credential::Oauth(old)) = (new, old) {
        for (new, old) in [
            (&mut new.org, &old.org),
            (&mut new.technical_account_id, &old.technical_account_id),
            (
                &mut new.technical_account_email,
                &old.technical_account_email,
            ),
        ] {
            if new.is_none() {
                new.clone_from(old);
            }
        }
    }
}
