//! Expiry of credentials and tokens, from the list or from files. Needs neither the keyring nor the network.

pub mod calendar;
pub mod document;
pub mod files;
pub mod prometheus;
pub(super) mod replaced;

use aemkeys_core::credential::{Guidance, NextStep};
use aemkeys_core::guidance;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use uuid::Uuid;

use super::{resolve, urgency};
use crate::storage::{EnvironmentEntry, IdentityEntry, Index, SecretState};
use aemkeys_core::credential::Kind;
use aemkeys_core::credential::validity::{Thresholds, Urgency};
use aemkeys_core::environment::{EnvironmentType, natural_key};
use aemkeys_core::time;

/// The thing that expires.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ExpiringItem {
    /// A credential.
    Credential,
    /// An access token.
    Token,
}

impl ExpiringItem {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Credential => "credential",
            Self::Token => "token",
        }
    }
}

/// The expiry of one credential or token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpiryFinding {
    /// Stays the same over all rotations of an identity; for a file, derived from its content.
    pub id: String,
    /// The name that the command line accepts; for a file, the file's name.
    pub name: String,
    pub environment: String,
    pub label: String,
    pub environment_type: EnvironmentType,
    pub customer: Option<String>,
    pub console_url: Option<String>,
    pub kind: Kind,
    pub subject: ExpiringItem,
    pub state: Urgency,
    pub valid_from: Option<Timestamp>,
    pub expires_at: Option<Timestamp>,
    /// Why the state is unknown.
    pub trouble: Option<String>,
    /// Whether it counts for the level. Tokens count only on request.
    pub counts: bool,
    /// Whether it is in the list, so that commands can name it.
    pub stored: bool,
    /// Whether it is marked as leaked and still in use.
    pub leaked: bool,
    /// For a replaced credential: the programs that still use it. Empty for all others.
    pub still_used_by: Vec<String>,
}

/// The time and thresholds of a check.
#[derive(Clone, Copy, Debug)]
pub struct Scope {
    pub now: Timestamp,
    pub thresholds: Thresholds,
    pub tokens_count: bool,
}

/// Returns the credentials and tokens in the list, worst first. `only` selects identities; empty means all.
pub fn of_index(index: &Index, only: &[Uuid], scope: &Scope) -> Vec<ExpiryFinding> {
    let mut findings = Vec::new();
    for (environment, identity) in index.identities() {
        if only.is_empty() || only.contains(&identity.id) {
            findings.push(credential_of(environment, identity, scope));
            findings.extend(replaced::of(environment, identity, scope));
            findings.extend(token_of(environment, identity, scope));
        }
    }
    worst_first(&mut findings);
    findings
}

pub fn worst_first(findings: &mut [ExpiryFinding]) {
    findings.sort_by_cached_key(|finding| {
        (
            finding.state,
            finding.expires_at.unwrap_or(Timestamp::MAX),
            natural_key(&finding.name),
            finding.subject == ExpiringItem::Token,
            finding.still_used_by.is_empty(),
        )
    });
}

/// Returns the most urgent of the counted findings; `Unknown` if there is none.
pub fn most_urgent(findings: &[ExpiryFinding]) -> Urgency {
    let counted = findings.iter().filter(|finding| finding.counts);
    counted
        .map(|finding| finding.state)
        .min()
        .unwrap_or(Urgency::Unknown)
}

/// The exit code of `check`, and the value of its metrics. Expired is worse than unknown, as monitoring plugins have it.
pub fn exit_code(urgency: Urgency) -> u8 {
    match urgency {
        Urgency::Fine | Urgency::NotNeeded => 0,
        Urgency::Urgent | Urgency::Soon | Urgency::NotYetValid | Urgency::NoneYet => 1,
        Urgency::Expired => 2,
        Urgency::Unknown => 3,
    }
}

