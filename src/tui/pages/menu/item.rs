//! An item of a menu.

use crate::tui::command::AppCommand;

/// The title and the items.
pub type Menu = (String, Vec<MenuItem>);

#[derive(Clone, Debug)]
pub struct MenuItem {
    pub title: String,
    pub note: String,
    /// Why it is not available.
    pub off: Option<String>,
    pub is_danger: bool,
    pub then: AppCommand,
}

impl MenuItem {
    pub fn new(title: impl Into<String>, note: impl Into<String>, then: AppCommand) -> Self {
        Self {
            title: title.into(),
            note: note.into(),
            off: None,
            is_danger: false,
            then,
        }
    }
}
