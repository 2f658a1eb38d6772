//! The simulated author, publish and preview, with sign-in, dispatcher and CDN.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::content;
use super::ims;
use super::registry::{AemEnvironment, ClientKind, Host};
use super::reply::{ParsedRequest, Reply};
use super::state::ServerState;
use super::token::IssuedClaims;
use aemkeys_core::environment::Tier;

const SUFFIX: &str = ".adobeaemcloud.com";
pub(super) const WHO_AM_I: &str = "/libs/granite/security/currentuser.json";

/// Returns tier and environment of the host, or `None` if it does not belong to AEM.
pub(super) fn find(state: &ServerState, host: &str) -> Option<(Tier, AemEnvironment)> {
    let environment = |ids: &str| {
        state
            .environments
            .iter()
            .find(|environment| environment.ids == ids)
            .cloned()
            .unwrap_or_else(|| AemEnvironment::new(ids))
    };
    if let Some(name) = host.strip_suffix(SUFFIX) {
        let (tier, ids) = name.split_once('-')?;
        let tier = Tier::STORED
            .into_iter()
            .find(|known| known.as_str() == tier)?;
        return is_ids(ids).then(|| (tier, environment(ids)));
    }
    state
        .environments
        .iter()
        .find(|environment| {
            environment
                .publish_domain
                .as_ref()
                .is_some_and(|(domain, _)| domain == host)
        })
        .map(|environment| (Tier::Publish, environment.clone()))
}

/// True for `p123-e1250`, optionally followed by `-cmstg`.
fn is_ids(text: &str) -> bool {
    let number = |part: &str, letter: char| {
        part.strip_prefix(letter)
            .is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()))
    };
    text.trim_end_matches("-cmstg")
        .split_once('-')
        .is_some_and(|(program, environment)| number(program, 'p') && number(environment, 'e'))
}

/// The user that AEM signs in.
enum Caller {
    Anonymous,
    /// The token is invalid, expired, or belongs to another environment.
    Refused,
    User(User),
}

#[derive(Clone)]
struct User {
    client_id: String,
    email: String,
    groups: Vec<String>,
    is_oauth: bool,
}

pub(super) fn answer(
    state: &ServerState,
    tier: Tier,
    environment: &AemEnvironment,
    request: &ParsedRequest<'_>,
) -> Reply {
    let host = match (tier, &environment.publish_domain) {
        (Tier::Publish, Some((domain, host))) if domain == request.host => host,
        (Tier::Publish, _) => &environment.publish,
        (Tier::Preview, _) => &environment.preview,
        _ => &environment.author,
    };
    if host.blocked_at_cdn {
        return Reply::html(
            403,
            "<html><head><title>403 Forbidden</title></head></html>",
        );
    }
    if host.hibernated {
        return Reply::html(
            503,
            "<html><body><h1>This environment is hibernated</h1></body></html>",
        );
    }
    if tier != Tier::Author && host.stale_cache && is_plain_query(request.query) {
        return cached_anonymous(tier);
    }
    let caller = if host.strips_authorization {
        Caller::Anonymous
    } else {
        sign_in(state, environment, request)
    };
    with_aem_headers(route(tier, environment, host, &caller, request), tier)
}

/// True for a query that the cache has seen.
fn is_plain_query(query: &str) -> bool {
    matches!(query, "" | "props=memberOf")
}

pub(super) fn cached_anonymous(tier: Tier) -> Reply {
    with_aem_headers(who_am_i(None), tier)
        .header("age", "120")
        .header("x-cache", "HIT")
}

fn with_aem_headers(reply: Reply, tier: Tier) -> Reply {
    reply
        .header("x-request-id", &uuid::Uuid::new_v4().to_string())
        .header("x-vhost", tier.as_str())
        .header("x-content-type-options", "nosniff")
}

