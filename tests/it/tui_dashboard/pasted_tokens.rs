//! Pasted tokens: where they are stored, and what happens to those that cannot be used.

use std::sync::Arc;

use aemkeys::app::add::{AddOptions, FileGuess, Relation};
use aemkeys::app::token::TokenHolder;
use aemkeys::tui::effect::{Effect, ImportId, Job};
use aemkeys::tui::message::{Event, JobOutcome, Recognised};
use aemkeys_core::credential::{Check, CheckVerdict as Verdict};
use aemkeys_core::credential::{Kind, TokenFacts};
use aemkeys_core::environment::{CloudIds, EnvironmentType};
use jiff::SignedDuration;

use super::fixture::{Dashboard, id, token};
use super::pages::recognised;
use super::snapshot::{page, snapshot};

fn pasted(facts: TokenFacts) -> Recognised {
    let mut found = recognised(Relation::NewEnvironment);
    found.preview.kind = Kind::DevelopmentToken;
    found.preview.facts = None;
    found.preview.checks.clear();
    found.preview.ids = None;
    found.preview.hosts = aemkeys_core::environment::Hosts::default();
    "environment".clone_into(&mut found.preview.suggested_name);
    found.preview.customer = None;
    found.preview.token = Some(facts);
    found
}

fn fresh() -> Recognised {
    pasted(token("new", SignedDuration::from_hours(20)))
}

fn ended() -> Recognised {
    let mut found = pasted(token("old", -SignedDuration::from_hours(3)));
    found.preview.checks.push(Check {
        verdict: Verdict::Wrong,
        text: "the token has expired".to_owned(),
    });
    found
}

fn paste(d: &mut Dashboard, found: Recognised) {
    d.send(Event::Paste("eyJhbGciOi".into()));
    d.finish(Ok(JobOutcome::Recognised(Box::new(found))));
    d.take_effects();
}

#[test]
fn shows_where_a_pasted_token_is_stored() {
    page("token_here", |d| {
        d.keys("jj");
        paste(d, fresh());
    });
    let mut d = Dashboard::after_keys("jj");
    paste(&mut d, fresh());
    let text = d.text();
    assert!(text.contains("For wknd-dev (Development), the row under the cursor"));
    assert!(text.contains("[ Store for wknd-dev (Development) ]"));
    // The row the page named is meant, whatever becomes of the list behind it.
    let mut changed = super::fixture::index();
    changed.environments.retain(|entry| entry.id != id(30));
    d.send(Event::Index(Arc::new(changed)));
    d.keys("<enter>");
    assert!(matches!(
        d.take_effects().as_slice(),
        [Effect::Run(_, Job::PasteToken { target, .. })] if target.environment == id(30)
    ));
}

#[test]
fn the_page_to_paste_names_the_identity() {
    for (row, title) in [
        ("wknd-dev", "Token for wknd-dev/me"),
        ("wknd-stage", "Token for wknd-stage, new identity"),
    ] {
        let d = Dashboard::after_keys(&format!("/{row}<enter>p"));
        d.shows(title);
    }
}

/// Reads a file of this name, and returns the page to add it.
fn read(of: &str, change: impl FnOnce(&mut Recognised)) -> Dashboard {
    let mut found = recognised(Relation::NewEnvironment);
    found.preview.file = Some(FileGuess::of(of.as_ref(), &super::fixture::index()));
    change(&mut found);
    let mut d = Dashboard::after_keys(&format!("a{of}<enter>"));
    d.finish(Ok(JobOutcome::Recognised(Box::new(found))));
    d.take_effects();
    d
}

fn stored(d: &mut Dashboard) -> AddOptions {
    match d.take_effects().pop() {
        Some(Effect::Run(_, Job::Store { options, .. })) => *options,
        other => panic!("{other:?}: {}", d.text()),
    }
}

