//! Failed exchanges and tests stay visible, and the header counts what needs attention.

use std::sync::Arc;

use aemkeys::app::Verdict;
use aemkeys::tui::action::{Action, Context};
use aemkeys::tui::frame::Frame;
use aemkeys::tui::message::{ClickTarget, Event, ExchangeOutcome, JobOutcome};
use aemkeys_core::credential::{Code, Problem};
use jiff::SignedDuration;

use super::fixture::{Dashboard, id, index, now, settings, token};
use super::list::forty;
use super::pages::results;
use super::snapshot::page_at_sizes_with;

const REASON: &str = "IMS refused the credential because its certificate was removed from the project in the console";

fn refused() -> Problem {
    Problem::new(Code::parse("ims-key-not-bound").unwrap(), REASON)
        .cause("the public key is not bound to the technical account")
        .next_step("add the certificate again")
}

fn exchanged() -> JobOutcome {
    JobOutcome::Exchanged(ExchangeOutcome {
        facts: token("new", SignedDuration::from_hours(24)),
        warnings: Vec::new(),
    })
}

/// The row with the cursor.
fn row(d: &Dashboard) -> String {
    let frame = Frame::of(&d.model);
    let y = usize::from(frame.cursor.unwrap().y);
    frame.text().lines().nth(y).unwrap().to_owned()
}

/// All words of the screen, whatever its line breaks.
fn words(d: &Dashboard) -> String {
    let text = d.text().replace(['│', '┃'], " ");
    let text: Vec<&str> = text.split_whitespace().collect();
    text.join(" ")
}

#[test]
fn a_failed_exchange_stays_until_one_succeeds() {
    let mut d = Dashboard::with(forty(), settings(), 40, 24);
    d.keys("jjx");
    d.finish(Err(refused()));
    assert!(row(&d).contains("✕ failed"), "{}", row(&d));
    // The message goes away and the errors are read; the failure stays, through a new index too.
    d.keys("E<esc>");
    d.send_at(
        now() + SignedDuration::from_mins(90),
        Event::Index(Arc::new(forty())),
    );
    assert!(row(&d).contains("✕ failed"), "{}", row(&d));
    // Nothing of the reason is cut.
    d.keys("<enter>");
    let shown = words(&d);
    assert!(
        shown.contains("Exchange failed at 14:03") && shown.contains(REASON),
        "{shown}"
    );
    d.keys("<enter>");
    assert_eq!(d.model.context(), Context::Guide);
    d.keys("<esc><esc>x");
    d.finish(Ok(exchanged()));
    assert!(!row(&d).contains('✕'), "{}", row(&d));
    d.keys("<enter>").hides("Exchange failed");
}

#[test]
fn a_new_token_from_elsewhere_ends_a_failed_exchange() {
    let mut d = Dashboard::after_keys("jc");
    d.finish(Err(refused()));
    d.shows("Exchange failed");
    let mut changed = index();
    let mut facts = token("other", SignedDuration::from_hours(24));
    facts.obtained_at = now() + SignedDuration::from_mins(1);
    changed.identity_mut(id(21)).unwrap().token = Some(facts);
    d.send(Event::Index(Arc::new(changed)));
    d.hides("Exchange failed");
    // A clipboard that is not there says nothing about the exchange.
    d.keys("c");
    d.finish(Err(Problem::new(Code::NoClipboard, "no clipboard")));
    d.hides("Exchange failed");
}

#[test]
fn a_failed_test_stays_until_it_is_dismissed() {
    let mut d = Dashboard::after_keys("d");
    d.says("no failed exchange or test to dismiss");
    d.keys("jt");
    d.finish(Ok(JobOutcome::Tested(results())));
    d.keys("<esc>");
    // The token may still be used, so its time stays.
    assert!(row(&d).contains("✕ 23 h"), "{}", row(&d));
    d.shows("Test failed at 14:03");
    // Another one fails too, and a failed exchange does not hide a failed test.
    d.keys("x");
    d.finish(Err(refused()));
    d.shows("Test failed at 14:03");
    d.shows("Exchange failed at 14:03");
    assert!(row(&d).contains("✕ failed"), "{}", row(&d));
    d.keys("d");
    d.hides("failed at");
    assert!(!row(&d).contains('✕'), "{}", row(&d));
    // One that passes removes the mark.
    d.keys("t");
    d.finish(Ok(JobOutcome::Tested(results())));
    let mut passed = results();
    passed.retain(|tier| tier.verdict.is_success());
    d.keys("t");
    d.finish(Ok(JobOutcome::Tested(passed)));
    d.keys("<esc>").hides("Test failed");
}