pub(super) fn credential_of(
    environment: &EnvironmentEntry,
    identity: &IdentityEntry,
    scope: &Scope,
) -> ExpiryFinding {
    let facts = identity.credential.as_ref();
    let state = urgency::of_credential(identity, scope.now, &scope.thresholds);
    let trouble = match (identity.secret, state) {
        // Expired is worse than missing.
        (_, Urgency::Expired) | (SecretState::Present, _) => None,
        (SecretState::Missing, _) => Some("missing from the storage"),
        (SecretState::Damaged, _) => Some("damaged in the storage"),
    };
    ExpiryFinding {
        state,
        valid_from: facts.and_then(|facts| facts.not_before),
        expires_at: facts.and_then(|facts| facts.not_after),
        trouble: trouble.map(str::to_owned),
        counts: true,
        leaked: identity.signs_in_leaked(),
        ..about(environment, identity, ExpiringItem::Credential)
    }
}

fn token_of(
    environment: &EnvironmentEntry,
    identity: &IdentityEntry,
    scope: &Scope,
) -> Option<ExpiryFinding> {
    let state = urgency::of_token(identity, scope.now, &scope.thresholds);
    (state != Urgency::NotNeeded).then(|| ExpiryFinding {
        state,
        expires_at: identity.token.as_ref().and_then(|token| token.expires_at),
        counts: scope.tokens_count,
        ..about(environment, identity, ExpiringItem::Token)
    })
}

fn about(
    environment: &EnvironmentEntry,
    identity: &IdentityEntry,
    subject: ExpiringItem,
) -> ExpiryFinding {
    ExpiryFinding {
        id: identity.id.to_string(),
        name: resolve::full_name(environment, identity),
        environment: environment.name.to_string(),
        label: identity.label.to_string(),
        environment_type: environment.environment_type,
        customer: environment.customer.clone(),
        console_url: environment.console_url.clone(),
        kind: identity.kind,
        subject,
        state: Urgency::Unknown,
        valid_from: None,
        expires_at: None,
        trouble: None,
        counts: false,
        stored: true,
        leaked: false,
        still_used_by: Vec::new(),
    }
}

impl ExpiryFinding {
    /// `expires in 26 days`, `expired 3 days ago`, `no expiry`, `leaked; expires in 26 days; still used by export`.
    pub fn when(&self, now: Timestamp) -> String {
        let mut words = match &self.trouble {
            Some(trouble) => trouble.clone(),
            None => self.end(now),
        };
        if self.leaked {
            words.insert_str(0, "leaked; ");
        }
        if let Some(who) = self.still_used() {
            words.push_str("; ");
            words.push_str(&who);
        }
        words
    }

    /// `still used by indexer, export`
    pub fn still_used(&self) -> Option<String> {
        let who = self.still_used_by.join(", ");
        (!who.is_empty()).then(|| format!("still used by {who}"))
    }