#[test]
fn the_name_of_a_file_suggests_name_and_type() {
    let mut d = read("./acme-stage-service.json", |_| {});
    d.shows("‹ Stage › from file name");
    d.keys("<enter>");
    let options = stored(&mut d);
    assert_eq!(options.name.unwrap().as_str(), "acme-stage");
    assert_eq!(options.environment_type, Some(EnvironmentType::Stage));
    // What is changed is what counts.
    let mut d = read("./acme-stage-service.json", |_| {});
    d.keys("<c-u>other<tab><right>");
    d.hides("from file name");
    d.keys("<enter>");
    let options = stored(&mut d);
    assert_eq!(options.name.unwrap().as_str(), "other");
    assert_ne!(options.environment_type, Some(EnvironmentType::Stage));
    // A name that says nothing: as without a file.
    let mut d = read("./service_token.json", |_| {});
    d.shows("p123-e1250");
    d.keys("<enter>");
    d.shows("untyped is treated as production");
}

#[test]
fn the_customer_is_that_of_the_organisation_or_optional() {
    let mut d = read("./acme-dev.json", |found| {
        found.preview.customer = Some("Acme".to_owned());
    });
    d.shows("Acme");
    d.keys("<enter>");
    assert_eq!(stored(&mut d).customer.as_deref(), Some("Acme"));
    let mut d = read("./acme-dev.json", |found| {
        let facts = found.preview.facts.as_ref().unwrap();
        found.preview.customer = facts.org.clone();
    });
    d.shows("optional");
    d.keys("<enter>");
    assert_eq!(stored(&mut d).customer, None);
    // Cleared by the user, it stays empty.
    let mut d = read("./acme-dev.json", |found| {
        found.preview.customer = Some("Acme".to_owned());
    });
    d.keys("<tab><tab><c-u><enter>");
    assert_eq!(stored(&mut d).customer.as_deref(), Some(""));
}

#[test]
fn a_token_pasted_on_the_list_may_become_an_environment_of_its_own() {
    page("token_as_new", |d| {
        d.keys("jj");
        paste(d, fresh());
        d.keys("<tab><tab><enter>");
    });
    let mut d = Dashboard::after_keys("jj");
    paste(&mut d, fresh());
    d.keys("<tab><tab><enter><c-u>other<enter><enter>");
    let effects = d.take_effects();
    let [Effect::Run(_, Job::Store { import, options })] = effects.as_slice() else {
        panic!("{effects:?}");
    };
    let name = options.name.as_ref().unwrap().as_str();
    assert_eq!((*import, name), (Some(ImportId(1)), "other"));
}

/// A token of a person whose e-mail the claims name, for wknd-prod.
fn of_a_person() -> Recognised {
    let mut found = fresh();
    found.preview.token_owner = Some("jane@example.com (4A1B@AdobeID)".to_owned());
    found.preview.token_ids = Some(CloudIds {
        program: 123,
        environment: 1234,
        cmstg: false,
    });
    found
}

/// The two ways to a paste on the row of this filter: on the list, and on the paste page.
fn pasted_on(row: &str, found: impl Fn() -> Recognised) -> [Dashboard; 2] {
    ["", "p"].map(|keys| {
        let mut d = Dashboard::after_keys(&format!("/{row}<enter>{keys}"));
        paste(&mut d, found());
        d
    })
}

#[test]
fn a_token_for_production_is_not_stored_by_enter_alone() {
    for mut d in pasted_on("wknd-prod", of_a_person) {
        d.shows("[ Store for wknd-prod (Production) ]");
        for fact in ["jane@example.com (4A1B@AdobeID)", "p123-e1234", "in 20 h"] {
            d.shows(fact);
        }
        // Enter is Cancel.
        assert_eq!(d.effects_of("<enter>"), [Effect::DropImport(ImportId(1))]);
        assert!(d.model.pages.is_empty());
    }
    // The same where no type is set.
    let mut untyped = super::fixture::index();
    let no_type = aemkeys_core::environment::EnvironmentType::Untyped;
    untyped.environments_mut().nth(1).unwrap().environment_type = no_type;
    let mut d = Dashboard::with(untyped, super::fixture::settings(), 120, 30);
    d.keys("/wknd-prod<enter>p");
    paste(&mut d, of_a_person());
    assert_eq!(d.effects_of("<enter>"), [Effect::DropImport(ImportId(1))]);
    // On Development, Enter stores it.
    for mut d in pasted_on("wknd-dev", fresh) {
        let effects = d.effects_of("<enter>");
        assert!(matches!(
            effects.as_slice(),
            [Effect::Run(_, Job::PasteToken { .. })]
        ));
    }
    let [mut d, _] = pasted_on("wknd-prod", of_a_person);
    snapshot("token_for_production", &d);
    let effects = d.effects_of("<tab><enter>");
    assert!(matches!(
        effects.as_slice(),
        [Effect::Run(_, Job::PasteToken { target, .. })] if target.environment == id(40)
    ));
}

