//! What do copy, exchange, test, keep fresh and claims start?

use uuid::Uuid;

use super::{call, forms, leak, open, renewal};
use crate::app::present::Format;
use crate::tui::action::Action;
use crate::tui::effect::Effect;
use crate::tui::model::{
    Model, Overlay, Progress, Question, Remote, Search, Task, TaskId, TestPage, Then, Tone, Viewer,
    Work,
};

pub(super) fn perform(model: &mut Model, action: Action) -> Vec<Effect> {
    match action {
        Action::Copy => match model.list.selected {
            Some(identity) => copy(model, identity, Format::Raw),
            None => Vec::new(),
        },
        Action::Exchange => exchange(model),
        Action::ExchangeDue => {
            let due = model.due_for_exchange();
            open::ask_exchange(model, due, false);
            Vec::new()
        }
        Action::Test => test(model),
        Action::KeepFresh => keep_fresh(model),
        Action::Claims => claims(model),
        _ => Vec::new(),
    }
}

pub(super) fn start(model: &mut Model, work: Work, identity: Uuid, batch: Option<u64>) -> TaskId {
    let name = model.name_of(identity);
    start_named(model, work, identity, name, batch)
}

/// For an identity the index shown here does not know yet.
pub(super) fn start_named(
    model: &mut Model,
    work: Work,
    identity: Uuid,
    name: String,
    batch: Option<u64>,
) -> TaskId {
    let since = model.now;
    model.tasks.start(Task {
        work,
        identity: Some(identity),
        name,
        since,
        batch,
    })
}

/// One work of a kind on an identity at a time: a second key press is not a second exchange.
pub(super) fn busy(model: &mut Model, identity: Uuid) -> bool {
    let Some(work) = model.tasks.on(identity).map(|task| task.work) else {
        return false;
    };
    let hint = if work.can_be_cancelled() {
        ": Ctrl-C cancels"
    } else {
        ""
    };
    model.say(Tone::Note, format!("still {}{hint}", work.words()));
    true
}

pub(super) fn copy(model: &mut Model, identity: Uuid, format: Format) -> Vec<Effect> {
    if busy(model, identity) {
        return Vec::new();
    }
    vec![Effect::Copy {
        task: start(model, Work::Copy, identity, None),
        identity,
        format,
    }]
}

/// A text without a secret. That it was copied is said when it was.
pub(super) fn copy_text(model: &mut Model, what: &'static str, text: String) -> Vec<Effect> {
    let since = model.now;
    let task = model.tasks.start(Task {
        work: Work::CopyText,
        identity: None,
        name: what.to_owned(),
        since,
        batch: None,
    });
    vec![Effect::CopyText { task, what, text }]
}

fn exchange(model: &mut Model) -> Vec<Effect> {
    let targets: Vec<Uuid> = model
        .target_entries()
        .into_iter()
        .filter(|(_, identity)| identity.kind.can_exchange())
        .map(|(_, identity)| identity.id)
        .collect();
    match targets.as_slice() {
        [] => {
            model.say(
                Tone::Warning,
                "none of the marked identities can be exchanged",
            );
            Vec::new()
        }
        [one] => {
            let identity = *one;
            if busy(model, identity) {
                return Vec::new();
            }
            vec![Effect::Exchange {
                task: start(model, Work::Exchange, identity, None),
                identity,
            }]
        }
        _ => {
            open::ask_exchange(model, targets, true);
            Vec::new()
        }
    }
}

/// Starts one exchange for each, with a common progress view.
pub(super) fn exchange_many(model: &mut Model, targets: &[Uuid]) -> Vec<Effect> {
    let batch = model.tasks.next_batch();
    let mut effects = Vec::new();
    for identity in targets {
        if model.tasks.on(*identity).is_none() && model.index.identity(*identity).is_some() {
            effects.push(Effect::Exchange {
                task: start(model, Work::Exchange, *identity, Some(batch)),
                identity: *identity,
            });
        }
    }
    open_progress(model, batch, "Exchange", effects.len());
    effects
}

fn open_progress(model: &mut Model, batch: u64, title: &str, total: usize) {
    if total > 0 {
        model.overlays.push(Overlay::Progress(Progress {
            batch,
            title: title.to_owned(),
            total,
            ended: Vec::new(),
            cancelled: false,
            at: 0,
        }));
    }
}

fn test(model: &mut Model) -> Vec<Effect> {
    let marked = model.targets().len();
    let targets: Vec<Uuid> = model
        .target_entries()
        .into_iter()
        .filter(|(environment, _)| !environment.hosts.is_empty())
        .map(|(_, identity)| identity.id)
        .collect();
    if targets.len() < marked {
        let words = format!("{} without hosts left out", marked - targets.len());
        model.say(Tone::Note, words);
    }
    match targets.as_slice() {
        [] => Vec::new(),
        [one] => test_one(model, *one, None),
        many => {
            let batch = model.tasks.next_batch();
            let mut effects = Vec::new();
            for identity in many {
                if model.tasks.on(*identity).is_none() {
                    effects.push(Effect::Test {
                        task: start(model, Work::Test, *identity, Some(batch)),
                        identity: *identity,
                        tiers: Vec::new(),
                        path: None,
                    });
                }
            }
            open_progress(model, batch, "Test call", effects.len());
            effects
        }
    }
}

