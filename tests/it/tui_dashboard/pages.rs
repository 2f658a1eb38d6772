//! Every page as it is drawn, and the list in every theme.

use aemkeys::app::activity::ActivityEntry;
use aemkeys::app::add::{Preview, Relation};
use aemkeys::app::doctor::Finding;
use aemkeys::app::{Index, TierResult, Verdict};
use aemkeys::tui::effect::ImportId;
use aemkeys::tui::frame::Frame;
use aemkeys::tui::message::{CopyOutcome, Event, JobOutcome, Recognised};
use aemkeys::tui::model::Tone;
use aemkeys::tui::theme::{GlyphSet, Theme, ThemeName};
use aemkeys_core::credential::{Check, CheckVerdict};
use aemkeys_core::credential::{Code, Kind, Problem};
use aemkeys_core::environment::{CloudIds, Hosts, Tier};
use aemkeys_core::explain::Who;

use super::fixture::{Dashboard, credential, id, index, index_of_two_customers, now, settings};
use super::snapshot::{page, page_at_sizes, snapshot, snapshot_text};

/// Pages that keys alone open: the name of the snapshot, and the keys.
const OPENED_BY_KEYS: [(&str, &str); 25] = [
    ("detail_end", "j<enter>G"),
    ("filter", "/wknd<space>type:prod"),
    ("timeline", "2"),
    ("add_waiting", "a"),
    ("add_local", "a<tab><tab><enter><c-u>a:b<enter>"),
    ("paste", "jjp"),
    ("path", "jT"),
    ("formats", "jC"),
    ("danger", "jD"),
    ("danger_typed", "jDG<enter>wknd<enter>"),
    ("open", "jo"),
    ("rotate", "jR"),
    ("help", "?"),
    ("help_filtered", "?token"),
    ("palette", "G:ex"),
    ("exchange_due", "X"),
    ("quit", "jxq"),
    ("guides", "jw"),
    ("guide", "jjjwjj<enter><space>"),
    ("edit_discard", "je<end>2<esc>"),
    ("edit_wrong", "je<c-u>a:b<tab><c-u>c/d<enter>"),
    ("range", "jvjj"),
    ("marks_hidden", "*/wknd<enter>"),
    ("marks_hidden_question", "*/wknd<enter>x"),
    ("call_guarded", "T<c-u>DELETE<space>/api/assets/x<enter>"),
];

#[test]
fn pages_opened_by_keys() {
    for (name, keys) in OPENED_BY_KEYS {
        snapshot(name, &Dashboard::after_keys(keys));
    }
}

#[test]
fn main_page() {
    page_at_sizes("main", |_| {});
}

#[test]
fn detail_page() {
    page_at_sizes("detail", |d| {
        d.keys("jj<enter>");
    });
}

#[test]
fn two_customers() {
    let mut dashboard = Dashboard::with(index_of_two_customers(), settings(), 120, 30);
    dashboard.keys("j<space>");
    snapshot("customers", &dashboard);
}

#[test]
fn first_start() {
    let dashboard = Dashboard::with(Index::default(), settings(), 120, 30);
    snapshot("first_start", &dashboard);
}

#[test]
fn activity_of_some_days() {
    page("activity_days", |d| {
        for (tone, hours, text) in [
            (Tone::Fine, 1, "wknd-prod: new token"),
            (
                Tone::Warning,
                3,
                "wknd-stage: author signed in, publish anonymous",
            ),
            (
                Tone::Bad,
                27,
                "brand-prod/read: the certificate expired 3 days ago",
            ),
            (Tone::Note, 28, "wknd-stage: exchanging cancelled"),
            (Tone::Fine, 24 * 9, "wknd-rde/openapi: token copied"),
        ] {
            d.model.activity.push(ActivityEntry {
                at: super::fixture::now() - jiff::SignedDuration::from_hours(hours),
                tone,
                text: text.to_owned(),
            });
        }
        d.model.settings.storage = "Secret Service".to_owned();
        d.keys("3");
    });
}

/// Where nothing may move, words say what runs; and ASCII needs no other letter.
#[test]
fn without_motion_and_in_ascii() {
    let mut settings = settings();
    settings.motion = false;
    settings.theme = Theme::new(ThemeName::Dark, GlyphSet::Ascii);
    let mut d = Dashboard::with(index(), settings, 120, 30);
    let mut places = Vec::new();
    for keys in [
        "jx", "<c-c>2", "3", "4", "<c-c>1a", "<esc>e", "<esc>C", "<esc>?", "<esc>t",
    ] {
        d.keys(keys);
        places.push(d.text());
    }
    assert!(places[0].contains("exchanging wknd-stage"), "{}", places[0]);
    for place in &places {
        assert!(place.is_ascii(), "{place}");
    }
    let before = d.text();
    let soon = d.model.now + jiff::SignedDuration::from_millis(300);
    d.send_at(soon, Event::Clock);
    assert_eq!(
        before.replace("0.0 s", ""),
        d.text().replace("0.3 s", ""),
        "something moves"
    );
}

