//! A question with a confirming answer and Cancel. Where something would be lost, Cancel is selected.

use std::borrow::Cow;

use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};
use uuid::Uuid;

use crate::tui::action::{Action, Context};
use crate::tui::command::{AppCommand, Cx};
use crate::tui::layout;
use crate::tui::message::ClickTarget;
use crate::tui::model::Model;
use crate::tui::page::View;
use crate::tui::widgets::{Painter, Panel, fit_in_row, width, wrap};
use aemkeys_core::credential::text::counted;

#[derive(Clone, Debug)]
pub struct QuestionPage {
    title: String,
    question: String,
    /// What it is about.
    names: Vec<String>,
    notes: Vec<String>,
    text_line: usize,
    confirm: String,
    cancel: &'static str,
    /// Whether Enter confirms.
    confirms: bool,
    then: AppCommand,
}

impl QuestionPage {
    /// Asks before an exchange of several tokens. Names production and untyped environments first, with their type.
    fn exchange(model: &Model, targets: Vec<Uuid>, is_marked: bool) -> Self {
        let (mut names, mut others) = (Vec::new(), Vec::new());
        for (environment, identity) in targets.iter().filter_map(|id| model.index.identity(*id)) {
            let (name, environment_type) =
                (model.name_of(identity.id), environment.environment_type);
            if environment_type.is_guarded() {
                names.push(format!("{name} ({})", environment_type.title()));
            } else {
                others.push(name);
            }
        }
        names.extend(others);
        let count = targets.len();
        let question = if is_marked {
            format!(
                "Exchange the tokens of {}?",
                counted(count, "marked identity")
            )
        } else {
            format!(
                "Exchange {} (missing, or under 60 min left)?",
                counted(count, "token")
            )
        };
        let mut notes = Vec::new();
        let hidden = model.list.hidden_marks();
        if is_marked && hidden > 0 {
            notes.push(format!(
                "{hidden} more marked, but hidden by the filter and skipped."
            ));
        }
        let guarded = model.due_for_exchange(true).len();
        if !is_marked && guarded > 0 {
            let it = if guarded == 1 { "it" } else { "them" };
            notes.push(format!(
                "{guarded} production or untyped skipped; mark {it} to include {it}."
            ));
        }
        Self {
            title: "Exchange".to_owned(),
            question,
            names,
            notes,
            text_line: 0,
            confirm: format!("Exchange {count}"),
            cancel: "Cancel",
            confirms: true,
            then: AppCommand::ExchangeMany(targets),
        }
    }

    fn quit(model: &Model, loses_input: bool) -> Self {
        let running = model.tasks.len();
        let tasks = model.tasks.iter();
        let tasks = tasks.map(|(_, task)| format!("{} {}", task.work.words(), task.name));
        let servers = model.servers.iter();
        let servers = servers.map(|it| format!("server of {} at {}", it.name, it.host));
        let names = tasks.chain(servers).collect();
        let (title, question) = match (running, model.servers.len(), loses_input) {
            (0, 0, _) => ("Input is not saved", "Quit and discard it?"),
            (0, _, true) => (
                "Servers are running",
                "Quit, stop them and discard the input that is not saved?",
            ),
            (0, _, false) => ("Servers are running", "Quit and stop them?"),
            (_, 0, true) => (
                "Tasks are running",
                "Quit, cancel them and discard the input that is not saved?",
            ),
            (_, _, true) => (
                "Tasks and servers are running",
                "Quit, cancel the tasks, stop the servers and discard the input that is not saved?",
            ),
            (_, 0, false) => ("Tasks are running", "Quit and cancel them?"),
            (_, _, false) => (
                "Tasks and servers are running",
                "Quit, cancel the tasks and stop the servers?",
            ),
        };
        Self {
            title: title.to_owned(),
            question: question.to_owned(),
            names,
            notes: Vec::new(),
            text_line: 0,
            confirm: "Quit".to_owned(),
            cancel: if running == 0 && model.servers.is_empty() {
                "Keep editing"
            } else {
                "Keep running"
            },
            confirms: false,
            then: AppCommand::Quit,
        }
    }

    fn fill_in(names: &[String]) -> Self {
        let count = counted(names.len(), "environment");
        Self {
            title: "Fill in".to_owned(),
            question: format!("Set the console link of {count}?"),
            names: names.to_vec(),
            notes: Vec::new(),
            text_line: 0,
            confirm: format!("Fill in {}", names.len()),
            cancel: "Cancel",
            confirms: true,
            then: AppCommand::FillIn,
        }
    }

    fn discard() -> Self {
        Self {
            title: "Discard changes?".to_owned(),
            question: "What you entered on this page is not saved.".to_owned(),
            names: Vec::new(),
            notes: Vec::new(),
            text_line: 0,
            confirm: "Discard changes".to_owned(),
            cancel: "Keep editing",
            confirms: false,
            then: AppCommand::Discard,
        }
    }

