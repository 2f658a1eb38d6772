//! The response of a test or a call: read, searched, copied, saved and opened in another program.

use aemkeys::app::show::Viewer;
use aemkeys::app::{TierResult, Verdict};
use aemkeys::tui::action::Context;
use aemkeys::tui::document::Document;
use aemkeys::tui::effect::{Effect, Job};
use aemkeys::tui::frame::Frame;
use aemkeys::tui::message::{Event, JobOutcome};
use aemkeys::tui::pages::Page;
use aemkeys::tui::theme::Theme;
use aemkeys_core::credential::{Code, Problem};
use aemkeys_core::environment::Tier;
use aemkeys_core::explain::Who;

use super::calls::called;
use super::fixture::Dashboard;
use super::pages::results;
use super::snapshot::page;

/// The test page of wknd-stage with this response of author.
fn answered(body: &str) -> Dashboard {
    let mut d = Dashboard::after_keys("jt");
    let mut results = results();
    results.truncate(1);
    results[0].body = body.into();
    d.finish(Ok(JobOutcome::Tested(results)));
    d.take_effects();
    d
}

const BODY: &str = r#"{"z":"one","a":[1.50,true,"One"],"b":"two","c":"ONE"}"#;

#[test]
fn the_search_counts_its_matches_and_wraps_around() {
    let mut d = answered(BODY);
    d.keys("n");
    d.says("press / to search");
    d.keys("/one<enter>");
    for (key, place) in [
        ("", "1/3"),
        ("n", "2/3"),
        ("n", "3/3"),
        ("n", "1/3"),
        ("N", "3/3"),
    ] {
        d.keys(key);
        d.shows(format!("/one {place}"));
    }
    d.keys("/nothing<enter>");
    d.shows("/nothing 0/0");
    d.says("no matches");
    d.keys("n");
    d.says("no matches");
    // The same on a page of text.
    d.keys("<enter>/signed<enter>");
    d.shows("/signed 1/2");
    d.keys("nn");
    d.shows("/signed 1/2");
}

#[test]
fn json_keeps_its_order_and_has_colours() {
    let d = answered(BODY);
    let text = d.text();
    let places = ["\"z\": \"one\"", "1.50,", "\"b\": \"two\""].map(|part| text.find(part).unwrap());
    assert!(places.is_sorted(), "{text}");
    let theme = &d.model.settings.theme;
    for (part, style) in [
        ("\"z\"", theme.accent),
        ("\"one\"", theme.fine),
        ("1.50", theme.soon),
        ("true", theme.soon),
    ] {
        assert_eq!(colour_of(&d, part), style.fg, "{part}");
    }
    let d = answered("not \"json\": 1.5");
    assert_eq!(colour_of(&d, "\"json\""), colour_of(&d, "not"));
}

fn colour_of(d: &Dashboard, text: &str) -> Option<ratatui::style::Color> {
    let frame = Frame::of(&d.model);
    let area = *frame.buffer.area();
    let rows = area.rows().find_map(|row| {
        let symbols: Vec<&str> = row
            .positions()
            .map(|at| frame.buffer[at].symbol())
            .collect();
        let column = symbols.concat().find(text).map(|byte| {
            let mut end = 0;
            symbols
                .iter()
                .take_while(|symbol| {
                    end += symbol.len();
                    end <= byte
                })
                .count()
        })?;
        row.positions().nth(column)
    });
    let style =
        frame.buffer[rows.unwrap_or_else(|| panic!("{text} is not in:\n{}", d.text()))].style();
    style.fg
}

#[test]
fn the_response_is_copied_saved_and_opened_as_received() {
    let mut d = answered(BODY);
    let document = || Document {
        file_name: "wknd-stage-author-who-am-i.json".to_owned(),
        text: BODY.to_owned(),
        is_cut: false,
    };
    let what = "response";
    let copied = d.effects_of("b");
    assert_eq!(
        copied,
        [Effect::Run(
            d.task(),
            Job::CopyText {
                what,
                text: BODY.to_owned()
            }
        )]
    );
    assert_eq!(d.effects_of("o"), [Effect::Show(Viewer::Pager, document())]);
    assert_eq!(
        d.effects_of("v"),
        [Effect::Show(Viewer::Editor, document())]
    );
    d.send(Event::NotShown(
        Problem::new(Code::ProgramNotFound, "could not start `x`").next_step("set PAGER"),
    ));
    d.shows("could not start `x`");
    let saved = |path: &str, replace| Job::SaveText {
        path: path.to_owned(),
        text: BODY.to_owned(),
        replace,
    };
    let name = "wknd-stage-author-who-am-i.json";
    let run = d.effects_of("s<enter>");
    assert_eq!(run, [Effect::Run(d.task(), saved(name, false))]);
    // The file exists: Enter cancels, and only the other button replaces it.
    let exists = || Err(Problem::new(Code::OutputExists, "the file already exists"));
    d.finish(exists());
    d.shows("the file already exists");
    d.keys("<enter>");
    assert!(matches!(d.model.pages.as_slice(), [Page::Test(_)]));
    d.keys("s<enter>");
    d.finish(exists());
    let run = d.effects_of("<right><enter>");
    assert_eq!(run, [Effect::Run(d.task(), saved(name, true))]);
    d.finish(exists());
    // Another path is another question.
    d.keys("<up>2");
    let run = d.effects_of("<enter>");
    assert_eq!(
        run,
        [Effect::Run(d.task(), saved(&format!("{name}2"), false))]
    );
    d.finish(Ok(JobOutcome::Said("saved".to_owned())));
    d.says("saved");
    assert!(matches!(d.model.pages.as_slice(), [Page::Test(_)]));
}