#[test]
fn doctor_page() {
    page("doctor", |d| {
        d.keys("4");
        d.finish(Ok(JobOutcome::Examined(findings())));
        d.keys("j");
    });
}

#[test]
fn copied_page() {
    page("copied", |d| {
        d.keys("jc");
        d.finish(Ok(JobOutcome::Copied(copied())));
    });
}

#[test]
fn add_recognised() {
    page("add_recognised", |d| {
        d.send(Event::Paste("{\"integration\":{}}".into()));
        d.finish(Ok(JobOutcome::Recognised(Box::new(recognised(
            Relation::NewEnvironment,
        )))));
    });
}

#[test]
fn add_refused() {
    page("add_refused", |d| {
        d.send(Event::Paste("{\"integration\":{}}".into()));
        let problem = Problem::new(Code::FieldMissing, "privateKey is missing")
            .cause("the file was saved without its key")
            .next_step("download it again in the AEM Developer Console");
        d.finish(Err(problem));
    });
}

#[test]
fn paste_line_ready() {
    page("paste_ready", |d| {
        d.keys("jjp");
        d.send(Event::Paste("eyJhbGciOi".into()));
        let mut found = recognised(Relation::NewEnvironment);
        found.preview.kind = Kind::DevelopmentToken;
        found.preview.facts = None;
        found.preview.checks.clear();
        d.finish(Ok(JobOutcome::Recognised(Box::new(found))));
    });
}

#[test]
fn test_page() {
    page_at_sizes("test", |d| {
        d.keys("jt");
        d.finish(Ok(JobOutcome::Tested(results())));
    });
}

#[test]
fn test_page_running() {
    page("test_running", |d| {
        d.keys("jt");
        d.send_at(
            now() + jiff::SignedDuration::from_millis(1200),
            Event::Clock,
        );
    });
}

#[test]
fn test_page_search() {
    page("test_search", |d| {
        d.keys("jt");
        d.finish(Ok(JobOutcome::Tested(results())));
        d.keys("[[/techacct<enter>");
    });
}

#[test]
fn edit_form() {
    page_at_sizes("edit", |d| {
        d.keys("je");
    });
}

#[test]
fn claims_page() {
    page("claims", |d| {
        d.keys("ji");
        let claims = "{\n  \"as\": \"ims-na1\",\n  \"type\": \"access_token\",\n  \"scope\": \"ent_aem_cloud_api\"\n}";
        d.finish(Ok(JobOutcome::Claims(claims.to_owned())));
    });
}

#[test]
fn errors_page() {
    page("error_line", |d| {
        fail(d);
    });
    page("errors", |d| {
        fail(d);
        d.keys("E");
    });
}

#[test]
fn exchange_question_and_progress() {
    page("progress", |d| {
        d.keys("*x<enter>");
        let tasks: Vec<_> = d.model.tasks.iter().map(|(id, _)| id).collect();
        let problem = Problem::new(Code::CertificateExpired, "the certificate has expired");
        d.done(tasks[0], Err(problem));
    });
}

#[test]
fn themes() {
    for (name, theme, glyphs) in [
        ("dark", ThemeName::Dark, GlyphSet::Unicode),
        ("dark_ascii", ThemeName::Dark, GlyphSet::Ascii),
        ("light", ThemeName::Light, GlyphSet::Unicode),
        ("neutral", ThemeName::Neutral, GlyphSet::Unicode),
        ("mono", ThemeName::Mono, GlyphSet::Unicode),
    ] {
        let mut settings = settings();
        settings.theme = Theme::new(theme, glyphs);
        let mut dashboard = Dashboard::with(index(), settings, 120, 30);
        dashboard.keys("j");
        let ansi = Frame::of(&dashboard.model).ansi();
        snapshot_text(&format!("theme_{name}"), &ansi.replace('\u{1b}', "^"));
    }
}

#[test]
fn a_picture_is_well_formed() {
    let svg = Frame::of(&Dashboard::new(120, 30).model).svg();
    assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>\n"));
    assert_eq!(
        svg.matches("<text ").count(),
        svg.matches("</text>").count()
    );
    assert!(svg.contains("wknd-stage"));
    assert!(!svg.contains("textLength=\"0"));
    // A browser would collapse these spaces.
    let texts = svg.lines().filter(|line| line.starts_with("<text "));
    for text in texts {
        let spaces = ["> ", " <", "  "];
        assert!(!spaces.iter().any(|it| text.contains(it)), "{text}");
    }
}

fn fail(d: &mut Dashboard) {
    d.keys("jx");
    let problem = Problem::new(Code::ImsKeyNotBound, "IMS does not accept the signature")
        .cause("the key is not bound to this client: the certificate has expired, was revoked or replaced")
        .next_step("add a certificate in the AEM Developer Console and import the new file")
        .debug_id(Some("a1b2c3".to_owned()));
    d.finish(Err(problem));
}

