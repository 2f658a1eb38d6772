//! What did the person bring instead? Things taken for a credential, each named, with the place of the right one.

use super::strict_json::Field;
use super::{Code, Problem};

const SERVICE_FILE: &str =
    "download the JSON: AEM Developer Console, Integrations, Technical Accounts, View";
const TOKEN_PLACE: &str = "copy the field accessToken: AEM Developer Console, Integrations, Local token, Get Local Development Token";
const EITHER: &str = "for classic AEM APIs: AEM Developer Console, Integrations, Technical Accounts; for OpenAPI-based APIs: \
     Adobe Developer Console, OAuth server-to-server";

fn wrong_kind(message: &str, cause: &str, next_step: &str) -> Problem {
    Problem::new(Code::InputWrongKind, message)
        .cause(cause)
        .next_step(next_step)
}

/// For bytes that are no text.
pub(super) fn not_text(input: &[u8]) -> Problem {
    let cause = match input {
        [b'P', b'K', 3, 4, ..] => "it is a zip archive: unpack it first",
        [0x1f, 0x8b, ..] => "it is compressed: unpack it first",
        [b'7', b'z', 0xbc, ..] => "it is a 7-Zip archive: unpack it first",
        // PFX begins with its version, 3, before the first SEQUENCE.
        [0x30, 0x82, _, _, 2, 1, 3, ..] | [0x30, 0x80, 2, 1, 3, ..] => {
            "it is a .p12 or .pfx key store; service credentials are a JSON file"
        }
        [0xfe, 0xed, 0xfe, 0xed, ..] => {
            "it is a Java key store; service credentials are a JSON file"
        }
        [0x30, 0x82, _, _, 0x30, 0x82, ..] => "it is a certificate alone, in binary form",
        [0x30, 0x82 | 0x83, ..] => "it is a key or a certificate alone, in binary form",
        [0x89, b'P', b'N', b'G', ..] | [0xff, 0xd8, 0xff, ..] => "it is a picture",
        [b'%', b'P', b'D', b'F', ..] => "it is a PDF",
        [0xd0, 0xcf, 0x11, 0xe0, ..] => "it is an Office document",
        _ => "it has bytes that are no text, neither UTF-8 nor UTF-16",
    };
    Problem::new(Code::InputNotText, "this is no text file")
        .cause(cause)
        .next_step(SERVICE_FILE)
}

/// Texts that are neither JSON nor a token.
pub(super) fn text(text: &str) -> Option<Problem> {
    let starts = |prefix: &str| {
        text.get(..prefix.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(prefix))
    };
    if starts("<!doctype html") || starts("<html") {
        return Some(wrong_kind(
            "this is a web page, not a credential",
            "the page was saved instead of the download, or a proxy or sign-in page answered",
            SERVICE_FILE,
        ));
    }
    if starts("<") {
        return Some(wrong_kind(
            "this is XML, not a credential",
            "Adobe's credentials are JSON",
            SERVICE_FILE,
        ));
    }
    if starts("{\\rtf") {
        return Some(wrong_kind(
            "this is a rich text document",
            "an editor saved the JSON with its formatting",
            "save it as plain text, or download it again",
        ));
    }
    if starts("%PDF") {
        return Some(not_text(text.as_bytes()));
    }
    // A key within JSON is a field; alone it is not enough.
    if text.contains("-----BEGIN ") && !starts("{") && !starts("[") && !starts("\"") {
        let what = if text.contains("ENCRYPTED") {
            "an encrypted private key alone"
        } else if text.contains("OPENSSH PRIVATE KEY-----") || text.contains("PGP ") {
            "a key for another program"
        } else if text.contains("PRIVATE KEY-----") && text.contains("BEGIN CERTIFICATE-----") {
            "a private key and a certificate, without the rest"
        } else if text.contains("PRIVATE KEY-----") {
            "a private key alone"
        } else if text.contains("CERTIFICATE REQUEST-----") {
            "a certificate request"
        } else if text.contains("PUBLIC KEY-----") {
            "a public key alone"
        } else {
            "a certificate alone"
        };
        return Some(wrong_kind(
            &format!("this is {what}"),
            "an exchange needs the client id, secret, account and organisation too",
            SERVICE_FILE,
        ));
    }
    if starts("ssh-rsa ") || starts("ssh-ed25519 ") {
        return Some(wrong_kind(
            "this is an SSH key",
            "AEM knows no SSH keys",
            SERVICE_FILE,
        ));
    }
    if starts("curl ") {
        return Some(wrong_kind(
            "this is a command, not a token",
            "only the token in it is needed",
            "paste what stands after `Bearer`",
        ));
    }
    if starts("\"integration\"") || starts("\"technicalAccount\"") || starts("\"imsEndpoint\"") {
        return Some(wrong_kind(
            "this is a part of a JSON file",
            "its first brace is missing",
            "copy the whole file, from the first `{` to the last `}`",
        ));
    }
    if ["eyJ", "ewog", "ew0K"].into_iter().any(starts) && !text.contains('.') {
        return Some(wrong_kind(
            "this is base64 text, or a part of a token",
            "JSON packed in base64 (as Kubernetes keeps secrets) is not read, and a token has two dots",
            "unpack it first (`base64 -d`), or copy the whole token",
        ));
    }
    is_settings(text).then(|| {
        wrong_kind(
            "this is a list of settings (.env, .properties or YAML), not a credential",
            "Adobe's consoles give JSON",
            EITHER,
        )
    })
}

