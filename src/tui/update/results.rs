//! What became of work, and what follows? An answer to work no longer known is dropped.

use super::{call, forms, leak, passphrase, renewal, tokens};
use crate::app::TierResult;
use crate::credential::{Code, Kind, Problem};
use crate::tui::effect::Effect;
use crate::tui::message::{Copied, Exchanged, Outcome, Recognised, Stored};
use crate::tui::model::{
    ClipboardHold, Ended, Import, Model, Overlay, Remote, Task, TaskId, Tone, Work,
};
use crate::tui::words;

pub(super) fn done(model: &mut Model, id: TaskId, outcome: Outcome) -> Vec<Effect> {
    let Some(task) = model.tasks.finish(id) else {
        // It was cancelled; a credential that was recognised all the same must not wait for ever.
        return match outcome {
            Outcome::Recognised(Ok(recognised)) => vec![Effect::DropImport(recognised.import)],
            _ => Vec::new(),
        };
    };
    let outcome = words::of_outcome(outcome, &model.settings.keymap);
    match outcome {
        Outcome::Copied(result) => copied(model, &task, result),
        Outcome::Exchanged(result) => exchanged(model, &task, result),
        Outcome::Tested(result) => tested(model, id, &task, result),
        Outcome::Recognised(result) => recognised(model, id, result),
        Outcome::Stored(result) => stored(model, id, &task, result),
        Outcome::TokenPasted(result) => match result {
            Ok(pasted) => {
                close_working(model, id);
                model.list.selected = Some(pasted.identity);
                let mut words = format!("{}: token stored", pasted.full_name);
                if let Some(proof) = &pasted.proof {
                    words.extend([", ", proof]);
                }
                finished(model, words, &pasted.warnings)
            }
            Err(problem) => refuse(model, id, &task, problem),
        },
        Outcome::Said(Ok(words)) => {
            close_working(model, id);
            // What was done says to what.
            let words = if words.starts_with(&task.name) {
                words
            } else {
                format!("{}: {words}", task.name)
            };
            finished(model, words, &[])
        }
        Outcome::Said(Err(problem)) => refuse(model, id, &task, problem),
        Outcome::Claims(result) => {
            claims(model, id, &task, result);
            Vec::new()
        }
        Outcome::Rotated(result) => renewal::rotated(model, id, &task, result),
        Outcome::Ticked(result) => renewal::ticked(model, id, &task, result),
        Outcome::Leaked(result) => leak::done(model, id, &task, result),
        Outcome::Called(result) => call::answered(model, id, &task, result),
        Outcome::StorageChosen(result) => passphrase::chosen(model, id, result),
        Outcome::Examined(findings) => {
            model.doctor = Remote::Ready(findings);
            // It may have made the list anew.
            vec![Effect::ReloadIndex]
        }
    }
}

/// Says it, keeps it in the activity, and shows the index as it is now.
pub(super) fn finished(model: &mut Model, words: String, warnings: &[String]) -> Vec<Effect> {
    model.record(Tone::Fine, words.clone());
    for warning in warnings {
        model.record(Tone::Warning, warning.clone());
    }
    match warnings.first() {
        Some(warning) => model.say(Tone::Warning, format!("{words}; {warning}")),
        None => model.say(Tone::Fine, words),
    }
    vec![Effect::ReloadIndex]
}

fn copied(model: &mut Model, task: &Task, result: Result<Copied, Problem>) -> Vec<Effect> {
    match result {
        Ok(copied) if task.work == Work::CopyText => {
            // The footer says it as long as it is there.
            model.clipboard = Some(ClipboardHold {
                what: copied.what,
                clears_at: None,
            });
            Vec::new()
        }
        Ok(copied) => {
            let seconds = i64::from(model.settings.clipboard_seconds);
            model.clipboard = Some(ClipboardHold {
                what: copied.what.clone(),
                clears_at: copied
                    .can_be_cleared
                    .then(|| model.now + jiff::SignedDuration::from_secs(seconds)),
            });
            let effects = finished(
                model,
                format!("{}: {} copied", task.name, copied.what),
                &copied.warnings,
            );
            if copied.warnings.is_empty() {
                // The countdown in the footer says it.
                model.toast = None;
            }
            effects
        }
        Err(problem) => {
            model.fail(task.name.clone(), problem);
            vec![Effect::ReloadIndex]
        }
    }
}

