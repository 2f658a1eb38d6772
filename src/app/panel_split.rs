//! How the user divided the screen between list and details, kept in the state folder.

use serde::{Deserialize, Serialize};

use super::{AppContext, state_file};
use aemkeys_core::credential::Problem;

const FILE: &str = "panels.json";

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

/// Reads the split. Another share than those to choose from counts as none.
pub fn read(context: &AppContext) -> Option<PanelSplit> {
    let split: Option<PanelSplit> = state_file::read(context, FILE);
    split.filter(|split| PanelSplit::ALL.contains(split))
}

pub fn write(context: &AppContext, split: PanelSplit) -> Result<(), Problem> {
    let message = "could not save the width of the panels";
    state_file::write(context, FILE, &split, message)
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
