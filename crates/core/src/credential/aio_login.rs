//! The sign-in of aio, the Adobe I/O CLI, in its configuration file.
//!
//! Source: adobe/aio-lib-core-config, `src/Config.js`; adobe/aio-lib-ims, `src/token-helper.js`;
//! adobe/aio-cli-plugin-cloudmanager, `src/cloudmanager-helpers.js`.

use jiff::Timestamp;

use super::strict_json::{Field, StrictJson};
use super::{AccessToken, Code, Problem, Secret, relaxed_json};

/// What aio's configuration says about the person who signed in with `aio login`.
#[derive(Debug, Default)]
pub struct AioLogin {
    /// `ims.contexts.cli.access_token.token`
    token: Option<Secret>,
    /// In milliseconds since 1970.
    expiry: Option<i64>,
    /// The organisation chosen for Cloud Manager.
    org: Option<String>,
    /// The organisation chosen for aio.
    console_org: Option<String>,
}

impl AioLogin {
    /// Reads a configuration file, which aio writes as HJSON: JSON with keys without quotes. An empty one says nothing.
    pub fn parse(file: &Secret) -> Result<Self, Problem> {
        let unreadable = || {
            Problem::new(Code::InputNotRecognised, "aio's configuration cannot be read")
                .cause("it is not the JSON that aio writes; YAML is not supported")
                .next_step("set AIO_IMS_CONTEXTS_CLI_ACCESS__TOKEN_TOKEN to the token, or use a stored credential")
        };
        let text = std::str::from_utf8(file.expose()).map_err(|_| unreadable())?;
        let text = text.trim_start_matches('\u{feff}').trim();
        if text.is_empty() {
            return Ok(Self::default());
        }
        let document = StrictJson::parse(text)
            .or_else(|_| StrictJson::parse(&relaxed_json::to_json(text)))
            .map_err(|_| unreadable())?;
        let root = document.root();
        let token = || {
            let contexts = root.get("ims")?.get("contexts")?;
            contexts.get("cli")?.get("access_token")
        };
        let org = |field: Option<Field<'_>>| Some(field?.as_str()?.trim().to_owned());
        let token = token();
        Ok(Self {
            token: token
                .as_ref()
                .and_then(|it| it.get("token")?.as_str())
                .map(Secret::from),
            expiry: token.and_then(|it| it.get("expiry")?.as_millis()),
            org: org(root.get("cloudmanager_orgid")),
            console_org: org(root
                .get("console")
                .and_then(|it| it.get("org")?.get("code"))),
        })
    }

    /// Reads the variables that override the files. `variable` returns their content.
    pub fn of_variables(variable: impl Fn(&str) -> Option<String>) -> Self {
        Self {
            token: variable("AIO_IMS_CONTEXTS_CLI_ACCESS__TOKEN_TOKEN").map(Secret::from),
            expiry: variable("AIO_IMS_CONTEXTS_CLI_ACCESS__TOKEN_EXPIRY")
                .and_then(|text| text.trim().parse().ok()),
            org: variable("AIO_CLOUDMANAGER__ORGID"),
            console_org: variable("AIO_CONSOLE_ORG_CODE"),
        }
    }

    /// Takes from `other` what is missing. A token keeps its own expiry.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        let (token, expiry) = if self.token.is_some() {
            (self.token, self.expiry)
        } else {
            (other.token, other.expiry)
        };
        Self {
            token,
            expiry,
            org: self.org.or(other.org),
            console_org: self.console_org.or(other.console_org),
        }
    }

    /// Returns the organisation in which aio works with Cloud Manager.
    pub fn org(&self) -> Option<&str> {
        self.org.as_deref().or(self.console_org.as_deref())
    }

    /// Returns the token, if it is valid at `now`.
    pub fn token(self, now: Timestamp) -> Result<AccessToken, Problem> {
        let not_signed_in = |message: &str, cause: &str| {
            Problem::new(Code::AioNotSignedIn, message)
                .cause(cause)
                .next_step("sign in with `aio login`, then try again")
        };
        let Some(secret) = self.token.filter(|token| !token.is_empty()) else {
            return Err(not_signed_in(
                "aio is not signed in",
                "its configuration has no ims.contexts.cli.access_token.token",
            ));
        };
        let text = std::str::from_utf8(secret.expose()).unwrap_or_default();
        let token = AccessToken::from_pasted(text).map_err(|problem| {
            let why = problem.cause.unwrap_or(problem.message);
            let message =
                "ims.contexts.cli.access_token.token in aio's configuration is not an access token";
            not_signed_in(message, &why)
        })?;
        let stated = self
            .expiry
            .and_then(|at| Timestamp::from_millisecond(at).ok());
        let ends = [token.expires_at, stated].into_iter().flatten().min();
        if ends.is_some_and(|end| end <= now) {
            return Err(not_signed_in(
                "aio's token has expired",
                "it is valid for 24 hours",
            ));
        }
        Ok(token)
    }
}

#[cfg(test)]
mod tests;
