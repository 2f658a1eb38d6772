//! The local servers that the dashboard has started: the same as `aemkeys serve NAME`. They end with the dashboard.

use std::cell::RefCell;
use std::collections::HashMap;
use std::future::pending;

use tokio::task::AbortHandle;
use uuid::Uuid;

use super::context::JobContext;
use crate::app::forward::ForwardTarget;
use crate::app::{AppContext, serve_port, serve_secret};
use crate::serve::accept::{Entrance, label};
use crate::serve::listener::{self, Listener};
use crate::serve::{self, RequestLog, Server};
use crate::tui::message::{Event, ServedRequest, ServerStarted};
use aemkeys_core::credential::{Code, Problem, Secret};
use aemkeys_core::environment::Tier;

#[derive(Default)]
pub struct Servers(RefCell<HashMap<Uuid, RunningServer>>);

/// It ends, with its connections, when it is dropped.
struct RunningServer {
    host: String,
    /// The secret at its start, which another process may replace.
    secret: Secret,
    task: AbortHandle,
}

impl Drop for RunningServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Servers {
    pub fn stop(&self, identity: Uuid) {
        self.0.borrow_mut().remove(&identity);
    }

    /// Returns the address with the secret.
    pub fn address(&self, context: &AppContext, identity: Uuid) -> Result<Secret, Problem> {
        let servers = self.0.borrow();
        let ended = || Problem::new(Code::NotListening, "the server has ended");
        let server = servers.get(&identity).ok_or_else(ended)?;
        let secret = serve_secret::kept(context).unwrap_or_else(|| server.secret.duplicate());
        let mut address = format!("http://{}/", server.host).into_bytes();
        address.extend_from_slice(secret.expose());
        address.push(b'/');
        Ok(Secret::new(address))
    }
}

/// Serves a tier with the identity. Production and untyped environments are read-only, because nothing was confirmed.
pub(super) async fn start(
    jobs: &JobContext,
    identity: Uuid,
    tier: Tier,
) -> Result<ServerStarted, Problem> {
    let context = &jobs.context;
    let target = ForwardTarget::open(context, identity, tier, None).await?;
    // A credential that does not work is reported now.
    let warnings = target.pass().await?.warnings.clone();
    let (name, is_read_only) = (target.name().to_owned(), target.is_read_only());
    let secret = serve_secret::get(context, false)?;
    let (listeners, port) = listen(context, identity, tier).await?;
    let entrance = Entrance {
        port: Some(port),
        labels: vec![label(&name, tier)],
        secret: Some(secret.duplicate()),
    };
    let host = format!("localhost:{port}");
    let tell = jobs.teller();
    let server = Server::new(entrance, context, vec![target], move |request| {
        let request = served(request);
        tell(Event::Served { identity, request });
    });
    let task = tokio::spawn(serve::run(server, listeners, pending())).abort_handle();
    let running = RunningServer {
        host: host.clone(),
        secret,
        task,
    };
    jobs.servers.0.borrow_mut().insert(identity, running);
    Ok(ServerStarted {
        identity,
        name,
        tier,
        host,
        is_read_only,
        warnings,
    })
}

/// Listens on the last port of the identity and tier, else on a free one.
async fn listen(
    context: &AppContext,
    identity: Uuid,
    tier: Tier,
) -> Result<(Vec<Listener>, u16), Problem> {
    let mut refused = Problem::new(Code::NotListening, "there is no free port");
    for port in serve_port::candidates(context, identity, tier) {
        match listener::on_port(port).await {
            Ok((listeners, port)) => {
                serve_port::keep(context, identity, tier, port);
                return Ok((listeners, port));
            }
            Err(problem) => refused = problem,
        }
    }
    Err(refused)
}

fn served(request: RequestLog) -> ServedRequest {
    ServedRequest {
        method: request.method,
        path: request.path,
        status: request.status,
        elapsed: request.elapsed,
    }
}

#[cfg(test)]
mod tests;
