//! Notices on the desktop about what expires: once per identity and state, remembered in the state folder.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::check::ExpiryFinding;
use super::{AppContext, state_file};
use crate::platform::{desktop_notification, lock};
use aemkeys_core::credential::text::counted;
use aemkeys_core::credential::{Code, Problem};

const FILE: &str = "notified.json";
/// The names in one notice.
const NAMED: usize = 3;

/// Shows one notice about everything that needs attention and was in no earlier notice. Returns how many findings were new.
pub fn notify(
    context: &AppContext,
    findings: &[ExpiryFinding],
    now: Timestamp,
) -> Result<usize, Problem> {
    let Some(state) = &context.state_dir else {
        return Ok(0);
    };
    // Two checks at once would both find the same.
    let _lock = lock::acquire(&state.join("locks"), "notices", lock::DEADLINE)?;
    let before: BTreeSet<String> = state_file::read(context, FILE);
    let counting = findings
        .iter()
        .filter(|it| it.counts && it.state.needs_attention());
    let current: Vec<(String, &ExpiryFinding)> = counting.map(|it| (key(it), it)).collect();
    let new: Vec<&ExpiryFinding> = current
        .iter()
        .filter(|(key, _)| !before.contains(key))
        .map(|(_, finding)| *finding)
        .collect();
    if !new.is_empty() {
        desktop_notification::show("aemkeys", &text(&new, now)).map_err(|why| {
            Problem::new(Code::NoDesktop, "could not show a desktop notification")
                .cause(why)
                .next_step("run the check in your desktop session; it is shown at the next one")
        })?;
    }
    // What no longer needs attention is forgotten, so that it is reported if it does again. What was not checked is kept.
    let was_checked = |key: &str| {
        let (id, _) = key.split_once(' ').unwrap_or((key, ""));
        findings.iter().any(|it| it.id == id)
    };
    let others = before.iter().filter(|key| !was_checked(key)).cloned();
    let after: BTreeSet<String> = current
        .into_iter()
        .map(|(key, _)| key)
        .chain(others)
        .collect();
    if after != before {
        state_file::write(context, FILE, &after, "could not remember the notification")?;
    }
    Ok(new.len())
}

/// Returns what a notice is about: the identity, what expires and when, and how urgent it is.
fn key(finding: &ExpiryFinding) -> String {
    let end = finding.expires_at.map_or(0, Timestamp::as_second);
    let (id, what, state) = (&finding.id, finding.what(), finding.state.label());
    format!("{id} {what} {end} {state}")
}

/// Returns the text of a notice: names and times only.
fn text(new: &[&ExpiryFinding], now: Timestamp) -> String {
    let line = |it: &&ExpiryFinding| format!("{}: {} {}", it.name, it.what(), it.when(now));
    let mut lines: Vec<String> = new.iter().take(NAMED).map(line).collect();
    if new.len() > NAMED {
        lines.push(format!("and {} more", new.len() - NAMED));
    }
    if new.len() > 1 {
        let count = counted(new.len(), "identity");
        lines.insert(0, format!("{count} to look at:"));
    }
    lines.join("\n")
}
