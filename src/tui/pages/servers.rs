//! The page of the running servers: their addresses, and the requests of the selected one. `x` stops it.

use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Borders};

use crate::tui::action::{Action, Context};
use crate::tui::command::{AppCommand, CopyItem, Cx};
use crate::tui::effect::Job;
use crate::tui::key_hints;
use crate::tui::local_server::LocalServer;
use crate::tui::message::{JobOutcome, ServedRequest};
use crate::tui::model::Model;
use crate::tui::page::View;
use crate::tui::task::Task;
use crate::tui::theme::Theme;
use crate::tui::widgets::{ChoiceList, Painter, Panel, hanging, paragraph};
use aemkeys_core::time;
use jiff::Timestamp;

/// The columns before the lines below the name of a server.
const INDENT: usize = 3;
/// The hidden letters that stand for the secret.
const HIDDEN: usize = 6;

#[derive(Clone, Debug, Default)]
pub struct ServersPage {
    /// The selected server.
    at: usize,
}

impl ServersPage {
    /// The index of the selected server: the last one if that was stopped.
    fn at(&self, model: &Model) -> usize {
        self.at.min(model.servers.len().saturating_sub(1))
    }

    fn selected<'a>(&self, model: &'a Model) -> Option<&'a LocalServer> {
        model.servers.get(self.at(model))
    }
}

impl View for ServersPage {
    fn open(cx: &mut Cx<'_>, command: &AppCommand) -> Option<Self> {
        matches!(command, AppCommand::Perform(Action::Servers)).then(|| Self {
            // The one that was started last.
            at: cx.servers.len().saturating_sub(1),
        })
    }

    fn report(cx: &mut Cx<'_>, _task: &Task, outcome: &JobOutcome, _is_shown: bool) {
        let JobOutcome::ServerStarted(started) = outcome else {
            return;
        };
        cx.server_started(started);
        let access = if started.is_read_only {
            ", read-only"
        } else {
            ""
        };
        let words = format!(
            "{}: {} served at http://{}{access}",
            started.name,
            started.tier.as_str(),
            started.host
        );
        cx.report(words, &started.warnings);
        cx.then(AppCommand::ShowServers);
    }

    fn context(&self) -> Context {
        Context::Servers
    }

    fn size(&self, _model: &Model) -> (u16, usize) {
        (110, usize::MAX)
    }

    fn allows(&self, model: &Model, action: Action) -> Result<(), String> {
        let needs_server = matches!(
            action,
            Action::StopServer | Action::CopyAddress | Action::CopyMenu
        );
        if needs_server && self.selected(model).is_none() {
            return Err("no server is running".to_owned());
        }
        Ok(())
    }

    fn perform(&mut self, cx: &mut Cx<'_>, action: Action) {
        let Some(server) = self.selected(cx) else {
            return;
        };
        let identity = server.identity;
        match action {
            Action::StopServer => cx.then(AppCommand::StopServer(identity)),
            Action::CopyAddress => {
                cx.run(Job::CopyAddress { identity });
            }
            Action::CopyMenu => {
                let log = server.requests.iter();
                let log: Vec<String> = log.map(|(at, request)| line(cx, *at, request)).collect();
                let mut items = vec![CopyItem::new(
                    "address without the secret",
                    format!("http://{}/", server.host),
                )];
                items.extend((!log.is_empty()).then(|| CopyItem::new("requests", log.join("\n"))));
                cx.then(AppCommand::OpenCopyMenu(Some(identity), items));
            }
            _ => {}
        }
    }

    fn cursor(&mut self, model: &Model) -> Option<(&mut usize, usize)> {
        self.at = self.at(model);
        Some((&mut self.at, model.servers.len()))
    }

    fn draw(&self, model: &Model, painter: &mut Painter<'_>, area: Rect) {
        let theme = painter.theme;
        let panel = Panel::dialog("Servers").keys(key_hints::of(self, model));
        let inner = painter.panel(area, panel);
        painter.cursor(inner, 0);
        let at = self.at(model);
        let Some(selected) = self.selected(model) else {
            let start = model.press(Action::Serve);
            let text =
                format!("No server is running. To start one for a row of the list, {start}.");
            return painter.notice(inner, &text);
        };
        let mut choices = ChoiceList::new(at, theme);
        let mut height = 0;
        for (number, server) in model.servers.iter().enumerate() {
            let lines = lines(theme, server, number == at, inner.width);
            height += lines.len();
            choices.item(number, lines);
        }
        let servers = Constraint::Length(u16::try_from(height).unwrap_or(u16::MAX));
        let [servers, log] = Layout::vertical([servers, Constraint::Min(2)]).areas(inner);
        painter.choices(servers, choices);
        let title = " requests, newest first ";
        let divider = Block::new()
            .borders(Borders::TOP)
            .border_set(theme.frame())
            .border_style(theme.border_focused)
            .title_top(Line::styled(title, theme.quiet).right_aligned());
        let rows = divider.inner(log);
        painter.render(divider, log);
        let requests = selected.requests.iter();
        let requests = requests.map(|(at, request)| {
            let style = match request.status {
                500.. => theme.over,
                400.. => theme.urgent,
                _ => theme.text,
            };
            Line::styled(line(model, *at, request), style)
        });
        let mut requests: Vec<Line<'_>> = requests.collect();
        if requests.is_empty() {
            let copy = model.press(Action::CopyAddress);
            let text = format!(
                "Use this address in place of that of AEM. To copy it with its secret, {copy}."
            );
            requests.extend(paragraph(&text, theme.quiet, rows.width));
        }
        painter.lines(rows, &requests);
    }
}

/// A server: its name, its address and how many requests it had.
fn lines<'a>(
    theme: &Theme,
    server: &LocalServer,
    is_selected: bool,
    columns: u16,
) -> Vec<Line<'a>> {
    let style = if is_selected {
        theme.strong
    } else {
        theme.text
    };
    let access = if server.is_read_only {
        "read-only"
    } else {
        "read and write"
    };
    let head = vec![theme.cursor(is_selected), Span::raw(" ")];
    let name = format!("{}, {}, {access}", server.name, server.tier.as_str());
    let mut lines = hanging(head, &name, style, columns);
    let secret = theme.glyphs.hidden.repeat(HIDDEN);
    let address = format!("http://{}/{secret}/", server.host);
    for (text, style) in [(address, theme.accent), (server.counts(), theme.quiet)] {
        let indent = vec![Span::raw(" ".repeat(INDENT))];
        lines.extend(hanging(indent, &text, style, columns));
    }
    lines
}

/// The line of a request: time, method, status, duration and path.
fn line(model: &Model, at: Timestamp, request: &ServedRequest) -> String {
    let at = time::clock(at, &model.settings.zone);
    let took = time::response_time(request.elapsed);
    let ServedRequest {
        method,
        path,
        status,
        ..
    } = request;
    format!("{at}  {method:<7} {status} {took:>8}  {path}")
}