#[test]
fn a_token_may_become_a_new_identity_of_its_environment() {
    for mut d in pasted_on("wknd-dev", fresh) {
        let effects = d.effects_of("<tab><enter>");
        let [Effect::Run(_, Job::PasteToken { target, .. })] = effects.as_slice() else {
            panic!("{effects:?}");
        };
        assert_eq!(
            (target.environment, target.holder),
            (id(30), TokenHolder::New)
        );
    }
    // Without a stored token there is nothing to keep apart.
    for d in pasted_on("wknd-prod", of_a_person) {
        d.hides("New identity");
    }
}

#[test]
fn a_stored_credential_is_selected_when_it_is_recognised_again() {
    let mut d = Dashboard::after_keys("/wknd<enter>");
    let relation = Relation::AlreadyStored {
        identity: id(12),
        full_name: "brand-prod/write".to_owned(),
    };
    paste(&mut d, recognised(relation));
    assert_eq!(d.selected(), "brand-prod/write");
    d.keys("<esc>");
    assert!(d.model.pages.is_empty(), "nothing would be lost");
}

/// Presses Enter until something is stored, and returns the type and how often it took.
fn stored_type(d: &mut Dashboard) -> (Option<EnvironmentType>, usize) {
    for presses in 1..4 {
        let effects = d.effects_of("<enter>");
        if let [Effect::Run(_, Job::Store { options, .. })] = effects.as_slice() {
            return (options.environment_type, presses);
        }
        assert_eq!(effects, []);
    }
    panic!("not stored:\n{}", d.text());
}

#[test]
fn asks_once_for_the_type_and_guesses_it_from_the_name() {
    use EnvironmentType::{Development, Production, Stage, Untyped};
    for (name, expected, words) in [
        ("wknd-live", Production, "‹ Production ›"),
        ("uat", Stage, "‹ Stage ›"),
        ("product-dev", Development, "‹ Development ›"),
        ("product", Untyped, "untyped is treated as production"),
        ("dev-prod", Untyped, "untyped is treated as production"),
    ] {
        let mut d = Dashboard::new(120, 30);
        paste(&mut d, recognised(Relation::NewEnvironment));
        d.keys(&format!("<c-u>{name}"));
        assert_eq!(d.effects_of("<enter>"), [], "{name}");
        d.shows(words);
        d.shows(if expected == Untyped {
            "‹ untyped ›"
        } else {
            "guessed from the name"
        });
        assert_eq!(stored_type(&mut d), (Some(expected), 1), "{name}");
    }
    // The button that was pressed is pressed again.
    let mut d = Dashboard::new(120, 30);
    paste(&mut d, recognised(Relation::NewEnvironment));
    d.keys("<s-tab><s-tab>");
    assert_eq!(stored_type(&mut d), (Some(Untyped), 2));
    d.hides("exchang");
    let stored = aemkeys::app::add::Added::Stored {
        environment: id(20),
        identity: id(21),
        full_name: "wknd-new".to_owned(),
        warnings: Vec::new(),
    };
    d.finish(Ok(JobOutcome::Stored(stored)));
    assert_eq!(d.take_effects(), [Effect::ReloadIndex]);
    // Whoever has chosen is not asked.
    let mut d = Dashboard::new(120, 30);
    paste(&mut d, recognised(Relation::NewEnvironment));
    d.keys("<c-u>wknd-live<tab><right><s-tab>");
    assert_eq!(stored_type(&mut d), (Some(Development), 1));
    let mut d = Dashboard::new(120, 30);
    paste(&mut d, recognised(Relation::NewEnvironment));
    d.keys("<c-u>wknd-live<enter>");
    snapshot("add_type", &d);
}

