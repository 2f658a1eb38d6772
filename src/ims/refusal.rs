//! What does a refusal of IMS mean, and what is the next step? One entry for every cause that is known.

use crate::credential::{Code, Problem};

/// A known cause; found from an answer of IMS or from a text that a person pastes.
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

    /// From `error`, `error_description` and the status, if it is known.
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
        let (code, message, cause, next) = self.told();
        Problem::new(code, message).cause(cause).next_step(next)
    }

    fn told(self) -> (Code, &'static str, &'static str, &'static str) {
        match self {
            Self::KeyNotBound => (
                Code::ImsKeyNotBound,
                "IMS does not know the key that signed the request",
                "the certificate expired, was revoked or replaced, or the private key is from another file than the client id",
                "check the certificate's end first (`aemkeys check`); then add a certificate in the AEM Developer Console and import the new file with `aemkeys rotate NAME FILE`",
            ),
            Self::AssertionMalformed => (
                Code::ImsAssertionMalformed,
                "IMS could not read the signed request (JWT)",
                "the JWT is malformed; in hand-made ones `exp` is often milliseconds or not an integer",
                "import the service credentials unchanged and exchange with `aemkeys exchange NAME`",
            ),
            Self::AssertionRefused => (
                Code::ImsAssertionRefused,
                "IMS refused the signed request (JWT)",
                "it has expired or is not yet valid because a clock is wrong, or org or technical account id are not those of the client",
                "check the date and time of this computer; else download the service credentials again",
            ),
            Self::Metascopes => (
                Code::ImsMetascopes,
                "IMS refused the metascopes",
                "the metascopes asked for are not all bound to this credential",
                "use the file's `metascopes` unchanged; if they are, download the service credentials again",
            ),
            Self::Scopes => (
                Code::ImsScopes,
                "IMS refused the scopes",
                "a scope asked for is not granted to this client",
                "check the APIs and product profiles of the project in the Adobe Developer Console, then download the credential again",
            ),
            Self::UnknownClient => (
                Code::ImsUnknownClient,
                "IMS does not know this client id",
                "the client was deleted, or production and stage IMS are mixed",
                "download the credential again and use it unchanged",
            ),
            Self::WrongSecret => (
                Code::ImsWrongClientSecret,
                "IMS refused the client secret",
                "the secret was replaced or belongs to another client, or production and stage IMS are mixed",
                "download the credential again",
            ),
            Self::NotEntitled => (
                Code::ImsClientNotEntitled,
                "IMS does not let this client do that",
                "the client may not exchange JWTs, or client id and secret do not belong together",
                "check that this is the service credentials file of the AEM Developer Console, or an OAuth server-to-server credential of the Adobe Developer Console; download it again",
            ),
            Self::BadClaims => (
                Code::ImsBadClaims,
                "IMS calls the request badly formed",
                "`sub`, `iss` or `exp` of the JWT is wrong; often the email was used as `sub` in place of the id",
                "use the service credentials as they were downloaded, unchanged",
            ),
            Self::InternalError => (
                Code::ImsInternalError,
                "IMS reports an internal error",
                "Adobe has trouble, or this is a JWT credential of an Adobe Developer Console project that was migrated to OAuth",
                "try again later; if it stays, use the project's OAuth server-to-server credential",
            ),
            Self::Throttled => (
                Code::Throttled,
                "IMS asks for fewer requests",
                "too many tokens were exchanged in a short time, by this or another program with the same credential",
                "wait a few minutes, and reuse a token that is still good instead of exchanging again",
            ),
            Self::ProxyAnswered => (
                Code::ProxyCredentials,
                "a proxy answered in place of Adobe and wants a user and a password (407)",
                "the company's proxy does not know you",
                "put user and password into HTTPS_PROXY (http://user:password@host:port); for NTLM or Kerberos use a local helper such as px or cntlm",
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_counts_where_no_error_is_known() {
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
    fn every_cause_is_told_in_words_of_its_own() {
        let mut codes = Vec::new();
        for refusal in Refusal::ALL {
            let told = refusal.told();
            let (code, message, cause, next) = told;
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
