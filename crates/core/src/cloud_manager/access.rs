//! The sign-in at Cloud Manager.

use crate::credential::{AccessToken, TokenClaims};
use crate::credential::{Code, CredentialFacts, Kind, NextStep, Problem, Secret};
use crate::environment::CloudIds;
use crate::guidance;

/// The client of the AEM Developer Console, which issues local development tokens.
const DEVELOPER_CONSOLE: &str = "dev-console-prod";

/// A token for Cloud Manager, with its client and organisation. It can't be read back, so it goes to no other host.
#[derive(Debug)]
pub struct ApiAccess {
    token: Secret,
    client_id: String,
    org: String,
    scopes: Vec<String>,
    is_aio: bool,
}

impl ApiAccess {
    /// Takes a token of an OAuth server-to-server credential. Tokens of other kinds are for AEM only.
    pub fn of_credential(
        kind: Kind,
        facts: &CredentialFacts,
        token: Secret,
        org: &str,
    ) -> Result<Self, Problem> {
        check_kind(kind)?;
        let client_id = &facts.client_id;
        Self::new(token, client_id, org, facts.scopes.clone(), false)
    }

    /// Takes the token of aio, the Adobe I/O CLI.
    pub fn of_aio(token: AccessToken, org: &str) -> Result<Self, Problem> {
        let TokenClaims {
            client_id, scopes, ..
        } = token.claims;
        let client_id = client_id.unwrap_or_default();
        Self::new(token.secret, &client_id, org, scopes, true)
    }

    fn new(
        token: Secret,
        client_id: &str,
        org: &str,
        scopes: Vec<String>,
        is_aio: bool,
    ) -> Result<Self, Problem> {
        if CloudIds::from_any_client_id(client_id).is_some() || client_id == DEVELOPER_CONSOLE {
            return Err(for_aem_only());
        }
        let is_word = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        if !(1..=100).contains(&client_id.len()) || !client_id.chars().all(is_word) {
            return Err(Problem::new(
                Code::TokenWrongKind,
                "the token names no client id that Cloud Manager could know",
            )
            .cause("its claim client_id is missing, or contains other characters")
            .next_step("sign in again with `aio login`, or use a stored OAuth credential"));
        }
        check_org(org)?;
        Ok(Self {
            token,
            client_id: client_id.to_owned(),
            org: org.to_owned(),
            scopes,
            is_aio,
        })
    }

    pub(super) fn token(&self) -> Secret {
        self.token.duplicate()
    }

    pub(super) fn headers(&self) -> Vec<(String, String)> {
        [
            ("accept", "application/json"),
            ("x-api-key", self.client_id.as_str()),
            ("x-gw-ims-org-id", self.org.as_str()),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into()
    }

    pub(super) fn scopes(&self) -> &[String] {
        &self.scopes
    }

    pub(super) fn is_aio(&self) -> bool {
        self.is_aio
    }
}

/// Refuses a kind of credential whose tokens are for AEM only.
pub fn check_kind(kind: Kind) -> Result<(), Problem> {
    match kind {
        Kind::OauthServerToServer => Ok(()),
        Kind::ServiceCredentials | Kind::DevelopmentToken | Kind::Local => Err(for_aem_only()),
    }
}

/// Checks the form of an organisation id: `1234567890ABCDEF12345678@AdobeOrg`.
fn check_org(org: &str) -> Result<(), Problem> {
    let id = org.strip_suffix("@AdobeOrg").unwrap_or_default();
    if (1..=64).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Ok(());
    }
    Err(Problem::new(
        Code::Usage,
        "the id of the organisation is not valid",
    )
    .cause("it consists of letters and digits, followed by @AdobeOrg")
    .next_step("copy it from the credential in the Adobe Developer Console, and pass it with `--org`"))
}

fn for_aem_only() -> Problem {
    Problem::new(
        Code::TokenWrongKind,
        "this token is for AEM, and is not sent to Cloud Manager",
    )
    .cause("Cloud Manager accepts OAuth server-to-server credentials and the token of aio, not service credentials or local development tokens")
    .next_step(guidance![
        "create a project with the API Cloud Manager in the Adobe Developer Console, then ",
        NextStep::Add
    ])
}
