//! Every page on small screens: no size panics, and where panels fit, the focused row or field and the name of a
//! Production environment are visible.

use std::collections::BTreeSet;

use aemkeys::tui::frame::Frame;
use aemkeys::tui::layout;
use aemkeys::tui::message::{Event, JobOutcome};
use aemkeys_core::credential::{Code, Problem};
use proptest::prelude::*;

use super::fixture::Dashboard;
use super::pages::results;
use super::safety::assert_printable;

/// The smallest screen with panels.
const PANELS_FROM: (u16, u16) = (40, 10);
/// From here on a page over the tab shows what has the focus.
const FOCUS_FROM: (u16, u16) = (20, 4);
/// Shows everything, in the same layout as the small sizes.
const LARGE: (u16, u16) = (72, 50);

/// Keys that open a page for the identity under the cursor, or for all.
const PAGES: [&str; 30] = [
    "",
    "<enter>",
    "/prod",
    "2",
    "3",
    "4",
    "a",
    "a<tab><tab><enter>",
    "p",
    "e",
    "e<tab><tab><tab><tab><tab>",
    "e<c-u>a:b<enter>",
    "R",
    "D",
    "DG<enter>",
    "DG<enter>wknd<enter>",
    "Djj<enter>",
    "Djjj<enter>",
    "C",
    "CG",
    "o",
    "w",
    "t",
    "T",
    "T<c-u>DELETE<space>/api/assets/x<enter>",
    "i",
    "X",
    "I",
    "*x",
    "xq",
];

fn opened(row: u8, keys: &str, (columns, rows): (u16, u16)) -> Dashboard {
    let mut dashboard = Dashboard::new(LARGE.0, LARGE.1);
    for _ in 0..row {
        dashboard.keys("j");
    }
    dashboard.keys(keys);
    dashboard.send(Event::Resize { columns, rows });
    dashboard
}

/// How the line with the cursor begins: with the label of a field, or the name of a row.
fn focused(frame: &Frame) -> Option<String> {
    let cursor = frame.cursor?;
    let text = frame.text();
    let line = text.lines().nth(usize::from(cursor.y)).unwrap_or_default();
    // A filter is in the upper edge, beside a title that may be shorter.
    let filter = line.split(" /").nth(1).filter(|_| line.starts_with('╭'));
    let line = filter.unwrap_or(line);
    let line = line.trim_matches(|letter| " │▌".contains(letter));
    if line.starts_with("[ ") {
        // Buttons may stand beside or below each other.
        let row = frame.buffer.area().rows().nth(cursor.y.into())?;
        let cells = row.columns().skip(cursor.x.into()).take(3);
        return Some(
            cells
                .map(|cell| frame.buffer[(cell.x, cell.y)].symbol())
                .collect(),
        );
    }
    Some(line.chars().take(3).collect())
}

/// The text of the page on top, without what is visible around it.
fn top_page(dashboard: &Dashboard) -> String {
    let app = &dashboard.model;
    let area = app.pages.last().unwrap().view().area(app);
    let buffer = Frame::of(app).buffer;
    area.rows()
        .flat_map(|row| {
            row.columns()
                .map(|cell| buffer[(cell.x, cell.y)].symbol().to_owned())
        })
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 800, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn small_screens_show_the_focus_and_name_production(
        keys in proptest::sample::select(&PAGES[..]),
        row in 0..7u8,
        columns in 1..=LARGE.0,
        rows in 1..=24u16,
    ) {
        let dashboard = opened(row, keys, (columns, rows));
        let frame = Frame::of(&dashboard.model);
        let text = frame.text();
        let what = format!("{keys} on row {row} at {columns}x{rows}:\n{text}");
        assert_printable(&frame);
        prop_assert!(frame.cursor.is_none_or(|cursor| frame.buffer.area().contains(cursor)), "{}", what);
        let fits = |(least_columns, least_rows)| columns >= least_columns && rows >= least_rows;
        let has_page = !dashboard.model.pages.is_empty();
        if fits(PANELS_FROM) || has_page && fits(FOCUS_FROM) {
            prop_assert_eq!(focused(&frame), focused(&Frame::of(&opened(row, keys, LARGE).model)), "{}", what);
        } else if !has_page && fits(FOCUS_FROM) {
            prop_assert!(text.contains(&dashboard.selected()[..5]), "{}", what);
        }
        if has_page && fits(PANELS_FROM) {
            let (small, large) = (top_page(&dashboard), top_page(&opened(row, keys, LARGE)));
            let selected = dashboard.selected();
            for name in [selected.split('/').next().unwrap(), "Production among"] {
                prop_assert!(small.contains(name) || !large.contains(name), "{} {}", name, what);
            }
        }
    }
}

/// The text without frames, as one line.
fn words(dashboard: &Dashboard) -> String {
    let text = dashboard.text().replace(['│', '┃'], " ");
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ")
}

#[test]
fn the_result_and_the_next_step_are_visible_on_the_smallest_screen() {
    let refused = || {
        let cause = "the access to it was refused by the system";
        let problem = Problem::new(Code::FileUnreadable, "could not read /home/me/x.json");
        problem.cause(cause).next_step("check the path")
    };
    let tested = || JobOutcome::Tested(results());
    for (keys, outcome, shown) in [
        (
            "a/home/me/x.json<enter>",
            Some(Err(refused())),
            &["✕ could not read /home/me/x.json", "next check the path"][..],
        ),
        (
            "jt",
            Some(Err(refused())),
            &["✕ could not read", "next check the path"],
        ),
        (
            "jt",
            Some(Ok(tested())),
            &[
                "author ● 200 signed in",
                "publish ✕ 200 anonymous",
                "preview ? – no answer",
                "next: second request without the",
            ],
        ),
        ("DG<enter>", None, &["Type brand-prod to confirm:"]),
    ] {
        let mut dashboard = Dashboard::new(PANELS_FROM.0, PANELS_FROM.1);
        dashboard.keys(keys);
        if let Some(outcome) = outcome {
            dashboard.finish(outcome);
        }
        for shown in shown {
            let text = words(&dashboard);
            assert!(
                text.contains(shown),
                "{shown} after {keys}:\n{}",
                dashboard.text()
            );
        }
    }
}

#[test]
fn all_of_a_question_can_be_read_on_the_smallest_screen() {
    let words = |dashboard: &Dashboard| -> BTreeSet<String> {
        let app = &dashboard.model;
        let area = layout::inside(app.pages.last().unwrap().view().area(app));
        let buffer = Frame::of(app).buffer;
        let rows = area.rows().flat_map(|row| {
            let cells = row.columns();
            let text: String = cells
                .map(|cell| buffer[(cell.x, cell.y)].symbol())
                .collect();
            let words = text.split_whitespace().map(str::to_owned);
            words.collect::<Vec<_>>()
        });
        rows.collect()
    };
    for keys in [
        "D<enter>",
        "DG<enter>",
        "DGk<enter>",
        "X",
        "*x",
        "jxq",
        "ax<esc>",
    ] {
        let all = words(&opened(0, keys, LARGE));
        let mut small = opened(0, keys, PANELS_FROM);
        let mut read = words(&small);
        let first = read.clone();
        for _ in 0..10 {
            small.keys("<pagedown>");
            read.append(&mut words(&small));
        }
        let missing: Vec<_> = all.difference(&read).collect();
        assert!(missing.is_empty(), "{keys}: {missing:?}\n{}", small.text());
        for _ in 0..10 {
            small.keys("<pageup>");
        }
        assert_eq!(words(&small), first, "{keys}");
    }
}
