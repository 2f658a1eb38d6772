//! The used-by page: the result of a rotation, who has the new credential, and whether the old key can be revoked.

use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use uuid::Uuid;

use crate::app::guide::Topic;
use crate::app::rotate::{Compared, Rotated};
use crate::app::{IdentityEntry, RevisionState};
use crate::tui::action::{Action, Context};
use crate::tui::command::{AppCommand, Cx};
use crate::tui::effect::Job;
use crate::tui::key_hints;
use crate::tui::message::JobOutcome;
use crate::tui::model::{Model, Tone};
use crate::tui::page::View;
use crate::tui::task::{PageStatus, Task};
use crate::tui::theme::Theme;
use crate::tui::widgets::{ChoiceList, Painter, Panel, StepBox, paragraph, problem, step};

#[derive(Clone, Debug)]
pub struct UsedByPage {
    identity: Uuid,
    name: String,
    /// The rotation that was just finished; `None` if the page was opened later.
    done: Option<Box<Rotated>>,
    /// The selected row; the last one, after the names, is the revocation.
    at: usize,
    pub status: PageStatus,
}

impl UsedByPage {
    fn new(model: &Model, identity: Uuid, done: Option<Box<Rotated>>) -> Self {
        Self {
            identity,
            name: model.name_of(identity),
            done,
            at: 0,
            status: PageStatus::Ready,
        }
    }

    /// Returns whether there was a rotation; before it, there is nothing to tick.
    fn is_after_rotation(&self, entry: &IdentityEntry) -> bool {
        self.done.is_some() || entry.was_rotated()
    }
}

impl View for UsedByPage {
    fn open(cx: &mut Cx<'_>, command: &AppCommand) -> Option<Self> {
        match command {
            AppCommand::OpenUsedBy(identity, done) => Some(Self::new(cx, *identity, done.clone())),
            _ => None,
        }
    }

    fn report(cx: &mut Cx<'_>, task: &Task, outcome: &JobOutcome, _is_shown: bool) {
        if let JobOutcome::Ticked(words) = outcome {
            cx.record(Tone::Fine, format!("{}: {words}", task.name));
        }
    }

    fn context(&self) -> Context {
        Context::Steps
    }

    fn size(&self, model: &Model) -> (u16, usize) {
        // Lines wrap on a narrow screen, so use all of it.
        if model.columns < 80 {
            return (model.columns, usize::MAX);
        }
        let entry = model.index.identity(self.identity);
        let names = entry.map_or(0, |(_, entry)| entry.used_by.len());
        let done = self.done.as_ref();
        let done = done.map_or(0, |done| done.compared.len() + done.notes.len() * 2);
        (100, names + done + 8)
    }

    /// Ticks a name, or opens the guide to revoke the old key if all are ticked.
    fn perform(&mut self, cx: &mut Cx<'_>, action: Action) {
        let (identity, at) = (self.identity, self.at);
        if action != Action::DoStep || self.status.is_running() {
            return;
        }
        let Some((_, entry)) = cx.index.identity(identity) else {
            return;
        };
        if let Some(used) = entry.used_by.get(at) {
            let (who, has) = (used.name.clone(), !used.has(entry.active_revision()));
            let job = Job::Tick { identity, who, has };
            self.status = PageStatus::Running(cx.run(job));
            return;
        }
        let (topic, seen) = (Topic::Revoke, Vec::new());
        cx.then(AppCommand::OpenGuide(topic, Some(identity), seen));
    }

    fn allows(&self, model: &Model, action: Action) -> Result<(), String> {
        let known = model.index.identity(self.identity);
        let Some((_, entry)) = known.filter(|_| action == Action::DoStep) else {
            return Ok(());
        };
        if !self.is_after_rotation(entry) {
            return Err("nothing to tick before the first rotation".to_owned());
        }
        let missing: Vec<&str> = entry.without_new().collect();
        if self.at < entry.used_by.len() || missing.is_empty() {
            return Ok(());
        }
        let missing = missing.join(", ");
        Err(format!("locked: {missing} still use the old credential"))
    }

    fn words(&self, model: &Model, action: Action) -> Option<String> {
        let (_, entry) = model.index.identity(self.identity)?;
        let words = match entry.used_by.get(self.at) {
            Some(used) if used.has(entry.active_revision()) => "untick",
            Some(_) => "tick",
            None => "open guide",
        };
        (action == Action::DoStep).then(|| words.to_owned())
    }

    fn close(&mut self, cx: &mut Cx<'_>) {
        cx.close();
        cx.then(AppCommand::Resume);
    }

    fn cursor(&mut self, model: &Model) -> Option<(&mut usize, usize)> {
        let entry = model.index.identity(self.identity);
        let names = entry.map_or(0, |(_, entry)| entry.used_by.len());
        Some((&mut self.at, names + 1))
    }

