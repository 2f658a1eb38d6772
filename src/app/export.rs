//! Exports environments to one file encrypted with a passphrase.

use std::path::Path;

use uuid::Uuid;

use super::activity::{self, Done, Outcome};
use super::bootstrap::OpenOptions;
use super::guard::{self, Act, Confirmed};
use super::rotate::is_of;
use super::{World, export_credential, resolve};
use crate::credential::detect::MAX_INPUT_BYTES;
use crate::credential::{Code, Problem, Secret};
use crate::platform::descriptors::PassphraseDescriptor;
use crate::vault::{
    BUNDLE_PROMPTS, Bundle, EnvironmentEntry, Index, PassphraseSource, VaultError, read_passphrase,
};

/// What is in the file, in numbers, and what should be and is not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Exported {
    pub environments: usize,
    pub credentials: usize,
    pub tokens: usize,
    pub missing: Vec<String>,
    /// Whose credential is marked as leaked, and is left out.
    pub leaked: Vec<String>,
}

/// The environments meant by these names, each once.
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

/// A passphrase for a file: from a descriptor, or typed (a new one twice).
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
        if matches!(error, VaultError::NoPassphrase) {
            Problem::new(
                Code::PassphraseNeeded,
                "the exported file needs a passphrase",
            )
            .cause("none was typed, and there is no terminal to ask on")
            .next_step("`--file-passphrase-fd N` reads it from an open file descriptor")
        } else {
            error.problem()
        }
    })
}

/// Reads everything, then writes a new file that only its owner can read. `confirmed`: one for each guarded environment.
pub async fn export(
    world: &World,
    environments: Vec<Uuid>,
    confirmed: &[Confirmed],
    with_tokens: bool,
    file: &Path,
    passphrase: Secret,
) -> Result<Exported, Problem> {
    // What is being added, removed or rotated is not read half.
    let _lock = world.lock("add".to_owned()).await?;
    let index = world.read_index()?;
    let entries: Vec<EnvironmentEntry> = environments
        .iter()
        .filter_map(|id| index.environment(*id).cloned())
        .collect();
    let confirmed = confirmed.to_vec();
    let sealed = world
        .vault(move |vault| {
            let (mut bundle, mut exported) = (Bundle::default(), Exported::default());
            for entry in &entries {
                let Some(environment) = vault.environment(entry.id)? else {
                    exported.missing.push(entry.name.to_string());
                    continue;
                };
                if let Err(problem) = guard::check_each(&confirmed, &environment, Act::Export) {
                    return Ok(Err(problem));
                }
                for identity in &environment.identities {
                    let held = vault.revisions(identity.id, identity.latest_revision)?;
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
                        && let Some(token) = vault.usable_token(identity.id)?
                        && !is_of(&token, &leaked)
                    {
                        bundle.tokens.push((identity.id, token));
                    }
                }
                bundle.environments.push(environment);
            }
            bundle.leaked = vault.leaked_keys()?;
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
            "these environments do not fit into one file",
        )
        .cause("an exported file has at most 1 MiB")
        .next_step("export them in several files, by their names"));
    }
    export_credential::write_new(file, &Secret::new(sealed))?;
    let entry = Done {
        at: world.clock.now(),
        result: Outcome::Noted,
        text: format!(
            "{} environments exported, with {} credentials",
            exported.environments, exported.credentials
        ),
    };
    activity::append(world, &[entry]);
    Ok(exported)
}
