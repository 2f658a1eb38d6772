//! Calls from the test page: path, method and the guard of writing calls.

use aemkeys::tui::action::Context;
use aemkeys::tui::effect::{Effect, GuardedAct, Job};
use aemkeys::tui::message::{Called, JobOutcome};
use aemkeys::tui::pages::Page;
use aemkeys::tui::pages::path::PathPage;
use aemkeys::tui::request::CallRequest;
use aemkeys::tui::request::Method;
use aemkeys_core::environment::{EnvironmentType, Tier};

use super::fixture::{Dashboard, id, index, settings};
use super::pages::results;
use super::snapshot::page;

pub fn called() -> Called {
    Called {
        asked: "POST https://author-p123-e1250.adobeaemcloud.com/api/assets/x".to_owned(),
        status: 201,
        headers: vec!["content-type: application/json".to_owned()],
        body: "{\"properties\":{\"status.code\":201}}".to_owned(),
        body_cut: false,
    }
}

/// The test page of wknd-stage, answered.
fn test_page(d: &mut Dashboard) {
    d.keys("jt");
    d.finish(Ok(JobOutcome::Tested(results())));
    d.take_effects();
}

fn wrong(d: &Dashboard) -> String {
    path_page(d).wrong.clone().unwrap_or_default()
}

#[test]
fn accepts_only_paths() {
    let mut d = Dashboard::new(120, 30);
    for (typed, why) in [
        ("//host/x", "must not name a host"),
        ("https://host/x", "must start with /"),
        ("/a<space>b", "%20"),
    ] {
        d.keys(&format!("jT<c-u>{typed}<enter>"));
        assert!(wrong(&d).contains(why), "{typed}: {}", wrong(&d));
        assert_eq!(d.take_effects(), []);
        d.keys("<esc>yk");
    }
}

fn path_page(d: &Dashboard) -> &PathPage {
    match d.model.pages.last() {
        Some(Page::Path(page)) => page,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_path_starts_empty_with_recent_and_known_paths_below() {
    let mut d = Dashboard::after_keys("jT");
    assert_eq!(path_page(&d).line.text(), "");
    // Recent ones first, and none twice.
    let paths: Vec<&str> = path_page(&d)
        .shown()
        .map(|known| known.path.as_str())
        .collect();
    let first = [
        "/content/dam.json",
        "/graphql/list.json",
        "/libs/granite/security/currentuser.json?props=memberOf",
    ];
    assert_eq!(paths[..3], first);
    let mut once = paths.clone();
    once.sort_unstable();
    once.dedup();
    assert_eq!(once.len(), paths.len());
    d.keys("<enter>");
    assert!(wrong(&d).contains("choose one below"), "{}", wrong(&d));
    assert_eq!(d.take_effects(), []);
    d.keys("<tab><tab><enter>");
    assert!(matches!(
        d.take_effects().as_slice(),
        [Effect::Run(_, Job::Test { path: Some(path), .. })] if path == "/graphql/list.json"
    ));
}

#[test]
fn typing_filters_the_suggestions_and_keys_choose_one() {
    let mut d = Dashboard::after_keys("jTPOST<space>Content<space>dam");
    for (key, expected) in [
        ("<down>", "/content/dam.json"),
        ("<down>", "/content/dam.json"),
        ("<s-tab>", "POST Content dam"),
        ("<up>", "POST Content dam"),
    ] {
        d.keys(key);
        assert_eq!(path_page(&d).line.text(), expected, "{key}");
        assert_eq!(path_page(&d).shown().count(), 1, "{key}");
    }
    d.keys("x");
    assert_eq!(path_page(&d).shown().count(), 0);
    d.shows("No known path matches");
    d.keys("<tab><enter>");
    assert_eq!(path_page(&d).line.text(), "POST Content damx");
}

#[test]
fn suggestions_are_those_of_the_tier() {
    let mut d = Dashboard::new(120, 30);
    test_page(&mut d);
    let has = |d: &Dashboard, path| path_page(d).shown().any(|known| known.path == path);
    // The cursor is on publish.
    d.keys("e");
    assert!(has(&d, "/adobe/contentFragments") && !has(&d, "/adobe/folders"));
    d.keys("<esc>[e");
    assert!(!has(&d, "/adobe/contentFragments") && has(&d, "/adobe/folders"));
}

#[test]
fn another_method_calls_one_tier() {
    page("call_line", |d| {
        test_page(d);
        d.keys("e<c-t><c-t>/api/assets/x<space>@body.json<down>");
    });
    page("call_answer", |d| {
        test_page(d);
        d.keys("e<c-t><c-t>/api/assets/x<enter>");
        d.finish(Ok(JobOutcome::Called(called())));
    });
    let mut d = Dashboard::new(120, 30);
    test_page(&mut d);
    // The row of publish has the cursor; Stage is not guarded.
    d.keys("e<c-u>patch<space>/api/assets/x<space>@~/body.json<enter>");
    let task = d.task();
    assert_eq!(
        d.take_effects(),
        [Effect::Run(
            task,
            Job::Guarded {
                act: GuardedAct::Call(
                    id(21),
                    Box::new(CallRequest {
                        tier: Tier::Publish,
                        method: Method::Patch,
                        path: "/api/assets/x".to_owned(),
                        body: Some("~/body.json".to_owned()),
                    })
                ),
                typed: None,
            }
        )]
    );
    d.done(task, Ok(JobOutcome::Called(called())));
    assert_eq!(
        d.model.activity[0].text,
        format!("wknd-stage: {} returned 201", called().asked)
    );
    // Given up: what was sent may have arrived.
    d.keys("<esc>e<c-t><tab><enter>");
    d.keys("<esc>");
    let said = d.model.toast.clone().unwrap().text;
    assert!(said.contains("may have processed the request"), "{said}");
    assert_eq!(d.model.context(), Context::Test);
}

#[test]
fn a_writing_call_on_production_needs_its_name() {
    let mut d = Dashboard::after_keys("T<c-u>DELETE<space>/api/assets/x<enter>");
    let text = d.text();
    for said in [
        "DELETE https://author-p77-e901.adobeaemcloud.com/api/assets/x",
        "as brand-prod/read (Production)",
    ] {
        assert!(text.contains(said), "{said}:\n{text}");
    }
    d.keys("brand<enter>");
    assert_eq!(d.take_effects(), []);
    d.keys("-prod<enter>");
    assert!(matches!(
        d.take_effects().as_slice(),
        [Effect::Run(_, Job::Guarded { act: GuardedAct::Call(..), typed: Some(typed) })] if typed == "brand-prod"
    ));
    // Reading needs no name; an untyped environment is guarded as well.
    let mut d = Dashboard::after_keys("T<c-u>HEAD<space>/api/assets/x<enter>");
    assert!(matches!(
        d.take_effects().as_slice(),
        [Effect::Run(
            _,
            Job::Guarded {
                act: GuardedAct::Call(..),
                typed: None
            }
        )]
    ));
    let mut index = index();
    index
        .environments_mut()
        .find(|entry| entry.id == id(20))
        .unwrap()
        .environment_type = EnvironmentType::Untyped;
    let mut d = Dashboard::with(index, settings(), 120, 30);
    d.keys("/wknd-stage<enter>T<c-t><c-t><tab><enter>");
    assert_eq!(d.model.context(), Context::Form);
    assert_eq!(d.take_effects(), []);
}
