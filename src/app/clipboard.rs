//! Copies text to the clipboard and clears it.

pub use crate::platform::clipboard::{
    Clipboard, Copied, Surroundings, Way, copy_with_holder, hold,
};
