//! What the server answers itself: the page that says what it is, refusals, and errors.

use hyper::header::{
    ACCEPT, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderMap, HeaderValue,
    WWW_AUTHENTICATE, X_CONTENT_TYPE_OPTIONS,
};
use hyper::{Response, StatusCode};

use super::accept::Refusal;
use aemkeys_core::credential::{Code, Problem};
use aemkeys_core::http::StreamedBody;

/// The form of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Text,
    Html,
}

impl Format {
    /// Returns what the program asks for: a browser names HTML.
    pub fn of(headers: &HeaderMap) -> Self {
        let accept = headers.get(ACCEPT).and_then(|it| it.to_str().ok());
        if accept.is_some_and(|it| it.contains("text/html")) {
            Self::Html
        } else {
            Self::Text
        }
    }
}

/// The paragraphs of the page at `/`. Names no environment, because every program on this computer can read it.
const WELCOME: [&str; 3] = [
    "This is aemkeys serve: a proxy on this computer that forwards requests to AEM as a Cloud Service and adds the access token.",
    "Requests need the secret that it printed when it started: as the first part of the path, as a bearer token, or as the password of Basic authentication with any user name.",
    "Only programs on this computer are accepted. Web pages of other sites are refused.",
];

impl Refusal {
    fn status(self) -> StatusCode {
        match self {
            Self::Welcome => StatusCode::OK,
            Self::NoSecret => StatusCode::UNAUTHORIZED,
            Self::Method => StatusCode::METHOD_NOT_ALLOWED,
            Self::Target | Self::DotSegment | Self::SecretElsewhere | Self::ForeignDestination => {
                StatusCode::BAD_REQUEST
            }
            Self::Host => StatusCode::MISDIRECTED_REQUEST,
            Self::Origin | Self::CrossSite => StatusCode::FORBIDDEN,
            Self::ChooseEnvironment => StatusCode::NOT_FOUND,
            Self::WebSocket => StatusCode::NOT_IMPLEMENTED,
        }
    }

    fn paragraphs(self) -> Vec<&'static str> {
        vec![match self {
            Self::Welcome => return WELCOME.to_vec(),
            Self::NoSecret => {
                "The request has no secret, or a wrong one. Use the address that aemkeys serve printed when it started, or send its secret as a bearer token or as the password. If the secret was replaced since, start aemkeys serve again to see the new one."
            }
            Self::Method => "aemkeys serve does not forward CONNECT, TRACE or TRACK.",
            Self::Target => "The address of the request is not a path.",
            Self::DotSegment => {
                "The path contains a `.` or `..` segment or a backslash. Send the path that it stands for."
            }
            Self::SecretElsewhere => {
                "The secret is in the query, in a header or in a later part of the path. It would reach AEM there, so nothing was sent."
            }
            Self::ForeignDestination => "The Destination header names another server.",
            Self::Host => {
                "The Host header does not name this server. Use the address that aemkeys serve printed when it started; a proxy in front of it must set the Host header (changeOrigin)."
            }
            Self::Origin => {
                "A page of another origin sent this request. Only pages of this computer are accepted."
            }
            Self::CrossSite => "A page of another site sent this request.",
            Self::ChooseEnvironment => {
                "Several environments are served. Use the address of one of them, such as http://NAME.localhost."
            }
            Self::WebSocket => "aemkeys serve does not forward WebSocket connections.",
        }]
    }
}

/// Answers a request that is not forwarded.
pub fn refused(refusal: Refusal, format: Format) -> Response<StreamedBody> {
    let paragraphs = refusal.paragraphs();
    let (body, kind) = match format {
        Format::Text => (format!("{}\n", paragraphs.join("\n\n")), "text/plain"),
        Format::Html => (html(&paragraphs), "text/html"),
    };
    let mut response = own(refusal.status(), kind, body);
    if refusal == Refusal::NoSecret {
        // A browser or a WebDAV client then asks for the password.
        let challenge =
            HeaderValue::from_static("Basic realm=\"aemkeys serve\", charset=\"UTF-8\"");
        response.headers_mut().insert(WWW_AUTHENTICATE, challenge);
    }
    response
}

/// Answers with why there is no token or no response of AEM.
pub fn failed(problem: &Problem) -> Response<StreamedBody> {
    let status = match problem.code {
        Code::Guarded => StatusCode::FORBIDDEN,
        _ => StatusCode::BAD_GATEWAY,
    };
    let mut body = format!("aemkeys serve: {}\n", problem.message);
    if let Some(cause) = &problem.cause {
        body.push_str(&format!("  why:  {cause}\n"));
    }
    if let Some(step) = &problem.next_step {
        body.push_str(&format!("  next: {}\n", step.in_shell()));
    }
    own(status, "text/plain", body)
}

/// Answers a program that closed its side while it sent the body.
pub fn aborted() -> Response<StreamedBody> {
    let body = "The body of the request ended early.\n".to_owned();
    own(StatusCode::BAD_REQUEST, "text/plain", body)
}

fn own(status: StatusCode, kind: &str, body: String) -> Response<StreamedBody> {
    let mut response = Response::new(StreamedBody::from(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    if let Ok(kind) = HeaderValue::from_str(&format!("{kind}; charset=utf-8")) {
        headers.insert(CONTENT_TYPE, kind);
    }
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    let nosniff = HeaderValue::from_static("nosniff");
    headers.insert(X_CONTENT_TYPE_OPTIONS, nosniff);
    let policy = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");
    headers.insert(CONTENT_SECURITY_POLICY, policy);
    response
}

/// The texts are constants without special characters of HTML.
fn html(paragraphs: &[&str]) -> String {
    let paragraphs = paragraphs.join("</p>\n<p>");
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<title>aemkeys serve</title>\n<h1>aemkeys serve</h1>\n<p>{paragraphs}</p>\n</html>\n"
    )
}
