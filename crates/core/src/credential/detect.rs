//! Detection of the kind of an input, from its content and never from the file name.

use zeroize::Zeroizing;

use super::access_token::is_around;
use super::settings::SettingsFile;
use super::strict_json::{Field, StrictJson};
use super::{
    AccessToken, Code, OauthCredential, Problem, ServiceCredentials, envelope, oauth, relaxed_json,
    unrecognised,
};

/// The largest input that is read. A credential is about 6 KB.
pub const MAX_INPUT_BYTES: usize = 1024 * 1024;

/// The names of the token in the JSON of the console and of IMS.
const TOKEN_FIELDS: [&str; 2] = ["accessToken", "access_token"];

/// A recognised input.
#[derive(Debug)]
pub enum Imported {
    Service(Box<ServiceCredentials>),
    Oauth(Box<OauthCredential>),
    DevelopmentToken(Box<AccessToken>),
}

impl Imported {
    fn oauth(credential: OauthCredential) -> Self {
        Self::Oauth(Box::new(credential))
    }
}

/// Recognises and parses an input. Errors name the field, the cause and the next step, and never show a value.
pub fn detect(input: &[u8]) -> Result<Imported, Problem> {
    if input.len() > MAX_INPUT_BYTES {
        return Err(
            Problem::new(Code::InputTooLarge, "this is larger than 1 MiB")
                .cause("a credential is about 6 KB, a token about 2 KB")
                .next_step("check whether this is the right file"),
        );
    }
    let text = decode(input)?;
    let text = without_fence(text.trim_matches(is_around)).trim_matches(is_around);
    if text.is_empty() {
        return Err(Problem::new(Code::InputEmpty, "the input is empty")
            .cause("the file or the pasted text has no content")
            .next_step("use the JSON file from the AEM Developer Console, or paste the token"));
    }
    if let Some(token) = token_of_fragment(text) {
        return AccessToken::from_pasted(token).map(development_token);
    }
    if let Some(named) = unrecognised::named(text) {
        return Err(named);
    }
    if text.starts_with('"')
        && let Some(inner) = serde_json::from_str(text)
            .ok()
            .map(Zeroizing::<String>::new)
        && inner.trim_start().starts_with('{')
    {
        return recognise(&parse(inner.trim())?.root());
    }
    if let Some(inner) = envelope::decoded(text).filter(|inner| inner.trim_start().starts_with('{'))
    {
        return recognise(&parse(inner.trim())?.root());
    }
    if !text.starts_with(['{', '['])
        && let Some(settings) = SettingsFile::parse(text)
        && let Some(read) = in_settings(&settings)
    {
        return read;
    }
    if let Some(problem) = unrecognised::text(text) {
        return Err(problem);
    }
    if !text.starts_with(['{', '[']) {
        return AccessToken::from_pasted(text).map(development_token);
    }
    recognise(&parse(text)?.root())
}

/// Returns the credential in a list of settings: one of its values, or the settings together.
fn in_settings(settings: &SettingsFile) -> Option<Result<Imported, Problem>> {
    let mut whole: Vec<StrictJson> = settings.values().filter_map(envelope::in_text).collect();
    match (whole.pop(), whole.is_empty()) {
        (Some(document), true) => Some(recognise(&document.root())),
        (Some(_), false) => Some(Err(several())),
        (None, _) => match settings.credential() {
            Ok(document) => Some(recognise(&document?.root())),
            Err(problem) => Some(Err(problem)),
        },
    }
}

fn several() -> Problem {
    Problem::new(
        Code::SeveralCredentials,
        "this contains more than one credential",
    )
    .cause("a file must contain exactly one credential")
    .next_step("keep each credential in a file of its own")
}

fn development_token(token: AccessToken) -> Imported {
    Imported::DevelopmentToken(Box::new(token))
}

