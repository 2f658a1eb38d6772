//! What does this verdict, finding or error mean, and what is to be done? Lines for the reading page.

use super::model::{ErrorEntry, Model};
use super::{time, words};
use crate::app::doctor::Finding;
use crate::app::{EnvironmentEntry, IdentityEntry, TierResult};
use crate::credential::Problem;

fn sections(parts: &[(&str, Option<&str>)]) -> Vec<String> {
    let mut lines = Vec::new();
    for (title, text) in parts {
        let Some(text) = text.filter(|text| !text.is_empty()) else {
            continue;
        };
        if !lines.is_empty() {
            lines.push(String::new());
        }
        lines.push(format!("# {title}"));
        lines.extend(text.lines().map(str::to_owned));
    }
    lines
}

pub fn problem(problem: &Problem) -> Vec<String> {
    sections(&[
        ("What happened", Some(&problem.message)),
        ("Why", problem.cause.as_deref()),
        ("What to do", problem.next_step.as_deref()),
        ("Adobe's debug id, for support", problem.debug_id.as_deref()),
        ("Code", Some(problem.code.as_str())),
    ])
}

pub fn finding(finding: &Finding) -> Vec<String> {
    sections(&[
        ("Finding", Some(&finding.text)),
        ("What to do", finding.next_step.as_deref()),
    ])
}

/// What was asked, what was seen, what it means.
pub fn tier(result: &TierResult) -> Vec<String> {
    let asked = format!(
        "GET {}{}",
        result.url,
        result
            .status
            .map_or_else(String::new, |status| format!("\nanswered {status}"))
    );
    let who = result.user.as_ref().map(|user| {
        if result.groups.is_empty() {
            user.clone()
        } else {
            format!("{user}\nin {}", result.groups.join(", "))
        }
    });
    sections(&[
        ("Asked", Some(&asked)),
        ("Verdict", Some(result.verdict.words())),
        ("Who", who.as_deref()),
        ("Why", result.cause.as_deref()),
        ("Seen", result.seen.as_deref()),
        ("What to do", result.next_step.as_deref()),
    ])
}

/// The last tests of an identity, and what each says.
pub fn identity(
    model: &Model,
    environment: &EnvironmentEntry,
    identity: &IdentityEntry,
) -> Vec<String> {
    if identity.last_test.is_empty() {
        return sections(&[(
            "Test calls",
            Some(if environment.hosts.is_empty() {
                "This environment has no hosts yet: e sets them."
            } else {
                "Not tried yet: t asks author, publish and preview who you are."
            }),
        )]);
    }
    let mut lines = Vec::new();
    for record in &identity.last_test {
        if !lines.is_empty() {
            lines.push(String::new());
        }
        lines.push(format!("# {} at {}", record.tier.as_str(), record.host));
        let status = record
            .status
            .map_or_else(|| "no answer".to_owned(), |status| status.to_string());
        lines.push(format!(
            "{}, {status}, {} ms, {}",
            record.verdict.replace('-', " "),
            record.elapsed_ms,
            time::exact(record.at, &model.settings.zone)
        ));
        if let Some(user) = &record.user {
            lines.push(format!("as {user}, {} groups", record.groups));
        }
        if let Some(explained) = crate::app::explain::explain(&record.verdict) {
            lines.extend(explained.cause);
            lines.extend(explained.next_step.map(|step| {
                let step = words::in_keys(&step, &model.settings.keymap);
                format!("next: {step}")
            }));
        }
    }
    lines.push(String::new());
    lines.push("t asks again and shows cause and next step.".to_owned());
    lines
}

/// For a bug report or a colleague: no names of hosts or accounts but what the error says.
pub fn report(entry: &ErrorEntry) -> String {
    let mut text = format!(
        "aemkeys {}\n{}\ncode: {}\nwhat: {}",
        env!("CARGO_PKG_VERSION"),
        entry.at,
        entry.problem.code,
        entry.problem.message
    );
    for (title, part) in [
        ("why", &entry.problem.cause),
        ("next", &entry.problem.next_step),
        ("x-debug-id", &entry.problem.debug_id),
    ] {
        if let Some(part) = part {
            text.extend(["\n", title, ": ", part]);
        }
    }
    text
}
