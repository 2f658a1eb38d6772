//! The menu to copy anything that is not secret.

use aemkeys::tui::effect::{Effect, Job};
use aemkeys::tui::message::{CopyOutcome, JobOutcome};
use aemkeys_core::credential::{Code, Problem};

use super::fixture::Dashboard;
use super::pages::results;
use super::snapshot::snapshot;

/// What is copied by these keys.
fn copied(d: &mut Dashboard, keys: &str) -> String {
    match d.effects_of(keys).as_slice() {
        [Effect::Run(_, Job::CopyText { text, .. })] => text.clone(),
        other => panic!("{keys}: {other:?}"),
    }
}

#[test]
fn everything_known_of_an_identity_is_copied() {
    snapshot("copy_menu", &Dashboard::after_keys("jY"));
    let mut d = Dashboard::after_keys("j");
    for (words, expected) in [
        ("author", "author-p123-e1250.adobeaemcloud.com"),
        ("publish<space>domain", "stage.wknd.example"),
        ("program", "p123-e1250"),
        ("client", "cm-p123-e1250-integration-0"),
        (
            "account<space>id",
            "4A1B2C3D4E5F60718293A4B5@techacct.adobe.com",
        ),
        ("login", "abcd1234-aaaa-bbbb@techacct.adobe.com"),
        ("org", "1234567890ABCDEF12345678@AdobeOrg"),
        ("expiry<space>date", "2026-12-18T16:03:00Z"),
    ] {
        assert_eq!(
            copied(&mut d, &format!("Y{words}<enter>")),
            expected,
            "{words}"
        );
    }
    // Only what exists.
    for (row, words) in [("G", "debug"), ("kk", "client"), ("g", "domain")] {
        assert_eq!(
            d.effects_of(&format!("{row}Y{words}<enter>")),
            [],
            "{words}"
        );
        d.keys("<esc>");
    }
}

#[test]
fn the_test_page_and_the_errors_add_what_they_show() {
    let mut d = Dashboard::after_keys("jt");
    d.finish(Ok(JobOutcome::Tested(results())));
    let body = results()[1].body.clone();
    assert_eq!(copied(&mut d, "Y<enter>"), body);
    assert!(copied(&mut d, "Yaddress<enter>").starts_with("https://publish-"));
    assert_eq!(
        copied(&mut d, "Yclient<enter>"),
        "cm-p123-e1250-integration-0"
    );
    d.keys("<esc>x");
    let mut problem = Problem::new(Code::NoAnswer, "no answer");
    problem.debug_id = Some("debug-7".to_owned());
    d.finish(Err(problem));
    assert_eq!(copied(&mut d, "EYdebug<enter>"), "debug-7");
    assert_eq!(copied(&mut d, "Ycode<enter>"), "no-answer");
    // Also from the row itself.
    assert_eq!(copied(&mut d, "<esc>Ydebug<enter>"), "debug-7");
}

#[test]
fn a_copy_by_the_terminal_is_said_once() {
    let mut d = Dashboard::new(80, 24);
    d.keys("jc");
    d.finish(Ok(JobOutcome::Copied(CopyOutcome {
        what: "token".to_owned(),
        can_be_cleared: false,
        warnings: Vec::new(),
    })));
    let text = d.text();
    assert_eq!(text.matches("copied").count(), 1, "{text}");
    d.shows("token copied; the terminal can't clear it");
    assert_eq!(d.model.activity.len(), 1);
}
