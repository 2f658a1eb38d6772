//! Does IMS still take this token, and how is one invalidated?

use jiff::Timestamp;
use serde_json::Value;

use super::exchange::{ims_host, post};
use super::{ImsError, diagnosis, may_receive_secret};
use crate::credential::text::clean;
use crate::credential::{Credential, Problem, Secret};
use crate::environment::HostName;
use crate::http::{Body, FormValue, Http, Request};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenStatus {
    pub valid: bool,
    pub reason: Option<String>,
}

/// `POST /ims/validate_token/v1`.
pub async fn validate(
    http: &Http,
    token: &Secret,
    client_id: &str,
    ims: &HostName,
    approved: &[HostName],
    now: Timestamp,
) -> Result<TokenStatus, ImsError> {
    let request = Request {
        bearer: Some(token.duplicate()),
        body: Body::Form(vec![
            ("type", FormValue::Plain("access_token".to_owned())),
            ("client_id", FormValue::Plain(client_id.to_owned())),
        ]),
        ..post(ims, "/ims/validate_token/v1")
    };
    let answer = http
        .send(request, &may_receive_secret(approved), now)
        .await?;
    let body: Option<Value> = serde_json::from_slice(&answer.body).ok();
    let valid = body.as_ref().and_then(|body| body.get("valid")?.as_bool());
    match valid {
        Some(valid) => Ok(TokenStatus {
            valid,
            reason: body
                .as_ref()
                .and_then(|body| body.get("reason")?.as_str())
                .map(|reason| clean(reason, 200)),
        }),
        None => Err(ImsError::refused(diagnosis::refusal(&answer, None))),
    }
}

/// `POST /ims/invalidate_token/v2`. `cascade`: by explicit choice only; what it does to other tokens is not documented.
pub async fn invalidate(
    http: &Http,
    token: &Secret,
    credential: &Credential,
    cascade: bool,
    approved: &[HostName],
    now: Timestamp,
) -> Result<(), ImsError> {
    let (client_id, secret, ims) = match credential {
        Credential::Service(service) => (
            &service.client_id,
            Some(&service.client_secret),
            &service.ims_host,
        ),
        Credential::Oauth(oauth) => (
            &oauth.client_id,
            oauth.client_secrets.first(),
            &oauth.ims_host,
        ),
    };
    let secret = secret.ok_or_else(|| {
        ImsError::refused(Problem::new(
            "no-client-secret",
            "the credential has no client secret",
        ))
    })?;
    let mut fields = vec![
        ("token_type", FormValue::Plain("access_token".to_owned())),
        ("token", FormValue::Secret(token.duplicate())),
        ("client_id", FormValue::Plain(client_id.clone())),
        ("client_secret", FormValue::Secret(secret.duplicate())),
    ];
    if cascade {
        fields.push(("cascading", FormValue::Plain("all".to_owned())));
    }
    let request = Request {
        body: Body::Form(fields),
        ..post(&ims_host(ims)?, "/ims/invalidate_token/v2")
    };
    let answer = http
        .send(request, &may_receive_secret(approved), now)
        .await?;
    if (200..300).contains(&answer.status) {
        Ok(())
    } else {
        Err(ImsError::refused(diagnosis::refusal(&answer, None)))
    }
}
