//! What does the page after a leak do? Its steps come in an order that stops nothing that works.

use uuid::Uuid;

use super::{open, renewal, tokens};
use crate::app::leaked::{Checklist, State, Step};
use crate::credential::Problem;
use crate::tui::effect::{Effect, LeakWork};
use crate::tui::model::{LeakedPage, Model, Overlay, Task, TaskId, Then, Tone, Work};

pub(super) fn open_leaked(model: &mut Model, identity: Uuid) -> Vec<Effect> {
    if tokens::busy(model, identity) {
        return Vec::new();
    }
    let page = LeakedPage {
        identity,
        name: model.name_of(identity),
        list: None,
        at: 0,
        working: None,
        problem: None,
    };
    model.overlays.push(Overlay::Leaked(Box::new(page)));
    begin(model, identity, None, LeakWork::Look, None)
}

/// The page that lay above it is gone, and may have changed how far it is.
pub(super) fn look_again(model: &mut Model) -> Vec<Effect> {
    match model.overlays.last() {
        Some(Overlay::Leaked(page)) if page.working.is_none() => {
            let revision = page.list.as_ref().map(|list| list.revision);
            let identity = page.identity;
            if model.tasks.on(identity).is_some() {
                return Vec::new();
            }
            begin(model, identity, revision, LeakWork::Look, None)
        }
        _ => Vec::new(),
    }
}

/// On the page that is open for it.
pub(super) fn begin(
    model: &mut Model,
    identity: Uuid,
    revision: Option<u32>,
    work: LeakWork,
    typed: Option<String>,
) -> Vec<Effect> {
    let task = tokens::start(model, Work::Leak, identity, None);
    if let Some(Overlay::Leaked(page)) = model.overlays.last_mut() {
        page.working = Some(task);
        page.problem = None;
    }
    vec![Effect::Leaked {
        task,
        identity,
        revision,
        work,
        typed,
    }]
}

/// Enter: the step whose turn it is, with the name typed where it takes something away.
pub(super) fn do_step(model: &mut Model) -> Vec<Effect> {
    let Some(Overlay::Leaked(page)) = model.overlays.last() else {
        return Vec::new();
    };
    let (Some(list), None) = (&page.list, page.working) else {
        return Vec::new();
    };
    let (identity, revision) = (page.identity, list.revision);
    let (name, marked) = (page.name.clone(), list.marked);
    let next = list.next().map(|next| next.title.clone());
    let Some(item) = page.step() else {
        if marked {
            model.say(Tone::Note, "it is marked already");
        } else {
            let lines = [
                "It goes on signing in until a renewal has replaced it.",
                "Then it can never be switched back to, not even from its file.",
            ];
            let title = format!("Mark the credential of {name} as leaked");
            let then = Then::Leaked(identity, revision, LeakWork::Mark);
            ask(model, title, &lines, name, then);
        }
        return Vec::new();
    };
    let (step, state) = (item.step, item.state);
    let words = match state {
        _ if !marked => "first of all: mark it as leaked (the line on top)".to_owned(),
        State::Done => "that is done".to_owned(),
        State::Locked => next.map_or_else(
            || "locked".to_owned(),
            |next| format!("locked: first {next}"),
        ),
        State::Next => return next_step(model, identity, revision, name, step),
    };
    model.say(Tone::Warning, words);
    Vec::new()
}

fn next_step(
    model: &mut Model,
    identity: Uuid,
    revision: u32,
    name: String,
    step: Step,
) -> Vec<Effect> {
    match step {
        Step::AddKey | Step::Rotate => renewal::open_rotate(model, identity),
        Step::UsedBy => renewal::open_renewed(model, identity, None),
        Step::Revoke => {
            return begin(
                model,
                identity,
                Some(revision),
                LeakWork::ConfirmRevoked,
                None,
            );
        }
        Step::Invalidate => ask(
            model,
            format!("Invalidate the token of {name}"),
            &["IMS will refuse the tokens we hold of the leaked credential."],
            name,
            Then::Leaked(identity, revision, LeakWork::Invalidate),
        ),
        Step::Delete => ask(
            model,
            format!("Delete the leaked credential of {name}"),
            &["It is deleted here; its fingerprint stays known, so that it never comes back."],
            name,
            Then::Leaked(identity, revision, LeakWork::Delete),
        ),
        Step::CleanGit => model.say(Tone::Note, "this is done outside of aemkeys"),
    }
    Vec::new()
}

fn ask(model: &mut Model, title: String, lines: &[&str], name: String, then: Then) {
    let lines = lines.iter().map(|line| (*line).to_owned()).collect();
    model.overlays.push(open::confirm(title, lines, name, then));
}

/// What was done or looked at; the cursor goes to what comes next.
pub(super) fn done(
    model: &mut Model,
    id: TaskId,
    task: &Task,
    result: Result<Box<Checklist>, Problem>,
) -> Vec<Effect> {
    let page = model.overlays.iter_mut().find_map(|overlay| match overlay {
        Overlay::Leaked(page) if page.working == Some(id) => Some(page),
        _ => None,
    });
    match (page, result) {
        (Some(page), Ok(list)) => {
            page.working = None;
            let next = list.steps.iter().position(|item| item.state == State::Next);
            page.at = if list.marked {
                next.map_or(0, |at| at + 1)
            } else {
                0
            };
            let words = say(&list);
            page.list = Some(*list);
            model.record(Tone::Note, format!("{}: {words}", task.name));
        }
        (Some(page), Err(problem)) => {
            page.working = None;
            page.problem = Some(problem);
        }
        (None, Err(problem)) => model.fail(task.name.clone(), problem),
        (None, Ok(_)) => {}
    }
    vec![Effect::ReloadIndex]
}

/// For the activity page.
fn say(list: &Checklist) -> String {
    match list.next() {
        _ if !list.marked => "looked at what a leak would ask for".to_owned(),
        Some(next) => format!("leaked {}; next: {}", list.fingerprint, next.title),
        None => format!("leaked {}; nothing is left to do", list.fingerprint),
    }
}
