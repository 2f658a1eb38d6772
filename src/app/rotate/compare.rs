//! What differs between the old and the new credential? Side by side, as data; both faces draw it.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Serialize;

use crate::credential::validity::say_until;
use crate::credential::{CredentialFacts, Kind};

/// What the new credential is to the old one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Relation {
    /// Nothing new.
    SameCredential,
    /// A new certificate over the key that is in use. Enough before an end, never after a leak.
    SameKey,
    /// The usual renewal: another key of the same technical account.
    SameAccount,
    /// Its groups and product profiles must be given to it first.
    OtherAccount,
    /// Service credentials and OAuth are different accounts as well.
    OtherKind,
}

impl Relation {
    pub fn words(self) -> &'static str {
        match self {
            Self::SameCredential => "the very same credential, nothing is new",
            Self::SameKey => "same technical account, same key, new certificate",
            Self::SameAccount => "same technical account, another key",
            Self::OtherAccount => {
                "another technical account: it needs its own groups and product profiles"
            }
            Self::OtherKind => {
                "another kind of credential: another account, with its own permissions"
            }
        }
    }
}

/// One fact of both.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Line {
    pub label: &'static str,
    pub old: String,
    pub new: String,
    pub differs: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Comparison {
    pub relation: Relation,
    pub lines: Vec<Line>,
    /// What should make a person stop: scopes that are lost, an end that comes sooner.
    pub warnings: Vec<String>,
}

/// `old` is `None` where the list knows no facts of it.
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
        Line {
            label,
            differs: before != after,
            old: before,
            new: after,
        }
    };
    let or_none = |text: &Option<String>| text.clone().unwrap_or_else(|| "none".to_owned());
    let kind = Line {
        label: "kind",
        old: old_kind.map_or("unknown", Kind::as_str).to_owned(),
        new: new_kind.as_str().to_owned(),
        differs: old_kind != Some(new_kind),
    };
    let lines = vec![
        kind,
        line("login", &|facts| or_none(&facts.technical_account_email)),
        line("account", &|facts| or_none(&facts.technical_account_id)),
        line("client id", &|facts| facts.client_id.clone()),
        line("org", &|facts| or_none(&facts.org)),
        line("IMS", &|facts| facts.ims_host.clone()),
        line("metascopes", &|facts| facts.scopes.join(", ")),
        line("from", &|facts| date(facts.not_before)),
        line("ends", &|facts| ends(facts, now)),
        line("fingerprint", &|facts| facts.fingerprint.to_string()),
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
) -> Relation {
    match old {
        _ if old_kind.is_some_and(|kind| kind != new_kind) => Relation::OtherKind,
        Some(old)
            if old.client_id == new.client_id
                && old.org == new.org
                && old.technical_account_id == new.technical_account_id =>
        {
            if old.fingerprint == new.fingerprint {
                Relation::SameCredential
            } else if new.has_key_of(old) {
                Relation::SameKey
            } else {
                Relation::SameAccount
            }
        }
        _ => Relation::OtherAccount,
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
        warnings.push("the new one ends sooner than the old one".to_owned());
    }
    if old.org.is_some() && new.org.is_some() && old.org != new.org {
        warnings.push("the new one is of another organisation".to_owned());
    }
    warnings
}

fn date(time: Option<Timestamp>) -> String {
    time.map_or_else(
        || "unknown".to_owned(),
        |time| {
            time.to_zoned(TimeZone::UTC)
                .strftime("%-d %b %Y")
                .to_string()
        },
    )
}

fn ends(facts: &CredentialFacts, now: Timestamp) -> String {
    match facts.not_after {
        Some(end) => format!("{}, {}", date(Some(end)), say_until(end, now)),
        None => "no fixed end".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::credential::Fingerprint;

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
    fn a_certificate_over_the_same_key_is_no_other_key() {
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
        assert_eq!(relation_of(&old, &with_key("2", "key")), Relation::SameKey);
        assert_eq!(
            relation_of(&old, &with_key("2", "k2")),
            Relation::SameAccount
        );
        assert_eq!(relation_of(&old, &old), Relation::SameCredential);
        // Nothing is known of the key: nothing is said of it.
        assert_eq!(
            relation_of(&facts("a", "1"), &old),
            Relation::SameCredential
        );
        assert_eq!(
            relation_of(&facts("a", "1"), &with_key("2", "key")),
            Relation::SameAccount
        );
    }

    #[test]
    fn the_relation_and_what_differs() {
        let now = "2026-11-24T00:00:00Z".parse().unwrap();
        let service = Kind::ServiceCredentials;
        let old = facts("a", "1");
        let same = compare(Some((service, &old)), (service, &facts("a", "2")), now);
        assert_eq!(same.relation, Relation::SameAccount);
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
        assert_eq!(other.relation, Relation::OtherAccount);
        assert_eq!(other.warnings.len(), 2, "{:?}", other.warnings);
        let kind = Kind::OauthServerToServer;
        let oauth = compare(Some((service, &old)), (kind, &facts("a", "2")), now);
        assert_eq!(oauth.relation, Relation::OtherKind);
        assert!(oauth.lines[0].differs);
    }
}
