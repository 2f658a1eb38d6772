//! Checks before an exchange: refuses expired or inconsistent credentials with a clearer reason than IMS gives.

use jiff::{SignedDuration, Timestamp};

use crate::credential::{Code, Credential, Problem, ServiceCredentials};
use crate::time;

/// The clock difference in seconds that IMS tolerates.
pub(super) const TOLERATED_SKEW: i64 = 30;

pub(super) fn check(credential: &Credential, now: Timestamp) -> Result<(), Problem> {
    match credential {
        Credential::Service(service) => check_service(service, now),
        Credential::Oauth(oauth) if oauth.client_secrets.is_empty() => Err(no_secret()),
        Credential::Oauth(oauth) if oauth.scopes.is_empty() => Err(Problem::of(
            Code::ScopesMissing,
            "this OAuth credential has no scopes",
        )),
        Credential::Oauth(_) => Ok(()),
    }
}

pub(super) fn no_secret() -> Problem {
    Problem::of(
        Code::ClientSecretMissing,
        "this OAuth credential has no client secret",
    )
}

fn check_service(service: &ServiceCredentials, now: Timestamp) -> Result<(), Problem> {
    if service.key_matches_certificate() == Some(false) {
        return Err(Problem::of(
            Code::KeyCertificateMismatch,
            "the private key does not belong to the certificate",
        ));
    }
    if let Some(end) = service.not_after()
        && end <= now
    {
        let expired = time::expiry(end, now);
        return Err(Problem::of(
            Code::CertificateExpired,
            format!("the certificate {expired}"),
        ));
    }
    if let Some(certificate) = &service.certificate
        && certificate.not_before > now + SignedDuration::from_secs(TOLERATED_SKEW)
    {
        let wait = time::relative(certificate.not_before, now);
        return Err(Problem::of(
            Code::CertificateNotYetValid,
            format!("the certificate becomes valid {wait}"),
        ));
    }
    if service.metascopes.is_empty() {
        return Err(Problem::of(
            Code::MetascopesMissing,
            "integration.metascopes is empty",
        ));
    }
    Ok(())
}

/// "this computer's clock is 5 m behind Adobe's", if the difference is more than IMS tolerates.
pub(super) fn describe_skew(skew: Option<i64>) -> Option<String> {
    let skew = notable_skew(skew)?;
    let amount = time::duration(SignedDuration::from_secs(skew));
    let direction = if skew > 0 { "behind" } else { "ahead of" };
    Some(format!(
        "this computer's clock is {amount} {direction} Adobe's"
    ))
}

/// The difference in seconds, if it is more than IMS tolerates.
pub(super) fn notable_skew(skew: Option<i64>) -> Option<i64> {
    skew.filter(|seconds| seconds.saturating_abs() > TOLERATED_SKEW)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::credential::{Imported, detect};
    use aemkeys_simulator::fixtures::{OauthAccount, ServiceAccount};

    fn begin() -> Timestamp {
        "2026-02-14T07:35:37Z".parse().unwrap()
    }

    fn end() -> Timestamp {
        "2027-02-14T07:35:37Z".parse().unwrap()
    }

    fn credential() -> Credential {
        let mut account = ServiceAccount::new("p1-e2", 0, end());
        account.not_before = begin();
        match detect(&account.file()).unwrap() {
            Imported::Service(service) => Credential::Service(*service),
            _ => panic!("no service credentials"),
        }
    }

    #[test]
    fn certificates_are_accepted_while_they_are_valid() {
        let second = SignedDuration::from_secs(1);
        let tolerated = SignedDuration::from_secs(TOLERATED_SKEW);
        for (now, code) in [
            (begin() - tolerated - second, "certificate-not-yet-valid"),
            (begin() - tolerated, ""),
            (end() - second, ""),
            (end(), "certificate-expired"),
        ] {
            let found = check(&credential(), now);
            assert_eq!(
                found.map_or_else(|it| it.code.as_str(), |()| ""),
                code,
                "{now}"
            );
        }
    }

    #[test]
    fn oauth_credentials_without_secret_or_scope_are_refused() {
        let Imported::Oauth(mut oauth) = detect(&OauthAccount::new("p1-e2", 1).file()).unwrap()
        else {
            panic!("no OAuth credential")
        };
        let secrets = std::mem::take(&mut oauth.client_secrets);
        let mut credential = Credential::Oauth(*oauth);
        let code = |it: &Credential| check(it, begin()).map_or_else(|it| it.code.as_str(), |()| "");
        assert_eq!(code(&credential), "client-secret-missing");
        if let Credential::Oauth(oauth) = &mut credential {
            oauth.client_secrets = secrets;
        }
        assert_eq!(code(&credential), "");
        if let Credential::Oauth(oauth) = &mut credential {
            oauth.scopes.clear();
        }
        assert_eq!(code(&credential), "scopes-missing");
    }

    #[test]
    fn clock_skew_is_reported_only_beyond_the_tolerance() {
        assert_eq!(describe_skew(None), None);
        for forgiven in [0, TOLERATED_SKEW, -TOLERATED_SKEW] {
            assert_eq!(describe_skew(Some(forgiven)), None);
        }
        let behind = describe_skew(Some(TOLERATED_SKEW + 1)).unwrap();
        assert!(behind.contains("31 s behind"), "{behind}");
        let ahead = describe_skew(Some(-TOLERATED_SKEW - 1)).unwrap();
        assert!(ahead.contains("31 s ahead of"), "{ahead}");
        assert!(describe_skew(Some(i64::MIN)).is_some());
    }
}
