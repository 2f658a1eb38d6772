//! Comparison of two responses to the same request: the rows, what is lost, and what could not be compared. Pure functions.

use super::Compared;
use crate::storage::TierRecord;
use aemkeys_core::aem::{TierResult, Verdict};
use aemkeys_core::credential::text::counted;
use aemkeys_core::credential::{Code, NextStep, Problem};
use aemkeys_core::environment::{Environment, Tier};
use aemkeys_core::guidance;

/// A row, and whether it is lost only because AEM does not answer now.
#[derive(Debug)]
pub(super) struct ResponseComparison {
    pub compared: Compared,
    pub outage: bool,
}

/// Whether the verdict says nothing about the credential.
pub(super) fn is_outage(verdict: Verdict) -> bool {
    matches!(
        verdict,
        Verdict::NoAnswer
            | Verdict::Hibernated
            | Verdict::BlockedAtCdn
            | Verdict::CdnCredentials
            | Verdict::CdnTimeout
            | Verdict::RateLimited
            | Verdict::Unexpected
    )
}

pub(super) fn sign_in(before: &TierResult, after: &TierResult) -> ResponseComparison {
    let mut lost = None;
    if before.verdict.is_success() {
        let missing: Vec<&str> = before
            .groups
            .iter()
            .filter(|group| !after.groups.contains(group))
            .map(String::as_str)
            .collect();
        if !after.verdict.is_success() {
            lost = Some(said(after));
        } else if !missing.is_empty() {
            lost = Some(format!(
                "{}: not in {}",
                after.tier.as_str(),
                missing.join(", ")
            ));
        }
    }
    row(None, Some(before), after, lost)
}

/// Compares with the last test, for when the old credential no longer works: author must accept the new one, and so must
/// every address where the last test was signed in, with at least as many groups.
pub(super) fn sign_in_alone(
    remembered: &[TierRecord],
    after: &[TierResult],
) -> Vec<ResponseComparison> {
    let has_author = after.iter().any(|answer| answer.tier == Tier::Author);
    let is_known = |record: &&TierRecord| record.verdict == Verdict::SignedIn.code().as_str();
    let any_known = remembered.iter().any(|record| is_known(&record));
    let anywhere = after.iter().any(|answer| answer.verdict.is_success());
    after
        .iter()
        .map(|answer| {
            let host = answer.host().to_owned();
            let known = remembered
                .iter()
                .filter(is_known)
                .find(|record| record.host == host);
            let must = answer.tier == Tier::Author
                || known.is_some()
                || (!has_author && !any_known && !anywhere);
            let groups = u32::try_from(answer.groups.len()).unwrap_or(u32::MAX);
            let lost = match known {
                _ if must && !answer.verdict.is_success() => Some(said(answer)),
                Some(record) if groups < record.groups => Some(format!(
                    "{}: in {}, in {} in the last test",
                    answer.tier.as_str(),
                    counted(groups, "group"),
                    record.groups
                )),
                _ => None,
            };
            row(None, None, answer, lost)
        })
        .collect()
}

/// Compares a saved path. Only a path that the old credential could call can be lost.
pub(super) fn path(path: &str, before: &TierResult, after: &TierResult) -> ResponseComparison {
    let answered = |result: &TierResult| result.verdict.is_success();
    let lost = (answered(before) && !answered(after))
        .then(|| format!("{} {path}: {}", after.tier.as_str(), status(after)));
    row(Some(path), Some(before), after, lost)
}

/// Checks a path when the old credential no longer works: a saved path must be answered on at least one tier.
pub(super) fn path_alone(path: &str, must: bool, after: &[TierResult]) -> Vec<ResponseComparison> {
    let nowhere = !after.iter().any(|answer| answer.verdict.is_success());
    after
        .iter()
        .map(|answer| {
            let lost = (must && nowhere)
                .then(|| format!("{} {path}: {}", answer.tier.as_str(), status(answer)));
            row(Some(path), None, answer, lost)
        })
        .collect()
}

fn row(
    path: Option<&str>,
    before: Option<&TierResult>,
    after: &TierResult,
    lost: Option<String>,
) -> ResponseComparison {
    let words = |result: &TierResult| {
        if path.is_some() {
            status(result)
        } else if result.verdict.is_success() {
            format!(
                "{}, {}",
                result.verdict.words(),
                counted(result.groups.len(), "group")
            )
        } else {
            result.verdict.words().to_owned()
        }
    };
    ResponseComparison {
        outage: lost.is_some() && is_outage(after.verdict),
        compared: Compared {
            tier: after.tier,
            host: after.host().to_owned(),
            path: path.map(str::to_owned),
            old: before.map(words),
            new: words(after),
            lost,
        },
    }
}

/// The tiers that accept the old credential: `author and publish accept`.
pub(super) fn accepting_tiers(answers: &[TierResult]) -> String {
    let mut tiers: Vec<&str> = answers
        .iter()
        .filter(|answer| answer.verdict.is_success())
        .map(|answer| answer.tier.as_str())
        .collect();
    tiers.dedup();
    match tiers.as_slice() {
        [] => "no tier accepts".to_owned(),
        [only] => format!("{only} accepts"),
        [first @ .., last] => format!("{} and {last} accept", first.join(", ")),
    }
}

