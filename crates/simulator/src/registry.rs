//! The clients that IMS knows, and the environments that AEM runs.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::cloud_manager::CloudProgram;
use super::token::IssuedClaims;
use aemkeys_core::credential::Secret;

/// The clock of the simulator: real, fixed, or deliberately wrong.
pub type Now = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// The initial configuration. More can be registered while the simulator runs.
pub struct SimulatorConfiguration {
    pub now: Now,
    pub clients: Vec<Client>,
    pub people: Vec<Person>,
    /// Environments that differ from the default. Every other `*-pN-eN.adobeaemcloud.com` is a default environment.
    pub environments: Vec<AemEnvironment>,
    /// What Cloud Manager lists.
    pub programs: Vec<CloudProgram>,
    /// Delay before every response.
    pub latency: Duration,
}

impl Default for SimulatorConfiguration {
    fn default() -> Self {
        Self {
            now: Arc::new(Timestamp::now),
            clients: Vec::new(),
            people: Vec::new(),
            environments: Vec::new(),
            programs: Vec::new(),
            latency: Duration::ZERO,
        }
    }
}

impl SimulatorConfiguration {
    /// Creates a configuration with a fixed clock.
    pub fn at(now: Timestamp) -> Self {
        Self {
            now: Arc::new(move || now),
            ..Self::default()
        }
    }

    #[must_use]
    pub fn client(mut self, client: Client) -> Self {
        self.clients.push(client);
        self
    }
}

/// How a client gets a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientKind {
    /// With a signed assertion, at `/ims/exchange/jwt`.
    ServiceCredentials,
    /// With the client secret only, at `/ims/token/v3`.
    Oauth,
}

/// A client at one IMS, with its technical account.
pub struct Client {
    pub kind: ClientKind,
    /// Production and stage IMS do not share clients.
    pub ims_host: String,
    pub client_id: String,
    /// One secret; for OAuth, up to two.
    pub secrets: Vec<Secret>,
    pub org: String,
    /// The assertion's `sub`.
    pub technical_account_id: String,
    /// The user in AEM.
    pub email: String,
    /// The scopes that can be requested.
    pub scopes: Vec<String>,
    /// Every active key works.
    pub keys: Vec<KeyBinding>,
    /// The environments that know this account: `p123-e1250`.
    pub environments: Vec<String>,
    /// The groups besides `everyone`.
    pub groups: Vec<String>,
    pub token_lifetime: Duration,
}

impl Client {
    /// One day. Responses contain a millisecond less, like those of IMS.
    pub const TOKEN_LIFETIME: Duration = Duration::from_hours(24);

    pub(super) fn token_lifetime_ms(&self) -> i64 {
        i64::try_from(self.token_lifetime.as_millis()).unwrap_or(i64::MAX)
    }

    /// Returns the claims of a token that its IMS issues.
    pub(super) fn claims(&self, scopes: Vec<String>, created_at: Timestamp) -> IssuedClaims {
        let ims = self.ims_host.split('.').next();
        IssuedClaims {
            client_id: self.client_id.clone(),
            user_id: self.technical_account_id.clone(),
            scopes,
            created_at,
            lifetime_ms: self.token_lifetime_ms(),
            authorization_server: ims.unwrap_or_default().to_owned(),
        }
    }

    /// Returns the token of an exchange with all scopes, as it would be the first one.
    pub(super) fn token(&self, created_at: Timestamp) -> Secret {
        self.claims(self.scopes.clone(), created_at).sign(0)
    }
}

/// A certificate registered for a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyBinding {
    /// DER `RSAPublicKey`.
    pub public_key: Vec<u8>,
    pub not_before: Timestamp,
    pub not_after: Timestamp,
    pub revoked: bool,
}

impl KeyBinding {
    pub fn is_active(&self, now: Timestamp) -> bool {
        !self.revoked && self.not_before <= now && now < self.not_after
    }
}

/// A developer, identified by the user id in a local development token.
#[derive(Clone, Debug)]
pub struct Person {
    pub user_id: String,
    pub email: String,
    pub environments: Vec<String>,
    pub groups: Vec<String>,
}

/// The host of a tier, with permanent misbehaviour. [`super::Fault`] is for temporary faults.
#[derive(Clone, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "independent switches")]
pub struct Host {
    /// Returns 503, like a hibernated environment.
    pub hibernated: bool,
    /// Returns 403 with HTML and without AEM's headers.
    pub blocked_at_cdn: bool,
    /// The CDN returns a cached anonymous response, unless the query is new.
    pub stale_cache: bool,
    /// Author redirects to the sign-in page instead of returning 401.
    pub login_redirect: bool,
    /// The CDN or dispatcher drops `Authorization`.
    pub strips_authorization: bool,
}

/// An environment that differs from the default.
#[derive(Clone, Debug, Default)]
pub struct AemEnvironment {
    /// `p123-e1250`, with `-cmstg` if the hosts contain it.
    pub ids: String,
    pub author: Host,
    pub publish: Host,
    pub preview: Host,
    /// The customer's domain in front of publish.
    pub publish_domain: Option<(String, Host)>,
    /// `allowedClientIDs` of the deployed `api.yaml`.
    pub allowed_client_ids: Vec<String>,
}

impl AemEnvironment {
    pub fn new(ids: &str) -> Self {
        Self {
            ids: ids.to_owned(),
            ..Self::default()
        }
    }
}
