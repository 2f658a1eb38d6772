//! Rotations and leaks: the pages as they are drawn, and the jobs that their keys start.

use aemkeys::app::add::Relation;
use aemkeys::app::leaked::{Checklist, LeakItem, LeakStep, LeakStepState};
use aemkeys::app::rotate::{Compared, Progress, Rotated, Step, StepState};
use aemkeys::tui::effect::{Effect, GuardedAct, ImportId, Job, LeakWork, RotationMode};
use aemkeys::tui::message::{Event, JobOutcome, Renewal};
use aemkeys::tui::pages::Page;
use aemkeys_core::credential::{Code, CredentialFacts, Fingerprint, Problem};
use aemkeys_core::environment::Tier;
use jiff::SignedDuration;

use super::fixture::{Dashboard, credential};
use super::pages::recognised;
use super::snapshot::page;

/// The second row, `wknd-stage`, with a newer certificate of its account.
fn newer() -> CredentialFacts {
    CredentialFacts {
        fingerprint: Fingerprint::of(b"newer"),
        ..credential(
            "cm-p123-e1250-integration-0",
            SignedDuration::from_hours(24 * 364),
        )
    }
}

pub fn renewal() -> Renewal {
    let compared = |tier, path: Option<&str>| Compared {
        tier,
        host: "author-p123-e1250.adobeaemcloud.com".to_owned(),
        path: path.map(str::to_owned),
        old: Some("signed in".to_owned()),
        new: "signed in".to_owned(),
        lost: None,
    };
    Renewal {
        went_back: false,
        rotated: Rotated {
            full_name: "wknd-stage".to_owned(),
            revision: 2,
            old: Some(credential(
                "cm-p123-e1250-integration-0",
                SignedDuration::from_hours(24 * 26),
            )),
            new: newer(),
            compared: vec![
                compared(Tier::Author, None),
                compared(Tier::Publish, None),
                compared(Tier::Author, Some("/api/assets.json")),
            ],
            warning: None,
            notes: vec!["author and publish accept the new credential like the old one".into()],
            used_by: vec!["search indexer".to_owned()],
        },
    }
}

pub fn checklist(marked: bool) -> Checklist {
    let states = [
        LeakStepState::Done,
        LeakStepState::Done,
        LeakStepState::Next,
        LeakStepState::Locked,
        LeakStepState::Locked,
        LeakStepState::Locked,
        LeakStepState::Locked,
    ];
    let titles = [
        "add a new private key (not a certificate) in the AEM Developer Console",
        "rotate",
        "bring the new one to all who use it",
        "revoke the old key in the AEM Developer Console",
        "invalidate our token",
        "delete the old revision here",
        "take the file out of the git history, if it was ever in one",
    ];
    Checklist {
        name: "wknd-stage".to_owned(),
        revision: 1,
        fingerprint: Fingerprint::of(b"old"),
        marked,
        active: !marked,
        steps: LeakStep::ALL
            .into_iter()
            .zip(states)
            .zip(titles)
            .map(|((step, state), title)| LeakItem {
                step,
                state,
                title: title.to_owned(),
                how: "as the console says".into(),
            })
            .collect(),
        notes: vec!["Tokens that others got with it may live up to 24 hours.".to_owned()],
    }
}

fn shown(d: &mut Dashboard) {
    d.keys("jRfile<enter>");
    let mut found = recognised(Relation::NewEnvironment);
    found.preview.facts = Some(newer());
    d.finish(Ok(JobOutcome::Recognised(Box::new(found))));
}

fn progress(d: &mut Dashboard, step: Step, state: StepState, words: &str) {
    let task = d.task();
    let progress = Progress {
        step,
        state,
        words: words.to_owned(),
    };
    d.send(Event::Rotating { task, progress });
}

#[test]
fn shows_old_and_new_side_by_side() {
    page("rotate_recognised", shown);
}

