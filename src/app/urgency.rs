//! How urgent an identity is. The list, its order and filter, the counts, `check` and the timeline all ask here.

use jiff::Timestamp;

use crate::storage::{IdentityEntry, SecretState};
use aemkeys_core::credential::Kind;
use aemkeys_core::credential::validity::{Thresholds, Urgency};

/// The urgency of the credential. A missing or damaged one is unknown, unless it has expired.
pub fn of_credential(identity: &IdentityEntry, now: Timestamp, thresholds: &Thresholds) -> Urgency {
    let is_leaked = identity.signs_in_leaked();
    let facts = identity.credential.as_ref();
    let dates = facts.map_or((None, None), |facts| (facts.not_before, facts.not_after));
    let urgency = match identity.kind {
        Kind::ServiceCredentials => Urgency::of_credential(dates, is_leaked, now, thresholds),
        // OAuth credentials don't expire; local development tokens and local SDKs have no credential.
        Kind::DevelopmentToken | Kind::Local | Kind::OauthServerToServer if is_leaked => {
            Urgency::Urgent
        }
        Kind::DevelopmentToken | Kind::Local | Kind::OauthServerToServer => Urgency::NotNeeded,
    };
    match (identity.secret, urgency) {
        (SecretState::Present, _) | (_, Urgency::Expired) => urgency,
        (SecretState::Missing | SecretState::Damaged, _) => Urgency::Unknown,
    }
}

pub fn of_token(identity: &IdentityEntry, now: Timestamp, thresholds: &Thresholds) -> Urgency {
    match (&identity.token, identity.kind) {
        (_, Kind::Local) => Urgency::NotNeeded,
        (None, _) => Urgency::NoneYet,
        (Some(token), _) => Urgency::of_token(token.expires_at, now, thresholds),
    }
}

/// The urgency by which identities are listed: that of the credential. A local development token expires every day, so it
/// comes after all credentials; tokens that can be exchanged don't count. A leak is urgent until its last step is done.
pub fn of_identity(identity: &IdentityEntry, now: Timestamp, thresholds: &Thresholds) -> Urgency {
    let urgency = match of_credential(identity, now, thresholds) {
        Urgency::NotNeeded if identity.kind == Kind::DevelopmentToken => {
            of_token(identity, now, thresholds).max(Urgency::NoneYet)
        }
        credential => credential.min(Urgency::Fine),
    };
    if identity.has_leaked() {
        urgency.min(Urgency::Urgent)
    } else {
        urgency
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aemkeys_core::credential::Fingerprint;
    use serde_json::{Value, json};

    /// Seconds from the start of an hour.
    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + seconds).unwrap()
    }

    /// An identity whose credential and token expire after these seconds.
    fn identity(
        kind: &str,
        credential: Option<i64>,
        token: Option<i64>,
        secret: &str,
    ) -> IdentityEntry {
        let fingerprint = Fingerprint::of(b"x");
        serde_json::from_value(json!({
            "identity": {"id": uuid::Uuid::nil(), "label": "default", "kind": kind},
            "credential": credential.map(|end| json!({
                "client_id": "c",
                "technical_account_id": null,
                "technical_account_email": null,
                "org": null,
                "ims_host": "ims-na1.adobelogin.com",
                "scopes": [],
                "not_before": null,
                "not_after": at(end),
                "fingerprint": fingerprint,
            })),
            "token": token.map_or(Value::Null, |end| json!({
                "expires_at": at(end),
                "obtained_at": at(end - 86_400),
                "fingerprint": fingerprint,
            })),
            "secret": secret,
        }))
        .unwrap()
    }

    #[test]
    fn identities_are_listed_by_what_a_person_must_do() {
        const DAY: i64 = 86_400;
        let thresholds = Thresholds::default();
        let service = "service-credentials";
        let order = [
            (
                identity(service, Some(0), None, "present"),
                Urgency::Expired,
            ),
            (
                identity(service, Some(-1), None, "missing"),
                Urgency::Expired,
            ),
            (
                identity(service, Some(400 * DAY), None, "missing"),
                Urgency::Unknown,
            ),
            (
                identity(service, Some(400 * DAY), None, "damaged"),
                Urgency::Unknown,
            ),
            (
                identity(service, Some(7 * DAY), None, "present"),
                Urgency::Urgent,
            ),
            (
                identity(service, Some(7 * DAY + 1), None, "present"),
                Urgency::Soon,
            ),
            (
                identity(service, Some(30 * DAY), None, "present"),
                Urgency::Soon,
            ),
            (
                identity("development-token", None, Some(-5), "present"),
                Urgency::NoneYet,
            ),
            (
                identity("development-token", None, Some(3600), "present"),
                Urgency::NoneYet,
            ),
            (
                identity("development-token", None, Some(3601), "present"),
                Urgency::Fine,
            ),
            (
                identity(service, Some(30 * DAY + 1), Some(-5), "present"),
                Urgency::Fine,
            ),
            (
                identity("oauth-server-to-server", Some(-5), Some(-5), "present"),
                Urgency::Fine,
            ),
            (identity("local", None, None, "present"), Urgency::Fine),
        ];
        for (identity, expected) in &order {
            assert_eq!(
                of_identity(identity, at(0), &thresholds),
                *expected,
                "{identity:?}"
            );
        }
        assert!(order.map(|(_, urgency)| urgency).is_sorted());
    }

    #[test]
    fn a_leak_is_urgent_until_the_leaked_credential_is_deleted() {
        let thresholds = Thresholds::default();
        let of = |end: i64, revisions: Value| {
            let mut rotated = identity("service-credentials", Some(end), None, "present");
            rotated.revisions = serde_json::from_value(revisions).unwrap();
            of_identity(&rotated, at(0), &thresholds)
        };
        let year = 365 * 86_400;
        let facts = identity("service-credentials", Some(year), None, "present").credential;
        let revision = |number: u32, state: &str, leaked: bool| json!({"revision": number, "state": state, "leaked": leaked, "facts": facts});
        let active = revision(2, "active", false);
        let replaced = |leaked| json!([revision(1, "old", leaked), active]);
        assert_eq!(of(year, replaced(true)), Urgency::Urgent);
        assert_eq!(of(year, replaced(false)), Urgency::Fine);
        assert_eq!(of(year, json!([active])), Urgency::Fine);
        // It never hides what is worse.
        assert_eq!(of(-1, replaced(true)), Urgency::Expired);
    }
}
