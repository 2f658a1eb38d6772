//! The title of the terminal's window: how many identities need attention. It names none of them, because a title is visible
//! in window lists and shared screens.

use super::model::Model;

/// Saves the title of the window (XTWINOPS).
pub const SAVE: &str = "\x1b[22;2t";
/// Restores it.
pub const RESTORE: &str = "\x1b[23;2t";

pub fn of(model: &Model) -> String {
    match model.counts.attention_words() {
        Some(words) => format!("aemkeys: {words}"),
        None => "aemkeys".to_owned(),
    }
}

/// Returns the sequence that sets the title (OSC 2).
pub fn sequence(title: &str) -> String {
    format!("\x1b]2;{title}\x07")
}
