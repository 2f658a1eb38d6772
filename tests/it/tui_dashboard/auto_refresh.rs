//! Auto-refresh: in time, never in a loop, and its failures.

use aemkeys::tui::deadline::next_deadline;
use aemkeys::tui::effect::{Effect, Job};
use aemkeys::tui::message::{Event, ExchangeOutcome, JobOutcome};
use aemkeys_core::credential::{Code, Problem, TokenFacts};
use jiff::{SignedDuration, Timestamp};

use super::fixture::{Dashboard, id, index, now, settings, token};

fn minutes(number: i64) -> SignedDuration {
    SignedDuration::from_mins(number)
}

/// wknd-stage is kept fresh, and its token is one of so many minutes.
fn dashboard(life: SignedDuration) -> Dashboard {
    let mut index = index();
    let stage = index.identity_mut(id(21)).unwrap();
    stage.identity.auto_refresh = true;
    stage.token = Some(lived(now(), life));
    Dashboard::with(index, settings(), 120, 30)
}

fn lived(from: Timestamp, life: SignedDuration) -> TokenFacts {
    TokenFacts {
        expires_at: Some(from + life),
        obtained_at: from,
        ..token("stage", life)
    }
}

/// The minutes at which an exchange was wanted, each answered by `answer`.
fn tries(
    d: &mut Dashboard,
    until: i64,
    answer: impl Fn(Timestamp) -> Result<ExchangeOutcome, Problem>,
) -> Vec<i64> {
    let mut at = Vec::new();
    while d.model.now < now() + minutes(until) {
        let next = next_deadline(&d.model).unwrap();
        d.send_at(next, Event::Clock);
        let wanted = d
            .take_effects()
            .iter()
            .any(|effect| matches!(effect, Effect::Run(_, Job::Refresh { .. })));
        if wanted {
            at.push((next.as_second() - now().as_second()) / 60);
            d.finish(answer(next).map(JobOutcome::Exchanged));
            d.take_effects();
        }
    }
    at
}

#[test]
fn refreshes_a_short_lived_token_at_a_quarter_of_its_lifetime() {
    let mut d = dashboard(minutes(32));
    let at = tries(&mut d, 60, |now| {
        Ok(ExchangeOutcome {
            facts: lived(now, minutes(32)),
            warnings: Vec::new(),
        })
    });
    assert_eq!(at, [24, 48]);
}

#[test]
fn an_immediately_expired_token_causes_no_loop() {
    let mut d = dashboard(minutes(1));
    let at = tries(&mut d, 21, |now| {
        Ok(ExchangeOutcome {
            facts: lived(now - minutes(60), minutes(1)),
            warnings: Vec::new(),
        })
    });
    assert_eq!(at, [0, 5, 10, 15, 20]);
}

#[test]
fn retries_failures_with_backoff_and_reports_once() {
    let mut d = dashboard(minutes(20));
    let at = tries(&mut d, 240, |_| {
        Err(Problem::new(Code::NoAnswer, "no answer"))
    });
    assert_eq!(at, [15, 20, 30, 50, 90, 150, 210]);
    assert_eq!(d.model.errors.len(), 1);
    d.keys("/wknd-stage<enter>");
    d.shows("auto-refresh is failing, next attempt at 18:33");
    // An exchange by hand reports each failure; once it works, auto-refresh continues.
    d.keys("x");
    d.finish(Err(Problem::new(Code::NoAnswer, "no answer")));
    assert_eq!(d.model.errors.len(), 2);
    d.keys("x");
    let facts = lived(d.model.now, minutes(24 * 60));
    d.finish(Ok(JobOutcome::Exchanged(ExchangeOutcome {
        facts,
        warnings: Vec::new(),
    })));
    let text = d.text();
    assert!(
        text.contains("auto-refresh") && !text.contains("failing"),
        "{text}"
    );
}

#[test]
fn an_expired_credential_is_not_kept_fresh() {
    let mut d = Dashboard::after_keys("f");
    assert_eq!(d.take_effects(), []);
    let toast = d.model.toast.clone().unwrap().text;
    assert!(toast.contains("the credential has expired"), "{toast}");
    // It expired while it was kept fresh: nothing is tried, it is said, and it can be switched off.
    let mut index = index();
    let read = index.identity_mut(id(11)).unwrap();
    read.identity.auto_refresh = true;
    let mut d = Dashboard::with(index, settings(), 120, 30);
    d.send_at(now() + minutes(1), Event::Clock);
    assert_eq!(d.take_effects(), []);
    d.shows("auto-refresh stopped: the credential has expired");
    d.keys("f");
    assert!(matches!(
        d.take_effects().as_slice(),
        [Effect::Run(_, Job::SetAutoRefresh { on: false, .. })]
    ));
}
