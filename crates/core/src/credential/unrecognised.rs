//! Inputs that are often mistaken for a credential, each with its name and where to get the right one.

use std::sync::LazyLock;

use serde::Deserialize;

use super::settings::SettingsFile;
use super::strict_json::Field;
use super::{Code, NextStep, Problem, embedded_rows};
use crate::guidance;

pub(super) const ONLY_ACCESS_TOKENS: &str = "AEM accepts only IMS access tokens";
const EITHER: &str = Right::Either.place();
const SERVICE_FILE: &str = Right::ServiceFile.place();
pub(super) const TOKEN_PLACE: &str = Right::Token.place();

enum_table! {
    /// What can be used instead.
    #[derive(Clone, Copy, Debug, Deserialize)]
    #[serde(rename_all = "kebab-case")]
    enum Right {
        ServiceFile => "download the JSON from the AEM Developer Console (Integrations, Technical Accounts, View)",
        Token => "copy the field accessToken from the AEM Developer Console (Integrations, Local token, Get Local Development Token)",
        Either => "for classic AEM APIs, use service credentials (AEM Developer Console, Integrations, Technical Accounts); \
            for OpenAPI-based APIs, use an OAuth server-to-server credential (Adobe Developer Console)",
    }
    /// Returns where to get it, as a next step.
    fn place -> &'static str;
}

/// A row of `assets/wrong_inputs.toml`. The first one that fits answers.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrongInput {
    /// The beginning of the input contains one of these, in lower case.
    #[serde(default)]
    contains: Vec<String>,
    /// A text that is neither a credential nor a token starts with one of these, in lower case.
    #[serde(default)]
    starts: Vec<String>,
    /// A JSON object has one of these fields.
    #[serde(default)]
    fields: Vec<String>,
    /// What it is.
    is: String,
    /// Why it cannot be used.
    why: String,
    /// What to get instead.
    get: Option<Right>,
    /// The next step, if it is not to get something else.
    #[serde(rename = "do")]
    next: Option<String>,
}

static TABLE: LazyLock<Vec<WrongInput>> =
    LazyLock::new(|| embedded_rows(include_str!("../../assets/wrong_inputs.toml")));

