//! What do the pages of a renewal do: the new file beside the old one, its steps, and who must get it?

use uuid::Uuid;

use super::{guides, open, results, tokens};
use crate::app::guide::Topic;
use crate::app::rotate::{self, Progress, Unfinished, unfinished};
use crate::credential::{Code, Kind, Problem};
use crate::tui::effect::{Effect, ImportId, Way};
use crate::tui::message::Renewal;
use crate::tui::model::{
    Button, Field, FieldId, Form, Import, Model, Overlay, RenewedPage, RotatePage, Task, TaskId,
    Then, Tone, Work,
};

/// `R`: nothing happens before Enter.
pub(super) fn open_rotate(model: &mut Model, identity: Uuid) {
    let page = page(model, identity);
    model.overlays.push(Overlay::Rotate(Box::new(page)));
}

fn page(model: &Model, identity: Uuid) -> RotatePage {
    let unfinished = left_to_do(model, identity);
    RotatePage {
        identity,
        name: model.name_of(identity),
        form: form(model, identity, unfinished.as_ref(), false),
        unfinished,
        recognised: None,
        comparison: None,
        steps: Vec::new(),
        working: None,
        problem: None,
    }
}

fn left_to_do(model: &Model, identity: Uuid) -> Option<Unfinished> {
    let (_, entry) = model.index.identity(identity)?;
    unfinished(entry)
}

/// What can be done: with a file that was recognised, with what an earlier renewal left, or with a file to be given.
fn form(model: &Model, identity: Uuid, left: Option<&Unfinished>, recognised: bool) -> Form {
    if recognised {
        return Form::new(Vec::new(), vec![Button::Rotate, Button::Cancel]);
    }
    let mut buttons = vec![Button::Read];
    match left {
        None => {}
        Some(Unfinished::Begun { .. }) => buttons.push(Button::GoOn),
        Some(Unfinished::Candidate { .. }) => buttons.extend([Button::GoOn, Button::Discard]),
        Some(Unfinished::ToBring { .. } | Unfinished::ToRevoke { .. }) => {
            buttons.push(Button::UsedBy);
        }
    }
    buttons.push(Button::Cancel);
    let file = Field::text(FieldId::File, "File", sample(model, identity)).wide();
    let mut form = Form::new(vec![file], buttons);
    // What is left to be done comes before another file.
    if left.is_some() {
        form.focus = 2;
    }
    form
}

/// The demo has a renewed file to begin with.
fn sample(model: &Model, identity: Uuid) -> String {
    let wanted = format!("/{}.json", model.name_of(identity).replace('/', "-"));
    let samples = &model.settings.samples;
    let fitting = samples.iter().find(|path| path.ends_with(&wanted));
    fitting.cloned().unwrap_or_default()
}

/// A file that was added is a renewal of one that is stored.
pub(super) fn open_with(model: &mut Model, identity: Uuid, import: Import) {
    let page = page(model, identity);
    model.overlays.push(Overlay::Rotate(Box::new(page)));
    let at = model.overlays.len() - 1;
    recognised(model, at, import);
}

/// Old and new side by side; whether the new one can do what the old one could is found out later.
pub(super) fn recognised(model: &mut Model, at: usize, import: Import) -> Vec<Effect> {
    let Some(Overlay::Rotate(page)) = model.overlays.get(at) else {
        return Vec::new();
    };
    let identity = page.identity;
    let old = model.index.identity(identity);
    let old = old.and_then(|(_, entry)| entry.credential.as_ref().map(|facts| (entry.kind, facts)));
    let (comparison, refused) = match &import.preview.facts {
        Some(new) if import.preview.kind != Kind::DevelopmentToken => {
            let same = old.is_some_and(|(_, facts)| facts.fingerprint == new.fingerprint);
            let comparison = rotate::compare(old, (import.preview.kind, new), model.now);
            let refused = same.then(|| {
                Problem::new(Code::SameCredential, format!("{} has this very credential already", page.name))
                    .next_step("bring the new one: AEM Developer Console, Technical Accounts, Add certificate, View")
            });
            (Some(comparison), refused)
        }
        _ => {
            let refused = Problem::new(
                Code::TokenNotCredential,
                "this is a token, not a credential",
            )
            .next_step("Esc, then p takes a token");
            (None, Some(refused))
        }
    };
    let form = form(model, identity, page.unfinished.as_ref(), refused.is_none());
    let Some(Overlay::Rotate(page)) = model.overlays.get_mut(at) else {
        return Vec::new();
    };
    page.working = None;
    page.form = form;
    page.steps.clear();
    if let Some(refused) = refused {
        page.problem = Some(refused);
        return vec![Effect::DropImport(import.id)];
    }
    page.problem = None;
    page.comparison = comparison;
    page.recognised = Some(import);
    Vec::new()
}

