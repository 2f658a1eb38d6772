//! How is any call made from the dashboard? As the use case says; it alone knows from the storage what is guarded.

use uuid::Uuid;

use super::jobs::expand;
use super::work::Office;
use crate::app::{CallOptions, call};
use crate::credential::{Code, Problem};
use crate::tui::message::Called;
use crate::tui::model::Request;

/// What says something about the answer; a cookie is not among them.
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
    office: &Office,
    identity: Uuid,
    request: Request,
    typed: Option<String>,
) -> Result<Called, Problem> {
    let body = match request.body {
        None => None,
        Some(file) => {
            let path = expand(&file);
            let read = tokio::task::spawn_blocking(move || crate::app::read_input(&path)).await;
            let read = read.unwrap_or_else(|_| {
                Err(Problem::new(
                    Code::Internal,
                    "reading the file ended unexpectedly",
                ))
            })?;
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
    };
    let prepared = call::prepare(&office.world, identity, request.tier).await?;
    let name = prepared.environment.as_str();
    let was_typed = typed.is_some_and(|typed| typed.to_lowercase() == name.to_lowercase());
    if prepared.needs_confirmation(&options) && !was_typed {
        return Err(Problem::new(
            Code::Guarded,
            format!("{name} is guarded, and its name was not typed: nothing was sent"),
        )
        .next_step("ask again: the list is read anew"));
    }
    let response = call::send(&office.world, &prepared, &request.path, &options).await?;
    let headers = response
        .headers
        .iter()
        .filter(|(name, _)| SHOWN.contains(&name.as_str()))
        .map(|(name, value)| format!("{name}: {value}"))
        .collect();
    Ok(Called {
        asked: format!("{} {}{}", options.method, prepared.origin, request.path),
        status: response.status,
        headers,
        body: String::from_utf8_lossy(&response.body).into_owned(),
        body_cut: response.body_cut,
    })
}
