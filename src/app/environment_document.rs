//! Environments and identities as JSON, for `list` and `show`; read only from the index.

use std::sync::Arc;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use uuid::Uuid;

use super::rotate::remaining_steps;
use super::utc_time::UtcTime;
use super::{resolve, revisions, urgency};
use crate::storage::{EnvironmentEntry, IdentityEntry, Index, SecretState, TierRecord};
use aemkeys_core::credential::validity::{Thresholds, Urgency};
use aemkeys_core::credential::{Fingerprint, Guidance, Kind};
use aemkeys_core::environment::{
    Approval, EnvironmentType, HostName, Name, Tier, TierAddress, UsedBy,
};

/// Environments with their identities, credentials and tokens.
#[derive(Serialize, JsonSchema)]
pub struct EnvironmentsDocument {
    /// The environments, by name.
    environments: Vec<EnvironmentDocument>,
}

/// An environment.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Environment")]
struct EnvironmentDocument {
    /// Stays the same when the environment is renamed.
    id: Uuid,
    /// The name that commands accept.
    name: Name,
    #[serde(rename = "type")]
    environment_type: EnvironmentType,
    /// The name for grouping.
    customer: Option<String>,
    /// The program id of Cloud Manager, without `p`.
    program: Option<String>,
    /// The environment id of Cloud Manager, without `e`.
    environment: Option<String>,
    hosts: HostsDocument,
    /// Hosts that are not Adobe's and were confirmed on this machine.
    approvals: Vec<Approval>,
    /// The label of the identity that the name of the environment alone means; null if there are several to choose from.
    default: Option<Name>,
    /// Address of the AEM Developer Console.
    console: Option<String>,
    /// Your notes.
    notes: String,
    /// Paths that a rotation requests with the old and the new credential.
    saved_paths: Vec<String>,
    /// The identities that were selected.
    identities: Vec<IdentityDocument>,
}

/// The hosts of an environment: a host name, or for a local SDK an address such as `http://localhost:4502`.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Hosts")]
struct HostsDocument {
    /// The author tier.
    author: Option<String>,
    /// The publish tier.
    publish: Option<String>,
    /// The preview tier.
    preview: Option<String>,
    /// The customer's own domain in front of publish.
    publish_domain: Option<HostName>,
}

/// An identity: an account that signs in to an environment.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Identity")]
struct IdentityDocument {
    /// Stays the same over all rotations.
    id: Uuid,
    /// The label after the slash in `ENV/LABEL`.
    label: Name,
    kind: Kind,
    /// Whether the credential is marked as leaked and still in use.
    leaked: bool,
    credential: CredentialDocument,
    token: TokenDocument,
    /// The result of the last test on each host.
    tests: Vec<TestDocument>,
    /// The stored revisions of the credential, newest first.
    revisions: Vec<revisions::RevisionDocument>,
    /// The rotation that is not finished; null if there is none.
    rotation: Option<RotationDocument>,
    /// The servers and programs that use the credential.
    used_by: Vec<UserDocument>,
}

/// The active credential of an identity. The fields are null for a development token and a local SDK, which have none.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Credential")]
struct CredentialDocument {
    state: Urgency,
    /// Whether the storage had the secret when it was last read.
    secret: SecretState,
    /// When it becomes valid.
    not_before: Option<UtcTime>,
    /// When it expires; null without an expiry.
    not_after: Option<UtcTime>,
    fingerprint: Option<Fingerprint>,
    /// The id of the client at IMS.
    client_id: Option<String>,
    /// The id of the technical account.
    technical_account: Option<String>,
    /// The name with which the technical account signs in to AEM.
    login_name: Option<String>,
    /// The IMS organisation.
    org: Option<String>,
    /// The host of IMS that exchanges the credential.
    ims_host: Option<String>,
    /// The metascopes, or the scopes of an OAuth credential.
    scopes: Vec<String>,
}

/// The cached token of an identity. The fields are null without one.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Token")]
struct TokenDocument {
    state: Urgency,
    /// When it expires; null if the token names no expiry.
    expires_at: Option<UtcTime>,
    fingerprint: Option<Fingerprint>,
}

/// The result of the last test on a host.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "LastTest")]
struct TestDocument {
    /// The tier of the host.
    tier: Tier,
    /// The host that was asked.
    host: String,
    /// When it was tested.
    at: UtcTime,
    /// The HTTP status; null without a response.
    status: Option<u16>,
    /// The verdict, as `test` prints it.
    verdict: String,
    /// The user that the token signed in as.
    user: Option<String>,
    /// The number of the user's groups.
    groups: u32,
    /// Time until the response, in milliseconds.
    elapsed_ms: u64,
}

/// A rotation that is not finished.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Rotation")]
pub struct RotationDocument {
    /// `interrupted`, `not verified`, `update programs` or `revoke old key`.
    state: &'static str,
    /// The state as a sentence.
    message: String,
    /// What to do next.
    next_step: Guidance,
}

