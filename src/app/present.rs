//! In which shapes is a token handed out? Raw, header, env, JSON, curl.

use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Format {
    /// The bare token.
    #[default]
    Raw,
    /// `Authorization: Bearer ..`
    Header,
    /// `export AEM_TOKEN=..` lines.
    Env,
    Json,
    /// `curl -H @<(aemkeys token NAME --format header) URL`: carries no token.
    Curl,
    /// With the literal token: ends in shell history.
    CurlLiteral,
}
