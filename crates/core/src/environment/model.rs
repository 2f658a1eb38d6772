//! The environment and its identities, as stored in the keyring's environment item.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    Approval, CloudIds, Destinations, EnvironmentType, HostName, Hosts, Name, Purpose, Unconfirmed,
    allow_list,
};
use crate::credential::text::clean;
use crate::credential::{Code, Fingerprint, Kind, Problem, serde_helpers};

/// A Cloud Manager environment or a local SDK. Its settings apply to all its identities.
///
/// `I` is an [`Identity`], or a type that adds to one what a program knows about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Environment<I = Identity> {
    pub id: Uuid,
    pub name: Name,
    #[serde(rename = "type")]
    pub environment_type: EnvironmentType,
    /// The name used for grouping; the organisation unless the user sets one.
    #[serde(default, deserialize_with = "serde_helpers::some_text")]
    pub customer: Option<String>,
    /// `None` for a local SDK and for a token that names no environment.
    pub ids: Option<CloudIds>,
    pub hosts: Hosts,
    /// Hosts that are not derived from the ids or not Adobe's, confirmed by typing them on this machine.
    #[serde(default)]
    pub approvals: Vec<Approval>,
    #[serde(
        deserialize_with = "serde_helpers::few",
        bound(deserialize = "I: Deserialize<'de>")
    )]
    pub identities: Vec<I>,
    /// The identity that was chosen for the name of the environment alone, see [`Environment::default_identity`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<Uuid>,
    #[serde(default, deserialize_with = "serde_helpers::notes")]
    pub notes: String,
    /// The address of the AEM Developer Console, which cannot be derived.
    #[serde(default, deserialize_with = "serde_helpers::some_text")]
    pub console_url: Option<String>,
    /// Paths that a rotation requests with both credentials, by `GET` on every tier, to compare the responses.
    #[serde(default, deserialize_with = "serde_helpers::texts")]
    pub saved_paths: Vec<String>,
}

/// An identity that signs in: a technical account, an OAuth credential, or a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    pub id: Uuid,
    pub label: Name,
    pub kind: Kind,
    /// The highest revision ever stored. The search for the active revision starts here.
    #[serde(default = "first_revision")]
    pub latest_revision: u32,
    #[serde(default)]
    pub auto_refresh: bool,
    /// The servers and programs that use this credential, to be ticked off at the end of a rotation.
    #[serde(default)]
    pub used_by: Vec<UsedBy>,
    /// The progress of the steps after a leak, for each leaked credential. The storage keeps the list of keys that are refused.
    #[serde(default)]
    pub leaked: Vec<LeakedKey>,
}

impl Identity {
    /// Creates an identity with one revision.
    pub fn new(label: Name, kind: Kind) -> Self {
        Self {
            id: Uuid::new_v4(),
            label,
            kind,
            latest_revision: 1,
            auto_refresh: false,
            used_by: Vec::new(),
            leaked: Vec::new(),
        }
    }
}

impl AsRef<Identity> for Identity {
    fn as_ref(&self) -> &Identity {
        self
    }
}

impl<I: AsRef<Identity>> Environment<I> {
    pub fn identity(&self, id: Uuid) -> Option<&I> {
        self.identities.iter().find(|it| it.as_ref().id == id)
    }

    /// Returns the identity that the name of the environment alone means, see [`default_identity`].
    pub fn default_identity(&self) -> Option<&I> {
        let all = self.identities.iter().map(AsRef::as_ref);
        self.identity(default_identity(
            self.default,
            all.map(|it| (it.id, it.kind)),
        )?)
    }

    /// Adds an identity. What the name of the environment alone means stays the same, unless it was a person.
    pub fn add_identity(&mut self, identity: I) {
        let before = self.default_identity().map(AsRef::as_ref);
        let before = before.filter(|it| it.kind != Kind::DevelopmentToken);
        let before = before.map(|it| it.id);
        self.identities.push(identity);
        if before.is_some() && self.default_identity().map(|it| it.as_ref().id) != before {
            self.default = before;
        }
    }

    /// Checks the addresses: only a local SDK may have addresses on this computer, and the console link must be https.
    /// Called whenever an environment is read or written.
    pub fn check(&self) -> Result<(), Problem> {
        let kinds = self.identities.iter().map(|it| it.as_ref().kind);
        allow_list::check_local(self.ids, &self.hosts, kinds)?;
        self.console_url
            .as_deref()
            .map_or(Ok(()), check_console_url)
    }
}

impl<I> Environment<I> {
    /// Creates an environment without hosts and identities.
    pub fn new(name: Name, environment_type: EnvironmentType) -> Self {
        Self {
            id: Uuid::new_v4(),
            name,
            environment_type,
            customer: None,
            ids: None,
            hosts: Hosts::default(),
            approvals: Vec::new(),
            identities: Vec::new(),
            default: None,
            notes: String::new(),
            console_url: None,
            saved_paths: Vec::new(),
        }
    }

    /// Returns the same environment with these identities.
    pub fn with_identities<J>(&self, identities: Vec<J>) -> Environment<J> {
        Environment {
            identities,
            default: self.default,
            id: self.id,
            name: self.name.clone(),
            environment_type: self.environment_type,
            customer: self.customer.clone(),
            ids: self.ids,
            hosts: self.hosts.clone(),
            approvals: self.approvals.clone(),
            notes: self.notes.clone(),
            console_url: self.console_url.clone(),
            saved_paths: self.saved_paths.clone(),
        }
    }

