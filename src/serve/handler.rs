//! Handles one request: accepts it, forwards it with the token, and changes the response for the local program.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use http_body_util::BodyExt;
use hyper::body::{Body, Bytes, Incoming};
use hyper::header::HeaderMap;
use hyper::{Method, Request, Response, StatusCode, Version};

use super::accept::{Accepted, Entrance, Refusal};
use super::server::Server;
use super::{page, request_headers, response_headers};
use crate::app::forward::{self, ForwardTarget, Pass, overrides_method};
use aemkeys_core::credential::Problem;
use aemkeys_core::credential::text::clean;
use aemkeys_core::http::{ForwardedRequest, HttpError, StreamedBody};

/// A body of at most this size is kept until the response, so that the request can be repeated with a new token. In bytes.
const REPEATABLE: u64 = 64 * 1024;

/// The line of a request in the log: no query, no header, no body. Its texts are clean and short.
#[derive(Clone, Debug)]
pub struct RequestLog {
    pub method: String,
    /// Without the secret, wherever it was.
    pub path: String,
    pub status: u16,
    /// The length of the response's body; `None` if the response does not say it.
    pub bytes: Option<u64>,
    /// From the request's head to the response's head.
    pub elapsed: Duration,
}

/// A request that may be forwarded.
struct Outgoing {
    method: Method,
    path_and_query: String,
    headers: HeaderMap,
    body: OutgoingBody,
}

enum OutgoingBody {
    Kept(Bytes),
    Streamed {
        /// `None` once it is sent.
        body: Option<StreamedBody>,
        /// Set if the local program ends it early.
        is_broken: Arc<AtomicBool>,
    },
}

/// Why AEM was not asked, or did not answer.
enum Failure {
    Refused(Refusal),
    Problem(Box<Problem>),
    /// The local program ended its request early.
    Aborted,
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        Self::Problem(Box::new(problem))
    }
}

pub async fn handle(server: &Server, request: Request<Incoming>) -> Response<StreamedBody> {
    let started = Instant::now();
    let method = clean(request.method().as_str(), 20);
    let accepts = page::Format::of(request.headers());
    let entrance = server.entrance();
    let path = entrance.shown_path(request.uri().path());
    let mut response = match answer(server, &entrance, request).await {
        Ok(response) => response,
        Err(Failure::Refused(refusal)) => page::refused(refusal, accepts),
        Err(Failure::Problem(problem)) => page::failed(&problem),
        Err(Failure::Aborted) => page::aborted(),
    };
    *response.version_mut() = Version::HTTP_11;
    (server.log)(RequestLog {
        method,
        path,
        status: response.status().as_u16(),
        bytes: response.body().size_hint().exact(),
        elapsed: started.elapsed(),
    });
    response
}

async fn answer(
    server: &Server,
    entrance: &Entrance,
    request: Request<Incoming>,
) -> Result<Response<StreamedBody>, Failure> {
    let (parts, body) = request.into_parts();
    let Accepted {
        target,
        path_and_query,
        has_prefix,
    } = entrance.accept(&parts.method, &parts.uri, &parts.headers)?;
    let Some(target) = server.targets.get(target) else {
        return Err(Refusal::ChooseEnvironment.into());
    };
    if !is_read(&parts.method, &parts.headers) && target.is_read_only() {
        return Err(forward::read_only(target.name()).into());
    }
    let pass = target.pass().await?;
    let origin = pass.recipient().address().origin();
    let mut headers = parts.headers;
    request_headers::for_aem(&mut headers, &origin, entrance)?;
    let mut outgoing = Outgoing {
        method: parts.method,
        path_and_query,
        headers,
        body: OutgoingBody::of(body).await?,
    };
    let mut response = send(target, pass, &mut outgoing).await?;
    let prefix = if has_prefix {
        entrance.prefix()
    } else {
        String::new()
    };
    response_headers::for_client(response.headers_mut(), &origin, &prefix);
    Ok(response)
}

/// Returns whether the request only reads.
fn is_read(method: &Method, headers: &HeaderMap) -> bool {
    ["GET", "HEAD", "OPTIONS", "PROPFIND"].contains(&method.as_str())
        && !headers.keys().any(|name| overrides_method(name.as_str()))
}

impl OutgoingBody {
    async fn of(body: Incoming) -> Result<Self, Failure> {
        let is_small = |size| size <= REPEATABLE;
        if !body.is_end_stream() && !body.size_hint().exact().is_some_and(is_small) {
            let is_broken = Arc::new(AtomicBool::new(false));
            let broken = Arc::clone(&is_broken);
            let body = body.map_err(move |error| {
                broken.store(true, Ordering::Relaxed);
                error
            });
            let body = Some(StreamedBody::wrap(body));
            return Ok(Self::Streamed { body, is_broken });
        }
        let kept = body.collect().await.map_err(|_| Failure::Aborted)?;
        Ok(Self::Kept(kept.to_bytes()))
    }

    /// Returns the body to send; `None` if it was sent before and not kept.
    fn next(&mut self) -> Option<StreamedBody> {
        match self {
            Self::Kept(bytes) => Some(StreamedBody::from(bytes.clone())),
            Self::Streamed { body, .. } => body.take(),
        }
    }

    fn is_kept(&self) -> bool {
        matches!(self, Self::Kept(_))
    }

    fn is_broken(&self) -> bool {
        matches!(self, Self::Streamed { is_broken, .. } if is_broken.load(Ordering::Relaxed))
    }
}

/// Sends the request. If AEM refuses the token, gets another one, and repeats the request once if its body is kept. Repeats a
/// read once if the connection, which AEM may have closed just then, broke.
async fn send(
    target: &ForwardTarget,
    mut pass: Arc<Pass>,
    outgoing: &mut Outgoing,
) -> Result<Response<StreamedBody>, Failure> {
    let (mut was_refused, mut was_broken) = (false, false);
    loop {
        let Some(body) = outgoing.body.next() else {
            return Err(Failure::Aborted);
        };
        let request = ForwardedRequest {
            method: outgoing.method.clone(),
            recipient: pass.recipient().clone(),
            path_and_query: outgoing.path_and_query.clone(),
            headers: outgoing.headers.clone(),
            bearer: pass.token(),
            body,
        };
        let can_repeat = outgoing.body.is_kept();
        match target.http().forward(request).await {
            Ok(response) if response.status() == StatusCode::UNAUTHORIZED && !was_refused => {
                was_refused = true;
                match target.replace(&pass).await? {
                    Some(other) if can_repeat => pass = other,
                    _ => return Ok(response),
                }
            }
            Ok(response) => return Ok(response),
            Err(_) if outgoing.body.is_broken() => return Err(Failure::Aborted),
            Err(HttpError::Broken { .. })
                if can_repeat && !was_broken && outgoing.method.is_safe() =>
            {
                was_broken = true;
            }
            Err(error) => return Err(error.problem().into()),
        }
    }
}
