//! The token and the hosts of an identity, as environment variables for a program.

use std::collections::BTreeMap;

use aemkeys_core::credential::{Guidance, TokenFacts};
use aemkeys_core::time;
use jiff::SignedDuration;
use uuid::Uuid;

use super::exchange::Fresh;
use super::guard::{self, Act, Confirmed};
use super::preset::{Content, Preset};
use super::resolve::no_longer_stored;
use super::token_format::{Buffer, HOST_VARIABLES, TOKEN_VARIABLE};
use super::{AppContext, EnvironmentEntry, IdentityEntry, exchange};
use aemkeys_core::credential::{Code, Credential, CredentialFacts, Kind, Problem, Secret};
use aemkeys_core::environment::{Hosts, Tier};

/// What a variable is set to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    Content(Content),
    Text(String),
}

/// Returns the variables of an identity's program: `AEM_TOKEN` and the hosts, then those of the presets. The last one counts.
pub fn variables(presets: Vec<Preset>) -> Vec<(String, Wanted)> {
    let hosts = HOST_VARIABLES.map(|(tier, name)| (name, of_tier(tier)));
    let ours = std::iter::once((TOKEN_VARIABLE, Content::Token)).chain(hosts);
    let mut all: Vec<_> = ours
        .map(|(name, content)| (name.to_owned(), Wanted::Content(content)))
        .collect();
    for preset in presets {
        let contents = preset.variables.into_iter();
        all.extend(contents.map(|(name, content)| (name, Wanted::Content(content))));
        let texts = preset.text.into_iter();
        all.extend(texts.map(|(name, text)| (name, Wanted::Text(text))));
    }
    all
}

fn of_tier(tier: Tier) -> Content {
    match tier {
        Tier::Author | Tier::Delivery => Content::Author,
        Tier::Publish => Content::Publish,
        Tier::Preview => Content::Preview,
    }
}

/// Returns the names of the variables that the program gets, from the list alone. Like a program, it takes the last of a name.
pub fn names_set(
    variables: Vec<(String, Wanted)>,
    environment: &EnvironmentEntry,
    identity: &IdentityEntry,
) -> Vec<String> {
    let is_known = |content| {
        let facts = identity.credential.as_ref();
        match content {
            Content::ClientSecret => identity.kind == Kind::OauthServerToServer,
            _ if content.is_of_token() => has_token(identity.kind),
            _ => of_facts(content, facts, &environment.hosts).is_some(),
        }
    };
    let known = variables.into_iter().map(|(name, wanted)| match wanted {
        Wanted::Text(_) => (name, true),
        Wanted::Content(content) => (name, is_known(content)),
    });
    let known: BTreeMap<String, bool> = known.collect();
    let set = known.into_iter().filter(|(_, is_known)| *is_known);
    set.map(|(name, _)| name).collect()
}

fn has_token(kind: Kind) -> bool {
    kind != Kind::Local
}

/// What can be handed to a program about one identity.
pub struct Values {
    hosts: Hosts,
    credential: Option<CredentialFacts>,
    token: Option<Fresh>,
    client_secret: Option<Secret>,
}

/// Reads everything from the storage, and exchanges first if needed. A wanted client secret must have been confirmed with
/// [`client_secret_question`].
pub async fn values(
    context: &AppContext,
    identity: Uuid,
    min_valid: SignedDuration,
    strict: bool,
    confirmed: &Confirmed,
    wanted: &[Content],
) -> Result<Values, Problem> {
    let environment = guard::environment_of(context, identity)
        .await?
        .ok_or_else(no_longer_stored)?;
    confirmed.check(&environment, Act::Exec)?;
    let kind = environment.identity(identity).map(|it| it.kind);
    let needs_token = wanted.iter().any(|content| content.is_of_token());
    let token = if needs_token && kind.is_none_or(has_token) {
        Some(exchange::ensure(context, identity, min_valid, strict).await?)
    } else {
        None
    };
    let client_secret = if wanted.contains(&Content::ClientSecret) {
        let latest = environment.identity(identity).map(|it| it.latest_revision);
        Some(client_secret(context, identity, latest.unwrap_or_default()).await?)
    } else {
        None
    };
    let index = context.read_index()?;
    let listed = index.identity(identity);
    Ok(Values {
        hosts: environment.hosts,
        credential: listed.and_then(|(_, entry)| entry.credential.clone()),
        token,
        client_secret,
    })
}

