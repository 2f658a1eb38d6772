//! Lists the programs and environments of Cloud Manager, and compares them with what is stored.

mod aio;
mod cache;
pub mod change;
pub mod compare;

#[cfg(test)]
mod tests;

use std::sync::OnceLock;

use futures_util::{StreamExt, stream};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{AppContext, exchange, resolve};
use crate::storage::{EnvironmentEntry, IdentityEntry, Index};
use aemkeys_core::cloud_manager::{self, ApiAccess, Listed};
use aemkeys_core::credential::text::counted;
use aemkeys_core::credential::{AccessToken, Code, CredentialFacts, Kind, NextStep, Problem};
use aemkeys_core::guidance;

pub use aemkeys_core::cloud_manager::{CloudEnvironment, Program};

/// Programs whose environments are requested at the same time.
const AT_A_TIME: usize = 4;

/// Who asks Cloud Manager.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// A stored OAuth credential; `None`: the only one.
    Stored(Option<String>),
    /// The person who is signed in to aio, the Adobe I/O CLI.
    Aio,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DiscoverRequest {
    pub source: Source,
    /// The organisation; `None`: that of the credential, or the one chosen in aio.
    pub org: Option<String>,
    /// Ask again, although an answer is kept.
    pub refresh: bool,
}

/// What Cloud Manager answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Discovered {
    pub account: Account,
    pub asked_at: Timestamp,
    /// Whether the answer was kept from an earlier run.
    pub is_kept: bool,
    pub programs: Vec<DiscoveredProgram>,
    pub warnings: Vec<String>,
}

/// The client and the organisation that were asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    pub client_id: String,
    pub org: String,
}

/// A program with its environments, or why they could not be listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DiscoveredProgram {
    pub program: Program,
    pub environments: Result<Vec<CloudEnvironment>, Problem>,
}

impl Discovered {
    pub fn environments(&self) -> impl Iterator<Item = (&Program, &CloudEnvironment)> {
        self.programs.iter().flat_map(|it| {
            let all = it.environments.iter().flatten();
            all.map(|environment| (&it.program, environment))
        })
    }

    /// Returns the programs whose environments could not be listed.
    pub fn failures(&self) -> impl Iterator<Item = (&Program, &Problem)> {
        self.programs
            .iter()
            .filter_map(|it| Some((&it.program, it.environments.as_ref().err()?)))
    }
}

/// Asks Cloud Manager, or reads the answer of the last hour. `progress`: the programs done, and all.
pub async fn discover(
    context: &AppContext,
    request: &DiscoverRequest,
    progress: impl Fn(usize, usize),
) -> Result<Discovered, Problem> {
    let (account, sign_in) = SignIn::choose(context, request)?;
    if !request.refresh
        && let Some(kept) = cache::read(context, &account)
    {
        return Ok(kept);
    }
    let mut warnings = Vec::new();
    let access = sign_in.access(context, &account.org, &mut warnings).await?;
    let now = context.clock.now();
    let Listed { items, unreadable } = cloud_manager::programs(&context.http, &access, now).await?;
    warn_of(&mut warnings, unreadable, "program");
    let total = items.len();
    // Once Adobe asks to wait for longer than that, no other program is requested.
    let throttled: OnceLock<Problem> = OnceLock::new();
    let mut asked = stream::iter(items)
        .map(|program| async {
            let listed = if let Some(problem) = throttled.get() {
                Err(problem.clone())
            } else {
                let now = context.clock.now();
                cloud_manager::environments(&context.http, &access, program.id, now).await
            };
            if let Err(problem) = &listed
                && problem.code == Code::Throttled
            {
                // Another program may have been first.
                let _ = throttled.set(problem.clone());
            }
            (program, listed)
        })
        .buffered(AT_A_TIME);
    let mut programs = Vec::with_capacity(total);
    while let Some((program, listed)) = asked.next().await {
        let environments = listed.map(|Listed { items, unreadable }| {
            warn_of(&mut warnings, unreadable, "environment");
            items
        });
        programs.push(DiscoveredProgram {
            program,
            environments,
        });
        progress(programs.len(), total);
    }
    drop(asked);
    let found = Discovered {
        account,
        asked_at: now,
        is_kept: false,
        programs,
        warnings,
    };
    if let Err(problem) = cache::write(context, &found) {
        tracing::warn!(code = %problem.code, "could not keep the answer of Cloud Manager");
    }
    Ok(found)
}

/// As [`discover`], with the named identity, else with the only one that can sign in, else with aio.
pub async fn discover_with_any(
    context: &AppContext,
    with: Option<String>,
    refresh: bool,
) -> Result<Discovered, Problem> {
    let request = |source| DiscoverRequest {
        source,
        org: None,
        refresh,
    };
    let is_named = with.is_some();
    let found = discover(context, &request(Source::Stored(with)), |_, _| ()).await;
    match found {
        Err(problem) if problem.code == Code::NameNotFound && !is_named => {
            let found = discover(context, &request(Source::Aio), |_, _| ()).await;
            // Without aio, the stored credential is what is missing.
            found.map_err(|aio| match aio.code {
                Code::AioNotSignedIn | Code::Usage => problem,
                _ => aio,
            })
        }
        found => found,
    }
}

