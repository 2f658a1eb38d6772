//! The results in the details: failed exchanges and tests, and the last test of each tier.

use std::time::Duration;

use jiff::Timestamp;
use ratatui::style::Style;
use ratatui::text::Span;

use super::{Details, LABEL};
use crate::app::{EnvironmentEntry, IdentityEntry, TierRecord};
use crate::tui::action::Action;
use crate::tui::theme::Theme;
use crate::tui::widgets::{hanging, hint, problem};
use aemkeys_core::credential::text::counted;
use aemkeys_core::time;

impl Details<'_, '_> {
    /// The failed exchange and test, with time and reason.
    pub(super) fn failures(&mut self, identity: &IdentityEntry) {
        let (model, theme) = (self.model, self.theme);
        for (attempt, failure) in model.failures.of(identity.id) {
            let at = time::near(failure.at, model.now, &model.settings.zone);
            let title = format!("{} {} at {at}", theme.glyphs.over, attempt.title());
            self.wrapped(&title, theme.over);
            let message = &failure.problem.message;
            let indent = vec![Span::raw("  ")];
            let reason = hanging(indent, message, theme.text, self.columns);
            self.lines.extend(reason);
            let why = problem::details(model, &failure.problem, 2, self.columns, theme);
            self.lines.extend(why);
            let mut keys = vec![Span::raw("  ")];
            for action in [Action::Explain, Action::Dismiss] {
                let key = model.settings.keymap.hint(action).unwrap_or_default();
                keys.extend(hint(key, format!("{}  ", action.entry().title), theme));
            }
            self.push(keys);
            self.gap();
        }
    }

    pub(super) fn tests(&mut self, environment: &EnvironmentEntry, identity: &IdentityEntry) {
        if environment.hosts.is_empty() {
            return;
        }
        self.gap();
        let when = identity.last_test.first().map_or_else(
            || "not tested".to_owned(),
            |first| time::relative(first.at, self.model.now),
        );
        self.title("Tested", when, self.theme.quiet);
        for record in &identity.last_test {
            self.test(environment, record);
        }
    }

    fn test(&mut self, environment: &EnvironmentEntry, record: &TierRecord) {
        let (glyph, style) = verdict(self.theme, record);
        let words = record.words();
        let success = style == self.theme.fine;
        let own = environment
            .hosts
            .publish_domain
            .as_ref()
            .is_some_and(|domain| domain.as_str() == record.host);
        let label = if own { "domain" } else { record.tier.as_str() };
        let rest = if success {
            let groups = match (record.user.is_some(), record.groups) {
                (false, _) => String::new(),
                (true, count) => format!(", {}", counted(count, "group")),
            };
            let took = time::response_time(Duration::from_millis(record.elapsed_ms));
            format!("{groups}, {took}")
        } else {
            format!(": {}", self.model.press(Action::Explain))
        };
        self.push(vec![
            Span::styled(format!("{label:<LABEL$}"), self.theme.quiet),
            Span::styled(format!("{glyph} {words}"), style),
            Span::styled(rest, self.theme.quiet),
        ]);
    }
}

/// When the identity was tested, with the glyph and style of the worst result.
pub fn last_test<'a>(
    theme: &Theme,
    identity: &IdentityEntry,
) -> Option<(Timestamp, &'a str, Style)> {
    let first = identity.last_test.first()?;
    let verdicts = identity.last_test.iter();
    let (glyph, style) = verdicts
        .map(|record| verdict(theme, record))
        .find(|(_, style)| *style != theme.fine)
        .unwrap_or_else(|| verdict(theme, first));
    Some((first.at, glyph, style))
}

fn verdict<'a>(theme: &Theme, record: &TierRecord) -> (&'a str, Style) {
    crate::app::test_call::known_verdict(record)
        .map_or((theme.glyphs.unknown, theme.quiet), |verdict| {
            theme.tier(record.tier, verdict)
        })
}