/// A button of the page.
pub(super) fn press(model: &mut Model, button: Button) -> Vec<Effect> {
    let Some(Overlay::Rotate(page)) = model.overlays.last() else {
        return Vec::new();
    };
    let identity = page.identity;
    match button {
        Button::Rotate => {
            let import = page.recognised.as_ref().map(|import| import.id);
            import.map_or_else(Vec::new, |import| {
                ask_or_begin(model, identity, Way::With(import))
            })
        }
        Button::GoOn => ask_or_begin(model, identity, Way::GoOn),
        Button::Discard => {
            confirm_discard(model, identity);
            Vec::new()
        }
        Button::UsedBy => {
            model.overlays.pop();
            open_renewed(model, identity, None);
            Vec::new()
        }
        _ => Vec::new(),
    }
}

/// What may be production is renewed only after its name was typed.
fn ask_or_begin(model: &mut Model, identity: Uuid, way: Way) -> Vec<Effect> {
    let entry = model.index.identity(identity);
    let guarded = entry.is_some_and(|(environment, _)| environment.environment_type.is_guarded());
    if !guarded {
        return begin(model, identity, way, None);
    }
    let name = model.name_of(identity);
    let lines = [
        "The new credential is tried first; it takes over only if it can do all that the old one can.",
        "The old one stays here and at Adobe until it ends or is dropped.",
    ];
    let page = open::confirm(
        format!("Renew {name}"),
        lines.map(str::to_owned).to_vec(),
        name,
        Then::Rotate(identity, way),
    );
    model.overlays.push(page);
    Vec::new()
}

fn confirm_discard(model: &mut Model, identity: Uuid) {
    let name = model.name_of(identity);
    let lines = vec![
        "The new credential that is not proven is deleted here; what signs in now stays."
            .to_owned(),
        "At Adobe nothing is revoked.".to_owned(),
    ];
    let title = format!("Drop the new credential of {name}");
    let page = open::confirm(title, lines, name, Then::DropCandidate(identity));
    model.overlays.push(page);
}

/// On the page that is open for it, or on one that shows the steps.
pub(super) fn begin(
    model: &mut Model,
    identity: Uuid,
    way: Way,
    typed: Option<String>,
) -> Vec<Effect> {
    if tokens::busy(model, identity) {
        return Vec::new();
    }
    if !matches!(model.overlays.last(), Some(Overlay::Rotate(page)) if page.identity == identity) {
        open_rotate(model, identity);
    }
    let task = tokens::start(model, Work::Rotate, identity, None);
    if let Some(Overlay::Rotate(page)) = model.overlays.last_mut() {
        page.working = Some(task);
        page.problem = None;
        page.steps.clear();
    }
    vec![Effect::Rotate {
        task,
        identity,
        way,
        typed,
    }]
}

/// A step began or ended.
pub(super) fn progress(model: &mut Model, task: TaskId, progress: Progress) {
    let page = model.overlays.iter_mut().find_map(|overlay| match overlay {
        Overlay::Rotate(page) if page.working == Some(task) => Some(page),
        _ => None,
    });
    let Some(page) = page else { return };
    match page
        .steps
        .iter_mut()
        .find(|known| known.step == progress.step)
    {
        Some(known) => *known = progress,
        None => page.steps.push(progress),
    }
}

/// A renewal ended: who must get it comes next, or why the old one stays.
pub(super) fn rotated(
    model: &mut Model,
    id: TaskId,
    task: &Task,
    result: Result<Box<Renewal>, Problem>,
) -> Vec<Effect> {
    let at = model
        .overlays
        .iter()
        .rposition(|overlay| matches!(overlay, Overlay::Rotate(page) if page.working == Some(id)));
    let renewal = match result {
        Ok(renewal) => *renewal,
        Err(problem) => {
            let Some(Overlay::Rotate(page)) = at.and_then(|at| model.overlays.get_mut(at)) else {
                model.fail(task.name.clone(), problem);
                return vec![Effect::ReloadIndex];
            };
            page.working = None;
            page.problem = Some(problem.clone());
            // It is read here, and stays on the errors page: a small screen has no room for all of it.
            model.fail(task.name.clone(), problem);
            if let Some(newest) = model.errors.first_mut() {
                newest.read = true;
            }
            return vec![Effect::ReloadIndex];
        }
    };
    let shown = at.is_some();
    if let Some(at) = at {
        model.overlays.remove(at);
    }
    let rotated = renewal.rotated;
    let (name, new) = (&rotated.full_name, &rotated.new.fingerprint);
    if renewal.went_back {
        let words = format!("{name}: signs in with {new} again; the newer one is kept, R tries it");
        return results::finished(model, words, &[]);
    }
    let effects = results::finished(model, format!("{name}: renewed, signs in with {new}"), &[]);
    if shown && let Some(identity) = task.identity {
        open_renewed(model, identity, Some(rotated));
    }
    effects
}

