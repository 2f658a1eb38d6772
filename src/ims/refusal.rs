//! The known refusals of IMS, with cause and next step.

use crate::credential::{Code, Problem};

/// A known refusal, recognised in a response of IMS or in a pasted text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    KeyNotBound,
    AssertionMalformed,
    /// `invalid_token` without a known description.
    AssertionRefused,
    Metascopes,
    Scopes,
    UnknownClient,
    WrongSecret,
    NotEntitled,
    BadClaims,
    InternalError,
    Throttled,
    ProxyAnswered,
}

impl Refusal {
    pub(super) const ALL: [Self; 12] = [
        Self::KeyNotBound,
        Self::AssertionMalformed,
        Self::AssertionRefused,
        Self::Metascopes,
        Self::Scopes,
        Self::UnknownClient,
        Self::WrongSecret,
        Self::NotEntitled,
        Self::BadClaims,
        Self::InternalError,
        Self::Throttled,
        Self::ProxyAnswered,
    ];

    /// Recognises a refusal by `error`, `error_description` and the status.
    pub(super) fn of(status: Option<u16>, error: &str, description: &str) -> Option<Self> {
        let description = description.to_ascii_lowercase();
        let says = |text: &str| description.contains(text);
        if says("could not match jwt signature") {
            return Some(Self::KeyNotBound);
        }
        if says("invalid client_secret parameter") {
            return Some(Self::WrongSecret);
        }
        if says("invalid client_id parameter") {
            return Some(Self::UnknownClient);
        }
        match error {
            "invalid_signature" => Some(Self::KeyNotBound),
            "invalid_token" if says("incorrectly formatted") => Some(Self::AssertionMalformed),
            "invalid_token" => Some(Self::AssertionRefused),
            "invalid_scope" if says("metascope") => Some(Self::Metascopes),
            "invalid_scope" => Some(Self::Scopes),
            "invalid_client" | "unauthorized_client" => Some(Self::NotEntitled),
            "bad_request" => Some(Self::BadClaims),
            "internal_error" => Some(Self::InternalError),
            _ => match status {
                Some(429) => Some(Self::Throttled),
                Some(407) => Some(Self::ProxyAnswered),
                _ => None,
            },
        }
    }

    pub(super) fn problem(self) -> Problem {
        let (code, message, cause, next) = self.texts();
        Problem::new(code, message).cause(cause).next_step(next)
    }

    fn texts(self) -> (Code, &'static str, &'static str, &'static str) {
        match self {
            Self::KeyNotBound => (
                Code::ImsKeyNotBound,
                "IMS does not know the key that signed the request",
                "the certificate expired, was revoked or was replaced, or the private key and the client id come from different files",
                "check the certificate's expiry first (`aemkeys check`); then add a certificate in the AEM Developer Console and import the new file with `aemkeys rotate NAME FILE`",
            ),
            Self::AssertionMalformed => (
                Code::ImsAssertionMalformed,
                "IMS could not read the signed request (JWT)",
                "the JWT is malformed; in custom code, `exp` is often in milliseconds or not an integer",
                "add the unchanged service credentials and exchange them with `aemkeys exchange NAME`",
            ),
            Self::AssertionRefused => (
                Code::ImsAssertionRefused,
                "IMS refused the signed request (JWT)",
                "a clock is wrong, so that it has expired or is not valid yet, or its organisation or account id does not belong to the client",
                "check the date and time of this computer; if they are right, download the service credentials again",
            ),
            Self::Metascopes => (
                Code::ImsMetascopes,
                "IMS refused the metascopes",
                "at least one requested metascope is not bound to this credential",
                "use the `metascopes` of the file unchanged; if they are unchanged, download the service credentials again",
            ),
            Self::Scopes => (
                Code::ImsScopes,
                "IMS refused the scopes",
                "a requested scope is not granted to this client",
                "check the APIs and product profiles of the project in the Adobe Developer Console, then download the credential again",
            ),
            Self::UnknownClient => (
                Code::ImsUnknownClient,
                "IMS does not know this client id",
                "the client was deleted, or production and stage IMS were mixed up",
                "download the credential again and use it unchanged",
            ),
            Self::WrongSecret => (
                Code::ImsWrongClientSecret,
                "IMS refused the client secret",
                "the secret was replaced or belongs to another client, or production and stage IMS were mixed up",
                "download the credential again",
            ),
            Self::NotEntitled => (
                Code::ImsClientNotEntitled,
                "IMS does not let this client do that",
                "the client may not exchange JWTs, or client id and secret do not belong together",
                "check that this is the service credentials file of the AEM Developer Console, or an OAuth server-to-server credential of the Adobe Developer Console, and download it again",
            ),
            Self::BadClaims => (
                Code::ImsBadClaims,
                "IMS reports a malformed request",
                "`sub`, `iss` or `exp` of the JWT is wrong; often, `sub` is the email instead of the id",
                "use the downloaded service credentials unchanged",
            ),
            Self::InternalError => (
                Code::ImsInternalError,
                "IMS reports an internal error",
                "Adobe has a problem, or this is a JWT credential of an Adobe Developer Console project that was migrated to OAuth",
                "try again later; if the error persists, use the project's OAuth server-to-server credential",
            ),
            Self::Throttled => (
                Code::Throttled,
                "the rate limit of IMS was reached",
                "too many tokens were exchanged in a short time, by this or another program with the same credential",
                "wait a few minutes, and reuse valid tokens instead of exchanging again",
            ),
            Self::ProxyAnswered => (
                Code::ProxyCredentials,
                "a proxy answered instead of Adobe and requires a user and a password (407)",
                "HTTPS_PROXY contains no user and password, or wrong ones",
                "set user and password in HTTPS_PROXY (http://user:password@host:port); for NTLM or Kerberos, use a local proxy such as px or cntlm",
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_status_is_used_if_the_error_is_unknown() {
        for (status, error, found) in [
            (429, "", Some(Refusal::Throttled)),
            (407, "", Some(Refusal::ProxyAnswered)),
            (400, "", None),
            (429, "internal_error", Some(Refusal::InternalError)),
            (400, "bad_request", Some(Refusal::BadClaims)),
            (400, "unauthorized_client", Some(Refusal::NotEntitled)),
            (400, "invalid_signature", Some(Refusal::KeyNotBound)),
        ] {
            assert_eq!(Refusal::of(Some(status), error, ""), found);
        }
        assert_eq!(Refusal::of(None, "", ""), None);
    }

    #[test]
    fn every_refusal_has_its_own_code_and_all_texts() {
        let mut codes = Vec::new();
        for refusal in Refusal::ALL {
            let (code, message, cause, next) = refusal.texts();
            for text in [code.as_str(), message, cause, next] {
                assert!(!text.is_empty(), "{refusal:?}");
            }
            codes.push(code);
        }
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), Refusal::ALL.len());
    }
}