    with_status!();

    fn finished(&mut self, _cx: &mut Cx<'_>, _outcome: JobOutcome) {
        self.at += 1;
    }

    fn draw(&self, model: &Model, painter: &mut Painter<'_>, area: Rect) {
        let theme = painter.theme;
        let title = if self.done.is_some() {
            format!("{}: rotated", self.name)
        } else {
            format!("{}: used by", self.name)
        };
        let inner = painter.panel(area, Panel::dialog(title).keys(key_hints::of(self, model)));
        let Some((_, entry)) = model.index.identity(self.identity) else {
            painter.line(inner, Line::raw("This identity is no longer stored."));
            return;
        };
        let mut choices = ChoiceList::new(self.at, theme);
        if let Some(done) = &self.done {
            choices.text(what_was_done(model, done, inner.width, theme));
            choices.text(vec![Line::default()]);
        }
        choices.text(heading(self, model, entry, inner.width));
        for at in 0..=entry.used_by.len() {
            choices.item(at, row(model, self, entry, at, inner.width, theme));
        }
        let found = self.status.problem();
        choices.text(problem::below(model, found, inner.width, theme));
        painter.choices(inner, choices);
    }
}

fn what_was_done<'a>(model: &Model, done: &Rotated, columns: u16, theme: &Theme) -> Vec<Line<'a>> {
    let new = &done.new.fingerprint;
    let text = match &done.old {
        Some(old) => format!("{} replaced by {new}", old.fingerprint),
        None => format!("{new} is in use"),
    };
    let mut lines = vec![Line::from(vec![
        Span::styled(format!("{} ", theme.glyphs.fine), theme.fine),
        Span::styled(text, theme.strong),
    ])];
    lines.extend(done.compared.iter().map(compared_words).map(Line::raw));
    for note in done.notes.iter().chain(&done.warning) {
        lines.extend(paragraph(&model.in_keys(note), theme.quiet, columns));
    }
    lines
}

fn compared_words(compared: &Compared) -> String {
    let asked = compared.path.as_deref().unwrap_or("current user");
    let tier = compared.tier.as_str();
    match &compared.old {
        Some(old) if *old == compared.new => {
            format!("  {tier:<8} {asked}: {} with both", compared.new)
        }
        Some(old) => format!("  {tier:<8} {asked}: {old} before, {} now", compared.new),
        None => format!("  {tier:<8} {asked}: {}", compared.new),
    }
}

fn heading<'a>(
    page: &UsedByPage,
    model: &Model,
    entry: &IdentityEntry,
    columns: u16,
) -> Vec<Line<'a>> {
    let text = if entry.used_by.is_empty() {
        let edit = model.press(Action::Edit);
        &format!("No programs listed. To add them, {edit} on the list and fill in Used by.")
    } else if !page.is_after_rotation(entry) {
        "These programs use it and need the new credential after a rotation:"
    } else {
        "Give the new credential to each program, and tick it:"
    };
    paragraph(text, model.settings.theme.accent, columns)
}

/// A name with its box, or the revocation.
fn row<'a>(
    model: &Model,
    page: &UsedByPage,
    entry: &IdentityEntry,
    at: usize,
    columns: u16,
    theme: &Theme,
) -> Vec<Line<'a>> {
    let (state, mut text) = match entry.used_by.get(at) {
        Some(used) if used.has(entry.active_revision()) => (StepBox::Done, used.name.clone()),
        Some(used) => (StepBox::Open, used.name.clone()),
        None => revocation(page, model, entry),
    };
    let selected = page.at == at;
    if selected && page.status.is_running() {
        text.extend([" ", model.spinner()]);
    }
    step(selected, state, &text, "", columns, theme)
}

fn revocation(page: &UsedByPage, model: &Model, entry: &IdentityEntry) -> (StepBox, String) {
    if !page.is_after_rotation(entry) {
        return (
            StepBox::Locked,
            "Revoke the old credential: none yet".to_owned(),
        );
    }
    let old = entry.in_state(RevisionState::Old);
    let old = old.map_or_else(String::new, |old| format!(" {}", old.facts.fingerprint));
    let missing = entry.without_new().count();
    if missing > 0 {
        let text = format!(
            "Revoke the old credential{old}: locked, {missing} of {} not updated yet",
            entry.used_by.len()
        );
        (StepBox::Locked, text)
    } else {
        let arrow = model.settings.theme.glyphs.arrow;
        let guide = model.press(Action::DoStep);
        let text = format!("Revoke the old credential{old} {arrow} {guide} for the guide");
        (StepBox::Open, text)
    }
}
