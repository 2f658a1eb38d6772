//! Texts of the activity, the details, the next steps and the filter.

use aemkeys::app::Verdict;
use aemkeys::app::add::Relation;
use aemkeys::tui::message::{Event, JobOutcome};
use aemkeys::tui::model::Tone;
use aemkeys_core::credential::NextStep;
use aemkeys_core::credential::{Code, Problem};
use jiff::tz::TimeZone;

use super::fixture::{Dashboard, index, settings};
use super::pages::{recognised, results};

fn problem() -> Problem {
    Problem::new(Code::KeyringLocked, "the keyring is locked")
}

#[test]
fn the_activity_names_the_environment() {
    let mut d = Dashboard::after_keys("je<end>2<enter>");
    d.finish(Ok(JobOutcome::Said("saved".to_owned())));
    d.keys("DG<enter>wknd-stage<enter>");
    d.finish(Ok(JobOutcome::Said("removed".to_owned())));
    d.keys("ggDG<enter>brand-prod<enter>");
    d.finish(Ok(JobOutcome::Said("removed".to_owned())));
    d.keys("o<enter>");
    let url = "https://author-p77-e901.adobeaemcloud.com";
    d.finish(Ok(JobOutcome::Said(format!("{url} opened"))));
    let said: Vec<String> = d
        .model
        .activity
        .iter()
        .map(|done| done.text.clone())
        .collect();
    assert_eq!(
        said,
        [
            format!("{url} opened"),
            "brand-prod: removed".to_owned(),
            "wknd-stage: removed".to_owned(),
            "wknd-stage: saved".to_owned(),
        ]
    );
}

#[test]
fn the_activity_lists_failures_shown_on_a_page() {
    let mut d = Dashboard::after_keys("je<end>2<enter>");
    d.finish(Err(problem()));
    d.keys("<esc>");
    d.model.pages.clear();
    d.send(Event::Paste("{}".into()));
    let found = recognised(Relation::NewEnvironment);
    d.finish(Ok(JobOutcome::Recognised(Box::new(found))));
    d.keys("<enter><enter>");
    d.finish(Err(problem()));
    let said: Vec<(Tone, &str)> = d
        .model
        .activity
        .iter()
        .map(|done| (done.tone, done.text.as_str()))
        .collect();
    assert_eq!(
        said,
        [
            (Tone::Bad, "p123-e1250: the keyring is locked"),
            (Tone::Bad, "wknd-stage: the keyring is locked"),
        ]
    );
}

#[test]
fn the_details_show_all_known_facts() {
    let mut settings = settings();
    settings.zone = TimeZone::fixed(jiff::tz::offset(1));
    let mut d = Dashboard::with(index(), settings, 120, 50);
    d.keys("j");
    let text = d.text();
    for known in [
        "issued      18 Dec 2025, 17:03:00 +01 (16:03:00 UTC)",
        "expires     18 Dec 2026, 17:03:00 +01 (16:03:00 UTC)",
        "token       expires 23 Nov 2026, 14:15:00 +01",
        "IMS         ims-na1.adobelogin.com",
        "scopes      ent_aem_cloud_api",
    ] {
        assert!(text.contains(known), "{known} not in:\n{text}");
    }
    // An account is never cut: on a narrow screen it goes on below.
    let mut d = Dashboard::new(40, 40);
    d.keys("jl");
    let text = d.text();
    assert!(
        text.contains("abcd1234-aaaa-bbbb@ ") && text.contains("  techacct.adobe.com"),
        "{text}"
    );
}

#[test]
fn next_steps_name_keys_instead_of_commands() {
    let mut d = Dashboard::after_keys("jt");
    let mut tiers = results();
    tiers[1].verdict = Verdict::TokenRefused;
    tiers[1].next_step = Some(aemkeys_core::guidance![
        "to test such an API, ",
        NextStep::TestOpenApi
    ]);
    d.finish(Ok(JobOutcome::Tested(tiers)));
    d.shows("to test such an API, press T on the list");
    d.keys("<esc>2");
    let text = d.text();
    assert!(
        text.contains("then press R") && !text.contains("aemkeys rotate"),
        "{text}"
    );
}

#[test]
fn filters_states_by_the_words_of_the_list() {
    for (word, shown) in [
        ("expired", 1),
        ("fine", 3),
        ("soon", 4),
        ("urgent", 2),
        ("none", 2),
        ("unknown", 0),
        ("", 7),
    ] {
        let mut d = Dashboard::new(120, 30);
        d.keys(&format!("/is:{word}"));
        assert_eq!(d.model.list.shown_count(), shown, "is:{word}");
        d.hides("none of the states");
    }
    let d = Dashboard::after_keys("/is:late");
    assert_eq!(d.model.list.shown_count(), 0);
    d.shows("unknown state is:late; use attention, fine, soon");
}

#[test]
fn a_message_is_cleared_by_another_page() {
    let mut d = Dashboard::new(120, 30);
    for keys in ["?", "<esc>", "2", "1"] {
        d.model.say(Tone::Warning, "about the page before");
        d.keys("j");
        d.says("about the page before");
        d.keys(keys);
        assert_eq!(d.toast(), "", "{keys}");
    }
    // A message about what closed the page stays.
    d.keys("4");
    d.keys("/");
    d.says("no checks yet");
}

#[test]
fn a_development_token_is_not_rotated() {
    let mut d = Dashboard::after_keys("/wknd-dev<enter>R");
    d.says("has no certificate to rotate: press p");
    d.keys("<esc>/sdk<enter>R");
    d.says("has no certificate to rotate");
}
