//! A guide: its cause, who can do it, and its steps with ticks, links and files.

use jiff::SignedDuration;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use uuid::Uuid;

use crate::app::guide::{Guide, GuideKey, GuideStep, Topic};
use crate::tui::action::{Action, Context};
use crate::tui::command::{AppCommand, Cx};
use crate::tui::effect::{Effect, Job};
use crate::tui::key_hints;
use crate::tui::links::LinkAddress;
use crate::tui::model::{Model, Tone};
use crate::tui::page::View;
use crate::tui::theme::Theme;
use crate::tui::widgets::{ChoiceList, Painter, Panel, hanging, paragraph};
use aemkeys_core::time;

/// The width of the tick, the cursor and the number before a step.
const INDENT: usize = 9;

#[derive(Clone, Debug)]
pub struct GuidePage {
    pub guide: Guide,
    /// The guide and identity of the ticks.
    key: GuideKey,
    /// The verdict or error from which it was opened; `# ` starts a heading.
    seen: Vec<String>,
    /// The selected step, from 1; 0 is the introduction.
    pub at: usize,
}

impl GuidePage {
    /// Selects the first step that is not done, unless there is something to read before it.
    fn new(model: &Model, topic: Topic, identity: Option<Uuid>, seen: Vec<String>) -> Self {
        let key = GuideKey { topic, identity };
        let guide = model.guide(topic, identity);
        let mut steps = guide.steps.iter();
        let next = steps.position(|step| !model.guides.is_done(key, step));
        let at = match next {
            _ if !seen.is_empty() => 0,
            Some(next) => next + 1,
            None => guide.steps.len(),
        };
        Self {
            guide,
            key,
            seen,
            at,
        }
    }

    /// The selected step.
    fn current(&self) -> Option<&GuideStep> {
        self.guide.steps.get(self.at.checked_sub(1)?)
    }

    fn tick(&mut self, cx: &mut Cx<'_>, step: &GuideStep) {
        let key = self.key;
        let now = cx.now;
        if cx.guides.toggle(key, step.id, now) {
            if let Some((identity, minutes)) = key.identity.zip(step.wait_minutes) {
                let wait = SignedDuration::from_mins(i64::from(minutes));
                let at = now + wait;
                cx.guides.remind(key, at);
                let words = format!(
                    "takes up to {}: test {} again after {}",
                    time::duration(wait),
                    cx.name_of(identity),
                    time::clock(at, &cx.settings.zone)
                );
                cx.say(Tone::Note, words);
            }
            self.at = (self.at + 1).min(self.guide.steps.len());
        }
        let guides = cx.guides.clone();
        cx.emit(Effect::SaveTicks { guides, key });
    }
}

impl View for GuidePage {
    fn open(cx: &mut Cx<'_>, command: &AppCommand) -> Option<Self> {
        match command {
            AppCommand::OpenGuide(topic, identity, seen) => {
                Some(Self::new(cx, *topic, *identity, seen.clone()))
            }
            _ => None,
        }
    }

    fn context(&self) -> Context {
        Context::Guide
    }

    fn size(&self, model: &Model) -> (u16, usize) {
        (model.columns.min(100), usize::MAX)
    }

    fn perform(&mut self, cx: &mut Cx<'_>, action: Action) {
        let Some(step) = self.current().cloned() else {
            return;
        };
        // Neither the file nor the address is secret.
        match (action, step.link.clone(), &step.file) {
            (Action::GuideTick, ..) => self.tick(cx, &step),
            (Action::GuideLink, Some(url), _) => cx.then(AppCommand::Browse(url)),
            (Action::GuideCopy, _, Some(file)) => {
                let (what, text) = (file.name, file.text.clone());
                cx.run(Job::CopyText { what, text });
            }
            (Action::GuideCopy, Some(text), None) => {
                let what = "address";
                cx.run(Job::CopyText { what, text });
            }
            _ => {}
        }
    }

    fn allows(&self, model: &Model, action: Action) -> Result<(), String> {
        let is_of_step = matches!(
            action,
            Action::GuideTick | Action::GuideLink | Action::GuideCopy
        );
        let Some(step) = self.current() else {
            if !is_of_step {
                return Ok(());
            }
            return Err("choose a step first".to_owned());
        };
        let is_locked = !step.locked_by.is_empty() && !model.guides.is_done(self.key, step);
        match action {
            Action::GuideTick if step.done => Err("already done".to_owned()),
            Action::GuideTick if is_locked => {
                let who = step.locked_by.join(", ");
                Err(format!("locked: {who} still use the old credential"))
            }
            Action::GuideLink if step.link.is_none() => {
                Err("this step has no page to open".to_owned())
            }
            Action::GuideCopy if step.link.is_none() && step.file.is_none() => {
                Err("this step has nothing to copy".to_owned())
            }
            _ => Ok(()),
        }
    }

