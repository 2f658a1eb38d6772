//! The known refusals of IMS, each with its cause and next step.

use crate::credential::{Code, Problem};
use crate::credential::{Guidance, NextStep};
use crate::guidance;

/// A known refusal, recognised in a response of IMS or in a pasted text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    KeyNotBound,
    AssertionMalformed,
    /// `invalid_token` without a known text.
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

    /// Recognises a refusal by `error`, `error_description` and status.
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

    fn texts(self) -> (Code, &'static str, &'static str, Guidance) {
        match self {
            Self::KeyNotBound => (
                Code::ImsKeyNotBound,
                "IMS does not know the key that signed the request",
                "the certificate expired, was revoked or replaced, or the private key belongs to another client id",
                guidance!["to see when the certificate expires, ", NextStep::Check, "; then add a certificate in the AEM Developer Console, and with the new file ", NextStep::Rotate],
            ),
            Self::AssertionMalformed => (
                Code::ImsAssertionMalformed,
                "IMS could not read the signed request (JWT)",
                "the JWT is malformed; a common mistake is `exp` in milliseconds or not as an integer",
                guidance!["add the service credentials unchanged, then ", NextStep::Exchange],
            ),
            Self::AssertionRefused => (
                Code::ImsAssertionRefused,
                "IMS refused the signed request (JWT)",
                "it has expired or is not yet valid because a clock is wrong, or the org or technical account id does not belong to the client",
                "check the date and time of this computer; if they are correct, download the service credentials again".into(),
            ),
            Self::Metascopes => (
                Code::ImsMetascopes,
                "IMS refused the metascopes",
                "not all requested metascopes belong to this credential",
                "use the `metascopes` of the file unchanged, or download the service credentials again".into(),
            ),
            Self::Scopes => (
                Code::ImsScopes,
                "IMS refused the scopes",
                "a requested scope is not granted to this client",
                "check the APIs and product profiles of the project in the Adobe Developer Console, then download the credential again".into(),
            ),
            Self::UnknownClient => (
                Code::ImsUnknownClient,
                "IMS does not know this client id",
                "the client was deleted, or it belongs to another IMS (production or stage)",
                "download the credential again and use it unchanged".into(),
            ),
            Self::WrongSecret => (
                Code::ImsWrongClientSecret,
                "IMS refused the client secret",
                "the secret was replaced, or it belongs to another client or another IMS (production or stage)",
                "download the credential again".into(),
            ),
            Self::NotEntitled => (
                Code::ImsClientNotEntitled,
                "this client is not allowed to do that",
                "the client is not allowed to exchange JWTs, or the client id and secret do not belong together",
                "check that this is the service credentials file of the AEM Developer Console, or an OAuth server-to-server credential of the Adobe Developer Console; download it again".into(),
            ),
            Self::BadClaims => (
                Code::ImsBadClaims,
                "IMS reports a malformed request",
                "`sub`, `iss` or `exp` of the JWT is wrong; a common mistake is the email instead of the id as `sub`",
                "use the downloaded service credentials unchanged".into(),
            ),
            Self::InternalError => (
                Code::ImsInternalError,
                "IMS reports an internal error",
                "Adobe has an outage, or this is a JWT credential of an Adobe Developer Console project that was migrated to OAuth",
                "try again later; if it fails again, use the project's OAuth server-to-server credential".into(),
            ),
            Self::Throttled => (
                Code::Throttled,
                "IMS limits the number of requests",
                "this or another program with the same credential exchanged too many tokens in a short time",
                "wait a few minutes, and reuse a valid token instead of exchanging again".into(),
            ),
            Self::ProxyAnswered => (
                Code::ProxyCredentials,
                "a proxy requires a user name and password (407)",
                "the proxy answered instead of Adobe, because it does not know you",
                "add the user name and password to HTTPS_PROXY (http://user:password@host:port); for NTLM or Kerberos, use a local proxy such as px or cntlm".into(),
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn status_counts_if_the_error_is_unknown() {
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
    fn every_refusal_has_its_own_texts() {
        let mut codes = Vec::new();
        for refusal in Refusal::ALL {
            let texts = refusal.texts();
            let (code, message, cause, next) = texts;
            for text in [code.as_str(), message, cause, &next.in_shell()] {
                assert!(!text.is_empty(), "{refusal:?}");
            }
            codes.push(code);
        }
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), Refusal::ALL.len());
    }
}
