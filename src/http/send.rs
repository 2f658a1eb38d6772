//! How does one request become one answer? Checked, tried, waited for, tried again, all within one deadline.

use std::net::SocketAddr;
use std::time::Instant;

use jiff::{SignedDuration, Timestamp};

use super::echo::Sent;
use super::wire::{Destination, Wire, read_body, read_date, read_headers, setup};
use super::{Http, HttpError, Limits, Request, Response, client, recipient, retry};

pub(super) async fn send(
    http: &Http,
    request: Request,
    now: Timestamp,
) -> Result<Response, HttpError> {
    let destination = destination(&request, http.inner.simulator)?;
    let through_tls = destination.url.scheme() == "https";
    let (client, proxy) = if through_tls {
        let secure = http.secure()?;
        let proxy = destination
            .url
            .host_str()
            .and_then(|host| secure.proxy.shown_for(host));
        (secure.client, proxy)
    } else {
        (http.plain()?, None)
    };
    let limits = request.limits;
    let exchange = Exchange {
        client,
        proxy,
        shown: Shown::of(&request),
        sent: Sent::of(&request),
        wire: Wire::new(request, destination)?,
        limits,
        begun: Instant::now(),
        now,
    };
    exchange.run().await
}

/// Where the request goes: the address that `recipient::decide` lets it go to, or the simulator that answers for it.
fn destination(request: &Request, simulator: Option<SocketAddr>) -> Result<Destination, HttpError> {
    let real = recipient::decide(request)?.origin();
    let (origin, host_header) = match simulator {
        None => (real, None),
        Some(address) if address.ip().is_loopback() => {
            let host = real.split_once("://").map(|(_, host)| host.to_owned());
            (format!("http://{address}"), host)
        }
        Some(_) => return Err(setup("the simulator must be on this computer")),
    };
    if !request.path_and_query.starts_with('/') {
        return Err(setup("the path must start with `/`"));
    }
    let expected = reqwest::Url::parse(&origin).map_err(|_| setup("the host is no name"))?;
    let url = reqwest::Url::parse(&format!("{origin}{}", request.path_and_query))
        .map_err(|_| setup("the path is not part of a URL"))?;
    // Whatever the path holds, it must not have changed where the request goes.
    let stays = url.scheme() == expected.scheme()
        && url.host_str() == expected.host_str()
        && url.port() == expected.port()
        && url.username().is_empty()
        && url.password().is_none();
    if !stays {
        return Err(setup("the path must not name another host"));
    }
    Ok(Destination { url, host_header })
}

/// What may be read in a log: never a query's values, a header or a body.
struct Shown {
    method: String,
    host: String,
    path: String,
}

impl Shown {
    fn of(request: &Request) -> Self {
        let path = request.path_and_query.split(['?', '#']).next();
        Self {
            method: crate::credential::text::clean(&request.method, 20),
            host: recipient::shown(request.recipient.address()),
            path: crate::credential::text::clean(path.unwrap_or_default(), 200),
        }
    }
}

struct Exchange {
    client: reqwest::Client,
    proxy: Option<String>,
    shown: Shown,
    sent: Sent,
    wire: Wire,
    limits: Limits,
    begun: Instant,
    /// The clock's time when `begun` was taken.
    now: Timestamp,
}

impl Exchange {
    async fn run(self) -> Result<Response, HttpError> {
        let tries = self.limits.tries.max(1);
        let mut made = 0;
        loop {
            made += 1;
            let outcome = self.attempt(made).await;
            let asked = match &outcome {
                Ok(response) if retry::is_passing(response.status) => {
                    retry::retry_after(response.header("retry-after"), self.clock())
                }
                Err(error) if error.is_passing() => None,
                _ => return outcome,
            };
            let last = made >= tries;
            let wait = asked.unwrap_or_else(|| retry::pause(made));
            let fits = wait < self.left();
            if let (Ok(response), Some(asked)) = (&outcome, asked)
                && tries > 1
                && (!fits || (last && response.status == 429))
            {
                return Err(HttpError::Throttled {
                    host: self.shown.host.clone(),
                    until: retry::until(self.clock(), asked),
                });
            }
            if last || !fits {
                return outcome;
            }
            tokio::time::sleep(wait).await;
        }
    }

    async fn attempt(&self, number: u32) -> Result<Response, HttpError> {
        let left = self.left();
        let outcome = match tokio::time::timeout(left, self.ask(number)).await {
            Ok(outcome) => outcome,
            Err(_) => Err(HttpError::TimedOut {
                host: self.shown.host.clone(),
                seconds: self.limits.total.as_secs(),
            }),
        };
        let elapsed_ms = u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        let Shown { method, host, path } = &self.shown;
        match &outcome {
            Ok(response) => {
                tracing::debug!(%method, %host, %path, status = response.status, number, elapsed_ms, "answered");
            }
            Err(error) => {
                tracing::debug!(%method, %host, %path, %error, number, elapsed_ms, "no answer");
            }
        }
        outcome
    }

    async fn ask(&self, number: u32) -> Result<Response, HttpError> {
        let mut answer = self
            .client
            .execute(self.wire.request())
            .await
            .map_err(|error| self.failure(&error))?;
        let headers = read_headers(answer.headers(), &self.sent);
        let date = answer
            .headers()
            .get("date")
            .and_then(|value| value.to_str().ok())
            .and_then(read_date);
        let clock_skew = date.map(|date| seconds(date.duration_since(self.clock())));
        let status = answer.status().as_u16();
        let (body, body_cut) = read_body(&mut answer, self.limits.body_bytes)
            .await
            .map_err(|error| self.failure(&error))?;
        Ok(Response {
            status,
            headers,
            body,
            body_cut,
            elapsed: self.begun.elapsed(),
            clock_skew,
            tries: number,
        })
    }

    fn failure(&self, error: &reqwest::Error) -> HttpError {
        let seconds = client::CONNECT.as_secs();
        HttpError::of(error, &self.shown.host, self.proxy.clone(), seconds)
    }

    fn left(&self) -> std::time::Duration {
        self.limits.total.saturating_sub(self.begun.elapsed())
    }

    fn clock(&self) -> Timestamp {
        SignedDuration::try_from(self.begun.elapsed())
            .ok()
            .and_then(|elapsed| self.now.checked_add(elapsed).ok())
            .unwrap_or(self.now)
    }
}

/// To the nearest second: half a second for what `Date` cuts off, and half to round.
fn seconds(span: SignedDuration) -> i64 {
    (span + SignedDuration::from_secs(1))
        .as_millis()
        .div_euclid(1000)
        .try_into()
        .unwrap_or(0)
}
