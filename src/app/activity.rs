//! Activity log in the state folder, bounded in size; contains no secrets.

use std::io::{Seek, SeekFrom, Write};
use std::path::PathBuf;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::AppContext;
use crate::platform::{atomic_file, ownership};

/// Number of entries shown, and kept when the file is truncated.
const KEPT: usize = 500;
/// Number of lines above which the file is truncated.
const MOST: usize = 1000;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActivityEntry {
    pub at: Timestamp,
    pub tone: Tone,
    /// One sanitised line of text.
    #[serde(deserialize_with = "aemkeys_core::credential::serde_helpers::text")]
    pub text: String,
}

/// The tone of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Tone {
    Fine,
    Note,
    Warning,
    Bad,
}

fn file(context: &AppContext) -> Option<PathBuf> {
    context
        .state_dir
        .as_ref()
        .map(|directory| directory.join("activity.jsonl"))
}

/// Returns the entries, newest first. Unreadable lines are skipped.
pub fn read(context: &AppContext) -> Vec<ActivityEntry> {
    let Some(text) = file(context).and_then(|file| std::fs::read_to_string(file).ok()) else {
        return Vec::new();
    };
    text.lines()
        .rev()
        .filter_map(|line| serde_json::from_str(line).ok())
        .take(KEPT)
        .collect()
}

/// Appends one entry with the current time.
pub(super) fn record(context: &AppContext, tone: Tone, text: String) {
    let at = context.clock.now();
    append(context, &[ActivityEntry { at, tone, text }]);
}

/// Appends entries. Errors are ignored.
pub fn append(context: &AppContext, entries: &[ActivityEntry]) {
    let Some(path) = file(context) else { return };
    let mut lines = String::new();
    for entry in entries {
        lines.push_str(&serde_json::to_string(entry).unwrap_or_default());
        lines.push('\n');
    }
    let known = std::fs::read_to_string(&path).unwrap_or_default();
    let is_new = known.is_empty();
    if is_new || known.lines().count() + entries.len() > MOST {
        let kept: Vec<&str> = known.lines().rev().take(KEPT).collect();
        let mut all = String::new();
        for line in kept.into_iter().rev() {
            all.push_str(line);
            all.push('\n');
        }
        all.push_str(&lines);
        let _ = atomic_file::replace(&path, all.as_bytes());
        return;
    }
    let _ = ownership::open(&path).and_then(|mut file| {
        file.seek(SeekFrom::End(0))?;
        file.write_all(lines.as_bytes())
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kept_across_starts_newest_first_and_bounded() {
        let directory = tempfile::tempdir().unwrap();
        let mut context = crate::app::stateless_context().unwrap();
        context.state_dir = Some(directory.path().to_path_buf());
        for number in 0..MOST + 50 {
            let entry = ActivityEntry {
                at: Timestamp::UNIX_EPOCH,
                tone: Tone::Fine,
                text: format!("entry {number}"),
            };
            append(&context, &[entry]);
        }
        let read = read(&context);
        assert_eq!(read.len(), KEPT);
        assert_eq!(read[0].text, format!("entry {}", MOST + 49));
        let lines = std::fs::read_to_string(directory.path().join("activity.jsonl")).unwrap();
        assert!(lines.lines().count() <= MOST);
    }
}
