//! Which path, with which method? The line that asks for them, and the guard before anything is written.

use uuid::Uuid;

use super::{open, results, tokens};
use crate::credential::Problem;
use crate::environment::Tier;
use crate::tui::effect::Effect;
use crate::tui::message::Called;
use crate::tui::model::form::type_words;
use crate::tui::model::{
    LinePrompt, Method, Model, Overlay, Purpose, Remote, Request, Search, Task, TaskId, TextLine,
    Then, Tone, Viewer, Work,
};

/// Worth asking in any environment: who am I, Adobe's smoke test, assets, headless, OpenAPI.
const USEFUL: [&str; 5] = [
    crate::app::WHO_AM_I,
    "/content/dam.json",
    "/api/assets.json",
    "/graphql/list.json",
    "/adobe/sites/cf/fragments",
];

/// `current`: the path of the page it is opened on.
pub(super) fn prompt(model: &Model, identity: Uuid, tier: Tier, current: Option<&str>) -> Overlay {
    let asked = model.paths_of(identity);
    let mut paths: Vec<String> = asked.to_vec();
    paths.extend(
        USEFUL
            .into_iter()
            .filter(|useful| !asked.iter().any(|known| known == useful))
            .map(str::to_owned),
    );
    let path = current
        .map(str::to_owned)
        .or_else(|| asked.first().cloned())
        .unwrap_or_else(|| "/content/dam.json".to_owned());
    Overlay::Line(LinePrompt {
        purpose: Purpose::TestPath { identity, tier },
        line: TextLine::new(path),
        wrong: None,
        method: Method::Get,
        asked: asked.len(),
        paths,
        at: None,
        typed: TextLine::default(),
    })
}

/// Takes the path below or above into the line; above the first one, what was typed comes back.
pub(super) fn pick(page: &mut LinePrompt, by: isize) {
    let Some(last) = page.paths.len().checked_sub(1) else {
        return;
    };
    if page.at.is_none() {
        page.typed = page.line.clone();
    }
    page.at = match page.at {
        None if by > 0 => Some(0),
        None => None,
        Some(0) if by < 0 => None,
        Some(at) => Some(at.saturating_add_signed(by).min(last)),
    };
    page.wrong = None;
    page.line = match page.at.and_then(|at| page.paths.get(at)) {
        Some(path) => TextLine::new(path.clone()),
        None => page.typed.clone(),
    };
}

pub(super) fn next_method(model: &mut Model, forward: bool) {
    if let Some(Overlay::Line(page)) = model.overlays.last_mut() {
        page.method = page.method.next(forward);
        page.wrong = None;
    }
}

/// The line was taken: a GET asks all tiers, another method one.
pub(super) fn submit(model: &mut Model, identity: Uuid, tier: Tier) -> Vec<Effect> {
    let Some(Overlay::Line(page)) = model.overlays.last_mut() else {
        return Vec::new();
    };
    let request = match Request::parse(page.line.text(), page.method, tier) {
        Ok(request) => request,
        Err(why) => {
            page.wrong = Some(why);
            return Vec::new();
        }
    };
    if request.method == Method::Get {
        model.overlays.pop();
        return tokens::test_one(model, identity, Some(request.path));
    }
    let known = model.index.identity(identity);
    let Some((environment, address)) =
        known.and_then(|(environment, _)| Some((environment, environment.hosts.of(tier)?)))
    else {
        let why = format!("no host of {} is known: e sets it", tier.as_str());
        if let Some(Overlay::Line(page)) = model.overlays.last_mut() {
            page.wrong = Some(why);
        }
        return Vec::new();
    };
    let line = format!(
        "{} {}{}",
        request.method.as_str(),
        address.origin(),
        request.path
    );
    let guarded = !request.method.is_read_only() && environment.environment_type.is_guarded();
    let words = type_words(environment.environment_type);
    let expected = environment.name.to_string();
    model.overlays.pop();
    if !guarded {
        return start(model, identity, request, None);
    }
    let mut lines = vec![line, format!("as {} ({words})", model.name_of(identity))];
    lines.extend(
        request
            .body
            .as_ref()
            .map(|file| format!("with what is in {file}")),
    );
    let title = format!("{} on {expected}", request.method.as_str());
    let then = Then::Call(identity, Box::new(request));
    model
        .overlays
        .push(open::confirm(title, lines, expected, then));
    Vec::new()
}

/// `typed`: the environment's name, where the guard asked for it.
pub(super) fn start(
    model: &mut Model,
    identity: Uuid,
    request: Request,
    typed: Option<String>,
) -> Vec<Effect> {
    if tokens::busy(model, identity) {
        return Vec::new();
    }
    let task = tokens::start(model, Work::Call, identity, None);
    let since = model.now;
    let title = format!(
        "{}: {} {}",
        model.name_of(identity),
        request.method.as_str(),
        request.path
    );
    model.overlays.push(Overlay::Viewer(Viewer {
        title,
        text: Remote::Running { task, since },
        scroll: 0,
        search: Search::default(),
    }));
    vec![Effect::Call {
        task,
        identity,
        request,
        typed,
    }]
}

pub(super) fn answered(
    model: &mut Model,
    id: TaskId,
    task: &Task,
    result: Result<Called, Problem>,
) -> Vec<Effect> {
    let (tone, words) = match &result {
        Ok(called) => (
            if called.status < 400 {
                Tone::Fine
            } else {
                Tone::Warning
            },
            format!("{}: {} answered {}", task.name, called.asked, called.status),
        ),
        Err(problem) => (Tone::Bad, format!("{}: {problem}", task.name)),
    };
    model.record(tone, words);
    let page = model.overlays.iter_mut().find_map(|overlay| match overlay {
        Overlay::Viewer(page) if results::running(&page.text, id) => Some(page),
        _ => None,
    });
    match (page, result) {
        (Some(page), Ok(called)) => {
            let mut lines = vec![
                format!("# {}", called.asked),
                format!("answered {}", called.status),
            ];
            lines.extend(called.headers);
            let body = results::readable(&called.body, called.body_cut);
            if !body.is_empty() {
                lines.extend([String::new(), "# Body".to_owned()]);
                lines.extend(body);
            }
            page.text = Remote::Ready(lines);
        }
        (Some(page), Err(problem)) => page.text = Remote::Failed(problem),
        (None, Err(problem)) => model.fail(task.name.clone(), problem),
        (None, Ok(_)) => {}
    }
    vec![Effect::ReloadIndex]
}
