//! Adding again what is stored: takes changed content, and restores what the storage no longer holds.

use uuid::Uuid;

use super::{AddOptions, Added, Preview};
use crate::app::guard::{self, Act};
use crate::app::rotate::compare;
use crate::app::{AppContext, edit, ownership, resolve};
use crate::storage::{CredentialItem, ItemName, Storage, TokenOrigin};
use aemkeys_core::credential::{Code, Credential, Imported, Problem};
use aemkeys_core::environment::{Environment, allow_list};

/// What adding again would do, from the storage.
pub(super) enum Again {
    /// The environment or the secret is no longer stored.
    Missing,
    /// Everything is stored as it is.
    Same,
    /// The content differs: one line for each difference.
    Differs(Vec<String>),
}

/// Compares the input and the choices with the storage.
pub(super) async fn compare_with_storage(
    context: &AppContext,
    identity: Uuid,
    imported: &Imported,
    preview: &Preview,
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
            let credential = storage.active_credential(identity, latest)?;
            Ok((credential, storage.token(identity)?))
        })
        .await?;
    let mut changes = match (imported, &credential) {
        (Imported::DevelopmentToken(_), _) if token.is_some() => Vec::new(),
        (Imported::DevelopmentToken(_), _) | (_, None) => {
            return Ok((Again::Missing, Some(environment)));
        }
        (_, Some(stored)) => differences(&stored.credential, imported, preview),
    };
    changes.extend(changed_settings(&environment, identity, choices)?);
    let again = if changes.is_empty() {
        Again::Same
    } else {
        Again::Differs(changes)
    };
    Ok((again, Some(environment)))
}

/// Returns one line for each field of the credential that differs. Secrets are named, never shown.
fn differences(stored: &Credential, imported: &Imported, preview: &Preview) -> Vec<String> {
    let Some(new) = &preview.facts else {
        return Vec::new();
    };
    let old = stored.facts();
    let kind = stored.kind();
    let is_shown = |label: &str| !matches!(label, "kind" | "fingerprint" | "issued" | "expires");
    let compared = compare(
        Some((kind, &old)),
        (preview.kind, new),
        jiff::Timestamp::UNIX_EPOCH,
    );
    let mut lines: Vec<String> = compared
        .lines
        .iter()
        .filter(|line| line.differs && is_shown(line.label))
        // What the new file leaves out is kept.
        .filter(|line| line.new != "none")
        .map(|line| format!("{}: {} -> {}", line.label, line.old, line.new))
        .collect();
    let secret_differs = match (stored, imported) {
        (Credential::Service(old), Imported::Service(new)) => {
            old.client_secret != new.client_secret
        }
        (Credential::Oauth(old), Imported::Oauth(new)) => old.client_secrets != new.client_secrets,
        _ => false,
    };
    if secret_differs {
        lines.push("client secret: another one".to_owned());
    }
    lines
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
    if let Some(name) = &choices.name {
        line("name", environment.name.to_string(), name.to_string());
    }
    if let (Some(label), Some(stored)) = (&choices.label, environment.identity(identity)) {
        line("label", stored.label.to_string(), label.to_string());
    }
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
            .next_step(aemkeys_core::guidance![
                "to move it, ",
                aemkeys_core::credential::NextStep::SetIds.of(&environment.name)
            ]));
        }
        (None, Some(ids)) => line("environment", "none".to_owned(), ids.to_string()),
        _ => {}
    }
    let mut hosts = environment.hosts.clone();
    super::merge_hosts(&mut hosts, &choices.hosts);
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
        name: choices.name.clone(),
        environment_type: choices.environment_type,
        customer: choices.customer.clone(),
        ids: choices.ids.filter(|_| environment.ids.is_none()),
        hosts: choices.hosts.clone(),
        trusted_hosts: super::confirmed_hosts(choices),
        confirmed: choices.confirmed.clone(),
        ..edit::Edit::default()
    }
}

