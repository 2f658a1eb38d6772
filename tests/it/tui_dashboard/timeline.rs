//! The timeline with nothing, one and a thousand credentials, at every size.

use std::sync::Arc;

use aemkeys::app::Index;
use aemkeys::tui::action::Context;
use aemkeys::tui::message::{ClickTarget, Event};
use aemkeys::tui::pages::environments::Pane;
use aemkeys::tui::{Settings, Tab};
use aemkeys_core::credential::Kind;
use aemkeys_core::credential::validity::Thresholds;
use aemkeys_core::environment::EnvironmentType;
use jiff::{SignedDuration, Timestamp};

use super::fixture::{Dashboard, credential, environment, identity, now, settings};
use super::snapshot::snapshot;

/// Credentials that expire one after the other, the first of them already expired.
fn many(count: u64) -> Index {
    let environments = (0..count).map(|number| {
        let key = u128::from(number) + 1;
        let mut entry = environment(
            key << 64,
            &format!("env-{number:04}"),
            EnvironmentType::Stage,
            Some((50, number + 1)),
        );
        let mut account = identity(key, "default", Kind::ServiceCredentials);
        let hours = i64::try_from(number).unwrap() * 8 - 40;
        account.credential = Some(credential("client", SignedDuration::from_hours(hours)));
        entry.identities.push(account);
        entry
    });
    Index {
        environments: environments.map(Arc::new).collect(),
        ..Index::default()
    }
}

fn dashboard(count: u64, columns: u16, rows: u16) -> Dashboard {
    let mut dashboard = Dashboard::with(many(count), settings(), columns, rows);
    dashboard.keys("2");
    dashboard
}

#[test]
fn any_number_of_credentials_at_any_size() {
    for count in [0, 1, 7, 100, 1000] {
        for (columns, rows) in [(120, 30), (80, 24), (59, 14), (40, 10), (39, 9), (1, 1)] {
            let mut dashboard = dashboard(count, columns, rows);
            for keys in ["G", "k", "+", "+", "+", "<c-u>", "-", "-", "-", "-", "g"] {
                dashboard.keys(keys);
                let text = dashboard.text();
                if count > 0 && columns >= 40 {
                    let selected = dashboard.selected();
                    assert!(text.contains(&selected), "{count} {columns}x{rows}\n{text}");
                }
            }
        }
    }
    snapshot("timeline_of_none", &dashboard(0, 120, 30));
    let mut hundred = dashboard(100, 120, 30);
    hundred.keys("++G");
    snapshot("timeline_of_100_weeks", &hundred);
    let mut narrow = dashboard(100, 40, 10);
    narrow.keys("jjj");
    snapshot("timeline_of_100", &narrow);
}

#[test]
fn rows_are_selected_in_the_order_they_are_drawn() {
    let mut dashboard = Dashboard::after_keys("2");
    dashboard.keys("g");
    let text = dashboard.text();
    let mut last = 0;
    for _ in 0..7 {
        let name = dashboard.selected();
        let at = text
            .lines()
            .position(|line| line.contains(&format!(" {name} ")))
            .unwrap();
        assert!(at > last, "{name}\n{text}");
        last = at;
        dashboard.keys("j");
    }
}

#[test]
fn enter_opens_the_identity() {
    let mut dashboard = dashboard(7, 120, 30);
    dashboard.keys("jj");
    let selected = dashboard.selected();
    dashboard.keys("<enter>");
    assert_eq!(dashboard.model.tab, Tab::Environments);
    assert_eq!(dashboard.model.tabs.environments.pane, Pane::Detail);
    assert_eq!(dashboard.selected(), selected);
    dashboard.keys("2");
    assert_eq!(dashboard.selected(), selected);
    // A second click does the same.
    let id = dashboard.model.list.selected.unwrap();
    dashboard.send(Event::Click(ClickTarget::Row(id)));
    assert_eq!(dashboard.model.tabs.environments.pane, Pane::Detail);
}

#[test]
fn the_filter_applies_to_the_timeline() {
    let mut dashboard = dashboard(100, 120, 30);
    dashboard.keys("/env-0042<enter>");
    assert!(dashboard.text().contains("env-0042") && !dashboard.text().contains("env-0041"));
    dashboard.keys("/x-nothing<enter>");
    dashboard.shows("No environments match");
}

#[test]
fn rows_move_as_time_passes() {
    let mut dashboard = Dashboard::after_keys("2");
    let text = |dashboard: &Dashboard| dashboard.text();
    assert!(text(&dashboard).contains("Due now or soon  2"));
    // From 30 days before its end, wknd-prod is due for rotation.
    let end = now() + SignedDuration::from_hours(24 * 301 + 5);
    let edge: Timestamp = end - SignedDuration::from_hours(24 * 30);
    dashboard.send_at(edge - SignedDuration::from_millis(1), Event::Clock);
    let before = text(&dashboard);
    dashboard.send_at(edge, Event::Clock);
    let after = text(&dashboard);
    let state = |text: &str| {
        let line = text.lines().find(|line| line.contains("wknd-prod"));
        line.map(|line| line.contains('▲')).unwrap()
    };
    assert!(!state(&before) && state(&after), "{before}{after}");
}

#[test]
fn header_and_notice_use_the_configured_thresholds() {
    let frame = |thresholds: Thresholds| {
        let settings = Settings {
            thresholds,
            ..settings()
        };
        Dashboard::with(many(100), settings, 120, 30).text()
    };
    let usual = frame(Thresholds::default());
    assert!(usual.contains("credentials ● 4 ▲ 69 ‼ 21 ✕ 6"), "{usual}");
    assert!(usual.contains("env-0006, env-0007, env-0008 expire within 1 day"));
    let strict = frame(Thresholds {
        credential_soon: SignedDuration::from_hours(24 * 10),
        credential_urgent: SignedDuration::from_hours(8),
        credential_notice: SignedDuration::from_hours(9),
        ..Thresholds::default()
    });
    assert!(strict.contains("credentials ● 64 ▲ 29 ‼ 1 ✕ 6"), "{strict}");
    assert!(strict.contains("env-0006 expires within 9 h"), "{strict}");
}

#[test]
fn esc_goes_back_from_the_details_to_where_they_were_opened() {
    for (columns, rows) in [(80, 24), (200, 50)] {
        for (key, tab) in [("2", Tab::Timeline), ("1", Tab::Environments)] {
            for back in ["<esc>", "h"] {
                let mut d = Dashboard::new(columns, rows);
                d.keys(key).keys("j<enter>");
                let selected = d.selected();
                assert_eq!(d.model.context(), Context::Detail);
                d.keys(back);
                assert_eq!((d.model.tab, d.selected()), (tab, selected));
                assert_ne!(d.model.context(), Context::Detail);
                // Only once.
                d.keys("1<enter>").keys(back);
                assert_eq!(d.model.tab, Tab::Environments);
            }
        }
    }
}

#[test]
fn narrow_timelines_cannot_zoom() {
    let mut dashboard = dashboard(7, 59, 14);
    dashboard.keys("+");
    dashboard.shows("62 columns");
    dashboard.send(Event::Resize {
        columns: 62,
        rows: 14,
    });
    dashboard.keys("+");
    dashboard.shows("6 months");
}
