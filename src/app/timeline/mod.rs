//! The data of the timeline: its time window, its rows with the most urgent first, and the bar of each. No drawing.

mod zoom;

use std::collections::HashSet;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use uuid::Uuid;

use super::check::{self, ExpiryFinding, Scope};
use crate::storage::Index;
use aemkeys_core::credential::validity::{Thresholds, Urgency};
use aemkeys_core::environment::natural_key;
use aemkeys_core::time;

pub use zoom::{Window, Zoom};

/// Columns kept free to the right of the bars, so that the expiry date always fits.
const DATE: u16 = 9;

/// A group of rows under one heading.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Section {
    /// Expires soon, has expired, is unknown, or becomes valid soon.
    Due,
    Later,
    Endless,
}

impl Section {
    pub fn title(self) -> &'static str {
        match self {
            Self::Due => "Due now or soon",
            Self::Later => "Later",
            Self::Endless => "No expiry",
        }
    }
}

/// A line of the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimelineLine {
    /// With the number of rows that follow.
    Heading(Section, usize),
    /// Index into `rows`.
    Row(usize),
}

/// A piece of a bar: one column wide, or as many columns as its number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    Gap(u16),
    /// Time in the past.
    Past(u16),
    /// Today, within a bar.
    Today,
    /// Today, outside a bar.
    TodayLine,
    Ahead(u16),
    End,
    /// The bar continues after the window.
    Beyond,
    Text(String),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimelineRow {
    pub identity: Uuid,
    pub section: Section,
    pub finding: ExpiryFinding,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timeline {
    pub window: Window,
    pub rows: Vec<TimelineRow>,
    pub lines: Vec<TimelineLine>,
    now: Timestamp,
    zone: TimeZone,
}

impl Timeline {
    /// Builds the timeline of the identities that `keep` accepts.
    pub fn new(
        index: &Index,
        keep: impl Fn(Uuid) -> bool,
        now: Timestamp,
        thresholds: &Thresholds,
        zone: &TimeZone,
        zoom: Zoom,
    ) -> Self {
        let scope = Scope {
            now,
            thresholds: *thresholds,
            tokens_count: false,
        };
        let mut rows: Vec<TimelineRow> = Vec::new();
        for (environment, identity) in index.identities().filter(|(_, it)| keep(it.id)) {
            let active = check::credential_of(environment, identity, &scope);
            // A replaced credential that is still used gets its own row.
            let old = check::replaced::of(environment, identity, &scope);
            rows.extend(
                std::iter::once(active)
                    .chain(old)
                    .map(|finding| TimelineRow {
                        identity: identity.id,
                        section: section(&finding, &scope),
                        finding,
                    }),
            );
        }
        rows.sort_by_cached_key(|row| {
            (
                row.section,
                (row.section == Section::Due).then_some(row.finding.state),
                row.finding.expires_at.unwrap_or(Timestamp::MAX),
                natural_key(&row.finding.name),
            )
        });
        Self {
            window: Window::new(now, zone, zoom),
            lines: lines(&rows),
            rows,
            now,
            zone: zone.clone(),
        }
    }

    /// The columns available for the bars.
    pub fn drawn_columns(columns: u16) -> u16 {
        columns.saturating_sub(DATE)
    }

    pub fn today(&self, columns: u16) -> u16 {
        self.window.column(self.now, Self::drawn_columns(columns))
    }

    /// The bar of a row in this many columns; only its text may need more.
    pub fn bar(&self, row: &TimelineRow, columns: u16) -> Vec<Piece> {
        let columns = Self::drawn_columns(columns);
        let finding = &row.finding;
        let today = self.window.column(self.now, columns);
        let bare = |words: String| vec![Piece::Gap(today), Piece::TodayLine, Piece::Text(words)];
        let Some(end) = finding.expires_at else {
            return bare(finding.when(self.now));
        };
        let begin = finding.valid_from.unwrap_or(Timestamp::MIN).min(end);
        let (from, to) = (
            self.window.column(begin, columns),
            self.window.column(end, columns),
        );
        let mut pieces = Vec::new();
        if end <= self.now {
            let words = match finding.still_used() {
                Some(who) => format!("expired {}, {who}", self.day(end)),
                None => format!("expired {}: rotate now", self.day(end)),
            };
            if end < self.window.start {
                return bare(words);
            }
            pieces.push(Piece::Gap(from));
            if to < today {
                pieces.extend([Piece::Past(to - from), Piece::End]);
                pieces.extend([Piece::Gap(today - to - 1), Piece::TodayLine]);
            } else {
                pieces.extend([Piece::Past(today - from), Piece::Today]);
            }
            pieces.push(Piece::Text(words));
            return pieces;
        }
        if begin >= self.window.end {
            return bare(format!("valid from {}", self.day(begin)));
        }
        let ahead = if begin > self.now {
            pieces.extend([Piece::Gap(today), Piece::TodayLine]);
            let first = from.max(today + 1);
            pieces.push(Piece::Gap(first - today - 1));
            first
        } else {
            pieces.extend([Piece::Gap(from), Piece::Past(today - from), Piece::Today]);
            today + 1
        };
        if to >= ahead {
            let last = if end < self.window.end {
                Piece::End
            } else {
                Piece::Beyond
            };
            pieces.extend([Piece::Ahead(to - ahead), last]);
        }
        let mut words = match (&finding.trouble, finding.still_used()) {
            (Some(trouble), _) => format!("{}: {trouble}", self.day(end)),
            (None, Some(who)) => format!("{}, {who}", self.day(end)),
            (None, None) => self.day(end),
        };
        if finding.leaked {
            words.push_str(": leaked");
        }
        pieces.push(Piece::Text(words));
        pieces
    }

    /// `18 Dec`, or `Dec 2028` outside the window.
    fn day(&self, at: Timestamp) -> String {
        let date = at.to_zoned(self.zone.clone()).date();
        if self.window.contains(at) {
            time::day_and_month(date)
        } else {
            time::month_and_year(date)
        }
    }

    /// The identities from top to bottom, each at its first row.
    pub fn order(&self) -> impl Iterator<Item = Uuid> {
        let mut met = HashSet::new();
        self.rows
            .iter()
            .map(|row| row.identity)
            .filter(move |identity| met.insert(*identity))
    }

    pub fn row(&self, identity: Uuid) -> Option<&TimelineRow> {
        self.rows.iter().find(|row| row.identity == identity)
    }

    /// The number of rows above and below the visible lines.
    pub fn beyond(&self, first: usize, height: usize) -> (usize, usize) {
        let rows = |lines: &[TimelineLine]| {
            let rows = lines.iter();
            rows.filter(|line| matches!(line, TimelineLine::Row(_)))
                .count()
        };
        let first = first.min(self.lines.len());
        let end = (first + height).min(self.lines.len());
        (rows(&self.lines[..first]), rows(&self.lines[end..]))
    }

    /// The first visible line that keeps the selected row within `height` lines, with its heading if there is room.
    pub fn scrolled(&self, first: usize, selected: Option<Uuid>, height: usize) -> usize {
        let height = height.max(1);
        let line = self.lines.iter().position(|line| match line {
            TimelineLine::Row(at) => self.rows.get(*at).map(|row| row.identity) == selected,
            TimelineLine::Heading(..) => false,
        });
        let Some(line) = line else {
            return 0;
        };
        let lowest = (line + 1).saturating_sub(height);
        let above = match line.checked_sub(1).and_then(|at| self.lines.get(at)) {
            Some(TimelineLine::Heading(..)) if height > 1 => line - 1,
            _ => line,
        };
        // With the first row selected, show everything above it.
        let above = if line <= 2 && height > 2 { 0 } else { above };
        first
            .clamp(lowest, above.max(lowest))
            .min(self.lines.len().saturating_sub(height).max(lowest))
    }
}

fn section(finding: &ExpiryFinding, scope: &Scope) -> Section {
    let soon = scope.thresholds.credential_soon;
    let begins_soon = || {
        let mut begin = finding.valid_from.iter();
        begin.any(|begin| begin.duration_since(scope.now) <= soon)
    };
    match finding.state {
        Urgency::Expired | Urgency::Unknown | Urgency::Urgent | Urgency::Soon => Section::Due,
        Urgency::NotYetValid if begins_soon() => Section::Due,
        Urgency::NotNeeded => Section::Endless,
        Urgency::NotYetValid | Urgency::NoneYet | Urgency::Fine => Section::Later,
    }
}

fn lines(rows: &[TimelineRow]) -> Vec<TimelineLine> {
    let mut lines = Vec::with_capacity(rows.len() + 3);
    if rows.is_empty() {
        return lines;
    }
    for section in [Section::Due, Section::Later, Section::Endless] {
        let own = rows
            .iter()
            .enumerate()
            .filter(|(_, row)| row.section == section);
        let own: Vec<TimelineLine> = own.map(|(at, _)| TimelineLine::Row(at)).collect();
        // The heading is shown even if nothing is due.
        if !own.is_empty() || section == Section::Due {
            lines.push(TimelineLine::Heading(section, own.len()));
            lines.extend(own);
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use aemkeys_core::credential::Fingerprint;
    use aemkeys_core::environment::Hosts;
    use jiff::SignedDuration;
    use jiff::civil::Weekday;
    use proptest::prelude::*;
    use serde_json::json;

    const ZONES: [&str; 4] = [
        "Europe/Berlin",
        "America/New_York",
        "Australia/Lord_Howe",
        // Its clocks changed at midnight, so that some days start at 01:00.
        "America/Sao_Paulo",
    ];

    fn time(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn zone(name: &str) -> TimeZone {
        TimeZone::get(name).unwrap()
    }

    /// Builds a list with one identity for each validity period.
    fn index(spans: &[(Option<Timestamp>, Option<Timestamp>)]) -> Index {
        let identities: Vec<serde_json::Value> = spans
            .iter()
            .enumerate()
            .map(|(at, (begin, end))| {
                json!({
                    "identity": {
                        "id": Uuid::from_u128(at as u128),
                        "label": format!("i{at}"),
                        "kind": "service-credentials",
                    },
                    "credential": {
                        "client_id": "cm-p1-e2-integration-0",
                        "technical_account_id": null,
                        "technical_account_email": null,
                        "org": null,
                        "ims_host": "ims-na1.adobelogin.com",
                        "scopes": [],
                        "not_before": begin,
                        "not_after": end,
                        "fingerprint": Fingerprint::of(b"certificate"),
                    },
                    "token": null,
                })
            })
            .collect();
        serde_json::from_value(json!({
            "version": 1,
            "environments": [{
                "id": Uuid::from_u128(u128::MAX),
                "name": "env",
                "type": "stage",
                "customer": null,
                "ids": null,
                "hosts": Hosts::default(),
                "identities": identities,
            }],
        }))
        .unwrap()
    }

    fn timeline_of(
        spans: &[(Option<Timestamp>, Option<Timestamp>)],
        now: Timestamp,
        zone: &TimeZone,
        zoom: Zoom,
    ) -> Timeline {
        Timeline::new(
            &index(spans),
            |_| true,
            now,
            &Thresholds::default(),
            zone,
            zoom,
        )
    }

    fn ending(now: &str, ends: &[&str]) -> Timeline {
        let spans: Vec<_> = ends
            .iter()
            .map(|end| {
                let end = time(end);
                (Some(end - SignedDuration::from_hours(24 * 365)), Some(end))
            })
            .collect();
        timeline_of(&spans, time(now), &TimeZone::UTC, Zoom::Year)
    }

    /// `=` past, `|` today, `-` ahead, `>` the end, `+` after the window.
    fn drawn(pieces: &[Piece]) -> String {
        let repeat = |sign: &str, count: u16| sign.repeat(usize::from(count));
        pieces
            .iter()
            .map(|piece| match piece {
                Piece::Gap(count) => repeat(" ", *count),
                Piece::Past(count) => repeat("=", *count),
                Piece::Today | Piece::TodayLine => "|".to_owned(),
                Piece::Ahead(count) => repeat("-", *count),
                Piece::End => ">".to_owned(),
                Piece::Beyond => "+".to_owned(),
                Piece::Text(text) => format!(" {text}"),
            })
            .collect()
    }

    #[test]
    fn year_shows_the_previous_month_and_twelve_ahead() {
        let timeline = ending("2026-11-22T14:03:00Z", &[]);
        let names: Vec<&str> = timeline
            .window
            .marks
            .iter()
            .map(|(_, name)| &**name)
            .collect();
        assert_eq!(
            names,
            [
                "Oct", "Nov", "Dec", "2027", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug",
                "Sep", "Oct", "Nov"
            ]
        );
        assert!(timeline.window.contains(time("2026-10-01T00:00:00Z")));
        assert!(!timeline.window.contains(time("2026-09-30T23:59:59Z")));
        assert!(timeline.window.contains(time("2027-11-30T23:59:59Z")));
        assert!(!timeline.window.contains(time("2027-12-01T00:00:00Z")));
    }

    #[test]
    fn most_urgent_rows_come_first() {
        let timeline = ending(
            "2026-11-02T12:00:00Z",
            &[
                "2027-09-19T00:00:00Z", // 0 later
                "2026-12-02T12:00:00Z", // 1 soon, by a moment
                "2026-12-02T12:00:01Z", // 2 later, by a second
                "2026-11-30T23:59:59Z", // 3 soon
                "2026-11-05T00:00:00Z", // 4 urgent
                "2026-10-01T00:00:00Z", // 5 expired
                "2026-10-20T00:00:00Z", // 6 expired after it
            ],
        );
        let order: Vec<u128> = timeline.order().map(|id| id.as_u128()).collect();
        assert_eq!(order, [5, 6, 4, 3, 1, 2, 0]);
        assert_eq!(timeline.lines[0], TimelineLine::Heading(Section::Due, 5));
        assert_eq!(timeline.lines[6], TimelineLine::Heading(Section::Later, 2));

        let quiet = ending("2026-11-02T12:00:00Z", &["2027-09-19T00:00:00Z"]);
        assert_eq!(quiet.lines[0], TimelineLine::Heading(Section::Due, 0));
        assert!(ending("2026-11-02T12:00:00Z", &[]).lines.is_empty());
    }

    #[test]
    fn only_due_credentials_are_listed_as_due() {
        let sections = |now: &str, begin: &str| -> Vec<Section> {
            let end = time("2028-03-01T00:00:00Z");
            let spans = [(Some(time(begin)), Some(end))];
            let timeline = timeline_of(&spans, time(now), &TimeZone::UTC, Zoom::Year);
            timeline.rows.iter().map(|row| row.section).collect()
        };
        let begin = "2027-03-01T00:00:00Z";
        assert_eq!(sections("2026-11-29T00:00:00Z", begin), [Section::Later]);
        assert_eq!(sections("2027-02-01T00:00:00Z", begin), [Section::Due]);
        // Within the month, but not within the threshold.
        let thresholds = Thresholds {
            credential_soon: SignedDuration::from_hours(14 * 24),
            ..Thresholds::default()
        };
        let timeline = Timeline::new(
            &index(&[(None, Some(time("2026-11-30T00:00:00Z")))]),
            |_| true,
            time("2026-11-02T00:00:00Z"),
            &thresholds,
            &TimeZone::UTC,
            Zoom::Year,
        );
        assert_eq!(timeline.rows[0].section, Section::Later);
    }

    #[test]
    fn bars_end_at_the_expiry_date() {
        let timeline = ending(
            "2026-11-15T00:00:00Z",
            &[
                "2026-09-01T00:00:00Z", // before the window
                "2026-10-15T00:00:00Z",
                "2026-11-14T00:00:00Z",
                "2026-12-15T00:00:00Z",
                "2027-06-15T00:00:00Z",
                "2027-11-20T00:00:00Z", // not yet valid
                "2029-03-01T00:00:00Z", // valid after the window
            ],
        );
        let bars: Vec<String> = timeline
            .rows
            .iter()
            .map(|row| drawn(&timeline.bar(row, 14 * 3 + DATE)))
            .collect();
        assert_eq!(
            bars,
            [
                "    | expired Sep 2026: rotate now",
                "=>  | expired 15 Oct: rotate now",
                "====| expired 14 Nov: rotate now",
                "====|--> 15 Dec",
                "    |-----------------------------------> 20 Nov",
                "====|--------------------> 15 Jun",
                "    | valid from Mar 2028",
            ]
        );
    }

    #[test]
    fn leap_day_has_its_own_column() {
        let now = time("2028-01-15T00:00:00Z");
        let end = time("2028-02-29T23:59:59Z");
        let timeline = timeline_of(&[(None, Some(end))], now, &TimeZone::UTC, Zoom::Year);
        let column = |text: &str| timeline.window.column(time(text), 1000);
        assert!(column("2028-02-28T23:59:59Z") < column("2028-02-29T23:59:59Z"));
        assert!(column("2028-02-29T23:59:59Z") <= column("2028-03-01T00:00:00Z"));
        let bar = timeline.bar(&timeline.rows[0], 100);
        assert_eq!(bar.last(), Some(&Piece::Text("29 Feb".to_owned())));
        // A month before the end of March in a leap year is still in February.
        let march = timeline_of(
            &[],
            time("2028-03-31T12:00:00Z"),
            &TimeZone::UTC,
            Zoom::Year,
        );
        assert_eq!(march.window.marks[0].0, time("2028-02-01T00:00:00Z"));
    }

    #[test]
    fn expiry_date_is_in_the_users_time_zone() {
        let end = time("2026-12-18T23:30:00Z");
        let now = time("2026-11-22T14:03:00Z");
        for (zone_name, day) in [("Europe/Berlin", "19 Dec"), ("America/New_York", "18 Dec")] {
            let timeline = timeline_of(&[(None, Some(end))], now, &zone(zone_name), Zoom::Year);
            let bar = timeline.bar(&timeline.rows[0], 100);
            assert_eq!(bar.last(), Some(&Piece::Text(day.to_owned())));
        }
    }

    #[test]
    fn selected_row_stays_visible_with_its_heading() {
        let timeline = ending("2026-11-02T12:00:00Z", &["2027-09-19T00:00:00Z"; 50]);
        for height in 1..60 {
            let mut first = 0;
            let there: Vec<Uuid> = timeline.order().collect();
            for id in there.iter().chain(there.iter().rev()) {
                first = timeline.scrolled(first, Some(*id), height);
                let line = timeline
                    .lines
                    .iter()
                    .position(
                        |line| matches!(line, TimelineLine::Row(at) if timeline.rows[*at].identity == *id),
                    )
                    .unwrap();
                assert!((first..first + height).contains(&line), "{height}: {line}");
            }
            if height > 2 {
                assert_eq!(first, 0, "{height}");
            }
        }
    }

    fn any_time() -> impl Strategy<Value = Timestamp> {
        // 1995 to 2090: leap days, clock changes and changes of their rules.
        (800_000_000i64..3_800_000_000, 0i32..1_000_000_000)
            .prop_map(|(second, nano)| Timestamp::new(second, nano).unwrap())
    }

    proptest! {
        #[test]
        fn months_and_weeks_start_at_local_midnight(
            now in any_time(),
            place in 0..ZONES.len(),
            zoom in 0..Zoom::ALL.len(),
        ) {
            let zone = zone(ZONES[place]);
            let window = Window::new(now, &zone, Zoom::ALL[zoom]);
            prop_assert!(window.contains(now));
            for pair in window.marks.windows(2) {
                prop_assert!(pair[0].0 < pair[1].0);
            }
            for (at, _) in &window.marks {
                let here = at.to_zoned(zone.clone());
                prop_assert_eq!(here.start_of_day().unwrap().timestamp(), *at);
                let begins = match Zoom::ALL[zoom] {
                    Zoom::Weeks => here.date().weekday() == Weekday::Monday,
                    _ => here.date().day() == 1,
                };
                prop_assert!(begins, "{}", here);
            }
        }

        #[test]
        fn later_times_are_never_further_left(now in any_time(), a in any_time(), b in any_time(), columns in 0u16..300) {
            let window = Window::new(now, &zone(ZONES[0]), Zoom::Year);
            let (a, b) = (a.min(b), a.max(b));
            prop_assert!(window.column(a, columns) <= window.column(b, columns));
            prop_assert!(window.column(b, columns) < columns.max(1));
        }

        #[test]
        fn bar_stays_within_its_columns_and_today_in_its_column(
            now in any_time(),
            begin in proptest::option::of(any_time()),
            end in proptest::option::of(any_time()),
            zoom in 0..Zoom::ALL.len(),
            columns in 10u16..300,
        ) {
            let timeline = timeline_of(&[(begin, end)], now, &zone(ZONES[2]), Zoom::ALL[zoom]);
            let bar = timeline.bar(&timeline.rows[0], columns);
            let Some((Piece::Text(_), pieces)) = bar.split_last() else {
                return Err(TestCaseError::fail("no words"));
            };
            let mut column = 0;
            for piece in pieces {
                match piece {
                    Piece::Gap(count) | Piece::Past(count) | Piece::Ahead(count) => column += count,
                    Piece::Today | Piece::TodayLine => {
                        prop_assert_eq!(column, timeline.today(columns));
                        column += 1;
                    }
                    Piece::End | Piece::Beyond => column += 1,
                    Piece::Text(_) => prop_assert!(false, "text inside the bar"),
                }
            }
            prop_assert!(column <= Timeline::drawn_columns(columns).max(1));
        }

        #[test]
        fn order_is_the_same_at_every_zoom(
            now in any_time(),
            spans in proptest::collection::vec((proptest::option::of(any_time()), proptest::option::of(any_time())), 0..20),
        ) {
            let order = |zoom| {
                let timeline = timeline_of(&spans, now, &TimeZone::UTC, zoom);
                timeline.order().collect::<Vec<_>>()
            };
            let year = order(Zoom::Year);
            prop_assert_eq!(year.len(), spans.len());
            prop_assert_eq!(&year, &order(Zoom::Weeks));
            prop_assert_eq!(&year, &order(Zoom::TwoYears));
        }

        #[test]
        fn month_names_never_overlap(now in any_time(), columns in 0u16..300, zoom in 0..Zoom::ALL.len()) {
            let window = Window::new(now, &TimeZone::UTC, Zoom::ALL[zoom]);
            for pair in window.names(columns).windows(2) {
                prop_assert!(usize::from(pair[0].0) + pair[0].1.len() < usize::from(pair[1].0));
            }
        }
    }
}
