//! Which guide opens from where, and what do its keys do? From a verdict or an error it opens with what that means.

use jiff::SignedDuration;
use uuid::Uuid;

use super::{forms, open as pages, tokens};
use crate::app::guide::{Guide, Key, Topic};
use crate::app::{EnvironmentEntry, IdentityEntry, Verdict};
use crate::credential::Problem;
use crate::credential::validity::State;
use crate::tui::action::Action;
use crate::tui::effect::Effect;
use crate::tui::model::{Choice, Ended, GuidePage, Menu, MenuItem, Model, Overlay, Page, Tone};
use crate::tui::{time, why};

/// All guides, for the identity under the cursor.
pub(super) fn menu(model: &mut Model) {
    let identity = model.list.selected;
    let items = Topic::ALL
        .into_iter()
        .map(|topic| {
            let guide = guide(model, topic, identity);
            let ticked = model.guides.count(Key { topic, identity }, &guide);
            MenuItem {
                title: guide.title,
                note: match ticked {
                    0 => topic.about().to_owned(),
                    some => format!("{some} of {} ticked", guide.steps.len()),
                },
                off: None,
                danger: false,
                choice: Choice::Guide(topic, identity),
            }
        })
        .collect();
    let title = identity.map_or_else(
        || "Guides".to_owned(),
        |identity| format!("Guides for {}", model.name_of(identity)),
    );
    model.overlays.push(Overlay::Menu(Menu {
        title,
        items,
        at: 0,
    }));
}

fn guide(model: &Model, topic: Topic, identity: Option<Uuid>) -> Guide {
    match identity.and_then(|id| model.index.identity(id)) {
        Some((environment, identity)) => Guide::of(topic, environment, identity),
        None => Guide::general(topic),
    }
}

/// With what was seen above it; the cursor on the first step that is open, where nothing must be read first.
pub(super) fn open(model: &mut Model, topic: Topic, identity: Option<Uuid>, seen: Vec<String>) {
    let key = Key { topic, identity };
    let guide = guide(model, topic, identity);
    let begun = model.guides.count(key, &guide) > 0;
    let at = if begun && seen.is_empty() {
        let next = guide
            .steps
            .iter()
            .position(|step| !model.guides.is_done(key, step.id));
        next.map_or(0, |at| at + 1)
    } else {
        0
    };
    model.overlays.push(Overlay::Guide(Box::new(GuidePage {
        guide,
        key,
        seen,
        at,
    })));
}

/// A page to read, or the guide that leads out of it.
fn explain(
    model: &mut Model,
    title: String,
    lines: Vec<String>,
    topic: Option<Topic>,
    identity: Option<Uuid>,
) {
    match topic {
        Some(topic) => open(model, topic, identity, lines),
        None => model.overlays.push(pages::viewer(title, lines)),
    }
}

/// Enter on the detail or a finding: what it means and what to do.
pub(super) fn why_of_page(model: &mut Model) {
    if model.page == Page::Doctor {
        let found = model
            .doctor
            .ready()
            .and_then(|found| found.get(model.doctor_at));
        let page = found.map(|found| pages::viewer(found.topic.to_owned(), why::finding(found)));
        model.overlays.extend(page);
        return;
    }
    let Some((environment, identity)) = model.selected_entry() else {
        return;
    };
    let (id, name) = (identity.id, model.name_of(identity.id));
    let lines = why::identity(model, environment, identity);
    let topic = topic_of(model, environment, identity);
    explain(model, name, lines, topic, Some(id));
}

/// What the identity needs most: what AEM refused last, else a credential that ends.
fn topic_of(
    model: &Model,
    environment: &EnvironmentEntry,
    identity: &IdentityEntry,
) -> Option<Topic> {
    let refused = identity.last_test.iter().find_map(|record| {
        let verdict = Verdict::ALL
            .into_iter()
            .find(|verdict| verdict.code().as_str() == record.verdict)?;
        Topic::for_verdict(verdict, identity.kind)
    });
    let ends = matches!(
        model.credential_state(identity),
        State::Expired | State::Urgent
    );
    if ends {
        Some(Topic::Rotate)
    } else if environment.hosts.is_empty() {
        None
    } else {
        refused
    }
}