    pub fn quits(&self) -> bool {
        matches!(self.then, AppCommand::Quit)
    }

    /// The areas of the text and of the buttons, and the lines of the text.
    fn areas(&self, model: &Model, inner: Rect) -> ([Rect; 2], Vec<String>) {
        let rows = rows_of(&self.buttons(model), inner.width);
        let answer = Constraint::Length(rows);
        let [room, _] = Layout::vertical([Constraint::Fill(1), answer]).areas(inner);
        let names = self.names.join(", ");
        let text = [&self.question, &names].into_iter().chain(&self.notes);
        let text = text.filter(|text| !text.is_empty());
        let lines: Vec<String> = text
            .flat_map(|text| wrap(text, room.width))
            .map(Cow::into_owned)
            .collect();
        let gap = u16::from(usize::from(room.height) > lines.len());
        let parts = [Constraint::Fill(1), Constraint::Length(gap), answer];
        let [text, _, answer] = Layout::vertical(parts).areas(inner);
        ([text, answer], lines)
    }

    /// The buttons with their keys.
    fn buttons(&self, model: &Model) -> [(Action, String); 2] {
        let words = [
            (Action::Confirm, self.confirm.as_str()),
            (Action::Cancel, self.cancel),
        ];
        words.map(|(action, words)| {
            // A word that is typed says the same as the button.
            let key = model.settings.keymap.hint(action);
            let key = key.filter(|_| !model.settings.theme.glyphs.is_words);
            (action, format!("[ {} {words} ]", key.unwrap_or_default()))
        })
    }
}

impl View for QuestionPage {
    fn words(&self, _model: &Model, action: Action) -> Option<String> {
        match action {
            Action::Confirm => Some(self.confirm.to_lowercase()),
            Action::Cancel => Some(self.cancel.to_lowercase()),
            _ => None,
        }
    }

    fn open(cx: &mut Cx<'_>, command: &AppCommand) -> Option<Self> {
        Some(match command {
            AppCommand::AskToQuit(loses_input) => Self::quit(cx, *loses_input),
            AppCommand::AskToDiscard => Self::discard(),
            AppCommand::AskToFillIn(names) => Self::fill_in(names),
            AppCommand::AskToExchange(marked) => Self::exchange(cx, marked.clone(), true),
            AppCommand::Perform(Action::ExchangeDue) => {
                Self::exchange(cx, cx.due_for_exchange(false), false)
            }
            _ => return None,
        })
    }

    fn context(&self) -> Context {
        Context::Question
    }

    fn size(&self, model: &Model) -> (u16, usize) {
        let most = layout::popup(model, 70, u16::MAX);
        let inner = Panel::dialog(&self.title).inner(most);
        let (_, lines) = self.areas(model, inner);
        let buttons = rows_of(&self.buttons(model), inner.width);
        (70, lines.len() + 3 + usize::from(buttons))
    }

    fn text_line(&mut self) -> Option<&mut usize> {
        Some(&mut self.text_line)
    }

    fn perform(&mut self, cx: &mut Cx<'_>, action: Action) {
        match action {
            Action::FieldNext
            | Action::FieldPrevious
            | Action::ChoiceNext
            | Action::ChoicePrevious => {
                self.confirms = !self.confirms;
            }
            Action::Submit if !self.confirms => cx.close(),
            Action::Submit | Action::Confirm => {
                cx.then(self.then.clone());
                cx.close();
            }
            _ => {}
        }
    }

    fn draw(&self, model: &Model, painter: &mut Painter<'_>, area: Rect) {
        let theme = painter.theme;
        let inner = painter.panel(area, Panel::dialog(&self.title));
        let buttons = self.buttons(model);
        let ([text, answer], lines) = self.areas(model, inner);
        let lines: Vec<Line<'_>> = lines
            .iter()
            .map(|line| Line::styled(line.as_str(), theme.text))
            .collect();
        painter.scrolled(text, &lines, self.text_line);
        let places: [Rect; 2] = if rows_of(&buttons, inner.width) > 1 {
            Layout::vertical([Constraint::Length(1); 2]).areas(answer)
        } else {
            let widths = buttons.each_ref().map(|(_, text)| width(text));
            Layout::horizontal(widths).spacing(GAP).areas(answer)
        };
        for ((action, text), place) in buttons.into_iter().zip(places) {
            let is_selected = self.confirms == (action == Action::Confirm);
            let style = if is_selected { theme.found } else { theme.text };
            painter.line(place, Span::styled(text, style));
            painter.hits.add(place, ClickTarget::Hint(action));
            if is_selected {
                painter.cursor(place, 2);
            }
        }
    }
}

/// The columns between the buttons.
const GAP: u16 = 2;

/// The rows of the buttons: one below the other where they don't fit side by side.
fn rows_of(buttons: &[(Action, String)], columns: u16) -> u16 {
    let texts = buttons.iter().map(|(_, text)| text.as_str());
    if fit_in_row(texts, GAP, columns) {
        1
    } else {
        2
    }
}