/// Returns the error of the first row that fits.
fn find(fits: impl Fn(&'static WrongInput) -> bool) -> Option<Problem> {
    let row = TABLE.iter().find(|row| fits(row))?;
    let place = row
        .get
        .map_or(String::new(), |right| right.place().to_owned());
    let next = row.next.clone().unwrap_or(place);
    Some(wrong_kind(&row.is, &row.why, next))
}

fn wrong_kind(message: &str, cause: &str, next_step: impl Into<String>) -> Problem {
    Problem::new(Code::InputWrongKind, message)
        .cause(cause)
        .next_step(next_step.into())
}

/// The error for input that is not text.
pub(super) fn not_text(input: &[u8]) -> Problem {
    let cause = match input {
        [b'P', b'K', 3, 4, ..] => "it is a zip archive; unpack it first",
        [0x1f, 0x8b, ..] => "it is compressed; decompress it first",
        [b'7', b'z', 0xbc, ..] => "it is a 7-Zip archive; unpack it first",
        // PFX starts with its version, 3, before the first SEQUENCE.
        [0x30, 0x82, _, _, 2, 1, 3, ..] | [0x30, 0x80, 2, 1, 3, ..] => {
            "it is a .p12 or .pfx key store; service credentials are a JSON file"
        }
        [0xfe, 0xed, 0xfe, 0xed, ..] => {
            "it is a Java key store; service credentials are a JSON file"
        }
        [0x30, 0x82, _, _, 0x30, 0x82, ..] => "it is only a certificate, in binary format",
        [0x30, 0x82 | 0x83, ..] => "it is only a key or a certificate, in binary format",
        [0x89, b'P', b'N', b'G', ..] | [0xff, 0xd8, 0xff, ..] => "it is a picture",
        [b'%', b'P', b'D', b'F', ..] => "it is a PDF",
        [0xd0, 0xcf, 0x11, 0xe0, ..] => "it is an Office document",
        _ => "it is neither UTF-8 nor UTF-16 text",
    };
    Problem::new(Code::InputNotText, "this is not a text file")
        .cause(cause)
        .next_step(SERVICE_FILE)
}

/// Recognises texts by a mark that nothing else has, before any other reading.
pub(super) fn named(text: &str) -> Option<Problem> {
    let lower: String = text
        .chars()
        .take(4096)
        .collect::<String>()
        .to_ascii_lowercase();
    let is_edge_token = lower
        .split(|c: char| c.is_whitespace() || "\"':=,".contains(c))
        .any(|word| word.starts_with("hlx_"));
    if is_edge_token {
        return Some(edge_delivery());
    }
    find(|row| row.contains.iter().any(|mark| lower.contains(mark)))
}

/// The error for a token of Edge Delivery.
pub(super) fn edge_delivery() -> Problem {
    wrong_kind(
        "this is a token or API key of Edge Delivery",
        "it is for admin.hlx.page or *.aem.live; AEM author and publish do not accept it",
        TOKEN_PLACE,
    )
}

/// The error for aio's login.
pub(super) fn aio_login() -> Problem {
    wrong_kind(
        "this is aio's login: a person's token for aio (Adobe's command line), not a credential",
        "it belongs to a person and to aio's own client, so aemkeys cannot exchange it",
        EITHER,
    )
}

/// Recognises texts that are neither JSON nor a token.
pub(super) fn text(text: &str) -> Option<Problem> {
    let starts = |prefix: &str| {
        text.get(..prefix.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(prefix))
    };
    let named = find(|row| row.starts.iter().any(|start| starts(start)));
    if named.is_some() {
        return named;
    }
    if starts("%PDF") {
        return Some(not_text(text.as_bytes()));
    }
    // Within JSON, a key is a field; on its own it is not enough.
    if text.contains("-----BEGIN ") && !starts("{") && !starts("[") && !starts("\"") {
        let what = if text.contains("ENCRYPTED") {
            "only an encrypted private key"
        } else if text.contains("OPENSSH PRIVATE KEY-----") || text.contains("PGP ") {
            "a key for another program"
        } else if text.contains("PRIVATE KEY-----") && text.contains("BEGIN CERTIFICATE-----") {
            "only a private key and a certificate"
        } else if text.contains("PRIVATE KEY-----") {
            "only a private key"
        } else if text.contains("CERTIFICATE REQUEST-----") {
            "a certificate request"
        } else if text.contains("PUBLIC KEY-----") {
            "only a public key"
        } else {
            "only a certificate"
        };
        return Some(wrong_kind(
            &format!("this is {what}"),
            "an exchange also needs the client id, secret, account and organisation",
            SERVICE_FILE,
        ));
    }
    if ["eyJ", "ewog", "ew0K"].into_iter().any(starts) && !text.contains('.') {
        return Some(wrong_kind(
            "this is base64 text, or only part of a token",
            "it does not decode to a JSON file, and a token contains two dots",
            "copy the whole text, or the whole token",
        ));
    }
    SettingsFile::parse(text).map(|_| {
        wrong_kind(
            "this is a list of settings (.env, .properties or YAML) without a whole credential",
            "a credential has a client id and a client secret, and service credentials also a private key",
            EITHER,
        )
    })
}

/// Recognises JSON that is not a credential.
pub(super) fn json(root: &Field<'_>) -> Option<Problem> {
    let has = |name: &'static str| root.has(name);
    let is_old_jwt = [
        "PUBLIC_KEYS_WITH_EXPIRY",
        "API_KEY",
        "meta_scopes",
        "jwt_payload",
        "jwt",
    ]
    .into_iter()
    .any(has)
        || (has("client_id") && has("private_key"));
    if has("error") || root.get("ok").and_then(|ok| ok.as_bool()) == Some(false) {
        return Some(
            Problem::new(
                Code::InputIsError,
                "this is an error message, not a credential",
            )
            .cause("an error response of the console or IMS was saved instead of the credential")
            .next_step(guidance![
                "to see what it means, ",
                NextStep::Explain,
                "; then download the credential again",
            ]),
        );
    }
    if ["auth_uri", "token_uri", "tenantId", "tenant_id", "issuer"]
        .into_iter()
        .any(has)
        && !has("type")
    {
        return Some(wrong_kind(
            "this is an OAuth client of another provider",
            "Adobe's files have no such fields as auth_uri, token_uri or tenantId",
            EITHER,
        ));
    }
    if root.get("type").and_then(|kind| kind.as_str()) == Some("service_account") {
        return Some(wrong_kind(
            "this is a Google service account",
            "Adobe does not accept it",
            EITHER,
        ));
    }
    if is_old_jwt {
        return Some(discontinued_jwt(
            "this is a JWT credential of the Adobe Developer Console",
        ));
    }
    find(|row| row.fields.iter().any(|field| has(field)))
}

pub(super) fn discontinued_jwt(message: &str) -> Problem {
    Problem::new(Code::JwtCredentialDiscontinued, message)
        .cause("Adobe discontinued them in 2025; service credentials from the AEM Developer Console are not affected")
        .next_step("add an OAuth server-to-server credential in the Adobe Developer Console, or use service credentials from the AEM Developer Console")
}

pub(super) fn documentation_sample() -> Problem {
    Problem::new(
        Code::DocumentationSample,
        "this is a sample from Adobe's documentation",
    )
    .cause("its values are redacted")
    .next_step(SERVICE_FILE)
}

pub(super) fn unknown(cause: &'static str) -> Problem {
    Problem::new(
        Code::InputNotRecognised,
        "this JSON is not an Adobe credential or token",
    )
    .cause(cause)
    .next_step(EITHER)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_has_one_condition_and_one_next_step() {
        for row in TABLE.iter() {
            let conditions = [&row.contains, &row.starts, &row.fields];
            let given = conditions.iter().filter(|marks| !marks.is_empty());
            assert_eq!(given.count(), 1, "{}", row.is);
            assert!(row.get.is_some() != row.next.is_some(), "{}", row.is);
            for mark in row.contains.iter().chain(&row.starts) {
                assert_eq!(mark.to_lowercase(), *mark, "{}", row.is);
            }
        }
    }
}
