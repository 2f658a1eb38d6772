//! The dashboard over the demo: real exchanges and test calls on loopback, driven by keys, printed without a terminal.

use aemkeys::app::{AppContext, Clock};
use aemkeys::cli::demo::{RunningDemo, start};
use aemkeys::tui::Settings;
use aemkeys::tui::print::{FrameFormat, FrameRequest, run_keys};
use jiff::tz::TimeZone;

use super::fixture::now;
use super::safety::assert_printable;

/// The simulator stops when it is dropped.
fn demo() -> RunningDemo {
    start(Clock::fixed(now())).unwrap()
}

fn frame(context: &AppContext, keys: &str) -> String {
    let settings = Settings {
        zone: TimeZone::UTC,
        ..Settings::of(context).unwrap()
    };
    let request = FrameRequest {
        columns: 120,
        rows: 30,
        keys: keys.to_owned(),
        format: FrameFormat::Text,
    };
    let frame = run_keys(context, settings, &request).unwrap();
    assert_printable(&frame);
    frame.text()
}

#[test]
fn the_demo_shows_exchanges_and_test_calls() {
    let demo = demo();
    let first = frame(&demo.context, "");
    assert!(first.contains("7 identities"), "{first}");

    let exchanged = frame(&demo.context, "/wknd-prod<enter>x");
    assert!(exchanged.contains("wknd-prod: new token"), "{exchanged}");
    assert!(
        exchanged.contains("● 23 h") || exchanged.contains("● 1 d"),
        "{exchanged}"
    );

    let tested = frame(&demo.context, "/wknd-prod<enter>t");
    assert!(tested.contains("● 200 signed in"), "{tested}");
    assert!(tested.contains("author"), "{tested}");

    let copied = frame(&demo.context, "/wknd-prod<enter>c");
    assert!(copied.contains("token copied, clears in 30 s"), "{copied}");

    let claims = frame(&demo.context, "/wknd-prod<enter>i");
    assert!(claims.contains("access_token"), "{claims}");
}

#[test]
fn a_refused_exchange_shows_its_cause() {
    let demo = demo();
    let refused = frame(&demo.context, "/brand-prod/read<enter>xE");
    assert!(refused.contains("cause"), "{refused}");
    assert!(refused.contains("next"), "{refused}");
}

#[test]
fn the_same_keys_give_the_same_frame() {
    // Fingerprints and ids of tokens and certificates too.
    for keys in [
        "/wknd-prod<enter>t",
        "/wknd-prod<enter>x<tab>G",
        "/wknd-prod<enter>xi",
        "/brand-stage<enter>xxi",
        "/wknd-dev<enter>i",
    ] {
        let (one, other) = (demo(), demo());
        assert_eq!(
            frame(&one.context, keys),
            frame(&other.context, keys),
            "{keys}"
        );
    }
}

#[test]
fn an_edit_is_stored_and_shown() {
    let demo = demo();
    let edited = frame(&demo.context, "/wknd-prod<enter>e<end>-2<enter><esc>");
    assert!(edited.contains("wknd-prod-2"), "{edited}");
}

#[test]
fn reports_keys_that_cannot_be_parsed() {
    let demo = demo();
    let request = FrameRequest {
        columns: 80,
        rows: 24,
        keys: "j<hyper>".to_owned(),
        format: FrameFormat::Text,
    };
    let problem = run_keys(&demo.context, Settings::default(), &request)
        .err()
        .unwrap();
    assert!(problem.to_string().contains("hyper"));
}

/// What the demo offers in place of a file of the console.
const RENEW: &str = "/wknd-stage<enter>R<enter>";

