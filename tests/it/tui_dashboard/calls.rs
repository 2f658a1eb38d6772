//! Calls from the test page: path, method and the guard of writing calls.

use aemkeys::tui::action::Context;
use aemkeys::tui::effect::{Effect, GuardedAct, Job};
use aemkeys::tui::message::{Called, JobOutcome};
use aemkeys::tui::pages::Page;
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
    match d.model.pages.last() {
        Some(Page::Path(page)) => page.wrong.clone().unwrap_or_default(),
        _ => String::new(),
    }
}

#[test]
fn accepts_only_paths() {
    let mut d = Dashboard::new(120, 30);
    for (typed, why) in [
        ("//host/x", "must not name a host"),
        ("content", "must start with /"),
        ("/a<space>b", "%20"),
    ] {
        d.keys(&format!("jT<c-u>{typed}<enter>"));
        assert!(wrong(&d).contains(why), "{typed}: {}", wrong(&d));
        assert_eq!(d.take_effects(), []);
        d.keys("<esc>yk");
    }
}

#[test]
fn arrow_keys_choose_earlier_and_suggested_paths() {
    let mut d = Dashboard::after_keys("jT<c-u>/mine");
    let line = |d: &Dashboard| match d.model.pages.last() {
        Some(Page::Path(page)) => page.line.text().to_owned(),
        _ => String::new(),
    };
    for (key, expected) in [
        ("<down>", "/content/dam.json"),
        ("<down>", "/graphql/list.json"),
        (
            "<down>",
            "/libs/granite/security/currentuser.json?props=memberOf",
        ),
        ("<up>", "/graphql/list.json"),
        ("<up><up>", "/mine"),
        ("<up>", "/mine"),
    ] {
        d.keys(key);
        assert_eq!(line(&d), expected, "{key}");
    }
    // What was asked before comes first, and nothing comes twice.
    let Some(Page::Path(page)) = d.model.pages.last() else {
        panic!("no line");
    };
    assert_eq!((page.asked, page.paths.len()), (2, 5));
    d.keys("<down><enter>");
    assert!(matches!(
        d.take_effects().as_slice(),
        [Effect::Run(_, Job::Test { path: Some(path), .. })] if path == "/content/dam.json"
    ));
}

#[test]
fn another_method_calls_one_tier() {
    page("call_line", |d| {
        test_page(d);
        d.keys("e<tab><tab><c-u>/api/assets/x<space>@body.json<down>");
    });
    page("call_answer", |d| {
        test_page(d);
        d.keys("e<tab><tab><c-u>/api/assets/x<enter>");
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
    d.keys("<esc>e<tab><enter>");
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
        .environments
        .iter_mut()
        .find(|entry| entry.id == id(20))
        .unwrap()
        .environment_type = EnvironmentType::Unset;
    let mut d = Dashboard::with(index, settings(), 120, 30);
    d.keys("/wknd-stage<enter>T<tab><tab><enter>");
    assert_eq!(d.model.context(), Context::Form);
    assert_eq!(d.take_effects(), []);
}
