//! What do author, publish and preview answer? Who the token is, what the dispatcher lets through, what the CDN does first.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::ims;
use super::registry::{AemEnvironment, ClientKind, Host};
use super::reply::{Asked, Reply};
use super::state::State;
use super::token::Minted;

const SUFFIX: &str = ".adobeaemcloud.com";
pub(super) const WHO_AM_I: &str = "/libs/granite/security/currentuser.json";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tier {
    Author,
    Publish,
    Preview,
    Local,
}

impl Tier {
    fn vhost(self) -> &'static str {
        match self {
            Self::Author | Self::Local => "author",
            Self::Publish => "publish",
            Self::Preview => "preview",
        }
    }
}

/// Which tier of which environment answers at this host? `None`: not an AEM.
pub(super) fn place(state: &State, host: &str) -> Option<(Tier, AemEnvironment)> {
    let find = |ids: &str| {
        state
            .environments
            .iter()
            .find(|environment| environment.ids == ids)
            .cloned()
            .unwrap_or_else(|| AemEnvironment::new(ids))
    };
    if let Some(name) = host.strip_suffix(SUFFIX) {
        let (tier, ids) = name.split_once('-')?;
        let tier = match tier {
            "author" => Tier::Author,
            "publish" => Tier::Publish,
            "preview" => Tier::Preview,
            _ => return None,
        };
        return is_ids(ids).then(|| (tier, find(ids)));
    }
    if matches!(host, "localhost" | "127.0.0.1" | "[::1]") {
        return Some((Tier::Local, AemEnvironment::default()));
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

/// `p123-e1250`, optionally `-cmstg`.
fn is_ids(text: &str) -> bool {
    let number = |part: &str, letter: char| {
        part.strip_prefix(letter)
            .is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()))
    };
    text.trim_end_matches("-cmstg")
        .split_once('-')
        .is_some_and(|(program, environment)| number(program, 'p') && number(environment, 'e'))
}

/// Who AEM takes the caller for.
enum Caller {
    Nobody,
    /// A token that is none of ours, is over, or belongs elsewhere.
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
    state: &State,
    tier: Tier,
    environment: &AemEnvironment,
    asked: &Asked<'_>,
) -> Reply {
    if tier == Tier::Local {
        return local(asked);
    }
    let host = match (tier, &environment.publish_domain) {
        (Tier::Publish, Some((domain, host))) if domain == asked.host => host,
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
    if tier != Tier::Author && host.stale_cache && is_plain_query(asked.query) {
        return cached_anonymous(tier);
    }
    let caller = if host.strips_authorization {
        Caller::Nobody
    } else {
        who(state, environment, asked)
    };
    with_aem_headers(route(tier, environment, host, &caller, asked), tier)
}

/// The query a cache has seen before; anything else passes it.
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
        .header("x-vhost", tier.vhost())
        .header("x-content-type-options", "nosniff")
}

fn who(state: &State, environment: &AemEnvironment, asked: &Asked<'_>) -> Caller {
    let Some(token) = asked.bearer else {
        return Caller::Nobody;
    };
    let minted = match Minted::read(token) {
        Some(minted) if !minted.is_expired(asked.now) && !ims::is_invalidated(state, token) => {
            minted
        }
        _ => return Caller::Refused,
    };
    account(state, &environment.ids, &minted).map_or(Caller::Refused, Caller::User)
}

/// The technical account or person this environment knows by the token.
fn account(state: &State, ids: &str, minted: &Minted) -> Option<User> {
    let here = |environments: &[String]| environments.iter().any(|known| known == ids);
    let client = state.clients.iter().find(|client| {
        client.client_id == minted.client_id
            && client.technical_account_id == minted.user_id
            && here(&client.environments)
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
        .find(|person| person.user_id == minted.user_id && here(&person.environments))
        .map(|person| User {
            client_id: minted.client_id.clone(),
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
    asked: &Asked<'_>,
) -> Reply {
    if asked.path.starts_with("/adobe/") {
        return open_api(environment, caller, asked);
    }
    // Publish and preview fall back to anonymous whatever is wrong with the token; author does not.
    let user = match caller {
        Caller::User(user) => Some(user),
        Caller::Nobody | Caller::Refused if tier != Tier::Author => None,
        Caller::Nobody | Caller::Refused if host.login_redirect => return login_redirect(asked),
        Caller::Nobody if asked.path == WHO_AM_I => None,
        Caller::Nobody | Caller::Refused => return unauthorized(),
    };
    // Those tokens are for the OpenAPI-based APIs: classic paths refuse them on every tier.
    if user.is_some_and(|user| user.is_oauth) {
        return unauthorized();
    }
    match (asked.method, asked.path) {
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

/// A technical account is in Contributors, which may read only, until somebody gives it more.
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

/// The OpenAPI-based APIs: a signed-in client must also be on the environment's list.
fn open_api(environment: &AemEnvironment, caller: &Caller, asked: &Asked<'_>) -> Reply {
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
    match asked.path {
        "/adobe/sites/cf/fragments" => Reply::json(
            200,
            &json!({ "items": [{ "id": "0e1b", "title": "WKND Bali", "status": "PUBLISHED" }] }),
        ),
        _ => Reply::json(404, &json!({ "status": 404, "title": "Not Found" })),
    }
}

fn unauthorized() -> Reply {
    Reply::new(401).header("www-authenticate", "Bearer realm=\"AEM\"")
}

fn login_redirect(asked: &Asked<'_>) -> Reply {
    Reply::new(302).header(
        "location",
        &format!(
            "https://{}/libs/granite/core/content/login.html?resource={}",
            asked.host, asked.path
        ),
    )
}

fn not_found(tier: Tier) -> Reply {
    Reply::html(
        404,
        if tier == Tier::Author {
            "<html><body><h1>No resource found</h1></body></html>"
        } else {
            // What the dispatcher's default deny looks like from outside.
            "<!DOCTYPE HTML><html><head><title>404 Not Found</title></head></html>"
        },
    )
}

/// A local SDK: anonymous without a user, `admin` with the password everybody has.
fn local(asked: &Asked<'_>) -> Reply {
    const ADMIN: &str = "YWRtaW46YWRtaW4=";
    let admin = User {
        client_id: String::new(),
        email: "admin".into(),
        groups: vec!["administrators".into()],
        is_oauth: false,
    };
    match (asked.path, asked.basic) {
        (WHO_AM_I, None) => who_am_i(None),
        (WHO_AM_I, Some(ADMIN)) => who_am_i(Some(&admin)),
        (_, Some(ADMIN)) => Reply::json(200, &json!({ "jcr:primaryType": "sling:Folder" })),
        _ => unauthorized(),
    }
}

/// `Sun, 22 Nov 2026 14:03:00 GMT`
pub(super) fn http_date(now: Timestamp) -> String {
    now.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}
