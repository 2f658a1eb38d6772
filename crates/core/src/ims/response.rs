//! Responses of IMS: a token, a refusal, or something unusable.

use jiff::Timestamp;
use zeroize::Zeroizing;

use super::preflight::describe_skew;
use crate::credential::access_token::lifetime_millis;
use crate::credential::strict_json::StrictJson;
use crate::credential::text::clean;
use crate::credential::{AccessToken, Code, Problem, Secret};
use crate::explain::{Evidence, Grant, find_ims};
use crate::http::Response;

/// Reads the token from a response. Takes the body out of the response, so that it is overwritten in every case.
pub fn read_token(
    mut response: Response,
    grant: Grant,
    now: Timestamp,
) -> Result<AccessToken, Problem> {
    // `expires_in` is in milliseconds at `/ims/exchange/jwt`.
    let in_seconds = grant == Grant::ClientCredentials;
    let debug_id = debug_id(&response);
    let body = Zeroizing::new(std::mem::take(&mut response.body));
    let document = success(&response, &body, Some(grant))?;
    let unusable = |why: &str| unusable(why).debug_id(debug_id.clone());
    let root = document.root();
    let token = root
        .get("access_token")
        .ok_or_else(|| unusable("access_token is missing"))?
        .raw_text()
        .map_err(|_| unusable("access_token is empty or not text"))?;
    if let Some(kind) = root.get("token_type") {
        let is_bearer = kind
            .raw_text()
            .is_ok_and(|kind| kind.eq_ignore_ascii_case("bearer"));
        if !is_bearer {
            return Err(unusable("token_type is not `bearer`"));
        }
    }
    let lifetime = root
        .get("expires_in")
        .and_then(|field| field.as_millis())
        .map(|value| lifetime_millis(value, in_seconds));
    AccessToken::from_response(Secret::from(token), lifetime, now)
        .map_err(|problem| problem.debug_id(debug_id))
}

/// Returns the JSON of a 2xx response. Everything else is an error.
pub(super) fn success(
    response: &Response,
    body: &[u8],
    grant: Option<Grant>,
) -> Result<StrictJson, Problem> {
    if !(200..300).contains(&response.status) {
        return Err(refused(response, body, grant));
    }
    match read_json(response, body) {
        Ok(document) if document.root().has("error") => Err(refused(response, body, grant)),
        Ok(document) => Ok(document),
        Err(why) => Err(unusable(why).debug_id(debug_id(response))),
    }
}

fn read_json(response: &Response, body: &[u8]) -> Result<StrictJson, &'static str> {
    if body.is_empty() {
        return Err("the response is empty");
    }
    if response.body_cut {
        return Err("the response is too long for IMS");
    }
    let text = std::str::from_utf8(body).map_err(|_| "the response is not text")?;
    if is_html(response, text) {
        return Err(
            "the response is a web page: a captive portal or a proxy answered instead of Adobe",
        );
    }
    let document = StrictJson::parse(text).map_err(|_| "the response is not JSON")?;
    if document.root().is_object() {
        Ok(document)
    } else {
        Err("the response is not a JSON object")
    }
}

fn is_html(response: &Response, text: &str) -> bool {
    let declared = response
        .header("content-type")
        .is_some_and(|kind| kind.to_ascii_lowercase().contains("html"));
    declared || text.trim_start().starts_with('<')
}

