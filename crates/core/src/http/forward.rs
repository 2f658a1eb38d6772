//! Passes on a request as it arrives, with the token: body and response are streamed, and nothing is repeated.

use hyper::header::{AUTHORIZATION, HOST, HeaderMap, HeaderValue};
use hyper::{Method, Response};

use super::recipient::{self, CarriedSecrets};
use super::send::{destination, with_connect_status};
use super::wire::{secret_header, setup};
use super::{Http, HttpError, Recipient, client};
use crate::credential::Secret;

/// A body that is read while it is sent. Made from bytes, or by `wrap` from any other body.
pub type StreamedBody = reqwest::Body;

/// A request for [`Http::forward`].
pub struct ForwardedRequest {
    pub method: Method,
    pub recipient: Recipient,
    /// Starts with `/` and includes the query.
    pub path_and_query: String,
    /// `Host` and `Authorization` are replaced.
    pub headers: HeaderMap,
    /// Sent as `Authorization: Bearer ..`, marked sensitive.
    pub bearer: Secret,
    pub body: StreamedBody,
}

pub(super) async fn forward(
    http: &Http,
    request: ForwardedRequest,
) -> Result<Response<StreamedBody>, HttpError> {
    let address = recipient::authorize(&request.recipient, CarriedSecrets::TOKEN)?;
    let host = recipient::display_address(address);
    let destination = destination(address, &request.path_and_query, http.inner.simulator)?;
    let secure = http.forwarding()?;
    let proxy = destination
        .url
        .host_str()
        .and_then(|host| secure.proxy.display_for(host));
    let mut outgoing = reqwest::Request::new(request.method, destination.url);
    let headers = outgoing.headers_mut();
    *headers = request.headers;
    headers.remove(HOST);
    if let Some(host) = destination.host_header {
        let host =
            HeaderValue::from_str(&host).map_err(|_| setup("the host is not a valid name"))?;
        headers.insert(HOST, host);
    }
    headers.insert(
        AUTHORIZATION,
        secret_header(b"Bearer ", request.bearer.expose())?,
    );
    *outgoing.body_mut() = Some(request.body);
    match secure.client.execute(outgoing).await {
        Ok(response) => Ok(response.into()),
        Err(error) => {
            let login = secure.proxy.has_login();
            let error = HttpError::of(&error, &host, proxy, login, client::CONNECT);
            Err(with_connect_status(error, &secure.proxy).await)
        }
    }
}