#[test]
fn without_a_response_there_is_nothing_to_save() {
    let mut d = answered("");
    for keys in ["b", "s", "o", "v"] {
        assert_eq!(d.effects_of(keys), [], "{keys}");
        d.says("there is no response");
        assert_eq!(d.model.pages.len(), 1);
    }
}

#[test]
fn of_a_call_only_the_body_is_saved() {
    let mut d = Dashboard::after_keys("jTPOST<space>/api/assets/x<enter>");
    for keys in ["s", "o"] {
        assert_eq!(d.effects_of(keys), [], "{keys}");
    }
    d.finish(Ok(JobOutcome::Called(called())));
    let effects = d.effects_of("o");
    let [Effect::Show(Viewer::Pager, document)] = effects.as_slice() else {
        panic!("{effects:?}");
    };
    assert_eq!(document.text, called().body);
    assert_eq!(document.file_name, "wknd-stage-POST-api-assets-x.json");
    page("save", |d| {
        d.keys("jTPOST<space>/api/assets/x<enter>");
        d.finish(Ok(JobOutcome::Called(called())));
        d.keys("s<enter>");
        d.finish(Err(Problem::new(
            Code::OutputExists,
            "the file already exists",
        )));
    });
}

/// Everything that can answer without having accepted the token.
#[test]
fn only_an_accepted_token_is_shown_as_good() {
    let theme = Theme::default();
    for tier in [Tier::Author, Tier::Publish, Tier::Preview, Tier::Delivery] {
        for verdict in Verdict::ALL {
            let is_good = match verdict {
                Verdict::SignedIn | Verdict::Reachable => true,
                Verdict::Answered => tier == Tier::Author,
                _ => false,
            };
            let (glyph, _) = theme.tier(tier, verdict);
            assert_eq!(glyph == theme.glyphs.fine, is_good, "{tier:?} {verdict:?}");
        }
    }
}

#[test]
fn results_say_who_answered_and_who_is_signed_in() {
    let text = |change: &dyn Fn(&mut TierResult)| {
        let mut d = Dashboard::after_keys("jt");
        let mut results = results();
        results.truncate(1);
        change(&mut results[0]);
        d.finish(Ok(JobOutcome::Tested(results)));
        d.text()
    };
    let signed_in = text(&|_| {});
    assert!(
        signed_in.contains("answered by AEM, signed in as 4A1B2C3D@techacct.adobe.com"),
        "{signed_in}"
    );
    let unknown = text(&|result| {
        (result.tier, result.verdict, result.user) = (Tier::Publish, Verdict::Answered, None);
    });
    assert!(
        unknown.contains("answered by the dispatcher; it is not known who is signed in"),
        "{unknown}"
    );
    let anonymous = text(&|result| {
        (result.verdict, result.user, result.answered_by) =
            (Verdict::Anonymous, None, Some(Who::Cdn));
    });
    assert!(
        anonymous.contains("answered by the CDN in front of AEM, not signed in"),
        "{anonymous}"
    );
}

#[test]
fn escape_ends_the_search_of_a_test_first() {
    let mut d = Dashboard::after_keys("jt");
    d.finish(Ok(JobOutcome::Tested(results())));
    d.keys("/signed<enter>");
    d.shows("/signed");
    d.keys("<esc>");
    assert_eq!(d.model.context(), Context::Test);
    d.hides("/signed");
    d.keys("<esc>");
    assert!(d.model.pages.is_empty());
    // The other key closes at once.
    d.keys("t");
    d.finish(Ok(JobOutcome::Tested(results())));
    d.keys("/signed<enter>q");
    assert!(d.model.pages.is_empty());
}

/// Nothing that is known about a tier is cut where there is room for it.
#[test]
fn reasons_and_hosts_wrap_where_there_is_room() {
    let cause =
        "the dispatcher answered instead of AEM, ".repeat(4) + "usually because of its filters";
    let domain = "a-long-custom-domain.stage.wknd-adventures.example";
    for (columns, rows) in [(80, 24), (200, 50)] {
        let mut d = Dashboard::new(columns, rows);
        d.keys("jt");
        let mut tiers = results();
        tiers[1].url = format!("https://{domain}/content.html");
        tiers[1].cause = Some(cause.clone());
        d.finish(Ok(JobOutcome::Tested(tiers)));
        d.keys("]");
        let text = d.text().replace(['│', '\n'], " ");
        let words: Vec<&str> = text.split_whitespace().collect();
        let text = words.join(" ");
        assert!(
            text.contains("usually because of its filters"),
            "{}",
            d.text()
        );
        assert!(columns < 200 || text.contains(domain), "{}", d.text());
    }
}
