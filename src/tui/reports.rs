//! What is told to the user: messages, the activity and errors.

use jiff::SignedDuration;

use super::action::{Action, Context};
use super::model::{ErrorEntry, Model, Toast, Tone};
use super::next_step::in_keys;
use crate::app::activity::ActivityEntry;
use crate::app::rotate::{RemainingSteps, remaining_steps};
use aemkeys_core::credential::{Guidance, Problem};
use aemkeys_core::time;

impl Model {
    pub fn say(&mut self, tone: Tone, text: impl Into<String>) {
        let seconds = match tone {
            Tone::Fine | Tone::Note => 4,
            Tone::Warning | Tone::Bad => 10,
        };
        self.toast = Some(Toast {
            tone,
            text: text.into(),
            until: self.now + SignedDuration::from_secs(seconds),
        });
    }

    /// Adds an entry to the activity page.
    pub fn record(&mut self, tone: Tone, text: impl Into<String>) {
        const KEPT: usize = 500;
        let entry = ActivityEntry {
            at: self.now,
            tone,
            text: text.into(),
        };
        self.unsaved_activity.push(entry.clone());
        self.activity.insert(0, entry);
        self.activity.truncate(KEPT);
    }

    /// Reports an error, which stays until it is read.
    pub fn fail(&mut self, about: impl Into<String>, problem: Problem) {
        let about = about.into();
        self.record(Tone::Bad, format!("{about}: {problem}"));
        self.add_error(about, problem, false);
    }

    /// Adds an entry to the errors page.
    pub fn add_error(&mut self, about: String, problem: Problem, read: bool) {
        const KEPT: usize = 100;
        self.toast = None;
        self.errors.insert(
            0,
            ErrorEntry {
                at: self.now,
                about,
                problem,
                read,
            },
        );
        self.errors.truncate(KEPT);
    }

    /// Shows a message with the first warning, and adds all of them to the activity.
    pub fn report(&mut self, words: String, warnings: &[Guidance]) {
        // The message outlasts the page.
        let keymap = &self.settings.keymap;
        let in_keys = |it| in_keys(it, keymap, Context::List);
        let warnings: Vec<String> = warnings.iter().map(in_keys).collect();
        self.record(Tone::Fine, words.clone());
        for warning in &warnings {
            self.record(Tone::Warning, warning.clone());
        }
        match warnings.first() {
            Some(warning) => self.say(Tone::Warning, format!("{words}; {warning}")),
            None => self.say(Tone::Fine, words),
        }
    }

    /// Shows a notice at the start for interrupted rotations and credentials that expire soon.
    pub fn show_notices(&mut self) {
        let notice = self.settings.thresholds.credential_notice;
        let soon: Vec<String> = self
            .identities()
            .filter(|(_, identity)| {
                identity
                    .credential
                    .as_ref()
                    .and_then(|facts| facts.not_after)
                    .is_some_and(|end| end > self.now && end.duration_since(self.now) <= notice)
            })
            .map(|(_, identity)| self.name_of(identity.id))
            .collect();
        let interrupted: Vec<String> = self
            .identities()
            .filter(|(_, identity)| {
                matches!(
                    remaining_steps(identity),
                    Some(RemainingSteps::Begun { .. })
                )
            })
            .map(|(_, identity)| self.name_of(identity.id))
            .collect();
        let rotate = self.press(Action::Rotate);
        if !interrupted.is_empty() {
            let names = interrupted.join(", ");
            self.say(
                Tone::Warning,
                format!("the rotation of {names} was interrupted: {rotate} to continue"),
            );
        }
        if !soon.is_empty() {
            let within = time::duration(notice);
            let end = if soon.len() == 1 { "expires" } else { "expire" };
            let names = soon.join(", ");
            self.say(
                Tone::Bad,
                format!("{names} {end} within {within}: {rotate} to rotate"),
            );
        }
    }
}
