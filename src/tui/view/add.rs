//! Add and edit: what was recognised, what is checked, what can be changed before anything is stored.

use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::paint::{body, elapsed, fit, hint_line, spinner, width, wrap};
use super::{Canvas, form, problem};
use crate::app::add::{Preview, Relation};
use crate::credential::{Kind, Problem};
use crate::tui::layout::form_rows;
use crate::tui::model::{AddPage, EditPage, Import, Model, TaskId};
use crate::tui::time;

pub fn draw(canvas: &mut Canvas<'_>, model: &Model, page: &AddPage, area: Rect) {
    let bottom = hint_line(
        &[
            ("Enter", "first button"),
            ("Tab", "moves"),
            ("Esc", "closes"),
        ],
        canvas.theme,
    );
    let inner = body(canvas.overlay(area, "Add", Line::default(), bottom));
    let mut lines = match (&page.recognised, page.local) {
        (Some(import), _) => recognised(canvas, model, import, inner.width),
        (None, true) => vec![Line::styled(
            "A local SDK answers on this machine and asks for no token.",
            canvas.theme.quiet,
        )],
        (None, false) => waiting(canvas, inner.width),
    };
    if let Some(place) = &page.form.goes_to {
        let text = format!("for {place}, the row under the cursor");
        for part in wrap(&text, inner.width) {
            lines.push(Line::styled(part, canvas.theme.strong));
        }
    }
    lines.push(Line::default());
    rest(
        canvas,
        model,
        lines,
        page.problem.as_ref(),
        page.working,
        &page.form,
        inner,
    );
}

pub fn edit(canvas: &mut Canvas<'_>, model: &Model, page: &EditPage, area: Rect) {
    let bottom = hint_line(
        &[("Enter", "saves"), ("Tab", "moves"), ("Esc", "closes")],
        canvas.theme,
    );
    let title = format!("Edit {}", page.name);
    let inner = body(canvas.overlay(area, &title, Line::default(), bottom));
    let lines = vec![
        Line::styled(
            fit(
                "Hosts, type and customer count for all identities of the environment.",
                inner.width,
                &canvas.theme.glyphs,
            ),
            canvas.theme.quiet,
        ),
        Line::default(),
    ];
    rest(
        canvas,
        model,
        lines,
        page.problem.as_ref(),
        page.working,
        &page.form,
        inner,
    );
}

/// The lines, the problem if there is one, then the form or what is being waited for. On a small screen the form wins.
pub(super) fn rest(
    canvas: &mut Canvas<'_>,
    model: &Model,
    mut lines: Vec<Line<'_>>,
    found: Option<&Problem>,
    working: Option<TaskId>,
    page: &crate::tui::model::Form,
    inner: Rect,
) {
    let theme = canvas.theme;
    if let Some(found) = found {
        lines.extend(problem::lines(found, inner.width, theme));
        lines.push(Line::default());
    }
    let rows = form_rows(page, inner.width);
    let wanted = u16::try_from(rows + 2)
        .unwrap_or(u16::MAX)
        .min(inner.height);
    let top = u16::try_from(lines.len())
        .unwrap_or(u16::MAX)
        .min(inner.height - wanted);
    // A gap at the end is nothing that is cut.
    while lines.len() > usize::from(top) && lines.last().is_some_and(|line| line.width() == 0) {
        lines.pop();
    }
    canvas.lines_or_more(Rect::new(inner.x, inner.y, inner.width, top), &lines);
    let place = Rect::new(inner.x, inner.y + top, inner.width, inner.height - top);
    let task = working.and_then(|id| model.tasks.iter().find(|(task, _)| *task == id));
    if let Some((_, task)) = task {
        let wheel = spinner(model.now, model.settings.motion, &theme.glyphs);
        let line = Line::from(vec![
            Span::styled(format!("{wheel} "), theme.accent),
            Span::raw(format!("{} {} ", task.work.words(), task.name)),
            Span::styled(elapsed(task.since, model.now), theme.quiet),
        ]);
        canvas.line(place, 0, &line);
        canvas.cursor(place, 0, 0);
        return;
    }
    form::draw(canvas, page, place);
}

fn waiting<'a>(canvas: &Canvas<'_>, columns: u16) -> Vec<Line<'a>> {
    let theme = canvas.theme;
    let mut lines: Vec<Line<'_>> = wrap(
        "Paste it here: the JSON of service credentials, an OAuth credential, or a token. Or type the file's path.",
        columns,
    )
    .into_iter()
    .map(Line::raw)
    .collect();
    lines.extend(
        wrap(
            "It is recognised and checked first, and stored only when you say so.",
            columns,
        )
        .into_iter()
        .map(|text| Line::styled(text, theme.quiet)),
    );
    lines
}

