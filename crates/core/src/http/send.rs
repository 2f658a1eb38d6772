//! Sends a request: authorises it, tries it and retries it, all within one deadline.

use std::net::SocketAddr;
use std::time::Instant;

use jiff::{SignedDuration, Timestamp};

use super::proxy::ProxyPlan;
use super::recipient::CarriedSecrets;
use super::redact::SentSecrets;
use super::wire::{Destination, Wire, read_body, read_date, read_headers, setup};
use super::{Http, HttpError, Limits, ProxyFault, Request, Response, client, recipient, retry};
use crate::environment::TierAddress;

pub(super) async fn send(
    http: &Http,
    request: Request,
    now: Timestamp,
) -> Result<Response, HttpError> {
    let address = recipient::authorize(&request.recipient, CarriedSecrets::of(&request))?;
    let destination = destination(address, &request.path_and_query, http.inner.simulator)?;
    let through_tls = destination.url.scheme() == "https";
    let (client, proxy, plan) = if through_tls {
        let secure = http.secure()?;
        let proxy = destination
            .url
            .host_str()
            .and_then(|host| secure.proxy.display_for(host));
        (secure.client, proxy, secure.proxy)
    } else {
        (http.plain()?, None, ProxyPlan::default())
    };
    let limits = request.limits;
    let transmission = Transmission {
        client,
        proxy,
        log: LogFields::of(&request),
        sent: SentSecrets::of(&request, plan.secrets()),
        plan,
        wire: Wire::new(request, destination)?,
        limits,
        started: Instant::now(),
        now,
    };
    transmission.run().await
}

/// Returns the URL at an address that `recipient::authorize` allows, or at that of the simulator in its place.
pub(super) fn destination(
    authorized: &TierAddress,
    path_and_query: &str,
    simulator: Option<SocketAddr>,
) -> Result<Destination, HttpError> {
    let real = authorized.origin();
    let (origin, host_header) = match simulator {
        None => (real, None),
        Some(address) if address.ip().is_loopback() => {
            let host = real.split_once("://").map(|(_, host)| host.to_owned());
            (format!("http://{address}"), host)
        }
        Some(_) => return Err(setup("the simulator's address is not a loopback address")),
    };
    if !path_and_query.starts_with('/') {
        return Err(setup("the path does not start with `/`"));
    }
    let expected =
        reqwest::Url::parse(&origin).map_err(|_| setup("the host is not a valid name"))?;
    let url = reqwest::Url::parse(&format!("{origin}{path_and_query}"))
        .map_err(|_| setup("the path is not a valid URL path"))?;
    // The path must not change the host, whatever it contains.
    let stays = url.scheme() == expected.scheme()
        && url.host_str() == expected.host_str()
        && url.port() == expected.port()
        && url.username().is_empty()
        && url.password().is_none();
    if !stays {
        return Err(setup("the path names another host"));
    }
    Ok(Destination { url, host_header })
}

/// The parts of a request that may be logged: never the query, a header or the body.
struct LogFields {
    method: String,
    host: String,
    path: String,
}

impl LogFields {
    fn of(request: &Request) -> Self {
        let path = request.path_and_query.split(['?', '#']).next();
        Self {
            method: crate::credential::text::clean(&request.method, 20),
            host: recipient::display_address(request.recipient.address()),
            path: crate::credential::text::clean(path.unwrap_or_default(), 200),
        }
    }
}

/// A request with its tries.
struct Transmission {
    client: reqwest::Client,
    proxy: Option<String>,
    plan: ProxyPlan,
    log: LogFields,
    sent: SentSecrets,
    wire: Wire,
    limits: Limits,
    started: Instant,
    /// The time of the clock at `started`.
    now: Timestamp,
}

