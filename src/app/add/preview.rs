//! A preview of an input: its kind, its relation to stored credentials, and the confirmations that it needs.

use jiff::Timestamp;

use super::relation::{Relation, relate};
use super::{AddOptions, Changes, FileGuess};
use crate::app::AppContext;
use crate::app::edit::merge_hosts;
use crate::app::names::{suggest_label, suggest_name};
use crate::storage::Index;
use aemkeys_core::credential::validity::Thresholds;
use aemkeys_core::credential::{
    AccessToken, Code, CredentialFacts, Imported, Kind, OauthCredential, Problem, TokenFacts,
};
use aemkeys_core::credential::{Check, CheckVerdict as Verdict};
use aemkeys_core::environment::{CloudIds, Hosts, Unconfirmed, allow_list};

/// What was recognised and would be stored, shown before anything is stored.
#[derive(Clone, Debug)]
pub struct Preview {
    pub kind: Kind,
    /// Whether it is a token of a technical account, for which a new one needs the credential.
    pub is_account_token: bool,
    pub checks: Vec<Check>,
    pub facts: Option<CredentialFacts>,
    pub token: Option<TokenFacts>,
    /// Whose token it is, from its claims.
    pub token_owner: Option<String>,
    /// The environment in the token's client id, if there is one.
    pub token_ids: Option<CloudIds>,
    pub ids: Option<CloudIds>,
    pub hosts: Hosts,
    pub suggested_name: String,
    pub suggested_label: String,
    /// The customer of another environment of the same organisation, else the organisation.
    pub customer: Option<String>,
    /// What the name of the file says, if it was read from one.
    pub file: Option<FileGuess>,
    pub relation: Relation,
    /// What storing it would change, once it was compared with the storage.
    pub changes: Option<Changes>,
    /// Hosts that need a typed confirmation: IMS hosts outside Adobe's for secrets, hosts other than the derived ones for tokens.
    pub unconfirmed: Vec<Unconfirmed>,
}

impl Preview {
    /// Returns what was recognised, in words.
    pub fn what(&self) -> &'static str {
        match self.kind {
            Kind::ServiceCredentials => "service credentials (AEM Developer Console)",
            Kind::OauthServerToServer => {
                "OAuth server-to-server credential (Adobe Developer Console)"
            }
            Kind::DevelopmentToken if self.is_account_token => {
                "a technical account's access token, which cannot be replaced without the credential"
            }
            Kind::DevelopmentToken => "local development token (AEM Developer Console)",
            Kind::Local => "local SDK",
        }
    }

    /// Returns the customer that is not only the organisation.
    pub fn named_customer(&self) -> Option<&str> {
        let org = self.facts.as_ref().and_then(|facts| facts.org.as_deref());
        self.customer.as_deref().filter(|it| Some(*it) != org)
    }

    /// Returns whether the input is a token that has expired.
    pub fn token_expired(&self, now: Timestamp) -> bool {
        let end = self.token.as_ref().and_then(|token| token.expires_at);
        end.is_some_and(|end| end <= now)
    }

    /// Refuses what must not be stored: an expired token, an unconfirmed host, or an inconsistent credential.
    pub(super) fn refuse_unusable(&self, now: Timestamp) -> Result<(), Problem> {
        if self.token_expired(now) {
            return match self.relation {
                // An expired token that is stored already is reported as such, not refused.
                Relation::AlreadyStored { .. } => Ok(()),
                _ => Err(token_expired()),
            };
        }
        allow_list::refuse_first(&self.unconfirmed)?;
        if let Some(wrong) = self
            .checks
            .iter()
            .find(|check| check.verdict == Verdict::Wrong)
        {
            return Err(
            Problem::new(Code::CredentialInconsistent, wrong.text.clone())
                .cause("IMS would refuse it, because the parts of this file do not belong together")
                .next_step("download the service credentials again in the AEM Developer Console"),
        );
        }
        Ok(())
    }
}

/// Returns the error for a local development token that has expired.
pub fn token_expired() -> Problem {
    Problem::new(Code::TokenExpired, "the pasted token has expired")
        .cause("a local development token is valid for at most a day")
        .next_step("get a new one in the AEM Developer Console: Integrations, Local token")
}

/// Returns what `store` would do. Changes nothing.
pub fn preview(
    context: &AppContext,
    imported: &Imported,
    choices: &AddOptions,
) -> Result<Preview, Problem> {
    let index = context.read_index()?;
    let now = context.clock.now();
    let thresholds = &context.configuration.thresholds;
    Ok(preview_in(&index, imported, choices, now, thresholds))
}

