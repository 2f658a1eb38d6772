//! Checks this machine; each finding has a verdict and a next step, and never a secret.

use aemkeys_core::credential::text::counted;
use aemkeys_core::credential::{Guidance, NextStep};
use aemkeys_core::guidance;
use std::path::{Path, PathBuf};

use serde::Serialize;
use uuid::Uuid;

use super::{AppContext, resolve};
use crate::platform::git_index::{self, Tracking};
use crate::platform::hardening::{self, Protection};
use crate::platform::{atomic_file, ownership};
use crate::storage::{Index, SecretState};
use crate::storage::{Report, reconcile};
pub use aemkeys_core::credential::CheckVerdict as Verdict;
use aemkeys_core::credential::shell;
use aemkeys_core::credential::text::clean;
use aemkeys_core::http::ProxySettings;

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// `storage`, `clock`, `proxy`, `files`, `terminal`, ..
    pub topic: &'static str,
    pub verdict: Verdict,
    pub text: String,
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
            index
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
            Index::default()
        }
    };
    folders(context, &mut findings);
    storage(context, &index, only.is_none(), &mut findings).await;
    network(&mut findings);
    findings.extend(hardening::read_back().map(process));
    for (name, path) in imported_files(&index) {
        findings.extend(left_behind(&name, &path));
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

async fn storage(context: &AppContext, index: &Index, whole: bool, findings: &mut Vec<Finding>) {
    let name = context.storage.storage_name();
    match context.storage(super::super::storage::Storage::probe).await {
        Ok(()) => findings.push(Finding::fine(
            "storage",
            format!("{name}: a probe was written, read back and deleted"),
        )),
        Err(problem) => {
            findings.push(from_problem("storage", &problem));
            return;
        }
    }
    if let Some(problem) = super::storage::rollback(context.state_dir.as_deref()) {
        findings.push(from_problem("storage", &problem));
    }
    if whole {
        match compare(context).await {
            Ok(report) => add_comparison(&report, findings),
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

fn network(findings: &mut Vec<Finding>) {
    let settings = ProxySettings::from_environment();
    let (variable, exceptions) = ProxySettings::variables_in_use();
    findings.push(match settings.display() {
        Ok(Some(address)) => {
            let login = if settings.has_login() {
                "with a user name"
            } else {
                "without a user name"
            };
            let variable = variable.unwrap_or_default();
            let told = format!("the proxy is {address}, {login} (from {variable})");
            Finding::new("network", Verdict::Fine, told)
        }
        Ok(None) => Finding::new("network", Verdict::Fine, "no proxy is set"),
        Err(error) => from_problem("network", &error.problem()),
    });
    if let (Some(_), Some(name)) = (variable, exceptions) {
        let read = settings.read_exceptions();
        let counted = match read.counted.as_slice() {
            [] => "no entry counts".to_owned(),
            entries => format!("without the proxy: {}", clean(&entries.join(", "), 300)),
        };
        findings.push(Finding::new(
            "network",
            Verdict::Fine,
            format!("{name}: {counted}"),
        ));
        for (entry, why) in read.ignored {
            let told = format!("{name}: {entry} is ignored ({why})");
            findings.push(Finding::new("network", Verdict::Unknown, told));
        }
    }
    for name in ProxySettings::variables_ignored() {
        let told = format!("{name} is set and not used");
        findings.push(Finding::new("network", Verdict::Fine, told));
    }
    if let Ok(file) = std::env::var("SSL_CERT_FILE") {
        let readable = std::fs::File::open(&file).is_ok();
        let shown = clean(&file, 200);
        findings.push(if readable {
            Finding::fine("network", format!("SSL_CERT_FILE names {shown}"))
        } else {
            Finding::wrong(
                "network",
                format!("can't read the file in SSL_CERT_FILE: {shown}"),
            )
            .next("correct the variable, or unset it to use the system's certificates")
        });
    }
}

fn imported_files(index: &Index) -> Vec<(String, PathBuf)> {
    index
        .identities()
        .filter_map(|(environment, identity)| {
            let path = identity.imported_from.clone()?;
            Some((resolve::full_name(environment, identity), path))
        })
        .collect()
}

/// Checks an imported credential file that still exists: its permissions, and whether git tracks it.
fn left_behind(name: &str, path: &Path) -> Vec<Finding> {
    let Ok(metadata) = path.symlink_metadata() else {
        return Vec::new();
    };
    let shown = clean(&path.display().to_string(), 300);
    let mut findings = vec![
        Finding::warning(
            "files",
            format!("{name}: the imported file still exists: {shown}"),
        )
        .next(match path.to_str().filter(|path| *path == shown) {
            Some(path) => format!(
                "delete it, because the credential is in the storage: `rm {}`",
                shell::quoted(path)
            ),
            None => "delete it, because the credential is in the storage".to_owned(),
        }),
    ];
    if readable_by_others(&metadata) {
        findings.push(
            Finding::wrong(
                "files",
                format!("{shown} can be read by other users of this machine"),
            )
            .next(match path.to_str().filter(|path| *path == shown) {
                Some(path) => {
                    let quoted = shell::quoted(path);
                    format!("delete it, or `chmod 600 {quoted}`")
                }
                None => "delete it, or restrict its permissions".to_owned(),
            }),
        );
    }
    match git_index::tracking(path) {
        Tracking::Untracked => {}
        Tracking::Tracked => findings.push(
            Finding::wrong("files", format!("{shown} is tracked by git"))
                .next("everyone with the repository has the key: add a new private key in the AEM Developer Console, revoke this one, and remove the file from the history"),
        ),
        Tracking::Unknown => findings.push(
            Finding::unknown("files", format!("{shown} is in a git repository whose index cannot be read"),
            )
            .next("delete the file; if git tracks it, everyone with the repository has the key"),
        ),
    }
    findings
}

#[cfg(unix)]
fn readable_by_others(metadata: &std::fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt;
    metadata.permissions().mode() & 0o077 != 0
}

#[cfg(not(unix))]
fn readable_by_others(_: &std::fs::Metadata) -> bool {
    false
}

fn terminal(findings: &mut Vec<Finding>) {
    let term = std::env::var("TERM").unwrap_or_default();
    let mut text = vec![format!("TERM is {}", clean(&term, 40))];
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

    #[test]
    fn a_file_that_is_gone_is_no_finding() {
        assert!(left_behind("x", Path::new("/nonexistent/service_token.json")).is_empty());
    }
}
