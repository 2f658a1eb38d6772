//! Checks this machine; each finding has a verdict and a next step, and never a secret.

mod files;
mod network;
mod signature;

use aemkeys_core::credential::text::counted;
use aemkeys_core::credential::{Code, Guidance, NextStep};
use aemkeys_core::{guidance, time};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use jiff::tz::TimeZone;

use schemars::JsonSchema;
use serde::Serialize;
use uuid::Uuid;

use super::{AppContext, bootstrap, resolve, unlock};
use crate::platform::configuration::StorageKind;
use crate::platform::hardening::{self, Protection};
use crate::platform::{atomic_file, lock, ownership, terminal as terminals};
use crate::storage::{Index, Provider, SecretState, Storage, StorageStatus};
use crate::storage::{Report, reconcile};
pub use aemkeys_core::credential::CheckVerdict as Verdict;
use aemkeys_core::credential::text::clean;

/// The result of a check of this machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Finding {
    /// `storage`, `clock`, `proxy`, `files`, `terminal`, ..
    pub topic: &'static str,
    /// The verdict of the check.
    pub verdict: Verdict,
    /// What was found.
    pub text: String,
    /// What to do next.
    pub next_step: Option<Guidance>,
}

impl Finding {
    fn new(topic: &'static str, verdict: Verdict, text: impl Into<String>) -> Self {
        Self {
            topic,
            verdict,
            text: text.into(),
            next_step: None,
        }
    }

    fn fine(topic: &'static str, text: impl Into<String>) -> Self {
        Self::new(topic, Verdict::Fine, text)
    }

    fn warning(topic: &'static str, text: impl Into<String>) -> Self {
        Self::new(topic, Verdict::Warning, text)
    }

    fn wrong(topic: &'static str, text: impl Into<String>) -> Self {
        Self::new(topic, Verdict::Wrong, text)
    }

    fn unknown(topic: &'static str, text: impl Into<String>) -> Self {
        Self::new(topic, Verdict::Unknown, text)
    }

    fn next(mut self, step: impl Into<Guidance>) -> Self {
        self.next_step = Some(step.into());
        self
    }
}

/// Findings that differ only in the identity that they are about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FindingGroup {
    pub findings: Vec<Finding>,
}

impl FindingGroup {
    /// The finding, or how many identities have it.
    pub fn text(&self) -> String {
        match (self.findings.as_slice(), self.findings.first()) {
            ([_, _, ..], Some(first)) => {
                let count = counted(self.findings.len(), "identity");
                format!("{count}: {}", repeated(first).unwrap_or_default())
            }
            (_, first) => first.map_or_else(String::new, |found| found.text.clone()),
        }
    }
}

/// Groups the findings that repeat, in the order of the first one of each.
pub fn grouped(findings: Vec<Finding>) -> Vec<FindingGroup> {
    let mut groups: Vec<FindingGroup> = Vec::new();
    for finding in findings {
        let is_like = |group: &&mut FindingGroup| {
            let first = group.findings.first();
            first.is_some_and(|first| {
                repeated(first).is_some()
                    && repeated(first) == repeated(&finding)
                    && (first.topic, first.verdict) == (finding.topic, finding.verdict)
            })
        };
        match groups.iter_mut().find(is_like) {
            Some(group) => group.findings.push(finding),
            None => groups.push(FindingGroup {
                findings: vec![finding],
            }),
        }
    }
    groups
}

/// Returns what a finding about one identity, `NAME: what: where`, has in common with the others.
fn repeated(finding: &Finding) -> Option<&str> {
    let needs_fix = matches!(finding.verdict, Verdict::Warning | Verdict::Wrong);
    let (_, rest) = finding.text.split_once(": ").filter(|_| needs_fix)?;
    Some(rest.split(": ").next().unwrap_or(rest))
}

/// Checks storage, list, network settings, leftover files and the terminal. Sends nothing over the network.
///
/// `only`: check only this environment's secrets and files.
pub async fn examine(context: &AppContext, only: Option<Uuid>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let index = match context.read_index() {
        Ok(mut index) => {
            Arc::make_mut(&mut index)
                .environments
                .retain(|entry| only.is_none_or(|id| entry.id == id));
            let identities: usize = index.environments.iter().map(|e| e.identities.len()).sum();
            findings.push(Finding::fine(
                "list",
                format!(
                    "{} with {}",
                    counted(index.environments.len(), "environment"),
                    counted(identities, "identity")
                ),
            ));
            index
        }
        Err(problem) => {
            findings.push(from_problem("list", &problem));
            Arc::default()
        }
    };
    folders(context, &mut findings);
    storage(context, &index, only.is_none(), &mut findings).await;
    network::check(&mut findings);
    findings.extend(signature::check());
    findings.extend(hardening::read_back().map(process));
    for (name, path) in files::imported(&index) {
        findings.extend(files::left_behind(&name, &path));
    }
    terminal(&mut findings);
    findings
}

