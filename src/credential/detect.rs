//! Which of Adobe's things is this? The kind is detected from the content, never from the file's name.

use zeroize::Zeroizing;

use super::strict_json::{Document, Field};
use super::{AccessToken, OauthCredential, Problem, ServiceCredentials};

/// The largest input read: a whole credential is 6 KB.
pub const MAX_INPUT_BYTES: usize = 1024 * 1024;

/// A recognised input.
#[derive(Debug)]
pub enum Imported {
    Service(Box<ServiceCredentials>),
    Oauth(Box<OauthCredential>),
    DevelopmentToken(Box<AccessToken>),
}

/// Recognises and parses. The error names the field, says why and what to do, and never shows a value.
pub fn detect(input: &[u8]) -> Result<Imported, Problem> {
    if input.len() > MAX_INPUT_BYTES {
        return Err(Problem::new("input-too-large", "this is larger than 1 MiB")
            .cause("a credential is about 6 KB, a token about 2 KB")
            .next_step("check which file this is"));
    }
    let text = decode(input)?;
    let text = text.trim();
    if text.is_empty() {
        return Err(Problem::new("input-empty", "there is nothing in it")
            .next_step("give the JSON file of the AEM Developer Console, or paste the token"));
    }
    if let Some(problem) = something_else(text) {
        return Err(problem);
    }
    if !text.starts_with(['{', '[']) {
        return AccessToken::from_pasted(text)
            .map(|token| Imported::DevelopmentToken(Box::new(token)));
    }
    let document = Document::parse(text).map_err(|problem| {
        if text.contains("REDACTED") {
            return documentation_sample();
        }
        problem
    })?;
    recognise(&document.root())
}

/// UTF-8, with or without a byte order mark, and UTF-16 as Windows' editors and PowerShell write it.
fn decode(input: &[u8]) -> Result<Zeroizing<String>, Problem> {
    let not_text = || {
        Problem::new("input-not-text", "this is no text file")
            .cause(binary_kind(input))
            .next_step("give the JSON file as the AEM Developer Console offers it for download")
    };
    let utf16 = |big_endian: bool| {
        let units: Vec<u16> = input[2..]
            .chunks_exact(2)
            .map(|pair| {
                let pair = [pair[0], pair[1]];
                if big_endian {
                    u16::from_be_bytes(pair)
                } else {
                    u16::from_le_bytes(pair)
                }
            })
            .collect();
        String::from_utf16(&units)
            .map(Zeroizing::new)
            .map_err(|_| not_text())
    };
    match input {
        [0xff, 0xfe, ..] => utf16(false),
        [0xfe, 0xff, ..] => utf16(true),
        _ => {
            let rest = input.strip_prefix(b"\xef\xbb\xbf").unwrap_or(input);
            let text = std::str::from_utf8(rest).map_err(|_| not_text())?;
            if text.contains('\0') {
                return Err(not_text());
            }
            Ok(Zeroizing::new(text.to_owned()))
        }
    }
}

fn binary_kind(input: &[u8]) -> &'static str {
    match input {
        [b'P', b'K', 3, 4, ..] => "it is a zip archive: unpack it first",
        [0x30, 0x82 | 0x83 | 0x80, ..] => "it is a binary certificate, key or .p12 store",
        [0x1f, 0x8b, ..] => "it is compressed: unpack it first",
        [0x89, b'P', b'N', b'G', ..] | [0xff, 0xd8, ..] => "it is a picture",
        _ => "it has bytes that are no text",
    }
}

/// Texts that people bring and that are no credential: each is named.
fn something_else(text: &str) -> Option<Problem> {
    let console =
        "download the JSON: AEM Developer Console, Integrations, Technical Accounts, View";
    let problem = |message: &str, cause: &str| {
        Problem::new("input-wrong-kind", message)
            .cause(cause)
            .next_step(console)
    };
    if text.starts_with('<') {
        return Some(problem(
            "this is a web page, not a credential",
            "the page was saved instead of the download",
        ));
    }
    if text.contains("-----BEGIN") && !text.starts_with('{') {
        let what = if text.contains("PRIVATE KEY-----") {
            "a private key alone"
        } else {
            "a certificate alone"
        };
        return Some(problem(
            &format!("this is {what}"),
            "an exchange needs the client id, secret, account and organisation too",
        ));
    }
    None
}

fn documentation_sample() -> Problem {
    Problem::new(
        "documentation-sample",
        "this is the sample from Adobe's documentation",
    )
    .cause("its values are redacted, and it is not valid JSON")
    .next_step("download your own: AEM Developer Console, Integrations, Technical Accounts, View")
}

fn recognise(root: &Field<'_>) -> Result<Imported, Problem> {
    if !root.is_object() {
        return Err(
            unknown().cause("it is a list or a single value; a credential is one JSON object")
        );
    }
    if let Some(integration) = root.get("integration") {
        return service(&integration);
    }
    if root.has("technicalAccount") || (root.has("imsEndpoint") && root.has("privateKey")) {
        return service(root);
    }
    for name in ["accessToken", "access_token"] {
        if let Some(token) = root.get(name) {
            return AccessToken::from_pasted(token.raw_text()?)
                .map(|token| Imported::DevelopmentToken(Box::new(token)))
                .map_err(|mut problem| {
                    problem.message = format!("{}: {}", token.path(), problem.message);
                    problem
                });
        }
    }
    let oauth = |credential| Ok(Imported::Oauth(Box::new(credential)));
    if root.has("CLIENT_ID") || root.has("CLIENT_SECRETS") {
        return oauth(OauthCredential::from_upper_case(root)?);
    }
    if root.has("project") {
        return oauth(OauthCredential::from_workspace(root)?);
    }
    if root.has("client_id") && (root.has("client_secrets") || root.has("client_secret")) {
        if root.has("private_key") || root.has("jwt") || root.has("meta_scopes") {
            return Err(Problem::new("jwt-credential-ended", "this is a JWT credential of the Adobe Developer Console")
                .cause("those ended in 2025; service credentials of the AEM Developer Console are another thing")
                .next_step("use service credentials from the AEM Developer Console, or an OAuth server-to-server credential"));
        }
        return oauth(OauthCredential::from_lower_case(
            root,
            root.get("ims_org_id"),
        )?);
    }
    if let Some(inner) = root.get("oauth_server_to_server") {
        return oauth(OauthCredential::from_lower_case(
            &inner,
            root.get("ims_org_id"),
        )?);
    }
    if root.has("error") || root.get("ok").and_then(|ok| ok.as_bool()) == Some(false) {
        return Err(Problem::new(
            "input-is-error",
            "this is an error message, not a credential",
        )
        .cause("the console or IMS answered with an error, and that was saved")
        .next_step("`aemkeys explain -` says what it means; then download the credential again"));
    }
    Err(unknown().cause(
        "it has none of the fields integration, technicalAccount, accessToken, CLIENT_ID, project",
    ))
}

fn service(integration: &Field<'_>) -> Result<Imported, Problem> {
    if !integration.is_object() {
        return Err(integration.bad("it is not an object"));
    }
    ServiceCredentials::read(integration).map(|service| Imported::Service(Box::new(service)))
}

fn unknown() -> Problem {
    Problem::new("input-not-recognised", "this JSON is none of Adobe's credentials or tokens").next_step(
        "for AEM APIs: AEM Developer Console, Integrations; for OpenAPI-based APIs: Adobe Developer Console, OAuth server-to-server",
    )
}
