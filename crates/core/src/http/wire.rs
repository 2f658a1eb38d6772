//! Builds the request that is sent, and reads the response within its limits.

use bytes::Bytes;
use jiff::Timestamp;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HOST, HeaderName, HeaderValue};
use zeroize::Zeroizing;

use super::redact::SentSecrets;
use super::{Body, FormPart, FormValue, HttpError, PartValue, Request};
use crate::credential::text::clean;

/// The authorised address of a request.
pub(super) struct Destination {
    pub url: reqwest::Url,
    /// The real host, if the request goes to the simulator.
    pub host_header: Option<String>,
}

/// The parts of a request that every try sends. Body and secret headers own zeroizing buffers; copies in the write buffer
/// of the HTTP client are out of reach.
pub(super) struct Wire {
    method: reqwest::Method,
    url: reqwest::Url,
    headers: reqwest::header::HeaderMap,
    body: Option<Bytes>,
    form: Vec<FormPart>,
}

impl Wire {
    pub fn new(request: Request, destination: Destination) -> Result<Self, HttpError> {
        let method = reqwest::Method::from_bytes(request.method.as_bytes())
            .map_err(|_| argument("the request method is not a valid HTTP method"))?;
        let mut headers = reqwest::header::HeaderMap::new();
        for (name, value) in &request.headers {
            let name = HeaderName::from_bytes(name.as_bytes())
                .map_err(|_| argument("a header name contains an invalid character"))?;
            let mut value = HeaderValue::from_bytes(value.as_bytes()).map_err(|_| {
                argument("a header value contains a line break or a control character")
            })?;
            value.set_sensitive(true);
            headers.append(name, value);
        }
        if let Some(host) = destination.host_header {
            let value =
                HeaderValue::from_str(&host).map_err(|_| setup("the host is not a valid name"))?;
            headers.insert(HOST, value);
        }
        if let Some(token) = &request.bearer {
            headers.insert(AUTHORIZATION, secret_header(b"Bearer ", token.expose())?);
        }
        let mut form = Vec::new();
        let body = match request.body {
            Body::Empty => None,
            Body::Multipart(parts) => {
                form = parts;
                None
            }
            Body::Form(fields) => {
                let form = "application/x-www-form-urlencoded";
                headers.insert(CONTENT_TYPE, HeaderValue::from_static(form));
                Some(Bytes::from_owner(encode_form(&fields)))
            }
            Body::Bytes {
                content_type,
                bytes,
            } => {
                if let Some(kind) = content_type
                    && !headers.contains_key(CONTENT_TYPE)
                {
                    let value = HeaderValue::from_str(&kind)
                        .map_err(|_| setup("the content type contains a control character"))?;
                    headers.insert(CONTENT_TYPE, value);
                }
                Some(Bytes::from_owner(Zeroizing::new(bytes)))
            }
        };
        Ok(Self {
            method,
            url: destination.url,
            headers,
            body,
            form,
        })
    }

    /// Returns the request of one try. Opens the files of a form.
    pub async fn request(&self, client: &reqwest::Client) -> Result<reqwest::Request, HttpError> {
        let mut request = reqwest::Request::new(self.method.clone(), self.url.clone());
        *request.headers_mut() = self.headers.clone();
        *request.body_mut() = self.body.clone().map(Into::into);
        if self.form.is_empty() {
            return Ok(request);
        }
        let mut form = reqwest::multipart::Form::new();
        for FormPart { name, value } in &self.form {
            form = form.part(name.clone(), part(value).await?);
        }
        let builder = reqwest::RequestBuilder::from_parts(client.clone(), request);
        builder
            .multipart(form)
            .build()
            .map_err(|_| setup("the form is not valid"))
    }
}

pub(super) fn secret_header(prefix: &[u8], secret: &[u8]) -> Result<HeaderValue, HttpError> {
    let mut text = Zeroizing::new(Vec::with_capacity(prefix.len() + secret.len()));
    text.extend_from_slice(prefix);
    text.extend_from_slice(secret);
    let mut value = HeaderValue::from_maybe_shared(Bytes::from_owner(text))
        .map_err(|_| setup("the token or password contains a line break or a control character"))?;
    value.set_sensitive(true);
    Ok(value)
}

