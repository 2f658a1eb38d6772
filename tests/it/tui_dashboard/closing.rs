//! Closing and cancelling. Esc and Ctrl-C apply to the page on top first. A page with unsaved input asks before it closes.

use aemkeys::app::storage::PassphraseRequest;
use aemkeys::tui::Tab;
use aemkeys::tui::action::Context;
use aemkeys::tui::effect::{Effect, ImportId};
use aemkeys::tui::keymap::KeyPress;
use aemkeys::tui::message::{ClickTarget, Event, JobOutcome};
use aemkeys::tui::pages::Page;
use aemkeys::tui::pages::environments::Pane;
use aemkeys_core::credential::{Code, Problem};

use super::fixture::Dashboard;
use super::places::{Place, every_page, every_tab};

/// The ways to close a page.
const WAYS: [&str; 3] = ["<esc>", "<c-c>", "click"];

fn close(d: &mut Dashboard, way: &str) {
    match way {
        "click" => d.send(Event::Click(ClickTarget::Outside)),
        keys => drop(d.keys(keys)),
    }
}

fn copy(d: &Dashboard) -> Dashboard {
    Dashboard {
        model: d.model.clone(),
        effects: Vec::new(),
    }
}

/// Whether the page on top is the question whether to discard what was entered.
fn asks(d: &Dashboard) -> bool {
    matches!(d.model.pages.last(), Some(Page::Question(_))) && d.text().contains("Discard changes?")
}

/// The pages with an input line that is no search and into which a letter was typed.
fn typed_into() -> Vec<Place> {
    let mut places = every_page(120, 30);
    places.retain_mut(|(_, d)| {
        let types = d.model.takes_text() && !d.model.top().is_search();
        d.send(Event::Key(KeyPress::letter('Q')));
        types
    });
    places
}

#[test]
fn no_page_loses_what_was_typed() {
    let places = typed_into();
    let names: Vec<_> = places.iter().map(|(name, _)| *name).collect();
    for page in [
        "add",
        "edit",
        "path",
        "rotate",
        "type the name",
        "passphrase",
        "new passphrase",
    ] {
        assert!(names.contains(&page), "{page} takes text: {names:?}");
    }
    for (name, typed) in &places {
        for way in WAYS {
            let (mut d, before) = (copy(typed), typed.model.pages.len());
            let text = d.text();
            close(&mut d, way);
            assert!(asks(&d), "{name} {way}:\n{}", d.text());
            // "Keep editing" is selected.
            d.shows("Keep editing");
            d.keys("<enter>");
            assert_eq!(d.text(), text, "{name} {way}");
            close(&mut d, way);
            d.keys("y");
            assert!(d.model.pages.len() < before, "{name} {way}:\n{}", d.text());
            assert!(!d.model.quitting, "{name} {way}");
        }
    }
}

#[test]
fn ticks_are_input() {
    let opened = || {
        let mut d = Dashboard::after_keys("I");
        d.finish(Ok(super::discover::found()));
        d
    };
    for way in WAYS.into_iter().chain(["q", "h"]) {
        let mut d = opened();
        // A tick that is taken back is no change.
        d.keys("<space><space>");
        let mut same = copy(&d);
        close(&mut same, way);
        assert!(same.model.pages.is_empty(), "{way}");
        d.keys("<space>");
        close(&mut d, way);
        assert!(asks(&d), "{way}:\n{}", d.text());
        d.keys("n");
        d.shows("Fill in 1 ticked environment");
        close(&mut d, way);
        d.keys("y");
        assert!(d.model.pages.is_empty(), "{way}");
    }
    // Asking again is cancelled, and the ticks stay.
    let mut d = opened();
    d.keys("<space>G<enter>");
    let task = d.task();
    assert!(d.effects_of("<esc>").contains(&Effect::Cancel(task)));
    d.shows("Fill in 1 ticked environment");
    d.keys("<esc>");
    assert!(asks(&d));
    // Nothing is lost while they are used.
    let mut d = opened();
    d.keys("<space>G<up><enter><enter><esc>");
    d.says("still saving wknd-prod");
    d.keys("<c-c>");
    d.shows("discard the input that is not saved?");
}

#[test]
fn both_answers_are_whole_on_the_smallest_screen() {
    let mut d = Dashboard::new(40, 10);
    d.keys("jex<esc>");
    d.shows("[ y Discard changes ]");
    d.shows("[ n Keep editing ]");
}

#[test]
fn a_page_without_input_closes_at_once() {
    for (name, opened) in every_page(120, 30) {
        let running = opened.model.pages.last().unwrap().view().status().task();
        for way in WAYS {
            let (mut d, before) = (copy(&opened), opened.model.pages.len());
            if running.is_some() || name.contains("recognised") || name.contains("token") {
                continue;
            }
            close(&mut d, way);
            let cancels = name == "progress running" || name == "progress";
            let closes = d.model.pages.len() < before || cancels;
            assert!(closes && !asks(&d), "{name} {way}:\n{}", d.text());
        }
    }
}