    /// Where there is no cursor, it names the step.
    fn words(&self, model: &Model, action: Action) -> Option<String> {
        let step = self.current().filter(|_| action == Action::GuideTick)?;
        let untick = model
            .guides
            .is_done(self.key, step)
            .then(|| "untick".to_owned());
        let is_words = model.settings.theme.glyphs.is_words;
        let number = is_words.then(|| format!("step {}", self.at));
        let words: Vec<String> = untick.into_iter().chain(number).collect();
        (!words.is_empty()).then(|| words.join(" "))
    }

    fn cursor(&mut self, _model: &Model) -> Option<(&mut usize, usize)> {
        Some((&mut self.at, self.guide.steps.len() + 1))
    }

    fn draw(&self, model: &Model, painter: &mut Painter<'_>, area: Rect) {
        let theme = painter.theme;
        let guide = &self.guide;
        let title = guide.name.as_ref().map_or_else(
            || guide.title.clone(),
            |name| format!("{}: {name}", guide.title),
        );
        let count = guide.steps.len();
        let done = model.guides.count(self.key, guide);
        let corner = Line::styled(format!("{done} of {count} done"), theme.quiet);
        let keys = key_hints::of(self, model);
        let panel = Panel::dialog(title).right(corner).keys(keys);
        let inner = painter.panel(area, panel);
        let mut choices = ChoiceList::new(self.at, theme);
        choices.text(head(self, inner.width, theme));
        for at in 0..count {
            choices.text(vec![Line::default()]);
            choices.item(at + 1, step(model, self, at, inner.width, theme));
        }
        painter.choices(inner, choices);
    }
}

fn head<'a>(page: &GuidePage, columns: u16, theme: &Theme) -> Vec<Line<'a>> {
    let mut lines = Vec::new();
    for text in &page.seen {
        match text.strip_prefix("# ") {
            Some(heading) => lines.push(Line::styled(heading.to_owned(), theme.accent)),
            None => lines.extend(paragraph(text, theme.text, columns)),
        }
    }
    if !page.seen.is_empty() {
        lines.push(Line::default());
        lines.push(Line::styled(page.guide.title.clone(), theme.accent));
    }
    lines.extend(paragraph(&page.guide.intro, theme.text, columns));
    lines.push(Line::default());
    let label = vec![Span::styled(
        format!("{:<INDENT$}", "Who can:"),
        theme.quiet,
    )];
    lines.extend(hanging(label, &page.guide.who_may, theme.text, columns));
    lines
}

fn step<'a>(
    model: &Model,
    page: &GuidePage,
    at: usize,
    columns: u16,
    theme: &Theme,
) -> Vec<Line<'a>> {
    let step = &page.guide.steps[at];
    let selected = page.at == at + 1;
    let (tick, tick_style, style) = match (model.guides.is_done(page.key, step), selected) {
        (true, _) => (theme.glyphs.done, theme.fine, theme.quiet),
        (false, true) => (theme.glyphs.to_do, theme.quiet, theme.strong),
        (false, false) => (theme.glyphs.to_do, theme.quiet, theme.text),
    };
    // Where choices are numbered, the number of a step is that of its choice.
    let (number, link_is) = if theme.glyphs.is_words {
        (String::new(), "Link: ")
    } else {
        (format!("{:>2} ", at + 1), "")
    };
    let head = vec![
        theme.cursor(selected),
        Span::styled(format!(" {tick} "), tick_style),
        Span::styled(number, theme.quiet),
    ];
    let mut lines = hanging(head, &model.in_keys(&step.text), style, columns);
    let below = if step.file.is_some() {
        theme.text
    } else {
        theme.quiet
    };
    let link = step.link.iter().map(|link| {
        let style = theme.links.mark(below, LinkAddress::checked(link));
        (link_is, link.as_str(), style)
    });
    let file = step.file.iter().flat_map(|file| file.text.lines());
    for (what, text, style) in link.chain(file.map(|line| ("", line, below))) {
        let pad = vec![Span::raw(" ".repeat(INDENT)), Span::raw(what)];
        lines.extend(hanging(pad, text, style, columns));
    }
    lines
}
