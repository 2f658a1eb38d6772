//! What do the keys of the page on top do? Only the top one gets any; Esc takes it away.

use super::{call, forms, guides, leak, open, passphrase, renewal, results, tokens};
use crate::credential::shell;
use crate::environment::Tier;
use crate::tui::action::Action;
use crate::tui::effect::Effect;
use crate::tui::layout;
use crate::tui::model::{
    Choice, ErrorsPage, FinderKind, LinePrompt, Model, Overlay, Purpose, RotatePage, Search,
    TextLine, Tone, Work,
};

pub(super) fn perform(model: &mut Model, action: Action) -> Vec<Effect> {
    match action {
        Action::MoveDown | Action::FinderDown => step(model, 1),
        Action::MoveUp | Action::FinderUp => step(model, -1),
        Action::First => step(model, isize::MIN),
        Action::Last => step(model, isize::MAX),
        Action::HalfPageDown => step(model, half(model)),
        Action::HalfPageUp => step(model, -half(model)),
        Action::Choose => return choose(model),
        Action::Submit => return forms::submit(model),
        Action::DoStep => {
            return match model.overlays.last() {
                Some(Overlay::Leaked(_)) => leak::do_step(model),
                _ => renewal::tick(model),
            };
        }
        Action::FieldNext => forms::step(model, true),
        Action::FieldPrevious => forms::step(model, false),
        Action::ChoiceNext => forms::choose(model, true),
        Action::ChoicePrevious => forms::choose(model, false),
        Action::LineSubmit => return take_line(model),
        Action::Yes => return answer(model),
        Action::Back | Action::No => return close(model),
        Action::PasteOpenConsole => open_console(model),
        Action::CopyReport => return copy_report(model),
        Action::Why => guides::why_of_overlay(model),
        Action::GuideTick | Action::GuideLink | Action::GuideCopy => {
            return guides::perform(model, action);
        }
        _ => return on_test(model, action),
    }
    Vec::new()
}

fn half(model: &Model) -> isize {
    isize::try_from(layout::overlay_height(model) / 2)
        .unwrap_or(1)
        .max(1)
}

/// Moves the cursor, or scrolls where there is none.
pub(super) fn step(model: &mut Model, by: isize) {
    let height = layout::overlay_height(model);
    let errors = model.errors.len();
    let rows = match model.overlays.last() {
        Some(Overlay::Renewed(page)) => renewal::rows(model, page),
        _ => 0,
    };
    let hidden = hidden_of_error(model);
    match model.overlays.last_mut() {
        Some(Overlay::Renewed(page)) => move_to(&mut page.at, by, rows),
        Some(Overlay::Leaked(page)) => {
            let rows = page.rows();
            move_to(&mut page.at, by, rows);
        }
        Some(Overlay::Line(page)) => call::pick(page, by),
        Some(Overlay::Menu(page)) => move_to(&mut page.at, by, page.items.len()),
        Some(Overlay::Finder(page)) => move_to(&mut page.at, by, page.found.len()),
        Some(Overlay::Errors(page)) => step_errors(page, by, errors, hidden),
        Some(Overlay::Guide(page)) => move_to(&mut page.at, by, page.guide.steps.len() + 1),
        Some(Overlay::Progress(page)) => move_to(&mut page.at, by, page.ended.len()),
        Some(Overlay::Viewer(page)) => {
            let lines = page.text.ready().map_or(0, Vec::len);
            scroll(&mut page.scroll, by, lines, height);
        }
        Some(Overlay::Test(page)) => {
            let lines = page.bodies.get(page.tier).map_or(0, Vec::len);
            scroll(&mut page.scroll, by, lines, height);
        }
        _ => {}
    }
}

/// First through what is said of one error, then to the next one.
fn step_errors(page: &mut ErrorsPage, by: isize, errors: usize, hidden: usize) {
    if by == 1 && hidden > 0 {
        page.scroll += 1;
    } else if by == -1 && page.scroll > 0 {
        page.scroll -= 1;
    } else {
        page.scroll = 0;
        move_to(&mut page.at, by, errors);
    }
}