fn copied() -> CopyOutcome {
    CopyOutcome {
        what: "token".to_owned(),
        can_be_cleared: true,
        warnings: Vec::new(),
    }
}

pub fn recognised(relation: Relation) -> Recognised {
    let ids = CloudIds {
        program: 123,
        environment: 1250,
        cmstg: false,
    };
    let check = |verdict, text: &str| Check {
        verdict,
        text: text.to_owned(),
    };
    Recognised {
        import: ImportId(1),
        preview: Preview {
            kind: Kind::ServiceCredentials,
            is_account_token: false,
            checks: vec![
                check(CheckVerdict::Fine, "key matches the certificate"),
                check(
                    CheckVerdict::Fine,
                    "certificate names cm-p123-e1250-integration-0",
                ),
                check(
                    CheckVerdict::Warning,
                    "certificate expires 18 Dec 2026, in 26 days: rotate soon",
                ),
                check(CheckVerdict::Fine, "IMS ims-na1.adobelogin.com"),
                check(CheckVerdict::Fine, "metascopes ent_aem_cloud_api"),
            ],
            changes: None,
            facts: Some(credential(
                "cm-p123-e1250-integration-0",
                jiff::SignedDuration::from_hours(24 * 26),
            )),
            token: None,
            token_owner: None,
            token_ids: None,
            ids: Some(ids),
            hosts: Hosts::derived(ids),
            suggested_name: "p123-e1250".to_owned(),
            file: None,
            suggested_label: "default".to_owned(),
            customer: Some("1234567890ABCDEF12345678@AdobeOrg".to_owned()),
            relation,
            unconfirmed: Vec::new(),
        },
    }
}

pub fn results() -> Vec<TierResult> {
    let result = |tier: Tier, host: &str, verdict, status, elapsed_ms| TierResult {
        tier,
        url: format!("https://{host}/libs/granite/security/currentuser.json?props=memberOf"),
        status,
        verdict,
        answered_by: None,
        user: None,
        groups: Vec::new(),
        elapsed_ms,
        cause: None,
        seen: None,
        next_step: None,
        content_type: Some("application/json".to_owned()),
        body: String::new(),
        body_cut: false,
    };
    let mut author = result(
        Tier::Author,
        "author-p123-e1250.adobeaemcloud.com",
        Verdict::SignedIn,
        Some(200),
        212,
    );
    author.answered_by = Some(Who::Dispatcher);
    author.user = Some("4A1B2C3D@techacct.adobe.com".to_owned());
    author.groups = ["contributors", "everyone", "wknd-api-readers"]
        .map(str::to_owned)
        .to_vec();
    author.body = String::from(
        "{\"authorizableId\":\"4A1B2C3D@techacct.adobe.com\",\"memberOf\":[{\"authorizableId\":\"contributors\"},{\"authorizableId\":\"everyone\"}]}",
    );
    let mut publish = result(
        Tier::Publish,
        "publish-p123-e1250.adobeaemcloud.com",
        Verdict::Anonymous,
        Some(200),
        96,
    );
    publish.answered_by = Some(Who::Cdn);
    publish.cause = Some("publish did not accept the token".to_owned());
    publish.seen = Some("Age 120, answered from the CDN's cache".to_owned());
    publish.next_step =
        Some("second request without the cache: signed in; purge it or wait".into());
    publish.body = String::from("{\"authorizableId\":\"anonymous\"}");
    let mut preview = result(
        Tier::Preview,
        "preview-p123-e1250.adobeaemcloud.com",
        Verdict::NoAnswer,
        None,
        5000,
    );
    preview.cause = Some("environment may be hibernated".to_owned());
    preview.next_step = Some("wake it in the AEM Developer Console".into());
    vec![author, publish, preview]
}

fn findings() -> Vec<Finding> {
    let finding = |topic, verdict, text: &str, next: Option<&str>| Finding {
        topic,
        verdict,
        text: text.to_owned(),
        next_step: next.map(|step| step.to_owned().into()),
    };
    vec![
        finding(
            "storage",
            CheckVerdict::Fine,
            "the Secret Service answers and keeps what it is given",
            None,
        ),
        finding(
            "clock",
            CheckVerdict::Fine,
            "the clock agrees with Adobe's within 1 s",
            None,
        ),
        finding(
            "files",
            CheckVerdict::Warning,
            "service_token.json is still where it was imported from",
            Some("delete it, or move it out of the repository"),
        ),
    ]
}

#[test]
fn the_fixture_has_seven_identities() {
    assert_eq!(Dashboard::new(80, 24).model.list.rows.len(), 7);
    assert_eq!(Dashboard::new(80, 24).selected(), "brand-prod/read");
    assert_eq!(Dashboard::new(80, 24).model.list.selected, Some(id(11)));
}
