//! The server: accepts connections and handles their requests until it is told to end.

use std::convert::Infallible;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;

use super::accept::Entrance;
use super::handler::{RequestLog, handle};
use super::listener::Listener;
use crate::app::forward::ForwardTarget;
use crate::app::{AppContext, serve_secret};
use aemkeys_core::credential::{Problem, Secret};

/// For the head of a request, in bytes.
const MAX_HEAD: usize = 64 * 1024;
const MAX_HEADERS: usize = 100;
/// For the head of a request; an idle connection is closed after the same time, so that such connections can't keep others
/// out for long.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);
/// Below the usual limit of 1,024 open files, because each may need a connection to AEM.
const MAX_CONNECTIONS: usize = 400;
/// Wait after a connection could not be accepted, for example because no file descriptor was free.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// What is served, and who hears of requests.
pub struct Server {
    /// With the secret of the last request.
    entrance: Mutex<Arc<Entrance>>,
    /// Reads the secret that is kept now, if there is one.
    kept_secret: Box<dyn Fn() -> Option<Secret> + Send + Sync>,
    /// In the order of the entrance's labels.
    pub targets: Vec<ForwardTarget>,
    pub log: Box<dyn Fn(RequestLog) + Send + Sync>,
}

impl Server {
    pub fn new(
        entrance: Entrance,
        context: &AppContext,
        targets: Vec<ForwardTarget>,
        log: impl Fn(RequestLog) + Send + Sync + 'static,
    ) -> Self {
        let context = context.clone();
        Self {
            entrance: Mutex::new(Arc::new(entrance)),
            kept_secret: Box::new(move || serve_secret::kept(&context)),
            targets,
            log: Box::new(log),
        }
    }

    /// Returns what a request needs now: a secret that was replaced is no longer accepted.
    pub fn entrance(&self) -> Arc<Entrance> {
        let mut held = self.entrance.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(secret) = &held.secret
            && let Some(kept) = (self.kept_secret)()
            && kept != *secret
        {
            *held = Arc::new(Entrance {
                port: held.port,
                labels: held.labels.clone(),
                secret: Some(kept),
            });
        }
        Arc::clone(&held)
    }
}

/// Serves until `end` is ready; open connections are then dropped.
pub async fn run(server: Server, listeners: Vec<Listener>, end: impl Future<Output = ()>) {
    let server = Arc::new(server);
    let permits = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    let mut tasks = JoinSet::new();
    for listener in listeners {
        tasks.spawn(accept(listener, Arc::clone(&server), Arc::clone(&permits)));
    }
    end.await;
}

/// Listens for the signals that end the server.
#[cfg(unix)]
pub fn signals() -> Result<impl Future<Output = ()>, Problem> {
    use crate::app::prompt;
    use aemkeys_core::credential::Code;
    use tokio::signal::unix::{SignalKind, signal};
    let listen = |kind: SignalKind| {
        prompt::handled(kind.as_raw_value());
        signal(kind).map_err(|error| {
            Problem::new(Code::NoSignals, "could not listen for signals").cause(error.to_string())
        })
    };
    let mut interrupt = listen(SignalKind::interrupt())?;
    let mut terminate = listen(SignalKind::terminate())?;
    let mut hangup = listen(SignalKind::hangup())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            _ = hangup.recv() => {}
        }
    })
}

/// Listens for Ctrl-C, which ends the server.
#[cfg(not(unix))]
pub fn signals() -> Result<impl Future<Output = ()>, Problem> {
    Ok(async {
        let _received = tokio::signal::ctrl_c().await;
    })
}

async fn accept(listener: Listener, server: Arc<Server>, permits: Arc<Semaphore>) {
    let mut connections = JoinSet::new();
    while let Ok(permit) = Arc::clone(&permits).acquire_owned().await {
        match listener.accept().await {
            Ok(stream) => {
                connections.spawn(serve(stream, Arc::clone(&server), permit));
            }
            Err(_) => tokio::time::sleep(ACCEPT_PAUSE).await,
        }
        while connections.try_join_next().is_some() {}
    }
}

async fn serve(
    stream: impl AsyncRead + AsyncWrite + Unpin,
    server: Arc<Server>,
    permit: OwnedSemaphorePermit,
) {
    let service =
        service_fn(|request| async { Ok::<_, Infallible>(handle(&server, request).await) });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .max_buf_size(MAX_HEAD)
        .max_headers(MAX_HEADERS)
        .serve_connection(TokioIo::new(stream), service);
    // The program closed the connection, or sent what is not HTTP.
    let _ended = connection.await;
    drop(permit);
}