pub fn kind_words(kind: Kind) -> &'static str {
    match kind {
        Kind::ServiceCredentials => "service credentials (AEM Developer Console)",
        Kind::OauthServerToServer => "OAuth server-to-server credential (Adobe Developer Console)",
        Kind::DevelopmentToken => "local development token (AEM Developer Console)",
        Kind::Local => "local SDK",
    }
}

pub fn recognised<'a>(
    canvas: &Canvas<'_>,
    model: &Model,
    import: &Import,
    columns: u16,
) -> Vec<Line<'a>> {
    let theme = canvas.theme;
    let preview = &import.preview;
    let mut lines = vec![Line::from(vec![
        Span::styled("Recognised   ", theme.quiet),
        Span::styled(kind_words(preview.kind), theme.strong),
    ])];
    lines.extend(checks(canvas, preview, columns));
    lines.extend(facts(canvas, model, preview, columns));
    for text in relation(preview) {
        for part in wrap(&text, columns) {
            lines.push(Line::styled(part, theme.accent));
        }
    }
    lines
}

/// Two short ones stand side by side.
fn checks<'a>(canvas: &Canvas<'_>, preview: &Preview, columns: u16) -> Vec<Line<'a>> {
    let theme = canvas.theme;
    let half = columns / 2;
    let mut lines: Vec<Line<'_>> = Vec::new();
    let mut left: Option<u16> = None;
    for check in &preview.checks {
        let (glyph, style) = theme.check(check.verdict);
        let text = format!("{glyph} {}", check.text);
        let short = width(&text) + 2 <= half;
        let spans = |text: String| vec![Span::styled(format!("{glyph} "), style), Span::raw(text)];
        match (left, lines.last_mut()) {
            (Some(taken), Some(line)) if short => {
                line.push_span(Span::raw(" ".repeat(usize::from(half - taken))));
                line.extend(spans(check.text.clone()));
                left = None;
            }
            _ if short => {
                lines.push(Line::from(spans(check.text.clone())));
                left = Some(width(&text));
            }
            _ => {
                for (at, part) in wrap(&check.text, columns.saturating_sub(2))
                    .into_iter()
                    .enumerate()
                {
                    lines.push(if at == 0 {
                        Line::from(spans(part))
                    } else {
                        Line::raw(format!("  {part}"))
                    });
                }
                left = None;
            }
        }
    }
    lines
}

fn facts<'a>(canvas: &Canvas<'_>, model: &Model, preview: &Preview, columns: u16) -> Vec<Line<'a>> {
    let theme = canvas.theme;
    let mut lines = Vec::new();
    let mut fact = |label: &str, text: String| {
        let text = fit(&text, columns.saturating_sub(13), &theme.glyphs);
        lines.push(Line::from(vec![
            Span::styled(format!("{label:<13}"), theme.quiet),
            Span::raw(text),
        ]));
    };
    if let Some(facts) = &preview.facts {
        let account = facts
            .technical_account_email
            .clone()
            .or_else(|| facts.technical_account_id.clone());
        if let Some(account) = account {
            fact("Account", account);
        }
        if !facts.scopes.is_empty() {
            fact("Scopes", facts.scopes.join(", "));
        }
    }
    if let Some(token) = &preview.token
        && let Some(end) = token.expires_at
    {
        let near = time::near(end, model.now, &model.settings.zone);
        let left = crate::credential::validity::say_until(end, model.now);
        fact("Ends", format!("{near}, {left}"));
    }
    lines
}

fn relation(preview: &Preview) -> Vec<String> {
    let mut lines = Vec::new();
    match &preview.relation {
        Relation::NewEnvironment => {}
        Relation::AlreadyStored { full_name, .. } => {
            lines.push(format!(
                "This is already stored as {full_name}: nothing to do."
            ));
        }
        Relation::NewRevision { full_name, .. } => lines.push(format!(
            "Same account as {full_name}, another certificate: renew that one with it."
        )),
        Relation::NewIdentity { name, .. } => lines.push(format!(
            "Another account of {name}: it gets a label to tell them apart."
        )),
    }
    for it in &preview.unconfirmed {
        lines.push(format!("{} Type the host to confirm it.", it.warning()));
    }
    lines
}
