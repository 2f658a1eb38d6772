//! How does a text get on the clipboard of this computer, and off it again?

pub use crate::platform::clipboard::{
    Clipboard, Copied, Surroundings, Way, copy_with_holder, hold,
};