fn hidden_of_error(model: &Model) -> usize {
    match model.overlays.last() {
        Some(overlay @ Overlay::Errors(page)) => {
            let inner = layout::inside(layout::overlay_area(model, overlay));
            crate::tui::view::hidden_of_error(model, page, inner)
        }
        _ => 0,
    }
}

fn move_to(at: &mut usize, by: isize, count: usize) {
    *at = at.saturating_add_signed(by).min(count.saturating_sub(1));
}

fn scroll(at: &mut usize, by: isize, lines: usize, height: usize) {
    *at = at
        .saturating_add_signed(by)
        .min(lines.saturating_sub(height));
}

/// The page on top, else the filter, else the marks. Work goes on, but for work that only that page waits for.
pub(super) fn close(model: &mut Model) -> Vec<Effect> {
    let Some(page) = model.overlays.pop() else {
        return close_on_page(model);
    };
    match page {
        Overlay::Add(page) => leave(model, page.working, page.recognised.map(|i| i.id)),
        Overlay::Paste(page) => leave(model, page.working, page.recognised.map(|i| i.id)),
        Overlay::Rotate(page) if is_renewing(model, &page) => {
            let running: Vec<_> = page.working.into_iter().collect();
            // This is the view of its progress: what ran stays readable.
            model.overlays.push(Overlay::Rotate(page));
            results::cancel(model, &running)
        }
        Overlay::Rotate(page) => {
            let mut effects = leave(model, page.working, page.recognised.map(|i| i.id));
            effects.extend(leak::look_again(model));
            effects
        }
        Overlay::Renewed(_) => leak::look_again(model),
        Overlay::Edit(page) if page.working.is_none() && page.form.differs(&page.before) => {
            let name = page.name.clone();
            model.overlays.push(Overlay::Edit(page));
            open::discard_question(model, &name);
            Vec::new()
        }
        Overlay::Passphrase(page) => passphrase::closed(&page),
        Overlay::Viewer(page) => match page.text {
            crate::tui::model::Remote::Running { task, .. } => results::cancel(model, &[task]),
            _ => Vec::new(),
        },
        Overlay::Test(page) => match page.results {
            crate::tui::model::Remote::Running { task, .. } => results::cancel(model, &[task]),
            _ => Vec::new(),
        },
        Overlay::Errors(_) => {
            for entry in &mut model.errors {
                entry.read = true;
            }
            Vec::new()
        }
        Overlay::Progress(page) => {
            let running = model.tasks.in_batch(page.batch);
            if running.is_empty() || page.cancelled {
                return Vec::new();
            }
            // The first Esc cancels what this view shows; what has ended stays readable.
            let effects = results::cancel(model, &running);
            let mut page = page;
            page.cancelled = true;
            model.overlays.push(Overlay::Progress(page));
            effects
        }
        _ => Vec::new(),
    }
}

fn is_renewing(model: &Model, page: &RotatePage) -> bool {
    let work = |id| {
        model
            .tasks
            .iter()
            .any(|(task, what)| task == id && what.work == Work::Rotate)
    };
    page.working.is_some_and(work)
}

fn leave(
    model: &mut Model,
    working: Option<crate::tui::model::TaskId>,
    import: Option<crate::tui::effect::ImportId>,
) -> Vec<Effect> {
    // Only looking is cancelled with its page; a store that was asked for goes on.
    let looking = working.filter(|id| {
        model
            .tasks
            .iter()
            .any(|(task, what)| task == *id && what.work == crate::tui::model::Work::Recognise)
    });
    let mut effects = looking.map_or_else(Vec::new, |id| results::cancel(model, &[id]));
    if working.is_none() || looking.is_some() {
        effects.extend(import.map(Effect::DropImport));
    }
    effects
}

