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
    let host = result.url.strip_prefix("https://").unwrap_or(&result.url);
    let host = host.split('/').next().unwrap_or(host);
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

/// The columns before the lines below a tier.
const INDENT: usize = 14;
/// The columns beside the name of a tier.
const BESIDE_NAME: u16 = 46;
const LEAST_NAME: u16 = 12;

/// Returns the lines of each tier, with the request of the selected one if the title has no room for it, wrapped if the area has room for them. Else observations are left out first, and the next
/// step is kept longest.
pub(super) fn tiers<'a>(
    model: &Model,
    results: &[TierResult],
    (selected, names_request): (usize, bool),
    area: Rect,
) -> Vec<Vec<Line<'a>>> {
    let names = [
        Constraint::Length(1),
        Constraint::Min(LEAST_NAME),
        Constraint::Length(BESIDE_NAME),
    ];
    let [_, name, _] = Layout::horizontal(names).areas(area);
    let longest = results.iter().map(|result| width(label(result))).max();
    let name = name.width.min(longest.unwrap_or(0).max(LEAST_NAME));
    let texts = results.iter().enumerate();
    let texts: Vec<TierText<'_>> = texts
        .map(|(at, result)| text_of(model, result, (at == selected, names_request), name))
        .collect();
    let theme = &model.settings.theme;
    let all = |most: usize, columns: u16| -> Vec<Vec<Line<'a>>> {
        let lines = texts.iter().map(|text| text.lines(theme, most, columns));
        lines.collect()
    };
    let room = usize::from(area.height);
    let wrapped = [6, 5, 4, 3, 2, 1].map(|most| (most, area.width));
    let mut shorter = wrapped.into_iter().chain([(1, u16::MAX)]);
    let fitting = shorter.find_map(|(most, columns)| {
        let lines = all(most, columns);
        (lines.iter().map(Vec::len).sum::<usize>() <= room).then_some(lines)
    });
    fitting.unwrap_or_else(|| all(0, area.width))
}

impl TierText<'_> {
    fn lines<'a>(&self, theme: &Theme, most: usize, columns: u16) -> Vec<Line<'a>> {
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
            let indent = vec![Span::raw(" ".repeat(INDENT))];
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
        Span::raw(format!("{gap} ")),
        Span::styled(format!("{glyph} {words:<22}"), style),
        Span::raw(format!("{status:>4}  ")),
        Span::styled(format!("{time:>9}   "), theme.quiet),
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