/// The addresses where the old credential is not signed in, so that they cannot be compared: `publish (anonymous)`.
pub(super) fn not_compared(before: &[TierResult]) -> Option<String> {
    let silent: Vec<String> = before
        .iter()
        .filter(|answer| !answer.verdict.is_success())
        .map(|answer| {
            let (tier, words) = (answer.tier.as_str(), answer.verdict.words());
            format!("{tier} {} ({words})", answer.host())
        })
        .collect();
    (!silent.is_empty()).then(|| silent.join(", "))
}

pub(super) fn status(result: &TierResult) -> String {
    result.status.map_or_else(
        || result.verdict.words().to_owned(),
        |status| format!("{status} {}", result.verdict.words()),
    )
}

pub(super) fn said(result: &TierResult) -> String {
    format!("{}: {}", result.tier.as_str(), result.verdict.words())
}

/// The old credential works at IMS but signs in nowhere: the problem is AEM, and would affect the new one too.
pub(super) fn not_comparable(before: &[TierResult]) -> Problem {
    let said: Vec<String> = before.iter().map(said).collect();
    unanswered(
        "could not compare the credentials: no tier accepts the old one now",
        said.join("; "),
    )
}

pub(super) fn unanswered(message: &str, cause: String) -> Problem {
    Problem::new(Code::RotationNotCompared, message)
        .cause(cause)
        .next_step("try again when AEM answers")
}

/// No saved path could show what the new OAuth credential may do. `said` is the answer of a tier.
pub(super) fn not_testable(environment: &Environment, said: &str) -> Problem {
    Problem::new(
        Code::RotationNotProven,
        "the permissions of the new OAuth credential could not be tested",
    )
    .cause(format!("{said}, and no API path is saved to call instead"))
    .next_step(guidance![
        "to save an API path, ",
        NextStep::SavePath.of(&environment.name),
        "; then rotate again"
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(tier: Tier, verdict: Verdict, groups: &[&str]) -> TierResult {
        TierResult {
            tier,
            url: format!("https://{}.example/path", tier.as_str()),
            status: Some(200),
            verdict,
            answered_by: None,
            user: None,
            groups: groups.iter().map(|&group| group.to_owned()).collect(),
            elapsed_ms: 1,
            cause: None,
            seen: None,
            next_step: None,
            content_type: None,
            body: String::new(),
            body_cut: false,
        }
    }

    fn record(tier: Tier, groups: u32) -> TierRecord {
        TierRecord {
            tier,
            host: format!("{}.example", tier.as_str()),
            at: jiff::Timestamp::UNIX_EPOCH,
            status: Some(200),
            verdict: "signed-in".to_owned(),
            user: None,
            groups,
            elapsed_ms: 1,
        }
    }

    fn lost(rows: Vec<ResponseComparison>) -> Vec<String> {
        rows.into_iter()
            .filter_map(|row| row.compared.lost)
            .collect()
    }

    #[test]
    fn without_the_old_one_author_must_accept_with_as_many_groups() {
        let both = |author, publish| {
            [
                answer(Tier::Author, author, &["a", "b"]),
                answer(Tier::Publish, publish, &[]),
            ]
        };
        let fine = both(Verdict::SignedIn, Verdict::Anonymous);
        assert!(lost(sign_in_alone(&[], &fine)).is_empty());
        assert!(lost(sign_in_alone(&[record(Tier::Author, 2)], &fine)).is_empty());
        assert_eq!(
            lost(sign_in_alone(&[record(Tier::Author, 3)], &fine)),
            ["author: in 2 groups, in 3 in the last test"]
        );
        assert_eq!(
            lost(sign_in_alone(&[record(Tier::Publish, 0)], &fine)),
            ["publish: anonymous"]
        );
        let not_there = both(Verdict::TokenRefused, Verdict::SignedIn);
        assert_eq!(
            lost(sign_in_alone(&[], &not_there)),
            ["author: token refused"]
        );
    }

    #[test]
    fn without_the_old_one_a_saved_path_must_be_answered() {
        let answers = [
            answer(Tier::Author, Verdict::Answered, &[]),
            answer(Tier::Publish, Verdict::NotFound, &[]),
        ];
        assert!(lost(path_alone("/x", true, &answers)).is_empty());
        assert_eq!(
            lost(path_alone("/x", true, &answers[1..])),
            ["publish /x: 200 not found"]
        );
        assert!(lost(path_alone("/x", false, &answers[1..])).is_empty());
    }

    #[test]
    fn accepting_tiers_are_joined_with_and() {
        let tiers = |all: &[Tier]| {
            let answers: Vec<TierResult> = all
                .iter()
                .map(|tier| answer(*tier, Verdict::SignedIn, &[]))
                .collect();
            accepting_tiers(&answers)
        };
        assert_eq!(tiers(&[Tier::Author]), "author accepts");
        assert_eq!(
            tiers(&[Tier::Author, Tier::Publish, Tier::Publish]),
            "author and publish accept"
        );
    }
}
