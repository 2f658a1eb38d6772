//! The page to save a text in a file.

use ratatui::layout::Rect;

use crate::tui::action::Context;
use crate::tui::command::{AppCommand, Cx};
use crate::tui::document::Document;
use crate::tui::effect::Job;
use crate::tui::key_hints;
use crate::tui::model::Model;
use crate::tui::page::View;
use crate::tui::task::{PageStatus, Task};
use crate::tui::widgets::{Button, FieldId, Form, FormField, Painter, Panel, paragraph};
use aemkeys_core::credential::{Code, Problem};

const SAVE: Button = Button("Save");
const REPLACE: Button = Button("Replace file");

#[derive(Clone, Debug)]
pub struct SavePage {
    document: Document,
    pub form: Form,
    pub status: PageStatus,
}

impl SavePage {
    fn new(document: Document) -> Self {
        let file = FormField::text(FieldId::FILE, document.file_name.clone()).wide();
        Self {
            document,
            form: Form::new(vec![file], vec![SAVE, Button::CANCEL]),
            status: PageStatus::Ready,
        }
    }
}

impl View for SavePage {
    fn open(_cx: &mut Cx<'_>, command: &AppCommand) -> Option<Self> {
        match command {
            AppCommand::OpenSave(document) => Some(Self::new(document.clone())),
            _ => None,
        }
    }

    fn context(&self) -> Context {
        Context::Form
    }

    fn size(&self, model: &Model) -> (u16, usize) {
        self.form.page_size(model.columns, 2, &self.status)
    }

    with_form!();
    with_status!();

    fn press(&mut self, cx: &mut Cx<'_>, button: Button) {
        let path = self.form.text(FieldId::FILE).unwrap_or_default().to_owned();
        if path.is_empty() {
            return self.form.refuse(FieldId::FILE, "enter the path of a file");
        }
        let job = Job::SaveText {
            path,
            text: self.document.text.clone(),
            replace: button == REPLACE,
        };
        self.status = PageStatus::Running(cx.run(job));
    }

    /// An existing file is replaced only by a button of its own, which is not selected.
    fn failed(&mut self, _cx: &mut Cx<'_>, _task: &Task, problem: &Problem) {
        if problem.code == Code::OutputExists {
            self.form.buttons = vec![Button::CANCEL, REPLACE];
            self.form.focus = self.form.fields.len();
        }
    }

    /// Another path.
    fn typed(&mut self, _model: &mut Model) {
        self.form.buttons = vec![SAVE, Button::CANCEL];
        self.status = PageStatus::Ready;
    }

    fn draw(&self, model: &Model, painter: &mut Painter<'_>, area: Rect) {
        let inner = painter.panel(area, Panel::dialog("Save").keys(key_hints::of(self, model)));
        let said = if self.document.is_cut {
            "Only the part of the response that is shown, in a file that only you can read."
        } else {
            "In a file that only you can read."
        };
        let lines = paragraph(said, painter.theme.text, inner.width);
        painter.form_page(model, &lines, &[], &self.status, &self.form, inner);
    }
}