/// Checks whether the memory of this process is protected, as reported by the system.
fn process(guard: Protection) -> Finding {
    if guard.core_dumps || guard.readable {
        return Finding::warning(
            "process",
            "a core dump or another of your programs could read the memory of this process",
        )
        .next("unset AEMKEYS_ALLOW_DEBUG, which is for debugging aemkeys");
    }
    Finding::fine(
        "process",
        "no core dumps; memory protected from your other processes",
    )
}

fn folders(context: &AppContext, findings: &mut Vec<Finding>) {
    let list = context
        .index
        .path()
        .map(|path| format!("list: {}", path.display()));
    let state = context
        .state_dir
        .as_ref()
        .map(|path| format!("log, locks, activity: {}", path.display()));
    for text in list.into_iter().chain(state) {
        findings.push(Finding::fine("folders", clean(&text, 300)));
    }
    findings.extend(unusable_folders(context));
    if let Some(exposed) = context.configuration.exposed() {
        let text = exposed.description();
        findings.push(
            Finding::wrong(
                "folders",
                format!("another user can change config.toml: {text}"),
            )
            .next(format!("check the file, then {}", exposed.fix)),
        );
    }
    if let Some(user) = folders_of(context)
        .iter()
        .find_map(|folder| ownership::served_by_root(folder))
    {
        findings.push(
            Finding::warning("folders", format!("aemkeys runs as root in the folders of user {user}; files that it creates there will belong to that user"),
            )
            .next("run aemkeys as that user, without sudo"),
        );
    }
    let swept: usize = folders_of(context)
        .iter()
        .map(|it| atomic_file::remove_stale(it))
        .sum();
    if swept > 0 {
        findings.push(Finding::fine(
            "folders",
            format!("deleted {swept} temporary files of interrupted writes"),
        ));
    }
}

/// Checks that the folders of list and state can be written, and that the state folder has locks.
fn unusable_folders(context: &AppContext) -> Vec<Finding> {
    let data = context.index.path().and_then(Path::parent);
    let state = context.state_dir.as_deref();
    let mut findings = Vec::new();
    for (what, variable, folder) in [
        ("data", "XDG_DATA_HOME", data),
        ("state", "XDG_STATE_HOME", state),
    ] {
        let Some(folder) = folder else { continue };
        let Err(error) = atomic_file::check_writable(folder) else {
            continue;
        };
        let shown = clean(&folder.display().to_string(), 300);
        let elsewhere = if cfg!(target_os = "linux") {
            format!(", or set {variable} to another folder")
        } else {
            String::new()
        };
        findings.push(
            Finding::wrong(
                "folders",
                format!("the {what} folder {shown} can't be written: {error}"),
            )
            .next(format!(
                "make it writable; commands that only read work without{elsewhere}"
            )),
        );
    }
    if findings.is_empty()
        && let Some(state) = state
    {
        // Another aemkeys that holds it has shown that locks work.
        match lock::acquire(&state.join("locks"), "doctor", Duration::ZERO) {
            Err(problem) if problem.code != Code::LockHeld => {
                findings.push(from_problem("folders", &problem));
            }
            _ => {}
        }
    }
    findings
}

/// Returns the folders that aemkeys writes to.
fn folders_of(context: &AppContext) -> Vec<PathBuf> {
    let file = |path: Option<&Path>| path.and_then(Path::parent).map(Path::to_path_buf);
    let mut folders: Vec<PathBuf> = file(context.index.path())
        .into_iter()
        .chain(context.state_dir.clone())
        .chain(file(context.configuration.file.as_deref()))
        .collect();
    folders.sort();
    folders.dedup();
    folders
}

fn from_problem(topic: &'static str, problem: &aemkeys_core::credential::Problem) -> Finding {
    Finding {
        topic,
        verdict: Verdict::Wrong,
        text: problem.to_string(),
        next_step: problem.next_step.clone(),
    }
}

/// Checks the storage without opening a window of the keyring.
async fn storage(context: &AppContext, index: &Index, whole: bool, findings: &mut Vec<Finding>) {
    let context = &AppContext {
        storage: context.storage.without_prompts(),
        ..context.clone()
    };
    let status = context.storage(Storage::status).await;
    let name = match context.storage.provider() {
        Provider::Unknown => context.storage.storage_name().to_owned(),
        provider => format!("{} ({provider})", context.storage.storage_name()),
    };
    if matches!(status, Ok(StorageStatus::Locked)) && context.storage.kind() == StorageKind::Keyring
    {
        findings.push(
            Finding::warning("storage", format!("{name}: locked, so it was not checked"))
                .next("unlock it, then check again; commands in a terminal ask for its password"),
        );
        return;
    }
    match context.storage(Storage::probe).await {
        Ok(()) => findings.push(Finding::fine(
            "storage",
            format!("{name}: a probe was written, read back and deleted"),
        )),
        Err(problem) => {
            findings.push(from_problem("storage", &problem));
            return;
        }
    }
    findings.extend(passphrase(context));
    if let Some(problem) = super::storage::rollback(context.state_dir.as_deref()) {
        findings.push(from_problem("storage", &problem));
    }
    if whole {
        match compare(context).await {
            Ok(report) => add_comparison(&report, findings),
            Err(problem) if problem.code == Code::KeyringDenied => {
                findings.push(
                    Finding::unknown(
                        "storage",
                        format!("{name}: asks before each access, so its items were not checked"),
                    )
                    .next("no action needed: the window opens when an item is used"),
                );
                return;
            }
            Err(problem) => findings.push(from_problem("storage", &problem)),
        }
    }
    for environment in &index.environments {
        for identity in &environment.identities {
            let (id, environment_id) = (identity.id, environment.id);
            let name = resolve::full_name(environment, identity);
            if identity.secret == SecretState::Missing {
                continue;
            }
            let read = context
                .storage(move |storage| {
                    let stored = storage.environment(environment_id)?;
                    let latest = stored
                        .as_ref()
                        .and_then(|environment| environment.identity(id))
                        .map_or(0, |identity| identity.latest_revision);
                    storage.active_credential(id, latest)?;
                    storage.token(id)
                })
                .await;
            if let Err(problem) = read {
                let mut finding = from_problem("storage", &problem);
                finding.text = format!("{name}: {}", finding.text);
                findings.push(finding);
            }
        }
    }
}

