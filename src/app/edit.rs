//! Edits an environment's name, type, customer, hosts, notes and used-by list.

use uuid::Uuid;

use super::guard::{self, Act, Confirmed};
use super::resolve::no_longer_stored;
use super::undo::Undo;
use super::{AppContext, names, ownership};
use crate::storage::update_token;
use crate::storage::{Index, Owner, TokenContext};
use aemkeys_core::credential::{Code, Problem};
use aemkeys_core::environment::{
    CloudIds, Environment, EnvironmentType, HostName, Hosts, Identity, Name, Purpose, Unconfirmed,
    UsedBy,
};

/// Notes are part of a keyring item, and some keyrings limit an item to 2,560 bytes.
const NOTES_MAX_CHARS: usize = 500;
/// Limited for the same reason as the notes.
const SAVED_PATHS_MAX: usize = 8;
const SAVED_PATH_MAX_CHARS: usize = 150;

/// A change to an environment; fields that are `Some` are changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Edit {
    pub name: Option<Name>,
    pub environment_type: Option<EnvironmentType>,
    /// `Some("")` clears it.
    pub customer: Option<String>,
    /// Sets the ids and, where no host is given, the hosts derived from them.
    pub ids: Option<CloudIds>,
    /// Each host that is `Some` replaces the stored one.
    pub hosts: Hosts,
    /// Hosts that the user typed to confirm that tokens may be sent there.
    pub trusted_hosts: Vec<HostName>,
    /// Removes the custom domain of publish.
    pub clear_publish_domain: bool,
    pub notes: Option<String>,
    pub console_url: Option<String>,
    /// Replaces the list.
    pub saved_paths: Option<Vec<String>>,
    pub default: Option<DefaultIdentity>,
    /// The change of one of its identities.
    pub own: Option<(Uuid, EditIdentity)>,
    /// Required if the environment is guarded and [`needs_confirmation`] returns true.
    pub confirmed: Option<Confirmed>,
}

/// What the name of the environment alone means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DefaultIdentity {
    Chosen(Uuid),
    /// The only one, or the only one that is not a person's.
    Automatic,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EditIdentity {
    pub label: Option<Name>,
    pub used_by: Option<Vec<UsedBy>>,
    pub auto_refresh: Option<bool>,
}

/// Returns the new hosts that the user must confirm. Reads the environment from the storage, not from the list.
pub async fn unconfirmed(
    context: &AppContext,
    id: Uuid,
    edit: Edit,
) -> Result<Vec<Unconfirmed>, Problem> {
    let stored = context
        .storage(move |storage| storage.environment(id))
        .await?;
    let Some(mut environment) = stored else {
        return Ok(Vec::new());
    };
    match apply(&mut environment, edit) {
        Ok(()) => Ok(Vec::new()),
        Err(problem) if problem.code == Code::HostUntrusted => Ok(environment.unconfirmed()),
        Err(problem) => Err(problem),
    }
}

/// A saved edit.
#[derive(Default)]
pub struct Edited {
    /// A warning if the new name or label looks like another one.
    pub alike: Option<String>,
    /// `None` if nothing has changed.
    pub undo: Option<Undo>,
}

/// Writes the environment item, the token items that copy it, and the index.
pub async fn environment(context: &AppContext, id: Uuid, edit: Edit) -> Result<Edited, Problem> {
    let alike = match &edit.name {
        Some(name) => names::lookalike(context.read_index()?.as_ref(), name, Some(id)),
        None => None,
    };
    let alike = match &edit.own {
        Some((identity, own)) if alike.is_none() && own.label.is_some() => {
            let stored = guard::stored(context, id).await?;
            let known = stored.as_ref().zip(own.label.as_ref());
            known.and_then(|(stored, label)| names::lookalike_label(stored, label, *identity))
        }
        _ => alike,
    };
    let undo = change(context, id, move |environment| {
        let (before, confirmed) = (environment.clone(), edit.confirmed.clone());
        apply(environment, edit)?;
        if guard::edit_is_guarded(&before, environment) {
            confirmed
                .ok_or_else(|| guard::unconfirmed(Act::Edit, &before))?
                .check(&before, Act::Edit)?;
        }
        Ok(())
    })
    .await?;
    Ok(Edited { alike, undo })
}

