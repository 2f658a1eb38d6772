//! How is a credential exchanged at IMS, and what comes back?

use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;
use zeroize::Zeroize;

use super::{ImsError, assertion, diagnosis, may_receive_secret};
use crate::credential::access_token::lifetime_millis;
use crate::credential::validity::say_until;
use crate::credential::{
    AccessToken, Credential, OauthCredential, Problem, Secret, ServiceCredentials,
};
use crate::environment::{HostName, TierAddress};
use crate::http::{Body, FormValue, Http, Limits, Request, Response};

/// IMS tolerates this much clock skew, seconds.
const TOLERATED_SKEW: i64 = 30;

#[derive(Debug)]
pub struct Exchanged {
    pub token: AccessToken,
    /// Server's clock minus ours, in seconds, when it matters (more than 30).
    pub clock_skew: Option<i64>,
    pub elapsed: Duration,
}

/// Exchanges: `/ims/exchange/jwt` for service credentials, `/ims/token/v3` for OAuth (second secret tried if the first is refused).
///
/// What can be known before the network is said first: certificate expired or not yet valid, key of another file, no
/// metascopes. `approved` are IMS hosts outside adobelogin.com that a person confirmed.
pub async fn exchange(
    http: &Http,
    credential: &Credential,
    approved: &[HostName],
    now: Timestamp,
) -> Result<Exchanged, ImsError> {
    match credential {
        Credential::Service(service) => {
            check_offline(service, now).map_err(ImsError::refused)?;
            by_assertion(http, service, approved, now).await
        }
        Credential::Oauth(oauth) => by_secret(http, oauth, approved, now).await,
    }
}

/// IMS would say "Could not match JWT signature"; here the reason is known.
fn check_offline(service: &ServiceCredentials, now: Timestamp) -> Result<(), Problem> {
    let renew = "add a certificate (AEM Developer Console, Integrations, Technical Accounts, Add certificate), then bring the new file in with `aemkeys rotate NAME FILE`";
    if let Some(end) = service.not_after().filter(|end| *end <= now) {
        return Err(Problem::new(
            "certificate-expired",
            format!("the certificate expired {}", say_until(end, now)),
        )
        .cause("IMS takes no assertion of a key whose certificate has ended")
        .next_step(renew));
    }
    if let Some(certificate) = service.certificate.as_ref().filter(|c| c.not_before > now) {
        return Err(Problem::new(
            "certificate-not-yet-valid",
            format!(
                "the certificate is valid only in {}",
                say_until(certificate.not_before, now)
            ),
        )
        .cause("it was made just now, or this computer's clock is behind")
        .next_step("check the clock; then wait, or use the older credential until then"));
    }
    if service.key_fits_certificate() == Some(false) {
        return Err(Problem::new(
            "key-of-another-file",
            "the private key does not fit the certificate",
        )
        .cause("privateKey and publicKey come from two files")
        .next_step("download the service credentials again in the AEM Developer Console"));
    }
    if service.metascopes.is_empty() {
        return Err(Problem::new("metascopes-empty", "metascopes is empty")
            .cause("IMS gives no token without a metascope; for AEM it is ent_aem_cloud_api")
            .next_step("use the file unchanged, or download it again"));
    }
    Ok(())
}

async fn by_assertion(
    http: &Http,
    service: &ServiceCredentials,
    approved: &[HostName],
    now: Timestamp,
) -> Result<Exchanged, ImsError> {
    let host = ims_host(&service.ims_host)?;
    let request = Request {
        body: Body::Form(vec![
            ("client_id", FormValue::Plain(service.client_id.clone())),
            (
                "client_secret",
                FormValue::Secret(service.client_secret.duplicate()),
            ),
            (
                "jwt_token",
                FormValue::Secret(assertion::sign(service, now).map_err(ImsError::refused)?),
            ),
        ]),
        ..post(&host, "/ims/exchange/jwt")
    };
    let answer = http
        .send(request, &may_receive_secret(approved), now)
        .await?;
    read(answer, false, now)
}