fn sign_in(
    state: &ServerState,
    environment: &AemEnvironment,
    request: &ParsedRequest<'_>,
) -> Caller {
    let Some(token) = request.bearer else {
        return Caller::Anonymous;
    };
    let claims = match IssuedClaims::read(token) {
        Some(claims) if !claims.is_expired(request.now) && !ims::is_invalidated(state, token) => {
            claims
        }
        _ => return Caller::Refused,
    };
    account(state, &environment.ids, &claims).map_or(Caller::Refused, Caller::User)
}

/// Returns the technical account or developer of the token, if the environment knows it.
fn account(state: &ServerState, ids: &str, claims: &IssuedClaims) -> Option<User> {
    let is_known = |environments: &[String]| environments.iter().any(|known| known == ids);
    let client = state.clients.iter().find(|client| {
        client.client_id == claims.client_id
            && client.technical_account_id == claims.user_id
            && is_known(&client.environments)
    });
    if let Some(client) = client {
        return Some(User {
            client_id: client.client_id.clone(),
            email: client.email.clone(),
            groups: client.groups.clone(),
            is_oauth: client.kind == ClientKind::Oauth,
        });
    }
    state
        .people
        .iter()
        .find(|person| person.user_id == claims.user_id && is_known(&person.environments))
        .map(|person| User {
            client_id: claims.client_id.clone(),
            email: person.email.clone(),
            groups: person.groups.clone(),
            is_oauth: false,
        })
}

fn route(
    tier: Tier,
    environment: &AemEnvironment,
    host: &Host,
    caller: &Caller,
    request: &ParsedRequest<'_>,
) -> Reply {
    if request.path.starts_with("/adobe/") {
        return open_api(tier, environment, caller, request);
    }
    // With an invalid token, publish and preview fall back to anonymous; author does not.
    let user = match caller {
        Caller::User(user) => Some(user),
        Caller::Anonymous | Caller::Refused if tier != Tier::Author => None,
        Caller::Anonymous | Caller::Refused if host.login_redirect => {
            return login_redirect(request);
        }
        Caller::Anonymous if request.path == WHO_AM_I => None,
        Caller::Anonymous | Caller::Refused => return unauthorized(),
    };
    // OAuth tokens work with the OpenAPI-based APIs only; classic paths refuse them on every tier.
    if user.is_some_and(|user| user.is_oauth) {
        return unauthorized();
    }
    match (request.method, request.path) {
        ("GET" | "HEAD", WHO_AM_I) => who_am_i(user),
        ("GET" | "HEAD", "/content/dam.json") if tier == Tier::Author => Reply::json(
            200,
            &json!({ "jcr:primaryType": "sling:Folder", "jcr:title": "Assets" }),
        ),
        ("GET" | "HEAD", "/api/assets.json") if tier == Tier::Author => assets(),
        ("GET" | "HEAD", "/graphql/list.json") if tier == Tier::Author => queries(),
        ("GET" | "HEAD", path) if path.starts_with("/graphql/execute.json/") => Reply::json(
            200,
            &json!({ "data": { "adventureList": { "items": [] } } }),
        ),
        ("POST" | "PUT" | "PATCH" | "DELETE", path) if path.starts_with("/api/assets") => {
            write(user)
        }
        ("GET" | "HEAD", path) => content::find(tier, path).unwrap_or_else(|| not_found(tier)),
        _ => not_found(tier),
    }
}

fn who_am_i(user: Option<&User>) -> Reply {
    let (id, groups) = user.map_or(("anonymous", &[] as &[String]), |user| {
        (user.email.as_str(), user.groups.as_slice())
    });
    let groups: Vec<Value> = groups
        .iter()
        .map(String::as_str)
        .chain(["everyone"])
        .map(|group| {
            json!({
                "type": "group",
                "authorizableId": group,
                "name": group,
                "home": format!("/home/groups/{group}"),
            })
        })
        .collect();
    Reply::json(
        200,
        &json!({
            "type": "user",
            "authorizableId": id,
            "name": id,
            "home": format!("/home/users/{}", if user.is_some() { "ims" } else { "system" }),
            "memberOf": groups,
        }),
    )
    .header("cache-control", "no-cache, no-store")
}

