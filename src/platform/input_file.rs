//! How is a person's file read? Regular files or `-` only, checked before a blocking open, at most 1 MiB.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use crate::credential::detect::MAX_INPUT_BYTES;
use crate::credential::text::clean;
use crate::credential::{Code, Problem, Secret};

/// `-` is standard input.
pub fn read(path: &Path) -> Result<Secret, Problem> {
    if path.as_os_str() == "-" {
        return bounded(io::stdin().lock())
            .map_err(|error| unreadable("standard input", &error))?
            .ok_or_else(|| too_large("standard input"));
    }
    let shown = clean(&path.display().to_string(), 200);
    // Opening a pipe or a device could wait for ever, so the kind is looked at first.
    let metadata = std::fs::metadata(path).map_err(|error| unreadable(&shown, &error))?;
    if !metadata.is_file() {
        return Err(
            Problem::new(Code::FileNotRegular, format!("{shown} is no regular file"))
                .cause("folders, pipes and devices are not read")
                .next_step("name a file, or pass the content through standard input with `-`"),
        );
    }
    let file = File::open(path).map_err(|error| unreadable(&shown, &error))?;
    bounded(file)
        .map_err(|error| unreadable(&shown, &error))?
        .ok_or_else(|| too_large(&shown))
}

/// `None` when there is more than the limit.
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
        io::ErrorKind::NotFound => (Code::FileNotFound, "there is no such file".to_owned()),
        kind => (Code::FileUnreadable, kind.to_string()),
    };
    Problem::new(code, format!("{shown} cannot be read"))
        .cause(cause)
        .next_step("check the path and the file's permissions")
}

fn too_large(shown: &str) -> Problem {
    Problem::new(Code::InputTooLarge, format!("{shown} is larger than 1 MiB"))
        .cause("a credential is about 6 KB, a token about 2 KB")
        .next_step("check which file this is")
}
