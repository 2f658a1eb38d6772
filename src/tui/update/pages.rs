//! What do the keys of the four pages do: moving, marking, filtering, sorting, and opening what lies over them?

use super::{open, tokens};
use crate::tui::action::Action;
use crate::tui::effect::Effect;
use crate::tui::layout;
use crate::tui::model::{Model, Page, Panel, Remote, Task, Tone, Work};

pub(super) fn perform(model: &mut Model, action: Action) -> Vec<Effect> {
    match action {
        Action::MoveDown | Action::FinderDown => move_by(model, 1),
        Action::MoveUp | Action::FinderUp => move_by(model, -1),
        Action::First => move_by(model, isize::MIN),
        Action::Last => move_by(model, isize::MAX),
        Action::HalfPageDown => move_by(model, half_page(model)),
        Action::HalfPageUp => move_by(model, -half_page(model)),
        Action::Mark => mark(model),
        Action::MarkRange => mark_range(model),
        Action::MarkAll => model.list.toggle_all(),
        Action::Filter => model.list.filtering = true,
        Action::LineSubmit => model.list.filtering = false,
        Action::Sort => {
            model.list.sort = model.list.sort.next();
            model.reorder();
            let words = format!("sorted by {}", model.list.sort.words());
            model.say(Tone::Note, words);
        }
        Action::OpenDetail => {
            model.page = Page::Environments;
            go_to(model, Panel::Detail);
        }
        Action::Back => {
            if model.page == Page::Environments {
                go_to(model, Panel::List);
            } else {
                return go_to_page(model, Page::Environments);
            }
        }
        Action::NextPanel => {
            let other = match model.panel {
                Panel::List => Panel::Detail,
                Panel::Detail => Panel::List,
            };
            go_to(model, other);
        }
        Action::PageEnvironments => return go_to_page(model, Page::Environments),
        Action::PageTimeline => return go_to_page(model, Page::Timeline),
        Action::PageActivity => return go_to_page(model, Page::Activity),
        Action::PageDoctor => return go_to_page(model, Page::Doctor),
        Action::ZoomIn => model.timeline.zoom = model.timeline.zoom.closer(),
        Action::ZoomOut => model.timeline.zoom = model.timeline.zoom.farther(),
        Action::DoctorAgain => return examine(model),
        Action::Guides => super::guides::menu(model),
        Action::Why => super::guides::why_of_page(model),
        Action::ClearClipboard => {
            model.clipboard = None;
            model.say(Tone::Note, "clipboard cleared");
            return vec![Effect::ClearClipboard];
        }
        Action::Copy
        | Action::Exchange
        | Action::ExchangeDue
        | Action::Test
        | Action::KeepFresh
        | Action::Claims => return tokens::perform(model, action),
        _ => open::page(model, action),
    }
    Vec::new()
}

fn go_to(model: &mut Model, panel: Panel) {
    if panel == Panel::Detail && model.list.selected.is_none() {
        return;
    }
    model.panel = panel;
}

pub(super) fn go_to_page(model: &mut Model, page: Page) -> Vec<Effect> {
    let came = model.page != page;
    model.page = page;
    model.panel = Panel::List;
    // Coming to the page is one of the moments at which the order is made anew.
    if came && page == Page::Environments {
        model.reorder();
    }
    if page == Page::Doctor && matches!(model.doctor, Remote::Idle | Remote::Cancelled) {
        return examine(model);
    }
    Vec::new()
}

fn examine(model: &mut Model) -> Vec<Effect> {
    if model.doctor.is_running() {
        return Vec::new();
    }
    let since = model.now;
    let task = model.tasks.start(Task {
        work: Work::Doctor,
        identity: None,
        name: "this machine".to_owned(),
        since,
        batch: None,
    });
    model.doctor = Remote::Running { task, since };
    model.doctor_at = 0;
    vec![Effect::RunDoctor { task }]
}

fn half_page(model: &Model) -> isize {
    let height = match model.page {
        Page::Timeline => usize::from(layout::timeline(model).rows.height),
        _ => layout::list_height(model),
    };
    isize::try_from(height / 2).unwrap_or(1).max(1)
}

fn move_by(model: &mut Model, by: isize) {
    move_in(model, model.panel, by);
}

pub(super) fn move_in(model: &mut Model, panel: Panel, by: isize) {
    match (model.page, panel) {
        (Page::Environments, Panel::Detail) => {
            let last = detail_last(model);
            model.detail_scroll = model.detail_scroll.saturating_add_signed(by).min(last);
        }
        (Page::Environments, Panel::List) => {
            model.list.step(by);
            model.detail_scroll = 0;
        }
        (Page::Timeline, _) => {
            step_timeline(model, by);
            model.detail_scroll = 0;
        }
        (Page::Activity, _) => {
            let last = model.activity.len().saturating_sub(1);
            model.activity_scroll = model.activity_scroll.saturating_add_signed(by).min(last);
        }
        (Page::Doctor, _) => {
            let last = model
                .doctor
                .ready()
                .map_or(0, |found| found.len().saturating_sub(1));
            model.doctor_at = model.doctor_at.saturating_add_signed(by).min(last);
        }
    }
}

/// The timeline has its own order: what ends first.
fn step_timeline(model: &mut Model, by: isize) {
    let order: Vec<_> = model.timeline().order().collect();
    let at = order.iter().position(|id| Some(*id) == model.list.selected);
    if let Some(last) = order.len().checked_sub(1) {
        let at = at.unwrap_or(0).saturating_add_signed(by).min(last);
        model.list.selected = order.get(at).copied();
    }
}

/// Keeps the selected row of the timeline on screen.
pub(super) fn follow_timeline(model: &mut Model) {
    let height = usize::from(layout::timeline(model).rows.height);
    let first = model.timeline.first;
    model.timeline.first = model
        .timeline()
        .scrolled(first, model.list.selected, height);
}

/// How far the detail can be scrolled: its last line stays on screen.
fn detail_last(model: &Model) -> usize {
    let area = layout::inside(layout::areas(model).detail);
    super::super::view::detail_length(model, area.width).saturating_sub(usize::from(area.height))
}

fn mark(model: &mut Model) {
    if let Some(id) = model.list.selected {
        model.list.toggle_mark(id);
        move_by(model, 1);
    }
}

fn mark_range(model: &mut Model) {
    if let Some(from) = model.list.range_from.take() {
        model.list.mark_range(from);
        let words = format!("{} marked", model.list.marks.len());
        model.say(Tone::Note, words);
    } else {
        model.list.range_from = model.list.selected;
        model.say(Tone::Note, "range begins here: move, then v again");
    }
}
