//! The exchange of a credential for an access token at IMS.

use jiff::Timestamp;

use super::response::read_token;
use super::{ImsError, assertion, preflight};
use crate::credential::{
    AccessToken, Code, Credential, OauthCredential, Secret, ServiceCredentials,
};
use crate::environment::{Approval, HostName};
use crate::explain::Grant;
use crate::http::{Body, FormValue, Http, Limits, Recipient, Request, Response};

#[derive(Debug)]
pub struct Exchanged {
    pub token: AccessToken,
    /// Server time minus local time in seconds, if it is more than 30.
    pub clock_skew: Option<i64>,
    pub elapsed: std::time::Duration,
}

/// Exchanges a credential: `/ims/exchange/jwt` for service credentials, `/ims/token/v3` for OAuth, where a second secret is
/// tried if the first is refused.
///
/// Fails before any request if the certificate is expired or not yet valid, the key belongs to another certificate, or the
/// metascopes are missing. `approvals` are those of the credential's environment.
pub async fn exchange(
    http: &Http,
    credential: &Credential,
    approvals: &[Approval],
    now: Timestamp,
) -> Result<Exchanged, ImsError> {
    preflight::check(credential, now)?;
    match credential {
        Credential::Service(service) => {
            let ims = Recipient::ims(HostName::parse(&service.ims_host)?, approvals);
            exchange_jwt(http, service, &ims, now).await
        }
        Credential::Oauth(oauth) => {
            let ims = Recipient::ims(HostName::parse(&oauth.ims_host)?, approvals);
            exchange_secret(http, oauth, &ims, now).await
        }
    }
}

async fn exchange_jwt(
    http: &Http,
    service: &ServiceCredentials,
    ims: &Recipient,
    now: Timestamp,
) -> Result<Exchanged, ImsError> {
    let form = vec![
        ("client_id", FormValue::Plain(service.client_id.clone())),
        (
            "client_secret",
            FormValue::Secret(service.client_secret.duplicate()),
        ),
        (
            "jwt_token",
            FormValue::Secret(assertion::sign(service, now)?),
        ),
    ];
    let response = post(http, ims, "/ims/exchange/jwt", form, None, now).await?;
    finish(response, Grant::Jwt, now)
}

async fn exchange_secret(
    http: &Http,
    oauth: &OauthCredential,
    ims: &Recipient,
    now: Timestamp,
) -> Result<Exchanged, ImsError> {
    let mut refusal = None;
    for secret in &oauth.client_secrets {
        let form = vec![
            ("grant_type", FormValue::Plain("client_credentials".into())),
            ("client_id", FormValue::Plain(oauth.client_id.clone())),
            ("client_secret", FormValue::Secret(secret.duplicate())),
            ("scope", FormValue::Plain(oauth.scopes.join(","))),
        ];
        let response = post(http, ims, "/ims/token/v3", form, None, now).await?;
        match finish(response, Grant::ClientCredentials, now) {
            // Two secrets exist during a rotation. Only this refusal is about the secret.
            Err(error) if is_wrong_secret(&error) => refusal = Some(error),
            other => return other,
        }
    }
    Err(refusal.unwrap_or_else(|| preflight::no_secret().into()))
}

pub(super) fn is_wrong_secret(error: &ImsError) -> bool {
    matches!(error, ImsError::Refused(problem) if problem.code == Code::ImsWrongClientSecret)
}

fn finish(response: Response, grant: Grant, now: Timestamp) -> Result<Exchanged, ImsError> {
    let clock_skew = preflight::notable_skew(response.clock_skew);
    let elapsed = response.elapsed;
    Ok(Exchanged {
        token: read_token(response, grant, now)?,
        clock_skew,
        elapsed,
    })
}

/// Posts a form to IMS.
pub(super) async fn post(
    http: &Http,
    ims: &Recipient,
    path: &str,
    form: Vec<(&'static str, FormValue)>,
    bearer: Option<Secret>,
    now: Timestamp,
) -> Result<Response, ImsError> {
    let request = Request {
        method: "POST".into(),
        recipient: ims.clone(),
        path_and_query: path.into(),
        headers: vec![("accept".into(), "application/json".into())],
        bearer,
        body: Body::Form(form),
        limits: Limits::EXCHANGE,
    };
    let mut response = http.send(request, now).await?;
    // Errors are shown, and IMS may repeat the refused values in them.
    response.redact_body();
    Ok(response)
}
