//! Who is registered: the clients IMS knows, and the environments AEM runs.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use crate::credential::Secret;

/// The simulator's clock: the real one, a fixed one, or one that is wrong on purpose.
pub type Now = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// What a simulator is started with. More can be registered while it runs.
pub struct Configuration {
    pub now: Now,
    pub clients: Vec<Client>,
    pub people: Vec<Person>,
    /// Environments that differ from the default one; any other `*-pN-eN.adobeaemcloud.com` is a default environment.
    pub environments: Vec<AemEnvironment>,
    /// Waited before every answer, as a network would.
    pub latency: Duration,
}

impl Default for Configuration {
    fn default() -> Self {
        Self {
            now: Arc::new(Timestamp::now),
            clients: Vec::new(),
            people: Vec::new(),
            environments: Vec::new(),
            latency: Duration::ZERO,
        }
    }
}

impl Configuration {
    /// Time stands still at `now`.
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

/// How a client may get a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientKind {
    /// Signs an assertion; `/ims/exchange/jwt`.
    ServiceCredentials,
    /// Secret alone; `/ims/token/v3`.
    Oauth,
}

/// A client at one IMS, with its technical account.
pub struct Client {
    pub kind: ClientKind,
    /// Production and stage do not know each other's clients.
    pub ims_host: String,
    pub client_id: String,
    /// One; an OAuth client has up to two.
    pub secrets: Vec<Secret>,
    pub org: String,
    /// The assertion's `sub`.
    pub technical_account_id: String,
    /// The user in AEM.
    pub email: String,
    /// What may be asked for.
    pub scopes: Vec<String>,
    /// A technical account has several; every active one works.
    pub keys: Vec<KeyBinding>,
    /// `p123-e1250`: where AEM knows this account.
    pub environments: Vec<String>,
    /// Beside `everyone`.
    pub groups: Vec<String>,
    /// What tokens live; IMS gives a day.
    pub token_lifetime: Duration,
}

impl Client {
    /// One day less a millisecond on the wire, as IMS has it.
    pub const TOKEN_LIFETIME: Duration = Duration::from_hours(24);
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

/// A developer, known to environments by the user id in a local development token.
#[derive(Clone, Debug)]
pub struct Person {
    pub user_id: String,
    pub email: String,
    pub environments: Vec<String>,
    pub groups: Vec<String>,
}

/// One tier's host, and how it misbehaves for good. For trouble that passes there is [`super::Fault`].
#[derive(Clone, Debug, Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "independent switches, each a fact of the host"
)]
pub struct Host {
    /// Answers 503, as an environment that sleeps.
    pub hibernated: bool,
    /// Answers 403 with HTML and none of AEM's headers.
    pub blocked_at_cdn: bool,
    /// The CDN holds an anonymous answer for the plain URL; a query it has not seen passes.
    pub stale_cache: bool,
    /// Author redirects to the sign-in page instead of saying 401.
    pub login_redirect: bool,
    /// The CDN or dispatcher drops `Authorization`.
    pub strips_authorization: bool,
}

/// An environment that differs from the default.
#[derive(Clone, Debug, Default)]
pub struct AemEnvironment {
    /// `p123-e1250`, with `-cmstg` where the hosts have it.
    pub ids: String,
    pub author: Host,
    pub publish: Host,
    pub preview: Host,
    /// The customer's own host in front of publish.
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