    /// The label of the subject.
    pub fn what(&self) -> &'static str {
        if self.still_used_by.is_empty() {
            self.subject.as_str()
        } else {
            "old credential"
        }
    }

    fn end(&self, now: Timestamp) -> String {
        match (self.state, self.valid_from, self.expires_at) {
            (Urgency::NotYetValid, Some(begin), _) => {
                format!("valid {}", time::relative(begin, now))
            }
            (Urgency::NoneYet, ..) => "no token yet".to_owned(),
            (Urgency::NotNeeded, ..) => match self.kind {
                Kind::OauthServerToServer => "no expiry",
                Kind::Local => "none needed",
                _ => "no credential",
            }
            .to_owned(),
            (_, _, Some(end)) => time::expiry(end, now),
            (_, _, None) if self.kind == Kind::OauthServerToServer => "no expiry".to_owned(),
            _ => "expiry unknown".to_owned(),
        }
    }

    /// Who must act before it expires. `None` if nobody must, or if the state is unknown.
    pub fn who_must_act(&self) -> Option<&'static str> {
        if self.trouble.is_some() {
            return None;
        }
        match (self.subject, self.kind) {
            _ if !self.still_used_by.is_empty() => {
                Some("whoever runs the programs that still use it")
            }
            (ExpiringItem::Credential, Kind::ServiceCredentials) => {
                Some("an Environment administrator, in the AEM Developer Console")
            }
            (ExpiringItem::Credential, Kind::OauthServerToServer) if self.leaked => {
                Some("a developer of its project, in the Adobe Developer Console")
            }
            (ExpiringItem::Token, Kind::DevelopmentToken) => Some("the owner of the token"),
            (ExpiringItem::Token, Kind::ServiceCredentials | Kind::OauthServerToServer) => {
                Some("you, or a program that has the credential")
            }
            _ => None,
        }
    }

    /// What to do now.
    pub fn next_step(&self) -> Option<Guidance> {
        let name = &self.name;
        match (&self.trouble, self.state) {
            (Some(_), _) if self.stored => Some(guidance![
                "to see what can be repaired, ",
                NextStep::DoctorForOne.of(name),
                "; otherwise add it again"
            ]),
            (Some(_), _) => Some("use the file as it was downloaded from the console".into()),
            (None, _) if !self.still_used_by.is_empty() => Some(guidance![
                "give the new credential to each; to tick one, ",
                NextStep::TickUser.of(name)
            ]),
            (None, _) if self.leaked => Some(guidance![
                "to see the steps to take, ",
                NextStep::Leaked.of(name)
            ]),
            (None, Urgency::NotYetValid) => {
                Some("wait until it is valid, or check this computer's clock".into())
            }
            (None, _) => self.replacement(),
        }
    }

    /// How to replace it when it expires.
    fn replacement(&self) -> Option<Guidance> {
        let name = &self.name;
        let add = match self.state {
            Urgency::Expired => "add a new private key under Integrations, Technical Accounts",
            _ => "add a certificate under Integrations, Technical Accounts",
        };
        let step = match (self.subject, self.kind) {
            (ExpiringItem::Credential, Kind::ServiceCredentials) if self.stored => {
                guidance![add, ", then ", NextStep::Rotate.of(name)]
            }
            (ExpiringItem::Credential, Kind::ServiceCredentials) => {
                guidance![add, ", and use the new file instead"]
            }
            (ExpiringItem::Token, Kind::DevelopmentToken) if self.stored => {
                guidance!["to paste a new one, ", NextStep::PasteToken.of(name)]
            }
            (ExpiringItem::Token, Kind::DevelopmentToken) => {
                "get a new one in the AEM Developer Console".into()
            }
            (ExpiringItem::Token, Kind::ServiceCredentials | Kind::OauthServerToServer) => {
                NextStep::Exchange.of(name).into()
            }
            _ => return None,
        };
        Some(step)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aemkeys_core::credential::{Fingerprint, shell};
    use aemkeys_core::environment::Hosts;
    use jiff::SignedDuration;
    use proptest::prelude::*;
    use serde_json::json;

    fn now() -> Timestamp {
        "2026-11-22T14:03:00.5Z".parse().unwrap()
    }

    fn scope() -> Scope {
        Scope {
            now: now(),
            thresholds: Thresholds::default(),
            tokens_count: false,
        }
    }

    /// One identity, as stored in the list.
    fn index(kind: &str, begin: Option<i64>, end: Option<i64>, secret: &str) -> Index {
        let at = |millis: i64| now() + SignedDuration::from_millis(millis);
        serde_json::from_value(json!({
            "version": 1,
            "environments": [{
                "id": Uuid::nil(),
                "name": "it's",
                "type": "stage",
                "customer": null,
                "ids": null,
                "hosts": Hosts::default(),
                "identities": [{
                    "identity": {"id": Uuid::nil(), "label": "default", "kind": kind},
                    "secret": secret,
                    "credential": {
                        "client_id": "cm-p1-e2-integration-0",
                        "technical_account_id": null,
                        "technical_account_email": null,
                        "org": null,
                        "ims_host": "ims-na1.adobelogin.com",
                        "scopes": [],
                        "not_before": begin.map(at),
                        "not_after": end.map(at),
                        "fingerprint": Fingerprint::of(b"certificate"),
                    },
                    "token": null,
                }],
            }],
        }))
        .unwrap()
    }

    fn check(
        kind: &str,
        begin: Option<i64>,
        end: Option<i64>,
        secret: &str,
    ) -> (ExpiryFinding, u8) {
        let findings = of_index(&index(kind, begin, end, secret), &[], &scope());
        let credential = findings
            .iter()
            .find(|finding| finding.subject == ExpiringItem::Credential);
        (
            credential.unwrap().clone(),
            exit_code(most_urgent(&findings)),
        )
    }

    #[test]
    fn each_boundary_has_its_text_and_level() {
        const DAY: i64 = 86_400_000;
        let service = "service-credentials";
        for (begin, end, state, expected, words) in [
            (
                None,
                Some(30 * DAY + 1),
                Urgency::Fine,
                0,
                "expires in 30 days",
            ),
            (None, Some(30 * DAY), Urgency::Soon, 1, "expires in 30 days"),
            (
                None,
                Some(7 * DAY + 1),
                Urgency::Soon,
                1,
                "expires in 7 days",
            ),
            (None, Some(7 * DAY), Urgency::Urgent, 1, "expires in 7 days"),
            (None, Some(1), Urgency::Urgent, 1, "expires in 0 s"),
            (None, Some(0), Urgency::Expired, 2, "expired just now"),
            (
                None,
                Some(-3 * DAY),
                Urgency::Expired,
                2,
                "expired 3 days ago",
            ),
            (Some(1), Some(DAY), Urgency::NotYetValid, 1, "valid in 0 s"),
            (
                Some(0),
                Some(90 * DAY),
                Urgency::Fine,
                0,
                "expires in 90 days",
            ),
            (None, None, Urgency::Unknown, 3, "expiry unknown"),
        ] {
            let (finding, found) = check(service, begin, end, "present");
            let said = (finding.state, found, finding.when(now()));
            assert_eq!(said, (state, expected, words.to_owned()));
            assert_eq!(finding.state.needs_attention(), expected != 0);
        }
    }

    #[test]
    fn kinds_without_expiry_are_fine() {
        for (kind, words) in [
            ("local", "none needed"),
            ("development-token", "no credential"),
            ("oauth-server-to-server", "no expiry"),
        ] {
            let (finding, found) = check(kind, None, None, "present");
            assert_eq!((finding.state, found), (Urgency::NotNeeded, 0));
            assert_eq!(finding.when(now()), words);
            assert_eq!(finding.next_step(), None);
        }
    }

    #[test]
    fn missing_secret_is_unknown_unless_expired() {
        let (lost, found) = check("service-credentials", None, Some(1 << 40), "missing");
        assert_eq!((lost.state, found), (Urgency::Unknown, 3));
        assert_eq!(lost.when(now()), "missing from the storage");
        assert!(
            lost.next_step()
                .unwrap()
                .in_shell()
                .contains(&format!("doctor {}", shell::quoted("it's")))
        );
        let (over, found) = check("service-credentials", None, Some(-1), "damaged");
        assert_eq!((over.state, found), (Urgency::Expired, 2));
        assert!(
            over.next_step()
                .unwrap()
                .in_shell()
                .contains("aemkeys rotate")
        );
    }

    #[test]
    fn no_findings_are_unknown() {
        assert_eq!(most_urgent(&[]), Urgency::Unknown);
        let (finding, _) = check("service-credentials", None, Some(-1), "present");
        let uncounted = ExpiryFinding {
            counts: false,
            ..finding
        };
        assert_eq!(most_urgent(&[uncounted]), Urgency::Unknown);
    }

    proptest! {
        #[test]
        fn most_urgent_finding_is_first_and_decides(states in proptest::collection::vec(0..Urgency::ALL.len(), 1..20)) {
            let (finding, _) = check("service-credentials", None, Some(1), "present");
            let mut findings: Vec<ExpiryFinding> = states
                .iter()
                .map(|at| ExpiryFinding { state: Urgency::ALL[*at], ..finding.clone() })
                .collect();
            worst_first(&mut findings);
            let most = most_urgent(&findings);
            prop_assert_eq!(most, findings[0].state);
            // Expired, unknown, something soon, nothing: the worst code that any finding has.
            let codes: Vec<u8> = findings.iter().map(|finding| exit_code(finding.state)).collect();
            let worst = [2, 3, 1, 0].into_iter().find(|code| codes.contains(code));
            prop_assert_eq!(Some(exit_code(most)), worst);
        }
    }
}
