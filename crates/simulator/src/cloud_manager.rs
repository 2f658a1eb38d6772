//! Cloud Manager's API: the programs of an organisation, their environments, and the gateway in front of it.

use serde_json::{Map, Value, json};

use super::ims;
use super::reply::{ParsedRequest, Reply};
use super::state::ServerState;
use super::token::IssuedClaims;

pub(super) const HOST: &str = "cloudmanager.adobe.io";

const REL: &str = "http://ns.adobe.com/adobecloud/rel/";

/// A program of Cloud Manager with its environments.
#[derive(Clone, Debug, Default)]
pub struct CloudProgram {
    pub id: String,
    pub name: String,
    pub org: String,
    /// The clients whose project has the API with a product profile.
    pub client_ids: Vec<String>,
    pub environments: Vec<CloudEnvironment>,
}

/// An environment of Cloud Manager.
#[derive(Clone, Debug, Default)]
pub struct CloudEnvironment {
    pub id: String,
    pub name: String,
    /// `dev`, `stage`, `prod`, `rde`
    pub cloud_type: String,
    /// `ready`, `hibernated`, `updating`
    pub status: String,
}

impl CloudEnvironment {
    pub fn new(id: &str, name: &str, cloud_type: &str, status: &str) -> Self {
        Self {
            id: id.to_owned(),
            name: name.to_owned(),
            cloud_type: cloud_type.to_owned(),
            status: status.to_owned(),
        }
    }
}

pub(super) fn answer(state: &ServerState, request: &ParsedRequest<'_>) -> Reply {
    let seen = match sign_in(state, request) {
        Ok(seen) => seen,
        Err(refusal) => return refusal,
    };
    if request.method != "GET" {
        return error(405, "405000", "Method not allowed");
    }
    if request.path == "/api/programs" {
        let items = seen.iter().map(|program| program_item(program)).collect();
        return list(request, "programs", items, state.page_size);
    }
    let id = request
        .path
        .strip_prefix("/api/program/")
        .and_then(|rest| rest.strip_suffix("/environments"));
    match seen.iter().find(|program| Some(program.id.as_str()) == id) {
        Some(program) => {
            let environments = program.environments.iter();
            let items = environments
                .map(|it| environment_item(program, it))
                .collect();
            list(request, "environments", items, state.page_size)
        }
        None => Reply::json(
            404,
            &json!({ "status": 404, "type": "http://ns.adobe.com/adobecloud/error", "title": "NOT_FOUND" }),
        ),
    }
}

fn error(status: u16, code: &str, message: &str) -> Reply {
    Reply::json(status, &json!({ "error_code": code, "message": message }))
}

/// Returns the programs that the client may see. The gateway's refusals, in its order.
fn sign_in<'a>(
    state: &'a ServerState,
    request: &ParsedRequest<'_>,
) -> Result<Vec<&'a CloudProgram>, Reply> {
    if request.api_key.is_empty() {
        return Err(error(403, "403000", "Api Key is required"));
    }
    let token = request
        .bearer
        .ok_or_else(|| error(401, "401010", "Oauth token is missing"))?;
    let invalid = || error(401, "401013", "Oauth token is not valid");
    let claims = IssuedClaims::read(token).ok_or_else(invalid)?;
    if claims.is_expired(request.now) || ims::is_invalidated(state, token) {
        return Err(invalid());
    }
    if claims.client_id != request.api_key {
        return Err(error(403, "403003", "Api Key is invalid"));
    }
    let seen: Vec<&CloudProgram> = state
        .programs
        .iter()
        .filter(|program| {
            program.org == request.org && program.client_ids.contains(&claims.client_id)
        })
        .collect();
    if seen.is_empty() {
        return Err(error(403, "403025", "Profile is not valid"));
    }
    Ok(seen)
}

fn program_item(program: &CloudProgram) -> Value {
    let own = format!("/api/program/{}", program.id);
    json!({
        "id": program.id,
        "name": program.name,
        "enabled": true,
        "tenantId": "simulated",
        "imsOrgId": program.org,
        "status": "ready",
        "type": "aem_cloud_service",
        "_links": {
            "self": { "href": own, "templated": false },
            format!("{REL}environments"): { "href": format!("{own}/environments"), "templated": false },
        },
    })
}

fn environment_item(program: &CloudProgram, environment: &CloudEnvironment) -> Value {
    let ids = format!("p{}-e{}", program.id, environment.id);
    let mut links = Map::new();
    let mut link = |name: String, href: String| {
        links.insert(name, json!({ "href": href, "templated": false }));
    };
    for tier in ["author", "publish", "preview"] {
        link(
            format!("{REL}{tier}"),
            format!("https://{tier}-{ids}.adobeaemcloud.com"),
        );
    }
    let console = format!(
        "https://dev-console-ns-team-simulated.ethos01-prod-va7.dev.adobeaemcloud.com/dc/#release-cm-{ids}"
    );
    link(format!("{REL}developerConsole"), console);
    json!({
        "id": environment.id,
        "programId": program.id,
        "name": environment.name,
        "type": environment.cloud_type,
        "status": environment.status,
        "region": "va7",
        "availableLogOptions": [],
        "_links": links,
    })
}

/// Returns one page of a list, with a link to the next one. `start` in the query is the first item.
fn list(request: &ParsedRequest<'_>, name: &str, mut items: Vec<Value>, page_size: usize) -> Reply {
    let total = items.len();
    let start: usize = form_urlencoded::parse(request.query.as_bytes())
        .find(|(name, _)| name == "start")
        .and_then(|(_, value)| value.parse().ok())
        .unwrap_or(0);
    let mut links = Map::new();
    links.insert("self".into(), json!({ "href": request.path }));
    items.drain(..start.min(total));
    if page_size > 0 && items.len() > page_size {
        items.truncate(page_size);
        let next = format!(
            "{}?start={}&limit={page_size}",
            request.path,
            start + page_size
        );
        links.insert("next".into(), json!({ "href": next, "templated": false }));
    }
    Reply::json(
        200,
        &json!({ "_totalNumberOfItems": total, "_embedded": { name: items }, "_links": links }),
    )
}