#[test]
fn rotates_step_by_step() {
    let demo = demo();
    let shown = frame(&demo.context, RENEW);
    assert!(shown.contains("same technical account"), "{shown}");
    for word in ["old", "new", "fingerprint", "scopes", "[ Rotate ]"] {
        assert!(shown.contains(word), "{word}: {shown}");
    }
    let renewed = frame(&demo.context, &format!("{RENEW}<enter>"));
    for word in [
        "wknd-stage: rotated",
        "with both",
        "[ ] search indexer",
        "[ ] nightly export",
        "locked, 2 of 2",
    ] {
        assert!(renewed.contains(word), "{word}: {renewed}");
    }
    let refused = frame(&demo.context, "/wknd-stage<enter>R<enter>G<enter>");
    assert!(
        refused.contains("still use the old credential"),
        "{refused}"
    );
    // Nor does the guide let it be ticked off; `w`, the revocation, its first step about the old key.
    let guide = frame(
        &demo.context,
        "/wknd-stage<enter>w<down><down><down><down><enter>jj<space>",
    );
    assert!(
        guide.contains("locked: search indexer, nightly export"),
        "{guide}"
    );
    // Ticked, and led to the revocation.
    let keys = "/wknd-stage<enter>R<enter>g<space>";
    let one = frame(&demo.context, keys);
    assert!(one.contains("[x] search indexer"), "{one}");
    let all = frame(&demo.context, "/wknd-stage<enter>R<enter>j<space>");
    assert!(all.contains("[x] nightly export"), "{all}");
    assert!(all.contains("press Enter for the guide"), "{all}");
    let guide = frame(&demo.context, "/wknd-stage<enter>R<enter>G<enter>");
    assert!(guide.contains("Revoke"), "{guide}");
    // The old one waits for its end, and one action goes back to it.
    let menu = frame(&demo.context, "/wknd-stage<enter>D");
    assert!(menu.contains("Delete the old credential"), "{menu}");
    let back = frame(
        &demo.context,
        "/wknd-stage<enter>Djj<up><enter>wknd-stage<enter>",
    );
    assert!(back.contains("went back to"), "{back}");
    let after = frame(&demo.context, "/wknd-stage<enter>R");
    assert!(after.contains("went back"), "{after}");
    assert!(after.contains("[ Discard new credential ]"), "{after}");
    let dropped = frame(
        &demo.context,
        "/wknd-stage<enter>R<tab><enter>wknd-stage<enter>",
    );
    assert!(dropped.contains("discarded"), "{dropped}");
}

#[test]
fn rotating_production_needs_its_name() {
    let demo = demo();
    let keys = "/wknd-prod<enter>R<enter><enter>";
    let asked = frame(&demo.context, keys);
    assert!(asked.contains("Rotate wknd-prod"), "{asked}");
    assert!(!asked.contains("[ ] "), "{asked}");
    let wrong = frame(&demo.context, &format!("{keys}wknd-stage<enter>"));
    assert!(wrong.contains("type wknd-prod to confirm"), "{wrong}");
    let renewed = frame(&demo.context, &format!("{keys}wknd-prod<enter>"));
    assert!(renewed.contains("wknd-prod: rotated"), "{renewed}");
    assert!(renewed.contains("No programs listed"), "{renewed}");
}

#[test]
fn an_account_without_the_groups_does_not_take_over_and_waits() {
    let demo = demo();
    let keys = "/brand-prod/write<enter>R<enter>";
    let shown = frame(&demo.context, keys);
    assert!(shown.contains("another technical account"), "{shown}");
    let stayed = frame(
        &demo.context,
        &format!("{keys}<enter>brand-prod/write<enter>"),
    );
    assert!(stayed.contains("not in brand-import"), "{stayed}");
    assert!(stayed.contains("keeps its"), "{stayed}");
    assert!(stayed.contains("[ Continue ]"), "{stayed}");
    let later = frame(&demo.context, "/brand-prod/write<enter>");
    assert!(later.contains("test failed: the new credential"), "{later}");
    let dropped = frame(
        &demo.context,
        "/brand-prod/write<enter>R<tab><enter>brand-prod/write<enter>",
    );
    assert!(dropped.contains("discarded"), "{dropped}");
}

