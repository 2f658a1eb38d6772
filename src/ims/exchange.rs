//! Exchanges credentials for access tokens at IMS.

use jiff::Timestamp;

use super::answer::{Lifetime, read_token};
use super::{ImsError, assertion, diagnosis};
use crate::credential::{
    AccessToken, Code, Credential, OauthCredential, Secret, ServiceCredentials,
};
use crate::environment::{Approval, HostName};
use crate::http::{Body, FormValue, Http, Limits, Recipient, Request, Response};

/// The result of an exchange.
#[derive(Debug)]
pub struct Exchanged {
    pub token: AccessToken,
    /// The server's clock minus ours, in seconds; `None` if IMS tolerates the difference (30 s).
    pub clock_skew: Option<i64>,
    pub elapsed: std::time::Duration,
}

/// Exchanges service credentials at `/ims/exchange/jwt`, or an OAuth credential at `/ims/token/v3` (the second secret is
/// tried if the first is refused).
///
/// Sends nothing if the certificate is expired or not valid yet, if the key does not match it, or if there are no metascopes.
/// `approvals` are those of the credential's environment.
pub async fn exchange(
    http: &Http,
    credential: &Credential,
    approvals: &[Approval],
    now: Timestamp,
) -> Result<Exchanged, ImsError> {
    diagnosis::check(credential, now)?;
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
    finish(response, Lifetime::Milliseconds, now)
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
        match finish(response, Lifetime::Seconds, now) {
            // During a rotation there are two secrets. Other refusals do not depend on the secret.
            Err(error) if is_wrong_secret(&error) => refusal = Some(error),
            other => return other,
        }
    }
    Err(refusal.unwrap_or_else(|| diagnosis::no_secret().into()))
}

pub(super) fn is_wrong_secret(error: &ImsError) -> bool {
    matches!(error, ImsError::Refused(problem) if problem.code == Code::ImsWrongClientSecret)
}

fn finish(response: Response, unit: Lifetime, now: Timestamp) -> Result<Exchanged, ImsError> {
    let clock_skew = diagnosis::notable_skew(response.clock_skew);
    let elapsed = response.elapsed;
    Ok(Exchanged {
        token: read_token(response, unit, now)?,
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
    let sent = secrets(&form, bearer.as_ref());
    let request = Request {
        method: "POST".into(),
        recipient: ims.clone(),
        path_and_query: path.into(),
        headers: vec![("accept".into(), "application/json".into())],
        bearer,
        basic: None,
        body: Body::Form(form),
        limits: Limits::EXCHANGE,
    };
    let mut response = http.send(request, now).await?;
    // IMS may repeat a secret in an error, and errors are shown.
    response.hide_in_body(&sent);
    Ok(response)
}

fn secrets(form: &[(&'static str, FormValue)], bearer: Option<&Secret>) -> Vec<Secret> {
    let in_form = form.iter().filter_map(|(_, value)| match value {
        FormValue::Secret(secret) => Some(secret),
        FormValue::Plain(_) => None,
    });
    in_form.chain(bearer).map(Secret::duplicate).collect()
}
