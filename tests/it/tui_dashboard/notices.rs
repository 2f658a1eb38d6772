//! Notifications: of a used token that is about to expire, and of a batch that is done in the background.

use aemkeys::tui::effect::Effect;
use aemkeys::tui::message::{CopyOutcome, Event, JobOutcome};
use aemkeys_core::credential::{Code, Problem};
use jiff::SignedDuration;

use super::fixture::{Dashboard, now};

/// What the user is notified of when the clock shows this many minutes later.
fn notices_after(d: &mut Dashboard, minutes: i64) -> Vec<String> {
    d.take_effects();
    d.send_at(now() + SignedDuration::from_mins(minutes), Event::Clock);
    notices(d)
}

fn notices(d: &mut Dashboard) -> Vec<String> {
    let effects = d.take_effects().into_iter();
    effects
        .filter_map(|effect| match effect {
            Effect::Notify(text) => Some(text),
            _ => None,
        })
        .collect()
}

fn copied() -> JobOutcome {
    JobOutcome::Copied(CopyOutcome {
        what: "token".to_owned(),
        can_be_cleared: true,
        warnings: Vec::new(),
    })
}

#[test]
fn a_used_token_is_announced_once_before_it_expires() {
    // The token of wknd-dev expires in 41 minutes; nobody used it.
    let mut d = Dashboard::after_keys("jj");
    assert_eq!(notices_after(&mut d, 32), [""; 0]);
    let mut d = Dashboard::after_keys("jjc");
    d.finish(Ok(copied()));
    assert_eq!(notices_after(&mut d, 30), [""; 0]);
    let told = notices_after(&mut d, 32);
    assert_eq!(told, ["the token of wknd-dev expires in 9 m"]);
    for minutes in [33, 40, 50] {
        assert_eq!(notices_after(&mut d, minutes), [""; 0], "{minutes}");
    }
    // A copy that failed used none, and one that is refreshed by itself needs no attention.
    let mut d = Dashboard::after_keys("jjc");
    d.finish(Err(Problem::new(Code::NoAnswer, "no answer")));
    assert_eq!(notices_after(&mut d, 32), [""; 0]);
    let mut d = Dashboard::after_keys("jc");
    d.finish(Ok(copied()));
    assert_eq!(notices_after(&mut d, 23 * 60 + 5), [""; 0]);
}

#[test]
fn a_batch_is_announced_only_while_the_terminal_has_no_focus() {
    for (has_focus, expected) in [(true, &[][..]), (false, &["exchanging is done"])] {
        let mut d = Dashboard::after_keys("*xy");
        d.send(Event::Focus(has_focus));
        let mut told = Vec::new();
        while !d.model.tasks.is_empty() {
            d.finish(Err(Problem::new(Code::NoAnswer, "no answer")));
            told.extend(notices(&mut d));
        }
        assert_eq!(told, expected, "{has_focus}");
    }
}
