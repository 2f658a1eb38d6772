//! Validation and invalidation of tokens at IMS.

use jiff::Timestamp;
use zeroize::Zeroizing;

use super::exchange::{is_wrong_secret, post};
use super::response::success;
use super::{ImsError, preflight};
use crate::credential::text::clean;
use crate::credential::{Code, Credential, Problem, Secret};
use crate::environment::{Approval, HostName};
use crate::http::{FormValue, Http, Recipient};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenStatus {
    pub valid: bool,
    pub reason: Option<String>,
}

/// Asks IMS whether a token is valid: `POST /ims/validate_token/v1`.
pub async fn validate(
    http: &Http,
    token: &Secret,
    client_id: &str,
    ims: &HostName,
    approvals: &[Approval],
    now: Timestamp,
) -> Result<TokenStatus, ImsError> {
    let ims = Recipient::ims(ims.clone(), approvals);
    let form = vec![
        ("type", FormValue::Plain("access_token".into())),
        ("client_id", FormValue::Plain(client_id.to_owned())),
    ];
    let bearer = Some(token.duplicate());
    let mut response = post(http, &ims, "/ims/validate_token/v1", form, bearer, now).await?;
    // The response may repeat the token's claims.
    let body = Zeroizing::new(std::mem::take(&mut response.body));
    let document = success(&response, &body, None)?;
    let root = document.root();
    let valid = root.get("valid").and_then(|field| field.as_bool());
    let reason = root
        .get("reason")
        .and_then(|field| field.raw_text().ok())
        .map(|text| clean(text, 100));
    match valid {
        Some(valid) => Ok(TokenStatus { valid, reason }),
        None => Err(Problem::of(
            Code::ImsAnswerUnusable,
            "IMS did not say whether the token is valid",
        )
        .into()),
    }
}

/// Invalidates a token: `POST /ims/invalidate_token/v2`. Adobe does not document the effect of `cascade` on other tokens.
pub async fn invalidate(
    http: &Http,
    token: &Secret,
    credential: &Credential,
    cascade: bool,
    approvals: &[Approval],
    now: Timestamp,
) -> Result<(), ImsError> {
    let (host, client_id, secrets) = match credential {
        Credential::Service(service) => (
            &service.ims_host,
            &service.client_id,
            std::slice::from_ref(&service.client_secret),
        ),
        Credential::Oauth(oauth) => (
            &oauth.ims_host,
            &oauth.client_id,
            oauth.client_secrets.as_slice(),
        ),
    };
    let ims = Recipient::ims(HostName::parse(host)?, approvals);
    let mut outcome = Err(preflight::no_secret().into());
    for secret in secrets {
        let mut form = vec![
            ("token_type", FormValue::Plain("access_token".into())),
            ("token", FormValue::Secret(token.duplicate())),
            ("client_id", FormValue::Plain(client_id.clone())),
            ("client_secret", FormValue::Secret(secret.duplicate())),
        ];
        if cascade {
            form.push(("cascading", FormValue::Plain("all".into())));
        }
        outcome = ask(http, &ims, form, now).await;
        match &outcome {
            Err(error) if is_wrong_secret(error) => {}
            _ => break,
        }
    }
    outcome
}

async fn ask(
    http: &Http,
    ims: &Recipient,
    form: Vec<(&'static str, FormValue)>,
    now: Timestamp,
) -> Result<(), ImsError> {
    let mut response = post(http, ims, "/ims/invalidate_token/v2", form, None, now).await?;
    let body = Zeroizing::new(std::mem::take(&mut response.body));
    // A success may have an empty body.
    if (200..300).contains(&response.status) && body.is_empty() {
        return Ok(());
    }
    success(&response, &body, None)?;
    Ok(())
}
