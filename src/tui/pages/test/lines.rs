//! The lines of a tier on the test page.

use std::time::Duration;

use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};

use crate::app::TierResult;
use crate::tui::explain;
use crate::tui::links::LinkAddress;
use crate::tui::model::Model;
use crate::tui::theme::Theme;
use crate::tui::widgets::{fit, gap_after, hanging, width};
use aemkeys_core::environment::{HostName, allow_list};
use aemkeys_core::time;

/// Returns the tier, or the custom domain of publish.
pub(super) fn label(result: &TierResult) -> &str {
    let host = result.host();
    let is_default = HostName::parse(host).is_ok_and(|host| allow_list::is_adobe_aem(&host));
    if result.tier == aemkeys_core::environment::Tier::Publish
        && result.url.starts_with("https://")
        && !is_default
    {
        return host;
    }
    result.tier.as_str()
}

/// What is known about a tier: its line, and below it other lines, each as long as it is. `true`: an observation.
struct TierText<'a> {
    head: Line<'a>,
    more: Vec<(String, bool)>,
}

/// The columns beside the name of a tier.
const BESIDE_NAME: u16 = 44;
/// The columns that a long name keeps.
const LEAST_NAME: u16 = 12;

/// Returns the lines of each tier, with the request of the selected one if the title has no room for it. Where the rows are
/// too few, observations are left out first, then what is known about the tiers that are not selected. The next step of the
/// selected tier is kept longest: it may take the rows that are meant for the response, `response` of them.
pub(super) fn tiers<'a>(
    model: &Model,
    results: &[TierResult],
    (selected, names_request): (usize, bool),
    area: Rect,
    response: u16,
) -> Vec<Vec<Line<'a>>> {
    let names = [
        Constraint::Length(1),
        Constraint::Min(LEAST_NAME),
        Constraint::Length(BESIDE_NAME),
    ];
    let [_, name, beside] = Layout::horizontal(names).areas(area);
    let longest = results.iter().map(|result| width(label(result))).max();
    let name = name.width.min(longest.unwrap_or(0));
    let texts = results.iter().enumerate();
    let texts: Vec<TierText<'_>> = texts
        .map(|(at, result)| {
            let mut text = text_of(model, result, (at == selected, names_request), name);
            if beside.width < BESIDE_NAME {
                // The time of the answer, which matters least.
                text.head.spans.pop();
            }
            text
        })
        .collect();
    let theme = &model.settings.theme;
    // At most so many lines below the selected tier, and below the others.
    let all = |most: usize, of_others: usize| -> Vec<Vec<Line<'a>>> {
        let texts = texts.iter().enumerate();
        let lines = texts.map(|(at, text)| {
            let most = if at == selected { most } else { of_others };
            text.lines(theme, name, most, area.width)
        });
        lines.collect()
    };
    let rest = |rows: u16| {
        let parts = [Constraint::Fill(1), Constraint::Length(rows)];
        let [rest, _] = Layout::vertical(parts).areas(area);
        usize::from(rest.height)
    };
    let room = rest(response);
    let alike = (1..=6).rev().map(|most| (most, most));
    let selected_only = (1..=6).rev().map(|most| (most, 0));
    let fitting = alike.chain(selected_only).find_map(|(most, of_others)| {
        let lines = all(most, of_others);
        (lines.iter().map(Vec::len).sum::<usize>() <= room).then_some(lines)
    });
    fitting.unwrap_or_else(|| {
        let result = results.get(selected);
        let has_next_step = result.is_some_and(|it| it.next_step.is_some());
        let mut lines = all(has_next_step.into(), 0);
        let room = rest(u16::try_from(results.len()).unwrap_or(u16::MAX));
        if let Some(lines) = lines.get_mut(selected)
            && lines.len() > room + 1
        {
            lines.truncate(room + 1);
            let end = Span::styled(theme.glyphs.ellipsis, theme.quiet);
            if let Some(last) = lines.last_mut() {
                last.push_span(end);
            }
        }
        lines
    })
}

impl TierText<'_> {
    fn lines<'a>(&self, theme: &Theme, name: u16, most: usize, columns: u16) -> Vec<Line<'a>> {
        let mut more: Vec<&(String, bool)> = self.more.iter().collect();
        while more.len() > most {
            let least = more.iter().position(|(_, is_quiet)| *is_quiet).unwrap_or(0);
            more.remove(least);
        }
        let head = self.head.spans.iter();
        let head = head.map(|span| Span::styled(span.content.clone().into_owned(), span.style));
        let mut lines = vec![head.collect::<Line<'_>>()];
        for (text, is_quiet) in more {
            let style = if *is_quiet { theme.quiet } else { theme.text };
            // Below the glyph, or near to it after a long name.
            let indent = gap_after("", name.min(LEAST_NAME));
            let indent = vec![Span::raw(format!("   {indent}"))];
            lines.extend(hanging(indent, text, style, columns));
        }
        lines
    }
}

fn text_of<'a>(
    model: &Model,
    result: &TierResult,
    (selected, names_request): (bool, bool),
    name: u16,
) -> TierText<'a> {
    let theme = &model.settings.theme;
    let (glyph, style) = theme.tier(result.tier, result.verdict);
    let status = result
        .status
        .map_or_else(|| theme.glyphs.dash.to_owned(), |status| status.to_string());
    let words = result.verdict.words();
    let label = fit(label(result), name, theme.glyphs);
    let gap = gap_after(&label, name);
    let style_of_label = if selected { theme.strong } else { theme.text };
    let address = LinkAddress::checked(&result.url);
    let time = time::response_time(Duration::from_millis(result.elapsed_ms));
    let head = Line::from(vec![
        theme.cursor(selected),
        Span::styled(label, theme.links.mark(style_of_label, address)),
        Span::raw(format!("{gap}  ")),
        Span::styled(format!("{glyph} "), style),
        Span::raw(format!("{status:>3} ")),
        Span::styled(format!("{words:<23}"), style),
        Span::styled(format!("{time:>11}"), theme.quiet),
    ]);
    let mut more: Vec<(String, bool)> = Vec::new();
    if names_request && selected {
        more.push((format!("request: {}", result.url), true));
    }
    if let Some(answer) = explain::answer(result) {
        more.push((answer, false));
    }
    if !result.groups.is_empty() {
        more.push((format!("groups: {}", result.groups.join(", ")), true));
    }
    if let Some(cause) = &result.cause {
        more.push((cause.clone(), false));
    }
    if let Some(seen) = &result.seen {
        more.push((format!("response: {seen}"), true));
    }
    if let Some(next) = &result.next_step {
        more.push((format!("next: {}", model.in_keys(next)), false));
    }
    TierText { head, more }
}
