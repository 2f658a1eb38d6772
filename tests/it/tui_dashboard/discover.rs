//! The page of Cloud Manager: what it shows, and that nothing changes before it is confirmed.

use aemkeys::app::discover::{Account, CloudEnvironment, Discovered, DiscoveredProgram, Program};
use aemkeys::tui::effect::{Effect, GuardedAct, Job};
use aemkeys::tui::message::{Event, JobOutcome};
use aemkeys_core::credential::{Code, Problem};
use aemkeys_core::environment::{CloudIds, EnvironmentType};

use super::fixture::{Dashboard, id, index, now, settings};
use super::snapshot::page_at_sizes;

fn environment(ids: &str, name: &str, cloud_type: &str, status: &str) -> CloudEnvironment {
    CloudEnvironment {
        ids: CloudIds::parse(ids).unwrap(),
        name: name.to_owned(),
        cloud_type: cloud_type.to_owned(),
        status: status.to_owned(),
        author: Some(format!("https://author-{ids}.adobeaemcloud.com")),
        publish: None,
        preview: None,
        console: Some(format!(
            "https://console.dev.adobeaemcloud.com/dc/#release-cm-{ids}"
        )),
    }
}

fn program(
    id: u64,
    name: &str,
    environments: Result<Vec<CloudEnvironment>, Problem>,
) -> DiscoveredProgram {
    let name = name.to_owned();
    DiscoveredProgram {
        program: Program { id, name },
        environments,
    }
}

pub fn found() -> JobOutcome {
    JobOutcome::Discovered(Box::new(Discovered {
        account: Account {
            client_id: "0f3a61c07d2e4b5aa1b2".to_owned(),
            org: "1234567890ABCDEF12345678@AdobeOrg".to_owned(),
        },
        asked_at: now(),
        is_kept: false,
        programs: vec![
            program(
                123,
                "WKND",
                Ok(vec![
                    environment("p123-e1234", "WKND Production", "prod", "ready"),
                    environment("p123-e1250", "WKND Stage", "prod", "updating"),
                    environment("p123-e1301", "WKND Development", "dev", "ready"),
                    environment("p123-e1400", "WKND Sandbox", "dev", "hibernated"),
                ]),
            ),
            program(
                124,
                "WKND Campaigns",
                Err(Problem::new(Code::TimedOut, "no response")),
            ),
        ],
        warnings: Vec::new(),
    }))
}

fn opened() -> Dashboard {
    let mut dashboard = Dashboard::with(index(), settings(), 120, 30);
    let effects = dashboard.effects_of("I");
    let asked = Job::Discover {
        with: None,
        refresh: false,
    };
    assert!(
        matches!(&effects[..], [Effect::Run(_, job)] if *job == asked),
        "{effects:?}"
    );
    dashboard.finish(Ok(found()));
    dashboard
}

fn edits(effects: &[Effect]) -> Vec<(aemkeys::app::edit::Edit, Option<String>)> {
    effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::Run(
                _,
                Job::Guarded {
                    act: GuardedAct::Edit(edits),
                    typed,
                },
            ) => Some((edits.shared.clone(), typed.clone())),
            _ => None,
        })
        .collect()
}

#[test]
fn environments_are_shown_beside_what_is_stored() {
    let mut dashboard = opened();
    for text in [
        "4 environments in 2 programs",
        "Program WKND Campaigns (124): no response",
        "wknd-rde (p123-e1377) is no longer in Cloud Manager",
        "WKND Stage, stored as wknd-stage: other type, no console link",
        "hibernated",
        "brand-prod (p77-e901) belongs to a program that Cloud Manager does not show",
    ] {
        dashboard.shows(text);
    }
    dashboard.keys("<space>jjj");
    // The details of an environment that is not stored.
    dashboard.keys("<enter>");
    dashboard.shows("Author: https://author-p123-e1400.adobeaemcloud.com");
    dashboard.shows("not stored: download its service credentials");
}

#[test]
fn discover_page() {
    page_at_sizes("discover", |d| {
        d.keys("I").finish(Ok(found()));
        d.keys("<space>jjj");
    });
}

/// The names of the environments whose links are set.
fn filled_in(effects: &[Effect]) -> Vec<String> {
    let changes = effects.iter().filter_map(|effect| match effect {
        Effect::Run(_, Job::FillIn(changes)) => Some(changes.clone()),
        _ => None,
    });
    changes.flatten().map(|it| it.name).collect()
}

/// Ticks two environments, and agrees to set their links.
const FILL_IN: &str = "<space>j<space>G<up><enter><enter>";

