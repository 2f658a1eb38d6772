//! The time window of the timeline, and the months or weeks in it.

use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use aemkeys_core::time;

/// The length of the time window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Zoom {
    TwoYears,
    #[default]
    Year,
    HalfYear,
    Weeks,
}

impl Zoom {
    pub const ALL: [Self; 4] = [Self::TwoYears, Self::Year, Self::HalfYear, Self::Weeks];

    #[must_use]
    pub fn zoom_in(self) -> Self {
        match self {
            Self::TwoYears => Self::Year,
            Self::Year => Self::HalfYear,
            Self::HalfYear | Self::Weeks => Self::Weeks,
        }
    }

    #[must_use]
    pub fn zoom_out(self) -> Self {
        match self {
            Self::TwoYears | Self::Year => Self::TwoYears,
            Self::HalfYear => Self::Year,
            Self::Weeks => Self::HalfYear,
        }
    }

    /// The length of the window after today.
    pub fn words(self) -> &'static str {
        match self {
            Self::TwoYears => "2 years",
            Self::Year => "12 months",
            Self::HalfYear => "6 months",
            Self::Weeks => "12 weeks",
        }
    }

    /// The start of each month or week and the end of the last one: from the previous one to the last one shown.
    fn starts(self, today: Date) -> Option<Vec<Date>> {
        let months = |ahead: i32| -> Option<Vec<Date>> {
            let first = today.first_of_month().checked_sub(1.month()).ok()?;
            (0..=ahead + 2)
                .map(|month| first.checked_add(month.months()).ok())
                .collect()
        };
        match self {
            Self::TwoYears => months(24),
            Self::Year => months(12),
            Self::HalfYear => months(6),
            Self::Weeks => {
                let into_week = i32::from(today.weekday().since(Weekday::Monday));
                let first = today.checked_sub((into_week + 7).days()).ok()?;
                (0..=14)
                    .map(|week| first.checked_add((week * 7).days()).ok())
                    .collect()
            }
        }
    }

    fn name(self, date: Date) -> String {
        match self {
            Self::Weeks => time::day_and_month(date),
            Self::TwoYears => time::month_and_year(date),
            _ => time::month(date),
        }
    }
}

/// The time window, in the user's time zone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Window {
    pub(super) start: Timestamp,
    pub(super) end: Timestamp,
    /// The starts of months or weeks, with their names.
    pub marks: Vec<(Timestamp, String)>,
}

impl Window {
    pub(super) fn new(now: Timestamp, zone: &TimeZone, zoom: Zoom) -> Self {
        let today = now.to_zoned(zone.clone()).date();
        // At the limits of the calendar there are no further months: use a single moment.
        let mut marks: Vec<(Timestamp, String)> = zoom
            .starts(today)
            .unwrap_or_default()
            .into_iter()
            .filter_map(|date| {
                let day = date.to_zoned(zone.clone()).ok()?;
                Some((day.timestamp(), zoom.name(date)))
            })
            .collect();
        let end = marks.pop().map_or(now, |(end, _)| end);
        Self {
            start: marks.first().map_or(now, |(start, _)| *start),
            end,
            marks,
        }
    }

    /// The columns and names of the marks: all, or every second, third and so on, so that the names fit.
    pub fn names(&self, columns: u16) -> Vec<(u16, &str)> {
        let places: Vec<(u16, &str)> = self
            .marks
            .iter()
            .map(|(at, name)| (self.column(*at, columns), name.as_str()))
            .collect();
        let widest = places.iter().map(|(_, name)| name.len()).max().unwrap_or(0);
        let fits = |step: usize| {
            let mut kept = places
                .iter()
                .step_by(step)
                .map(|(column, _)| usize::from(*column));
            let mut before = kept.next().unwrap_or(0);
            kept.all(|column| column > std::mem::replace(&mut before, column) + widest)
        };
        let step = [1, 2, 3, 4, 6, 12]
            .into_iter()
            .find(|step| fits(*step))
            .unwrap_or(usize::MAX);
        places.into_iter().step_by(step).collect()
    }

    pub fn contains(&self, at: Timestamp) -> bool {
        self.start <= at && at < self.end
    }

    /// The column of a moment, clamped to the window.
    pub fn column(&self, at: Timestamp, columns: u16) -> u16 {
        let whole = i128::from(self.end.as_second() - self.start.as_second()).max(1);
        let part = i128::from(at.as_second() - self.start.as_second()).clamp(0, whole);
        u16::try_from(part * i128::from(columns) / whole)
            .unwrap_or(columns)
            .min(columns.saturating_sub(1))
    }
}
