//! Hostile texts and pasted secrets never reach the frame.

use aemkeys::app::add::Relation;
use aemkeys::tui::App;
use aemkeys::tui::effect::{Effect, Job};
use aemkeys::tui::frame::Frame;
use aemkeys::tui::message::{Event, JobOutcome};
use aemkeys_core::credential::{AccessToken, Code, Problem};

use super::fixture::{Dashboard, index, settings};
use super::pages::{recognised, results};

const HOSTILE: &str = "a\u{1b}[31mb\u{7}\u{9b}2J\r\n\u{202e}evil\u{200b}\u{0}";

/// Every cell holds one printable cluster; nothing a terminal would act on.
pub fn assert_printable(frame: &Frame) {
    for cell in frame.buffer.content() {
        for letter in cell.symbol().chars() {
            assert!(!letter.is_control(), "{letter:?} in a cell");
            assert!(
                !('\u{202a}'..='\u{202e}').contains(&letter)
                    && !('\u{2066}'..='\u{2069}').contains(&letter),
                "{letter:?} in a cell"
            );
        }
    }
}

#[test]
fn hostile_answers_and_problems_are_drawn_without_control_characters() {
    let mut d = Dashboard::after_keys("jt");
    let mut tiers = results();
    tiers[1].body = format!("<html>{HOSTILE}\n{HOSTILE}");
    d.finish(Ok(JobOutcome::Tested(tiers)));
    assert_printable(&Frame::of(&d.model));
    d.keys("<enter>");
    assert_printable(&Frame::of(&d.model));
}

#[test]
fn pasted_and_typed_text_in_fields_is_cleaned() {
    let mut d = Dashboard::after_keys("je");
    d.send(Event::Paste(HOSTILE.into()));
    assert_printable(&Frame::of(&d.model));
    d.keys("<esc>/");
    d.send(Event::Paste(HOSTILE.into()));
    assert_printable(&Frame::of(&d.model));
}

/// Wherever it is pasted, whatever page is open.
#[test]
fn a_pasted_secret_is_in_no_frame_and_not_in_the_model() {
    const PLANTED: &str = "eyJQTEFOVEVE-planted-secret-a-token-is-longer-than-this";
    for keys in [
        "",
        "2",
        "3",
        "4",
        "a",
        "jjp",
        "jR",
        "je",
        "jDG<enter>",
        "/",
        "?",
        ":",
        "jC",
        "jT",
        "jt",
        "a<tab>",
    ] {
        let mut d = Dashboard::new(120, 30);
        d.keys(keys);
        d.take_effects();
        d.send(Event::Paste(PLANTED.into()));
        let effects = d.take_effects();
        assert!(
            effects
                .iter()
                .all(|effect| matches!(effect, Effect::Run(_, Job::Recognise { .. }))),
            "{keys}: {effects:?}"
        );
        assert_hidden(&d.model, keys);
        if let Some(Effect::Run(task, Job::Recognise { .. })) = effects.first() {
            d.done(
                *task,
                Ok(JobOutcome::Recognised(Box::new(recognised(
                    Relation::NewEnvironment,
                )))),
            );
            assert_hidden(&d.model, keys);
        }
        assert!(!format!("{effects:?}").contains("planted"), "{keys}");
    }
}

fn assert_hidden(model: &App, keys: &str) {
    let frame = Frame::of(model);
    for text in [frame.text(), frame.svg(), format!("{model:?}")] {
        assert!(!text.contains("planted"), "shown after {keys}");
        assert!(!text.contains("QTEFOVEVE"), "shown after {keys}");
    }
}

#[test]
fn claims_show_no_signature() {
    // header {"alg":"RS256"}, payload with the claims IMS writes, a signature
    let signature = "cGxh".repeat(85) + "cA";
    let text = format!(
        "eyJhbGciOiJSUzI1NiJ9.eyJ0eXBlIjoiYWNjZXNzX3Rva2VuIiwiY2xpZW50X2lkIjoiYyIsImNyZWF0ZWRfYXQiOiIxNzY0MDAwMDAwMDAwIiwiZXhwaXJlc19pbiI6Ijg2NDAwMDAwIn0.{signature}"
    );
    let token = AccessToken::from_pasted(&text).unwrap();
    let mut d = Dashboard::after_keys("ji");
    d.finish(Ok(JobOutcome::Claims(token.claims_json())));
    let frame = d.text();
    assert!(frame.contains("access_token"), "{frame}");
    assert!(!frame.contains("cGxhcGxh"), "{frame}");
}

#[test]
fn a_report_holds_the_problem_and_nothing_else() {
    let mut d = Dashboard::with(index(), settings(), 120, 30);
    d.keys("jx");
    let problem = Problem::new(Code::ImsKeyNotBound, "IMS does not accept the signature")
        .debug_id(Some("a1b2".to_owned()));
    d.finish(Err(problem));
    let effects = d.effects_of("Ey");
    let [Effect::Run(_, Job::CopyText { text, .. })] = effects.as_slice() else {
        panic!("{effects:?}");
    };
    assert!(text.contains("ims-key-not-bound") && text.contains("a1b2"));
    assert!(!text.contains("wknd") && !text.contains("adobeaemcloud"));
}
