//! What does AEM's answer say about the token? Judged by the body, never by the status alone.

use serde::{Deserialize, Serialize};

use crate::credential::Problem;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    SignedIn,
    /// A local SDK that answers; nobody signs in there.
    Reachable,
    /// 200, but as `anonymous`: the token was not taken.
    Anonymous,
    /// 401.
    TokenRefused,
    /// 403 of AEM: signed in, not permitted.
    NotPermitted,
    /// 403 with the allow-list body: an `api.yaml` must be deployed.
    ClientNotAllowlisted,
    /// Publish answers 404: usually the dispatcher's default deny.
    NotFound,
    /// Redirect to, or page of, a login form.
    LoginPage,
    /// 403 or 405 without AEM's headers: blocked at the CDN.
    BlockedAtCdn,
    /// 503, refused, no answer.
    Hibernated,
    /// Signed in or not cannot be told from this path's answer: it was answered 2xx.
    Answered,
    /// Any other answer.
    Unexpected,
    /// No connection: DNS, TLS, proxy, time.
    NoAnswer,
}

impl Verdict {
    pub fn code(self) -> &'static str {
        todo!()
    }

    /// `signed in`, `anonymous`, ..
    pub fn words(self) -> &'static str {
        todo!()
    }

    /// Does the answer prove that the token was taken (or that none is needed)?
    pub fn is_success(self) -> bool {
        matches!(self, Self::SignedIn | Self::Reachable | Self::Answered)
    }
}

/// As [`crate::ims::explain_text`], for AEM's answers.
pub fn explain_text(_text: &str) -> Option<Problem> {
    todo!()
}
