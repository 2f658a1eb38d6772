//! Explanations of verdicts, findings and errors, with their next steps, as text.

use std::time::Duration;

use uuid::Uuid;

use super::action::Action;
use super::command::AppCommand;
use super::model::{ErrorEntry, Model};
use crate::app::doctor::Finding;
use crate::app::guide::{self, Topic};
use crate::app::{EnvironmentEntry, IdentityEntry, TierResult, Verdict};
use aemkeys_core::credential::text::counted;
use aemkeys_core::credential::validity::Urgency;
use aemkeys_core::credential::{Guidance, Problem};
use aemkeys_core::explain::Who;
use aemkeys_core::time;

/// Returns the parts with their titles; empty ones are left out.
fn sections<const N: usize>(parts: [(&str, Option<String>); N]) -> Vec<String> {
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

fn in_keys(model: &Model, step: Option<&Guidance>) -> Option<String> {
    step.map(|step| model.in_keys(step))
}

pub fn problem(model: &Model, problem: &Problem) -> Vec<String> {
    sections([
        ("Error", Some(problem.message.clone())),
        ("Cause", problem.cause.clone()),
        ("Next step", in_keys(model, problem.next_step.as_ref())),
        ("Debug id for Adobe support", problem.debug_id.clone()),
        ("Code", Some(problem.code.to_string())),
    ])
}

pub fn finding(model: &Model, finding: &Finding) -> Vec<String> {
    sections([
        ("Finding", Some(finding.text.clone())),
        ("Next step", in_keys(model, finding.next_step.as_ref())),
    ])
}

/// Returns who answered, and who is signed in as far as the answer shows it.
pub fn answer(result: &TierResult) -> Option<String> {
    let who = result.answered_by?;
    let by = match who {
        Who::Unknown => "answered".to_owned(),
        who => format!("answered by {}", who.words()),
    };
    Some(match (&result.user, result.verdict) {
        // Only AEM knows its users, through whatever the answer came.
        (Some(user), _) => format!("answered by AEM, signed in as {user}"),
        (None, Verdict::Anonymous) => format!("{by}, not signed in"),
        (None, Verdict::Answered) => format!("{by}; it is not known who is signed in"),
        _ if who == Who::Unknown => return None,
        _ => by,
    })
}

/// Explains the result of a tier. What to do is before what was observed, because a small screen cuts the end.
pub fn tier(model: &Model, result: &TierResult) -> Vec<String> {
    let mut found = result.verdict.words().to_owned();
    if let Some(status) = result.status {
        found.extend([", status ", &status.to_string()]);
    }
    let groups = (!result.groups.is_empty()).then(|| result.groups.join(", "));
    sections([
        ("Result", Some(found)),
        ("Cause", result.cause.clone()),
        ("Next step", in_keys(model, result.next_step.as_ref())),
        ("Answer", answer(result)),
        ("Groups", groups),
        ("Response", result.seen.clone()),
        ("Request", Some(format!("GET {}", result.url))),
    ])
}

/// Explains the last tests of an identity.
pub fn identity(
    model: &Model,
    environment: &EnvironmentEntry,
    identity: &IdentityEntry,
) -> Vec<String> {
    if identity.last_test.is_empty() {
        let text = if environment.hosts.is_empty() {
            let edit = model.press(Action::Edit);
            format!("This environment has no hosts. To set them, {edit}.")
        } else {
            let test = model.press(Action::Test);
            format!("Not tested. To test author, publish and preview, {test} on the list.")
        };
        return sections([("Test calls", Some(text))]);
    }
    let mut lines = Vec::new();
    for record in &identity.last_test {
        if !lines.is_empty() {
            lines.push(String::new());
        }
        lines.push(format!("# {} at {}", record.tier.as_str(), record.host));
        let status = record
            .status
            .map_or_else(|| "no response".to_owned(), |status| status.to_string());
        lines.push(format!(
            "{}, {status}, {}, {}",
            record.words(),
            time::response_time(Duration::from_millis(record.elapsed_ms)),
            time::date_time(record.at, &model.settings.zone)
        ));
        if let Some(user) = &record.user {
            lines.push(format!(
                "signed in as {user}, {}",
                counted(record.groups, "group")
            ));
        }
        if let Ok(explained) = crate::app::explain::explain(&record.verdict) {
            lines.extend(explained.cause);
            lines.extend(
                explained
                    .next_step
                    .map(|step| format!("next: {}", model.in_keys(&step))),
            );
        }
    }
    lines.push(String::new());
    lines.push(format!("To test again, {}.", model.press(Action::Test)));
    lines
}

/// Describes the token of a successful exchange.
pub fn exchanged(model: &Model, identity: &IdentityEntry) -> Vec<String> {
    let token = identity.token.as_ref();
    let end = token.and_then(|token| token.expires_at);
    let end = end.map(|end| time::date_time(end, &model.settings.zone));
    sections([
        ("Result", Some("new token".to_owned())),
        ("Expires", end),
        (
            "Fingerprint",
            token.map(|token| token.fingerprint.to_string()),
        ),
    ])
}

/// Returns the most useful guide for the identity: rotation if the credential expires, else for the last refusal.
pub fn topic_of(
    model: &Model,
    environment: &EnvironmentEntry,
    identity: &IdentityEntry,
) -> Option<Topic> {
    let refused = identity.last_test.iter().find_map(|record| {
        guide::topic_for_verdict(crate::app::test_call::known_verdict(record)?, identity.kind)
    });
    let ends = matches!(
        model.credential_state(identity),
        Urgency::Expired | Urgency::Urgent
    );
    if ends {
        Some(Topic::Rotate)
    } else if environment.hosts.is_empty() {
        None
    } else {
        refused
    }
}

/// Explains an error, with the guide that helps.
pub fn error(model: &Model, about: String, found: &Problem, identity: Option<Uuid>) -> AppCommand {
    let known = identity.and_then(|id| model.index.identity(id));
    let kind = known.map(|(_, identity)| identity.kind);
    let mut verdicts = Verdict::ALL.into_iter();
    let verdict = verdicts.find(|verdict| verdict.code() == found.code);
    let topic = match (verdict, kind) {
        (Some(verdict), Some(kind)) => guide::topic_for_verdict(verdict, kind),
        _ => found.code.topic(),
    };
    AppCommand::explain(about, problem(model, found), topic, identity)
}

/// Returns the identity whose name begins the text of an entry.
pub fn subject(model: &Model, text: &str) -> Option<Uuid> {
    let (name, _) = text.split_once(": ")?;
    let mut identities = model.identities();
    let found = identities.find(|(_, identity)| model.name_of(identity.id) == name)?;
    Some(found.1.id)
}

/// Returns a report for a bug or a colleague, without names of hosts or accounts other than those in the error.
pub fn report(entry: &ErrorEntry) -> String {
    let mut text = format!(
        "aemkeys {}\n{}\ncode: {}\nerror: {}",
        env!("CARGO_PKG_VERSION"),
        entry.at,
        entry.problem.code,
        entry.problem.message
    );
    for (title, part) in [
        ("cause", &entry.problem.cause),
        (
            "next",
            &entry.problem.next_step.as_ref().map(Guidance::in_shell),
        ),
        ("x-debug-id", &entry.problem.debug_id),
    ] {
        if let Some(part) = part {
            text.extend(["\n", title, ": ", part]);
        }
    }
    text
}

/// Formats the verdicts of tiers: `author signed in, publish anonymous`.
pub fn verdicts<'a>(tiers: impl IntoIterator<Item = &'a TierResult>) -> String {
    let verdicts = tiers
        .into_iter()
        .map(|tier| format!("{} {}", tier.tier.as_str(), tier.verdict.words()));
    verdicts.collect::<Vec<_>>().join(", ")
}

/// Returns whether the only failures are answers to a path of the user's own that say nothing against the token.
pub fn is_about_path(tiers: &[TierResult]) -> bool {
    let mut refused = tiers.iter().filter(|tier| !tier.verdict.is_success());
    let has_refused = refused.clone().next().is_some();
    has_refused
        && refused.all(|tier| {
            let about_path = [
                Verdict::NotFound,
                Verdict::NotPermitted,
                Verdict::Redirected,
            ];
            !tier.is_sign_in_check() && about_path.contains(&tier.verdict)
        })
}

/// Returns the failed tiers as a problem, with cause and next step of the first one.
pub fn refusal(tiers: &[TierResult]) -> Option<Problem> {
    let refused = || tiers.iter().filter(|tier| !tier.verdict.is_success());
    let first = refused().next()?;
    Some(Problem {
        cause: first.cause.clone().or_else(|| first.seen.clone()),
        next_step: first.next_step.clone(),
        ..Problem::new(first.verdict.code(), verdicts(refused()))
    })
}
