//! Why Cloud Manager, or the gateway in front of it, refused a request.

use super::ApiAccess;
use crate::credential::{Code, Problem};
use crate::explain::{Evidence, Place, find};
use crate::http::Response;

/// The scopes that the Adobe Developer Console gives a project with the API Cloud Manager.
const SCOPES: [&str; 2] = [
    "read_organizations",
    "additional_info.projectedProductContext",
];

const SIGN_IN: &str = "sign in again with `aio login`, then try again";
const ADD_API: &str = "in the Adobe Developer Console, add the API Cloud Manager with a product profile such as Developer to the credential's project";

pub(super) fn unusable(why: &str) -> Problem {
    Problem::new(
        Code::CloudManagerUnavailable,
        "the response of Cloud Manager cannot be used",
    )
    .cause(why)
    .next_step(
        "try again; if it happens again, check HTTPS_PROXY and the firewall rules of the network",
    )
}

/// Returns the error for a status other than 2xx.
pub(super) fn refused(response: &Response, access: &ApiAccess) -> Problem {
    let status = response.status;
    let id = response.header("x-request-id").map(str::to_owned);
    let problem = match status {
        300..=399 => unusable("it is a redirect, which aemkeys does not follow"),
        401 | 403 => forbidden(response, access),
        404 => Problem::new(
            Code::CloudManagerRefused,
            "Cloud Manager does not know the program (404)",
        )
        .cause("it was deleted, or the account may not see it")
        .next_step("check the program in Cloud Manager"),
        429 => Problem::new(
            Code::Throttled,
            "Cloud Manager limits the number of requests (429)",
        )
        .cause("Adobe limits the requests of each client id")
        .next_step("wait a few minutes, then try again"),
        500..=599 => Problem::new(
            Code::CloudManagerUnavailable,
            format!("Cloud Manager answered {status}"),
        )
        .cause("it has a fault or an outage")
        .next_step("check status.adobe.com, then try again in a few minutes"),
        _ => Problem::new(
            Code::CloudManagerRefused,
            format!("Cloud Manager refused the request ({status})"),
        )
        .cause("it does not accept the organisation, or its API has changed")
        .next_step("check the id of the organisation, which `--org` sets"),
    };
    problem.debug_id(id)
}

fn forbidden(response: &Response, access: &ApiAccess) -> Problem {
    let status = response.status;
    let code = Code::CloudManagerRefused;
    let evidence = Evidence::of_response(response, Place::Gateway, None);
    let known = find(&evidence).filter(|found| found.row.id.starts_with("gateway-40"));
    let problem = match known {
        Some(found) => Problem::new(code, format!("Cloud Manager: {}", found.row.says))
            .cause(found.row.why.clone()),
        None if status == 401 => Problem::new(code, "Cloud Manager refused the token (401)")
            .cause("it has expired, or its client may not use the API Cloud Manager"),
        None => Problem::new(code, "Cloud Manager refused the request (403)").cause(
            "the account has no permission: the API Cloud Manager or its product profile is missing",
        ),
    };
    let missing: Vec<&str> = SCOPES
        .into_iter()
        .filter(|scope| !access.scopes().iter().any(|given| given == scope))
        .collect();
    if access.is_aio() {
        return problem.next_step(if status == 401 {
            SIGN_IN.to_owned()
        } else {
            "check that your account has a product profile of Cloud Manager in this organisation, which `aio console org select` chooses".to_owned()
        });
    }
    let problem = problem.next_step(ADD_API);
    if missing.is_empty() {
        return problem;
    }
    let cause = format!(
        "its credential is for another API: it lacks the scopes {}",
        missing.join(", ")
    );
    problem.cause(cause).next_step(format!(
        "{ADD_API}; then add its file, which has the new scopes"
    ))
}
