//! Random keys, pastes, clicks and sizes: no panic, one owner of the input, printable frames.

use std::sync::{Arc, LazyLock};

use aemkeys::app::Index;
use aemkeys::app::add::Relation;
use aemkeys::app::storage::PassphraseRequest;
use aemkeys::tui::App;
use aemkeys::tui::action::ACTIONS;
use aemkeys::tui::deadline::next_deadline;
use aemkeys::tui::frame::Frame;
use aemkeys::tui::keymap::{KeyPress, parse_keys};
use aemkeys::tui::message::{CopyOutcome, Event, JobOutcome};
use aemkeys::tui::pages::Page;
use aemkeys::tui::task::{TaskId, Work};
use aemkeys_core::credential::{Code, Problem};
use jiff::SignedDuration;
use proptest::prelude::*;
use uuid::Uuid;

use super::calls::called;
use super::fixture::{Dashboard, index, index_of_two_customers, settings};
use super::pages::{recognised, results};
use super::rotation::{checklist, renewal};
use super::safety::assert_printable;

/// In every pasted credential.
const PLANTED: &str = "pl4nted";

/// One thing that happens.
#[derive(Clone, Debug)]
enum Step {
    KeyPress(KeyPress),
    Paste(String),
    Click(u16, u16),
    Scroll(i16, u16, u16),
    Resize(u16, u16),
    Wait(i64),
    /// The oldest running work ends, well or badly.
    Done(bool),
    Index(usize),
    PassphraseWanted(PassphraseRequest),
}

/// Made once: ten thousand of them would take longer than what is tried on them.
static INDEXES: LazyLock<[Index; 3]> =
    LazyLock::new(|| [Index::default(), index(), index_of_two_customers()]);
static BEGUN: LazyLock<App> = LazyLock::new(|| Dashboard::with(index(), settings(), 80, 24).model);

fn begun() -> Dashboard {
    Dashboard {
        model: BEGUN.clone(),
        effects: Vec::new(),
    }
}

fn keys() -> Vec<KeyPress> {
    ACTIONS
        .iter()
        .flat_map(|entry| entry.keys)
        .flat_map(|key| parse_keys(key).unwrap())
        .chain("qyn/: wknd-stage1é日".chars().map(KeyPress::letter))
        .collect()
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        20 => proptest::sample::select(keys()).prop_map(Step::KeyPress),
        1 => "\\PC{0,20}".prop_map(Step::Paste),
        1 => Just(Step::Paste("{\"a\":\u{1b}1}".to_owned())),
        1 => Just(Step::Paste(format!("{{\"secret\":\"{PLANTED}\"}}"))),
        2 => (0..130u16, 0..40u16).prop_map(|(x, y)| Step::Click(x, y)),
        1 => (-5..5i16, 0..130u16, 0..40u16).prop_map(|(lines, x, y)| Step::Scroll(lines, x, y)),
        2 => (0..130u16, 0..40u16).prop_map(|(x, y)| Step::Resize(x, y)),
        1 => (0..100_000i64).prop_map(Step::Wait),
        4 => any::<bool>().prop_map(Step::Done),
        1 => (0..3usize).prop_map(Step::Index),
        1 => proptest::sample::select(vec![
            PassphraseRequest::New,
            PassphraseRequest::NewDiffered,
            PassphraseRequest::Known,
            PassphraseRequest::KnownWasWrong,
        ])
        .prop_map(Step::PassphraseWanted),
    ]
}

fn take(d: &mut Dashboard, step: Step) {
    match step {
        Step::KeyPress(key) => d.send(Event::Key(key)),
        Step::Paste(text) => d.send(Event::Paste(text.into())),
        Step::Click(x, y) => {
            if let Some(target) = Frame::of(&d.model).hits.at(x, y).cloned() {
                d.send(Event::Click(target));
            }
        }
        Step::Scroll(lines, x, y) => {
            let on = Frame::of(&d.model).hits.at(x, y).cloned();
            d.send(Event::Scroll { lines, on });
        }
        Step::Resize(columns, rows) => d.send(Event::Resize { columns, rows }),
        Step::Wait(seconds) => {
            let later = d.model.now + SignedDuration::from_secs(seconds);
            d.send_at(later, Event::Clock);
        }
        Step::Done(well) => {
            let first = d
                .model
                .tasks
                .iter()
                .next()
                .map(|(id, task)| (id, task.work));
            if let Some((task, work)) = first {
                d.done(task, outcome(work, well));
            }
        }
        Step::PassphraseWanted(request) => d.send(Event::PassphraseWanted(request)),
        Step::Index(which) => {
            d.send(Event::Index(Arc::new(INDEXES[which].clone())));
        }
    }
}