/// A server or program that uses a credential.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "User")]
pub struct UserDocument {
    /// The name of the server or program.
    name: String,
    /// Whether it was marked as having the active credential.
    has_new: bool,
}

impl EnvironmentsDocument {
    /// Returns these identities with their environments, or all if `only` is empty.
    pub fn of_index(index: &Index, only: &[Uuid], now: Timestamp, thresholds: &Thresholds) -> Self {
        let is_chosen = |id| only.is_empty() || only.contains(&id);
        let document = |environment: &Arc<EnvironmentEntry>| {
            let chosen: Vec<&IdentityEntry> = environment
                .identities
                .iter()
                .filter(|identity| is_chosen(identity.id))
                .collect();
            let is_shown = only.is_empty() || !chosen.is_empty();
            is_shown.then(|| EnvironmentDocument::new(environment, &chosen, now, thresholds))
        };
        Self {
            environments: index.environments.iter().filter_map(document).collect(),
        }
    }
}

impl EnvironmentDocument {
    fn new(
        environment: &EnvironmentEntry,
        identities: &[&IdentityEntry],
        now: Timestamp,
        thresholds: &Thresholds,
    ) -> Self {
        // A bare host for the cloud, which is always https; the whole address for a local SDK.
        let host = |address: &Option<TierAddress>| {
            address.as_ref().map(|address| match address {
                TierAddress::Cloud(host) => host.to_string(),
                TierAddress::Local(_) => address.origin(),
            })
        };
        let identities = identities.iter();
        Self {
            id: environment.id,
            name: environment.name.clone(),
            environment_type: environment.environment_type,
            customer: environment.customer.clone(),
            program: environment.ids.map(|ids| ids.program.to_string()),
            environment: environment.ids.map(|ids| ids.environment.to_string()),
            hosts: HostsDocument {
                author: host(&environment.hosts.author),
                publish: host(&environment.hosts.publish),
                preview: host(&environment.hosts.preview),
                publish_domain: environment.hosts.publish_domain.clone(),
            },
            approvals: environment.approvals.clone(),
            default: environment
                .default_identity()
                .map(|identity| identity.label.clone()),
            console: environment.console_url.clone(),
            notes: environment.notes.clone(),
            saved_paths: environment.saved_paths.clone(),
            identities: identities
                .map(|identity| IdentityDocument::new(environment, identity, now, thresholds))
                .collect(),
        }
    }
}

impl IdentityDocument {
    fn new(
        environment: &EnvironmentEntry,
        identity: &IdentityEntry,
        now: Timestamp,
        thresholds: &Thresholds,
    ) -> Self {
        let facts = identity.credential.as_ref();
        let token = identity.token.as_ref();
        Self {
            id: identity.id,
            label: identity.label.clone(),
            kind: identity.kind,
            leaked: identity.signs_in_leaked(),
            credential: CredentialDocument {
                state: urgency::of_credential(identity, now, thresholds),
                secret: identity.secret,
                not_before: facts.and_then(|it| it.not_before).map(UtcTime),
                not_after: facts.and_then(|it| it.not_after).map(UtcTime),
                fingerprint: facts.map(|it| it.fingerprint.clone()),
                client_id: facts.map(|it| it.client_id.clone()),
                technical_account: facts.and_then(|it| it.technical_account_id.clone()),
                login_name: facts.and_then(|it| it.technical_account_email.clone()),
                org: facts.and_then(|it| it.org.clone()),
                ims_host: facts.map(|it| it.ims_host.clone()),
                scopes: facts.map(|it| it.scopes.clone()).unwrap_or_default(),
            },
            token: TokenDocument {
                state: urgency::of_token(identity, now, thresholds),
                expires_at: token.and_then(|it| it.expires_at).map(UtcTime),
                fingerprint: token.map(|it| it.fingerprint.clone()),
            },
            tests: identity.last_test.iter().map(TestDocument::new).collect(),
            revisions: revisions::documents(identity),
            rotation: RotationDocument::of(environment, identity),
            used_by: UserDocument::of(identity),
        }
    }
}

impl TestDocument {
    fn new(test: &TierRecord) -> Self {
        Self {
            tier: test.tier,
            host: test.host.clone(),
            at: UtcTime(test.at),
            status: test.status,
            verdict: test.verdict.clone(),
            user: test.user.clone(),
            groups: test.groups,
            elapsed_ms: test.elapsed_ms,
        }
    }
}

impl RotationDocument {
    pub fn of(environment: &EnvironmentEntry, identity: &IdentityEntry) -> Option<Self> {
        let left = remaining_steps(identity)?;
        let name = resolve::full_name(environment, identity);
        Some(Self {
            state: left.short(),
            message: left.words(),
            next_step: left.next_step(&name),
        })
    }
}

impl UserDocument {
    pub fn of(identity: &IdentityEntry) -> Vec<Self> {
        let active = identity.active_revision();
        let document = |who: &UsedBy| Self {
            name: who.name.clone(),
            has_new: who.has(active),
        };
        identity.used_by.iter().map(document).collect()
    }
}
