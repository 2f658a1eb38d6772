//! Credentials in lists of settings: `.env` files, properties, simple YAML.

use serde_json::{Map, Value};
use zeroize::Zeroizing;

use super::strict_json::StrictJson;
use super::{Code, Problem};

/// The settings of a text, in order.
pub(super) struct SettingsFile(Vec<Setting>);

struct Setting {
    /// The number of the line: what is on the left could be part of a key, so errors do not show it.
    line: usize,
    name: String,
    value: Zeroizing<String>,
}

/// A field of a credential, and the ends of the names that settings use for it, in lower case and without `_`, `-`, `.`.
type Aliases = (&'static str, &'static [&'static str]);

const CLIENT_ID: Aliases = ("client id", &["clientid"]);
const CLIENT_SECRET: Aliases = ("client secret", &["clientsecret", "clientsecrets"]);
const ACCOUNT: Aliases = (
    "technical account id",
    &[
        "technicalaccountid",
        "techaccountid",
        "techacctid",
        "accountid",
    ],
);
const EMAIL: Aliases = (
    "technical account email",
    &["technicalaccountemail", "techaccountemail", "email"],
);
const ORG: Aliases = ("organisation", &["orgid", "imsorg", "org"]);
const IMS: Aliases = ("IMS host", &["imsendpoint", "imshost"]);
const METASCOPES: Aliases = ("metascopes", &["metascopes", "metascope"]);
const SCOPES: Aliases = ("scopes", &["scopes", "scope"]);
const PRIVATE_KEY: Aliases = ("private key", &["privatekey"]);
const PUBLIC_KEY: Aliases = ("certificate", &["publickey", "certificate"]);
const ENVIRONMENT: Aliases = ("IMS environment", &["imsenv"]);

impl SettingsFile {
    /// Parses `NAME=value`, `name: value`, quotes, values of several lines, and comments. `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let mut lines = (1..).zip(text.lines()).peekable();
        let mut settings = Vec::new();
        while let Some((number, line)) = lines.next() {
            let trimmed = line.trim();
            if trimmed.is_empty() || trimmed.starts_with('#') || trimmed == "---" {
                continue;
            }
            let entry = trimmed
                .trim_start_matches("export ")
                .trim_start_matches("- ");
            let (name, value) = entry.split_at(entry.find(['=', ':'])?);
            let name = name.trim();
            let is_name = !name.is_empty()
                && name
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte));
            if !is_name || name.eq_ignore_ascii_case("authorization") {
                return None;
            }
            let value = value[1..].trim();
            let mut whole = Zeroizing::new(String::with_capacity(text.len()));
            let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''));
            if matches!(value, "|" | "|-" | "|+" | ">" | ">-") {
                let indent = indent_of(line);
                while let Some((_, next)) =
                    lines.next_if(|(_, next)| next.trim().is_empty() || indent_of(next) > indent)
                {
                    whole.push_str(next.trim());
                    whole.push('\n');
                }
            } else if let Some(quote) = quote {
                whole.push_str(&value[1..]);
                while !is_closed(&whole, quote) {
                    whole.push('\n');
                    whole.push_str(lines.next()?.1);
                }
                let end = closing(&whole, quote)?;
                whole.truncate(end);
                if quote == '"' && whole.contains("\\\"") {
                    whole = unescaped(&whole);
                }
            } else {
                whole.push_str(value.split(" #").next().unwrap_or(value).trim_end());
                while whole.contains("-----BEGIN ") && !whole.contains("-----END ") {
                    whole.push('\n');
                    whole.push_str(lines.next()?.1);
                }
            }
            settings.push(Setting {
                line: number,
                name: name.to_owned(),
                value: whole,
            });
        }
        (!settings.is_empty()).then_some(Self(settings))
    }

    /// Returns the values, for those that hold a whole credential.
    pub fn values(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|setting| setting.value.as_str())
    }

    /// Returns the credential in the settings as JSON of Adobe's form, or `None` if they name no client.
    pub fn credential(&self) -> Result<Option<StrictJson>, Problem> {
        let (Some(client_id), Some(secret)) = (self.find(CLIENT_ID)?, self.find(CLIENT_SECRET)?)
        else {
            return Ok(None);
        };
        let mut object = Map::new();
        let put = |object: &mut Map<String, Value>, name: &str, value: Option<&str>| {
            if let Some(value) = value {
                object.insert(name.to_owned(), list_or_text(value));
            }
        };
        // With an empty key it is still meant to be one of service credentials.
        if self.names(PRIVATE_KEY) || self.names(METASCOPES) {
            let mut account = Map::new();
            put(&mut account, "clientId", Some(client_id));
            put(&mut account, "clientSecret", Some(secret));
            object.insert("technicalAccount".to_owned(), Value::Object(account));
            put(&mut object, "imsEndpoint", self.find(IMS)?);
            put(
                &mut object,
                "metascopes",
                self.find(METASCOPES)?.or(self.find(SCOPES)?),
            );
            put(&mut object, "email", self.find(EMAIL)?);
            put(&mut object, "id", self.find(ACCOUNT)?);
            put(&mut object, "org", self.find(ORG)?);
            put(&mut object, "privateKey", self.find(PRIVATE_KEY)?);
            put(&mut object, "publicKey", self.find(PUBLIC_KEY)?);
        } else {
            put(&mut object, "client_id", Some(client_id));
            put(&mut object, "client_secret", Some(secret));
            put(&mut object, "scopes", self.find(SCOPES)?);
            put(&mut object, "technical_account_id", self.find(ACCOUNT)?);
            put(&mut object, "technical_account_email", self.find(EMAIL)?);
            put(&mut object, "ims_org_id", self.find(ORG)?);
            put(&mut object, "imsEndpoint", self.find(IMS)?);
            put(&mut object, "env", self.find(ENVIRONMENT)?);
        }
        Ok(Some(StrictJson::of(Value::Object(object))))
    }

    /// True if a name stands for this field, whatever its value.
    fn names(&self, (_, aliases): Aliases) -> bool {
        self.0
            .iter()
            .any(|setting| is_name_of(&setting.name, aliases))
    }

    /// Returns the value whose name is, or ends in, one of the aliases. Two different values are an error.
    fn find(&self, (what, aliases): Aliases) -> Result<Option<&str>, Problem> {
        let fits = |name: &str| is_name_of(name, aliases);
        let mut found: Vec<&Setting> = self
            .0
            .iter()
            .filter(|setting| fits(&setting.name) && !setting.value.is_empty())
            .collect();
        found.dedup_by(|a, b| a.value == b.value);
        match found.as_slice() {
            [] => Ok(None),
            [only] => Ok(Some(&only.value)),
            [one, two, ..] => Err(Problem::new(
                Code::SeveralCredentials,
                format!(
                    "these settings contain more than one {what}: in lines {} and {}",
                    one.line, two.line
                ),
            )
            .cause("a file must contain exactly one credential")
            .next_step("keep the settings of one credential in a file of its own")),
        }
    }
}

