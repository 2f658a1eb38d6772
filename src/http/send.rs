//! How does one request go out and its answer come in? Allow-list first, then tries within one deadline, limits on the way back.

use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HOST, HeaderName, HeaderValue};
use zeroize::Zeroizing;

use super::client::Destination;
use super::retry::{backoff, http_date, is_worth_a_retry, retry_after};
use super::{Body, FormValue, Http, HttpError, Request, Response};
use crate::credential::Secret;
use crate::credential::text::clean;
use crate::environment::{HostName, TierAddress};

/// More answers than this many headers are no answer of Adobe's.
const MAX_HEADERS: usize = 200;

impl Http {
    /// Sends. `allowed` is asked before any byte leaves; redirects are never followed.
    pub async fn send(
        &self,
        request: Request,
        allowed: &(dyn Fn(&HostName) -> bool + Sync),
        now: Timestamp,
    ) -> Result<Response, HttpError> {
        if let TierAddress::Cloud(host) = &request.target
            && !allowed(host)
        {
            return Err(HttpError::HostRefused {
                host: host.to_string(),
            });
        }
        let destination = self.destination(&request.target, &request.path_and_query)?;
        let proxy = self.proxy_of(&request.target);
        let began = Instant::now();
        let mut attempt = 0;
        loop {
            attempt += 1;
            let left = request.limits.total.saturating_sub(began.elapsed());
            let outcome =
                match tokio::time::timeout(left, once(&destination, &request, now, began)).await {
                    Ok(outcome) => outcome.map_err(|error| match error {
                        Failed::Library(error) => super::failure::classify(
                            &error,
                            &shown_host(&request.target),
                            proxy.as_deref(),
                        ),
                        Failed::Ours(error) => error,
                    }),
                    Err(_) => Err(HttpError::TimedOut {
                        host: shown_host(&request.target),
                        seconds: request.limits.total.as_secs(),
                    }),
                };
            log(&request, &outcome, attempt);
            let wait = match &outcome {
                Ok(answer) if is_worth_a_retry(answer.status) => answer
                    .header("retry-after")
                    .and_then(|value| retry_after(value, now_then(now, began)))
                    .unwrap_or_else(|| backoff(attempt - 1)),
                Err(error) if is_passing(error) => backoff(attempt - 1),
                _ => {
                    return outcome.map(|answer| Response {
                        tries: attempt,
                        ..answer
                    });
                }
            };
            let left = request.limits.total.saturating_sub(began.elapsed());
            if attempt >= request.limits.tries || wait >= left {
                return finish(outcome, wait, attempt, &request, now_then(now, began));
            }
            tokio::time::sleep(wait).await;
        }
    }
}

/// No more tries: a server that names a time is quoted, so that the person knows when to come back.
fn finish(
    outcome: Result<Response, HttpError>,
    wait: Duration,
    tries: u32,
    request: &Request,
    now: Timestamp,
) -> Result<Response, HttpError> {
    let answer = outcome?;
    if answer.status == 429 && answer.header("retry-after").is_some() {
        let until = SignedDuration::try_from(wait)
            .ok()
            .and_then(|wait| now.checked_add(wait).ok())
            .unwrap_or(now);
        return Err(HttpError::Throttled {
            host: shown_host(&request.target),
            until,
        });
    }
    Ok(Response { tries, ..answer })
}

enum Failed {
    Library(reqwest::Error),
    Ours(HttpError),
}

impl From<reqwest::Error> for Failed {
    fn from(error: reqwest::Error) -> Self {
        Self::Library(error)
    }
}

async fn once(
    destination: &Destination,
    request: &Request,
    now: Timestamp,
    began: Instant,
) -> Result<Response, Failed> {
    let started = Instant::now();
    let mut answer = build(destination, request)
        .map_err(Failed::Ours)?
        .send()
        .await?;
    let status = answer.status().as_u16();
    if answer.headers().len() > MAX_HEADERS {
        return Err(Failed::Ours(HttpError::Broken {
            host: shown_host(&request.target),
            reason: "it has too many headers".to_owned(),
        }));
    }
    let headers: Vec<(String, String)> = answer
        .headers()
        .iter()
        .map(|(name, value)| {
            let value = String::from_utf8_lossy(value.as_bytes());
            (name.as_str().to_owned(), clean(&value, 2000))
        })
        .collect();
    let (body, body_cut) = read_body(&mut answer, request.limits.body_bytes).await?;
    let clock_skew = headers
        .iter()
        .find(|(name, _)| name == "date")
        .and_then(|(_, date)| http_date(date))
        .map(|server| server.duration_since(now_then(now, began)).as_secs());
    Ok(Response {
        status,
        headers,
        body,
        body_cut,
        elapsed: started.elapsed(),
        clock_skew,
        tries: 1,
    })
}

/// Reads up to the limit, counted after decompression, and no further: a bomb costs what a good answer costs.
async fn read_body(
    answer: &mut reqwest::Response,
    limit: usize,
) -> Result<(Vec<u8>, bool), Failed> {
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await? {
        let room = limit - body.len();
        if chunk.len() > room {
            body.extend_from_slice(&chunk[..room]);
            return Ok((body, true));
        }
        body.extend_from_slice(&chunk);
    }
    Ok((body, false))
}