/// Enter on a verdict of the test page or on an error.
pub(super) fn why_of_overlay(model: &mut Model) {
    match model.overlays.last() {
        Some(Overlay::Test(page)) => {
            let Some(result) = page.results.ready().and_then(|all| all.get(page.tier)) else {
                return;
            };
            let title = format!("{}: {}", result.tier.as_str(), result.verdict.words());
            let lines = why::tier(result);
            let id = page.identity;
            let topic = model
                .index
                .identity(id)
                .and_then(|(_, identity)| Topic::for_verdict(result.verdict, identity.kind));
            explain(model, title, lines, topic, Some(id));
        }
        Some(Overlay::Errors(page)) => {
            let Some(entry) = model.errors.get(page.at) else {
                return;
            };
            let about = model
                .identities()
                .find(|(_, identity)| model.name_of(identity.id) == entry.about)
                .map(|(_, identity)| identity.id);
            explain_problem(model, entry.about.clone(), &entry.problem.clone(), about);
        }
        Some(Overlay::Progress(page)) => {
            let on = page.sorted().get(page.at).map(|ended| (*ended).clone());
            match on {
                Some(Ended {
                    name,
                    identity,
                    problem: Some(problem),
                }) => explain_problem(model, name, &problem, identity),
                // All went well here: there is nothing more to read once the others have ended.
                _ if model.tasks.in_batch(page.batch).is_empty() => {
                    model.overlays.pop();
                }
                _ => {}
            }
        }
        _ => {}
    }
}

fn explain_problem(model: &mut Model, about: String, problem: &Problem, identity: Option<Uuid>) {
    let kind = identity
        .and_then(|id| model.index.identity(id))
        .map(|(_, identity)| identity.kind);
    let verdict = Verdict::ALL
        .into_iter()
        .find(|verdict| verdict.code() == problem.code);
    let topic = match (verdict, kind) {
        (Some(verdict), Some(kind)) => Topic::for_verdict(verdict, kind),
        _ => problem.code.topic(),
    };
    explain(model, about, why::problem(problem), topic, identity);
}

/// The keys of a guide.
pub(super) fn perform(model: &mut Model, action: Action) -> Vec<Effect> {
    let Some(Overlay::Guide(page)) = model.overlays.last() else {
        return Vec::new();
    };
    let Some(step) = page.step().cloned() else {
        model.say(Tone::Note, "j goes to the first step");
        return Vec::new();
    };
    let key = page.key;
    match action {
        Action::GuideTick => tick(model, key, &step),
        Action::GuideLink => {
            if let Some(url) = step.link {
                return forms::browse(model, url);
            }
            model.say(Tone::Note, "this step has no page to open");
            Vec::new()
        }
        _ => copy(model, &step),
    }
}

fn tick(model: &mut Model, key: Key, step: &crate::app::guide::Step) -> Vec<Effect> {
    if !step.locked_by.is_empty() && !model.guides.is_done(key, step.id) {
        let who = step.locked_by.join(", ");
        model.say(
            Tone::Warning,
            format!("locked: {who} still with the old one"),
        );
        return Vec::new();
    }
    let ticked = model.guides.toggle(key, step.id, model.now);
    if ticked {
        let named = key.identity.zip(step.wait_minutes);
        if let Some((identity, minutes)) = named {
            let at = model.now + SignedDuration::from_mins(i64::from(minutes));
            model.guides.remind(key, at);
            let words = format!(
                "it takes {minutes} minutes: test {} again from {} on",
                model.name_of(identity),
                time::clock(at, &model.settings.zone)
            );
            model.say(Tone::Note, words);
        }
        if let Some(Overlay::Guide(page)) = model.overlays.last_mut() {
            page.at = (page.at + 1).min(page.guide.steps.len());
        }
    }
    vec![Effect::KeepTicks {
        guides: model.guides.clone(),
        key,
    }]
}

/// The file to write, else the address: neither is secret.
fn copy(model: &mut Model, step: &crate::app::guide::Step) -> Vec<Effect> {
    let (what, text) = match (&step.file, &step.link) {
        (Some(file), _) => (file.name, file.text.clone()),
        (None, Some(link)) => ("address", link.clone()),
        (None, None) => {
            model.say(Tone::Note, "this step has nothing to copy");
            return Vec::new();
        }
    };
    tokens::copy_text(model, what, text)
}