async fn by_secret(
    http: &Http,
    oauth: &OauthCredential,
    approved: &[HostName],
    now: Timestamp,
) -> Result<Exchanged, ImsError> {
    let host = ims_host(&oauth.ims_host)?;
    let mut refused = None;
    for secret in &oauth.client_secrets {
        let request = Request {
            body: Body::Form(vec![
                (
                    "grant_type",
                    FormValue::Plain("client_credentials".to_owned()),
                ),
                ("client_id", FormValue::Plain(oauth.client_id.clone())),
                ("client_secret", FormValue::Secret(secret.duplicate())),
                ("scope", FormValue::Plain(oauth.scopes.join(","))),
            ]),
            ..post(&host, "/ims/token/v3")
        };
        let answer = http
            .send(request, &may_receive_secret(approved), now)
            .await?;
        match read(answer, true, now) {
            // Two secrets exist while one is being replaced: the other may still be good.
            Err(error) if error.is_wrong_secret() => refused = Some(error),
            outcome => return outcome,
        }
    }
    Err(refused.unwrap_or_else(|| {
        ImsError::refused(
            Problem::new("no-client-secret", "the credential has no client secret")
                .next_step("download it again in the Adobe Developer Console"),
        )
    }))
}

pub(super) fn ims_host(host: &str) -> Result<HostName, ImsError> {
    HostName::parse(host).map_err(ImsError::refused)
}

pub(super) fn post(host: &HostName, path: &str) -> Request {
    Request {
        method: "POST".to_owned(),
        target: TierAddress::Cloud(host.clone()),
        path_and_query: path.to_owned(),
        headers: vec![("accept".to_owned(), "application/json".to_owned())],
        bearer: None,
        basic: None,
        body: Body::Empty,
        limits: Limits::EXCHANGE,
    }
}

fn read(mut answer: Response, in_seconds: bool, now: Timestamp) -> Result<Exchanged, ImsError> {
    let skew = answer.clock_skew.filter(|skew| skew.abs() > TOLERATED_SKEW);
    let token = if answer.status == 200 && !answer.body_cut {
        token_in(&answer, in_seconds, now)
    } else {
        Err(diagnosis::refusal(&answer, skew))
    };
    // The body may hold the token; its other copies are Secrets.
    answer.body.zeroize();
    Ok(Exchanged {
        token: token.map_err(ImsError::refused)?,
        clock_skew: skew,
        elapsed: answer.elapsed,
    })
}

fn token_in(answer: &Response, in_seconds: bool, now: Timestamp) -> Result<AccessToken, Problem> {
    let unusable = |why: &str| {
        Problem::new("ims-answer-unusable", "IMS answered 200, but not with a token")
            .cause(why)
            .next_step("something between here and Adobe may answer in its place: check proxy and VPN, then try again")
            .debug_id(diagnosis::debug_id(answer))
    };
    let body: Value = serde_json::from_slice(&answer.body).map_err(|_| {
        let html = answer.body.iter().find(|b| !b.is_ascii_whitespace()) == Some(&b'<');
        unusable(if html {
            "the answer is a web page"
        } else {
            "the answer is not JSON"
        })
    })?;
    if body.get("error").is_some() {
        return Err(diagnosis::refusal(answer, None));
    }
    match body.get("token_type").map(Value::as_str) {
        None => {}
        Some(Some(kind)) if kind.eq_ignore_ascii_case("bearer") => {}
        Some(_) => return Err(unusable("token_type is not bearer")),
    }
    let Value::Object(mut body) = body else {
        return Err(unusable("the answer is not a JSON object"));
    };
    let lifetime = match body.get("expires_in") {
        None | Some(Value::Null) => None,
        Some(Value::Number(number)) => number.as_i64(),
        Some(Value::String(text)) => text.parse().ok(),
        Some(_) => return Err(unusable("expires_in is not a number")),
    };
    let token = match body.remove("access_token") {
        Some(Value::String(token)) => Secret::from(token),
        Some(_) => return Err(unusable("access_token is not a text")),
        None => return Err(unusable("access_token is missing")),
    };
    let millis = lifetime.map(|value| lifetime_millis(value, in_seconds));
    AccessToken::from_response(token, millis, now)
        .map_err(|problem| problem.debug_id(diagnosis::debug_id(answer)))
}