fn is_name_of(name: &str, aliases: &[&str]) -> bool {
    let folded: String = name
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|c| c.to_ascii_lowercase())
        .collect();
    aliases.iter().any(|alias| {
        // Short aliases end too many other names: METASCOPES is no list of scopes.
        let may_end = alias.len() > 6 || matches!(*alias, "orgid" | "imsorg");
        let is_plain_scopes = *alias == "scopes" && !folded.contains("metascope");
        folded == *alias || (may_end || is_plain_scopes) && folded.ends_with(alias)
    })
}

fn indent_of(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

fn closing(text: &str, quote: char) -> Option<usize> {
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quote == '"' => escaped = true,
            _ if c == quote => return Some(at),
            _ => {}
        }
    }
    None
}

fn is_closed(text: &str, quote: char) -> bool {
    closing(text, quote).is_some()
}

/// Replaces `\"` and `\\`, as in JSON within double quotes.
fn unescaped(text: &str) -> Zeroizing<String> {
    let mut out = Zeroizing::new(String::with_capacity(text.len()));
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some(next @ ('"' | '\\')) => out.push(next),
                Some(next) => out.extend(['\\', next]),
                None => out.push('\\'),
            },
            _ => out.push(c),
        }
    }
    out
}

/// A JSON list stays a list.
fn list_or_text(value: &str) -> Value {
    if value.starts_with('[')
        && let Ok(list @ Value::Array(_)) = serde_json::from_str::<Value>(value)
    {
        return list;
    }
    Value::String(value.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<(String, String)> {
        let settings = SettingsFile::parse(text).unwrap();
        settings
            .0
            .iter()
            .map(|setting| (setting.name.clone(), setting.value.to_string()))
            .collect()
    }

    #[test]
    fn settings_of_every_form_are_read() {
        let text = "# c\nexport A=1 # one\nB='x y'\nC=\"{\\\"k\\\": 1}\"\nd.e: f\nK=-----BEGIN X-----\nAA\n-----END X-----\nL: |\n  one\n  two\nM=\"a\nb\"\n";
        let expected = [
            ("A", "1"),
            ("B", "x y"),
            ("C", "{\"k\": 1}"),
            ("d.e", "f"),
            ("K", "-----BEGIN X-----\nAA\n-----END X-----"),
            ("L", "one\ntwo\n"),
            ("M", "a\nb"),
        ];
        assert_eq!(
            read(text),
            expected.map(|(name, value)| (name.to_owned(), value.to_owned()))
        );
        for other in [
            "",
            "# only",
            "free text",
            "Authorization: Bearer x",
            "A=\"open",
        ] {
            assert!(SettingsFile::parse(other).is_none(), "{other}");
        }
    }

    #[test]
    fn two_clients_are_refused_with_their_lines() {
        let text = "A_CLIENT_ID=a\nK=-----BEGIN X-----\nAA\n-----END X-----\nB_CLIENT_ID=b\nCLIENT_SECRET=s\n";
        let problem = SettingsFile::parse(text)
            .unwrap()
            .credential()
            .err()
            .unwrap();
        assert_eq!(problem.code, Code::SeveralCredentials);
        assert!(
            problem.message.ends_with("client id: in lines 1 and 5"),
            "{problem}"
        );
    }
}
