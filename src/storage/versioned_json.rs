//! JSON with a `version`, which is read first, because a newer version may have another format.

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::StorageError;

/// Reads a value whose version is at most `supported`. `what` names it in errors.
pub fn read<T: DeserializeOwned>(
    bytes: &[u8],
    supported: u32,
    what: &str,
) -> Result<T, StorageError> {
    #[derive(Deserialize)]
    struct FormatVersion {
        version: u32,
    }
    let damaged = |_| StorageError::damaged(what, "it is not in the format of aemkeys");
    let FormatVersion { version } = serde_json::from_slice(bytes).map_err(damaged)?;
    if version > supported {
        return Err(StorageError::NewerFormat {
            item: what.to_owned(),
            version,
        });
    }
    serde_json::from_slice(bytes).map_err(damaged)
}