/// Like [`preview`], for a caller that has read the list.
pub(super) fn preview_in(
    index: &Index,
    imported: &Imported,
    choices: &AddOptions,
    now: Timestamp,
    thresholds: &Thresholds,
) -> Preview {
    let (kind, checks, facts, token) = match imported {
        Imported::Service(service) => (
            Kind::ServiceCredentials,
            service.checks(now, thresholds),
            Some(service.facts()),
            None,
        ),
        Imported::Oauth(oauth) => (
            Kind::OauthServerToServer,
            oauth_checks(oauth, choices),
            Some(oauth.facts()),
            None,
        ),
        Imported::DevelopmentToken(token) => (
            Kind::DevelopmentToken,
            Vec::new(),
            None,
            Some(token.facts(now)),
        ),
    };
    let ids = choices.ids.or(match imported {
        Imported::Service(service) => service.cloud_ids(),
        Imported::DevelopmentToken(token) => ids_of_token(token),
        Imported::Oauth(_) => None,
    });
    let hosts = chosen_hosts(ids, &choices.hosts);
    let suggested_name = suggest_name(index, ids, facts.as_ref());
    let suggested_label = suggest_label(imported);
    let customer = choices
        .customer
        .clone()
        .or_else(|| Some(customer_of(index, facts.as_ref()?.org.as_deref()?)));
    let relation = relate(index, kind, facts.as_ref(), token.as_ref(), ids, choices);
    let mut unconfirmed: Vec<Unconfirmed> = facts
        .as_ref()
        .and_then(|facts| allow_list::non_adobe_ims_host(&facts.ims_host))
        .into_iter()
        .collect();
    if relation == Relation::NewEnvironment {
        unconfirmed.extend(allow_list::underived_hosts(ids, &hosts));
    }
    unconfirmed.retain(|it| !it.is_confirmed_by(&choices.trusted));
    let pasted = match imported {
        Imported::DevelopmentToken(token) => Some(token.as_ref()),
        _ => None,
    };
    let mut preview = Preview {
        kind,
        is_account_token: pasted.is_some_and(AccessToken::is_of_account),
        checks,
        facts,
        token,
        token_owner: pasted.and_then(AccessToken::owner),
        token_ids: pasted.and_then(ids_of_token),
        ids,
        hosts,
        suggested_name,
        suggested_label,
        customer,
        file: None,
        relation,
        changes: None,
        unconfirmed,
    };
    if preview.token_expired(now) {
        preview.checks.push(Check {
            verdict: Verdict::Wrong,
            text: "the token has expired".to_owned(),
        });
    }
    preview
}

/// Returns the customer of a stored environment of the organisation, else the organisation.
fn customer_of(index: &Index, org: &str) -> String {
    let known = index.identities().find_map(|(environment, identity)| {
        let facts = identity.credential.as_ref()?;
        let customer = environment.customer.as_deref()?;
        (facts.org.as_deref() == Some(org) && customer != org).then(|| customer.to_owned())
    });
    known.unwrap_or_else(|| org.to_owned())
}

/// Returns the offline checks of an OAuth credential, which names no environment and may use another IMS host.
fn oauth_checks(oauth: &OauthCredential, choices: &AddOptions) -> Vec<Check> {
    let check = |verdict, text: String| Check { verdict, text };
    let environment = match choices.ids {
        Some(ids) => check(Verdict::Fine, format!("environment {ids}")),
        None if choices.hosts.author.is_some() => {
            check(Verdict::Fine, "hosts set by options".to_owned())
        }
        None => check(
            Verdict::Warning,
            "an OAuth credential names no environment: set its hosts, or its ids (`--env pN-eN` on the command line)".to_owned(),
        ),
    };
    vec![
        environment,
        check(Verdict::Fine, format!("IMS {}", oauth.ims_host)),
        check(Verdict::Fine, format!("scopes {}", oauth.scopes.join(", "))),
    ]
}

/// Returns the environment in the token's client id, if there is one.
fn ids_of_token(token: &AccessToken) -> Option<CloudIds> {
    CloudIds::from_client_id(token.claims.client_id.as_deref()?)
}

fn chosen_hosts(ids: Option<CloudIds>, chosen: &Hosts) -> Hosts {
    let mut hosts = ids.map(Hosts::derived).unwrap_or_default();
    merge_hosts(&mut hosts, chosen);
    hosts
}
