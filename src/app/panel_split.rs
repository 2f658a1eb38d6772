//! How the user divided the screen between list and details, kept in the state folder.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::AppContext;
use crate::platform::atomic_file;
use aemkeys_core::credential::{Code, Problem};

/// The list's share of the screen, in percent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PanelSplit {
    pub list: u16,
}

impl PanelSplit {
    /// The shares to choose from.
    pub const ALL: [Self; 11] = {
        let mut all = [Self { list: 30 }; 11];
        let mut at = 1;
        while at < all.len() {
            all[at].list = all[at - 1].list + 5;
            at += 1;
        }
        all
    };
}

fn file(context: &AppContext) -> Option<PathBuf> {
    let folder = context.state_dir.as_ref()?;
    Some(folder.join("panels.json"))
}

/// Reads the split. An unreadable file, or another share than those to choose from, counts as none.
pub fn read(context: &AppContext) -> Option<PanelSplit> {
    let bytes = std::fs::read(file(context)?).ok()?;
    let split: PanelSplit = serde_json::from_slice(&bytes).ok()?;
    PanelSplit::ALL.contains(&split).then_some(split)
}

pub fn write(context: &AppContext, split: PanelSplit) -> Result<(), Problem> {
    let Some(path) = file(context) else {
        return Ok(());
    };
    let bytes = serde_json::to_vec(&split).unwrap_or_default();
    atomic_file::replace(&path, &bytes).map_err(|error| {
        let message = "could not save the width of the panels";
        Problem::new(Code::FileNotWritten, message).cause(error.to_string())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_offered_splits_are_read() {
        let folder = tempfile::tempdir().unwrap();
        let mut context = crate::app::stateless_context().unwrap();
        assert_eq!(read(&context), None);
        context.state_dir = Some(folder.path().to_owned());
        for split in PanelSplit::ALL {
            write(&context, split).unwrap();
            assert_eq!(read(&context), Some(split));
        }
        for wrong in [
            "",
            "{}",
            "{\"list\":0}",
            "{\"list\":65535}",
            "{\"list\":-1}",
            "7",
        ] {
            std::fs::write(folder.path().join("panels.json"), wrong).unwrap();
            assert_eq!(read(&context), None, "{wrong}");
        }
    }
}
