//! The welcome page, while nothing is stored: first actions, and where secrets will be stored.

use ratatui::layout::{Constraint, Flex, Layout, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use crate::app::storage::StorageStatus;
use crate::tui::action::Action;
use crate::tui::message::ClickTarget;
use crate::tui::model::{Model, StorageCheck};
use crate::tui::theme::Theme;
use crate::tui::widgets::{Painter, Panel, hanging};
use aemkeys_core::credential::Problem;

const WIDEST: u16 = 88;

pub fn draw(painter: &mut Painter<'_>, model: &Model, area: Rect) {
    let panel = Panel::new("Environments")
        .focused(painter.is_focused)
        .padded();
    let inner = painter.panel(area, panel);
    let columns = WIDEST.min(inner.width);
    let rows = |is_roomy| Welcome::rows(model, painter.theme, columns, is_roomy);
    let mut shown = rows(true);
    if shown.len() > usize::from(inner.height) {
        shown = rows(false);
    }
    let height = u16::try_from(shown.len()).unwrap_or(u16::MAX);
    let [_, place, _] = Layout::vertical([
        Constraint::Fill(1),
        Constraint::Length(height.min(inner.height)),
        Constraint::Fill(2),
    ])
    .areas(inner);
    let [place] = Layout::horizontal([Constraint::Length(columns)])
        .flex(Flex::Center)
        .areas(place);
    for (place, (line, action)) in place.rows().zip(shown) {
        painter.line(place, line);
        if let Some(action) = action {
            painter.hits.add(place, ClickTarget::Hint(action));
            if action == Action::Add {
                painter.cursor(place, 2);
            }
        }
    }
}

/// The lines of the page, each with its action for clicks.
struct Welcome<'m, 'a> {
    model: &'m Model,
    theme: &'m Theme,
    columns: u16,
    /// Whether there is room for gaps and explanations.
    is_roomy: bool,
    rows: Vec<(Line<'a>, Option<Action>)>,
}

impl<'m, 'a> Welcome<'m, 'a> {
    fn rows(
        model: &'m Model,
        theme: &'m Theme,
        columns: u16,
        is_roomy: bool,
    ) -> Vec<(Line<'a>, Option<Action>)> {
        let rows = Vec::new();
        let mut welcome = Self {
            model,
            theme,
            columns,
            is_roomy,
            rows,
        };
        match &model.list_lost {
            Some(lost) => welcome.damaged(lost),
            None => welcome.nothing_stored(),
        }
        // Nothing can be added without a storage, so that comes first.
        if matches!(model.storage_check, StorageCheck::Found(Err(_))) {
            welcome.storage();
            welcome.gap();
            welcome.steps();
        } else {
            welcome.steps();
            welcome.gap();
            welcome.storage();
        }
        welcome.rows
    }

    fn gap(&mut self) {
        if self.is_roomy {
            self.rows.push((Line::default(), None));
        }
    }

    fn text(&mut self, head: Vec<Span<'a>>, text: &str, style: Style, action: Option<Action>) {
        let lines = hanging(head, text, style, self.columns);
        self.rows
            .extend(lines.into_iter().map(|line| (line, action)));
    }

    /// A key and what it does: the long text, if it fits.
    fn step(&mut self, key: &str, long: &str, short: &str, action: Option<Action>) {
        let line = |words: &str| {
            let key = Span::styled(format!("  {key:<7}"), self.theme.accent);
            Line::from(vec![key, Span::raw(words.to_owned())])
        };
        let whole = line(long);
        let fits = whole.width() <= self.columns.into();
        let line = if fits { whole } else { line(short) };
        self.rows.push((line, action));
    }

    fn key(&self, action: Action) -> String {
        let key = self.model.settings.keymap.hint(action);
        key.unwrap_or_default()
    }

    fn nothing_stored(&mut self) {
        let title = Line::styled("Nothing stored yet", self.theme.strong);
        self.rows.push((title, None));
        if self.is_roomy {
            let words = "Environments that you add are listed here, with the expiry of their credentials and tokens.";
            self.text(Vec::new(), words, self.theme.quiet, None);
            self.gap();
        }
    }

    /// Shown if the list is damaged rather than empty.
    fn damaged(&mut self, lost: &Problem) {
        let words = format!(
            "{}: {}. The doctor (press {}) rebuilds it from the storage.",
            lost.message,
            lost.cause.as_deref().unwrap_or_default(),
            self.key(Action::PageDoctor)
        );
        let glyph = format!("{} ", self.theme.glyphs.over);
        let head = vec![Span::styled(glyph, self.theme.over)];
        self.text(head, &words, self.theme.strong, Some(Action::PageDoctor));
    }

    fn steps(&mut self) {
        self.step(
            &self.key(Action::Add),
            "add service credentials, an OAuth credential, a token or a local SDK",
            "add a credential or a token",
            Some(Action::Add),
        );
        self.step(
            "paste",
            "JSON or token from the clipboard, on any page; you confirm before it is stored",
            "JSON or token from the clipboard",
            None,
        );
        self.step(
            &self.key(Action::Guides),
            "how to get the first credentials in Adobe's consoles",
            "how to get credentials",
            Some(Action::Guides),
        );
        self.step(
            "demo",
            "quit and run `aemkeys demo` to try it with sample data",
            "quit and run `aemkeys demo`",
            None,
        );
    }

    /// Where secrets will be stored, and what to do if no keyring is available.
    fn storage(&mut self) {
        let (theme, name) = (self.theme, &self.model.settings.storage);
        let quiet = (theme.glyphs.dot, theme.quiet);
        let ((glyph, style), words) = match &self.model.storage_check {
            _ if name == "memory" => (
                quiet,
                "Secrets are kept in memory, and are gone when you quit.".to_owned(),
            ),
            StorageCheck::NotStarted => (
                quiet,
                format!("Secrets are stored in: {name}. They are only ever sent to Adobe."),
            ),
            StorageCheck::Running => (quiet, format!("Checking the {name}.")),
            StorageCheck::Found(Ok(StorageStatus::Ready | StorageStatus::Unlocked(_))) => (
                (theme.glyphs.fine, theme.fine),
                format!("Secrets are stored in: {name}."),
            ),
            StorageCheck::Found(Ok(StorageStatus::Locked)) => (
                (theme.glyphs.soon, theme.soon),
                format!(
                    "The {name} is locked, and will ask for its password when you add something."
                ),
            ),
            StorageCheck::Found(Err(problem)) => {
                ((theme.glyphs.over, theme.over), problem.message.clone())
            }
        };
        let head = vec![Span::styled(format!("{glyph} "), style)];
        if self.is_roomy {
            self.text(head, &words, theme.text, None);
        } else {
            let mut line = Line::from(head);
            line.push_span(words);
            self.rows.push((line, None));
        }
        let StorageCheck::Found(found) = &self.model.storage_check else {
            return;
        };
        if found.is_err() || self.is_roomy {
            self.step(
                &self.key(Action::PassphraseFile),
                "store secrets in a file with a passphrase instead",
                "use a passphrase file",
                Some(Action::PassphraseFile),
            );
        }
        if found.is_err() && self.is_roomy {
            let words = "start a keyring in this session (gnome-keyring, KWallet, KeePassXC), then restart aemkeys";
            let head = vec![Span::styled("  or     ", theme.quiet)];
            self.text(head, words, theme.quiet, None);
        }
    }
}