/// Takes the changed content: the credential replaces the active revision, and its token is dropped.
pub(super) async fn take(
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
            .ok_or_else(|| guard::unconfirmed(&environment))?
            .check(&environment, Act::Edit)?;
    }
    let change = edit_of(&environment, &choices);
    edit::environment(context, environment.id, change).await?;
    if let Some(label) = choices.label.clone() {
        let change = edit::EditIdentity {
            label: Some(label),
            ..edit::EditIdentity::default()
        };
        edit::identity(context, identity, change).await?;
    }
    put(context, identity, &environment, imported, &choices).await?;
    Ok(Added::Updated {
        identity,
        full_name: resolve::name_of(&context.read_index()?, identity),
        changes,
    })
}

/// Writes the secret into its stored environment again.
pub(super) async fn restore(
    context: &AppContext,
    identity: Uuid,
    environment: &Environment,
    imported: Imported,
    choices: &AddOptions,
) -> Result<Added, Problem> {
    put(context, identity, environment, imported, choices).await?;
    Ok(Added::Restored {
        identity,
        full_name: resolve::name_of(&context.read_index()?, identity),
    })
}

async fn put(
    context: &AppContext,
    identity: Uuid,
    environment: &Environment,
    imported: Imported,
    choices: &AddOptions,
) -> Result<(), Problem> {
    let _add = context.lock_for_change().await?;
    let _lock = context.lock(identity.to_string()).await?;
    let now = context.clock.now();
    let id = environment.id;
    let latest = environment
        .identity(identity)
        .map_or(1, |it| it.latest_revision);
    let credential = match imported {
        Imported::DevelopmentToken(token) => {
            let facts = token.facts(now);
            let stored = environment
                .identity(identity)
                .ok_or_else(crate::app::exchange::no_longer_stored)?;
            let origin = TokenOrigin::Pasted;
            let item = ownership::token_item(context, *token, now, origin, environment, stored)?;
            return crate::app::exchange::save(context, identity, item, facts).await;
        }
        Imported::Service(service) => Credential::Service(*service),
        Imported::Oauth(oauth) => Credential::Oauth(*oauth),
    };
    let ims = allow_list::non_adobe_ims_host(&credential.facts().ims_host)
        .filter(|ims| ims.is_confirmed_by(&choices.trusted));
    let facts = context
        .storage(move |storage: &Storage| {
            let active = storage.active_credential(identity, latest)?;
            let credential = match &active {
                Some(active) => completed(credential, &active.credential),
                None => credential,
            };
            let facts = credential.facts();
            let item = CredentialItem {
                revision: active.map_or(latest.max(1), |active| active.revision),
                candidate: false,
                leaked: false,
                added_at: now,
                credential,
            };
            if let (Some(ims), Some(mut environment)) = (ims, storage.environment(id)?) {
                environment.approve(&ims.host, ims.purpose);
                storage.put_environment(&environment)?;
            }
            storage.put_credential(identity, &item)?;
            // It has the scopes of the old content.
            storage.delete(&ItemName::Token(identity))?;
            Ok(facts)
        })
        .await?;
    let imported_from = choices.imported_from.clone();
    context
        .update_index(move |index| {
            if let Some(entry) = index.identity_mut(identity) {
                entry.credential = Some(facts);
                entry.token = None;
                entry.secret = crate::storage::SecretState::Present;
                entry.imported_from = imported_from.or(entry.imported_from.take());
            }
        })
        .await
}

/// Keeps what the new file leaves out: some formats have no organisation or account.
fn completed(mut new: Credential, old: &Credential) -> Credential {
    if let (Credential::Oauth(new), Credential::Oauth(old)) = (&mut new, old) {
        new.org = new.org.take().or_else(|| old.org.clone());
        new.technical_account_id = new
            .technical_account_id
            .take()
            .or_else(|| old.technical_account_id.clone());
        new.technical_account_email = new
            .technical_account_email
            .take()
            .or_else(|| old.technical_account_email.clone());
    }
    new
}