/// Returns whether the user must type the name to confirm this edit. Reads the environment from the storage, not from the list.
pub async fn needs_confirmation(
    context: &AppContext,
    id: Uuid,
    edit: Edit,
) -> Result<bool, Problem> {
    let Some(before) = guard::stored(context, id).await? else {
        return Ok(false);
    };
    let mut after = before.clone();
    apply(&mut after, edit)?;
    Ok(guard::edit_is_guarded(&before, &after))
}

/// Changes the label, the used-by list or the auto-refresh of an identity.
pub async fn identity(
    context: &AppContext,
    id: Uuid,
    edit: EditIdentity,
) -> Result<Edited, Problem> {
    let environment = guard::environment_of(context, id)
        .await?
        .ok_or_else(no_longer_stored)?;
    let edit = Edit {
        own: Some((id, edit)),
        ..Edit::default()
    };
    self::environment(context, environment.id, edit).await
}

fn apply_own(environment: &mut Environment, id: Uuid, edit: EditIdentity) -> Result<(), Problem> {
    if let Some(label) = &edit.label
        && environment
            .identities
            .iter()
            .any(|other| other.id != id && other.label.folded() == label.folded())
    {
        return Err(Problem::new(
            Code::LabelTaken,
            format!("{} already has an identity {label}", environment.name),
        )
        .next_step("choose another label"));
    }
    if let Some(identity) = environment.identities.iter_mut().find(|i| i.id == id) {
        if let Some(label) = edit.label {
            identity.label = label;
        }
        if let Some(used_by) = edit.used_by {
            identity.used_by = with_existing_ticks(&identity.used_by, used_by);
        }
        if let Some(auto_refresh) = edit.auto_refresh {
            identity.auto_refresh = auto_refresh;
        }
    }
    Ok(())
}

/// Replaces the used-by list and keeps existing ticks.
fn with_existing_ticks(known: &[UsedBy], mut wanted: Vec<UsedBy>) -> Vec<UsedBy> {
    for who in &mut wanted {
        if let Some(before) = known.iter().find(|before| before.name == who.name) {
            who.has_revision = before.has_revision;
        }
    }
    wanted
}

/// Changes an environment. Returns the undo, or `None` if nothing has changed.
pub(super) async fn change(
    context: &AppContext,
    id: Uuid,
    apply: impl FnOnce(&mut Environment) -> Result<(), Problem> + Send + 'static,
) -> Result<Option<Undo>, Problem> {
    let _lock = context.lock_for_change().await?;
    let index = context.read_index()?;
    let mut environment = context.environment(id).await?;
    let before = environment.clone();
    apply(&mut environment)?;
    if environment.name.folded() != before.name.folded() {
        names::free_name(&index, &environment.name)?;
    }
    if (environment.ids, &environment.hosts) != (before.ids, &before.hosts) {
        check_hosts_are_own(context, &index, &environment).await?;
    }
    // A concurrent exchange would store a token with the old hosts. Holding many locks
    // is safe under the `add` lock, because others take one each.
    let (mut locks, mut changed) = (Vec::new(), Vec::new());
    for identity in &environment.identities {
        let token_context = TokenContext::of(&environment, identity);
        let repeats = |old: &Identity| TokenContext::of(&before, old) == token_context;
        if !before.identity(identity.id).is_some_and(repeats) {
            locks.push(context.lock(identity.id.to_string()).await?);
            changed.push(identity.clone());
        }
    }
    let tombstone = [Owner::Environment(id)];
    if environment != before {
        context.add_tombstones(tombstone.to_vec()).await?;
    }
    let undo = Undo::of_edit(before.clone(), environment.clone());
    let stored = environment.clone();
    let tokens = context
        .storage(move |storage| {
            if stored != before {
                storage.put_environment(&stored)?;
            }
            let update =
                |identity: &Identity| Ok((identity.id, update_token(storage, &stored, identity)?));
            changed.iter().map(update).collect::<Result<Vec<_>, _>>()
        })
        .await?;
    context
        .update_index(move |index| {
            index.put_environment(&environment);
            for (identity, token) in tokens {
                if let Some(entry) = index.identity_mut(identity) {
                    entry.token = token;
                }
            }
            index.remove_tombstones(&tombstone);
        })
        .await?;
    Ok(undo)
}

