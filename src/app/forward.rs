//! A tier that a server forwards requests to: its token, which is renewed before it expires, and whether it may be written to.

use std::sync::{Arc, Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};
use tokio::sync::Mutex as AsyncMutex;
use uuid::Uuid;

use super::exchange::{self, COMFORTABLE, Fresh};
use super::guard::{self, Act, Confirmed};
use super::resolve::{self, no_longer_stored};
use super::{AppContext, test_call};
use aemkeys_core::credential::{Code, Fingerprint, Guidance, Kind, NextStep, Problem, Secret};
use aemkeys_core::environment::Tier;
use aemkeys_core::guidance;

pub use aemkeys_core::aem::overrides_method;
use aemkeys_core::http::{Http, Recipient};

/// Time between two attempts to renew or replace a token.
const PAUSE: SignedDuration = SignedDuration::from_secs(30);
/// Time in which a token is not replaced twice. A server that refuses every token must not cause an exchange each time.
const REFUSAL_PAUSE: SignedDuration = SignedDuration::from_mins(10);

/// A tier of an identity, with the token in memory.
pub struct ForwardTarget {
    context: AppContext,
    identity: Uuid,
    tier: Tier,
    name: String,
    /// Whether it was guarded at the start.
    was_guarded: bool,
    /// Whether its name was confirmed, so that writes are forwarded whatever its type is.
    is_confirmed: bool,
    state: Mutex<State>,
    /// Held during a renewal, which concurrent requests share.
    renewing: AsyncMutex<()>,
}

#[derive(Default)]
struct State {
    pass: Option<Arc<Pass>>,
    /// When the next refused token may be replaced.
    replace_at: Option<Timestamp>,
}

/// A token with the address that it is for.
pub struct Pass {
    token: Secret,
    fingerprint: Fingerprint,
    recipient: Recipient,
    expires_at: Option<Timestamp>,
    renew_at: Option<Timestamp>,
    pub warnings: Vec<Guidance>,
}

impl Pass {
    pub fn token(&self) -> Secret {
        self.token.duplicate()
    }

    pub fn recipient(&self) -> &Recipient {
        &self.recipient
    }

    fn is_valid(&self, now: Timestamp) -> bool {
        self.expires_at.is_none_or(|end| end > now)
    }

    fn is_due(&self, now: Timestamp) -> bool {
        self.renew_at.is_some_and(|at| at <= now)
    }
}

impl ForwardTarget {
    /// Reads the environment from the storage. Production and untyped environments are read-only unless `confirmed`.
    pub async fn open(
        context: &AppContext,
        identity: Uuid,
        tier: Tier,
        confirmed: Option<&Confirmed>,
    ) -> Result<Self, Problem> {
        let environment = guard::environment_of(context, identity)
            .await?
            .ok_or_else(no_longer_stored)?;
        let name = resolve::name_of(&*context.read_index()?, identity);
        let kind = environment.identity(identity).map(|it| it.kind);
        if kind == Some(Kind::Local) {
            return Err(exchange::no_token_needed(&name).next_step("use its own address"));
        }
        if Recipient::tier(&environment.destinations(), tier).is_none() {
            return Err(test_call::no_hosts(
                &name,
                kind.unwrap_or(Kind::DevelopmentToken),
            ));
        }
        if let Some(confirmed) = confirmed {
            confirmed.check(&environment, Act::Serve)?;
        }
        Ok(Self {
            context: context.clone(),
            identity,
            tier,
            name,
            was_guarded: environment.environment_type.is_guarded(),
            is_confirmed: confirmed.is_some(),
            state: Mutex::default(),
            renewing: AsyncMutex::new(()),
        })
    }

    /// `ENV` or `ENV/LABEL`.
    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn tier(&self) -> Tier {
        self.tier
    }

    /// Returns whether only reads may be forwarded. A change of the list while the server runs can make it stricter than the
    /// storage was at the start, never laxer.
    pub fn is_read_only(&self) -> bool {
        !self.is_confirmed && (self.was_guarded || self.is_listed_as_guarded())
    }

    /// An environment that is no longer listed has no known type.
    fn is_listed_as_guarded(&self) -> bool {
        let index = self.context.look_at_index().ok();
        let listed = index
            .as_ref()
            .and_then(|index| index.identity(self.identity));
        listed.is_none_or(|(environment, _)| environment.environment_type.is_guarded())
    }

    fn is_removed(&self) -> bool {
        let index = self.context.look_at_index();
        index.is_ok_and(|index| index.identity(self.identity).is_none())
    }

    pub fn http(&self) -> &Http {
        &self.context.http
    }