fn outcome(work: Work, well: bool) -> Result<JobOutcome, Problem> {
    let problem = || {
        Problem::new(Code::Internal, "it did not work")
            .cause("why")
            .next_step("next")
    };
    let said = |words: &str| {
        if well {
            Ok(words.to_owned())
        } else {
            Err(problem())
        }
    };
    match work {
        Work::Copy | Work::CopyText if well => Ok(JobOutcome::Copied(CopyOutcome {
            what: "token".to_owned(),
            can_be_cleared: true,
            warnings: Vec::new(),
        })),
        Work::Test => (if well { Ok(results()) } else { Err(problem()) }).map(JobOutcome::Tested),
        Work::Recognise if well => Ok(JobOutcome::Recognised(Box::new(recognised(
            Relation::NewEnvironment,
        )))),
        Work::Call if well => Ok(JobOutcome::Called(called())),
        Work::Copy
        | Work::CopyText
        | Work::Exchange
        | Work::AutoRefresh
        | Work::Recognise
        | Work::Store
        | Work::PasteToken
        | Work::Serve
        | Work::CopyAddress
        | Work::Call => Err(problem()),
        Work::Claims => said("{}").map(JobOutcome::Claims),
        Work::Discover if well => Ok(super::discover::found()),
        Work::Discover => Err(problem()),
        Work::Doctor => Ok(JobOutcome::Examined(Vec::new())),
        Work::ChooseStorage => (if well {
            Ok("passphrase file")
        } else {
            Err(problem())
        })
        .map(JobOutcome::StorageChosen),
        Work::Rotate => (if well {
            Ok(Box::new(renewal()))
        } else {
            Err(problem())
        })
        .map(JobOutcome::Rotated),
        Work::Leak => (if well {
            Ok(Box::new(checklist(true)))
        } else {
            Err(problem())
        })
        .map(JobOutcome::Leaked),
        Work::Edit | Work::Remove => said("done").map(JobOutcome::Undoable),
        Work::Undo => said("").map(|_| JobOutcome::Undone(vec![super::fixture::id(21)])),
        Work::Invalidate | Work::Open | Work::SaveText => said("done").map(JobOutcome::Said),
    }
}

/// What must hold after every step: cheap to look at.
fn holds(d: &Dashboard) {
    let model: &App = &d.model;
    let rows = &model.list.rows;
    let stored = |id: &Uuid| rows.iter().any(|row| row.identity == *id);
    if let Some(selected) = model.list.selected {
        assert!(model.index.identity(selected).is_some());
        assert!(model.list.shown_rows().any(|row| row.identity == selected));
    }
    assert!(model.list.marks.iter().all(stored));
    assert!(model.list.range_from.iter().all(stored));
    assert!(model.targets().iter().all(stored));
    assert!(next_deadline(model).is_none_or(|at| at > model.now));
    let runs = |id: &TaskId| model.tasks.iter().any(|(task, _)| task == *id);
    for page in &model.pages {
        // A cursor is on something, and who waits for work waits for work that runs.
        assert!(page.view().status().task().iter().all(runs), "{page:?}");
        let form = match page {
            Page::Add(page) => &page.form,
            Page::Edit(page) => &page.form,
            Page::Rotate(page) => &page.form,
            Page::Passphrase(page) => &page.form,
            Page::Save(page) => &page.form,
            Page::TypeName(page) => &page.form,
            Page::Menu(page) => {
                assert!(page.at < page.items.len().max(1));
                continue;
            }
            Page::Finder(page) => {
                assert!(page.at < page.found.len().max(1));
                continue;
            }
            Page::Progress(page) => {
                assert!(page.at < page.ended.len().max(1) && page.ended.len() <= page.total);
                continue;
            }
            _ => continue,
        };
        assert!(form.focus < (form.fields.len() + form.buttons.len()).max(1));
    }
}

