//! A credential that names no environment: its hosts come from the ids of program and environment.

use aemkeys::app::add::Relation;
use aemkeys::tui::effect::{Effect, Job};
use aemkeys::tui::message::{Event, JobOutcome};
use aemkeys_core::environment::{CloudIds, Hosts};

use super::fixture::Dashboard;
use super::pages::recognised;

fn recognised_without_ids() -> Dashboard {
    let mut d = Dashboard::new(120, 40);
    d.send(Event::Paste("{}".into()));
    let mut found = recognised(Relation::NewEnvironment);
    found.preview.ids = None;
    found.preview.hosts = Hosts::default();
    "0f3a61c07d2e4b5aa1b2".clone_into(&mut found.preview.suggested_name);
    d.finish(Ok(JobOutcome::Recognised(Box::new(found))));
    d
}

/// The ids and the name that are stored after these texts in the two fields.
fn stored(program: &str, environment: &str, name: &str) -> (Option<CloudIds>, Option<String>) {
    let mut d = recognised_without_ids();
    let keys = format!("{name}<tab><tab><tab><tab>{program}<tab>{environment}<enter>");
    // The first Enter asks for the type.
    d.keys(&keys);
    let effects = d.effects_of("<enter>");
    let options = effects.into_iter().find_map(|effect| match effect {
        Effect::Run(_, Job::Store { options, .. }) => Some(options),
        _ => None,
    });
    let options = options.unwrap_or_else(|| panic!("not stored:\n{}", d.text()));
    (options.ids, options.name.map(|name| name.to_string()))
}

#[test]
fn ids_are_typed_as_numbers_or_as_whatever_names_them() {
    let ids = CloudIds::parse("p123-e1250");
    for (program, environment) in [
        ("123", "1250"),
        ("p123", "e1250"),
        ("p123-e1250", ""),
        ("", "https://author-p123-e1250.adobeaemcloud.com/x"),
    ] {
        assert_eq!(
            stored(program, environment, "").0,
            ids,
            "{program} {environment}"
        );
    }
}

#[test]
fn a_name_that_was_typed_stays_and_the_suggested_one_gives_way_to_the_ids() {
    assert_eq!(stored("123", "1250", "").1, None);
    let (_, name) = stored("123", "1250", "x");
    assert_eq!(name.as_deref(), Some("0f3a61c07d2e4b5aa1b2x"));
    assert_eq!(
        stored("", "", "").1.as_deref(),
        Some("0f3a61c07d2e4b5aa1b2")
    );
}

#[test]
fn wrong_ids_are_refused_beside_the_field() {
    for typed in [
        "123<tab>",
        "0<tab>1250",
        "x<tab>1250",
        "123<tab>e",
        "p1-e2<tab>3",
    ] {
        let mut d = recognised_without_ids();
        d.keys(&format!("<tab><tab><tab><tab>{typed}<enter>"));
        d.shows("enter both numbers as in Cloud Manager");
        assert!(d.model.tasks.is_empty(), "{typed}");
    }
}

#[test]
fn a_host_that_the_typed_ids_give_needs_no_confirmation() {
    let mut d = recognised_without_ids();
    let author = "author-p123-e1250.adobeaemcloud.com";
    d.keys(&format!(
        "<tab><tab><tab><tab>123<tab>1250<tab>{author}<enter>"
    ));
    assert!(
        matches!(
            d.effects_of("<enter>").as_slice(),
            [Effect::Run(_, Job::Store { .. })]
        ),
        "{}",
        d.text()
    );
    let mut d = recognised_without_ids();
    d.keys(&format!(
        "<tab><tab><tab><tab>123<tab>1251<tab>{author}<enter>"
    ));
    d.shows("Trust host");
}

#[test]
fn a_credential_with_ids_has_no_fields_for_them() {
    let mut d = Dashboard::new(120, 40);
    d.send(Event::Paste("{}".into()));
    let found = recognised(Relation::NewEnvironment);
    d.finish(Ok(JobOutcome::Recognised(Box::new(found))));
    d.hides("Program");
}