/// Returns the question before a client secret is handed over.
pub fn client_secret_question(name: &str, program: &str) -> String {
    format!(
        "{program} gets the client secret of {name}, which gives new tokens until it is deleted in the Adobe Developer Console.\nHand it over?"
    )
}

async fn client_secret(
    context: &AppContext,
    identity: Uuid,
    latest: u32,
) -> Result<Secret, Problem> {
    let stored = context
        .storage(move |storage| storage.active_credential(identity, latest))
        .await?;
    match stored.map(|stored| (stored.leaked, stored.credential)) {
        Some((false, Credential::Oauth(oauth))) if !oauth.client_secrets.is_empty() => {
            Ok(oauth.client_secrets[0].duplicate())
        }
        Some((true, _)) => Err(Problem::new(
            Code::LeakedCredential,
            "the credential is marked as leaked, so it is not handed over",
        )
        .next_step("rotate it first")),
        _ => Err(Problem::new(
            Code::ClientSecretMissing,
            "this identity has no client secret",
        )
        .cause("only OAuth server-to-server credentials have one")
        .next_step(
            "choose an identity with an OAuth credential, or a preset that hands over a token",
        )),
    }
}

impl Values {
    pub fn get(&self, content: Content) -> Option<Secret> {
        if content == Content::ClientSecret {
            return self.client_secret.as_ref().map(Secret::duplicate);
        }
        let token = self.token.as_ref();
        token
            .and_then(|token| of_token(content, &token.secret, &token.facts))
            .or_else(|| of_facts(content, self.credential.as_ref(), &self.hosts))
    }

    /// Returns what must not be printed.
    pub fn secrets(&self) -> impl Iterator<Item = &Secret> {
        let tokens = self.token.iter().map(|token| &token.secret);
        tokens.chain(&self.client_secret)
    }

    pub fn warnings(&self) -> Vec<Guidance> {
        self.token.as_ref().map(Fresh::notes).unwrap_or_default()
    }
}

fn of_facts(
    content: Content,
    credential: Option<&CredentialFacts>,
    hosts: &Hosts,
) -> Option<Secret> {
    credential
        .and_then(|credential| of_credential(content, credential))
        .or_else(|| of_hosts(content, hosts))
}

fn of_hosts(content: Content, hosts: &Hosts) -> Option<Secret> {
    let tier = match content {
        Content::Author => Tier::Author,
        Content::Publish => Tier::Publish,
        Content::Preview => Tier::Preview,
        _ => return None,
    };
    let address = hosts.of(tier)?;
    Some(Secret::from(address.origin().as_str()))
}

fn of_credential(content: Content, credential: &CredentialFacts) -> Option<Secret> {
    match content {
        Content::Org => credential.org.as_deref().map(Secret::from),
        Content::Scopes if credential.scopes.is_empty() => None,
        Content::Scopes => serde_json::to_string(&credential.scopes)
            .ok()
            .map(Secret::from),
        Content::ClientId => Some(Secret::from(credential.client_id.as_str())),
        _ => None,
    }
}

fn of_token(content: Content, token: &Secret, facts: &TokenFacts) -> Option<Secret> {
    match content {
        Content::Token => Some(token.duplicate()),
        Content::Header => {
            let mut header = Buffer::with_room_for(token.len() + 32);
            header.text("Authorization: Bearer ");
            header.token(token);
            Some(header.finish())
        }
        Content::ExpiresAt => Some(Secret::from(time::rfc3339(facts.expires_at?).as_str())),
        Content::ExpiresAtMs => {
            let milliseconds = facts.expires_at?.as_millisecond().to_string();
            Some(Secret::from(milliseconds.as_str()))
        }
        _ => None,
    }
}
