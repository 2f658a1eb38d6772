//! `.aemkeys.toml` in a project folder: the environment and the preset of `exec` without a name.
//!
//! The file is used only after `aemkeys allow`, which keeps a digest of its path and its content in the state folder. It is
//! read once, so it cannot change between the check and its use.

use std::fs;
use std::path::{Path, PathBuf};

use ring::digest::{SHA256, digest};
use serde::Deserialize;
use uuid::Uuid;

use super::guard::{self, Act, Subject, confirmation_request};
use super::{AppContext, Index, read_input, resolve};
use crate::platform::atomic_file;
use aemkeys_core::credential::text::clean;
use aemkeys_core::credential::{Code, NextStep, Part, Problem};
use aemkeys_core::environment::EnvironmentType;
use aemkeys_core::guidance;

pub const FILE: &str = ".aemkeys.toml";
/// The folder in the state folder with one file per allowed path.
const ALLOWED: &str = "allowed";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    environment: String,
    preset: Option<String>,
}

/// A file that was read.
#[derive(Debug)]
pub struct ProjectFile {
    path: PathBuf,
    /// ENV or ENV/LABEL.
    pub environment: String,
    pub preset: Option<String>,
    /// Of path and content.
    digest: String,
}

/// Returns the path of the nearest file, from `folder` up to the home folder or the root of the repository.
pub fn find(folder: &Path) -> Option<PathBuf> {
    let folder = fs::canonicalize(folder).ok()?;
    let home = std::env::home_dir().and_then(|home| fs::canonicalize(home).ok());
    for folder in folder.ancestors() {
        let file = folder.join(FILE);
        if file.symlink_metadata().is_ok() {
            return Some(file);
        }
        if home.as_deref() == Some(folder) || folder.join(".git").exists() {
            return None;
        }
    }
    None
}

impl ProjectFile {
    pub fn read(path: &Path) -> Result<Self, Problem> {
        const NEXT: &str = "write environment = \"NAME\" and, if needed, preset = \"PRESET\"; it has no other settings";
        let input =
            read_input("the project file", path).map_err(|problem| problem.next_step(NEXT))?;
        let wrong = |why: &str| {
            let what = format!("could not read {}", shown(path));
            Problem::new(Code::Configuration, what)
                .cause(clean(why, 300))
                .next_step(NEXT)
        };
        let text = std::str::from_utf8(input.expose()).map_err(|_| wrong("it is not UTF-8"))?;
        let settings: Settings = toml::from_str(text).map_err(|error| wrong(error.message()))?;
        let whole = [path.as_os_str().as_encoded_bytes(), b"\0", input.expose()].concat();
        Ok(Self {
            path: path.to_path_buf(),
            environment: clean(&settings.environment, 200),
            preset: settings.preset.map(|preset| clean(&preset, 100)),
            digest: hex(&whole),
        })
    }

    /// Returns the path, for a person.
    pub fn shown(&self) -> String {
        shown(&self.path)
    }

    /// Returns the identity that the file names.
    pub fn resolve(&self, index: &Index) -> Result<Uuid, Problem> {
        resolve::identity(index, &self.environment).map_err(|problem| {
            let message = format!("{} (named by {})", problem.message, self.shown());
            Problem { message, ..problem }
        })
    }

    /// Returns whether the file was allowed, and has not changed since.
    pub fn is_allowed(&self, context: &AppContext) -> bool {
        let record = record(context, &self.path);
        let is_file = |record: &PathBuf| {
            fs::symlink_metadata(record).is_ok_and(|it| it.is_file() && it.len() < 100)
        };
        let kept = record
            .filter(is_file)
            .and_then(|it| fs::read_to_string(it).ok());
        kept.as_deref() == Some(self.digest.as_str())
    }

    /// Returns the error of a file that was not allowed.
    pub fn not_allowed(&self) -> Problem {
        let folder = self.path.parent().unwrap_or(&self.path);
        let folder = clean(&folder.to_string_lossy(), 300);
        let what = format!("{} is not allowed yet, or was changed", self.shown());
        Problem::new(Code::ProjectNotAllowed, what)
            .cause("whoever can write the file would choose whose token a program gets")
            .next_step(guidance![
                "read it, then ",
                Part::Step(NextStep::Allow, None, Some(folder)),
                "; or name an environment"
            ])
    }

    /// Allows the file as it was read. `identity`: what it names, which must not be Production or untyped.
    pub async fn allow(&self, context: &AppContext, identity: Uuid) -> Result<(), Problem> {
        self.check_unguarded(context, identity).await?;
        let record = record(context, &self.path).ok_or_else(no_state)?;
        atomic_file::replace(&record, self.digest.as_bytes()).map_err(|error| not_kept(&error))
    }

    /// Fails for Production and untyped environments. The storage decides, not the list.
    pub async fn check_unguarded(
        &self,
        context: &AppContext,
        identity: Uuid,
    ) -> Result<(), Problem> {
        let subject = Subject::Identity(identity);
        let request = confirmation_request(context, subject, Act::Exec).await?;
        if !request.is_guarded() {
            return Ok(());
        }
        Err(self.guarded(request.environment_type()))
    }

    /// Returns the error of a file that names a Production or untyped environment.
    pub fn guarded(&self, environment_type: EnvironmentType) -> Problem {
        let name = &self.environment;
        let cause = format!("{name} {}", guard::why(environment_type));
        let what = format!("{} cannot choose {name}", self.shown());
        Problem::new(Code::Guarded, what)
            .cause(cause)
            .next_step("name the environment on the command line")
    }
}

/// Forgets that a file was allowed. Returns whether it was.
pub fn disallow(context: &AppContext, path: &Path) -> Result<bool, Problem> {
    match fs::remove_file(record(context, path).ok_or_else(no_state)?) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(not_kept(&error)),
    }
}

/// Returns the file that keeps the digest of an allowed file.
fn record(context: &AppContext, path: &Path) -> Option<PathBuf> {
    let name = hex(path.as_os_str().as_encoded_bytes());
    Some(context.state_dir.as_ref()?.join(ALLOWED).join(name))
}

fn hex(bytes: &[u8]) -> String {
    let digest = digest(&SHA256, bytes);
    let bytes = digest.as_ref().iter();
    bytes.fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"))
}

fn shown(path: &Path) -> String {
    clean(&path.display().to_string(), 300)
}

fn no_state() -> Problem {
    Problem::new(Code::NoHome, "there is no folder to remember allowed files")
        .next_step("set HOME, or name an environment")
}

fn not_kept(error: &std::io::Error) -> Problem {
    Problem::new(
        Code::FileNotWritten,
        "could not change the list of allowed files",
    )
    .cause(error.to_string())
    .next_step("check that the state folder is writable")
}
