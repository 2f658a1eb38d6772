//! The secret of `aemkeys serve`: a random word that every local request must carry. It is kept in the state folder, so that
//! the configuration of a tool stays valid.

use std::fs::{self, File};
use std::path::Path;

use uuid::Uuid;

use super::AppContext;
use crate::platform::{atomic_file, input_file, ownership};
use aemkeys_core::credential::{Code, Problem, Secret};

const FILE: &str = "serve-secret";

/// Hexadecimal digits, 122 random bits.
const LENGTH: usize = 32;

/// Returns the secret that is kept, or a new one if there is none or `replace` is set.
pub fn get(context: &AppContext, replace: bool) -> Result<Secret, Problem> {
    let Some(folder) = &context.state_dir else {
        return Ok(random());
    };
    let path = folder.join(FILE);
    if !replace && let Some(kept) = read(&path) {
        return Ok(kept);
    }
    // A new file, because a replaced one keeps its mode.
    let _ = fs::remove_file(&path);
    let new = random();
    atomic_file::replace(&path, new.expose()).map_err(|error| {
        Problem::new(
            Code::FileNotWritten,
            "could not keep the secret of the server",
        )
        .cause(error.to_string())
        .next_step("check that the state folder is writable, or pass `--no-secret`")
    })?;
    Ok(new)
}

/// Returns the secret that is kept now, which another process may have replaced.
pub fn kept(context: &AppContext) -> Option<Secret> {
    read(&context.state_dir.as_ref()?.join(FILE))
}

/// Returns `None` if the file is missing, could be read by others, or does not contain a secret.
fn read(path: &Path) -> Option<Secret> {
    let is_file = fs::symlink_metadata(path).is_ok_and(|data| data.is_file());
    let file = File::open(path).ok().filter(|_| is_file)?;
    if ownership::exposed_secret(&file, path).ok()?.is_some() {
        return None;
    }
    let kept = input_file::read("the secret", path).ok()?;
    let is_secret = kept.len() == LENGTH && kept.expose().iter().all(u8::is_ascii_hexdigit);
    is_secret.then_some(kept)
}

fn random() -> Secret {
    Secret::from(Uuid::new_v4().simple().to_string())
}