/// Several lines, each `NAME=value` or `name: value` or a comment.
fn is_settings(text: &str) -> bool {
    let mut names = 0;
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        if line.starts_with('#') || line == "---" {
            continue;
        }
        let name = line
            .trim_start_matches("export ")
            .trim_start_matches("- ")
            .split(['=', ':'])
            .next()
            .unwrap_or_default();
        let is_name = !name.is_empty()
            && name.len() < line.len()
            && name
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte));
        if !is_name || line.to_ascii_lowercase().starts_with("authorization") {
            return false;
        }
        names += 1;
    }
    names > 0
}

/// JSON that is something else.
pub(super) fn json(root: &Field<'_>) -> Option<Problem> {
    let has = |name: &str| root.has(name);
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
            .cause("the console or IMS answered with an error, and that was saved")
            .next_step(
                "`aemkeys explain -` says what it means; then download the credential again",
            ),
        );
    }
    if root.get("type").and_then(|kind| kind.as_str()) == Some("service_account") {
        return Some(wrong_kind(
            "this is a Google service account",
            "it opens nothing at Adobe",
            EITHER,
        ));
    }
    if is_old_jwt {
        return Some(ended_jwt(
            "this is a JWT credential of the Adobe Developer Console",
        ));
    }
    NAMED_BY_A_FIELD
        .iter()
        .find(|(fields, ..)| fields.iter().any(|field| has(field)))
        .map(|(_, message, cause, next_step)| wrong_kind(message, cause, next_step))
}

/// One of these fields, what it gives away, why it is not what is needed, and where that is.
type Named = (
    &'static [&'static str],
    &'static str,
    &'static str,
    &'static str,
);

const NAMED_BY_A_FIELD: &[Named] = &[
    (
        &[
            "oauth_web",
            "oauth_native",
            "oauth_single_page_app",
            "oauth2",
            "api_key",
        ],
        "this is a credential of the Adobe Developer Console that needs a person to sign in",
        "only OAuth server-to-server credentials work without one",
        EITHER,
    ),
    (
        &["refresh_token", "id_token"],
        "this holds a refresh or id token, not an access token",
        "AEM takes IMS access tokens only",
        TOKEN_PLACE,
    ),
    (
        &["jwt_token", "jwtToken"],
        "this holds an assertion (the JWT that is exchanged), not a token",
        "AEM takes IMS access tokens only",
        SERVICE_FILE,
    ),
    (
        &["valid"],
        "this is IMS's answer about a token, not a token",
        "it says only whether a token is good",
        TOKEN_PLACE,
    ),
    (
        &["_links", "_embedded"],
        "this is an answer of the Cloud Manager API, not a credential",
        "it describes programs and environments; it opens none",
        SERVICE_FILE,
    ),
    (
        &["authorizableId"],
        "this is AEM's answer about a user, not a credential",
        "it describes who is signed in",
        SERVICE_FILE,
    ),
    (
        &["_postman_variable_scope", "item"],
        "this is a Postman export, not a credential",
        "the credential is what was pasted into it",
        SERVICE_FILE,
    ),
    (
        &["kty", "keys"],
        "this is a key in JWK form",
        "Adobe's credentials hold keys as PEM, with the client they belong to",
        SERVICE_FILE,
    ),
    (
        &["environments"],
        "this is a list of environments, not a credential",
        "`list --json` prints no secret",
        SERVICE_FILE,
    ),
    (
        &["openapi", "swagger", "dependencies"],
        "this is a project's own file, not a credential",
        "it describes an API or a package",
        EITHER,
    ),
];

pub(super) fn ended_jwt(message: &str) -> Problem {
    Problem::new(Code::JwtCredentialEnded, message)
        .cause("those ended in 2025; service credentials of the AEM Developer Console are another thing")
        .next_step("add an OAuth server-to-server credential in the Adobe Developer Console, or use service credentials from the AEM Developer Console")
}

pub(super) fn documentation_sample() -> Problem {
    Problem::new(
        Code::DocumentationSample,
        "this is a sample, as in Adobe's documentation",
    )
    .cause("its values are redacted; the documentation's own is not even valid JSON")
    .next_step(SERVICE_FILE)
}

pub(super) fn unknown(cause: &'static str) -> Problem {
    Problem::new(
        Code::InputNotRecognised,
        "this JSON is none of Adobe's credentials or tokens",
    )
    .cause(cause)
    .next_step(EITHER)
}
