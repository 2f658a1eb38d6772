//! What does the dashboard do when something happens? Synchronous and pure: a message in, effects as values out.

mod call;
mod danger;
mod forms;
mod fresh;
mod guides;
mod leak;
mod mouse;
mod open;
mod overlays;
mod pages;
mod passphrase;
mod renewal;
mod results;
mod tokens;
mod typing;

use super::action::{Action, context};
use super::effect::Effect;
use super::keymap::Key;
use super::layout;
use super::message::{Event, Message};
use super::model::{Look, Model, Page, Tone};
use super::words;

/// The one way the model changes.
pub fn update(model: &mut Model, message: Message) -> Vec<Effect> {
    model.now = message.at;
    let mut effects = match message.event {
        Event::Key(key) => press(model, key),
        Event::Paste(secret) => typing::paste(model, secret),
        Event::Click(target) => mouse::click(model, &target),
        Event::Scroll { lines, on } => mouse::scroll(model, lines, on.as_ref()),
        Event::Resize { columns, rows } => {
            model.columns = columns;
            model.rows = rows;
            Vec::new()
        }
        Event::Clock => Vec::new(),
        Event::Done { task, outcome } => results::done(model, task, outcome),
        Event::Index(index) => {
            model.list_lost = None;
            model.index = *index;
            model.list.refresh(&model.index);
            renewal::follow_index(model)
        }
        Event::Rotating { task, progress } => {
            renewal::progress(model, task, progress);
            Vec::new()
        }
        Event::IndexLost(problem) => {
            // Once, however often it is tried again.
            if model.list_lost.as_ref().map(|lost| lost.code) != Some(problem.code) {
                model.fail("list", problem.clone());
            }
            model.list_lost = Some(problem);
            Vec::new()
        }
        Event::StorageLooked(found) => {
            model.look = Look::Found(found);
            Vec::new()
        }
        Event::StorageWaits(wait) => {
            model.storage_waits = wait;
            Vec::new()
        }
        Event::PassphraseWanted { was_wrong } => passphrase::wanted(model, was_wrong),
        Event::OlderStorage(problem) => {
            let problem = words::of_problem(problem, &model.settings.keymap);
            model.fail("the storage file", problem);
            Vec::new()
        }
        Event::Terminate => quit(model),
    };
    effects.extend(on_time(model));
    effects.extend(look_at_storage(model));
    model.list.follow(layout::list_height(model));
    if model.page == Page::Timeline {
        pages::follow_timeline(model);
    }
    effects
}

/// What is due by now: toasts go, the clipboard is cleared, tokens are kept fresh.
fn on_time(model: &mut Model) -> Vec<Effect> {
    let now = model.now;
    if model.toast.as_ref().is_some_and(|toast| toast.until <= now) {
        model.toast = None;
    }
    if model.tasks.is_empty() {
        model.storage_waits = None;
    }
    let mut effects = fresh::due(model);
    if let Some(held) = &model.clipboard
        && held.clears_at.is_some_and(|at| at <= now)
    {
        model.clipboard = None;
        effects.push(Effect::ClearClipboard);
        model.say(Tone::Note, "clipboard cleared");
    }
    effects
}

/// Where nothing is stored and nobody chose a storage, its state is the first thing to know.
fn look_at_storage(model: &mut Model) -> Option<Effect> {
    let wanted = model.index.environments.is_empty()
        && !model.settings.storage_is_chosen
        && model.look == Look::NotYet;
    wanted.then(|| {
        model.look = Look::Looking;
        Effect::LookAtStorage
    })
}

fn press(model: &mut Model, key: Key) -> Vec<Effect> {
    if let Some(letter) = key.text()
        && typing::takes_text(model)
    {
        return typing::letter(model, letter);
    }
    if let Some(action) = model.settings.keymap.action(context(model), key) {
        return perform(model, action);
    }
    typing::edit(model, key)
}

/// Does it, or says why it cannot be done now.
pub fn perform(model: &mut Model, action: Action) -> Vec<Effect> {
    if let Err(why) = action.enabled(model) {
        model.say(Tone::Warning, why);
        return Vec::new();
    }
    if let Some(effects) = everywhere(model, action) {
        return effects;
    }
    if model.overlays.is_empty() {
        pages::perform(model, action)
    } else {
        overlays::perform(model, action)
    }
}

fn everywhere(model: &mut Model, action: Action) -> Option<Vec<Effect>> {
    match action {
        Action::Close | Action::Leave => Some(overlays::close(model)),
        Action::Interrupt => Some(interrupt(model)),
        Action::Suspend => Some(vec![Effect::Suspend]),
        Action::Quit => Some(ask_to_quit(model)),
        Action::Help => {
            open::help(model);
            Some(Vec::new())
        }
        Action::Palette => {
            open::palette(model);
            Some(Vec::new())
        }
        _ => None,
    }
}

/// Ctrl-C cancels running work, else quits.
fn interrupt(model: &mut Model) -> Vec<Effect> {
    if model.tasks.is_empty() {
        return quit(model);
    }
    let ids = model.tasks.cancellable();
    if ids.is_empty() {
        // What is being stored comes to its end; who does not want to wait for it may quit.
        return ask_to_quit(model);
    }
    let count = ids.len();
    let effects = results::cancel(model, &ids);
    model.say(
        Tone::Note,
        if count == 1 {
            "cancelled".to_owned()
        } else {
            format!("{count} cancelled")
        },
    );
    effects
}

fn ask_to_quit(model: &mut Model) -> Vec<Effect> {
    if model.tasks.is_empty() {
        return quit(model);
    }
    open::quit_question(model);
    Vec::new()
}

fn quit(model: &mut Model) -> Vec<Effect> {
    model.quitting = true;
    let mut effects = Vec::new();
    if model
        .clipboard
        .as_ref()
        .is_some_and(|held| held.clears_at.is_some())
    {
        effects.push(Effect::ClearClipboard);
    }
    effects.push(Effect::Quit);
    effects
}
