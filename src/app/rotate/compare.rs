//! The differences between the old and the new credential, side by side, as data for both frontends.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Serialize;

use aemkeys_core::credential::{CredentialFacts, Kind};
use aemkeys_core::time;

/// The relation of the new credential to the old one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum CredentialRelation {
    /// The same credential.
    SameCredential,
    /// A new certificate for the same key. Fine before an expiry, never after a leak.
    SameKey,
    /// The usual rotation: another key of the same technical account.
    SameAccount,
    /// Another technical account, which needs its own groups and product profiles.
    OtherAccount,
    /// Service credentials and OAuth are also different accounts.
    OtherKind,
}

impl CredentialRelation {
    pub fn words(self) -> &'static str {
        match self {
            Self::SameCredential => "same credential: this is not a rotation",
            Self::SameKey => "same technical account, same key, new certificate",
            Self::SameAccount => "same technical account, new key or client secret",
            Self::OtherAccount => {
                "another technical account: it needs its own groups and product profiles"
            }
            Self::OtherKind => {
                "another kind of credential: another account, with its own permissions"
            }
        }
    }
}

/// One fact about both credentials.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ComparedField {
    pub label: &'static str,
    pub old: String,
    pub new: String,
    pub differs: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Comparison {
    pub relation: CredentialRelation,
    pub lines: Vec<ComparedField>,
    /// Reasons to stop: lost scopes, an earlier expiry date.
    pub warnings: Vec<String>,
}

/// Compares two credentials. `old` is `None` if the list has no facts about it.
pub fn compare(
    old: Option<(Kind, &CredentialFacts)>,
    new: (Kind, &CredentialFacts),
    now: Timestamp,
) -> Comparison {
    let (new_kind, new) = new;
    let old_kind = old.map(|(kind, _)| kind);
    let old = old.map(|(_, facts)| facts);
    let line = |label, of: &dyn Fn(&CredentialFacts) -> String| {
        let (before, after) = (old.map_or_else(|| "unknown".to_owned(), of), of(new));
        ComparedField {
            label,
            differs: before != after,
            old: before,
            new: after,
        }
    };
    let or_none = |text: &Option<String>| text.clone().unwrap_or_else(|| "none".to_owned());
    let kind = ComparedField {
        label: "kind",
        old: old_kind.map_or("unknown", Kind::as_str).to_owned(),
        new: new_kind.as_str().to_owned(),
        differs: old_kind != Some(new_kind),
    };
    // What a rotation changes first: a small screen may not show all.
    let lines = vec![
        kind,
        line("expires", &|facts| expiry(facts, now)),
        line("issued", &|facts| date(facts.not_before)),
        line("fingerprint", &|facts| facts.fingerprint.to_string()),
        line("login name", &|facts| {
            or_none(&facts.technical_account_email)
        }),
        line("account id", &|facts| or_none(&facts.technical_account_id)),
        line("client id", &|facts| facts.client_id.clone()),
        line("org", &|facts| or_none(&facts.org)),
        line("IMS", &|facts| facts.ims_host.clone()),
        line("scopes", &|facts| facts.scopes.join(", ")),
    ];
    Comparison {
        relation: relation(old_kind, old, new_kind, new),
        warnings: warnings(old, new),
        lines,
    }
}

fn relation(
    old_kind: Option<Kind>,
    old: Option<&CredentialFacts>,
    new_kind: Kind,
    new: &CredentialFacts,
) -> CredentialRelation {
    match old {
        _ if old_kind.is_some_and(|kind| kind != new_kind) => CredentialRelation::OtherKind,
        Some(old) if old.is_same_account(new) => {
            if old.fingerprint == new.fingerprint {
                CredentialRelation::SameCredential
            } else if new.has_key_of(old) {
                CredentialRelation::SameKey
            } else {
                CredentialRelation::SameAccount
            }
        }
        _ => CredentialRelation::OtherAccount,
    }
}

