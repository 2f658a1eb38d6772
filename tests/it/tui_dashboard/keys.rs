//! Keys: their effects as values, the selection, the order, and the reasons of refusals.

use std::sync::Arc;

use aemkeys::app::add::{Added, Relation};
use aemkeys::app::edit::{Edit, EditIdentity};
use aemkeys::app::token_format::TokenFormat;
use aemkeys::tui::Tab;
use aemkeys::tui::action::{Action, Context};
use aemkeys::tui::deadline::next_deadline;
use aemkeys::tui::effect::{Effect, GuardedAct, ImportId, Job};
use aemkeys::tui::frame::Frame;
use aemkeys::tui::message::{ClickTarget, CopyOutcome, Event, ExchangeOutcome, JobOutcome};
use aemkeys::tui::pages::Page;
use aemkeys::tui::pages::environments::Pane;
use aemkeys::tui::update::update;
use aemkeys_core::credential::{Code, Kind, Problem};
use aemkeys_core::environment::{EnvironmentType, HostName};
use jiff::SignedDuration;

use super::fixture::{
    Dashboard, id, identity, index, index_of_two_customers, now, settings, token,
};
use super::pages::{recognised, results};

#[test]
fn copy_asks_for_the_identity_under_the_cursor() {
    let mut d = Dashboard::after_keys("jc");
    let task = d.task();
    assert_eq!(
        d.take_effects(),
        [Effect::Run(
            task,
            Job::Copy {
                identity: id(21),
                format: TokenFormat::Raw
            }
        )]
    );
    // A second press is not a second copy.
    d.keys("c");
    assert_eq!(d.take_effects(), []);
    d.says("still");
}

#[test]
fn clears_a_copied_token_after_its_time() {
    let mut d = Dashboard::after_keys("jc");
    d.finish(Ok(JobOutcome::Copied(CopyOutcome {
        what: "token".to_owned(),
        can_be_cleared: true,
        warnings: Vec::new(),
    })));
    d.shows("token copied, clears in 30 s");
    // The countdown says another number every second.
    assert!(next_deadline(&d.model).unwrap() <= now() + SignedDuration::from_secs(1));
    d.take_effects();
    d.send_at(now() + SignedDuration::from_secs(29), Event::Clock);
    d.shows("clears in 1 s");
    assert_eq!(d.take_effects(), []);
    d.send_at(now() + SignedDuration::from_secs(30), Event::Clock);
    assert_eq!(d.take_effects(), [Effect::ClearClipboard]);
    d.shows("clipboard cleared");
}

#[test]
fn quitting_leaves_a_copied_token_for_its_time_and_a_signal_clears_it() {
    let mut d = Dashboard::new(80, 24);
    d.keys("jc");
    d.finish(Ok(JobOutcome::Copied(CopyOutcome {
        what: "token".to_owned(),
        can_be_cleared: true,
        warnings: Vec::new(),
    })));
    assert_eq!(
        d.effects_of("q"),
        [Effect::Quit {
            keep_clipboard: true
        }]
    );
    d.send(Event::Terminate);
    assert_eq!(
        d.take_effects(),
        [Effect::Quit {
            keep_clipboard: false
        }]
    );
}

#[test]
fn the_selection_follows_the_identity() {
    let mut d = Dashboard::after_keys("j");
    assert_eq!(d.selected(), "wknd-stage");
    // Another process removes the row above and adds one before.
    let mut changed = index();
    let brand = changed.environments.pop().unwrap();
    let mut early = Arc::unwrap_or_clone(brand.clone());
    early.id = id(70);
    early.name = aemkeys_core::environment::Name::parse("aaa").unwrap();
    early.identities = vec![identity(71, "x", Kind::Local)];
    changed.environments.insert(0, early.into());
    d.send(Event::Index(Arc::new(changed)));
    assert_eq!(d.selected(), "wknd-stage");
    assert_eq!(d.model.list.rows.len(), 6);
    // What is new takes its place in the order, below those that need attention.
    let rows = d.model.list.rows.iter();
    let names: Vec<&str> = rows.map(|row| row.name.as_str()).collect();
    assert_eq!(names[..3], ["wknd-stage", "wknd-dev", "aaa"]);
}

