//! The plan of an import, derived from the file, the list and the storage. Writes nothing.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;
use uuid::Uuid;

use crate::app::guard::Confirmed;
use crate::app::names::alike;
use crate::storage::{Bundle, CredentialItem, EnvironmentEntry, Index};
use aemkeys_core::credential::{Code, NextStep, Problem};
use aemkeys_core::environment::{
    Approval, Environment, EnvironmentType, Identity, Name, Unconfirmed, allow_list,
};

/// The user's choices about conflicts. Names are those in the file.
#[derive(Clone, Debug, Default)]
pub struct ImportOptions {
    /// Environments that replace the stored ones.
    pub replace: Vec<String>,
    /// Environments to leave out.
    pub skip: Vec<String>,
    /// Hosts that the user confirmed by typing them.
    pub trusted: Vec<Approval>,
    /// Environments to import under another name.
    pub rename: Vec<(String, Name)>,
    /// One confirmation for each guarded environment that is replaced.
    pub confirmed: Vec<Confirmed>,
}

/// One environment in the file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ImportEntry {
    /// The name in the file.
    pub name: String,
    /// The name here, if it differs.
    pub renamed: Option<Name>,
    #[serde(rename = "type")]
    pub environment_type: EnvironmentType,
    /// The number of identities.
    pub identities: usize,
    /// How it compares with what is stored.
    pub status: Status,
    /// Conflicts, differences, and hosts that are not Adobe's.
    pub notes: Vec<String>,
    /// What the import does with it.
    pub decision: Decision,
    /// Hosts that were not confirmed on this computer yet.
    pub unconfirmed: Vec<Unconfirmed>,
    /// Hosts that were confirmed on this computer before.
    #[serde(skip)]
    pub(super) confirmed: Vec<Approval>,
    /// The active credential is marked as leaked.
    #[serde(skip)]
    pub(super) signs_in_leaked: bool,
    /// Under another name, it would not conflict with what is stored.
    #[serde(skip)]
    pub(super) can_rename: bool,
    #[serde(skip)]
    pub(super) id: Uuid,
    /// Stored environments that it replaces. It gets the id of the first.
    #[serde(skip)]
    pub(super) instead_of: Vec<Uuid>,
}

/// How an environment of the file compares with what is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// It is not stored.
    New,
    /// It is stored with the same content.
    Same,
    /// The same environment with other content.
    Differs,
    /// Another stored environment has its name, its ids or its account.
    Conflict,
}

/// What the import does with an environment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Decision {
    /// It is added.
    Take,
    /// It replaces the stored environment.
    Replace,
    /// It is already stored, or the user chose to skip it.
    Leave,
    /// The user must choose.
    Open,
}

/// A stored environment that is also in the file.
pub struct StoredEnvironment {
    pub environment: Environment,
    pub credentials: Vec<(Uuid, CredentialItem)>,
}

pub fn plan(
    bundle: &Bundle,
    index: &Index,
    stored: &BTreeMap<Uuid, StoredEnvironment>,
    choices: &ImportOptions,
) -> Result<Vec<ImportEntry>, Problem> {
    refuse_unknown_names(bundle, choices)?;
    let mut lines = Vec::new();
    for environment in &bundle.environments {
        lines.push(line(bundle, environment, index, stored, choices));
    }
    refuse_same_names(&lines)?;
    Ok(lines)
}