fn exchanged(model: &mut Model, task: &Task, result: Result<Exchanged, Problem>) -> Vec<Effect> {
    note_progress(model, task, result.as_ref().err());
    match result {
        Ok(Exchanged { facts, warnings }) => {
            if let Some(identity) = task.identity {
                model.fresh.succeeded(identity, model.now);
                // Shown at once, and no reason any more to keep it fresh: the list on disk follows.
                if let Some(entry) = model.index.identity_mut(identity) {
                    entry.token = Some(facts);
                }
            }
            let words = format!("{}: new token", task.name);
            if task.batch.is_some() || task.work == Work::KeepFresh {
                model.record(Tone::Fine, words);
                return vec![Effect::ReloadIndex];
            }
            finished(model, words, &warnings)
        }
        Err(problem) => {
            let failures = task
                .identity
                .filter(|_| task.work == Work::KeepFresh)
                .map_or(1, |identity| model.fresh.failed(identity, model.now));
            if failures > 1 {
                // One entry among the errors is enough; the detail says when it is tried again.
                model.record(Tone::Bad, format!("{}: {problem}", task.name));
            } else {
                model.fail(task.name.clone(), problem);
            }
            vec![Effect::ReloadIndex]
        }
    }
}

fn note_progress(model: &mut Model, task: &Task, problem: Option<&Problem>) {
    for overlay in &mut model.overlays {
        if let Overlay::Progress(page) = overlay
            && Some(page.batch) == task.batch
        {
            page.add(Ended {
                name: task.name.clone(),
                identity: task.identity,
                problem: problem.cloned(),
            });
        }
    }
}

fn tested(
    model: &mut Model,
    id: TaskId,
    task: &Task,
    result: Result<Vec<TierResult>, Problem>,
) -> Vec<Effect> {
    let refused = match &result {
        Ok(tiers) => refusal(tiers),
        Err(problem) => Some(problem.clone()),
    };
    note_progress(model, task, refused.as_ref());
    let page = model.overlays.iter_mut().find_map(|overlay| match overlay {
        Overlay::Test(page) if matches!(page.results, Remote::Running { task, .. } if task == id) => {
            Some(page)
        }
        _ => None,
    });
    let told = page.is_some();
    let words = match &result {
        Ok(tiers) => tiers
            .iter()
            .map(|tier| format!("{} {}", tier.tier.as_str(), tier.verdict.words()))
            .collect::<Vec<_>>()
            .join(", "),
        Err(problem) => problem.to_string(),
    };
    match (page, result) {
        (Some(page), Ok(tiers)) => {
            page.bodies = tiers
                .iter()
                .map(|tier| readable(&tier.body, tier.body_cut))
                .collect();
            // What needs reading first: the first row that did not work.
            page.tier = tiers
                .iter()
                .position(|tier| !tier.verdict.is_success())
                .unwrap_or(0);
            page.results = Remote::Ready(tiers);
        }
        (Some(page), Err(problem)) => page.results = Remote::Failed(problem),
        (None, _) => {}
    }
    match refused {
        // Nobody sees its page: it is kept among the errors, which the activity repeats.
        Some(problem) if !told => model.fail(task.name.clone(), problem),
        refused => {
            let tone = match refused {
                Some(_) => Tone::Warning,
                None => Tone::Fine,
            };
            model.record(tone, format!("{}: {words}", task.name));
        }
    }
    vec![Effect::ReloadIndex]
}

/// What did not work, as a problem: the first of them explains it, the others are named.
fn refusal(tiers: &[TierResult]) -> Option<Problem> {
    let mut refused = tiers.iter().filter(|tier| !tier.verdict.is_success());
    let first = refused.next()?;
    let said = |tier: &TierResult| format!("{} {}", tier.tier.as_str(), tier.verdict.words());
    let words: Vec<String> = std::iter::once(first).chain(refused).map(said).collect();
    Some(Problem {
        cause: first.cause.clone().or_else(|| first.seen.clone()),
        next_step: first.next_step.clone(),
        ..Problem::new(first.verdict.code(), words.join(", "))
    })
}

