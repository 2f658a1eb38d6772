//! Saves the activity page to the activity log.

use crate::app::{AppContext, activity};
use crate::tui::model::Model;

/// Saves the new entries.
pub fn save(context: &AppContext, model: &mut Model) {
    let entries = std::mem::take(&mut model.unsaved_activity);
    if entries.is_empty() {
        return;
    }
    let context = context.clone();
    // On another thread, because a slow disk must not delay the handling of keys.
    let _ = std::thread::Builder::new()
        .name("activity-log".to_owned())
        .spawn(move || activity::append(&context, &entries));
}