/// Refuses an edit after which credentials or tokens of another environment would be sent to its hosts.
async fn check_hosts_are_own(
    context: &AppContext,
    index: &Index,
    environment: &Environment,
) -> Result<(), Problem> {
    let known: Vec<(Uuid, u32)> = environment
        .identities
        .iter()
        .map(|identity| (identity.id, identity.latest_revision))
        .collect();
    let (credentials, tokens) = context
        .storage(move |storage| {
            let (mut credentials, mut tokens) = (Vec::new(), Vec::new());
            for (id, latest) in known {
                credentials.extend(storage.revisions(id, latest)?);
                tokens.extend(storage.usable_token(id)?);
            }
            Ok((credentials, tokens))
        })
        .await?;
    for item in &credentials {
        ownership::check_credential(index, environment, &item.credential.facts())?;
    }
    for item in &tokens {
        ownership::check_token(index, environment, &item.token)?;
    }
    Ok(())
}

fn apply(environment: &mut Environment, edit: Edit) -> Result<(), Problem> {
    if let Some(name) = edit.name {
        environment.name = name;
    }
    if let Some(environment_type) = edit.environment_type {
        environment.environment_type = environment_type;
    }
    if let Some(customer) = edit.customer {
        let customer = aemkeys_core::credential::text::clean(customer.trim(), 80);
        environment.customer = (!customer.is_empty()).then_some(customer);
    }
    if let Some(ids) = edit.ids {
        if environment.ids.is_some_and(|before| before != ids) {
            // The approvals were for the other environment.
            environment
                .approvals
                .retain(|it| it.purpose != Purpose::Token);
        }
        environment.ids = Some(ids);
        let derived = Hosts::derived(ids);
        environment.hosts = Hosts {
            publish_domain: environment.hosts.publish_domain.take(),
            ..derived
        };
    }
    if edit.clear_publish_domain {
        environment.hosts.publish_domain = None;
    }
    merge_hosts(&mut environment.hosts, &edit.hosts);
    if let Some(notes) = edit.notes {
        environment.notes = aemkeys_core::credential::text::clean_lines(&notes, NOTES_MAX_CHARS);
    }
    if let Some(url) = edit.console_url {
        let url = url.trim();
        environment.console_url = (!url.is_empty()).then(|| url.to_owned());
    }
    if let Some(paths) = edit.saved_paths {
        environment.saved_paths = saved_paths(paths)?;
    }
    if let Some(default) = edit.default {
        environment.default = match default {
            DefaultIdentity::Chosen(id) => Some(id),
            DefaultIdentity::Automatic => None,
        };
    }
    if let Some((identity, own)) = edit.own {
        apply_own(environment, identity, own)?;
    }
    environment.check()?;
    environment.confirm_hosts(&edit.trusted_hosts)
}

fn saved_paths(paths: Vec<String>) -> Result<Vec<String>, Problem> {
    let mut kept: Vec<String> = Vec::new();
    for path in paths {
        let path = path.trim();
        if path.is_empty() || kept.iter().any(|known| known == path) {
            continue;
        }
        let path = super::call::with_slash(path);
        check_path(&path)?;
        kept.push(path);
    }
    if kept.len() > SAVED_PATHS_MAX {
        return Err(Problem::new(
            Code::Usage,
            format!("an environment can have up to {SAVED_PATHS_MAX} saved paths"),
        )
        .next_step("keep the paths that best show the credential's permissions"));
    }
    Ok(kept)
}

fn check_path(path: &str) -> Result<(), Problem> {
    let fits = path.starts_with('/')
        && path.chars().count() <= SAVED_PATH_MAX_CHARS
        && !path.contains(char::is_whitespace)
        && aemkeys_core::credential::text::clean(path, SAVED_PATH_MAX_CHARS) == path;
    if fits {
        return Ok(());
    }
    Err(Problem::new(
        Code::BadPath,
        format!(
            "a saved path starts with /, and has no spaces and at most {SAVED_PATH_MAX_CHARS} characters"
        ),
    )
    .next_step("write it like /content/dam.json"))
}

/// Replaces the hosts that are `Some` in `chosen`.
pub(super) fn merge_hosts(hosts: &mut Hosts, chosen: &Hosts) {
    for (host, typed) in [
        (&mut hosts.author, &chosen.author),
        (&mut hosts.publish, &chosen.publish),
        (&mut hosts.preview, &chosen.preview),
    ] {
        if typed.is_some() {
            host.clone_from(typed);
        }
    }
    if chosen.publish_domain.is_some() {
        hosts.publish_domain.clone_from(&chosen.publish_domain);
    }
}

#[cfg(test)]
mod tests;