/// Says how the passphrase file is opened.
fn passphrase(context: &AppContext) -> Vec<Finding> {
    if context.storage.kind() != StorageKind::File {
        return Vec::new();
    }
    let options = bootstrap::OpenOptions::default();
    let (_, origin) = bootstrap::passphrase_source(&options, &context.configuration);
    let origin = origin.map(|origin| format!("the passphrase comes {origin}"));
    let until = unlock::until(context).map(|until| {
        let until = time::near(until, context.clock.now(), &TimeZone::system());
        format!("the passphrase file is unlocked until {until}")
    });
    origin
        .into_iter()
        .chain(until)
        .map(|text| Finding::fine("storage", text))
        .collect()
}

/// Compares list and storage under the `add` lock.
async fn compare(context: &AppContext) -> Result<Report, aemkeys_core::credential::Problem> {
    let lock = context.lock("add".to_owned()).await?;
    let file = context.index.clone();
    // The closure holds the lock, because it continues if the caller stops waiting.
    context
        .storage(move |storage| {
            let _lock = lock;
            reconcile(storage, &file)
        })
        .await
}

/// Adds the findings of the comparison of list and storage.
fn add_comparison(report: &Report, findings: &mut Vec<Finding>) {
    let Report {
        adopted,
        missing,
        finished_removals,
        damaged,
        unowned,
    } = *report;
    if adopted > 0 {
        findings.push(Finding::fine(
            "storage",
            format!(
                "added {} from the storage to the list",
                counted(adopted, "environment")
            ),
        ));
    }
    if finished_removals > 0 {
        findings.push(Finding::fine("storage", "cleaned up an interrupted change"));
    }
    if missing > 0 {
        findings.push(
            Finding::wrong(
                "storage",
                format!(
                    "the secrets of {} are missing from the storage",
                    counted(missing, "identity")
                ),
            )
            .next(guidance![
                "to see them, ",
                NextStep::List,
                "; add their files again; to remove one, ",
                NextStep::Remove
            ]),
        );
    }
    if damaged > 0 {
        findings.push(
            Finding::wrong(
                "storage",
                format!(
                    "{} in the storage can't be read; nothing was changed",
                    counted(damaged, "environment")
                ),
            )
            .next("if a newer version wrote them, update aemkeys; otherwise add their files again"),
        );
    }
    if unowned > 0 {
        findings.push(
            Finding::warning(
                "storage",
                format!(
                    "{} in the storage without an environment in the list",
                    counted(unowned, "item")
                ),
            )
            .next("no action needed: they remain from an interrupted change and are not used"),
        );
    }
}

fn terminal(findings: &mut Vec<Finding>) {
    let mut text = vec![terminals::description(|name| std::env::var(name).ok())];
    if std::env::var_os("TMUX").is_some() {
        text.push("inside tmux: tokens are copied to a tmux buffer".to_owned());
    } else if std::env::var_os("SSH_CONNECTION").is_some() {
        text.push("over SSH: tokens are copied by the terminal (OSC 52)".to_owned());
    }
    findings.push(Finding::fine("terminal", text.join("; ")));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn findings_that_differ_in_the_identity_are_grouped() {
        let exists = |name: &str| {
            let text = format!("{name}: the imported file still exists: /tmp/{name}.json");
            Finding::warning("files", text)
        };
        let folder = || Finding::fine("folders", "list: /a: b");
        let readable = Finding::wrong("files", "b: the imported file still exists: x");
        let findings = vec![
            exists("a"),
            folder(),
            readable,
            exists("b"),
            folder(),
            exists("c"),
        ];
        let texts: Vec<String> = grouped(findings).iter().map(FindingGroup::text).collect();
        assert_eq!(
            texts,
            [
                "3 identities: the imported file still exists",
                "list: /a: b",
                "b: the imported file still exists: x",
                "list: /a: b",
            ]
        );
    }
}