/// What must hold for what is seen.
fn check(d: &Dashboard) {
    let model: &App = &d.model;
    // The context is that of the page on top, and of nothing else.
    let with = model.context();
    let mut without = model.clone();
    without.pages.drain(..model.pages.len().saturating_sub(1));
    assert_eq!(with, without.context());
    let frame = Frame::of(model);
    assert_printable(&frame);
    // Neither drawn nor known: what is pasted as a credential goes through, and stays nowhere.
    assert!(!frame.text().contains(PLANTED));
    if let Some(cursor) = frame.cursor {
        assert!(frame.buffer.area().contains(cursor));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 5_000, ..ProptestConfig::default() })]
    #[test]
    fn no_input_panics_and_one_page_owns_the_input(steps in proptest::collection::vec(step(), 0..=30)) {
        let mut d = begun();
        for step in steps {
            take(&mut d, step);
            holds(&d);
        }
        check(&d);
        let known = format!("{:?}", d.model);
        prop_assert!(!known.contains(PLANTED));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]
    #[test]
    fn every_step_is_drawn_in_order(steps in proptest::collection::vec(step(), 0..=30)) {
        let mut d = begun();
        for step in steps {
            take(&mut d, step);
            holds(&d);
            check(&d);
        }
    }
}

/// Tabs and pages, each reached by keys.
const PLACES: [&str; 26] = [
    "",
    "<tab>",
    "2",
    "3",
    "4",
    "a",
    "a<tab><tab><enter>",
    "jjp",
    "je",
    "jR",
    "jD",
    "jDG<enter>",
    "jDjj<enter>",
    "jDjjj<enter>",
    "jC",
    "jo",
    "jt",
    "jT",
    "ji",
    "jx",
    "X",
    "*xy",
    "?",
    ":",
    "/wk",
    "jxq",
];

#[test]
fn every_page_draws_at_every_size() {
    let mut places: Vec<(&str, Dashboard)> = Vec::new();
    for keys in PLACES {
        let mut d = Dashboard::new(120, 30);
        d.keys(keys);
        let running: Vec<_> = d
            .model
            .tasks
            .iter()
            .map(|(id, task)| (id, task.work))
            .collect();
        if !running.is_empty() {
            // The page also looks different once its work has ended.
            let model = d.model.clone();
            places.push((
                keys,
                Dashboard {
                    model,
                    effects: Vec::new(),
                },
            ));
        }
        for (task, work) in running {
            d.done(task, outcome(work, true));
        }
        places.push((keys, d));
    }
    places.push((
        "first start",
        Dashboard::with(Index::default(), settings(), 80, 24),
    ));
    places.push((
        "groups",
        Dashboard::with(index_of_two_customers(), settings(), 80, 24),
    ));
    for (turn, (keys, d)) in (0u16..).zip(&mut places) {
        for (columns, rows) in sizes(turn) {
            d.send(Event::Resize { columns, rows });
            let frame = Frame::of(&d.model);
            let area = frame.buffer.area();
            assert_eq!((area.width, area.height), (columns, rows), "{keys}");
            if let Some(cursor) = frame.cursor {
                assert!(area.contains(cursor), "{keys} {columns}x{rows}");
            }
        }
    }
}

/// The sizes to draw a page at: the smallest, and every width with a height that differs from page to page, so that all
/// pages together see every size up to 60 x 20. Then the sizes where the layout changes.
fn sizes(turn: u16) -> impl Iterator<Item = (u16, u16)> {
    let smallest = (0..4).flat_map(|columns| (0..4).map(move |rows| (columns, rows)));
    let widths = (0..=60).map(move |columns| (columns, (columns * 8 + turn) % 21));
    let steps = [(39, 10), (40, 9), (40, 10), (89, 24), (90, 24), (150, 40)];
    smallest.chain(widths).chain(steps)
}

/// The view draws into a buffer smaller than the model believes: a resize that has not arrived yet.
#[test]
fn draws_into_a_buffer_smaller_than_the_model() {
    let theme = aemkeys::tui::theme::Theme::new(
        aemkeys::tui::theme::ThemeName::Dark,
        aemkeys::tui::theme::GlyphSet::Unicode,
    );
    for keys in PLACES {
        let mut d = Dashboard::new(120, 30);
        d.keys(keys);
        for (columns, rows) in [(0, 0), (1, 1), (30, 5), (100, 3), (5, 29)] {
            let area = ratatui::layout::Rect::new(0, 0, columns, rows);
            let mut buffer = ratatui::buffer::Buffer::empty(area);
            aemkeys::tui::view::draw(&d.model, &theme, &mut buffer);
        }
    }
}
