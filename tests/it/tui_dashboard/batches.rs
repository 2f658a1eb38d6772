//! Tasks for many identities: the cursor, the failures and what stays readable; and copied texts.

use aemkeys::tui::action::Context;
use aemkeys::tui::effect::{Effect, Job};
use aemkeys::tui::message::{CopyOutcome, ExchangeOutcome, JobOutcome};
use aemkeys::tui::pages::Page;
use aemkeys::tui::task::TaskId;
use aemkeys_core::credential::{Code, Problem};
use jiff::SignedDuration;

use super::fixture::{Dashboard, token};
use super::pages::results;
use super::snapshot::page;

fn running(d: &Dashboard) -> Vec<TaskId> {
    d.model.tasks.iter().map(|(id, _)| id).collect()
}

fn exchanged() -> JobOutcome {
    JobOutcome::Exchanged(ExchangeOutcome {
        facts: token("new", SignedDuration::from_hours(24)),
        warnings: Vec::new(),
    })
}

fn failed(code: &'static str) -> Result<JobOutcome, Problem> {
    let problem = Problem::new(
        Code::parse(code).unwrap(),
        "IMS does not accept the signature",
    )
    .cause("the certificate has expired")
    .next_step("add a certificate");
    Err(problem)
}

#[test]
fn enter_on_a_failure_opens_what_it_means() {
    let drive = |d: &mut Dashboard| {
        d.keys("*xy");
        let tasks = running(d);
        d.done(tasks[0], Ok(exchanged()));
        d.done(tasks[1], failed("ims-key-not-bound"));
        d.done(tasks[2], failed("no-answer"));
    };
    page("progress_some", |d| {
        drive(d);
        d.keys("j");
    });
    let mut d = Dashboard::new(120, 30);
    drive(&mut d);
    d.shows("Enter explain");
    d.keys("<enter>");
    assert_eq!(d.model.context(), Context::Guide);
    d.shows("the certificate has expired");
    d.keys("<esc>j<enter>");
    assert_eq!(d.model.context(), Context::Viewer);
    // One that succeeded opens too, while the rest still runs.
    d.keys("<esc>j<enter>");
    assert_eq!(d.model.context(), Context::Viewer);
    d.keys("<esc>");
    assert_eq!(d.model.context(), Context::Progress);
    // The cursor stays on its line when a failure comes before it.
    for task in running(&d) {
        d.done(task, failed("no-answer"));
    }
    let Some(Page::Progress(page)) = d.model.pages.last() else {
        panic!("no progress");
    };
    assert!(page.sorted()[page.at].problem.is_none());
    d.keys("<esc>");
    assert!(d.model.pages.is_empty());
}

#[test]
fn refusals_of_a_test_of_many_are_kept_among_the_errors() {
    let mut d = Dashboard::after_keys("j<space><space>t");
    let tasks = running(&d);
    d.done(tasks[0], Ok(JobOutcome::Tested(results())));
    let mut well = results();
    well.truncate(1);
    d.done(tasks[1], Ok(JobOutcome::Tested(well)));
    assert_eq!(d.model.errors.len(), 1);
    assert_eq!(
        d.model.errors[0].problem.message,
        "publish anonymous, preview no answer"
    );
    assert_eq!(d.model.activity.len(), 2, "{:?}", d.model.activity);
    // Enter leads to the guide of the verdict, here and on the errors page.
    d.keys("<enter>");
    assert_eq!(d.model.context(), Context::Guide);
    d.keys("<esc><esc>E<enter>");
    assert_eq!(d.model.context(), Context::Guide);
    d.shows("publish did not accept the token");
}

#[test]
fn reports_a_copy_once_it_is_done() {
    let drive = |d: &mut Dashboard| {
        d.keys("jt");
        d.finish(Ok(JobOutcome::Tested(results())));
        d.take_effects();
        d.keys("y");
    };
    let mut d = Dashboard::new(120, 30);
    drive(&mut d);
    assert!(matches!(
        d.take_effects().as_slice(),
        [Effect::Run(_, Job::CopyText { .. })]
    ));
    d.hides("copied");
    d.finish(Ok(JobOutcome::Copied(CopyOutcome {
        what: "curl command".to_owned(),
        can_be_cleared: false,
        warnings: Vec::new(),
    })));
    assert_eq!(d.text().matches("copied").count(), 1, "{}", d.text());
    let mut d = Dashboard::new(120, 30);
    drive(&mut d);
    let problem = Problem::new(Code::NoClipboard, "there is no clipboard here");
    d.finish(Err(problem));
    let text = d.text();
    assert!(
        text.contains("no clipboard here") && !text.contains("copied"),
        "{text}"
    );
}

#[test]
fn cancelled_jobs_are_not_counted_as_failed() {
    let mut d = Dashboard::after_keys("*xy");
    let tasks = running(&d);
    d.done(tasks[0], Ok(exchanged()));
    d.done(tasks[1], failed("ims-key-not-bound"));
    d.keys("<esc>");
    let rest = tasks.len() - 2;
    d.shows(format!("1 failed, {rest} cancelled"));
    d.says(&format!("Exchange: 1 done, 1 failed, {rest} cancelled"));
    let glyphs = &d.model.settings.theme.glyphs;
    let (over, dot) = (glyphs.over, glyphs.dot);
    let text = d.text();
    let cancelled = text.lines().filter(|line| line.contains("  cancelled "));
    assert!(
        cancelled
            .clone()
            .all(|line| line.contains(dot) && !line.contains(over)),
        "{text}"
    );
    assert_eq!(cancelled.count(), rest, "{text}");
}

#[test]
fn a_batch_ends_with_its_summary_in_the_message_line() {
    let mut d = Dashboard::after_keys("*xy");
    let tasks = running(&d);
    let (last, others) = tasks.split_last().unwrap();
    for task in others {
        d.done(*task, Ok(exchanged()));
    }
    d.done(*last, failed("no-answer"));
    d.says(&format!("Exchange: {} done, 1 failed", others.len()));
}
