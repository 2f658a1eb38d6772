//! JSON with a `version`. A newer version may have another format.

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::StorageError;

/// Reads a value whose version is at most `supported`. `what` names it in errors.
///
/// Parses the value first, and the version alone only if that fails: parsing a long list twice would delay the first frame.
pub fn read<T: DeserializeOwned>(
    bytes: &[u8],
    supported: u32,
    version: impl FnOnce(&T) -> u32,
    what: &str,
) -> Result<T, StorageError> {
    #[derive(Deserialize)]
    struct FormatVersion {
        version: u32,
    }
    let damaged = || StorageError::damaged(what, "it is not in the format of aemkeys");
    // Checked once: `from_slice` checks every string by itself.
    let text = std::str::from_utf8(bytes).map_err(|_| damaged())?;
    let value = serde_json::from_str::<T>(text);
    let found = if let Ok(value) = &value {
        version(value)
    } else {
        let format: FormatVersion = serde_json::from_str(text).map_err(|_| damaged())?;
        format.version
    };
    if found > supported {
        return Err(StorageError::NewerFormat {
            item: what.to_owned(),
            version: found,
        });
    }
    value.map_err(|_| damaged())
}