#[test]
fn console_links_are_set_only_after_a_question() {
    let mut dashboard = opened();
    assert_eq!(filled_in(&dashboard.effects_of("G<up><enter>")), [""; 0]);
    let effects = dashboard.effects_of("g<space>j<space>j<space><space>G<up><enter>");
    assert_eq!(filled_in(&effects), [""; 0], "the question comes first");
    dashboard.shows("Set the console link of 2 environments?");
    dashboard.shows("wknd-prod, wknd-stage");
    assert_eq!(filled_in(&dashboard.effects_of("<esc>")), [""; 0]);
    let effects = dashboard.effects_of("<enter><enter>");
    assert_eq!(filled_in(&effects), ["wknd-prod", "wknd-stage"]);
    let [Effect::Run(_, Job::FillIn(changes))] = effects.as_slice() else {
        panic!("{effects:?}");
    };
    // A contradiction is only shown.
    assert!(changes.iter().all(|it| it.environment_type.is_none()));
    assert!(
        changes[0]
            .console
            .as_deref()
            .unwrap()
            .ends_with("p123-e1234")
    );
}

#[test]
fn what_was_filled_in_is_undone_as_one_on_the_page() {
    let mut dashboard = opened();
    dashboard.keys(FILL_IN);
    dashboard.finish(Ok(JobOutcome::Undoable("saved".to_owned())));
    dashboard.says("wknd-prod, wknd-stage: saved; press u to undo within 10 s");
    dashboard.shows("u undo");
    let effects = dashboard.effects_of("u");
    let what = "edit of wknd-prod, wknd-stage".to_owned();
    assert!(
        matches!(&effects[..], [Effect::Run(_, job)] if *job == Job::Undo { what }),
        "{effects:?}"
    );
    dashboard.finish(Ok(JobOutcome::Undone(vec![id(41), id(21)])));
    dashboard.says("edit of wknd-prod, wknd-stage undone");
    dashboard.hides("u undo");
}

#[test]
fn an_error_in_the_middle_is_shown_and_the_rest_can_be_undone() {
    let mut dashboard = opened();
    dashboard.keys(FILL_IN);
    let problem = Problem::new(Code::StorageFailed, "wknd-stage: no space");
    dashboard.finish(Ok(JobOutcome::Partly("1 of 2 saved".to_owned(), problem)));
    dashboard.shows("wknd-stage: no space");
    dashboard.says("1 of 2 saved; press u to undo within 10 s");
    // Closed before it ends: among the errors.
    let mut dashboard = opened();
    dashboard.keys(FILL_IN);
    dashboard.model.pages.clear();
    let problem = Problem::new(Code::StorageFailed, "wknd-stage: no space");
    dashboard.finish(Ok(JobOutcome::Partly("1 of 2 saved".to_owned(), problem)));
    assert_eq!(dashboard.model.errors.len(), 1);
    assert!(dashboard.model.undo.is_some());
}

#[test]
fn an_environment_that_has_no_type_any_more_is_not_ticked() {
    let mut dashboard = opened();
    dashboard.keys("jj<space>");
    dashboard.shows("Fill in 1 ticked environment");
    dashboard.send(Event::Index(std::sync::Arc::new(untyped())));
    dashboard.shows("Fill in 0 ticked environments");
}

/// With wknd-dev untyped.
fn untyped() -> aemkeys::app::Index {
    let mut untyped = index();
    for entry in untyped.environments_mut().filter(|it| it.id == id(30)) {
        entry.environment_type = EnvironmentType::Untyped;
    }
    untyped
}

#[test]
fn the_type_of_an_untyped_environment_needs_its_name() {
    let mut dashboard = Dashboard::with(untyped(), settings(), 120, 30);
    dashboard.keys("I").finish(Ok(found()));
    dashboard.shows("no type");
    let effects = dashboard.effects_of("jj<enter>");
    assert!(edits(&effects).is_empty());
    dashboard.shows("Set type Development, console link of wknd-dev");
    let effects = dashboard.effects_of("wknd-dev<enter>");
    let made = edits(&effects);
    assert_eq!(made.len(), 1, "{effects:?}");
    assert_eq!(
        made[0].0.environment_type,
        Some(EnvironmentType::Development)
    );
    assert_eq!(made[0].1.as_deref(), Some("wknd-dev"));
}

#[test]
fn a_change_of_the_list_is_compared_again() {
    let mut dashboard = opened();
    let mut changed = index();
    for entry in changed.environments_mut().filter(|it| it.id == id(40)) {
        entry.console_url = Some("https://console.dev.adobeaemcloud.com/".to_owned());
    }
    dashboard.shows("stored as wknd-prod: no console link");
    dashboard.send(Event::Index(std::sync::Arc::new(changed)));
    dashboard.hides("stored as wknd-prod: no console link");
    dashboard.shows("stored as wknd-prod");
}

#[test]
fn an_error_says_what_to_do() {
    let mut dashboard = Dashboard::new(120, 30);
    let problem =
        Problem::new(Code::NameNotFound, "no OAuth credential is stored").next_step("add one");
    dashboard.keys("I").finish(Err(problem));
    dashboard.shows("no OAuth credential is stored");
    dashboard.shows("add one");
}
