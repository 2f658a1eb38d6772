//! Passphrases: on the first start without a keyring and later. The model counts the letters and never knows them.

use aemkeys::app::Index;
use aemkeys::app::storage::PassphraseRequest;
use aemkeys::app::storage::{PassphraseStrength, StorageStatus};
use aemkeys::tui::Settings;
use aemkeys::tui::effect::{Effect, Job, Typed};
use aemkeys::tui::message::{Event, JobOutcome};
use aemkeys_core::credential::{Code, Problem, Secret};

use super::fixture::{Dashboard, settings};
use super::snapshot::snapshot;

/// Nothing is stored, and nobody chose a storage.
fn first_start(columns: u16, rows: u16) -> Dashboard {
    let settings = Settings {
        storage_is_chosen: false,
        ..settings()
    };
    Dashboard::with(Index::default(), settings, columns, rows)
}

fn no_keyring() -> Event {
    Event::StorageChecked(Err(Problem::new(
        Code::NoKeyring,
        "no keyring is available: there is no D-Bus session",
    )))
}

fn typed(effects: &[Effect]) -> Vec<(bool, String)> {
    effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::TypePassphrase {
                again,
                typed: Typed::Add(text),
            } => Some((*again, String::from_utf8_lossy(text.expose()).into_owned())),
            _ => None,
        })
        .collect()
}

#[test]
fn looks_for_a_storage_only_on_the_first_start() {
    let mut fresh = first_start(80, 24);
    // The fixture's first message has asked already; a second one asks no more.
    fresh.send(Event::Clock);
    assert!(!fresh.take_effects().contains(&Effect::LookAtStorage));
    let mut asked = Vec::new();
    for (index, is_chosen) in [
        (Index::default(), false),
        (Index::default(), true),
        (super::fixture::index(), false),
    ] {
        let settings = Settings {
            storage_is_chosen: is_chosen,
            ..settings()
        };
        let mut model = aemkeys::tui::App::new(index, settings, super::fixture::now());
        let effects = aemkeys::tui::update::update(
            &mut model,
            aemkeys::tui::message::Message {
                at: super::fixture::now(),
                event: Event::Clock,
            },
        );
        asked.push(effects.contains(&Effect::LookAtStorage));
    }
    assert_eq!(asked, [true, false, false]);
}

#[test]
fn shows_the_state_of_the_keyring() {
    let mut d = first_start(120, 30);
    d.shows("Checking the Secret Service");
    d.send(Event::StorageChecked(Ok(StorageStatus::Ready)));
    d.shows("● Secrets are stored in: Secret Service");
    d.send(Event::StorageChecked(Ok(StorageStatus::Locked)));
    d.shows("▲ The Secret Service is locked");
}

#[test]
fn first_start_without_a_keyring() {
    let mut d = first_start(120, 30);
    d.send(no_keyring());
    snapshot("first_start_no_keyring", &d);
}

#[test]
fn new_passphrase() {
    let mut d = first_start(120, 30);
    d.keys("Pfour<space>words<enter>four");
    snapshot("passphrase_new", &d);
}

#[test]
fn passphrase_asked_again() {
    let mut d = first_start(120, 30);
    d.send(Event::PassphraseWanted(PassphraseRequest::KnownWasWrong));
    snapshot("passphrase_wrong", &d);
}

#[test]
fn passes_on_a_passphrase_without_storing_it() {
    let mut d = first_start(80, 24);
    d.keys("Pab<backspace>c<enter>q");
    // A letter that is a key elsewhere is a letter here.
    assert!(!d.model.quitting);
    let effects = d.take_effects();
    let texts: Vec<_> = typed(&effects);
    let expected = [(false, "a"), (false, "b"), (false, "c"), (true, "q")];
    assert_eq!(
        texts,
        expected.map(|(again, text)| (again, text.to_owned()))
    );
    d.shows("••");
    d.keys("<enter>");
    assert!(
        matches!(
            d.take_effects().as_slice(),
            [Effect::Run(_, Job::MakePassphraseFile)]
        ),
        "Enter in the second field makes it"
    );
}

#[test]
fn a_pasted_passphrase_is_no_credential() {
    let mut d = first_start(80, 24);
    d.keys("P");
    d.send(Event::Paste(Secret::from("{\"eyJ four words\n")));
    assert_eq!(d.model.pages.len(), 1);
    assert_eq!(typed(&d.take_effects()).len(), 1);
    assert!(!format!("{:?}", d.model).contains("four"));
}

#[test]
fn the_choice_shows_in_the_header() {
    let mut d = first_start(120, 30);
    d.send(no_keyring());
    d.keys("Pa<enter>a<enter>");
    d.finish(Ok(JobOutcome::StorageChosen("passphrase file")));
    let text = d.text();
    assert!(
        text.lines().next().unwrap().contains("passphrase file"),
        "{text}"
    );
    assert!(
        text.contains("secrets are now stored in the passphrase file"),
        "{text}"
    );
    assert!(!text.contains("no keyring"), "{text}");
    d.keys("P");
    assert!(d.model.pages.is_empty());
}