fn line(
    bundle: &Bundle,
    environment: &Environment,
    index: &Index,
    stored: &BTreeMap<Uuid, StoredEnvironment>,
    choices: &ImportOptions,
) -> ImportEntry {
    let is_in = |names: &[String]| names.iter().any(|name| is(name, environment));
    let renamed = choices
        .rename
        .iter()
        .find(|(name, _)| is(name, environment))
        .map(|(_, name)| name.clone());
    let wanted = renamed.as_ref().unwrap_or(&environment.name);
    let (mut notes, mut instead_of) = (Vec::new(), Vec::new());
    let twin = index
        .environments
        .iter()
        .find(|other| is_same_environment(other, environment, wanted));
    for other in &index.environments {
        if twin.is_some_and(|twin| twin.id == other.id) {
            continue;
        }
        if let Some(why) = conflict(other, environment, wanted, bundle) {
            notes.push(why);
            instead_of.push(other.id);
        }
    }
    let is_conflict = !instead_of.is_empty();
    if let Some(twin) = twin {
        instead_of.insert(0, twin.id);
    }
    let status = match twin.map(|twin| stored.get(&twin.id)) {
        _ if is_conflict => Status::Conflict,
        Some(None) => {
            notes.push("it is in the list, but its secrets are missing".to_owned());
            Status::Differs
        }
        None => Status::New,
        Some(Some(known)) => {
            let differences = differences(known, environment, bundle);
            notes.extend(differences);
            if notes.is_empty() {
                Status::Same
            } else {
                Status::Differs
            }
        }
    };
    let decision = match status {
        _ if is_in(&choices.skip) => Decision::Leave,
        Status::New => Decision::Take,
        Status::Same => Decision::Leave,
        _ if is_in(&choices.replace) => Decision::Replace,
        Status::Differs | Status::Conflict => Decision::Open,
    };
    let known = twin.and_then(|twin| stored.get(&twin.id));
    let replaced = index
        .environments
        .iter()
        .filter(|it| decision == Decision::Replace && instead_of.contains(&it.id));
    let environment_type = stricter_type(
        environment.environment_type,
        replaced
            .map(|it| it.environment_type)
            .chain(known.map(|known| known.environment.environment_type)),
    );
    if environment_type != environment.environment_type {
        notes.push(format!(
            "type {} in the file, but {} is kept; to change it, run `{}`",
            environment.environment_type.as_str(),
            environment_type.as_str(),
            NextStep::SetType.command_line(
                Some(environment.name.as_str()),
                Some(environment.environment_type.as_str()),
            )
        ));
    }
    let here = known.map(|known| &known.environment);
    let beyond = beyond(environment, bundle);
    notes.extend(beyond.iter().map(|it| format!("{} {}", it.field, it.host)));
    if let Some(url) = &environment.console_url
        && here.is_none_or(|here| here.console_url.as_ref() != Some(url))
    {
        notes.push(format!("console link {url}"));
    }
    let (confirmed, unconfirmed) = beyond
        .into_iter()
        .partition::<Vec<_>, _>(|it| it.is_confirmed_by(confirmed_here(here, environment)));
    let mut signs_in_leaked = false;
    for identity in &environment.identities {
        let held = || bundle.credentials_of(identity.id);
        let active = held()
            .filter(|item| !item.candidate)
            .max_by_key(|item| item.revision);
        signs_in_leaked |= active.is_some_and(|item| item.leaked);
        notes.extend(held().filter(|item| item.leaked).map(|item| {
            let (label, revision) = (&identity.label, item.revision);
            format!("credential {revision} of {label} is marked as leaked and is not imported")
        }));
    }
    let stored = index
        .environments
        .iter()
        .filter(|it| !instead_of.contains(&it.id));
    let beside = bundle
        .environments
        .iter()
        .filter(|it| it.id != environment.id);
    let names = stored.map(|it| &it.name).chain(beside.map(|it| &it.name));
    notes.extend(
        names
            .filter(|name| wanted.folded() != name.folded() && wanted.looks_like(name))
            .map(|name| alike(wanted, name))
            .take(1),
    );
    ImportEntry {
        name: environment.name.to_string(),
        environment_type,
        unconfirmed,
        confirmed: confirmed
            .into_iter()
            .map(|it| Approval::new(it.host, it.purpose))
            .collect(),
        identities: environment.identities.len(),
        signs_in_leaked,
        can_rename: can_rename(index, environment, bundle),
        id: environment.id,
        renamed,
        status,
        notes,
        decision,
        instead_of,
    }
}

/// Hosts other than those derived from the ids, and IMS hosts that are not Adobe's.
fn beyond(environment: &Environment, bundle: &Bundle) -> Vec<Unconfirmed> {
    let mut beyond = allow_list::underived_hosts(environment.ids, &environment.hosts);
    let ims = environment
        .identities
        .iter()
        .flat_map(|identity| bundle.credentials_of(identity.id))
        .filter_map(|item| allow_list::non_adobe_ims_host(&item.credential.facts().ims_host));
    for host in ims {
        if !beyond.contains(&host) {
            beyond.push(host);
        }
    }
    beyond
}

/// The hosts that were confirmed on this computer for the same environment.
fn confirmed_here<'a>(here: Option<&'a Environment>, environment: &Environment) -> &'a [Approval] {
    here.filter(|here| here.ids == environment.ids)
        .map_or(&[], |here| &here.approvals)
}

/// Keeps an environment guarded, even if the file says otherwise.
fn stricter_type(
    file: EnvironmentType,
    mut here: impl Iterator<Item = EnvironmentType>,
) -> EnvironmentType {
    if file.is_guarded() {
        return file;
    }
    here.find(|stored| stored.is_guarded()).unwrap_or(file)
}

fn is(name: &str, environment: &Environment) -> bool {
    name.to_lowercase() == environment.name.folded()
}

/// Compares cloud ids and names: the internal ids in a file are not trusted.
fn is_same_environment(other: &EnvironmentEntry, environment: &Environment, wanted: &Name) -> bool {
    other.ids == environment.ids && other.name.folded() == wanted.folded()
}

/// Returns why the stored environment and the imported one cannot coexist.
fn conflict(
    other: &EnvironmentEntry,
    environment: &Environment,
    wanted: &Name,
    bundle: &Bundle,
) -> Option<String> {
    is_stored_in(other, environment, bundle).or_else(|| {
        (other.name.folded() == wanted.folded())
            .then(|| format!("another stored environment is named {}", other.name))
    })
}

