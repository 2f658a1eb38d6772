//! The simulated IMS: exchanges, validates and invalidates tokens, with the checks, order and errors of the real one.

use std::collections::HashMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::keys;
use super::registry::{Client, ClientKind};
use super::reply::{ParsedRequest, Reply};
use super::state::ServerState;
use super::token::IssuedClaims;
use aemkeys_core::credential::{Fingerprint, Secret};

/// The clock difference that IMS tolerates.
const SKEW_SECONDS: i64 = 30;
/// A longer lifetime is probably in milliseconds.
const MAX_ASSERTION_SECONDS: i64 = 86_400;

/// The hosts that answer as IMS.
pub(super) const HOSTS: [&str; 2] = ["ims-na1.adobelogin.com", "ims-na1-stg1.adobelogin.com"];

pub(super) fn answer(state: &mut ServerState, request: &ParsedRequest<'_>) -> Reply {
    let endpoint = match request.path {
        "/ims/exchange/jwt" => exchange_jwt,
        "/ims/token/v3" => token_v3,
        "/ims/validate_token/v1" => validate,
        "/ims/invalidate_token/v2" => invalidate,
        _ => return error(404, "not_found", "no such endpoint"),
    };
    if request.method != "POST" {
        return error(405, "method_not_allowed", "use POST").header("allow", "POST");
    }
    if !request
        .content_type
        .starts_with("application/x-www-form-urlencoded")
    {
        return error(415, "bad_request", "form-urlencoded is expected");
    }
    endpoint(state, request).unwrap_or_else(|refusal| refusal)
}

type Answer = Result<Reply, Reply>;

fn error(status: u16, code: &str, description: &str) -> Reply {
    Reply::json(
        status,
        &json!({ "error": code, "error_description": description }),
    )
}

fn form(request: &ParsedRequest<'_>) -> HashMap<String, String> {
    form_urlencoded::parse(request.body).into_owned().collect()
}

fn field<'a>(form: &'a HashMap<String, String>, name: &str) -> &'a str {
    form.get(name).map_or("", String::as_str)
}

/// Returns the client, if the secret is correct.
fn client<'a>(
    state: &'a ServerState,
    request: &ParsedRequest<'_>,
    form: &HashMap<String, String>,
) -> Result<&'a Client, Reply> {
    let client = state
        .client(request.host, field(form, "client_id"))
        .ok_or_else(|| error(400, "invalid_client", "invalid client_id parameter"))?;
    let secret = Secret::from(field(form, "client_secret"));
    if client.secrets.contains(&secret) {
        Ok(client)
    } else {
        Err(error(
            400,
            "invalid_client",
            "invalid client_secret parameter",
        ))
    }
}

fn exchange_jwt(state: &mut ServerState, request: &ParsedRequest<'_>) -> Answer {
    let form = form(request);
    let client = client(state, request, &form)?;
    if client.kind != ClientKind::ServiceCredentials {
        return Err(error(
            401,
            "invalid_client",
            "client is not authorized to exchange a JWT",
        ));
    }
    let scopes = check_assertion(client, request.host, field(&form, "jwt_token"), request.now)?;
    let token = issue(state, client, request.now, scopes);
    let lifetime_ms = client.token_lifetime_ms() - 1;
    let client_id = client.client_id.clone();
    state.count_exchange(&client_id);
    // IMS uses milliseconds here, and seconds in token/v3.
    Ok(token_reply(&token, lifetime_ms))
}

fn token_v3(state: &mut ServerState, request: &ParsedRequest<'_>) -> Answer {
    let form = form(request);
    if field(&form, "grant_type") != "client_credentials" {
        return Err(error(
            400,
            "unsupported_grant_type",
            "grant_type must be client_credentials",
        ));
    }
    let client = client(state, request, &form)?;
    if client.kind != ClientKind::Oauth {
        return Err(error(
            400,
            "unauthorized_client",
            "client may not use client_credentials",
        ));
    }
    let scopes: Vec<String> = field(&form, "scope")
        .split(',')
        .map(|scope| scope.trim().to_owned())
        .filter(|scope| !scope.is_empty())
        .collect();
    if scopes.is_empty() || scopes.iter().any(|scope| !client.scopes.contains(scope)) {
        return Err(error(
            400,
            "invalid_scope",
            "requested scope is not allowed for the client",
        ));
    }
    let token = issue(state, client, request.now, scopes);
    let lifetime_s = client.token_lifetime_ms() / 1000 - 1;
    let client_id = client.client_id.clone();
    state.count_exchange(&client_id);
    Ok(token_reply(&token, lifetime_s))
}

fn validate(state: &mut ServerState, request: &ParsedRequest<'_>) -> Answer {
    let form = form(request);
    let token = request.bearer.unwrap_or_else(|| field(&form, "token"));
    if field(&form, "type") != "access_token" || token.is_empty() {
        return Err(error(400, "bad_request", "type and token are required"));
    }
    let reason = match IssuedClaims::read(token) {
        None => Some("bad_signature"),
        Some(claims) if claims.client_id != field(&form, "client_id") => Some("invalid_client_id"),
        Some(claims) if claims.is_expired(request.now) => Some("expired"),
        Some(_) if is_invalidated(state, token) => Some("invalidated"),
        Some(_) => None,
    };
    Ok(Reply::json(
        200,
        &match reason {
            None => json!({ "valid": true }),
            Some(reason) => json!({ "valid": false, "reason": reason }),
        },
    ))
}

