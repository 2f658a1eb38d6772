//! The header: number of identities, their states, the storage and the time.

use std::collections::BTreeMap;

use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::tui::model::Model;
use crate::tui::widgets::{Painter, fit_beside};
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
#[derive(Clone, Copy, PartialEq)]
enum Words {
    Long,
    Short,
    Shortest,
}

pub fn draw(painter: &mut Painter<'_>, model: &Model, area: Rect) {
    let banner = model.settings.banner.as_deref();
    // Use the short form if the long one does not fit.
    let short = banner.map(|text| text.split(':').next().unwrap_or(text));
    let fitting = [
        (Words::Long, banner, true),
        (Words::Long, short, true),
        (Words::Short, short, true),
        (Words::Short, short, false),
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
    .find(|(left, right)| fit_beside(left, right, area));
    let (left, right) = match fitting {
        Some((left, right)) => (left, Some(right)),
        None => (left(painter, model, Words::Shortest), None),
    };
    painter.line(area, left);
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
        spans.push(Span::styled(model.settings.storage.clone(), theme.quiet));
        spans.push(Span::raw("   "));
    }
    spans.push(Span::raw(time::clock(model.now, &model.settings.zone)));
    spans.push(Span::raw(" "));
    Line::from(spans)
}

fn left<'a>(painter: &Painter<'_>, model: &Model, words: Words) -> Line<'a> {
    let theme = painter.theme;
    let count = model.list.rows.len();
    let mut spans = vec![
        Span::raw(" "),
        Span::styled("aemkeys", theme.accent.patch(theme.strong)),
    ];
    if words != Words::Shortest {
        let text = format!("   {}", counted(count, "identity"));
        spans.push(Span::styled(text, theme.quiet));
    }
    let mut credentials: BTreeMap<Urgency, usize> = BTreeMap::new();
    let mut tokens: BTreeMap<Urgency, usize> = BTreeMap::new();
    for (_, identity) in model.identities() {
        *credentials
            .entry(model.credential_state(identity))
            .or_default() += 1;
        *tokens.entry(model.token_state(identity)).or_default() += 1;
    }
    for (long, short, states) in [
        ("credentials", "cred", &credentials),
        ("tokens", "tok", &tokens),
    ] {
        let counted = counts(painter, states);
        if counted.is_empty() || (words == Words::Shortest && short == "tok") {
            continue;
        }
        let word = if words == Words::Long { long } else { short };
        spans.push(Span::styled(format!("   {word}"), theme.quiet));
        spans.extend(counted);
    }
    Line::from(spans)
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