fn warn_of(warnings: &mut Vec<String>, unreadable: usize, what: &str) {
    if unreadable > 0 {
        let left_out = counted(unreadable, what);
        warnings.push(format!(
            "{left_out} of Cloud Manager left out: an id is not a number, or there are too many"
        ));
    }
}

/// The sign-in that was chosen, before anything is exchanged.
enum SignIn {
    Stored {
        identity: Uuid,
        facts: CredentialFacts,
    },
    Aio(AccessToken),
}

impl SignIn {
    fn choose(context: &AppContext, request: &DiscoverRequest) -> Result<(Account, Self), Problem> {
        let org = request.org.as_deref();
        match &request.source {
            Source::Aio => {
                let login = aio::read(context)?;
                let chosen = org.or(login.org()).map(str::to_owned);
                // Without a login, aio can't choose an organisation.
                let token = login.token(context.clock.now())?;
                let org = chosen.ok_or_else(|| {
                    no_org(
                        "aio has no organisation",
                        "choose one with `aio console org select`, or pass `--org`",
                    )
                })?;
                let client_id = token.claims.client_id.clone().unwrap_or_default();
                Ok((Account { client_id, org }, Self::Aio(token)))
            }
            Source::Stored(name) => {
                let index = context.read_index()?;
                let (environment, identity) = stored(&index, name.as_deref())?;
                cloud_manager::check_kind(identity.kind)?;
                let name = resolve::full_name(environment, identity);
                let facts = identity.credential.clone().ok_or_else(|| {
                    Problem::new(
                        Code::SecretMissing,
                        format!("the list has no credential of {name}"),
                    )
                    .next_step(guidance!["to repair the list, ", NextStep::Doctor])
                })?;
                let org = org
                    .map(str::to_owned)
                    .or(facts.org.clone())
                    .ok_or_else(|| {
                        no_org(
                            &format!("the credential {name} names no organisation"),
                            "pass it with `--org`",
                        )
                    })?;
                let account = Account {
                    client_id: facts.client_id.clone(),
                    org,
                };
                let identity = identity.id;
                Ok((account, Self::Stored { identity, facts }))
            }
        }
    }

    async fn access(
        self,
        context: &AppContext,
        org: &str,
        warnings: &mut Vec<String>,
    ) -> Result<ApiAccess, Problem> {
        match self {
            Self::Aio(token) => ApiAccess::of_aio(token, org),
            Self::Stored { identity, facts } => {
                let fresh =
                    exchange::ensure(context, identity, exchange::COMFORTABLE, false).await?;
                warnings.extend(
                    fresh
                        .notes()
                        .iter()
                        .map(aemkeys_core::credential::Guidance::in_shell),
                );
                // The storage says which kind it is.
                ApiAccess::of_credential(fresh.context.kind, &facts, fresh.secret, org)
            }
        }
    }
}

fn no_org(message: &str, next: &str) -> Problem {
    Problem::new(Code::Usage, message)
        .cause("Cloud Manager lists the programs of one organisation")
        .next_step(next.to_owned())
}

/// Returns the named identity, or the only OAuth credential; one without an environment is for other APIs than AEM's.
fn stored<'a>(
    index: &'a Index,
    name: Option<&str>,
) -> Result<(&'a EnvironmentEntry, &'a IdentityEntry), Problem> {
    if let Some(name) = name {
        let id = resolve::identity(index, name)?;
        return index.identity(id).ok_or_else(resolve::no_longer_stored);
    }
    let all: Vec<_> = index
        .identities()
        .filter(|(_, identity)| identity.kind == Kind::OauthServerToServer)
        .collect();
    let for_others: Vec<_> = all
        .iter()
        .filter(|(environment, _)| environment.ids.is_none() && environment.hosts.is_empty())
        .copied()
        .collect();
    match (all.as_slice(), for_others.as_slice()) {
        ([only], _) | (_, [only]) => Ok(*only),
        ([], _) => Err(Problem::new(
            Code::NameNotFound,
            "no OAuth server-to-server credential is stored",
        )
        .cause("Cloud Manager accepts no service credentials of AEM")
        .next_step(guidance![
            "create a project with the API Cloud Manager in the Adobe Developer Console, then ",
            NextStep::Add,
            "; or use the sign-in of aio with `--from-aio`"
        ])),
        _ => {
            let names: Vec<String> = all
                .iter()
                .map(|(environment, identity)| resolve::full_name(environment, identity))
                .collect();
            Err(Problem::new(
                Code::NameAmbiguous,
                "several OAuth server-to-server credentials are stored",
            )
            .cause(names.join(", "))
            .next_step("name the one for Cloud Manager with `--with NAME`"))
        }
    }
}