#[test]
fn does_not_offer_to_store_an_expired_token() {
    page("token_ended", |d| {
        d.keys("jj");
        paste(d, ended());
    });
    let mut d = Dashboard::after_keys("jj");
    paste(&mut d, ended());
    let text = d.text();
    assert!(text.contains("✕ the token has expired") && !text.contains("Store"));
    d.keys("<enter>");
    assert_eq!(d.take_effects(), [Effect::DropImport(ImportId(1))]);
    assert!(d.model.pages.is_empty());
    // The same on the paste line.
    d.keys("p");
    d.send(Event::Paste("eyJhbGciOi".into()));
    d.take_effects();
    d.finish(Ok(JobOutcome::Recognised(Box::new(ended()))));
    assert_eq!(d.take_effects(), [Effect::DropImport(ImportId(1))]);
    d.shows("token has expired");
    d.keys("<enter>");
    assert_eq!(d.take_effects(), []);
}

#[test]
fn a_token_that_names_another_environment_is_warned_about() {
    let named = |program, environment| {
        let mut found = fresh();
        found.preview.token_ids = Some(CloudIds {
            program,
            environment,
            cmstg: false,
        });
        found
    };
    let mut d = Dashboard::after_keys("jj");
    paste(&mut d, named(123, 1250));
    let warning = "▲ the token belongs to p123-e1250, and wknd-dev is p123-e1301";
    d.shows(warning);
    d.keys("<esc>y");
    paste(&mut d, named(123, 1301));
    d.hides("client id");
    d.keys("<esc>yp");
    paste(&mut d, named(123, 1250));
    d.shows(warning);
}

#[test]
fn offers_to_store_again_what_is_already_stored() {
    let mut d = Dashboard::new(120, 30);
    let mut found = recognised(Relation::AlreadyStored {
        identity: id(21),
        full_name: "wknd-stage".to_owned(),
    });
    found.preview.checks.clear();
    paste(&mut d, found);
    d.shows("Already stored as wknd-stage; nothing differs");
    d.shows("[ Store ]");
    d.keys("<esc>");
    assert!(d.model.pages.is_empty());
}

#[test]
fn changed_content_of_production_needs_its_name() {
    let mut d = Dashboard::new(120, 30);
    let mut found = recognised(Relation::AlreadyStored {
        identity: id(21),
        full_name: "wknd-stage".to_owned(),
    });
    found.preview.changes = Some(aemkeys::app::add::Changes {
        identity: id(21),
        environment: "wknd-stage".to_owned(),
        lines: vec!["metascopes: a -> b".to_owned()],
        needs_confirmation: true,
    });
    paste(&mut d, found);
    d.shows("metascopes: a -> b");
    d.take_effects();
    assert_eq!(d.effects_of("<enter>"), []);
    d.shows("Type wknd-stage to confirm");
    assert_eq!(d.effects_of("other<enter>"), []);
    let effects = d.effects_of("<c-u>wknd-stage<enter>");
    let [Effect::Run(_, Job::Guarded { typed, .. })] = effects.as_slice() else {
        panic!("{effects:?}");
    };
    assert_eq!(typed.as_deref(), Some("wknd-stage"));
}

#[test]
fn add_with_a_label() {
    page("add_label", |d| {
        let relation = Relation::NewIdentity {
            environment: id(20),
            name: "wknd-stage".to_owned(),
        };
        paste(d, recognised(relation));
    });
}

#[test]
fn trust_a_sign_in_host() {
    page("trust_host", |d| {
        let mut found = recognised(Relation::NewEnvironment);
        found.preview.unconfirmed = Vec::from_iter(
            aemkeys_core::environment::allow_list::non_adobe_ims_host("ims.example.com"),
        );
        paste(d, found);
        d.keys("<enter>");
    });
}

#[test]
fn a_token_that_only_needs_a_confirmation_is_cancelled_by_escape() {
    for mut d in pasted_on("wknd-prod", of_a_person) {
        assert_eq!(d.effects_of("<esc>"), [Effect::DropImport(ImportId(1))]);
        assert!(d.model.pages.is_empty());
    }
}