    /// Returns a valid token, and renews it if it expires soon. While it is valid, it is returned even if that fails, unless the
    /// identity was removed.
    pub async fn pass(&self) -> Result<Arc<Pass>, Problem> {
        if self.is_removed() {
            self.state().pass = None;
            return Err(no_longer_stored());
        }
        let now = self.context.clock.now();
        let held = self.held().filter(|held| held.is_valid(now));
        let _renewing = match &held {
            Some(held) if !held.is_due(now) => return Ok(Arc::clone(held)),
            // Another request renews it.
            Some(held) => match self.renewing.try_lock() {
                Ok(guard) => guard,
                Err(_) => return Ok(Arc::clone(held)),
            },
            None => {
                let guard = self.renewing.lock().await;
                let now = self.context.clock.now();
                match self.held().filter(|held| held.is_valid(now)) {
                    Some(new) => return Ok(new),
                    None => guard,
                }
            }
        };
        let renewed = exchange::ensure(&self.context, self.identity, COMFORTABLE, false).await;
        match (renewed, held) {
            (Ok(fresh), _) => self.hold(fresh),
            (Err(problem), Some(held)) => {
                tracing::warn!(code = %problem.code, "could not renew a token that is still valid");
                self.postpone(&held);
                Ok(held)
            }
            (Err(problem), None) => Err(self.named(problem)),
        }
    }

    /// Returns another token than the one that the server refused. `None` if a new one was refused a short time ago, or only a
    /// person can get one.
    pub async fn replace(&self, refused: &Pass) -> Result<Option<Arc<Pass>>, Problem> {
        let _renewing = self.renewing.lock().await;
        let now = self.context.clock.now();
        if let Some(other) = self.held()
            && other.fingerprint != refused.fingerprint
        {
            return Ok(Some(other));
        }
        if self.state().replace_at.is_some_and(|at| now < at) {
            return Ok(None);
        }
        // After an error of IMS, or if the program gives up now, a later request tries again.
        self.state().replace_at = now.checked_add(PAUSE).ok();
        tracing::info!(token = %refused.fingerprint, "the server refused the token (401)");
        let fresh = exchange::replace(&self.context, self.identity, &refused.fingerprint).await;
        let fresh = match fresh {
            // A local development token: the answer of AEM says more.
            Err(problem) if problem.code == Code::NoToken => return Ok(None),
            fresh => fresh.map_err(|problem| self.named(problem))?,
        };
        self.state().replace_at = now.checked_add(REFUSAL_PAUSE).ok();
        self.hold(fresh).map(Some)
    }

    fn hold(&self, fresh: Fresh) -> Result<Arc<Pass>, Problem> {
        let now = self.context.clock.now();
        let destinations = &fresh.context.destinations;
        let recipient = Recipient::tier(destinations, self.tier)
            .ok_or_else(|| test_call::no_hosts(&self.name, fresh.context.kind))?;
        let expires_at = fresh.facts.expires_at;
        let pass = Arc::new(Pass {
            warnings: fresh.notes(),
            fingerprint: fresh.facts.fingerprint,
            token: fresh.secret,
            recipient,
            expires_at,
            renew_at: expires_at.map(|end| renewal(end, now)),
        });
        let mut state = self.state();
        if let Some(held) = &state.pass
            && held.fingerprint == pass.fingerprint
            && held.is_due(now)
        {
            // A local development token: only a person can get a new one.
            drop(state);
            self.postpone(&pass);
            return Ok(pass);
        }
        state.pass = Some(Arc::clone(&pass));
        Ok(pass)
    }

    /// Holds the pass, and tries to renew it again after a pause.
    fn postpone(&self, pass: &Pass) {
        let later = self.context.clock.now().checked_add(PAUSE).ok();
        self.state().pass = Some(Arc::new(Pass {
            token: pass.token.duplicate(),
            fingerprint: pass.fingerprint.clone(),
            recipient: pass.recipient.clone(),
            warnings: pass.warnings.clone(),
            expires_at: pass.expires_at,
            renew_at: later,
        }));
    }

    /// Names this target in the next step of a problem.
    fn named(&self, mut problem: Problem) -> Problem {
        if let Some(step) = &mut problem.next_step {
            step.set_subject(&self.name);
        }
        problem
    }

    fn held(&self) -> Option<Arc<Pass>> {
        self.state().pass.clone()
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns when to renew a token: 10 minutes before it expires, or earlier if less than 100 minutes are left.
fn renewal(expires_at: Timestamp, now: Timestamp) -> Timestamp {
    let left = expires_at.duration_since(now);
    let margin = COMFORTABLE.min(left / 10);
    expires_at.checked_sub(margin).unwrap_or(expires_at)
}

/// The error for a request that would change an environment that is served read-only.
pub fn read_only(name: &str) -> Problem {
    Problem::new(
        Code::Guarded,
        format!("{name} is served read-only: only GET, HEAD, OPTIONS and PROPFIND are forwarded"),
    )
    .cause("it is a Production or untyped environment, or no longer stored")
    .next_step(guidance![
        "to allow writes, ",
        NextStep::ServeForWriting.of(name)
    ])
}