#[test]
fn shows_every_step() {
    page("rotating", |d| {
        shown(d);
        d.keys("<enter>");
        progress(d, Step::Store, StepState::Done, "stored as revision 2");
        progress(d, Step::Exchange, StepState::Running, "");
        progress(d, Step::Exchange, StepState::Done, "in 100 ms");
        progress(d, Step::SignIn, StepState::Running, "");
    });
}

#[test]
fn shows_why_a_rotation_was_refused() {
    page("rotate_refused", |d| {
        shown(d);
        d.keys("<enter>");
        progress(d, Step::Exchange, StepState::Done, "in 100 ms");
        progress(d, Step::SignIn, StepState::Failed, "not in wknd-editors");
        let problem = Problem::new(
            Code::RotationNotProven,
            "the new one cannot do all the old one can; wknd-stage keeps its credential",
        )
        .cause("author: not in wknd-editors")
        .next_step("give the new technical account its groups, then go on");
        d.finish(Err(problem));
    });
}

#[test]
fn ends_with_the_users_of_the_credential() {
    page("renewed", |d| {
        shown(d);
        d.keys("<enter>");
        d.finish(Ok(JobOutcome::Rotated(Box::new(renewal()))));
    });
}

#[test]
fn shows_the_leak_checklist() {
    page("leaked", |d| {
        d.keys("jDjj<enter>");
        d.finish(Ok(JobOutcome::Leaked(Box::new(checklist(true)))));
    });
}

#[test]
fn keys_start_the_jobs_that_the_pages_name() {
    let mut d = Dashboard::new(120, 30);
    shown(&mut d);
    let effects = d.effects_of("<enter>");
    assert!(
        matches!(
            effects.as_slice(),
            [Effect::Run(_, Job::Guarded { act: GuardedAct::Rotate(identity, RotationMode::With(ImportId(1))), .. })]
                if Some(*identity) == d.model.list.selected
        ),
        "{effects:?}"
    );
    // Esc cancels in the view of its progress; what ran stays readable.
    let effects = d.effects_of("<esc>");
    assert!(effects.iter().any(|e| matches!(e, Effect::Cancel(_))));
    d.shows("cancelled");
    assert!(matches!(d.model.pages.last(), Some(Page::Rotate(_))));
    d.keys("<esc>");
    assert!(d.model.pages.is_empty());

    let effects = d.effects_of("Djj<enter>");
    assert!(
        matches!(
            effects.as_slice(),
            [Effect::Run(
                _,
                Job::Guarded {
                    act: GuardedAct::Leaked(_, None, LeakWork::Show),
                    ..
                }
            )]
        ),
        "{effects:?}"
    );
    d.finish(Ok(JobOutcome::Leaked(Box::new(checklist(false)))));
    // Nothing before the mark; the mark wants the name.
    assert!(d.effects_of("j<enter>").is_empty());
    d.shows("mark it as leaked");
    assert!(d.effects_of("g<enter>").is_empty());
    assert!(d.effects_of("wrong<enter>").is_empty());
    let effects = d.effects_of("<c-u>wknd-stage<enter>");
    assert!(
        matches!(
            effects.as_slice(),
            [Effect::Run(
                _,
                Job::Guarded {
                    act: GuardedAct::Leaked(_, Some(1), LeakWork::Mark),
                    ..
                }
            )]
        ),
        "{effects:?}"
    );
}

#[test]
fn refuses_to_rotate_to_a_token() {
    let mut d = Dashboard::after_keys("jRfile<enter>");
    let mut found = recognised(Relation::NewEnvironment);
    found.preview.facts = None;
    found.preview.kind = aemkeys_core::credential::Kind::DevelopmentToken;
    d.effects.clear();
    d.finish(Ok(JobOutcome::Recognised(Box::new(found))));
    assert_eq!(d.effects, [Effect::DropImport(ImportId(1))]);
    d.shows("not a credential");
}

#[test]
fn nothing_to_tick_before_the_first_rotation() {
    let mut d = Dashboard::new(120, 30);
    assert!(d.effects_of("jDjjj<enter><space>").is_empty());
    d.shows("after a rotation");
    d.shows("before the first rotation");
}
