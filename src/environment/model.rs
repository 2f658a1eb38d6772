//! What do we keep about an environment and who signs in to it? The content of the keyring's environment item.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    Approval, CloudIds, Destinations, EnvironmentType, HostName, Hosts, Name, Purpose, Unconfirmed,
    allow_list,
};
use crate::credential::text::clean;
use crate::credential::{Code, Fingerprint, Kind, Problem};

/// A program's environment or a local SDK. Everything here is edited once and shared by its identities.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Environment {
    pub id: Uuid,
    pub name: Name,
    #[serde(rename = "type")]
    pub environment_type: EnvironmentType,
    /// Shown for grouping; the org where a person has not said.
    #[serde(
        default,
        deserialize_with = "crate::credential::serde_helpers::some_text"
    )]
    pub customer: Option<String>,
    /// `None` for a local SDK and for a token without an environment.
    pub ids: Option<CloudIds>,
    pub hosts: Hosts,
    /// Hosts that do not follow from the ids or are not Adobe's, confirmed by typing them on this machine.
    pub approvals: Vec<Approval>,
    pub identities: Vec<Identity>,
    #[serde(default, deserialize_with = "crate::credential::serde_helpers::notes")]
    pub notes: String,
    /// The AEM Developer Console's address, which cannot be derived.
    #[serde(
        default,
        deserialize_with = "crate::credential::serde_helpers::some_text"
    )]
    pub console_url: Option<String>,
    /// Paths that must answer after a rotation as they did before: `GET` on every tier, with both credentials.
    #[serde(default)]
    pub saved_paths: Vec<String>,
}

/// Who signs in: a technical account, an OAuth credential, or a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    pub id: Uuid,
    pub label: Name,
    pub kind: Kind,
    /// The highest revision ever stored: where the search for the active one begins.
    #[serde(default = "first_revision")]
    pub latest_revision: u32,
    #[serde(default)]
    pub keep_fresh: bool,
    /// The servers and programs that use this credential; a rotation ends with ticking them off.
    #[serde(default)]
    pub used_by: Vec<UsedBy>,
    /// How far the steps after a leak are, for each leaked credential. What may come in is up to the storage's list.
    #[serde(default)]
    pub leaked: Vec<LeakedKey>,
}

impl Environment {
    pub fn identity(&self, id: Uuid) -> Option<&Identity> {
        self.identities.iter().find(|identity| identity.id == id)
    }

    /// Only a local SDK has addresses on this computer, and only https pages are kept as console link. Asked whenever an
    /// environment is read or written.
    pub fn check(&self) -> Result<(), Problem> {
        let kinds = self.identities.iter().map(|identity| identity.kind);
        allow_list::check_local(self.ids, &self.hosts, kinds)?;
        self.console_url
            .as_deref()
            .map_or(Ok(()), check_console_url)
    }

    /// Hosts that the ids do not give and nobody has confirmed: such an environment is not stored.
    pub fn unconfirmed(&self) -> Vec<Unconfirmed> {
        let mut beyond = allow_list::beyond_derived(self.ids, &self.hosts);
        beyond.retain(|it| !it.is_confirmed_by(&self.approvals));
        beyond
    }

    /// Approves the typed hosts that this environment has, and drops approvals of hosts that it no longer has.
    pub fn confirm_hosts(&mut self, typed: &[HostName]) -> Result<(), Problem> {
        let beyond = allow_list::beyond_derived(self.ids, &self.hosts);
        let has = |host: &HostName| beyond.iter().any(|it| it.host == *host);
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

    /// Where a token of this environment may go. Nowhere for an environment that [`Environment::check`] refuses, which no storage hands out.
    pub fn destinations(&self) -> Destinations {
        Destinations::new(self.ids, self.hosts.clone(), &self.approvals).unwrap_or_default()
    }
}

/// The AEM Developer Console's address: an https page, without a user name.
fn check_console_url(url: &str) -> Result<(), Problem> {
    let refused = |why: &str| {
        Err(Problem::new(Code::BadUrl, format!("console link: {why}"))
            .next_step("copy the AEM Developer Console's address from the browser"))
    };
    let Some(rest) = url.strip_prefix("https://") else {
        return refused("only https:// links are kept");
    };
    if HostName::parse(rest.split(['/', '?', '#']).next().unwrap_or_default()).is_err() {
        return refused("it names no host");
    }
    if clean(url, 300) != url || url.contains(char::is_whitespace) {
        return refused("it is too long, or has characters that a link cannot have");
    }
    Ok(())
}

fn first_revision() -> u32 {
    1
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UsedBy {
    #[serde(deserialize_with = "crate::credential::serde_helpers::text")]
    pub name: String,
    /// The revision it was last ticked off with; 0 for none. A number, so that no later rotation finds it ticked already.
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

    /// As a person names them. They are said in one line with commas between, so none has one of its own.
    pub fn named(text: &str) -> Result<Self, Problem> {
        // Once more without the spaces: a mark stands on what is before it.
        let name = clean(clean(text, 80).trim(), 80);
        let name = name.trim();
        let why = if name.is_empty() {
            "it is blank"
        } else if name.contains(',') {
            "it has a comma, which stands between names"
        } else {
            return Ok(Self::new(name));
        };
        Err(Problem::new(
            Code::Usage,
            "this cannot be the name of who uses a credential",
        )
        .cause(why)
        .next_step("name each server or program by itself, as you call it"))
    }

    pub fn has(&self, active: u32) -> bool {
        self.has_revision == active
    }
}

/// A credential marked as leaked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeakedKey {
    pub fingerprint: Fingerprint,
    pub revision: u32,
    pub marked_at: jiff::Timestamp,
    /// IMS was seen to refuse it.
    #[serde(default)]
    pub revoked: bool,
}
