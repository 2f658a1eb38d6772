//! Exports environments to one file encrypted with a passphrase.

use std::path::Path;

use uuid::Uuid;

use super::activity::{self, Tone};
use super::bootstrap::OpenOptions;
use super::guard::{self, Act, Confirmed};
use super::rotate::is_of;
use super::{AppContext, export_credential, resolve};
use crate::platform::descriptors::{PASSED_ON, PassphraseDescriptor};
use crate::storage::{
    BUNDLE_PROMPTS, Bundle, EnvironmentEntry, Index, PassphraseSource, read_passphrase,
};
use aemkeys_core::credential::detect::MAX_INPUT_BYTES;
use aemkeys_core::credential::text::counted;
use aemkeys_core::credential::{Code, Problem, Secret};

/// Summary of an export: the counts, and what is missing from the file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Exported {
    pub environments: usize,
    pub credentials: usize,
    pub tokens: usize,
    pub missing: Vec<String>,
    /// Names of identities whose leaked credential was left out.
    pub leaked: Vec<String>,
}

/// Resolves names to environments without duplicates.
pub fn chosen(index: &Index, names: &[String]) -> Result<Vec<Uuid>, Problem> {
    let mut ids = Vec::new();
    for name in names {
        let id = resolve::environment(index, name)?.id;
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    Ok(ids)
}

/// Reads the passphrase of a file from a descriptor or a prompt (twice for a new one).
pub fn passphrase(
    options: &OpenOptions,
    fd: Option<PassphraseDescriptor>,
    is_new: bool,
) -> Result<Secret, Problem> {
    let source = match (fd, options.ask_passphrase) {
        (Some(fd), _) => PassphraseSource::FileDescriptor(fd),
        (None, Some(ask)) => PassphraseSource::Ask(ask),
        (None, None) => PassphraseSource::None,
    };
    read_passphrase(&source, !is_new, &BUNDLE_PROMPTS).map_err(|error| {
        let problem = error.problem();
        if fd.is_some() || problem.code != Code::PassphraseNeeded {
            return problem;
        }
        Problem {
            message: "the exported file needs a passphrase".to_owned(),
            ..problem.next_step(if PASSED_ON {
                "pass it on an open file descriptor with `--file-passphrase-fd N`"
            } else {
                "run the command in a terminal"
            })
        }
    })
}

/// Reads all items, then writes a new file that only its owner can read. `confirmed`: one per guarded environment.
pub async fn export(
    context: &AppContext,
    environments: Vec<Uuid>,
    confirmed: &[Confirmed],
    with_tokens: bool,
    file: &Path,
    passphrase: Secret,
) -> Result<Exported, Problem> {
    // Lock, so that a concurrent change is not exported half done.
    let _lock = context.lock("add".to_owned()).await?;
    let index = context.read_index()?;
    let entries: Vec<EnvironmentEntry> = environments
        .iter()
        .filter_map(|id| index.environment(*id).cloned())
        .collect();
    let confirmed = confirmed.to_vec();
    let sealed = context
        .storage(move |storage| {
            let (mut bundle, mut exported) = (Bundle::default(), Exported::default());
            storage.expect(entries.iter().map(|entry| entry.id));
            for entry in &entries {
                let Some(environment) = storage.environment(entry.id)? else {
                    exported.missing.push(entry.name.to_string());
                    continue;
                };
                if let Err(problem) = guard::check_each(&confirmed, &environment, Act::Export) {
                    return Ok(Err(problem));
                }
                for identity in &environment.identities {
                    let held = storage.revisions(identity.id, identity.latest_revision)?;
                    let label = &identity.label;
                    let active = held.iter().find(|item| !item.candidate);
                    if active.is_some_and(|active| active.leaked) {
                        exported.leaked.push(format!("{}/{label}", entry.name));
                    }
                    let leaked: Vec<u32> = held
                        .iter()
                        .filter(|item| item.leaked)
                        .map(|item| item.revision)
                        .collect();
                    if held.is_empty() && identity.kind.can_exchange() {
                        exported
                            .missing
                            .push(format!("the credential of {}/{label}", entry.name));
                    }
                    bundle.credentials.extend(
                        held.into_iter()
                            .filter(|item| !item.leaked)
                            .map(|item| (identity.id, item)),
                    );
                    if with_tokens
                        && let Some(token) = storage.usable_token(identity.id)?
                        && !is_of(&token, &leaked)
                    {
                        bundle.tokens.push((identity.id, token));
                    }
                }
                bundle.environments.push(environment);
            }
            bundle.leaked = storage.leaked_keys()?;
            exported.environments = bundle.environments.len();
            exported.credentials = bundle.credentials.len();
            exported.tokens = bundle.tokens.len();
            Ok(Ok((bundle.seal(&passphrase)?, exported)))
        })
        .await?;
    let (sealed, exported) = sealed?;
    if sealed.len() > MAX_INPUT_BYTES {
        return Err(Problem::new(
            Code::InputTooLarge,
            "these environments are too large for one file",
        )
        .cause("an exported file can have at most 1 MiB")
        .next_step("export them by name to several files"));
    }
    export_credential::write_new(file, &Secret::new(sealed))?;
    activity::record(
        context,
        Tone::Note,
        format!(
            "{} exported, with {}",
            counted(exported.environments, "environment"),
            counted(exported.credentials, "credential")
        ),
    );
    Ok(exported)
}
