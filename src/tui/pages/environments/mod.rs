//! The environments page: the list with the details beside it, or the first steps if nothing is stored.

mod columns;
mod detail;
mod list;
mod plain;
mod welcome;
mod words;

use ratatui::layout::{Constraint, Layout, Rect};

use crate::app::panel_split::PanelSplit;
use crate::tui::action::{Action, Context};
use crate::tui::command::{AppCommand, Cx, Tab};
use crate::tui::effect::Effect;
use crate::tui::explain;
use crate::tui::filter::NEED_ATTENTION;
use crate::tui::layout::{self, Shape};
use crate::tui::message::ClickTarget;
use crate::tui::model::{ListOrder, Model, Tone};
use crate::tui::page::View;
use crate::tui::widgets::{Painter, Panel, scrolled};

pub use plain::draw as draw_plain;

/// The width of the screen from which the list gets the room for more columns.
const MORE_COLUMNS_FROM: u16 = 150;
/// The width of the details beside a list with more columns.
const NARROW_DETAIL: u16 = 57;
/// The least width of the list beside the details.
const LEAST_LIST: u16 = 47;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pane {
    #[default]
    List,
    Detail,
    /// The number in the header that need attention.
    Attention,
}

#[derive(Clone, Debug, Default)]
pub struct EnvironmentsPage {
    pub pane: Pane,
    pub detail_scroll: usize,
    /// Whether the filter is being typed.
    filtering: bool,
    /// The page from which the details were opened, to which Esc returns.
    pub came_from: Option<Tab>,
}

impl EnvironmentsPage {
    /// The areas of the list and of the details. A narrow screen shows one of them.
    fn split(&self, model: &Model) -> [Rect; 2] {
        let body = layout::areas(model).body;
        if let (Shape::Wide, Some(split)) = (layout::shape(model.columns, model.rows), model.split)
            && !model.list.rows.is_empty()
        {
            return chosen_split(body, split);
        }
        match (layout::shape(model.columns, model.rows), self.pane) {
            _ if model.list.rows.is_empty() => [body, Rect::default()],
            (Shape::Wide, _) => {
                // Not more than the list needs.
                let detail = if model.columns >= MORE_COLUMNS_FROM {
                    Constraint::Length(NARROW_DETAIL)
                } else {
                    Constraint::Ratio(19, 40)
                };
                let [most, _] = Layout::horizontal([Constraint::Fill(1), detail]).areas(body);
                let list = list::needed_width(model, most).max(LEAST_LIST);
                let list = Constraint::Length(list);
                Layout::horizontal([list, Constraint::Fill(1)]).areas(body)
            }
            (_, Pane::Detail) => [Rect::default(), body],
            (_, Pane::List | Pane::Attention) => [body, Rect::default()],
        }
    }

    /// Returns to the list, or to the page from which the details were opened.
    fn leave_detail(&mut self, cx: &mut Cx<'_>) {
        self.pane = Pane::List;
        if let Some(tab) = self.came_from.take() {
            cx.then(AppCommand::Perform(tab.action()));
        }
    }

    pub fn go_to(&mut self, model: &Model, pane: Pane) {
        self.came_from = None;
        if pane != Pane::Detail || model.list.selected.is_some() {
            self.pane = pane;
        }
    }

    /// Gives the list the next smaller or larger share of the screen.
    fn resize(&self, cx: &mut Cx<'_>, is_larger: bool) {
        let body = layout::areas(cx).body;
        let [list, _] = self.split(cx);
        let width = |split: &PanelSplit| chosen_split(body, *split)[0].width;
        let mut all = PanelSplit::ALL.into_iter();
        let next = if is_larger {
            all.find(|split| width(split) > list.width)
        } else {
            all.rfind(|split| width(split) < list.width)
        };
        if let Some(split) = next {
            cx.split = Some(split);
            cx.emit(Effect::SaveSplit(split));
        }
    }