    /// Returns the hosts that are neither derived from the ids nor confirmed. The storage refuses such an environment.
    pub fn unconfirmed(&self) -> Vec<Unconfirmed> {
        let mut hosts = allow_list::underived_hosts(self.ids, &self.hosts);
        hosts.retain(|it| !it.is_confirmed_by(&self.approvals));
        hosts
    }

    /// Approves the typed hosts that this environment has, and removes approvals of hosts that it no longer has.
    pub fn confirm_hosts(&mut self, typed: &[HostName]) -> Result<(), Problem> {
        let underived = allow_list::underived_hosts(self.ids, &self.hosts);
        let has = |host: &HostName| underived.iter().any(|it| it.host == *host);
        self.approvals
            .retain(|it| it.purpose != Purpose::Token || has(&it.host));
        for host in typed.iter().filter(|host| has(host)) {
            self.approve(host, Purpose::Token);
        }
        allow_list::refuse_first(&self.unconfirmed())
    }

    pub fn approve(&mut self, host: &HostName, purpose: Purpose) {
        if !allow_list::is_approved(&self.approvals, host, purpose) {
            self.approvals.push(Approval::new(host.clone(), purpose));
            self.approvals.sort();
        }
    }

    /// Returns where a token of this environment may be sent: nowhere if [`Environment::check`] refuses the environment.
    pub fn destinations(&self) -> Destinations {
        Destinations::new(self.ids, self.hosts.clone(), &self.approvals).unwrap_or_default()
    }
}

/// Returns the chosen identity, or else the only one, or else the only one that is not a person's. `None` if that leaves
/// several.
pub fn default_identity(
    chosen: Option<Uuid>,
    identities: impl Iterator<Item = (Uuid, Kind)> + Clone,
) -> Option<Uuid> {
    let only = |counts: fn(Kind) -> bool| {
        let mut those = identities.clone().filter(|(_, kind)| counts(*kind));
        let first = those.next()?.0;
        those.next().is_none().then_some(first)
    };
    let chosen = chosen.filter(|chosen| identities.clone().any(|(id, _)| id == *chosen));
    chosen
        .or_else(|| only(|_| true))
        .or_else(|| only(|kind| kind != Kind::DevelopmentToken))
}

/// Checks that the address of the AEM Developer Console is an https URL without a user name.
fn check_console_url(url: &str) -> Result<(), Problem> {
    let refused = |why: &str| {
        Err(Problem::new(
            Code::BadUrl,
            format!("the console link is not valid: {why}"),
        )
        .next_step("copy the address of the AEM Developer Console from the browser"))
    };
    let Some(rest) = url.strip_prefix("https://") else {
        return refused("it does not start with https://");
    };
    if HostName::parse(rest.split(['/', '?', '#']).next().unwrap_or_default()).is_err() {
        return refused("it has no valid host name");
    }
    if clean(url, 300) != url || url.contains(char::is_whitespace) {
        return refused(
            "it is longer than 300 characters, or contains spaces or control characters",
        );
    }
    Ok(())
}

fn first_revision() -> u32 {
    1
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UsedBy {
    #[serde(deserialize_with = "serde_helpers::text")]
    pub name: String,
    /// The revision for which it was last ticked off; 0 for none. A number and not a flag, so that the next rotation
    /// starts with all unticked.
    #[serde(default)]
    pub has_revision: u32,
}

impl UsedBy {
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            has_revision: 0,
        }
    }

    /// Parses a name that the user typed. Commas are refused, because names are shown as a comma-separated list.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        // Cleaned again after trimming: a combining mark depends on the character before it.
        let name = clean(clean(text, 80).trim(), 80);
        let name = name.trim();
        let why = if name.is_empty() {
            "it is blank"
        } else if name.contains(',') {
            "it contains a comma, which separates names"
        } else {
            return Ok(Self::new(name));
        };
        Err(
            Problem::new(Code::Usage, "the name of a server or program is not valid")
                .cause(why)
                .next_step("enter the servers and programs one by one"),
        )
    }

    pub fn has(&self, active: u32) -> bool {
        self.has_revision == active
    }
}

/// A credential that was marked as leaked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeakedKey {
    pub fingerprint: Fingerprint,
    pub revision: u32,
    pub marked_at: jiff::Timestamp,
    /// IMS has refused it since.
    #[serde(default)]
    pub revoked: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the default after these identities were added in this order.
    fn default_of(kinds: &[Kind]) -> Option<usize> {
        let name = Name::parse("wknd").unwrap();
        let mut environment = Environment::new(name, EnvironmentType::Stage);
        for (number, kind) in kinds.iter().enumerate() {
            let label = Name::parse(&format!("label{number}")).unwrap();
            environment.add_identity(Identity::new(label, *kind));
        }
        let default = environment.default_identity()?.id;
        environment
            .identities
            .iter()
            .position(|it| it.id == default)
    }

    #[test]
    fn the_first_service_identity_stays_the_default() {
        use Kind::{
            DevelopmentToken as Person, OauthServerToServer as Oauth, ServiceCredentials as Service,
        };
        let cases: [(&[Kind], Option<usize>); 8] = [
            (&[], None),
            (&[Person], Some(0)),
            (&[Person, Person], None),
            (&[Person, Service], Some(1)),
            (&[Person, Person, Oauth, Person], Some(2)),
            (&[Service, Person], Some(0)),
            (&[Oauth, Service, Person, Service], Some(0)),
            (&[Person, Service, Oauth], Some(1)),
        ];
        for (kinds, expected) in cases {
            assert_eq!(default_of(kinds), expected, "{kinds:?}");
        }
    }
}