fn build(
    destination: &Destination,
    request: &Request,
) -> Result<reqwest::RequestBuilder, HttpError> {
    let bad = |what: &str| HttpError::Setup {
        what: what.to_owned(),
    };
    let method = reqwest::Method::from_bytes(request.method.as_bytes())
        .map_err(|_| bad("the method is no HTTP method"))?;
    let mut builder = destination.client.request(method, &destination.url);
    for (name, value) in &request.headers {
        let name = HeaderName::from_bytes(name.as_bytes())
            .map_err(|_| bad("a header's name has characters that headers do not have"))?;
        let value = HeaderValue::from_str(value)
            .map_err(|_| bad("a header's value has line ends or other control characters"))?;
        builder = builder.header(name, value);
    }
    if let Some(host) = &destination.host_header {
        builder = builder.header(HOST, host);
    }
    if let Some(token) = &request.bearer {
        builder = builder.header(AUTHORIZATION, bearer(token)?);
    }
    if let Some((user, password)) = &request.basic {
        let password =
            std::str::from_utf8(password.expose()).map_err(|_| bad("the password is no text"))?;
        builder = builder.basic_auth(user, Some(password));
    }
    Ok(match &request.body {
        Body::Empty => builder,
        Body::Form(fields) => builder
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(form(fields)),
        Body::Bytes {
            content_type,
            bytes,
        } => {
            let builder = match content_type {
                Some(value) => builder.header(
                    CONTENT_TYPE,
                    HeaderValue::from_str(value)
                        .map_err(|_| bad("the content type is no header value"))?,
                ),
                None => builder,
            };
            builder.body(bytes.clone())
        }
    })
}

/// Marked sensitive: it is left out of every Debug text and of header compression.
fn bearer(token: &Secret) -> Result<HeaderValue, HttpError> {
    let mut text = Zeroizing::new(Vec::with_capacity(token.len() + 7));
    text.extend_from_slice(b"Bearer ");
    text.extend_from_slice(token.expose());
    let mut value = HeaderValue::from_bytes(&text).map_err(|_| HttpError::Setup {
        what: "the token has characters that a header does not have".to_owned(),
    })?;
    value.set_sensitive(true);
    Ok(value)
}

/// form-urlencoded into a buffer sized once; the library's copy of it on the way out is beyond our reach.
fn form(fields: &[(&'static str, FormValue)]) -> Vec<u8> {
    const UNRESERVED: &[u8] = b"*-._";
    let value_of = |value: &FormValue| match value {
        FormValue::Plain(text) => Zeroizing::new(text.as_bytes().to_vec()),
        FormValue::Secret(secret) => Zeroizing::new(secret.expose().to_vec()),
    };
    let room = fields
        .iter()
        .map(|(name, value)| name.len() + value_of(value).len() * 3 + 2)
        .sum();
    let mut out = Vec::with_capacity(room);
    for (position, (name, value)) in fields.iter().enumerate() {
        if position > 0 {
            out.push(b'&');
        }
        out.extend_from_slice(name.as_bytes());
        out.push(b'=');
        for byte in value_of(value).iter() {
            match byte {
                b' ' => out.push(b'+'),
                byte if byte.is_ascii_alphanumeric() || UNRESERVED.contains(byte) => {
                    out.push(*byte)
                }
                byte => {
                    const HEX: &[u8; 16] = b"0123456789ABCDEF";
                    out.extend_from_slice(&[
                        b'%',
                        HEX[usize::from(byte >> 4)],
                        HEX[usize::from(byte & 15)],
                    ]);
                }
            }
        }
    }
    out
}

fn is_passing(error: &HttpError) -> bool {
    matches!(
        error,
        HttpError::NameNotFound { .. }
            | HttpError::ConnectionRefused { .. }
            | HttpError::TimedOut { .. }
            | HttpError::Broken { .. }
    )
}

fn now_then(now: Timestamp, began: Instant) -> Timestamp {
    SignedDuration::try_from(began.elapsed())
        .ok()
        .and_then(|elapsed| now.checked_add(elapsed).ok())
        .unwrap_or(now)
}

fn shown_host(target: &TierAddress) -> String {
    let origin = target.origin();
    origin
        .split_once("://")
        .map_or(origin.clone(), |(_, host)| host.to_owned())
}

/// Host and path only: a query or a header could hold anything.
fn log(request: &Request, outcome: &Result<Response, HttpError>, attempt: u32) {
    let host = shown_host(&request.target);
    let path = request.path_and_query.split('?').next().unwrap_or_default();
    match outcome {
        Ok(answer) => tracing::debug!(
            method = %request.method,
            host,
            path = %clean(path, 200),
            status = answer.status,
            elapsed_ms = u64::try_from(answer.elapsed.as_millis()).unwrap_or(u64::MAX),
            attempt,
            "answered"
        ),
        Err(error) => {
            tracing::debug!(method = %request.method, host, path = %clean(path, 200), %error, attempt, "failed");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_are_encoded_as_forms() {
        let fields = [
            ("client_id", FormValue::Plain("a b&c=d".to_owned())),
            ("client_secret", FormValue::Secret(Secret::from("p+/ä~"))),
        ];
        assert_eq!(
            String::from_utf8(form(&fields)).unwrap(),
            "client_id=a+b%26c%3Dd&client_secret=p%2B%2F%C3%A4%7E"
        );
    }
}