    fn step_in(&mut self, model: &mut Model, pane: Pane, by: isize) {
        match pane {
            Pane::Detail => {
                let [_, detail] = self.split(model);
                let area = Panel::new("").padded().inner(detail);
                let lines = detail::length(model, area.width);
                self.detail_scroll = scrolled(self.detail_scroll, by, lines, area);
            }
            Pane::List | Pane::Attention => {
                model.list.step(by);
                self.detail_scroll = 0;
            }
        }
    }
}

impl View for EnvironmentsPage {
    fn context(&self) -> Context {
        match self.pane {
            _ if self.filtering => Context::Filter,
            Pane::List | Pane::Attention => Context::List,
            Pane::Detail => Context::Detail,
        }
    }

    fn area(&self, model: &Model) -> Rect {
        layout::areas(model).body
    }

    /// The column titles take one row.
    fn height(&self, model: &Model) -> usize {
        let [list, _] = self.split(model);
        let [_, rows] = list::split(layout::inside(list));
        usize::from(rows.height).max(1)
    }

    fn perform(&mut self, cx: &mut Cx<'_>, action: Action) {
        match action {
            Action::Mark => {
                if let Some(id) = cx.list.selected {
                    cx.list.toggle_mark(id);
                    self.step(cx, 1);
                }
            }
            Action::MarkRange => mark_range(cx),
            Action::MarkAll => cx.list.toggle_all(),
            Action::Sort => {
                let sort = cx.list.order.sort.next();
                sort_by(
                    cx,
                    ListOrder {
                        sort,
                        is_reversed: false,
                    },
                );
            }
            Action::Collapse => cx.list.toggle_group(),
            Action::OpenDetail if self.pane == Pane::Attention => {
                self.pane = Pane::List;
                cx.then(AppCommand::Perform(Action::Attention));
            }
            Action::OpenDetail if cx.list.selected_group().is_some() => cx.list.toggle_group(),
            Action::OpenDetail => self.go_to(cx, Pane::Detail),
            Action::Back => self.leave_detail(cx),
            Action::NextPanel => {
                let has_attention = Action::Attention.enabled(cx).is_ok();
                let next = match self.pane {
                    Pane::List if cx.list.selected.is_some() => Pane::Detail,
                    Pane::List | Pane::Detail if has_attention => Pane::Attention,
                    _ => Pane::List,
                };
                self.go_to(cx, next);
            }
            Action::Explain => explain(cx),
            Action::WidenList => self.resize(cx, true),
            Action::NarrowList => self.resize(cx, false),
            _ => {}
        }
    }

    fn close(&mut self, cx: &mut Cx<'_>) {
        if self.pane != Pane::List {
            self.leave_detail(cx);
        } else if !cx.clear_one() {
            let quit = cx.press(Action::Quit);
            cx.say(Tone::Note, format!("nothing to cancel: {quit} to quit"));
        }
    }