/// Asks, on the test page that is open for this identity or on a new one.
pub(super) fn test_one(model: &mut Model, identity: Uuid, path: Option<String>) -> Vec<Effect> {
    if busy(model, identity) {
        return Vec::new();
    }
    let task = start(model, Work::Test, identity, None);
    let since = model.now;
    let name = model.name_of(identity);
    let open = model
        .overlays
        .iter()
        .rposition(|overlay| matches!(overlay, Overlay::Test(page) if page.identity == identity));
    let at = open.unwrap_or_else(|| {
        model.overlays.push(Overlay::Test(Box::new(TestPage {
            identity,
            name,
            path: None,
            results: Remote::Idle,
            bodies: Vec::new(),
            tier: 0,
            scroll: 0,
            search: Search::default(),
        })));
        model.overlays.len() - 1
    });
    if let Some(Overlay::Test(page)) = model.overlays.get_mut(at) {
        page.path.clone_from(&path);
        page.results = Remote::Running { task, since };
        page.bodies.clear();
        page.scroll = 0;
        page.search = Search::default();
    }
    vec![Effect::Test {
        task,
        identity,
        tiers: Vec::new(),
        path,
    }]
}

fn keep_fresh(model: &mut Model) -> Vec<Effect> {
    let targets: Vec<(Uuid, bool)> = model
        .target_entries()
        .into_iter()
        .filter(|(_, identity)| model.may_be_kept_fresh(identity).is_ok())
        .map(|(_, identity)| (identity.id, identity.keep_fresh))
        .collect();
    let on = targets.iter().any(|(_, fresh)| !fresh);
    let mut effects = Vec::new();
    for (identity, fresh) in targets {
        if fresh != on && model.tasks.on(identity).is_none() {
            model.fresh.forget(identity);
            effects.push(Effect::KeepFresh {
                task: start(model, Work::Edit, identity, None),
                identity,
                on,
            });
        }
    }
    effects
}

fn claims(model: &mut Model) -> Vec<Effect> {
    let Some(identity) = model.list.selected else {
        return Vec::new();
    };
    let task = start(model, Work::Claims, identity, None);
    let title = format!("{}: claims of the token", model.name_of(identity));
    let since = model.now;
    model.overlays.push(Overlay::Viewer(Viewer {
        title,
        text: Remote::Running { task, since },
        scroll: 0,
        search: Search::default(),
    }));
    vec![Effect::Claims { task, identity }]
}

/// What was asked about is wanted. `typed`: the name, where the page asked for it.
pub(super) fn follow(model: &mut Model, then: Then, typed: Option<String>) -> Vec<Effect> {
    match then {
        Then::Quit => {
            let ids: Vec<_> = model.tasks.iter().map(|(id, _)| id).collect();
            let mut effects = super::results::cancel(model, &ids);
            effects.extend(super::quit(model));
            effects
        }
        Then::Discard => {
            model.overlays.pop();
            Vec::new()
        }
        Then::ExchangeMany(targets) => exchange_many(model, &targets),
        Then::RemoveIdentity(identity) => vec![Effect::RemoveIdentity {
            task: start(model, Work::Remove, identity, None),
            identity,
            typed,
        }],
        Then::RemoveEnvironment(environment) => {
            let known = model.index.environment(environment).and_then(|entry| {
                let first = entry.identities.first()?;
                Some((first.id, entry.name.to_string()))
            });
            let Some((identity, name)) = known else {
                return Vec::new();
            };
            vec![Effect::RemoveEnvironment {
                task: start_named(model, Work::Remove, identity, name, None),
                environment,
                typed,
            }]
        }
        Then::Rotate(identity, way) => renewal::begin(model, identity, way, typed),
        Then::Leaked(identity, revision, work) => {
            leak::begin(model, identity, Some(revision), work, typed)
        }
        Then::DropCandidate(identity) => vec![Effect::Discard {
            task: start(model, Work::Edit, identity, None),
            identity,
            typed,
        }],
        Then::DropRevision(identity, revision) => vec![Effect::DropRevision {
            task: start(model, Work::Edit, identity, None),
            identity,
            revision,
            typed,
        }],
        Then::Call(identity, request) => call::start(model, identity, *request, typed),
        Then::Edit(environment, identity, fields) => {
            forms::start_edit(model, environment, identity, *fields, typed)
        }
        Then::Invalidate(identity) => vec![Effect::Invalidate {
            task: start(model, Work::Invalidate, identity, None),
            identity,
            typed,
        }],
    }
}

impl From<Question> for Then {
    fn from(question: Question) -> Self {
        question.then
    }
}
