//! The server of the simulator: one listener on loopback, on its own thread, until it is dropped.

use std::convert::Infallible;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use futures_util::stream;
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt as _, Full, Limited, StreamBody};
use hyper::body::{Bytes, Frame, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::sync::oneshot;

use super::cloud_manager::CloudProgram;
use super::injected_fault::{Fault, FaultTarget, Pending};
use super::registry::{AemEnvironment, Client, KeyBinding, Now, Person, SimulatorConfiguration};
use super::reply::{ParsedRequest, Reply};
use super::state::{SeenRequest, ServerState};
use super::{aem, cloud_manager, ims};
use aemkeys_core::credential::{Fingerprint, Secret};
use aemkeys_core::environment::Tier;

/// aemkeys sends no larger request.
const MAX_REQUEST_BYTES: usize = 1024 * 1024;

/// A running simulator; stops when dropped.
pub struct Simulator {
    address: SocketAddr,
    shared: Arc<Shared>,
    stop: Option<oneshot::Sender<Infallible>>,
    thread: Option<JoinHandle<()>>,
}

struct Shared {
    state: Mutex<ServerState>,
    now: Now,
    latency: Duration,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, ServerState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Simulator {
    /// Listens on a free port of 127.0.0.1. Works outside of an async runtime.
    pub fn start(configuration: SimulatorConfiguration) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let SimulatorConfiguration {
            now,
            clients,
            people,
            environments,
            programs,
            latency,
        } = configuration;
        let shared = Arc::new(Shared {
            state: Mutex::new(ServerState {
                clients,
                people,
                environments,
                programs,
                ..ServerState::default()
            }),
            now,
            latency,
        });
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_io()
            .enable_time()
            .build()?;
        let (stop, stopped) = oneshot::channel();
        let for_thread = Arc::clone(&shared);
        let thread = std::thread::Builder::new()
            .name("simulator".into())
            .spawn(move || {
                runtime.block_on(async {
                    tokio::select! {
                        _ = stopped => {}
                        _ = serve(listener, for_thread) => {}
                    }
                });
            })?;
        Ok(Self {
            address,
            shared,
            stop: Some(stop),
            thread: Some(thread),
        })
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns the address at which the simulator behaves like a local SDK.
    pub fn local_sdk_url(&self) -> String {
        format!("http://localhost:{}", self.address.port())
    }

    pub fn register(&self, client: Client) {
        self.shared.state().clients.push(client);
    }

    pub fn register_person(&self, person: Person) {
        self.shared.state().people.push(person);
    }

    /// Replaces the environment with these ids.
    pub fn set_environment(&self, environment: AemEnvironment) {
        let mut state = self.shared.state();
        state.environments.retain(|old| old.ids != environment.ids);
        state.environments.push(environment);
    }

    /// Replaces what Cloud Manager lists. `page_size`: items in a page of a list; 0 for all.
    pub fn set_programs(&self, programs: Vec<CloudProgram>, page_size: usize) {
        let mut state = self.shared.state();
        state.programs = programs;
        state.page_size = page_size;
    }

    /// Adds a key, like "Add certificate" in the console.
    pub fn add_key(&self, client_id: &str, binding: &KeyBinding) {
        self.change(client_id, |client| client.keys.push(binding.clone()));
    }

    /// Revokes the key with this public key (DER), like "Revoke" in the console.
    pub fn revoke_key(&self, client_id: &str, public_key: &[u8]) {
        self.change(client_id, |client| {
            for binding in &mut client.keys {
                binding.revoked |= binding.public_key == public_key;
            }
        });
    }

    /// Deletes the account, like the console: its tokens become invalid.
    pub fn delete_account(&self, client_id: &str) {
        self.shared
            .state()
            .clients
            .retain(|client| client.client_id != client_id);
    }

    fn change(&self, client_id: &str, mut change: impl FnMut(&mut Client)) {
        self.shared
            .state()
            .clients
            .iter_mut()
            .filter(|client| client.client_id == client_id)
            .for_each(&mut change);
    }

    /// Injects a fault into the next `times` matching requests.
    pub fn fail(&self, target: FaultTarget, fault: Fault, times: u32) {
        self.shared.state().faults.push(Pending {
            target,
            fault,
            times_left: times,
        });
    }

    /// Removes all pending faults.
    pub fn heal(&self) {
        self.shared.state().faults.clear();
    }

    /// Returns the number of tokens that were issued to this client.
    pub fn exchanges(&self, client_id: &str) -> u64 {
        self.shared.state().exchanged(client_id)
    }

    /// Returns the number of tokens that were issued to all clients.
    pub fn all_exchanges(&self) -> u64 {
        self.shared.state().exchanges.values().sum()
    }

    /// Returns all requests so far, in order.
    pub fn seen(&self) -> Vec<SeenRequest> {
        self.shared.state().seen.clone()
    }

    pub fn is_invalidated(&self, token: &Secret) -> bool {
        self.shared
            .state()
            .invalidated
            .contains(&token.fingerprint())
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // Joining frees the port before the caller continues.
            let _ended = thread.join();
        }
    }
}

async fn serve(listener: TcpListener, shared: Arc<Shared>) -> io::Result<Infallible> {
    let listener = tokio::net::TcpListener::from_std(listener)?;
    loop {
        let (stream, _) = listener.accept().await?;
        // Otherwise, small responses wait 40 ms for a delayed acknowledgement.
        stream.set_nodelay(true)?;
        let shared = Arc::clone(&shared);
        tokio::spawn(async move {
            let service = service_fn(move |request| answer(Arc::clone(&shared), request));
            // An error is a closed connection: an injected fault, or a client that disconnected.
            let _ended = hyper::server::conn::http1::Builder::new()
                .auto_date_header(false)
                .serve_connection(TokioIo::new(stream), service)
                .await;
        });
    }
}

type ResponseBody = BoxBody<Bytes, io::Error>;

/// The error that closes a connection without a response.
fn dropped() -> io::Error {
    io::Error::new(
        io::ErrorKind::ConnectionAborted,
        "the connection is dropped",
    )
}

async fn answer(
    shared: Arc<Shared>,
    request: Request<Incoming>,
) -> Result<Response<ResponseBody>, io::Error> {
    let (head, body) = request.into_parts();
    let body = Limited::new(body, MAX_REQUEST_BYTES)
        .collect()
        .await
        .map_err(|_| dropped())?
        .to_bytes();
    let header = |name: &str| {
        head.headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or("")
    };
    let authorization = header("authorization");
    let request = ParsedRequest {
        method: head.method.as_str(),
        host: without_port(header("host")),
        path: head.uri.path(),
        query: head.uri.query().unwrap_or(""),
        content_type: header("content-type"),
        bearer: authorization.strip_prefix("Bearer "),
        basic: authorization.strip_prefix("Basic "),
        api_key: header("x-api-key"),
        org: header("x-gw-ims-org-id"),
        body: &body,
        now: (shared.now)(),
    };
    let fault = record(&shared, &request);
    if !shared.latency.is_zero() {
        tokio::time::sleep(shared.latency).await;
    }
    let mut cut = false;
    let reply = match fault {
        None => reply(&shared, &request),
        Some(Fault::Delay(time)) => {
            tokio::time::sleep(time).await;
            reply(&shared, &request)
        }
        Some(Fault::CutBody) => {
            cut = true;
            reply(&shared, &request)
        }
        Some(Fault::Drop) => return Err(dropped()),
        Some(Fault::Hang) => std::future::pending().await,
        Some(Fault::Answer {
            status,
            headers,
            body,
        }) => Reply {
            status,
            headers,
            body,
        },
        Some(Fault::Throttle { retry_after }) => {
            let reply = Reply::new(429);
            match retry_after {
                Some(value) => reply.header("retry-after", &value),
                None => reply,
            }
        }
        Some(Fault::Flood { bytes }) => Reply::html(200, "").body(vec![b'x'; bytes]),
        Some(Fault::Redirect { to }) => Reply::new(302).header("location", &to),
        Some(Fault::StaleCache) => aem::cached_anonymous(Tier::Publish),
    };
    respond(&shared, &request, reply, cut)
}

/// Records the request and returns its fault.
fn record(shared: &Shared, request: &ParsedRequest<'_>) -> Option<Fault> {
    let mut state = shared.state();
    state.seen.push(SeenRequest {
        method: request.method.to_owned(),
        host: request.host.to_owned(),
        path_and_query: if request.query.is_empty() {
            request.path.to_owned()
        } else {
            format!("{}?{}", request.path, request.query)
        },
        bearer: request
            .bearer
            .map(|token| Fingerprint::of(token.as_bytes())),
    });
    state.take_fault(request.host, request.path)
}

fn reply(shared: &Shared, request: &ParsedRequest<'_>) -> Reply {
    let mut state = shared.state();
    if ims::HOSTS.contains(&request.host) {
        return ims::answer(&mut state, request);
    }
    if request.host == cloud_manager::HOST {
        return cloud_manager::answer(&state, request);
    }
    if matches!(request.host, "localhost" | "127.0.0.1" | "[::1]") {
        return aem::local(request);
    }
    match aem::find(&state, request.host) {
        Some((tier, environment)) => aem::answer(&state, tier, &environment, request),
        // An unknown host belongs to another server.
        None => Reply::html(404, "<html><body>no such site</body></html>"),
    }
}

fn respond(
    shared: &Shared,
    request: &ParsedRequest<'_>,
    reply: Reply,
    cut: bool,
) -> Result<Response<ResponseBody>, io::Error> {
    let mut response = Response::builder()
        .status(reply.status)
        .header("date", aem::http_date(request.now));
    if ims::HOSTS.contains(&request.host) {
        let mut state = shared.state();
        state.answers += 1;
        response = response.header("x-debug-id", format!("simulated-{:08}", state.answers));
    }
    for (name, value) in &reply.headers {
        response = response.header(name, value);
    }
    let body = if cut {
        let half = reply.body[..reply.body.len() / 2].to_vec();
        response = response.header("content-length", reply.body.len());
        // The first half must be sent before the connection closes.
        StreamBody::new(stream::unfold(Some(half), |half| async move {
            match half {
                Some(bytes) if !bytes.is_empty() => {
                    Some((Ok(Frame::data(Bytes::from(bytes))), Some(Vec::new())))
                }
                _ => {
                    tokio::time::sleep(Duration::from_millis(10)).await;
                    Some((Err(dropped()), None))
                }
            }
        }))
        .boxed()
    } else {
        Full::new(Bytes::from(reply.body))
            .map_err(|never: Infallible| match never {})
            .boxed()
    };
    response.body(body).map_err(io::Error::other)
}

fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    }
}