#[test]
fn a_pasted_credential_is_input() {
    for (name, pasted) in every_page(120, 30) {
        if !(name.contains("recognis") || name.contains("a token")) {
            continue;
        }
        for way in ["<esc>", "click"] {
            let mut d = copy(&pasted);
            let form = d.model.pages.last_mut().unwrap().view_mut().form();
            let confirms = form.is_none_or(|form| form.fields.is_empty());
            close(&mut d, way);
            if confirms && !d.model.pages.last().is_some_and(|_| asks(&d)) {
                // Only a confirmation: nothing was typed.
                assert!(d.model.pages.is_empty(), "{name} {way}:\n{}", d.text());
                continue;
            }
            assert!(asks(&d), "{name} {way}:\n{}", d.text());
            assert_eq!(d.take_effects(), [], "{name}");
            d.keys("y");
            assert!(d.model.pages.is_empty(), "{name}");
        }
    }
    let mut d = Dashboard::new(120, 30);
    d.send(Event::Paste("{}".into()));
    // The answer arrives while the question is open, and belongs to the page below.
    d.keys("<esc>");
    let found = super::pages::recognised(aemkeys::app::add::Relation::NewEnvironment);
    d.finish(Ok(JobOutcome::Recognised(Box::new(found))));
    d.keys("n");
    d.shows("Recognised");
    assert_eq!(d.effects_of("<esc>y"), [Effect::DropImport(ImportId(1))]);
}

#[test]
fn the_cancel_button_asks_like_escape() {
    let mut d = Dashboard::after_keys("je<s-tab><enter>");
    assert!(d.model.pages.is_empty());
    d.keys("e<end>2<s-tab><enter>");
    assert!(asks(&d));
    d.keys("<tab><enter>");
    assert!(d.model.pages.is_empty());
    // A choice that is made and taken back is no change, and neither are spaces.
    d.keys("e<end><space><tab><tab><right><left><esc>");
    assert!(d.model.pages.is_empty());
}

#[test]
fn input_is_kept_while_it_is_being_stored() {
    let mut d = Dashboard::after_keys("je<end>2<enter>");
    for way in ["<esc>", "click"] {
        close(&mut d, way);
        assert_eq!(d.model.context(), Context::Form, "{way}");
        d.says("still saving");
    }
    // Who does not want to wait may quit, and is told what that loses.
    d.keys("<c-c>");
    d.shows("discard the input that is not saved?");
    d.keys("<enter>");
    d.finish(Err(Problem::new(Code::NameTaken, "the name is taken")));
    d.shows("wknd-stage2");
}

#[test]
fn ctrl_c_cancels_what_is_on_top_first() {
    // Below the page runs an exchange, and the list is filtered and has a mark.
    let mut d = Dashboard::after_keys("j<space>/wknd<enter>xjT<c-u>/mine");
    let exchange = d.task();
    assert_eq!(d.effects_of("<c-c>y"), []);
    assert!(d.model.pages.is_empty() && d.model.tasks.len() == 1);
    assert_eq!(d.effects_of("<c-c>"), [Effect::Cancel(exchange)]);
    assert_eq!(d.effects_of("<c-c>"), []);
    assert!(d.model.list.filter.is_empty() && d.model.list.marks.len() == 1);
    assert_eq!(d.effects_of("<c-c>"), []);
    assert!(d.model.list.marks.is_empty());
    let keep_clipboard = true;
    assert_eq!(d.effects_of("<c-c>"), [Effect::Quit { keep_clipboard }]);

    // The job of the page on top, then the page.
    let mut d = Dashboard::after_keys("xjt");
    let (exchange, test) = (d.model.tasks.iter().next().unwrap().0, d.task());
    assert_eq!(d.effects_of("<c-c>"), [Effect::Cancel(test)]);
    assert_eq!(d.model.context(), Context::Test);
    assert_eq!(d.effects_of("<c-c>"), []);
    assert!(d.model.pages.is_empty());
    assert_eq!(d.effects_of("<c-c>"), [Effect::Cancel(exchange)]);
    // A filter that is being typed is on top of the list.
    d.keys("/wk<c-c>");
    assert_eq!(d.model.context(), Context::List);
    assert!(d.model.list.filter.is_empty() && !d.model.quitting);
}

#[test]
fn escape_leads_back_to_the_list_from_every_tab() {
    for (name, mut d) in every_tab(120, 30) {
        for _ in 0..3 {
            d.keys("<esc>");
        }
        assert_eq!(d.model.tab, Tab::Environments, "{name}");
        assert_eq!(d.model.tabs.environments.pane, Pane::List, "{name}");
        assert!(
            d.model.list.filter.is_empty() && !d.model.quitting,
            "{name}"
        );
        d.says("nothing to cancel: press q to quit");
    }
}

#[test]
fn a_second_request_for_the_passphrase_keeps_what_was_typed() {
    let mut d = Dashboard::new(120, 30);
    d.send(Event::PassphraseWanted(PassphraseRequest::Known));
    d.keys("four<f1>");
    d.take_effects();
    d.send(Event::PassphraseWanted(PassphraseRequest::Known));
    assert_eq!(d.take_effects(), []);
    d.shows("••••");
    assert!(matches!(d.model.pages.last(), Some(Page::Passphrase(_))));
    assert_eq!(d.model.pages.len(), 2);
}

#[test]
fn a_path_is_kept_when_another_choice_is_opened() {
    let mut d = Dashboard::after_keys("a/tmp/key.json<esc>");
    assert!(asks(&d));
    d.keys("n");
    d.shows("/tmp/key.json");
    let local = d.model.pages.last_mut().unwrap().view_mut().form().unwrap();
    local.focus = 2;
    d.keys("<enter>");
    d.shows("A local SDK runs on this machine");
    d.keys("<esc>");
    d.shows("/tmp/key.json");
    d.keys("<esc>");
    assert!(asks(&d));
}