#[test]
fn passphrases_that_differ_are_typed_again() {
    let mut d = first_start(80, 24);
    d.keys("Pa<enter>b<enter>");
    let differ = Problem::new(Code::PassphrasesDiffer, "the two passphrases differ");
    d.finish(Err(differ));
    assert!(d.take_effects().contains(&Effect::ForgetPassphrase));
    d.shows("the two passphrases differ");
    // Both are empty again, and the cursor is in the first.
    d.keys("c");
    assert_eq!(typed(&d.take_effects()), [(false, "c".to_owned())]);
}

#[test]
fn gives_or_refuses_the_passphrase() {
    let mut d = Dashboard::new(80, 24);
    d.send(Event::PassphraseWanted(PassphraseRequest::Known));
    d.take_effects();
    d.keys("<enter>");
    assert!(d.take_effects().is_empty(), "an empty one opens nothing");
    d.keys("x<enter>");
    assert!(
        d.take_effects()
            .contains(&Effect::GivePassphrase { is_new: false })
    );
    assert!(d.model.pages.is_empty());
    d.send(Event::PassphraseWanted(PassphraseRequest::KnownWasWrong));
    d.keys("<esc>");
    assert!(d.take_effects().contains(&Effect::RefusePassphrase));
}

/// With `--storage file` and no file yet: a mistyped passphrase would lock everything away.
#[test]
fn a_new_passphrase_is_typed_twice_whoever_asks_for_it() {
    let mut d = Dashboard::new(80, 24);
    for request in [PassphraseRequest::New, PassphraseRequest::NewDiffered] {
        d.send(Event::PassphraseWanted(request));
        d.shows("Store secrets in a passphrase file");
        let differed = "the two passphrases differ, enter both again";
        assert_eq!(
            d.text().contains(differed),
            request != PassphraseRequest::New
        );
        d.take_effects();
        d.keys("four<enter>");
        assert!(!d.model.pages.is_empty(), "it is not repeated yet");
        d.keys("four<enter>");
        assert!(
            d.take_effects()
                .contains(&Effect::GivePassphrase { is_new: true })
        );
        assert!(d.model.pages.is_empty());
    }
    d.send(Event::PassphraseWanted(PassphraseRequest::New));
    d.keys("<esc>");
    assert!(d.take_effects().contains(&Effect::RefusePassphrase));
}

#[test]
fn the_strength_is_said_while_typing() {
    use PassphraseStrength::{Fair, Strong, TooShort, Weak};
    let mut d = first_start(120, 30);
    d.keys("P");
    // The rule is said before anything is typed.
    d.shows("at least 8 characters, 4 of them different");
    for (strength, words) in [
        (
            TooShort,
            "too short, use at least 8 characters, 4 of them different",
        ),
        (Weak, "weak"),
        (Fair, "fair"),
        (Strong, "strong"),
    ] {
        d.send(Event::PassphraseStrength(Some(strength)));
        d.shows(format!("Strength: {words}"));
    }
    // What the file would refuse is refused in the form.
    d.keys("abc");
    d.send(Event::PassphraseStrength(Some(TooShort)));
    assert!(
        d.effects_of("<enter>abc<enter>")
            .iter()
            .all(|it| !matches!(it, Effect::Run(..)))
    );
    d.shows("use at least 8 characters, 4 of them different");
}

#[test]
fn storing_without_a_keyring_goes_on_in_a_passphrase_file() {
    let mut d = first_start(120, 30);
    d.keys("a<tab><tab><enter><c-u>sdk<enter>");
    let before = d.take_effects();
    let [.., Effect::Run(_, Job::Store { options, .. })] = before.as_slice() else {
        panic!("{before:?}");
    };
    let refused = || Problem::new(Code::NoKeyring, "no keyring is available");
    d.finish(Err(refused()));
    d.shows("No keyring answers, so nothing was stored yet.");
    snapshot("passphrase_offered", &d);
    // Declined, everything entered is still there, and storing asks again.
    d.keys("<esc>");
    d.shows("sdk");
    d.keys("<enter>");
    d.finish(Err(refused()));
    let text = d.text();
    let header = text.lines().next().unwrap();
    assert!(header.contains("no keyring answers: press P"), "{header}");
    d.keys("four<space>words<enter>four<space>words<enter>");
    d.take_effects();
    d.finish(Ok(JobOutcome::StorageChosen("passphrase file")));
    let after = d.take_effects();
    let again = after.iter().find_map(|effect| match effect {
        Effect::Run(_, Job::Store { options, .. }) => Some(options),
        _ => None,
    });
    assert_eq!(again, Some(options));
    let text = d.text();
    let header = text.lines().next().unwrap();
    assert!(header.contains("passphrase file"), "{header}");
}
