//! Reads input files: regular files or `-`, checked before a blocking open, at most 1 MiB.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use aemkeys_core::credential::detect::MAX_INPUT_BYTES;
use aemkeys_core::credential::text::clean;
use aemkeys_core::credential::{Code, Problem, Secret};

/// Reads a file; `-` is standard input. `what` names the file in errors: `the env file`.
pub fn read(what: &str, path: &Path) -> Result<Secret, Problem> {
    if path.as_os_str() == "-" {
        return bounded(io::stdin().lock())
            .map_err(|error| unreadable("standard input", &error))?
            .ok_or_else(|| too_large("standard input"));
    }
    let shown = format!("{what} {}", clean(&path.display().to_string(), 200));
    // Opening a pipe or a device could block forever, so its type is checked first.
    let metadata = std::fs::metadata(path).map_err(|error| unreadable(&shown, &error))?;
    if !metadata.is_file() {
        return Err(Problem::new(
            Code::FileNotRegular,
            format!("{shown} is not a regular file"),
        )
        .cause("directories, pipes and devices are not supported")
        .next_step("pass a file, or `-` to read standard input"));
    }
    let file = File::open(path).map_err(|error| unreadable(&shown, &error))?;
    bounded(file)
        .map_err(|error| unreadable(&shown, &error))?
        .ok_or_else(|| too_large(&shown))
}

/// Reads a file that should contain a credential or a token.
pub fn read_credential(path: &Path) -> Result<Secret, Problem> {
    read("the credential file", path)
}

/// Returns `None` if the input exceeds the limit.
fn bounded(source: impl Read) -> io::Result<Option<Secret>> {
    let mut bytes = Vec::with_capacity(16 * 1024);
    source
        .take(MAX_INPUT_BYTES as u64 + 1)
        .read_to_end(&mut bytes)?;
    let too_large = bytes.len() > MAX_INPUT_BYTES;
    let secret = Secret::new(bytes);
    Ok((!too_large).then_some(secret))
}

fn unreadable(shown: &str, error: &io::Error) -> Problem {
    let (code, cause) = match error.kind() {
        io::ErrorKind::NotFound => (Code::FileNotFound, "the file does not exist".to_owned()),
        kind => (Code::FileUnreadable, kind.to_string()),
    };
    Problem::new(code, format!("could not read {shown}"))
        .cause(cause)
        .next_step("check the path and the file's permissions")
}

fn too_large(shown: &str) -> Problem {
    Problem::new(Code::InputTooLarge, format!("{shown} is larger than 1 MiB"))
        .cause("aemkeys does not read more than that")
        .next_step("check that this is the right file")
}