fn can_rename(index: &Index, environment: &Environment, bundle: &Bundle) -> bool {
    let mut stored = index.environments.iter();
    stored.all(|other| is_stored_in(other, environment, bundle).is_none())
}

/// Returns why they cannot coexist under any names.
fn is_stored_in(
    other: &EnvironmentEntry,
    environment: &Environment,
    bundle: &Bundle,
) -> Option<String> {
    let same_account = || {
        other
            .identities
            .iter()
            .filter_map(|identity| identity.credential.as_ref())
            .any(|facts| {
                environment
                    .identities
                    .iter()
                    .flat_map(|identity| bundle.credentials_of(identity.id))
                    .any(|item| facts.is_same_account(&item.credential.facts()))
            })
    };
    if same_account() {
        Some(format!("its account is already stored in {}", other.name))
    } else if environment.ids.is_some() && other.ids == environment.ids {
        Some(format!(
            "the same environment is already stored as {}",
            other.name
        ))
    } else {
        None
    }
}

fn differences(
    known: &StoredEnvironment,
    environment: &Environment,
    bundle: &Bundle,
) -> Vec<String> {
    let (here, there) = (&known.environment, environment);
    let settings: Vec<&str> = [
        ("name", here.name != there.name),
        ("type", here.environment_type != there.environment_type),
        ("customer", here.customer != there.customer),
        ("hosts", here.hosts != there.hosts || here.ids != there.ids),
        ("identities", without_ids(here) != without_ids(there)),
        ("notes", here.notes != there.notes),
        ("console", here.console_url != there.console_url),
        ("saved paths", here.saved_paths != there.saved_paths),
    ]
    .into_iter()
    .filter_map(|(name, differs)| differs.then_some(name))
    .collect();
    let mut found = Vec::new();
    if !settings.is_empty() {
        found.push(format!("differs: {}", settings.join(", ")));
    }
    let ours = here.identities.iter().flat_map(|identity| {
        let held = known
            .credentials
            .iter()
            .filter(|(id, _)| *id == identity.id);
        held.map(|(_, item)| (&identity.label, item))
    });
    let theirs = there.identities.iter().flat_map(|identity| {
        let items = bundle.credentials_of(identity.id);
        items.map(|item| (&identity.label, item))
    });
    // Compare by label and revision, because the ids never match.
    let (ours, theirs) = (by_place(ours), by_place(theirs));
    for (place, (label, ours)) in &ours {
        let revision = ours.revision;
        match theirs.get(place) {
            None => found.push(format!(
                "credential {revision} of {label} is only stored here"
            )),
            Some((_, theirs)) if theirs.to_payload() != ours.to_payload() => {
                found.push(format!(
                    "credential {revision} of {label} differs from the stored one"
                ));
            }
            Some(_) => {}
        }
    }
    for (_, (label, item)) in theirs
        .iter()
        .filter(|(place, _)| !ours.contains_key(*place))
    {
        let revision = item.revision;
        found.push(format!(
            "credential {revision} of {label} is only in the file"
        ));
    }
    found
}

fn by_place<'a>(
    items: impl Iterator<Item = (&'a Name, &'a CredentialItem)>,
) -> BTreeMap<(String, u32), (&'a Name, &'a CredentialItem)> {
    // Leaked credentials are ignored: they are never imported.
    items
        .filter(|(_, item)| !item.leaked)
        .map(|(label, item)| ((label.folded(), item.revision), (label, item)))
        .collect()
}

/// The identities without their ids, in the order of their labels.
fn without_ids(environment: &Environment) -> Vec<Identity> {
    let mut identities = environment.identities.clone();
    for identity in &mut identities {
        identity.id = Uuid::nil();
    }
    identities.sort_by_cached_key(|identity| identity.label.folded());
    identities
}

fn refuse_unknown_names(bundle: &Bundle, choices: &ImportOptions) -> Result<(), Problem> {
    let named = choices
        .replace
        .iter()
        .chain(&choices.skip)
        .chain(choices.rename.iter().map(|(name, _)| name));
    for name in named {
        if !bundle.environments.iter().any(|it| is(name, it)) {
            return Err(Problem::new(
                Code::NameNotFound,
                "an option names an environment that is not in the file",
            )
            .next_step("list the names in the file with `--dry-run`"));
        }
    }
    Ok(())
}

/// Refuses two environments with the same name, after a rename.
fn refuse_same_names(lines: &[ImportEntry]) -> Result<(), Problem> {
    let mut names = std::collections::BTreeSet::new();
    for line in lines.iter().filter(|line| line.decision != Decision::Leave) {
        let name = line
            .renamed
            .as_ref()
            .map_or(line.name.as_str(), Name::as_str);
        if !names.insert(name.to_lowercase()) {
            return Err(Problem::new(
                Code::Usage,
                format!("two environments would be named {name}"),
            )
            .next_step("choose another name for one of them: `--rename NAME=NEW`"));
        }
    }
    Ok(())
}