/// Wherever it was, one of the two signs in, and the next try finds out which.
pub(super) fn cancelled(name: &str) -> Problem {
    Problem::new(
        Code::Cancelled,
        format!("the renewal of {name} was cancelled"),
    )
    .cause("the old credential signs in, unless the switch had taken place already")
    .next_step("R goes on from where it was")
}

/// Who has the new one?
pub(super) fn open_renewed(model: &mut Model, identity: Uuid, done: Option<rotate::Rotated>) {
    let page = RenewedPage {
        identity,
        name: model.name_of(identity),
        done,
        at: 0,
        working: None,
        problem: None,
    };
    model.overlays.push(Overlay::Renewed(Box::new(page)));
}

/// Rows of the page: the names, then the revocation.
pub(super) fn rows(model: &Model, page: &RenewedPage) -> usize {
    let entry = model.index.identity(page.identity);
    entry.map_or(0, |(_, entry)| entry.used_by.len()) + 1
}

/// Ticks a name, or leads to the revocation once all are ticked.
pub(super) fn tick(model: &mut Model) -> Vec<Effect> {
    let Some(Overlay::Renewed(page)) = model.overlays.last() else {
        return Vec::new();
    };
    if page.working.is_some() {
        return Vec::new();
    }
    let (identity, at) = (page.identity, page.at);
    let Some((_, entry)) = model.index.identity(identity) else {
        return Vec::new();
    };
    if !page.is_after_renewal(entry) {
        model.say(
            Tone::Note,
            "it was not renewed yet: there is nothing to tick",
        );
        return Vec::new();
    }
    let active = entry.active_revision();
    if let Some(used) = entry.used_by.get(at) {
        let (who, has) = (used.name.clone(), !used.has(active));
        let task = tokens::start(model, Work::Edit, identity, None);
        if let Some(Overlay::Renewed(page)) = model.overlays.last_mut() {
            page.working = Some(task);
            page.problem = None;
        }
        return vec![Effect::Tick {
            task,
            identity,
            who,
            has,
        }];
    }
    let missing: Vec<&str> = entry.without_new().collect();
    if missing.is_empty() {
        guides::open(model, Topic::Revoke, Some(identity), Vec::new());
    } else {
        let words = format!("locked: {} still with the old one", missing.join(", "));
        model.say(Tone::Warning, words);
    }
    Vec::new()
}

/// Written, or not.
pub(super) fn ticked(
    model: &mut Model,
    id: TaskId,
    task: &Task,
    result: Result<String, Problem>,
) -> Vec<Effect> {
    let page = model.overlays.iter_mut().find_map(|overlay| match overlay {
        Overlay::Renewed(page) if page.working == Some(id) => Some(page),
        _ => None,
    });
    match (page, result) {
        (page, Ok(words)) => {
            if let Some(page) = page {
                page.working = None;
                page.at += 1;
            }
            model.record(Tone::Fine, format!("{}: {words}", task.name));
        }
        (Some(page), Err(problem)) => {
            page.working = None;
            page.problem = Some(problem);
        }
        (None, Err(problem)) => model.fail(task.name.clone(), problem),
    }
    vec![Effect::ReloadIndex]
}

/// The list on disk changed: what is left to be done may be something else by now.
pub(super) fn follow_index(model: &mut Model) -> Vec<Effect> {
    let mut effects = Vec::new();
    for at in 0..model.overlays.len() {
        let Some(Overlay::Rotate(page)) = model.overlays.get(at) else {
            continue;
        };
        if page.working.is_some() {
            continue;
        }
        let identity = page.identity;
        let left = left_to_do(model, identity);
        if left == page.unfinished {
            continue;
        }
        // What was read from a file is stored beside the old one by now: it is gone on with from there.
        let stored = is_stored(left.as_ref(), page.recognised.as_ref());
        let typed = page
            .form
            .fields
            .iter()
            .any(|field| field.id == FieldId::File);
        let anew = (stored.is_some() || typed).then(|| form(model, identity, left.as_ref(), false));
        let Some(Overlay::Rotate(page)) = model.overlays.get_mut(at) else {
            continue;
        };
        page.unfinished = left;
        if let Some(form) = anew {
            page.form = form;
        }
        if let Some(import) = stored {
            page.recognised = None;
            effects.push(Effect::DropImport(import));
        }
    }
    effects
}

fn is_stored(left: Option<&Unfinished>, import: Option<&Import>) -> Option<ImportId> {
    let (Some(Unfinished::Candidate { fingerprint, .. }), Some(import)) = (left, import) else {
        return None;
    };
    let facts = import.preview.facts.as_ref()?;
    (facts.fingerprint == *fingerprint).then_some(import.id)
}