#[test]
fn the_neighbour_is_selected_when_the_selected_one_is_gone() {
    let mut d = Dashboard::after_keys("j");
    let mut changed = index();
    changed
        .environments
        .retain(|environment| environment.id != id(20));
    d.send(Event::Index(Arc::new(changed)));
    assert_eq!(d.selected(), "wknd-dev");
}

#[test]
fn sorts_only_on_request() {
    let mut d = Dashboard::new(120, 30);
    let before: Vec<String> = d
        .model
        .list
        .rows
        .iter()
        .map(|row| row.name.clone())
        .collect();
    // A token runs out meanwhile: nothing moves.
    d.send_at(now() + SignedDuration::from_hours(30), Event::Clock);
    let after: Vec<String> = d
        .model
        .list
        .rows
        .iter()
        .map(|row| row.name.clone())
        .collect();
    assert_eq!(before, after);
    d.keys("s");
    assert_eq!(d.model.list.rows[0].name, "brand-prod/read");
    assert_eq!(d.model.list.rows[2].name, "local");
    d.says("name");
}

#[test]
fn filters_narrow_by_words_customer_type_and_state() {
    for (keys, expected) in [
        ("/stage", vec!["wknd-stage"]),
        ("/type:prod<space>wknd", vec!["wknd-prod"]),
        (
            "/customer:brand",
            vec!["brand-prod/read", "brand-prod/write"],
        ),
        (
            "/is:soon",
            vec!["brand-prod/read", "wknd-stage", "wknd-dev", "wknd-rde"],
        ),
        ("/kind:oauth", vec!["wknd-rde"]),
        ("/p123-e1301", vec!["wknd-dev"]),
        ("/nothing-like-it", vec![]),
    ] {
        let mut d = Dashboard::with(index_of_two_customers(), settings(), 120, 30);
        d.keys(keys);
        let names: Vec<&str> = d
            .model
            .list
            .shown_rows()
            .map(|row| row.name.as_str())
            .collect();
        assert_eq!(names, expected, "{keys}");
        assert_eq!(d.selected(), expected.first().copied().unwrap_or_default());
    }
}

#[test]
fn escape_closes_the_overlay_then_the_filter_then_the_marks() {
    let mut d = Dashboard::after_keys("<space>/wknd<enter>?");
    assert_eq!(d.model.context(), Context::Finder);
    d.keys("<esc>");
    assert!(d.model.pages.is_empty() && d.model.list.filter.text() == "wknd");
    d.keys("<esc>");
    assert!(d.model.list.filter.is_empty() && d.model.list.marks.len() == 1);
    d.keys("<esc>");
    assert!(d.model.list.marks.is_empty());
}

