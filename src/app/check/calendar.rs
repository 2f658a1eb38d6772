//! Calendar output (RFC 5545): one event per credential, with alarms. A newer import replaces an older one.
//!
//! Written by hand, because one kind of event takes one page of code, and the crates for it bring a second date library.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::{ExpiringItem, ExpiryFinding};
use aemkeys_core::credential::validity::Thresholds;
use aemkeys_core::time;

/// The longest line in octets before folding (RFC 5545, 3.1).
const LINE: usize = 75;
/// 1 January 2020: seconds from here fit SEQUENCE until 2088.
const FIRST_SEQUENCE: i64 = 1_577_836_800;

/// Writes all credentials that expire. Tokens are left out, as they expire within a day.
///
/// Events are moments in UTC, not whole days: a certificate expires at the same second for everyone, whereas a whole day
/// differs between time zones, and its alarms would ring at midnight.
pub fn write(findings: &[ExpiryFinding], thresholds: &Thresholds, now: Timestamp) -> String {
    let mut calendar = Calendar::default();
    calendar.line("BEGIN:VCALENDAR");
    calendar.line("VERSION:2.0");
    calendar.line("PRODID:-//aemkeys//credentials//EN");
    calendar.line("CALSCALE:GREGORIAN");
    calendar.line("METHOD:PUBLISH");
    calendar.line("X-WR-CALNAME:AEM credentials");
    for finding in findings {
        if let (ExpiringItem::Credential, Some(end)) = (finding.subject, finding.expires_at) {
            calendar.event(finding, end, thresholds, now);
        }
    }
    calendar.line("END:VCALENDAR");
    calendar.0
}

#[derive(Default)]
struct Calendar(String);

impl Calendar {
    fn event(
        &mut self,
        finding: &ExpiryFinding,
        end: Timestamp,
        thresholds: &Thresholds,
        now: Timestamp,
    ) {
        let stamp = time::calendar_time(now);
        self.line("BEGIN:VEVENT");
        // The UID belongs to the identity, not to the certificate: a rotation moves the event.
        let what = if finding.still_used_by.is_empty() {
            "credential"
        } else {
            "old-credential"
        };
        self.line(&format!("UID:{}-{what}@aemkeys", finding.id));
        self.line(&format!("DTSTAMP:{stamp}"));
        self.line(&format!("LAST-MODIFIED:{stamp}"));
        // From the time of writing, so that going back to an older certificate also updates the event.
        let sequence = (now.as_second() - FIRST_SEQUENCE).clamp(0, i64::from(i32::MAX));
        self.line(&format!("SEQUENCE:{sequence}"));
        self.line(&format!("DTSTART:{}", time::calendar_time(end)));
        self.text(
            "SUMMARY",
            &match finding.still_used() {
                Some(who) => format!("Old AEM credential of {} expires, {who}", finding.name),
                None => format!("AEM credential of {} expires", finding.name),
            },
        );
        self.text("DESCRIPTION", &description(finding, end));
        self.line("CATEGORIES:aemkeys");
        // The event must not show the user as busy.
        self.line("TRANSP:TRANSPARENT");
        let mut before = [
            thresholds.credential_soon,
            thresholds.credential_urgent,
            thresholds.credential_notice,
        ];
        before.sort_by(|a, b| b.cmp(a));
        let mut said = None;
        for span in before {
            if !span.is_zero() && said != Some(span) {
                self.alarm(finding, span);
                said = Some(span);
            }
        }
        self.line("END:VEVENT");
    }

    fn alarm(&mut self, finding: &ExpiryFinding, before: SignedDuration) {
        self.line("BEGIN:VALARM");
        self.line("ACTION:DISPLAY");
        self.line(&format!("TRIGGER:-{}", time::calendar_duration(before)));
        self.text(
            "DESCRIPTION",
            &match finding.still_used() {
                Some(who) => format!("Old AEM credential of {} expires, {who}", finding.name),
                None => format!("AEM credential of {} expires: rotate it", finding.name),
            },
        );
        self.line("END:VALARM");
    }

    /// Writes a property with a text value.
    fn text(&mut self, name: &str, value: &str) {
        self.line(&format!("{name}:{}", escape(value)));
    }

    /// Writes a line, folded between characters: continuation lines start with a space.
    fn line(&mut self, line: &str) {
        let mut used = 0;
        for letter in line.chars() {
            if used + letter.len_utf8() > LINE {
                self.0.push_str("\r\n ");
                used = 1;
            }
            self.0.push(letter);
            used += letter.len_utf8();
        }
        self.0.push_str("\r\n");
    }
}

fn description(finding: &ExpiryFinding, end: Timestamp) -> String {
    let mut lines = vec![format!(
        "{}: {}, {}",
        finding.name,
        finding.environment_type.as_str(),
        finding.kind.as_str()
    )];
    let mut say = |label: &str, value: Option<String>| {
        lines.extend(value.map(|value| format!("{label}: {value}")));
    };
    say("Customer", finding.customer.clone());
    say("Expires", Some(time::date_time(end, &TimeZone::UTC)));
    say("Who must act", finding.who_must_act().map(str::to_owned));
    let step = if finding.still_used_by.is_empty() {
        finding.replacement()
    } else {
        finding.next_step()
    };
    say("Next step", step.map(|step| step.in_shell()));
    say("Console", finding.console_url.clone());
    lines.join("\n")
}

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '\\' | ';' | ',' => escaped.extend(['\\', letter]),
            '\n' => escaped.push_str("\\n"),
            letter if letter.is_control() => {}
            letter => escaped.push(letter),
        }
    }
    escaped
}
