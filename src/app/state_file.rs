//! Small JSON files of the state folder. They hold nothing that can't be lost: one that is missing or damaged counts as empty.

use std::fs;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::AppContext;
use crate::platform::atomic_file;
use aemkeys_core::credential::{Code, Problem};

/// 2,000 environments of Cloud Manager have about 2 MB.
const MAX_BYTES: u64 = 16 * 1024 * 1024;

/// Reads a file. Without a state folder, as in the demo, it counts as missing.
pub fn read<T: DeserializeOwned + Default>(context: &AppContext, name: &str) -> T {
    let path = context.state_dir.as_ref().map(|folder| folder.join(name));
    let is_sound = |path: &std::path::PathBuf| {
        fs::symlink_metadata(path).is_ok_and(|it| it.is_file() && it.len() <= MAX_BYTES)
    };
    path.filter(is_sound)
        .and_then(|path| fs::read(path).ok())
        .and_then(|bytes| serde_json::from_slice(&bytes).ok())
        .unwrap_or_default()
}

/// Replaces a file. `message`: what the error says. Without a state folder, nothing is kept.
pub fn write(
    context: &AppContext,
    name: &str,
    value: &impl Serialize,
    message: &str,
) -> Result<(), Problem> {
    let Some(folder) = &context.state_dir else {
        return Ok(());
    };
    let bytes = serde_json::to_vec(value).unwrap_or_default();
    atomic_file::replace(&folder.join(name), &bytes).map_err(|error| {
        Problem::new(Code::FileNotWritten, message)
            .cause(error.to_string())
            .next_step("check that the state folder is writable")
    })
}