#[test]
fn marks_apply_to_exchange_and_ask_before_production() {
    let mut d = Dashboard::after_keys("<space><space>x");
    assert_eq!(d.take_effects(), []);
    let text = d.text();
    assert!(text.contains("2 marked identities"), "{text}");
    assert!(
        text.contains("brand-prod/read (Production), wknd-stage"),
        "{text}"
    );
    d.keys("y");
    let exchanged: Vec<_> = d
        .take_effects()
        .into_iter()
        .map(|effect| match effect {
            Effect::Run(_, Job::Exchange { identity, .. }) => identity,
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(exchanged, [id(11), id(21)]);
    assert!(matches!(d.model.pages.last(), Some(Page::Progress(_))));
}

#[test]
fn exchange_due_leaves_production_alone_unless_marked() {
    let mut d = Dashboard::new(120, 30);
    assert_eq!(d.model.due_for_exchange(false), [id(51)]);
    d.keys("G");
    // wknd-prod has no token yet, and is marked.
    d.keys("k<space>");
    assert_eq!(d.model.due_for_exchange(false), [id(41), id(51)]);
}

#[test]
fn a_range_is_marked_between_two_presses() {
    let mut d = Dashboard::after_keys("jvjjv");
    assert_eq!(d.model.list.marks.len(), 3);
    d.keys("*");
    assert_eq!(d.model.list.marks.len(), 7);
    d.keys("*");
    assert!(d.model.list.marks.is_empty());
}

#[test]
fn explains_actions_that_are_not_available() {
    let mut d = Dashboard::new(120, 30);
    for (keys, words) in [
        ("/local<enter>c", "needs no token"),
        ("x", "needs no token"),
        ("p", "needs no token"),
        ("<esc>/wknd-dev<enter>x", "press p to paste"),
        ("f", "press p to paste"),
        ("E", "no errors"),
        ("W", "no token on the clipboard"),
        ("u", "nothing to undo"),
        ("<esc>/wknd-prod<enter>i", "press x to exchange"),
    ] {
        d.keys(keys);
        d.says(words);
        assert_eq!(d.take_effects(), [], "{keys}");
    }
}

#[test]
fn ignores_the_result_of_a_cancelled_task() {
    let mut d = Dashboard::after_keys("jx");
    let task = d.task();
    assert_eq!(d.effects_of("<c-c>"), [Effect::Cancel(task)]);
    let problem = Problem::new(Code::Cancelled, "late");
    d.done(task, Err(problem));
    assert!(d.model.errors.is_empty());
    // With nothing running, the same key quits.
    d.keys("<c-c>");
    assert_eq!(
        d.take_effects(),
        [Effect::Quit {
            keep_clipboard: true
        }]
    );
}

/// Half of it would be neither before nor after: it comes to its end, and its answer is heard.
#[test]
fn does_not_cancel_a_write() {
    let mut d = Dashboard::after_keys("jf");
    let task = d.task();
    assert_eq!(d.effects_of("<c-c>"), []);
    assert_eq!(d.model.tasks.len(), 1);
    // Who does not want to wait may quit.
    d.shows("Quit and cancel them?");
    d.keys("n");
    d.done(task, Err(Problem::new(Code::Cancelled, "the disk is full")));
    assert_eq!(d.model.errors.len(), 1);
}

#[test]
fn escape_does_not_cancel_work_outside_its_own_view() {
    let mut d = Dashboard::after_keys("jx");
    assert_eq!(d.effects_of("<esc><esc>"), []);
    assert_eq!(d.model.tasks.len(), 1);
}

#[test]
fn quitting_asks_while_work_runs() {
    let mut d = Dashboard::after_keys("jx");
    let task = d.task();
    assert_eq!(d.effects_of("q"), []);
    d.keys("n");
    assert!(d.model.pages.is_empty());
    d.keys("qy");
    assert_eq!(
        d.take_effects(),
        [
            Effect::Cancel(task),
            Effect::Quit {
                keep_clipboard: true
            }
        ]
    );
}

#[test]
fn a_paste_on_the_list_is_recognised_and_never_runs_keys() {
    let mut d = Dashboard::new(120, 30);
    d.send(Event::Paste("qqq".into()));
    let task = d.task();
    assert_eq!(
        d.take_effects(),
        [Effect::Run(
            task,
            Job::Recognise {
                input: "qqq".into()
            }
        )]
    );
    assert!(!d.model.quitting);
    d.done(
        task,
        Ok(JobOutcome::Recognised(Box::new(recognised(
            Relation::NewEnvironment,
        )))),
    );
    d.keys("<c-u>wknd-new<tab><right><right><right><enter>");
    let task = d.task();
    let effects = d.take_effects();
    let [Effect::Run(stored, Job::Store { import, options })] = effects.as_slice() else {
        panic!("{effects:?}");
    };
    assert_eq!((*stored, *import), (task, Some(ImportId(1))));
    assert_eq!(options.name.as_ref().unwrap().as_str(), "wknd-new");
    assert_eq!(options.environment_type, Some(EnvironmentType::Stage));
    let stored = Added::Stored {
        environment: id(20),
        identity: id(21),
        full_name: "wknd-new".to_owned(),
        warnings: vec!["the name wknd-new looks like wknd-nеw".to_owned()],
    };
    d.done(task, Ok(JobOutcome::Stored(stored)));
    d.shows("looks like wknd-nеw");
    // The first button said "and exchange".
    let task = d.task();
    assert_eq!(
        d.take_effects(),
        [
            Effect::ReloadIndex,
            Effect::Run(task, Job::Exchange { identity: id(21) })
        ]
    );
    assert!(d.model.pages.is_empty());

    // The index shown does not know it yet: its name comes from the store.
    let exchanged = ExchangeOutcome {
        facts: token("new", SignedDuration::from_hours(24)),
        warnings: Vec::new(),
    };
    d.done(task, Ok(JobOutcome::Exchanged(exchanged)));
    assert_eq!(d.toast(), "wknd-new: new token");
}

#[test]
fn closing_the_add_page_forgets_what_was_pasted() {
    let mut d = Dashboard::new(120, 30);
    d.send(Event::Paste("{}".into()));
    d.finish(Ok(JobOutcome::Recognised(Box::new(recognised(
        Relation::NewEnvironment,
    )))));
    assert_eq!(d.effects_of("<esc>"), []);
    assert_eq!(d.effects_of("y"), [Effect::DropImport(ImportId(1))]);
}

#[test]
fn an_untrusted_sign_in_host_must_be_typed() {
    let mut d = Dashboard::new(120, 30);
    d.send(Event::Paste("{}".into()));
    let mut found = recognised(Relation::NewEnvironment);
    found.preview.unconfirmed = Vec::from_iter(
        aemkeys_core::environment::allow_list::non_adobe_ims_host("ims.example.com"),
    );
    d.finish(Ok(JobOutcome::Recognised(Box::new(found))));
    assert_eq!(d.effects_of("<enter>"), []);
    d.shows("type ims.example.com to allow sending the client secret");
    d.keys("ims.example.com<enter><enter>");
    assert!(matches!(
        d.take_effects().as_slice(),
        [Effect::Run(_, Job::Store { .. })]
    ));
}

#[test]
fn removing_needs_the_name() {
    let mut d = Dashboard::after_keys("jDG<enter>");
    assert_eq!(d.model.context(), Context::Form);
    d.keys("wknd<enter>");
    assert_eq!(d.take_effects(), []);
    d.keys("-stage<enter>");
    let task = d.task();
    assert_eq!(
        d.take_effects(),
        [Effect::Run(
            task,
            Job::Guarded {
                act: GuardedAct::RemoveIdentity(id(21)),
                typed: Some("wknd-stage".to_owned()),
            }
        )]
    );
}

#[test]
fn rotate_and_danger_only_open_a_page() {
    let mut d = Dashboard::after_keys("R<esc>D<esc>");
    assert_eq!(d.take_effects(), []);
}

#[test]
fn edit_sends_only_what_was_changed() {
    let mut d = Dashboard::after_keys("je<end>-2<enter>");
    let effects = d.take_effects();
    let [
        Effect::Run(
            _,
            Job::Guarded {
                act: GuardedAct::Edit(edits),
                ..
            },
        ),
    ] = effects.as_slice()
    else {
        panic!("{effects:?}");
    };
    assert_eq!((edits.environment, edits.identity), (id(20), id(21)));
    let name = aemkeys_core::environment::Name::parse("wknd-stage-2").unwrap();
    let expected = Edit {
        name: Some(name),
        ..Edit::default()
    };
    assert_eq!(edits.shared, expected);
    assert_eq!(edits.own, EditIdentity::default());
    let mut d = Dashboard::after_keys("je<enter>");
    assert_eq!(d.take_effects(), []);
    d.says("nothing to save");
}

#[test]
fn a_host_that_the_ids_do_not_give_must_be_typed() {
    for host in [
        "www.foreign.example",
        "publish-p123-e1250.adobeaemcloud.com",
        "author-p123-e1251.adobeaemcloud.com",
        "a.adobeaemcloud.com.foreign.example",
    ] {
        let mut d = Dashboard::new(120, 30);
        // The author's field is the fifth.
        d.keys("je<tab><tab><tab><tab><c-u>");
        d.keys(&format!("{host}<enter>"));
        assert_eq!(d.take_effects(), [], "{host}");
        let asked = format!("author: type {host} to allow sending tokens there");
        d.shows(&asked);
        d.keys("other.example<enter>");
        assert_eq!(d.take_effects(), [], "{host}");
        d.keys(&format!("<c-u>{host}<enter>"));
        let effects = d.take_effects();
        let [
            Effect::Run(
                _,
                Job::Guarded {
                    act: GuardedAct::Edit(edits),
                    ..
                },
            ),
        ] = effects.as_slice()
        else {
            panic!("{effects:?}");
        };
        let address = edits.shared.hosts.author.as_ref().unwrap();
        assert_eq!(address.origin(), format!("https://{host}"));
        let trusted = edits.shared.trusted_hosts.iter();
        assert_eq!(trusted.map(HostName::as_str).collect::<Vec<_>>(), [host]);
    }
    let mut d = Dashboard::after_keys("je<tab><tab><tab><tab><c-u>");
    d.keys("https://experience.adobe.com/?repo=author-p123-e1250.adobeaemcloud.com<enter>");
    let effects = d.take_effects();
    assert!(matches!(
        effects.as_slice(),
        [Effect::Run(
            _,
            Job::Guarded {
                act: GuardedAct::Edit(_),
                ..
            }
        )]
    ));
}

#[test]
fn the_test_page_asks_again_and_on_other_paths() {
    let mut d = Dashboard::after_keys("jt");
    d.take_effects();
    d.finish(Ok(JobOutcome::Tested(results())));
    assert_eq!(d.take_effects(), [Effect::ReloadIndex]);
    // The row that did not work is shown first.
    assert!(matches!(d.model.pages.last(), Some(Page::Test(page)) if page.tier == 1));
    d.keys("Hj<enter>");
    let task = d.task();
    assert_eq!(
        d.take_effects(),
        [Effect::Run(
            task,
            Job::Test {
                identity: id(21),
                tiers: Vec::new(),
                path: Some("/graphql/list.json".to_owned())
            }
        )]
    );
    d.done(task, Ok(JobOutcome::Tested(results())));
    let effects = d.effects_of("y");
    let [Effect::Run(_, Job::CopyText { text, .. })] = effects.as_slice() else {
        panic!("{effects:?}");
    };
    assert!(text.starts_with("aemkeys token wknd-stage --format header | curl -H @- '"));
    // Leaving the page while it asks cancels that.
    d.keys("t");
    let task = d.task();
    assert_eq!(d.effects_of("<esc>"), [Effect::Cancel(task)]);
}

#[test]
fn refreshes_tokens_in_time_and_pauses_after_failures() {
    let mut index = index();
    let stage = index.identity_mut(id(21)).unwrap();
    stage.identity.auto_refresh = true;
    stage.token = Some(token("stage", SignedDuration::from_mins(20)));
    let mut d = Dashboard::with(index, settings(), 120, 30);
    let minutes = |m| now() + SignedDuration::from_mins(m);
    d.send_at(minutes(9), Event::Clock);
    assert_eq!(d.take_effects(), []);
    d.send_at(minutes(10), Event::Clock);
    let task = d.task();
    assert_eq!(
        d.take_effects(),
        [Effect::Run(task, Job::Refresh { identity: id(21) })]
    );
    d.done(task, Err(Problem::new(Code::NoAnswer, "no answer")));
    assert_eq!(d.take_effects(), [Effect::ReloadIndex]);
    d.send_at(minutes(14), Event::Clock);
    assert_eq!(d.take_effects(), []);
    d.send_at(minutes(15), Event::Clock);
    assert!(matches!(
        d.take_effects().as_slice(),
        [Effect::Run(_, Job::Refresh { .. })]
    ));
}

#[test]
fn the_doctor_runs_when_its_page_is_opened() {
    let mut d = Dashboard::after_keys("4");
    let task = d.task();
    assert_eq!(d.take_effects(), [Effect::Run(task, Job::RunDoctor)]);
    assert!(d.model.tabs.doctor.status.is_running());
    d.keys("14");
    assert_eq!(d.take_effects(), []);
}

#[test]
fn the_palette_runs_the_chosen_action() {
    let mut d = Dashboard::after_keys("j:timeline<enter>");
    assert_eq!(d.model.tab, Tab::Timeline);
    d.keys(":zzzz<enter>");
    assert!(d.model.pages.is_empty());
}

/// A hundred tokens that end at different seconds within the next hours.
fn with_a_hundred_tokens() -> Dashboard {
    let mut changed = index();
    let environment = changed.environments_mut().next().unwrap();
    for number in 0..100 {
        let mut entry = identity(1000 + number, &format!("t{number}"), Kind::DevelopmentToken);
        let seconds = 7200 + i64::try_from(number).unwrap() * 61;
        entry.token = Some(token("t", SignedDuration::from_secs(seconds)));
        environment.identities.push(entry);
    }
    let mut d = Dashboard::new(120, 30);
    d.send(Event::Index(Arc::new(changed)));
    d
}

#[test]
fn countdowns_are_redrawn_once_a_minute_together() {
    let mut d = with_a_hundred_tokens();
    // No token of the list is in its last minute then.
    d.send_at(now() + SignedDuration::from_mins(90), Event::Clock);
    let until = d.model.now + SignedDuration::from_mins(10);
    let mut frames = 0;
    while d.model.now < until {
        let deadline = next_deadline(&d.model).unwrap();
        assert!(deadline > d.model.now);
        assert!(deadline <= d.model.now + SignedDuration::from_mins(1));
        d.send_at(deadline, Event::Clock);
        frames += 1;
    }
    assert!(frames <= 11, "{frames} frames in ten minutes");
}

#[test]
fn the_last_minute_is_counted_in_seconds_down_to_the_expiry() {
    let mut d = with_a_hundred_tokens();
    let end = now() + SignedDuration::from_secs(7200);
    d.send_at(end - SignedDuration::from_mins(2), Event::Clock);
    let mut ticks = 0;
    while d.model.now < end {
        let deadline = next_deadline(&d.model).unwrap();
        assert!(deadline <= end, "{deadline} is after the expiry");
        ticks += usize::from(deadline > end - SignedDuration::from_mins(1));
        d.send_at(deadline, Event::Clock);
    }
    assert!((59..=65).contains(&ticks), "{ticks}");
}

#[test]
fn the_mouse_does_what_the_keys_do() {
    let mut d = Dashboard::new(120, 30);
    let hits = Frame::of(&d.model).hits;
    let Some(target @ ClickTarget::Row(row)) = hits.at(5, 5) else {
        panic!("no row there");
    };
    let (target, row) = (target.clone(), *row);
    d.send(Event::Click(target));
    assert_eq!(d.model.list.selected, Some(row));
    let hint = Frame::of(&d.model).hits.at(2, 29).cloned();
    assert_eq!(hint, Some(ClickTarget::Hint(Action::Copy)));
    d.send(Event::Click(ClickTarget::Hint(Action::Copy)));
    assert!(matches!(
        d.take_effects().as_slice(),
        [Effect::Run(_, Job::Copy { .. })]
    ));
    d.send(Event::Scroll { lines: 3, on: None });
    assert_ne!(d.model.list.selected, Some(row));
    d.model.settings.mouse = false;
    let before = d.model.list.selected;
    d.send(Event::Scroll {
        lines: -3,
        on: None,
    });
    assert_eq!(d.model.list.selected, before);
}

#[test]
fn the_terminal_cursor_is_on_the_selected_row_or_field() {
    let mut d = Dashboard::new(120, 30);
    for keys in [
        "", "j", "<tab>", "<tab>2", "3", "4", "1a", "<tab>", "<esc>?", "<esc>D", "<esc>/x",
    ] {
        d.keys(keys);
        let frame = Frame::of(&d.model);
        assert!(frame.cursor.is_some(), "no cursor after {keys}");
    }
    let d = Dashboard::after_keys("jj");
    let cursor = Frame::of(&d.model).cursor.unwrap();
    let line = d
        .text()
        .lines()
        .nth(usize::from(cursor.y))
        .unwrap()
        .to_owned();
    assert!(line.contains("wknd-dev"), "{line}");
}

#[test]
fn below_ninety_columns_the_detail_opens_over_the_list() {
    let mut d = Dashboard::new(80, 24);
    d.shows("brand-prod/write");
    d.keys("l");
    assert_eq!(d.model.tabs.environments.pane, Pane::Detail);
    d.hides("brand-prod/write");
    d.keys("h");
    d.shows("brand-prod/write");
}

#[test]
fn an_exchange_reports_its_warnings_and_reloads_the_index() {
    let mut d = Dashboard::after_keys("jx");
    d.take_effects();
    let facts = token("new", SignedDuration::from_hours(24));
    d.finish(Ok(JobOutcome::Exchanged(ExchangeOutcome {
        facts,
        warnings: vec!["could not store the token".into()],
    })));
    assert_eq!(d.take_effects(), [Effect::ReloadIndex]);
    d.says("could not store the token");
    assert_eq!(d.model.activity.len(), 2);
}

#[test]
fn a_message_carries_its_own_time() {
    let mut d = Dashboard::new(80, 24);
    let later = now() + SignedDuration::from_hours(1);
    let message = aemkeys::tui::message::Message {
        at: later,
        event: Event::Clock,
    };
    assert_eq!(update(&mut d.model, message), []);
    d.shows("15:03");
}