fn close_on_page(model: &mut Model) -> Vec<Effect> {
    if model.list.filtering || !model.list.filter.is_empty() {
        model.list.filtering = false;
        model.list.filter = TextLine::default();
        model.reorder();
    } else if model.list.range_from.is_some() {
        model.list.range_from = None;
    } else if !model.list.marks.is_empty() {
        model.list.marks.clear();
    } else if model.panel == crate::tui::model::Panel::Detail {
        model.panel = crate::tui::model::Panel::List;
    }
    Vec::new()
}

/// Enter in a menu or the palette.
fn choose(model: &mut Model) -> Vec<Effect> {
    match model.overlays.last() {
        Some(Overlay::Menu(menu)) => {
            let Some(item) = menu.items.get(menu.at).cloned() else {
                return Vec::new();
            };
            if let Some(why) = item.off {
                model.say(Tone::Warning, why);
                return Vec::new();
            }
            model.overlays.pop();
            chosen(model, item.choice)
        }
        Some(Overlay::Finder(page)) => {
            let chosen = page.found.get(page.at).copied();
            // In help Enter only closes: reading must not act.
            let act = page.kind == FinderKind::Palette;
            model.overlays.pop();
            match chosen {
                Some(action) if act => super::perform(model, action),
                _ => Vec::new(),
            }
        }
        _ => Vec::new(),
    }
}

fn chosen(model: &mut Model, choice: Choice) -> Vec<Effect> {
    match choice {
        Choice::Copy(identity, format) => tokens::copy(model, identity, format),
        Choice::Open(url) => forms::browse(model, url),
        Choice::Guide(topic, identity) => {
            guides::open(model, topic, identity, Vec::new());
            Vec::new()
        }
        Choice::UsedBy(identity) => {
            renewal::open_renewed(model, identity, None);
            Vec::new()
        }
        Choice::Leaked(identity) => leak::open_leaked(model, identity),
        Choice::TestPath(identity, path) => tokens::test_one(model, identity, Some(path)),
        Choice::Confirm {
            title,
            lines,
            expected,
            then,
        } => {
            model
                .overlays
                .push(open::confirm(title, lines, expected, then));
            Vec::new()
        }
    }
}

fn answer(model: &mut Model) -> Vec<Effect> {
    match model.overlays.pop() {
        Some(Overlay::Question(question)) => tokens::follow(model, question.into(), None),
        Some(other) => {
            model.overlays.push(other);
            Vec::new()
        }
        None => Vec::new(),
    }
}

fn take_line(model: &mut Model) -> Vec<Effect> {
    let Some(Overlay::Line(prompt)) = model.overlays.last_mut() else {
        return Vec::new();
    };
    let text = prompt.line.text().trim().to_owned();
    match prompt.purpose {
        Purpose::TestPath { identity, tier } => call::submit(model, identity, tier),
        Purpose::Search => {
            model.overlays.pop();
            search(model, &text);
            Vec::new()
        }
    }
}

fn search(model: &mut Model, text: &str) {
    let found = match model.overlays.last_mut() {
        Some(Overlay::Test(page)) => {
            let lines = page.bodies.get(page.tier).map_or(&[][..], Vec::as_slice);
            page.search = Search::run(text, lines);
            if let Some(line) = page.search.line() {
                page.scroll = line;
            }
            page.search.lines.len()
        }
        Some(Overlay::Viewer(page)) => {
            let lines = page.text.ready().map_or(&[][..], Vec::as_slice);
            page.search = Search::run(text, lines);
            if let Some(line) = page.search.line() {
                page.scroll = line;
            }
            page.search.lines.len()
        }
        _ => return,
    };
    if !text.is_empty() && found == 0 {
        model.say(Tone::Note, "not found");
    }
    step(model, 0);
}