/// Opens the file of a part.
async fn part(value: &PartValue) -> Result<reqwest::multipart::Part, HttpError> {
    let (path, file_name, content_type) = match value {
        PartValue::Text(text) => return Ok(reqwest::multipart::Part::text(text.clone())),
        PartValue::File {
            path,
            file_name,
            content_type,
        } => (path, file_name, content_type),
    };
    let mut part = reqwest::multipart::Part::file(path)
        .await
        .map_err(|error| argument(&format!("the file of a form could not be read: {error}")))?;
    if let Some(name) = file_name {
        part = part.file_name(name.clone());
    }
    match content_type {
        Some(kind) => part
            .mime_str(kind)
            .map_err(|_| argument("the content type of a form field is not valid")),
        None => Ok(part),
    }
}

/// Encodes a form into one buffer of sufficient size, because a reallocation would leave a copy of a secret behind.
fn encode_form(fields: &[(&'static str, FormValue)]) -> Zeroizing<Vec<u8>> {
    let length = |value: &FormValue| match value {
        FormValue::Plain(text) => text.len(),
        FormValue::Secret(secret) => secret.len(),
    };
    let capacity = fields
        .iter()
        .map(|(name, value)| name.len() + 2 + 3 * length(value))
        .sum();
    let mut form = Zeroizing::new(Vec::with_capacity(capacity));
    for (name, value) in fields {
        if !form.is_empty() {
            form.push(b'&');
        }
        form.extend_from_slice(name.as_bytes());
        form.push(b'=');
        let value = match value {
            FormValue::Plain(text) => text.as_bytes(),
            FormValue::Secret(secret) => secret.expose(),
        };
        for part in form_urlencoded::byte_serialize(value) {
            form.extend_from_slice(part.as_bytes());
        }
    }
    form
}

/// Returns the headers with values that are safe to show. The names are in lower case already.
pub(super) fn read_headers(
    headers: &reqwest::header::HeaderMap,
    sent: &SentSecrets,
) -> Vec<(String, String)> {
    headers
        .iter()
        .map(|(name, value)| {
            let redacted = sent.redact(value.as_bytes());
            let text = String::from_utf8_lossy(redacted.as_deref().unwrap_or(value.as_bytes()));
            (name.as_str().to_owned(), clean(&text, 4096))
        })
        .collect()
}

/// Reads the decompressed body up to the limit. Returns whether it was truncated.
pub(super) async fn read_body(
    response: &mut reqwest::Response,
    limit: usize,
) -> Result<(Vec<u8>, bool), reqwest::Error> {
    // A response with a token fits, so that no reallocation leaves a copy of it behind.
    const INITIAL_CAPACITY: usize = 16 * 1024;
    let mut body = Vec::with_capacity(INITIAL_CAPACITY.min(limit));
    while let Some(chunk) = response.chunk().await? {
        let room = limit - body.len();
        if chunk.len() > room {
            body.extend_from_slice(&chunk[..room]);
            return Ok((body, true));
        }
        body.extend_from_slice(&chunk);
    }
    Ok((body, false))
}

/// Parses an HTTP date such as `Sun, 06 Nov 1994 08:49:37 GMT`.
pub(super) fn read_date(text: &str) -> Option<Timestamp> {
    jiff::fmt::rfc2822::parse(text.trim())
        .ok()
        .map(|zoned| zoned.timestamp())
}

/// Returns an error about a method or header that the caller chose.
fn argument(what: &str) -> HttpError {
    HttpError::Argument {
        what: what.to_owned(),
    }
}

/// Returns an error about the setup of a request or of the client.
pub(super) fn setup(what: &str) -> HttpError {
    HttpError::Setup {
        what: what.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::credential::Secret;

    #[test]
    fn form_values_are_escaped() {
        let form = encode_form(&[
            ("a", FormValue::Plain("x y&z=1+".into())),
            ("b", FormValue::Secret(Secret::from("ä%"))),
        ]);
        assert_eq!(
            std::str::from_utf8(&form).unwrap(),
            "a=x+y%26z%3D1%2B&b=%C3%A4%25"
        );
    }

    #[test]
    fn http_dates_are_parsed() {
        let date = read_date("Sun, 06 Nov 1994 08:49:37 GMT").unwrap();
        assert_eq!(date.as_second(), 784_111_777);
        assert!(read_date("soon").is_none());
    }

    #[test]
    fn secret_headers_are_sensitive_and_reject_line_breaks() {
        assert!(secret_header(b"Bearer ", b"a.b.c").unwrap().is_sensitive());
        assert!(secret_header(b"Bearer ", b"a\r\nX: y").is_err());
    }
}
