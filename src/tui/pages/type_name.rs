//! A confirmation that requires the name to be typed.

use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::tui::action::Context;
use crate::tui::command::{AppCommand, Confirmation, Cx};
use crate::tui::key_hints;
use crate::tui::model::Model;
use crate::tui::page::View;
use crate::tui::task::PageStatus;
use crate::tui::widgets::{
    Button, FieldId, Form, FormField, Painter, Panel, form_columns, paragraph, wrap,
};
use aemkeys_core::environment::EnvironmentType;

#[derive(Clone, Debug)]
pub struct TypeNamePage {
    asked: Confirmation,
    pub form: Form,
}

impl TypeNamePage {
    fn new(asked: Confirmation) -> Self {
        let confirm = Button(asked.then.verb());
        Self {
            asked,
            form: Form::new(
                vec![FormField::text(FieldId::NAME, "").wide()],
                vec![confirm, Button::CANCEL],
            ),
        }
    }
}

impl TypeNamePage {
    /// The name is that of an environment, or begins with it.
    fn is_production(&self, model: &Model) -> bool {
        let name = self.asked.expected.split('/').next();
        let mut environments = model.index.environments.iter();
        environments.any(|it| {
            it.environment_type == EnvironmentType::Production
                && Some(it.name.to_string().as_str()) == name
        })
    }
}

impl View for TypeNamePage {
    fn open(_cx: &mut Cx<'_>, command: &AppCommand) -> Option<Self> {
        match command {
            AppCommand::AskForName(asked) => Some(Self::new(asked.as_ref().clone())),
            _ => None,
        }
    }

    fn context(&self) -> Context {
        Context::Form
    }

    fn size(&self, model: &Model) -> (u16, usize) {
        let columns = form_columns(model.columns);
        let lines = self.asked.lines.iter();
        let lines = lines.map(|line| wrap(line, columns).len()).sum::<usize>();
        // With the line that says what to type, and a gap above it.
        self.form
            .page_size(model.columns, lines + 2, &PageStatus::Ready)
    }

    with_form!();

    fn press(&mut self, cx: &mut Cx<'_>, _button: Button) {
        let typed = self.form.text(FieldId::NAME).unwrap_or_default();
        if typed.to_lowercase() == self.asked.expected.to_lowercase() {
            let typed = Some(typed.to_owned());
            cx.then(AppCommand::Do(self.asked.then.clone(), typed));
            cx.close();
        } else {
            let why = format!("type {} to confirm", self.asked.expected);
            self.form.refuse(FieldId::NAME, why);
        }
    }

    fn draw(&self, model: &Model, painter: &mut Painter<'_>, area: Rect) {
        let theme = painter.theme;
        let mut panel = Panel::dialog(&self.asked.title).keys(key_hints::of(self, model));
        if self.is_production(model) {
            let production = EnvironmentType::Production;
            panel = panel.right(Line::styled(production.title(), theme.production));
        }
        let inner = painter.panel(area, panel);
        let lines: Vec<Line<'_>> = self
            .asked
            .lines
            .iter()
            .flat_map(|line| paragraph(line, theme.text, inner.width))
            .collect();
        let asked = Line::from(vec![
            Span::styled("Type ", theme.quiet),
            Span::styled(&self.asked.expected, theme.strong),
            Span::styled(" to confirm:", theme.quiet),
        ]);
        painter.form_page(
            model,
            &lines,
            &[asked],
            &PageStatus::Ready,
            &self.form,
            inner,
        );
    }
}
