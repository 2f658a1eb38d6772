//! Cloud Manager's API at `cloudmanager.adobe.io`: the programs of an organisation and their environments.
//!
//! Source: AdobeDocs/cloudmanager-api-docs, `swagger-specs/api.yaml`; adobe/aio-lib-cloudmanager.

mod access;
mod document;
mod refusal;

#[cfg(test)]
mod tests;

pub use access::{ApiAccess, check_kind};
pub use document::{CloudEnvironment, Program};

use std::time::Duration;

use jiff::Timestamp;

use crate::credential::{Code, Problem};
use crate::http::{Body, Http, Limits, Recipient, Request};
use document::Page;

/// Includes a wait that a `429` asks for.
const LIMITS: Limits = Limits {
    total: Duration::from_mins(1),
    // A page of 100 environments has about 200 KB.
    body_bytes: 4 * 1024 * 1024,
    tries: 3,
};
/// Pages of one list, and items in all of them.
const MAX_PAGES: usize = 50;
const MAX_ITEMS: usize = 2_000;

/// Items of a list, and how many could not be read.
#[derive(Debug)]
pub struct Listed<T> {
    pub items: Vec<T>,
    pub unreadable: usize,
}

/// Lists the programs of the organisation: `GET /api/programs`.
pub async fn programs(
    http: &Http,
    access: &ApiAccess,
    now: Timestamp,
) -> Result<Listed<Program>, Problem> {
    let mut all = Listed::new();
    for page in pages(http, access, "/api/programs", now).await? {
        all.add(page.programs(), Program::read);
    }
    Ok(all)
}

/// Lists the environments of a program: `GET /api/program/{id}/environments`.
pub async fn environments(
    http: &Http,
    access: &ApiAccess,
    program: u64,
    now: Timestamp,
) -> Result<Listed<CloudEnvironment>, Problem> {
    let path = format!("/api/program/{program}/environments");
    let mut all = Listed::new();
    for page in pages(http, access, &path, now).await? {
        all.add(page.environments(), |it| {
            CloudEnvironment::read(it, program)
        });
    }
    Ok(all)
}

impl<T> Listed<T> {
    fn new() -> Self {
        Self {
            items: Vec::new(),
            unreadable: 0,
        }
    }

    fn add<I>(&mut self, items: Vec<I>, read: impl Fn(I) -> Option<T>) {
        for item in items {
            match read(item) {
                Some(item) if self.items.len() < MAX_ITEMS => self.items.push(item),
                _ => self.unreadable += 1,
            }
        }
    }
}

/// Reads all pages of a list. A page may only lead to another page of the same list.
async fn pages(
    http: &Http,
    access: &ApiAccess,
    path: &str,
    now: Timestamp,
) -> Result<Vec<Page>, Problem> {
    let mut asked = vec![path.to_owned()];
    let mut pages = Vec::new();
    while let Some(target) = asked.get(pages.len()).cloned() {
        let page = page(http, access, target, now).await?;
        if let Some(href) = page.next() {
            let next = document::same_list(href, path).ok_or_else(|| {
                refusal::unusable("the next page of the list is at another address, which aemkeys does not follow")
            })?;
            if asked.contains(&next) || asked.len() == MAX_PAGES {
                return Err(refusal::unusable("the pages of the list do not end"));
            }
            asked.push(next);
        }
        pages.push(page);
    }
    Ok(pages)
}

async fn page(
    http: &Http,
    access: &ApiAccess,
    path_and_query: String,
    now: Timestamp,
) -> Result<Page, Problem> {
    let request = Request {
        method: "GET".to_owned(),
        recipient: Recipient::cloud_manager(),
        path_and_query,
        headers: access.headers(),
        bearer: Some(access.token()),
        body: Body::Empty,
        limits: LIMITS,
    };
    let mut response = http.send(request, now).await.map_err(|error| {
        let mut problem = error.problem();
        if problem.code == Code::Throttled {
            problem = problem.cause("Adobe limits the requests of each client id");
        }
        problem
    })?;
    // An error may repeat the token.
    response.redact_body();
    if !(200..300).contains(&response.status) {
        return Err(refusal::refused(&response, access));
    }
    if response.body_cut {
        return Err(refusal::unusable("a page of the list is larger than 4 MiB"));
    }
    serde_json::from_slice(&response.body)
        .map_err(|_| refusal::unusable("the response is not a list of Cloud Manager"))
}