fn assets() -> Reply {
    Reply::json(
        200,
        &json!({
            "class": ["assets/folder"],
            "properties": { "name": "assets", "srn:paging": { "total": 2, "offset": 0, "limit": 20 } },
            "entities": [
                { "class": ["assets/folder"], "properties": { "name": "wknd-shared" } },
                { "class": ["assets/folder"], "properties": { "name": "projects" } },
            ],
        }),
    )
}

fn queries() -> Reply {
    Reply::json(
        200,
        &json!([{
            "configurationName": "wknd-shared",
            "queries": [{ "path": { "shortForm": "/wknd-shared/adventures-all" } }],
        }]),
    )
}

/// The default group of technical accounts, Contributors, can only read.
fn write(user: Option<&User>) -> Reply {
    let may_write = user.is_some_and(|user| {
        user.groups
            .iter()
            .any(|group| matches!(group.as_str(), "dam-users" | "administrators"))
    });
    if may_write {
        Reply::json(201, &json!({ "properties": { "status.code": 201 } }))
    } else {
        Reply::json(403, &json!({ "properties": { "status.code": 403 } }))
    }
}

/// The OpenAPI-based APIs, where a client must also be on the allow list of the environment.
fn open_api(
    tier: Tier,
    environment: &AemEnvironment,
    caller: &Caller,
    request: &ParsedRequest<'_>,
) -> Reply {
    let Caller::User(user) = caller else {
        return Reply::json(
            401,
            &json!({ "type": "about:blank", "title": "Unauthorized", "status": 401 }),
        );
    };
    if !environment.allowed_client_ids.contains(&user.client_id) {
        return Reply::json(
            403,
            &json!({ "status": 403, "title": "Forbidden", "detail": "IMS Client ID not allowlisted" }),
        );
    }
    let is_author = tier == Tier::Author;
    match request.path {
        "/adobe/sites/cf/fragments" if is_author => Reply::json(
            200,
            &json!({ "items": [{ "id": "0e1b", "title": "WKND Bali", "status": "PUBLISHED" }] }),
        ),
        "/adobe/contentFragments" if !is_author => Reply::json(
            200,
            &json!({ "items": [{ "id": "0e1b", "title": "WKND Bali" }] }),
        ),
        "/adobe/folders" if is_author => Reply::json(
            200,
            &json!({ "self": { "path": "/" }, "children": [{ "path": "/content/dam" }] }),
        ),
        _ => Reply::json(404, &json!({ "status": 404, "title": "Not Found" })),
    }
}

fn unauthorized() -> Reply {
    Reply::new(401).header("www-authenticate", "Bearer realm=\"AEM\"")
}

fn login_redirect(request: &ParsedRequest<'_>) -> Reply {
    Reply::new(302).header(
        "location",
        &format!(
            "https://{}/libs/granite/core/content/login.html?resource={}",
            request.host, request.path
        ),
    )
}

fn not_found(tier: Tier) -> Reply {
    Reply::html(
        404,
        if tier == Tier::Author {
            "<html><body><h1>No resource found</h1></body></html>"
        } else {
            // The response of the dispatcher's default deny.
            "<!DOCTYPE HTML><html><head><title>404 Not Found</title></head></html>"
        },
    )
}

/// The local SDK: anonymous, or `admin` with the default password.
pub(super) fn local(request: &ParsedRequest<'_>) -> Reply {
    const ADMIN: &str = "YWRtaW46YWRtaW4=";
    let admin = User {
        client_id: String::new(),
        email: "admin".into(),
        groups: vec!["administrators".into()],
        is_oauth: false,
    };
    match (request.path, request.basic) {
        (WHO_AM_I, None) => who_am_i(None),
        (WHO_AM_I, Some(ADMIN)) => who_am_i(Some(&admin)),
        (_, Some(ADMIN)) => Reply::json(200, &json!({ "jcr:primaryType": "sling:Folder" })),
        _ => unauthorized(),
    }
}

/// Formats a `Date` header: `Sun, 22 Nov 2026 14:03:00 GMT`.
pub(super) fn http_date(now: Timestamp) -> String {
    now.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}