fn invalidate(state: &mut ServerState, request: &ParsedRequest<'_>) -> Answer {
    let form = form(request);
    let client_id = client(state, request, &form)?.client_id.clone();
    let token = field(&form, "token");
    if field(&form, "token_type") != "access_token" || token.is_empty() {
        return Err(error(
            400,
            "bad_request",
            "token_type and token are required",
        ));
    }
    match IssuedClaims::read(token) {
        Some(claims) if claims.client_id == client_id => {
            state.invalidated.insert(Fingerprint::of(token.as_bytes()));
            Ok(Reply::json(200, &json!({})))
        }
        Some(_) => Err(error(400, "invalid_token", "token of another client")),
        None => Err(error(400, "invalid_token", "invalid token parameter")),
    }
}

pub(super) fn is_invalidated(state: &ServerState, token: &str) -> bool {
    state
        .invalidated
        .contains(&Fingerprint::of(token.as_bytes()))
}

fn issue(state: &ServerState, client: &Client, now: Timestamp, scopes: Vec<String>) -> Secret {
    let number = state.exchanged(&client.client_id) + 1;
    client.claims(scopes, now).sign(number)
}

fn token_reply(token: &Secret, expires_in: i64) -> Reply {
    Reply::json(
        200,
        &json!({
            "token_type": "bearer",
            "access_token": String::from_utf8_lossy(token.expose()),
            "expires_in": expires_in,
        }),
    )
}

/// Returns the requested metascopes, if the whole assertion is valid.
fn check_assertion(
    client: &Client,
    host: &str,
    assertion: &str,
    now: Timestamp,
) -> Result<Vec<String>, Reply> {
    let claims = decode(client, assertion, now)?;
    let text = |name: &str| claims.get(name).and_then(Value::as_str).unwrap_or("");
    if !is_org(text("iss")) || !is_technical_account(text("sub")) {
        return Err(error(400, "bad_request", "bad iss or sub claim"));
    }
    if text("iss") != client.org || text("sub") != client.technical_account_id {
        return Err(error(
            400,
            "invalid_token",
            "JWT iss and sub do not belong to the client",
        ));
    }
    if text("aud") != format!("https://{host}/c/{}", client.client_id) {
        return Err(error(400, "invalid_token", "JWT has a wrong audience"));
    }
    metascopes(client, host, &claims)
}

/// Returns the claims, if format, signature and time are valid.
fn decode(client: &Client, assertion: &str, now: Timestamp) -> Result<Map<String, Value>, Reply> {
    let malformed = || {
        error(
            400,
            "invalid_token",
            "JWT token is incorrectly formatted, and can not be decoded.",
        )
    };
    let part = |text: &str| {
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| malformed())?;
        serde_json::from_slice::<Map<String, Value>>(&bytes).map_err(|_| malformed())
    };
    let (signed, signature) = assertion.rsplit_once('.').ok_or_else(malformed)?;
    let (header, payload) = signed.split_once('.').ok_or_else(malformed)?;
    let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| malformed())?;
    let header = part(header)?;
    let claims = part(payload)?;
    if header.get("alg").and_then(Value::as_str) != Some("RS256") {
        return Err(malformed());
    }
    let expires = claims
        .get("exp")
        .and_then(Value::as_i64)
        .ok_or_else(malformed)?;
    let is_bound = client.keys.iter().any(|binding| {
        binding.is_active(now)
            && keys::is_signed_by(&binding.public_key, signed.as_bytes(), &signature)
    });
    if !is_bound {
        return Err(error(
            400,
            "invalid_token",
            "Could not match JWT signature to any of the bindings",
        ));
    }
    let seconds = now.as_second();
    if expires > seconds + MAX_ASSERTION_SECONDS {
        return Err(error(400, "bad_request", "exp is too far in the future"));
    }
    if expires + SKEW_SECONDS < seconds {
        return Err(error(400, "invalid_token", "JWT has expired"));
    }
    Ok(claims)
}

fn metascopes(
    client: &Client,
    host: &str,
    claims: &Map<String, Value>,
) -> Result<Vec<String>, Reply> {
    let prefix = format!("https://{host}/s/");
    let requested: Vec<String> = claims
        .iter()
        .filter(|(_, value)| **value == Value::Bool(true))
        .filter_map(|(name, _)| name.strip_prefix(&prefix).map(str::to_owned))
        .collect();
    let other_host = claims
        .keys()
        .any(|name| name.contains("/s/") && !name.starts_with(&prefix));
    if requested.is_empty()
        || other_host
        || requested.iter().any(|scope| !client.scopes.contains(scope))
    {
        return Err(error(
            400,
            "invalid_scope",
            "The metascopes in the JWT are not a subset of the metascopes in the binding.",
        ));
    }
    Ok(requested)
}

/// True for `<24 hex>@AdobeOrg`.
fn is_org(text: &str) -> bool {
    text.strip_suffix("@AdobeOrg").is_some_and(is_24_hex)
}

/// True for `<24 hex>@techacct.adobe.com`, and false for the email, which starts with a UUID.
fn is_technical_account(text: &str) -> bool {
    text.strip_suffix("@techacct.adobe.com")
        .is_some_and(is_24_hex)
}

fn is_24_hex(text: &str) -> bool {
    text.len() == 24 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}
