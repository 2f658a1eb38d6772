//! Saves the activity page to the activity log and loads it at the start.

use crate::app::AppContext;
use crate::app::activity::{self, ActivityEntry, ActivityResult};
use crate::tui::model::{Activity, Model, Tone};

/// Returns the activity of earlier sessions, newest first.
pub fn load(context: &AppContext) -> Vec<Activity> {
    activity::read(context)
        .into_iter()
        .map(|done| Activity {
            at: done.at,
            tone: match done.result {
                ActivityResult::Done => Tone::Fine,
                ActivityResult::Noted => Tone::Note,
                ActivityResult::Warned => Tone::Warning,
                ActivityResult::Failed => Tone::Bad,
            },
            text: done.text,
        })
        .collect()
}

/// Saves the new entries.
pub fn save(context: &AppContext, model: &mut Model) {
    if model.unsaved_activity.is_empty() {
        return;
    }
    let entries: Vec<ActivityEntry> = std::mem::take(&mut model.unsaved_activity)
        .into_iter()
        .map(|entry| ActivityEntry {
            at: entry.at,
            result: match entry.tone {
                Tone::Fine => ActivityResult::Done,
                Tone::Note => ActivityResult::Noted,
                Tone::Warning => ActivityResult::Warned,
                Tone::Bad => ActivityResult::Failed,
            },
            text: entry.text,
        })
        .collect();
    let context = context.clone();
    // On another thread, because a slow disk must not delay the handling of keys.
    let _ = std::thread::Builder::new()
        .name("activity-log".to_owned())
        .spawn(move || activity::append(&context, &entries));
}
