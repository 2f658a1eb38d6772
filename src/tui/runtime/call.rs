//! Calls from the dashboard with any method and path.

use uuid::Uuid;

use super::context::JobContext;
use crate::app::guard::{Act, Subject};
use crate::app::{CallOptions, call, given_path};
use crate::tui::message::Called;
use crate::tui::request::CallRequest;
use aemkeys_core::credential::{Code, Problem};

/// The response headers to show; cookies are left out.
const SHOWN: [&str; 7] = [
    "content-type",
    "content-length",
    "last-modified",
    "etag",
    "age",
    "x-cache",
    "x-vhost",
];

pub(super) async fn send(
    jobs: &JobContext,
    identity: Uuid,
    request: CallRequest,
    typed: Option<String>,
) -> Result<Called, Problem> {
    let body = match request.body {
        None => None,
        Some(file) => {
            let path = given_path::one(&file);
            let read = move || crate::app::read_input("the body file", &path);
            let read = tokio::task::spawn_blocking(read).await;
            let read = read
                .unwrap_or_else(|_| Err(Problem::new(Code::Internal, "could not read the file")))?;
            Some(read.expose().to_vec())
        }
    };
    let is_json = body
        .as_ref()
        .is_some_and(|bytes| matches!(bytes.trim_ascii_start().first(), Some(b'{' | b'[')));
    let headers = is_json.then(|| ("Content-Type".to_owned(), "application/json".to_owned()));
    let options = CallOptions {
        method: request.method.as_str().to_owned(),
        headers: headers.into_iter().collect(),
        body,
        ..CallOptions::default()
    };
    let confirmed = if options.is_read_only() {
        None
    } else {
        Some(
            jobs.confirmed(Subject::Identity(identity), Act::Call, typed)
                .await?,
        )
    };
    let prepared = call::prepare(
        &jobs.context,
        identity,
        call::CallTarget::tier(request.tier),
    )
    .await?;
    let response = call::send(
        &jobs.context,
        &prepared,
        &request.path,
        &options,
        confirmed.as_ref(),
    )
    .await?;
    let headers = response
        .headers
        .iter()
        .filter(|(name, _)| SHOWN.contains(&name.as_str()))
        .map(|(name, value)| response.readable(format!("{name}: {value}").as_bytes()))
        .collect();
    Ok(Called {
        asked: format!("{} {}{}", options.method, prepared.origin, request.path),
        status: response.status,
        headers,
        body: response.readable(&response.body),
        body_cut: response.body_cut,
    })
}