fn warnings(old: Option<&CredentialFacts>, new: &CredentialFacts) -> Vec<String> {
    let Some(old) = old else { return Vec::new() };
    let mut warnings = Vec::new();
    let lost: Vec<&str> = old
        .scopes
        .iter()
        .filter(|scope| !new.scopes.contains(scope))
        .map(String::as_str)
        .collect();
    if !lost.is_empty() {
        warnings.push(format!("the new one lacks {}", lost.join(", ")));
    }
    if let (Some(before), Some(after)) = (old.not_after, new.not_after)
        && after < before
    {
        warnings.push("the new one expires before the old one".to_owned());
    }
    if old.org.is_some() && new.org.is_some() && old.org != new.org {
        warnings.push("the new one belongs to another organisation".to_owned());
    }
    warnings
}

fn date(at: Option<Timestamp>) -> String {
    at.map_or_else(|| "unknown".to_owned(), |at| time::date(at, &TimeZone::UTC))
}

fn expiry(facts: &CredentialFacts, now: Timestamp) -> String {
    match facts.not_after {
        Some(end) => format!("{}, {}", date(Some(end)), time::relative(end, now)),
        None => "no expiry".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aemkeys_core::credential::Fingerprint;

    fn facts(client: &str, key: &str) -> CredentialFacts {
        CredentialFacts {
            client_id: client.to_owned(),
            technical_account_id: Some(format!("{client}@techacct.adobe.com")),
            technical_account_email: None,
            org: Some("O@AdobeOrg".to_owned()),
            ims_host: "ims-na1.adobelogin.com".to_owned(),
            scopes: vec![
                "ent_aem_cloud_api".to_owned(),
                "ent_cloudmgr_sdk".to_owned(),
            ],
            not_before: None,
            not_after: Some("2027-01-01T00:00:00Z".parse().unwrap()),
            fingerprint: Fingerprint::of(key.as_bytes()),
            public_key: None,
        }
    }

    #[test]
    fn new_certificate_for_the_same_key_is_same_key() {
        let now = "2026-11-24T00:00:00Z".parse().unwrap();
        let with_key = |certificate: &str, key: &str| CredentialFacts {
            public_key: Some(Fingerprint::of(key.as_bytes())),
            ..facts("a", certificate)
        };
        let service = Kind::ServiceCredentials;
        let relation_of = |old: &CredentialFacts, new: &CredentialFacts| {
            compare(Some((service, old)), (service, new), now).relation
        };
        let old = with_key("1", "key");
        assert_eq!(
            relation_of(&old, &with_key("2", "key")),
            CredentialRelation::SameKey
        );
        assert_eq!(
            relation_of(&old, &with_key("2", "k2")),
            CredentialRelation::SameAccount
        );
        assert_eq!(relation_of(&old, &old), CredentialRelation::SameCredential);
        // If a key is unknown, it is not compared.
        assert_eq!(
            relation_of(&facts("a", "1"), &old),
            CredentialRelation::SameCredential
        );
        assert_eq!(
            relation_of(&facts("a", "1"), &with_key("2", "key")),
            CredentialRelation::SameAccount
        );
    }

    #[test]
    fn relation_and_differences_are_found() {
        let now = "2026-11-24T00:00:00Z".parse().unwrap();
        let service = Kind::ServiceCredentials;
        let old = facts("a", "1");
        let same = compare(Some((service, &old)), (service, &facts("a", "2")), now);
        assert_eq!(same.relation, CredentialRelation::SameAccount);
        let differing: Vec<&str> = same
            .lines
            .iter()
            .filter(|line| line.differs)
            .map(|line| line.label)
            .collect();
        assert_eq!(differing, ["fingerprint"]);
        let mut other = facts("b", "2");
        other.scopes.pop();
        other.not_after = Some("2026-12-01T00:00:00Z".parse().unwrap());
        let other = compare(Some((service, &old)), (service, &other), now);
        assert_eq!(other.relation, CredentialRelation::OtherAccount);
        assert_eq!(other.warnings.len(), 2, "{:?}", other.warnings);
        let kind = Kind::OauthServerToServer;
        let oauth = compare(Some((service, &old)), (kind, &facts("a", "2")), now);
        assert_eq!(oauth.relation, CredentialRelation::OtherKind);
        assert!(oauth.lines[0].differs);
    }
}