#[test]
fn explains_why_a_file_cannot_be_rotated_to() {
    let demo = demo();
    let folder = tempfile::tempdir().unwrap();
    let other = folder.path().join("other.json");
    let (_, file) = demo
        .context
        .samples
        .iter()
        .find(|(name, _)| name.ends_with("wknd-prod.json"))
        .unwrap();
    std::fs::write(&other, file.expose()).unwrap();
    let path = other.to_str().unwrap();
    let wrong = frame(
        &demo.context,
        &format!("/wknd-stage<enter>R<c-u>{path}<enter><enter>"),
    );
    assert!(wrong.contains("p123-e1234"), "{wrong}");
    assert!(wrong.contains("nothing was changed"), "{wrong}");
    let missing = frame(&demo.context, "/wknd-stage<enter>R<c-u>/nowhere<enter>");
    assert!(missing.contains("next"), "{missing}");
}

#[test]
fn the_leak_checklist_keeps_its_order() {
    let demo = demo();
    let open = "/wknd-stage<enter>Dj<down><enter>";
    let page = frame(&demo.context, open);
    assert!(page.contains("mark "), "{page}");
    let locked = frame(&demo.context, &format!("{open}G<enter>"));
    assert!(locked.contains("mark it as leaked"), "{locked}");
    let marked = frame(&demo.context, &format!("{open}<enter>wknd-stage<enter>"));
    assert!(marked.contains("in use until you rotate it"), "{marked}");
    assert!(marked.contains("[ ] add a new private key"), "{marked}");
    // Enter opens the rotation; its file, its steps, and back to the list.
    let renewed = frame(
        &demo.context,
        &format!("{open}<enter><enter><enter><space><space><esc>"),
    );
    assert!(renewed.contains("can't be used again"), "{renewed}");
    assert!(renewed.contains("[x] rotate"), "{renewed}");
    assert!(renewed.contains("[x] give the new credential"), "{renewed}");
    // IMS still takes the old key: only a refusal counts.
    let asked = frame(&demo.context, &format!("{open}<enter>"));
    assert!(asked.contains("still issues tokens"), "{asked}");
    let menu = frame(&demo.context, "/wknd-stage<enter>D");
    assert!(
        menu.contains("old credential is marked as leaked"),
        "{menu}"
    );
}

#[test]
fn offers_only_rotation_for_a_newer_file_of_a_known_account() {
    let demo = demo();
    // The same account is known already: renewing is offered, storing it twice is not.
    let shown = frame(&demo.context, "ademo/wknd-stage.json<enter>");
    assert!(shown.contains("A new certificate of wknd-stage"), "{shown}");
    assert!(!shown.contains("[ Store ]"), "{shown}");
    let beside = frame(&demo.context, "ademo/wknd-stage.json<enter><enter>");
    assert!(beside.contains("same technical account"), "{beside}");
    let missing = frame(&demo.context, "ademo/missing.json<enter>");
    assert!(missing.contains("next"), "{missing}");
}

#[test]
fn a_call_is_made_with_its_body_and_guarded_by_the_storage_too() {
    let demo = demo();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("asset.json");
    std::fs::write(&file, "{\"class\":\"asset\"}").unwrap();
    let line = format!(
        "T<c-u>POST<space>/api/assets/x<space>@{}<enter>",
        file.display()
    );
    let written = frame(
        &demo.context,
        &format!("/brand-prod/write<enter>{line}brand-prod<enter>"),
    );
    assert!(written.contains("status 201"), "{written}");
    let refused = frame(&demo.context, &format!("/wknd-stage<enter>{line}"));
    assert!(refused.contains("status 403"), "{refused}");
    let head = frame(
        &demo.context,
        "/wknd-prod<enter>T<c-t>/content/dam.json<enter>",
    );
    assert!(head.contains("status 200"), "{head}");
    let missing = frame(
        &demo.context,
        "/wknd-stage<enter>T<c-u>POST<space>/x<space>@/missing<enter>",
    );
    assert!(missing.contains("✕"), "{missing}");
}
