//! The first line: how many, how they stand, where the secrets are kept, what time it is.

use std::collections::BTreeMap;

use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::Canvas;
use crate::credential::validity::State;
use crate::tui::model::Model;
use crate::tui::time;

const ORDER: [State; 6] = [
    State::Fine,
    State::Soon,
    State::Urgent,
    State::Expired,
    State::NotYetValid,
    State::Unknown,
];

pub fn draw(canvas: &mut Canvas<'_>, model: &Model, area: Rect) {
    let theme = canvas.theme;
    let count = model.list.rows.len();
    let mut spans = vec![
        Span::raw(" "),
        Span::styled("aemkeys", theme.accent.patch(theme.strong)),
        Span::raw("   "),
        Span::styled(
            match count {
                1 => "1 identity".to_owned(),
                _ => format!("{count} identities"),
            },
            theme.quiet,
        ),
    ];
    let mut credentials: BTreeMap<State, usize> = BTreeMap::new();
    let mut tokens: BTreeMap<State, usize> = BTreeMap::new();
    for (_, identity) in model.identities() {
        *credentials.entry(model.credential_state(identity)).or_default() += 1;
        *tokens.entry(model.token_state(identity)).or_default() += 1;
    }
    if count > 0 {
        let narrow = area.width < 70;
        for (word, short, states) in [
            ("credentials", "cred", &credentials),
            ("tokens", "tok", &tokens),
        ] {
            let counted = counted(canvas, states);
            if !counted.is_empty() {
                let word = if narrow { short } else { word };
                spans.push(Span::styled(format!("   {word}"), theme.quiet));
                spans.extend(counted);
            }
        }
    }
    let left = Line::from(spans);
    let clock = time::clock(model.now, &model.settings.zone);
    let mut right: Vec<Span<'_>> = Vec::new();
    if let Some(banner) = &model.settings.banner {
        right.push(Span::styled(format!(" {banner} "), theme.production));
        right.push(Span::raw("  "));
    }
    right.push(Span::styled(model.settings.storage.clone(), theme.quiet));
    right.push(Span::raw("   "));
    right.push(Span::styled(clock.clone(), theme.text));
    right.push(Span::raw(" "));
    let mut right = Line::from(right);
    let room = usize::from(area.width).saturating_sub(left.width() + 1);
    if right.width() > room {
        right = Line::from(vec![Span::raw(clock), Span::raw(" ")]);
    }
    canvas.line(area, 0, &left);
    if right.width() <= room {
        canvas.line_right(area, 0, &right);
    }
}

fn counted<'a>(canvas: &Canvas<'_>, states: &BTreeMap<State, usize>) -> Vec<Span<'a>> {
    ORDER
        .iter()
        .filter_map(|state| {
            let count = states.get(state).filter(|count| **count > 0)?;
            let (glyph, _, style) = canvas.theme.state(*state);
            Some(Span::styled(format!(" {glyph} {count}"), style))
        })
        .collect()
}
