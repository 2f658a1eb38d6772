//! Content that does not fit on the smallest screen with panels: marked as cut, and reachable.

use aemkeys::tui::layout::areas;
use aemkeys::tui::message::{CopyOutcome, Event, ExchangeOutcome, JobOutcome};
use aemkeys::tui::model::Tone;
use aemkeys_core::credential::{Code, Problem};

use super::fixture::{Dashboard, token};
use super::snapshot::{page, snapshot};

fn small() -> Dashboard {
    Dashboard::new(40, 10)
}

#[test]
fn scrolls_to_the_next_step_of_a_long_error() {
    let mut d = small();
    for text in ["first", "second"] {
        d.keys("x");
        let problem = Problem::new(Code::ImsKeyNotBound, format!("{text}: not accepted"))
            .cause("the key is not bound to this client: the certificate has expired, was revoked or replaced")
            .next_step("add a certificate in the AEM Developer Console and import the new file");
        d.finish(Err(problem));
    }
    d.keys("E");
    snapshot("errors_long", &d);
    d.shows("┃");
    let mut seen = d.text();
    for _ in 0..20 {
        d.keys("j");
        seen += &d.text();
    }
    for word in ["replaced", "next", "the new file", "read: first:"] {
        assert!(seen.contains(word), "{word} was never in sight");
    }
    // And back again to the first line of the newest.
    for _ in 0..40 {
        d.keys("k");
    }
    d.shows("read: second:");
}

#[test]
fn menus_and_forms_show_how_many_rows_are_hidden() {
    let mut d = small();
    d.keys("jC");
    let begin = thumb(&d).unwrap();
    d.keys("G");
    assert!(thumb(&d).unwrap() > begin, "{}", d.text());
    d.keys("<esc>e");
    let begin = thumb(&d).unwrap();
    d.keys("<tab><tab><tab><tab><tab><tab>");
    assert!(thumb(&d).unwrap() > begin, "{}", d.text());
    let mut large = Dashboard::new(120, 40);
    large.keys("<tab>");
    assert_eq!(thumb(&large), None, "{}", large.text());
}

/// The line on which the thumb of the scrollbar begins; `None` where everything is in sight.
fn thumb(d: &Dashboard) -> Option<usize> {
    d.text().lines().position(|line| line.contains('┃'))
}

/// Wherever the cursor is in a form, its field and what is wrong with it are in sight.
#[test]
fn the_focused_field_is_visible_at_every_size() {
    for rows in [10, 11, 12, 14, 24] {
        for columns in [40, 60, 80] {
            let mut d = Dashboard::new(columns, rows);
            d.keys("je<c-u>a:b<tab><c-u>c/d<tab><tab><tab><c-u>http://x y<enter>");
            for label in [
                "Name", "Label", "Type", "Customer", "Author", "Publish", "Notes",
            ] {
                for _ in 0..13 {
                    let frame = aemkeys::tui::frame::Frame::of(&d.model);
                    let line = frame.cursor.map(|cursor| {
                        frame
                            .text()
                            .lines()
                            .nth(usize::from(cursor.y))
                            .unwrap()
                            .to_owned()
                    });
                    if line.is_some_and(|line| line.contains(label)) {
                        break;
                    }
                    d.keys("<tab>");
                }
                let frame = aemkeys::tui::frame::Frame::of(&d.model);
                let cursor = frame.cursor.unwrap();
                let line = frame
                    .text()
                    .lines()
                    .nth(usize::from(cursor.y))
                    .unwrap()
                    .to_owned();
                assert!(
                    line.contains(label),
                    "{label} at {columns}x{rows}:\n{}",
                    d.text()
                );
            }
        }
    }
}

/// The lines of the status.
fn status(d: &Dashboard) -> Vec<String> {
    let text = d.text();
    let rows = areas(&d.model).status;
    let lines = text.lines().skip(rows.y.into()).take(rows.height.into());
    lines.map(|line| line.trim_end().to_owned()).collect()
}

#[test]
fn a_long_message_wraps_and_says_where_the_rest_is() {
    let token = "brand-prod/write: a local development token can't be exchanged: press p to paste a new one";
    let wide = "日本語の環境の名前は四十桁の画面には長すぎるので切られる";
    let expected: [(&str, &[&str]); 3] = [
        ("wknd-stage: new token", &[" ▲ wknd-stage: new token"]),
        (
            token,
            &[
                " ▲ brand-prod/write: a local",
                "   development token can't…   3 for more",
            ],
        ),
        (
            wide,
            &[
                " ▲ 日本語の環境の名前は四十桁の画面には",
                "   長すぎるので切られる",
            ],
        ),
    ];
    for (text, lines) in expected {
        let mut d = small();
        d.model.say(Tone::Warning, text);
        d.send(Event::Clock);
        assert_eq!(status(&d), lines);
        // The page above has the rest of the screen.
        assert_eq!(usize::from(areas(&d.model).body.height), 8 - lines.len());
    }
    for (columns, rows, most) in [(40, 10, 2), (80, 24, 3), (120, 30, 4), (200, 50, 7)] {
        let mut d = Dashboard::new(columns, rows);
        let text = "many words ".repeat(200);
        d.model.say(Tone::Note, text.trim());
        let said = d.model.toast.take();
        d.send(Event::Clock);
        d.keys("x");
        d.model.toast = said;
        d.send(Event::Clock);
        assert_eq!(status(&d).len(), most, "{}", d.text());
        d.shows("3 for more");
        d.shows("exchanging");
        // Once it fits, its lines are free again.
        d.keys("2");
        assert_eq!(status(&d).len(), 1);
    }
}

#[test]
fn a_message_that_is_cut_is_in_the_activity() {
    let mut d = small();
    d.keys("/wknd-dev<enter>R");
    let entries = |d: &Dashboard| {
        d.model
            .activity
            .iter()
            .filter(|it| it.text.contains("to paste a new one"))
            .count()
    };
    assert_eq!(entries(&d), 1);
    d.send(Event::Clock);
    assert_eq!(entries(&d), 1, "once");
    d.keys("3");
    d.shows("▲ a local development token");
    let mut d = Dashboard::new(120, 30);
    d.keys("/wknd-dev<enter>R");
    assert_eq!(entries(&d), 0, "nothing is cut");
}

#[test]
fn copied_and_running_beside_a_message() {
    let mut d = small();
    d.keys("jc");
    d.finish(Ok(JobOutcome::Copied(CopyOutcome {
        what: "token".to_owned(),
        can_be_cleared: false,
        warnings: vec!["the token could not be saved".into()],
    })));
    snapshot("notice_and_toast", &d);
    d.keys("x");
    d.finish(Ok(JobOutcome::Exchanged(ExchangeOutcome {
        facts: token("x", jiff::SignedDuration::from_hours(24)),
        warnings: vec!["the token could not be saved".into()],
    })));
    assert_eq!(
        status(&d),
        [
            " ▲ wknd-stage: new token; …   3 for more",
            "   ● token copied; the terminal can't c…"
        ]
    );
}

#[test]
fn a_search_in_the_viewer() {
    page("viewer_search", |d| {
        d.keys("ji");
        let claims: Vec<String> = (0..40)
            .map(|at| format!("  \"claim{at}\": \"value of {at}\","))
            .collect();
        d.finish(Ok(JobOutcome::Claims(claims.join("\n"))));
        d.keys("/claim3<enter>n");
    });
}
