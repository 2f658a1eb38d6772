//! Output formats of a token: raw, header, env, JSON and curl.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use serde_json::json;

use super::variables::{VariableSyntax, assignments};
use aemkeys_core::credential::{Secret, TokenFacts, shell};
use aemkeys_core::environment::{Hosts, Tier};
use aemkeys_core::time;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TokenFormat {
    /// The bare token.
    #[default]
    Raw,
    /// `Authorization: Bearer ..`
    Header,
    /// `export AEM_TOKEN=..` lines.
    Env,
    Json,
    /// `aemkeys token NAME --format header | curl -H @- URL`: carries no token.
    Curl,
    /// Contains the token, which stays in the shell history.
    CurlLiteral,
    /// A configuration file of curl, for `curl -K`.
    CurlConfig,
    /// The header as a JSON object.
    HeadersJson,
    /// A session file of HTTPie.
    Httpie,
}

impl TokenFormat {
    pub const ALL: [Self; 9] = [
        Self::Raw,
        Self::Header,
        Self::Curl,
        Self::Env,
        Self::Json,
        Self::CurlConfig,
        Self::HeadersJson,
        Self::Httpie,
        Self::CurlLiteral,
    ];

    /// Returns the name used in flags.
    pub fn id(self) -> &'static str {
        match self {
            Self::Raw => "raw",
            Self::Header => "header",
            Self::Env => "env",
            Self::Json => "json",
            Self::Curl => "curl",
            Self::CurlLiteral => "curl-literal",
            Self::CurlConfig => "curl-config",
            Self::HeadersJson => "headers-json",
            Self::Httpie => "httpie",
        }
    }

    pub fn parse(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.id() == id)
    }

    pub fn title(self) -> &'static str {
        match self {
            Self::Raw => "token",
            Self::Header => "Authorization header",
            Self::Env => "shell exports",
            Self::Json => "JSON",
            Self::Curl => "curl, gets the token from aemkeys",
            Self::CurlLiteral => "curl with the token (left in shell history)",
            Self::CurlConfig => "curl configuration file",
            Self::HeadersJson => "header as JSON",
            Self::Httpie => "HTTPie session file",
        }
    }

    /// Returns whether the text contains the token.
    pub fn carries_token(self) -> bool {
        self != Self::Curl
    }
}

/// The data that formats need beside the token.
#[derive(Clone, Debug)]
pub struct FormatContext<'a> {
    pub name: &'a str,
    pub hosts: &'a Hosts,
    pub facts: &'a TokenFacts,
    pub now: Timestamp,
    /// Printed with JSON.
    pub warnings: &'a [String],
}

/// Formats a token without a final newline. The buffer is sized once and overwritten on drop.
pub fn present(token: &Secret, format: TokenFormat, around: &FormatContext<'_>) -> Secret {
    let warnings: usize = around.warnings.iter().map(String::len).sum();
    let mut out = Buffer::with_room_for(token.len() + around.name.len() * 4 + warnings * 6 + 2048);
    match format {
        TokenFormat::Raw => out.token(token),
        TokenFormat::Header => {
            out.text("Authorization: Bearer ");
            out.token(token);
        }
        TokenFormat::Env => return assignments(token, around.hosts, VariableSyntax::Posix),
        TokenFormat::CurlConfig => {
            out.text("header = \"Authorization: Bearer ");
            out.token(token);
            out.text("\"");
        }
        TokenFormat::HeadersJson => {
            out.text("{\"Authorization\":\"Bearer ");
            out.token(token);
            out.text("\"}");
        }
        TokenFormat::Httpie => {
            out.text("{\"headers\":[{\"name\":\"Authorization\",\"value\":\"Bearer ");
            out.token(token);
            out.text("\"}]}");
        }
        TokenFormat::Json => {
            out.text("{\"version\":1,\"access_token\":\"");
            out.token(token);
            out.text("\",\"token_type\":\"bearer\"");
            let end = around.facts.expires_at;
            let seconds = end.map(|end| end.duration_since(around.now).as_secs().max(0));
            out.text(&format!(
                ",\"expires_at\":{},\"expires_in\":{},\"warnings\":{}}}",
                json!(end.map(time::rfc3339)),
                json!(seconds),
                json!(around.warnings)
            ));
        }
        TokenFormat::Curl => out.text(&curl(around.name, &author_url(around.hosts))),
        TokenFormat::CurlLiteral => {
            out.text("curl -H 'Authorization: Bearer ");
            out.token(token);
            out.text(&format!(
                "' {}",
                shell::for_posix(&author_url(around.hosts))
            ));
        }
    }
    out.finish()
}