fn refused(response: &Response, body: &[u8], grant: Option<Grant>) -> Problem {
    let status = response.status;
    let (error, description) = read_error(body);
    // Without a field `error` the response is not from IMS, even if its text contains the words of an IMS error.
    let found = (!error.is_empty() || status == 407)
        .then(|| {
            let evidence = Evidence::of_refusal(status, &error, &description, grant);
            find_ims(&evidence)
        })
        .flatten();
    let is_about_time = found.as_ref().is_some_and(|found| {
        matches!(
            found.row.code,
            Some(Code::ImsAssertionRefused | Code::ImsAssertionMalformed | Code::ImsBadClaims)
        )
    });
    let problem = match (found, describe_skew(response.clock_skew)) {
        (Some(_), Some(skew)) if is_about_time => Problem::of(
            Code::ClockSkew,
            format!("IMS refused the signed request: {skew}"),
        ),
        (Some(found), _) => found.problem(Code::ImsError),
        (None, _) if (300..400).contains(&status) => Problem::of(
            Code::ImsRedirected,
            format!("IMS answered with a redirect ({status}), which aemkeys does not follow"),
        ),
        (None, _) => unknown(response, body, &error, &description),
    };
    problem.debug_id(debug_id(response))
}

fn unknown(response: &Response, body: &[u8], error: &str, description: &str) -> Problem {
    let status = response.status;
    let parts = [
        format!("IMS answered {status}"),
        error.to_owned(),
        description.to_owned(),
    ];
    let told: Vec<_> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    let message = told.join(": ");
    let is_page = std::str::from_utf8(body).is_ok_and(|text| is_html(response, text));
    if status == 429 {
        Problem::new(Code::Throttled, "IMS limits the number of requests (429)")
            .cause("this or another program with the same credential exchanged too many tokens in a short time")
            .next_step("wait a few minutes, and reuse a valid token instead of exchanging again")
    } else if is_page {
        Problem::new(Code::ImsUnavailable, message)
            .cause("the response is a web page: a proxy or firewall answered instead of Adobe, or Adobe has an outage")
            .next_step("check HTTPS_PROXY and the firewall rules of the network, then try again in a few minutes")
    } else if status >= 500 {
        Problem::of(Code::ImsUnavailable, message)
    } else {
        Problem::of(Code::ImsError, message)
    }
}

/// Returns `error` and `error_description`, safe to show.
fn read_error(body: &[u8]) -> (String, String) {
    let document = std::str::from_utf8(body)
        .ok()
        .and_then(|text| StrictJson::parse(text).ok());
    let field = |name: &'static str, most: usize| {
        document
            .as_ref()
            .and_then(|document| document.root().get(name))
            .and_then(|field| field.raw_text().ok())
            .map(|text| clean(&scrub(&clean(text, 10 * most)), most))
            .unwrap_or_default()
    };
    (field("error", 60), field("error_description", 200))
}

/// Replaces words that are as long as a secret and contain digits: a server may repeat what it was sent in another form.
fn scrub(text: &str) -> String {
    text.split(' ')
        .map(|word| {
            let secret = word.len() >= 20 && word.bytes().any(|byte| byte.is_ascii_digit());
            if secret { "[...]" } else { word }
        })
        .collect::<Vec<_>>()
        .join(" ")
}

fn unusable(why: &str) -> Problem {
    Problem::of(
        Code::ImsAnswerUnusable,
        "aemkeys cannot use the response of IMS",
    )
    .cause(why)
}

pub(super) fn debug_id(response: &Response) -> Option<String> {
    response
        .header("x-debug-id")
        .map(|id| clean(id, 100))
        .filter(|id| !id.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_long_words_with_digits_are_hidden() {
        let word = "incorrectly-formatted-token";
        let nineteen = "p8e-0123456789abcde";
        let secret = "p8e-0123456789abcdef";
        let text = format!("the {word} is {nineteen} or {secret}");
        assert_eq!(scrub(&text), format!("the {word} is {nineteen} or [...]"));
    }

    #[test]
    fn long_refusals_are_cut_and_non_json_is_ignored() {
        let long = "ab ".repeat(200);
        let body = format!(r#"{{"error":"{long}","error_description":"{long}"}}"#);
        let (error, description) = read_error(body.as_bytes());
        assert_eq!(error.chars().count(), 60);
        assert_eq!(description.chars().count(), 200);
        let nothing = (String::new(), String::new());
        assert_eq!(read_error(b"<html>"), nothing);
        assert_eq!(read_error(&[0xff]), nothing);
    }
}
