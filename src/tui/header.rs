//! The header: number of identities, how many need attention, their states, the storage and the time.

use std::collections::BTreeMap;

use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Block;

use crate::tui::action::Action;
use crate::tui::message::ClickTarget;
use crate::tui::model::{Model, StorageCheck};
use crate::tui::widgets::{Painter, fit_beside};
use aemkeys_core::credential::Code;
use aemkeys_core::credential::text::counted;
use aemkeys_core::credential::validity::Urgency;
use aemkeys_core::time;

const ORDER: [Urgency; 6] = [
    Urgency::Fine,
    Urgency::Soon,
    Urgency::Urgent,
    Urgency::Expired,
    Urgency::NotYetValid,
    Urgency::Unknown,
];

/// The length of the header text, depending on the width.
#[derive(Clone, Copy, PartialEq, PartialOrd)]
enum Words {
    Long,
    Short,
    /// Without the number of identities.
    NoTotal,
    NoTokens,
    Shortest,
}

/// `has_focus` if what needs attention has the focus.
pub fn draw(painter: &mut Painter<'_>, model: &Model, area: Rect, has_focus: bool) {
    let banner = model.settings.banner.as_deref();
    // Use the short form if the long one does not fit.
    let short = banner.map(|text| text.split(':').next().unwrap_or(text));
    let fitting = [
        (Words::Long, banner, true),
        (Words::Long, short, true),
        (Words::Short, short, true),
        (Words::Short, short, false),
        (Words::NoTotal, short, false),
        (Words::NoTokens, short, false),
        (Words::Shortest, short, false),
        (Words::Shortest, None, false),
    ]
    .into_iter()
    .map(|(words, banner, storage)| {
        (
            left(painter, model, words),
            right(painter, model, banner, storage),
        )
    })
    .find(|(left, right)| {
        let spans = left.iter().flat_map(|(line, _)| line.spans.clone());
        fit_beside(&spans.collect(), right, area)
    });
    let (left, right) = match fitting {
        Some((left, right)) => (left, Some(right)),
        None => (left(painter, model, Words::Shortest), None),
    };
    let on_attention = Some(ClickTarget::Hint(Action::Attention));
    let attention = left.iter().position(|(_, target)| *target == on_attention);
    let places = painter.parts(area, left);
    if let Some(place) = attention.map(|at| places[at]).filter(|_| has_focus) {
        painter.render(Block::new().style(painter.theme.found), place);
        painter.cursor(place, 0);
    }
    if let Some(right) = right {
        painter.render(right.right_aligned(), area);
    }
}

fn right<'a>(
    painter: &Painter<'_>,
    model: &Model,
    banner: Option<&str>,
    storage: bool,
) -> Line<'a> {
    let theme = painter.theme;
    let mut spans: Vec<Span<'a>> = Vec::new();
    if let Some(banner) = banner {
        spans.push(Span::styled(format!(" {banner} "), theme.production));
        spans.push(Span::raw("  "));
    }
    if storage {
        let (text, style) = match &model.storage_check {
            StorageCheck::Found(Err(problem)) if problem.code == Code::NoKeyring => {
                let mut text = "no keyring answers".to_owned();
                if Action::PassphraseFile.enabled(model).is_ok() {
                    text.extend([": ", &model.press(Action::PassphraseFile)]);
                }
                (text, theme.over)
            }
            _ => (model.settings.storage_state(model.now), theme.quiet),
        };
        spans.push(Span::styled(text, style));
        spans.push(Span::raw("   "));
    }
    spans.push(Span::raw(time::clock(model.now, &model.settings.zone)));
    spans.push(Span::raw(" "));
    Line::from(spans)
}

/// The texts on the left, and what a click on each of them does.
type Parts<'a> = Vec<(Line<'a>, Option<ClickTarget>)>;

fn left<'a>(painter: &Painter<'_>, model: &Model, words: Words) -> Parts<'a> {
    let theme = painter.theme;
    let name = Span::styled("aemkeys", theme.accent.patch(theme.strong));
    let mut start = vec![Span::raw(" "), name];
    if words < Words::NoTotal {
        let text = counted(model.list.rows.len(), "identity");
        start.push(Span::styled(format!("   {text}"), theme.quiet));
    }
    let mut parts = vec![(Line::from(start), None)];
    let attention = model.counts.attention_words();
    let servers = match model.servers.len() {
        0 => None,
        running => Some(counted(running, "server")),
    };
    // The shortest form of both.
    let attention = match &servers {
        Some(_) if words == Words::Shortest => {
            attention.map(|_| model.counts.attention.to_string())
        }
        _ => attention,
    };
    let known = [
        (Action::Attention, &attention, theme.urgent),
        (Action::Servers, &servers, theme.fine),
    ];
    for (action, text, style) in known {
        let Some(text) = text else { continue };
        parts.push((Line::raw("   "), None));
        let key = model.settings.keymap.hint(action);
        let key = key.map_or_else(String::new, |key| format!("{key} "));
        let text = Line::from(vec![
            Span::styled(key, theme.accent),
            Span::styled(text.clone(), style),
        ]);
        parts.push((text, Some(ClickTarget::Hint(action))));
    }
    let mut rest = Line::default();
    for (long, short, states) in [
        ("credentials", "cred", &model.counts.credentials),
        ("tokens", "tok", &model.counts.tokens),
    ] {
        let counted = counts(painter, states);
        let is_left_out = match words {
            Words::Long | Words::Short | Words::NoTotal => false,
            Words::NoTokens => short == "tok",
            Words::Shortest => short == "tok" || attention.is_some(),
        };
        if counted.is_empty() || is_left_out {
            continue;
        }
        let word = if words == Words::Long { long } else { short };
        rest.push_span(Span::styled(format!("   {word}"), theme.quiet));
        rest.extend(counted);
    }
    parts.push((rest, None));
    parts
}

fn counts<'a>(painter: &Painter<'_>, states: &BTreeMap<Urgency, usize>) -> Vec<Span<'a>> {
    ORDER
        .iter()
        .filter_map(|state| {
            let count = states.get(state).filter(|count| **count > 0)?;
            let (glyph, _, style) = painter.theme.state(*state);
            Some(Span::styled(format!(" {glyph} {count}"), style))
        })
        .collect()
}
