//! What do clicks and the wheel do? The same as the keys for what they point at.

use super::{forms, overlays, pages};
use crate::tui::action::Action;
use crate::tui::effect::Effect;
use crate::tui::message::Target;
use crate::tui::model::{Model, Overlay, Panel};

pub(super) fn click(model: &mut Model, target: &Target) -> Vec<Effect> {
    if !model.settings.mouse {
        return Vec::new();
    }
    if !model.overlays.is_empty() {
        return in_overlay(model, target);
    }
    match *target {
        Target::Row(identity) => {
            let again = model.list.selected == Some(identity);
            model.panel = Panel::List;
            model.list.selected = Some(identity);
            model.detail_scroll = 0;
            if again {
                return super::perform(model, Action::OpenDetail);
            }
        }
        Target::List => model.panel = Panel::List,
        Target::Detail => model.panel = Panel::Detail,
        Target::Page(page) => return pages::go_to_page(model, page),
        Target::Hint(action) => return super::perform(model, action),
        _ => {}
    }
    Vec::new()
}

fn in_overlay(model: &mut Model, target: &Target) -> Vec<Effect> {
    match (target, model.overlays.last_mut()) {
        (Target::Hint(action), _) => return super::perform(model, *action),
        (Target::Field(at), _) => return forms::focus(model, *at),
        (Target::Item(at), Some(Overlay::Menu(menu))) if *at < menu.items.len() => {
            menu.at = *at;
            return super::perform(model, Action::Choose);
        }
        (Target::Item(at), Some(Overlay::Finder(page))) if *at < page.found.len() => {
            page.at = *at;
        }
        (Target::Item(at), Some(Overlay::Line(page))) if *at < page.paths.len() => {
            let before = page.at.map_or(-1, |at| isize::try_from(at).unwrap_or(0));
            super::call::pick(page, isize::try_from(*at).unwrap_or(0) - before);
        }
        (Target::Item(at), Some(Overlay::Errors(page))) => {
            page.at = *at;
            page.scroll = 0;
        }
        (Target::Item(at), Some(Overlay::Progress(page))) if *at < page.ended.len() => {
            page.at = *at;
        }
        (Target::Item(at), Some(Overlay::Guide(page))) if *at < page.guide.steps.len() => {
            page.at = *at + 1;
        }
        (Target::Item(at), Some(Overlay::Renewed(page))) => page.at = *at,
        (Target::Item(at), Some(Overlay::Leaked(page))) if *at < page.rows() => page.at = *at,
        (Target::Tier(at), Some(Overlay::Test(page))) if *at < page.bodies.len() => {
            overlays::show_tier(page, *at);
        }
        _ => {}
    }
    Vec::new()
}

/// What is under the pointer moves, wherever the keys go.
pub(super) fn scroll(model: &mut Model, lines: i16, on: Option<&Target>) -> Vec<Effect> {
    if !model.settings.mouse {
        return Vec::new();
    }
    let by = isize::from(lines);
    if !model.overlays.is_empty() {
        overlays::step(model, by);
        return Vec::new();
    }
    let panel = match on {
        Some(Target::Detail) => Panel::Detail,
        Some(Target::Row(_) | Target::List) => Panel::List,
        _ => model.panel,
    };
    pages::move_in(model, panel, by);
    Vec::new()
}