/// JSON gets its lines; anything else stays as it came.
pub(super) fn readable(body: &str, cut: bool) -> Vec<String> {
    let pretty = serde_json::from_str::<serde_json::Value>(body)
        .ok()
        .and_then(|value| serde_json::to_string_pretty(&value).ok());
    let text = pretty.as_deref().unwrap_or(body);
    let mut lines: Vec<String> = text
        .lines()
        .map(|line| crate::credential::text::clean(line, 2000))
        .collect();
    // `clean` may trim: indentation is kept by hand.
    for (line, original) in lines.iter_mut().zip(text.lines()) {
        let indent = original.len() - original.trim_start_matches(' ').len();
        if indent > 0 && !line.starts_with(' ') {
            line.insert_str(0, &" ".repeat(indent.min(200)));
        }
    }
    if cut {
        lines.push("(cut here: the answer is longer)".to_owned());
    }
    lines
}

fn recognised(
    model: &mut Model,
    id: TaskId,
    result: Result<Box<Recognised>, Problem>,
) -> Vec<Effect> {
    let at = model
        .overlays
        .iter()
        .rposition(|overlay| working(overlay) == Some(id));
    let Some(at) = at else {
        return match result {
            Ok(recognised) => vec![Effect::DropImport(recognised.import)],
            Err(_) => Vec::new(),
        };
    };
    let recognised = match result {
        Ok(recognised) => recognised,
        Err(found) => {
            if let Some(problem) = problem_of(&mut model.overlays[at]) {
                *problem = Some(found);
            }
            return Vec::new();
        }
    };
    let mut import = Import {
        id: recognised.import,
        preview: recognised.preview,
    };
    let here = forms::row_for_token(model, &import.preview);
    let meant = match &model.overlays[at] {
        Overlay::Paste(page) => Some(page.environment),
        _ => here.as_ref().map(|page| page.environment),
    };
    if let Some(environment) = meant {
        forms::compare(model, environment, &mut import.preview);
    }
    let form = forms::recognised_form(model, &import, here.as_ref());
    let now = model.now;
    match &mut model.overlays[at] {
        Overlay::Add(page) => {
            page.working = None;
            page.form = form;
            page.here = here;
            page.recognised = Some(import);
            Vec::new()
        }
        Overlay::Paste(page) => {
            page.working = None;
            if import.preview.token_ended(now) {
                page.problem = Some(crate::app::token::ended());
                return vec![Effect::DropImport(import.id)];
            }
            if import.preview.kind == Kind::DevelopmentToken {
                page.recognised = Some(import);
                return Vec::new();
            }
            page.problem = Some(
                Problem::new(
                    Code::NotAToken,
                    "this is a credential, not a local development token",
                )
                .next_step("Esc, then a adds it"),
            );
            vec![Effect::DropImport(import.id)]
        }
        Overlay::Rotate(_) => renewal::recognised(model, at, import),
        _ => Vec::new(),
    }
}

fn stored(
    model: &mut Model,
    id: TaskId,
    task: &Task,
    result: Result<Stored, Problem>,
) -> Vec<Effect> {
    let at = model
        .overlays
        .iter()
        .rposition(|overlay| working(overlay) == Some(id));
    match result {
        Ok(stored) => {
            let mut exchange = false;
            if let Some(at) = at
                && let Overlay::Add(page) = model.overlays.remove(at)
            {
                exchange = page.exchange_after;
            }
            let words = if stored.already {
                format!("already stored as {}", stored.full_name)
            } else {
                format!("{} stored", stored.full_name)
            };
            model.list.selected = Some(stored.identity);
            let mut effects = finished(model, words, &[]);
            if exchange {
                let (identity, name) = (stored.identity, stored.full_name);
                let task = tokens::start_named(model, Work::Exchange, identity, name, None);
                effects.push(Effect::Exchange { task, identity });
            }
            effects
        }
        Err(found) => {
            match at.and_then(|at| problem_of(&mut model.overlays[at])) {
                Some(problem) => {
                    *problem = Some(found.clone());
                    model.record(Tone::Bad, format!("{}: not stored: {found}", task.name));
                }
                None => model.fail(task.name.clone(), found),
            }
            Vec::new()
        }
    }
}