impl Transmission {
    async fn run(self) -> Result<Response, HttpError> {
        let max_tries = self.limits.tries.max(1);
        let mut tries = 0;
        loop {
            tries += 1;
            let outcome = self.attempt(tries).await;
            let retry_after = match &outcome {
                Ok(response) if retry::is_transient(response.status) => {
                    retry::retry_after(response.header("retry-after"), self.clock())
                }
                Err(error) if error.is_transient() => None,
                _ => return outcome,
            };
            let last = tries >= max_tries;
            let wait = retry_after.unwrap_or_else(|| retry::pause(tries));
            let fits = wait < self.time_left();
            if let (Ok(response), Some(delay)) = (&outcome, retry_after)
                && max_tries > 1
                && (!fits || (last && response.status == 429))
            {
                return Err(HttpError::Throttled {
                    host: self.log.host.clone(),
                    until: retry::until(self.clock(), delay),
                    now: self.clock(),
                });
            }
            if last || !fits {
                return outcome;
            }
            tokio::time::sleep(wait).await;
        }
    }

    async fn attempt(&self, number: u32) -> Result<Response, HttpError> {
        let left = self.time_left();
        let outcome = match tokio::time::timeout(left, self.send_once(number)).await {
            Ok(Err(error)) => Err(with_connect_status(error, &self.plan).await),
            Ok(response) => response,
            Err(_) => Err(HttpError::TimedOut {
                host: self.log.host.clone(),
                limit: self.limits.total,
            }),
        };
        let elapsed_ms = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX);
        let LogFields { method, host, path } = &self.log;
        match &outcome {
            Ok(response) => {
                tracing::debug!(%method, %host, %path, status = response.status, number, elapsed_ms, "response");
            }
            Err(error) => {
                tracing::debug!(%method, %host, %path, %error, number, elapsed_ms, "no response");
            }
        }
        outcome
    }

    async fn send_once(&self, number: u32) -> Result<Response, HttpError> {
        let mut response = self
            .client
            .execute(self.wire.request(&self.client).await?)
            .await
            .map_err(|error| self.failure(&error))?;
        let headers = read_headers(response.headers(), &self.sent);
        let date = response
            .headers()
            .get("date")
            .and_then(|value| value.to_str().ok())
            .and_then(read_date);
        let clock_skew = date.map(|date| seconds(date.duration_since(self.clock())));
        let status = response.status().as_u16();
        let (body, body_cut) = read_body(&mut response, self.limits.body_bytes)
            .await
            .map_err(|error| self.failure(&error))?;
        Ok(Response {
            status,
            headers,
            body,
            body_cut,
            elapsed: self.started.elapsed(),
            clock_skew,
            tries: number,
            sent: self.sent.duplicate(),
        })
    }

    fn failure(&self, error: &reqwest::Error) -> HttpError {
        let login = self.plan.has_login();
        HttpError::of(
            error,
            &self.log.host,
            self.proxy.clone(),
            login,
            client::CONNECT,
        )
    }

    fn time_left(&self) -> std::time::Duration {
        self.limits.total.saturating_sub(self.started.elapsed())
    }

    /// Returns the current time of the clock that gave `now`.
    fn clock(&self) -> Timestamp {
        SignedDuration::try_from(self.started.elapsed())
            .ok()
            .and_then(|elapsed| self.now.checked_add(elapsed).ok())
            .unwrap_or(self.now)
    }
}

/// Adds the status with which a proxy refused the host.
pub(super) async fn with_connect_status(error: HttpError, plan: &ProxyPlan) -> HttpError {
    let HttpError::Proxy {
        proxy,
        reason: ProxyFault::RefusedHost { host, .. },
    } = error
    else {
        return error;
    };
    let status = plan.connect_status(&host).await;
    HttpError::Proxy {
        proxy,
        reason: ProxyFault::RefusedHost { host, status },
    }
}

/// Rounds to the nearest second. `Date` truncates its fraction, half a second on average, which is added first.
fn seconds(span: SignedDuration) -> i64 {
    (span + SignedDuration::from_secs(1))
        .as_millis()
        .div_euclid(1000)
        .try_into()
        .unwrap_or(0)
}