#[test]
fn results_of_a_batch_open_whatever_their_state() {
    let mut d = Dashboard::with(forty(), settings(), 60, 24);
    d.keys("<space><space><space>x");
    d.keys("y");
    let tasks: Vec<_> = d.model.tasks.iter().map(|(task, _)| task).collect();
    d.done(tasks[0], Err(refused()));
    d.done(tasks[1], Ok(exchanged()));
    let shown = words(&d);
    assert!(shown.contains(REASON), "{shown}");
    d.keys("<enter>");
    assert_eq!(d.model.context(), Context::Guide);
    d.keys("<esc>j<enter>");
    assert_eq!(d.model.context(), Context::Viewer);
    d.shows("new token");
    d.keys("<esc>");
    assert_eq!(d.model.context(), Context::Progress);
}

#[test]
fn the_header_counts_what_needs_attention_and_filters() {
    for columns in [40, 80, 120, 200] {
        let mut d = Dashboard::with(forty(), settings(), columns, 24);
        d.keys("G");
        let text = d.text();
        let header = text.lines().next().unwrap();
        let at = header
            .find("6 need attention")
            .unwrap_or_else(|| panic!("{columns}: {header}"));
        let hits = Frame::of(&d.model).hits;
        let target = hits.at(u16::try_from(at + 2).unwrap(), 0).cloned().unwrap();
        assert_eq!(target, ClickTarget::Hint(Action::Attention));
        d.send(Event::Click(target));
        assert_eq!(d.model.list.shown_count(), 6, "{columns}");
        let first = d.model.list.shown_rows().next().unwrap().identity;
        assert_eq!(d.model.list.selected, Some(first));
        d.keys("!");
        assert_eq!(d.model.list.shown_count(), 40, "{columns}");
        // From another page the key leads to the list.
        d.keys("2!");
        assert_eq!(d.model.context(), Context::List);
        assert_eq!(d.model.list.shown_count(), 6, "{columns}");
    }
}

#[test]
fn the_count_changes_at_the_moment_of_the_threshold() {
    let mut d = Dashboard::with(forty(), settings(), 120, 24);
    let ends = d
        .model
        .identities()
        .filter_map(|(_, it)| it.credential.as_ref()?.not_after);
    let soon = ends.map(|end| end - SignedDuration::from_hours(24 * 30));
    let next = soon.filter(|at| *at > now()).min().unwrap();
    d.send_at(next - SignedDuration::from_millis(1), Event::Clock);
    d.shows("6 need attention");
    d.send_at(next, Event::Clock);
    d.shows("7 need attention");
    // A clock that is set back counts again.
    d.send_at(now(), Event::Clock);
    d.shows("6 need attention");
}

#[test]
fn nothing_to_attend_is_said() {
    let mut calm = index();
    calm.environments.retain(|entry| entry.id == id(40));
    let mut d = Dashboard::with(calm, settings(), 120, 24);
    d.hides("needs attention");
    d.keys("!");
    d.says("nothing needs attention");
}

#[test]
fn forty_with_failures() {
    page_at_sizes_with("failures", forty, |d| {
        d.keys("jjx");
        d.finish(Err(refused()));
        d.keys("jt");
        d.finish(Ok(JobOutcome::Tested(results())));
        d.keys("<esc>k");
    });
}

fn need(count: usize) -> String {
    format!("{count} need attention")
}

#[test]
fn a_failed_exchange_needs_attention() {
    let mut d = Dashboard::new(120, 30);
    let before = d.model.counts.attention;
    // An identity that needs none otherwise.
    d.keys("/wknd-prod<enter>x");
    d.finish(Err(refused()));
    d.shows(need(before + 1));
    d.keys("<esc>!");
    assert_eq!(d.model.list.shown_count(), before + 1);
    d.keys("/<c-u>is:failed<enter>");
    assert_eq!(
        (d.model.list.shown_count(), d.selected()),
        (1, "wknd-prod".to_owned())
    );
    // It is among those that come first once the list is sorted again.
    d.keys("<esc>sssss");
    let place = d.model.list.selected_place();
    assert!(place < before + 1, "{place}");
    d.keys("d");
    d.shows(need(before));
    d.keys("/is:failed<enter>");
    assert_eq!(d.model.list.shown_count(), 0);
}

#[test]
fn an_answer_about_a_path_is_no_failure_of_the_token() {
    let mut not_found = results();
    not_found.truncate(1);
    not_found[0].verdict = Verdict::NotFound;
    let mut own = not_found.clone();
    own[0].url = "https://author-p123-e1250.adobeaemcloud.com/content/x.json".to_owned();
    let mut refused = own.clone();
    refused[0].verdict = Verdict::TokenRefused;
    for (tiers, is_failed) in [(own, false), (not_found, true), (refused, true)] {
        let mut d = Dashboard::after_keys("jt");
        d.finish(Ok(JobOutcome::Tested(tiers.clone())));
        let id = d.model.list.selected.unwrap();
        assert_eq!(d.model.failures.has(id), is_failed, "{tiers:?}");
    }
}