fn claims(model: &mut Model, id: TaskId, task: &Task, result: Result<String, Problem>) {
    let page = model.overlays.iter_mut().find_map(|overlay| match overlay {
        Overlay::Viewer(page) if matches!(page.text, Remote::Running { task, .. } if task == id) => {
            Some(page)
        }
        _ => None,
    });
    match (page, result) {
        (Some(page), Ok(text)) => {
            page.text = Remote::Ready(text.lines().map(str::to_owned).collect());
        }
        (Some(page), Err(problem)) => page.text = Remote::Failed(problem),
        (None, Err(problem)) => model.fail(task.name.clone(), problem),
        (None, Ok(_)) => {}
    }
}

fn working(overlay: &Overlay) -> Option<TaskId> {
    match overlay {
        Overlay::Add(page) => page.working,
        Overlay::Edit(page) => page.working,
        Overlay::Rotate(page) => page.working,
        Overlay::Renewed(page) => page.working,
        Overlay::Leaked(page) => page.working,
        Overlay::Paste(page) => page.working,
        Overlay::Passphrase(page) => page.working,
        _ => None,
    }
}

fn problem_of(overlay: &mut Overlay) -> Option<&mut Option<Problem>> {
    let (working, problem) = match overlay {
        Overlay::Add(page) => (&mut page.working, &mut page.problem),
        Overlay::Edit(page) => (&mut page.working, &mut page.problem),
        Overlay::Rotate(page) => (&mut page.working, &mut page.problem),
        Overlay::Renewed(page) => (&mut page.working, &mut page.problem),
        Overlay::Leaked(page) => (&mut page.working, &mut page.problem),
        Overlay::Paste(page) => (&mut page.working, &mut page.problem),
        Overlay::Passphrase(page) => (&mut page.working, &mut page.problem),
        _ => return None,
    };
    *working = None;
    Some(problem)
}

fn close_working(model: &mut Model, id: TaskId) {
    model
        .overlays
        .retain(|overlay| working(overlay) != Some(id));
}

/// Told on the page that waits for it, and kept in the activity; where it is closed, as an error.
fn refuse(model: &mut Model, id: TaskId, task: &Task, found: Problem) -> Vec<Effect> {
    let at = model
        .overlays
        .iter()
        .rposition(|overlay| working(overlay) == Some(id));
    match at.and_then(|at| problem_of(&mut model.overlays[at])) {
        Some(problem) => {
            *problem = Some(found.clone());
            model.record(Tone::Bad, format!("{}: {found}", task.name));
        }
        None => model.fail(task.name.clone(), found),
    }
    vec![Effect::ReloadIndex]
}

/// Forgets the work; its answer will be dropped. What changes the storage is not forgotten: it ends, and says how.
pub(super) fn cancel(model: &mut Model, ids: &[TaskId]) -> Vec<Effect> {
    let mut renewing = false;
    let mut ids = ids.to_vec();
    let cancellable = model.tasks.cancellable();
    ids.retain(|id| cancellable.contains(id));
    for id in &ids {
        let Some(task) = model.tasks.finish(*id) else {
            continue;
        };
        model.record(
            Tone::Note,
            format!("{}: {} cancelled", task.name, task.work.words()),
        );
        if task.work == Work::Call {
            // It may have arrived: nobody can take it back.
            let words = "given up waiting; it may have been done all the same";
            model.say(Tone::Warning, format!("{}: {words}", task.name));
        }
        note_progress(
            model,
            &task,
            Some(&Problem::new(Code::Cancelled, "cancelled")),
        );
        if task.work == Work::Doctor {
            model.doctor = Remote::Cancelled;
        }
        for overlay in &mut model.overlays {
            match overlay {
                Overlay::Test(page) if running(&page.results, *id) => {
                    page.results = Remote::Cancelled;
                }
                Overlay::Viewer(page) if running(&page.text, *id) => page.text = Remote::Cancelled,
                _ => {}
            }
            if working(overlay) == Some(*id) {
                problem_of(overlay);
            }
            if let Overlay::Rotate(page) = overlay
                && task.work == Work::Rotate
                && task.identity == Some(page.identity)
            {
                page.problem = Some(renewal::cancelled(&task.name));
                renewing = true;
            }
        }
    }
    let mut effects: Vec<Effect> = ids.iter().map(|id| Effect::Cancel(*id)).collect();
    // How far it came shows in the list.
    effects.extend(renewing.then_some(Effect::ReloadIndex));
    effects
}

pub(super) fn running<T>(remote: &Remote<T>, id: TaskId) -> bool {
    matches!(remote, Remote::Running { task, .. } if *task == id)
}
