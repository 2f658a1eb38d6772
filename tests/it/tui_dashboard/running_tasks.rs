//! The footer while a task runs: it names what it waits for and stays visible.

use aemkeys::app::Wait;
use aemkeys::tui::message::Event;
use aemkeys::tui::model::Tone;

use super::fixture::{Dashboard, index, settings};

#[test]
fn long_tasks_show_what_they_wait_for() {
    for (storage, wait, words) in [
        ("Secret Service", Wait::Answer, "waiting for the keyring"),
        (
            "Secret Service",
            Wait::Unlocking,
            "waiting for the keyring to be unlocked",
        ),
        (
            "passphrase file",
            Wait::Answer,
            "waiting for the passphrase file",
        ),
        (
            "passphrase file",
            Wait::Unlocking,
            "opening the passphrase file",
        ),
    ] {
        let mut settings = settings();
        storage.clone_into(&mut settings.storage);
        let mut d = Dashboard::with(index(), settings, 120, 30);
        d.keys("jc");
        assert!(!d.text().contains(words), "{words}");
        d.send(Event::StorageWaits(Some(wait)));
        assert!(d.text().contains(words), "{words}: {}", d.text());
        d.send(Event::StorageWaits(None));
        assert!(!d.text().contains(words), "{words}");
        // Cancelled while it waits: what comes next has not waited yet.
        d.send(Event::StorageWaits(Some(wait)));
        d.keys("<c-c>c");
        d.shows("getting a token");
        assert!(!d.text().contains(words), "{words}");
    }
}

#[test]
fn a_long_message_leaves_space_for_the_running_task() {
    for columns in [120, 80] {
        let mut d = Dashboard::new(columns, 30);
        d.keys("jx");
        d.model.say(Tone::Warning, "many words ".repeat(60));
        d.send(Event::Clock);
        d.shows("exchanging");
        d.shows("many words");
    }
}
