//! What a verdict, a finding or an error means and what to do, as lines to read.

use uuid::Uuid;

use super::command::Command;
use super::model::{ErrorEntry, Model};
use super::{time, words};
use crate::app::doctor::Finding;
use crate::app::guide::{self, Topic};
use crate::app::{EnvironmentEntry, IdentityEntry, TierResult, Verdict};
use aemkeys_core::credential::Problem;
use aemkeys_core::credential::validity::State;
use aemkeys_core::explain::Who;

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
        (
            "Answered by",
            result
                .answered_by
                .filter(|_| !result.verdict.is_success())
                .map(Who::words),
        ),
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
        if let Ok(explained) = crate::app::explain::explain(&record.verdict) {
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

/// What the identity needs most: what AEM refused last, else a credential that ends.
pub fn topic_of(
    model: &Model,
    environment: &EnvironmentEntry,
    identity: &IdentityEntry,
) -> Option<Topic> {
    let refused = identity.last_test.iter().find_map(|record| {
        let verdict = Verdict::ALL
            .into_iter()
            .find(|verdict| verdict.code().as_str() == record.verdict)?;
        guide::topic_for_verdict(verdict, identity.kind)
    });
    let ends = matches!(
        model.credential_state(identity),
        State::Expired | State::Urgent
    );
    if ends {
        Some(Topic::Rotate)
    } else if environment.hosts.is_empty() {
        None
    } else {
        refused
    }
}

/// What an error means, and the guide that leads out of it.
pub fn explain_problem(
    model: &Model,
    about: String,
    found: &Problem,
    identity: Option<Uuid>,
) -> Command {
    let known = identity.and_then(|id| model.index.identity(id));
    let kind = known.map(|(_, identity)| identity.kind);
    let mut verdicts = Verdict::ALL.into_iter();
    let verdict = verdicts.find(|verdict| verdict.code() == found.code);
    let topic = match (verdict, kind) {
        (Some(verdict), Some(kind)) => guide::topic_for_verdict(verdict, kind),
        _ => found.code.topic(),
    };
    Command::explain(about, problem(found), topic, identity)
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
