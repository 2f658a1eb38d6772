//! Content that does not fit on the smallest screen with panels: marked as cut, and reachable.

use aemkeys::tui::message::{CopyOutcome, ExchangeOutcome, JobOutcome};
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

#[test]
fn toasts_end_with_an_ellipsis() {
    for (tone, text, shown) in [
        (
            Tone::Fine,
            "wknd-stage: new token",
            " ● wknd-stage: new token",
        ),
        (
            Tone::Warning,
            "brand-prod/write: a local development token can't be exchanged: press p to paste a new one",
            " ▲ brand-prod/write: a local developmen…",
        ),
        (
            Tone::Bad,
            "日本語の環境の名前は四十桁の画面には長すぎるので切られる",
            " ✕ 日本語の環境の名前は四十桁の画面には…",
        ),
    ] {
        let mut d = small();
        d.model.say(tone, text);
        let text = d.text();
        let toast = text.lines().nth(8).unwrap();
        assert_eq!(toast.trim_end(), shown, "{text}");
    }
    let mut d = small();
    d.keys("jc");
    d.finish(Ok(JobOutcome::Copied(CopyOutcome {
        what: "token".to_owned(),
        can_be_cleared: false,
        warnings: vec!["copied by the terminal, which can't be cleared automatically".into()],
    })));
    snapshot("notice_and_toast", &d);
    d.keys("x");
    d.finish(Ok(JobOutcome::Exchanged(ExchangeOutcome {
        facts: token("x", jiff::SignedDuration::from_hours(24)),
        warnings: vec!["the token could not be saved".into()],
    })));
    d.shows(" ▲ wknd-stage: new token; the t…   ● to…");
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