    fn hints(&self) -> &'static [Action] {
        match self.pane {
            Pane::Attention => &[Action::OpenDetail, Action::NextPanel],
            _ => self.context().hints(),
        }
    }

    fn words(&self, model: &Model, action: Action) -> Option<String> {
        if (self.pane, action) != (Pane::Attention, Action::OpenDetail) {
            return None;
        }
        let is_on = model.list.filter.text() == NEED_ATTENTION;
        Some(if is_on { "show all" } else { "filter" }.to_owned())
    }

    fn allows(&self, model: &Model, action: Action) -> Result<(), String> {
        let resizes = matches!(action, Action::WidenList | Action::NarrowList);
        if resizes && layout::shape(model.columns, model.rows) != Shape::Wide {
            return Err("only one panel is shown: use at least 90 columns".to_owned());
        }
        match action {
            Action::Filter => Action::Sort.enabled(model),
            _ => model.has_matches(action),
        }
    }

    with_filter!(|_page, model| &mut model.list.filter);

    fn filter_opened(&mut self, model: &mut Model, is_open: bool) {
        model.list.filter_opened(is_open);
    }

    fn typed(&mut self, model: &mut Model) {
        model.filter_changed();
    }

    fn step(&mut self, cx: &mut Cx<'_>, by: isize) {
        self.step_in(cx, self.pane, by);
        if self.pane == Pane::Attention {
            self.pane = Pane::List;
        }
    }

    /// Scrolls the pane under the pointer, even if the other one has the focus.
    fn scroll(&mut self, cx: &mut Cx<'_>, by: isize, on: Option<&ClickTarget>) {
        let pane = match on {
            Some(ClickTarget::Detail) => Pane::Detail,
            Some(
                ClickTarget::Row(_)
                | ClickTarget::Group(_)
                | ClickTarget::SortBy(_)
                | ClickTarget::List,
            ) => Pane::List,
            _ => self.pane,
        };
        self.step_in(cx, pane, by);
    }

    /// A click selects a row; a second one opens its details. A click on a heading collapses or expands its group, and one
    /// on the title of a column sorts by it.
    fn click(&mut self, cx: &mut Cx<'_>, target: &ClickTarget) {
        self.came_from = None;
        self.pane = match target {
            ClickTarget::Row(identity) if cx.list.selected == Some(*identity) => Pane::Detail,
            ClickTarget::Detail => Pane::Detail,
            _ => Pane::List,
        };
        match target {
            ClickTarget::Row(identity) if self.pane == Pane::List => {
                cx.list.selected = Some(*identity);
                self.detail_scroll = 0;
            }
            ClickTarget::Group(key) => match Action::Collapse.enabled(cx) {
                Ok(()) => cx.list.toggle_group_of(key),
                Err(why) => cx.say(Tone::Note, why),
            },
            ClickTarget::SortBy(order) => sort_by(cx, *order),
            _ => {}
        }
    }

    fn follow(&mut self, model: &mut Model) {
        let height = self.height(model);
        model.list.follow(height);
    }

    fn draw(&self, model: &Model, painter: &mut Painter<'_>, area: Rect) {
        if model.list.rows.is_empty() {
            return welcome::draw(painter, model, area);
        }
        let in_list = self.pane == Pane::List;
        if painter.theme.glyphs.is_words {
            return match self.pane {
                Pane::List | Pane::Attention => words::draw(painter, model, area),
                Pane::Detail => detail::draw(painter, model, area, true, 0),
            };
        }
        let [list, detail] = self.split(model);
        list::draw(painter, model, list, in_list, self.filtering);
        let in_detail = self.pane == Pane::Detail;
        detail::draw(painter, model, detail, in_detail, self.detail_scroll);
    }
}

/// The areas of the list and of the details as the user divided them.
fn chosen_split(body: Rect, split: PanelSplit) -> [Rect; 2] {
    Layout::horizontal([Constraint::Percentage(split.list), Constraint::Fill(1)]).areas(body)
}

fn sort_by(model: &mut Model, order: ListOrder) {
    model.list.order = order;
    model.reorder();
    model.say(Tone::Note, format!("sorted by {}", order.words()));
}

fn mark_range(model: &mut Model) {
    if let Some(from) = model.list.range_from.take() {
        model.list.mark_range(from);
        // The title says how many are marked, also after the next change.
        model.toast = None;
    } else {
        model.list.range_from = model.list.selected;
        let again = model.press(Action::MarkRange);
        model.say(
            Tone::Note,
            format!("range starts here: move, then {again} again"),
        );
    }
}

fn explain(cx: &mut Cx<'_>) {
    let Some((environment, identity)) = cx.selected_entry() else {
        return;
    };
    let id = identity.id;
    let name = cx.name_of(id);
    let failure = cx.failures.of(id).next();
    if let Some((_, failure)) = failure {
        let command = explain::error(cx, name, &failure.problem, Some(id));
        return cx.then(command);
    }
    let lines = explain::identity(cx, environment, identity);
    let topic = explain::topic_of(cx, environment, identity);
    let command = AppCommand::explain(name, lines, topic, Some(id));
    cx.then(command);
}