/// Returns a request with curl that gets the token from aemkeys. A pipe works in every shell, and aemkeys can still ask for a
/// passphrase.
pub fn curl(name: &str, url: &str) -> String {
    let (name, url) = (shell::for_posix(name), shell::for_posix(url));
    format!("aemkeys token {name} --format header | curl -H @- {url}")
}

/// The variable of the token that `exec` sets and `--format env` prints.
pub const TOKEN_VARIABLE: &str = "AEM_TOKEN";

/// The variables of the hosts that `exec` sets and `--format env` prints.
pub const HOST_VARIABLES: [(Tier, &str); 3] = [
    (Tier::Author, "AEM_AUTHOR_URL"),
    (Tier::Publish, "AEM_PUBLISH_URL"),
    (Tier::Preview, "AEM_PREVIEW_URL"),
];

fn author_url(hosts: &Hosts) -> String {
    let origin = hosts.author.as_ref().map_or_else(
        || "https://AUTHOR-HOST".to_owned(),
        aemkeys_core::environment::TierAddress::origin,
    );
    format!("{origin}{}", aemkeys_core::aem::WHO_AM_I)
}

/// A buffer that never grows, because growing would leave a copy of the token in freed memory.
pub(super) struct Buffer(Zeroizing<Vec<u8>>);

impl Buffer {
    pub fn with_room_for(length: usize) -> Self {
        Self(Zeroizing::new(Vec::with_capacity(length)))
    }

    pub fn text(&mut self, text: &str) {
        self.0.extend_from_slice(text.as_bytes());
    }

    pub fn token(&mut self, token: &Secret) {
        self.0.extend_from_slice(token.expose());
    }

    pub fn finish(mut self) -> Secret {
        Secret::new(std::mem::take(&mut *self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aemkeys_core::environment::CloudIds;

    fn show(format: TokenFormat) -> String {
        let token = Secret::from("aaa.bbb.ccc");
        let now: Timestamp = "2026-11-22T10:00:00Z".parse().unwrap();
        let facts = TokenFacts {
            expires_at: Some("2026-11-22T11:00:00Z".parse().unwrap()),
            fingerprint: token.fingerprint(),
            obtained_at: now,
            of_account: false,
        };
        let hosts = Hosts::derived(CloudIds {
            program: 1,
            environment: 2,
            cmstg: false,
        });
        let around = FormatContext {
            warnings: &[],
            name: "it's/read",
            hosts: &hosts,
            facts: &facts,
            now,
        };
        String::from_utf8(present(&token, format, &around).expose().to_vec()).unwrap()
    }

    #[test]
    fn json_has_the_promised_fields() {
        let value: serde_json::Value = serde_json::from_str(&show(TokenFormat::Json)).unwrap();
        assert_eq!(value["version"], 1);
        assert_eq!(value["access_token"], "aaa.bbb.ccc");
        assert_eq!(value["token_type"], "bearer");
        assert_eq!(value["expires_at"], "2026-11-22T11:00:00Z");
        assert_eq!(value["expires_in"], 3600);
    }

    #[test]
    fn the_safe_curl_carries_no_token() {
        let line = show(TokenFormat::Curl);
        assert!(!line.contains("aaa.bbb.ccc"));
        assert!(line.starts_with("aemkeys token 'it'\\''s/read' --format header | curl -H @- "));
    }

    #[test]
    fn header_and_env() {
        assert_eq!(
            show(TokenFormat::Header),
            "Authorization: Bearer aaa.bbb.ccc"
        );
        assert!(show(TokenFormat::Env).starts_with(
            "export AEM_TOKEN='aaa.bbb.ccc'\nexport AEM_AUTHOR_URL='https://author-p1-e2.adobeaemcloud.com'"
        ));
    }
}