/// Decodes UTF-8, with or without a byte order mark, and UTF-16, as Windows editors and PowerShell write it.
fn decode(input: &[u8]) -> Result<Zeroizing<String>, Problem> {
    let not_text = || unrecognised::not_text(input);
    let text = match input {
        [0xff, 0xfe, rest @ ..] => utf16(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => utf16(rest, u16::from_be_bytes),
        // UTF-16 without a mark: every other byte of JSON or a token is zero. More zeros are refused below.
        [_, 0, _, 0, ..] => utf16(input, u16::from_le_bytes),
        [0, _, 0, _, ..] => utf16(input, u16::from_be_bytes),
        _ => {
            let rest = input.strip_prefix(b"\xef\xbb\xbf").unwrap_or(input);
            let text = std::str::from_utf8(rest).ok();
            text.map(|text| Zeroizing::new(text.to_owned()))
        }
    };
    text.filter(|text| !text.contains('\0'))
        .ok_or_else(not_text)
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Option<Zeroizing<String>> {
    let (pairs, []) = bytes.as_chunks::<2>() else {
        return None;
    };
    // A code unit takes at most three bytes of UTF-8. The buffer must not grow, which would leave a copy behind.
    let mut text = Zeroizing::new(String::with_capacity(pairs.len() * 3));
    for c in char::decode_utf16(pairs.iter().map(|pair| unit(*pair))) {
        text.push(c.ok()?);
    }
    Some(text)
}

/// Removes a Markdown code fence, as added in chats and wikis.
fn without_fence(text: &str) -> &str {
    let Some(inner) = text
        .strip_prefix("```")
        .and_then(|rest| rest.strip_suffix("```"))
    else {
        return text;
    };
    inner
        .trim_start_matches(|c: char| c.is_ascii_alphanumeric())
        .trim()
}

/// Returns the value of `"accessToken": "..."` that was copied without the braces.
fn token_of_fragment(text: &str) -> Option<&str> {
    let rest = text.trim_start_matches(['"', '\'']);
    TOKEN_FIELDS
        .iter()
        .find_map(|field| rest.strip_prefix(field))
        .and_then(|rest| {
            rest.trim_start_matches(['"', '\''])
                .trim_start()
                .strip_prefix(':')
        })
}

/// Parses JSON, if necessary without the line breaks of a terminal, or as a program displays it.
fn parse(text: &str) -> Result<StrictJson, Problem> {
    StrictJson::parse(text).or_else(|problem| {
        if text.contains("REDACTED") {
            return Err(unrecognised::documentation_sample());
        }
        let rewritten = relaxed_json::unwrapped(text)
            .filter(|joined| StrictJson::parse(joined).is_ok())
            .unwrap_or_else(|| relaxed_json::to_json(text));
        StrictJson::parse(&rewritten).map_err(|_| {
            if text.contains(['“', '”', '„']) {
                problem.cause("a chat or an editor replaced the straight quotes with curly ones")
            } else {
                problem
            }
        })
    })
}

fn recognise(root: &Field<'_>) -> Result<Imported, Problem> {
    if !root.is_object() {
        return Err(unrecognised::unknown(
            "it is a list or a single value; add one credential, a JSON object, at a time",
        ));
    }
    if let Some(integration) = root.get("integration") {
        return service(&integration);
    }
    if root.has("technicalAccount") || (root.has("imsEndpoint") && root.has("privateKey")) {
        return service(root);
    }
    if envelope::is_aio_login(root) {
        return Err(unrecognised::aio_login());
    }
    if let Some(token) = TOKEN_FIELDS.iter().find_map(|name| root.get(name)) {
        return AccessToken::from_pasted(token.raw_text()?)
            .map(development_token)
            .map_err(|problem| token.prefix(problem));
    }
    if root.has("project") {
        return OauthCredential::from_workspace(root).map(Imported::oauth);
    }
    if let Some(inner) = root.get("oauth_server_to_server") {
        return OauthCredential::read(&inner, root.get("ims_org_id")).map(Imported::oauth);
    }
    if let Some(problem) = unrecognised::json(root) {
        return Err(problem);
    }
    if oauth::is_credential(root) {
        return OauthCredential::read(root, None).map(Imported::oauth);
    }
    let mut search = envelope::Search::of(root);
    match (search.credentials.pop(), search.credentials.is_empty()) {
        (Some(envelope::Embedded::Object(field)), true) => recognise(&field),
        (Some(envelope::Embedded::Text(document)), true) => recognise(&document.root()),
        (Some(_), false) => Err(several()),
        (None, _) if search.aio_login || envelope::is_aio_login(root) => {
            Err(unrecognised::aio_login())
        }
        (None, _) => Err(unrecognised::unknown(
            "it has none of the fields integration, technicalAccount, accessToken, CLIENT_ID or project",
        )),
    }
}

fn service(integration: &Field<'_>) -> Result<Imported, Problem> {
    if !integration.is_object() {
        return Err(integration.bad("it is not an object"));
    }
    if integration.any_text(&|text| text.contains("REDACTED")) {
        return Err(unrecognised::documentation_sample());
    }
    ServiceCredentials::read(integration).map(|service| Imported::Service(Box::new(service)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use aemkeys_simulator::fixtures::ServiceAccount;

    fn file_of(bytes: usize) -> Vec<u8> {
        let end = "2027-01-01T00:00:00Z".parse().unwrap();
        let mut file = ServiceAccount::new("p1-e2", 0, end).file();
        file.resize(bytes, b' ');
        file
    }

    #[test]
    fn input_over_one_mebibyte_is_refused() {
        assert!(detect(&file_of(MAX_INPUT_BYTES)).is_ok());
        let problem = detect(&file_of(MAX_INPUT_BYTES + 1)).unwrap_err();
        assert_eq!(problem.code, Code::InputTooLarge);
    }

    #[test]
    fn one_field_is_not_enough_for_service_credentials() {
        for name in ["imsEndpoint", "privateKey"] {
            let problem = detect(format!("{{\"{name}\":\"x\"}}").as_bytes()).unwrap_err();
            assert_eq!(problem.code, Code::InputNotRecognised, "{name}");
        }
        let both = detect(br#"{"imsEndpoint":"x","privateKey":"x"}"#).unwrap_err();
        assert_ne!(both.code, Code::InputNotRecognised);
    }

    #[test]
    fn comment_alone_is_not_a_list_of_settings() {
        for (text, is_settings) in [("# nothing\n", false), ("# some\nNAME=value\n", true)] {
            let code = detect(text.as_bytes()).unwrap_err().code;
            assert_eq!(code == Code::InputWrongKind, is_settings, "{text}: {code}");
        }
    }

    #[test]
    fn names_from_the_input_are_in_no_error() {
        for (wrapped, path) in [
            (
                r#"{"planted":{"integration":{"technicalAccount":{}}}}"#,
                "integration.imsEndpoint",
            ),
            (
                r#"{"planted\r\n":{"technicalAccount":{"planted":1}}}"#,
                "imsEndpoint",
            ),
            (
                r#"[{"planted":{"CLIENT_ID":"x","CLIENT_SECRETS":["x"]}}]"#,
                "planted",
            ),
            (
                r#"{"planted":{"CLIENT_ID":"x","CLIENT_SECRETS":["x"]}}"#,
                "SCOPES",
            ),
            (
                "planted_CLIENT_ID=a\nplantedclient_id=b\nCLIENT_SECRET=c\n",
                "lines 1 and 2",
            ),
        ] {
            let problem = format!("{:?}", detect(wrapped.as_bytes()).unwrap_err());
            assert!(!problem.contains("planted"), "{problem}");
            assert!(path == "planted" || problem.contains(path), "{problem}");
        }
    }

    #[test]
    fn input_with_zero_bytes_is_not_text() {
        for input in [
            &b"\0\0\0\0"[..],
            b"\0\0a\0",
            b"\0\0\0a",
            b"a\0\0\0",
            b"\0a\0\0",
            b"ab\0c",
        ] {
            assert_eq!(
                detect(input).unwrap_err().code,
                unrecognised::not_text(input).code
            );
        }
    }
}