fn next_match(model: &mut Model, forward: bool) {
    match model.overlays.last_mut() {
        Some(Overlay::Test(page)) => {
            if let Some(line) = page.search.step(forward) {
                page.scroll = line;
            }
        }
        Some(Overlay::Viewer(page)) => {
            if let Some(line) = page.search.step(forward) {
                page.scroll = line;
            }
        }
        _ => {}
    }
    step(model, 0);
}

fn on_test(model: &mut Model, action: Action) -> Vec<Effect> {
    match action {
        Action::Search => model.overlays.push(Overlay::Line(LinePrompt::search())),
        Action::NextMethod => call::next_method(model, true),
        Action::PreviousMethod => call::next_method(model, false),
        Action::NextMatch => next_match(model, true),
        Action::PreviousMatch => next_match(model, false),
        _ => {}
    }
    let Some(Overlay::Test(page)) = model.overlays.last_mut() else {
        return Vec::new();
    };
    let (identity, path) = (page.identity, page.path.clone());
    match action {
        Action::NextTier | Action::PreviousTier => {
            let count = page.bodies.len();
            if count > 0 {
                let by = if action == Action::NextTier {
                    1
                } else {
                    count - 1
                };
                show_tier(page, (page.tier + by) % count);
            }
        }
        Action::TestAgain => return tokens::test_one(model, identity, path),
        Action::TestEditPath => {
            let tier = page
                .results
                .ready()
                .and_then(|results| results.get(page.tier))
                .map_or(Tier::Author, |result| result.tier);
            let prompt = call::prompt(model, identity, tier, path.as_deref());
            model.overlays.push(prompt);
        }
        Action::TestHistory => {
            let menu = forms::history(model, identity);
            model.overlays.push(menu);
        }
        Action::CopyCurl => return curl(model),
        _ => {}
    }
    Vec::new()
}

pub(super) fn show_tier(page: &mut crate::tui::model::TestPage, tier: usize) {
    page.tier = tier;
    page.scroll = 0;
    let lines = page.bodies.get(tier).map_or(&[][..], Vec::as_slice);
    page.search = Search::run(&page.search.text.clone(), lines);
}

/// The call of the row shown, as a line that asks aemkeys for the token.
fn curl(model: &mut Model) -> Vec<Effect> {
    let Some(Overlay::Test(page)) = model.overlays.last() else {
        return Vec::new();
    };
    let Some(result) = page
        .results
        .ready()
        .and_then(|results| results.get(page.tier))
    else {
        model.say(Tone::Warning, "nothing was asked yet");
        return Vec::new();
    };
    let text = format!(
        "curl -H @<(aemkeys token {} --format header) {}",
        shell::quoted(&page.name),
        shell::quoted(&result.url)
    );
    tokens::copy_text(model, "curl line without token", text)
}

fn open_console(model: &mut Model) {
    let Some(Overlay::Paste(page)) = model.overlays.last() else {
        return;
    };
    let environment = page.environment;
    let url = model
        .index
        .environment(environment)
        .and_then(|entry| crate::app::open::url(entry, crate::app::open::Target::Console).ok());
    if let Some(url) = url {
        model.overlays.push(Overlay::Menu(crate::tui::model::Menu {
            title: "Open the console".to_owned(),
            items: vec![crate::tui::model::MenuItem {
                title: "Console".to_owned(),
                note: url.clone(),
                off: None,
                danger: false,
                choice: Choice::Open(url),
            }],
            at: 0,
        }));
    }
}

/// Problems carry no secret, and the report holds nothing else.
fn copy_report(model: &mut Model) -> Vec<Effect> {
    let text = match model.overlays.last() {
        Some(Overlay::Errors(page)) => model.errors.get(page.at).map(crate::tui::why::report),
        Some(Overlay::Viewer(page)) => page.text.ready().map(|lines| lines.join("\n")),
        _ => None,
    };
    let Some(text) = text else {
        return Vec::new();
    };
    tokens::copy_text(model, "report", text)
}
