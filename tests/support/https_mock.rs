//! A real TLS server for tests: a CONNECT proxy on loopback that answers for every host, with a certificate of a private
//! CA that is created for the test. Uses threads, so that it works in any test, including tests of the binary.
//!
//! ```ignore
//! let mock = HttpsMock::start(|asked| Reply::json(200, "{}"));
//! // HTTPS_PROXY=mock.proxy_url(), SSL_CERT_FILE=mock.ca_file()
//! ```
//!
//! Clients may also connect to its port with TLS directly, without the proxy.

use std::collections::HashMap;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use base64::Engine as _;
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::header::HeaderValue;
use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, date_time_ymd};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// A received request.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The host of `CONNECT`.
    pub host: String,
    pub method: String,
    /// Includes the query.
    pub path: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Asked {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    /// Returns the complete request, for searching it for secrets.
    pub fn text(&self) -> String {
        format!("{self:?} {}", String::from_utf8_lossy(&self.body))
    }
}

type Writing = Box<dyn FnOnce(&mut dyn Write) -> io::Result<()> + Send>;

/// The response to send.
pub enum Reply {
    Answer {
        status: u16,
        headers: Vec<(String, String)>,
        body: Vec<u8>,
    },
    /// Writes arbitrary bytes at any speed, then closes the connection.
    Raw(Writing),
    /// These bytes, then a TCP reset without closing TLS.
    Reset(Vec<u8>),
}

impl Reply {
    pub fn new(status: u16, headers: &[(&str, &str)], body: impl Into<Vec<u8>>) -> Self {
        Self::Answer {
            status,
            headers: headers
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
            body: body.into(),
        }
    }

    pub fn json(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self::new(status, &[("content-type", "application/json")], body)
    }

    pub fn html(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self::new(status, &[("content-type", "text/html")], body)
    }

    pub fn raw(write: impl FnOnce(&mut dyn Write) -> io::Result<()> + Send + 'static) -> Self {
        Self::Raw(Box::new(write))
    }
}

/// What is unusual about the server or proxy.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Oddity {
    #[default]
    None,
    /// The certificate names another host.
    WrongName,
    /// The certificate has expired.
    Expired,
    /// The certificate is signed by one that is not a CA.
    BadChain,
    /// The server behind the proxy uses plain http.
    NoTls,
    /// The server speaks HTTP/2 with clients that offer it. Its handlers may run at the same time.
    Http2,
    /// The proxy requires this value of `Proxy-Authorization` and otherwise responds with 407.
    WantsCredentials(&'static str),
    /// The proxy responds to every CONNECT with this.
    Refuses(&'static str),
    /// The proxy never responds.
    Hangs,
}

#[derive(Default)]
struct Seen {
    connects: Vec<String>,
    requests: Vec<Asked>,
}

/// Runs until the process ends.
pub struct HttpsMock {
    address: SocketAddr,
    seen: Arc<Mutex<Seen>>,
    directory: tempfile::TempDir,
}

impl HttpsMock {
    pub fn start(handler: impl Fn(&Asked) -> Reply + Send + Sync + 'static) -> Self {
        Self::odd(Oddity::None, handler)
    }

    pub fn odd(oddity: Oddity, handler: impl Fn(&Asked) -> Reply + Send + Sync + 'static) -> Self {
        let authority = Authority::new(oddity);
        let der = authority.der.clone();
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join("ca.pem"), pem(&der)).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_cert_resolver(Arc::new(authority));
        if oddity == Oddity::Http2 {
            config.alpn_protocols = vec![b"h2".to_vec()];
        }
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Arc::new(Mutex::new(Seen::default()));
        let shared = Arc::new(Shared {
            seen: Arc::clone(&seen),
            config: Arc::new(config),
            handler: Box::new(handler),
            oddity,
        });
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let shared = Arc::clone(&shared);
                // A client that goes away is what many tests want.
                thread::spawn(move || drop(serve(stream, &shared)));
            }
        });
        Self {
            address,
            seen,
            directory,
        }
    }

    /// Returns the value for `HTTPS_PROXY`.
    pub fn proxy_url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns the PEM file of the private CA, for `SSL_CERT_FILE` or `ca_file`.
    pub fn ca_file(&self) -> PathBuf {
        self.directory.path().join("ca.pem")
    }

    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// Returns the requests received through TLS.
    pub fn requests(&self) -> Vec<Asked> {
        self.lock().requests.clone()
    }

    /// Returns the heads of all CONNECT requests, and of plain requests sent instead.
    pub fn connects(&self) -> Vec<String> {
        self.lock().connects.clone()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Shared {
    seen: Arc<Mutex<Seen>>,
    config: Arc<ServerConfig>,
    handler: Box<dyn Fn(&Asked) -> Reply + Send + Sync>,
    oddity: Oddity,
}

impl Shared {
    fn note(&self, with: impl FnOnce(&mut Seen)) {
        with(&mut self.seen.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

/// The first byte of a TLS connection.
const TLS_HANDSHAKE: u8 = 22;

fn serve(mut stream: TcpStream, shared: &Arc<Shared>) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut first = [0];
    stream.peek(&mut first)?;
    if first[0] == TLS_HANDSHAKE {
        return serve_tls(stream, shared, "");
    }
    let head = read_head(&mut stream)?;
    shared.note(|seen| seen.connects.push(head.clone()));
    let mut words = head.split_ascii_whitespace();
    let (method, target) = (words.next(), words.next().unwrap_or_default());
    if method != Some("CONNECT") {
        return stream.write_all(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n");
    }
    let host = target.rsplit_once(':').map_or(target, |(host, _)| host);
    match shared.oddity {
        Oddity::WantsCredentials(wanted) if !head.contains(wanted) => {
            return stream.write_all(
                b"HTTP/1.1 407 Proxy Authentication Required\r\nproxy-authenticate: Basic\r\ncontent-length: 0\r\n\r\n",
            );
        }
        Oddity::Refuses(answer) => return stream.write_all(answer.as_bytes()),
        Oddity::Hangs => {
            thread::sleep(Duration::from_mins(1));
            return Ok(());
        }
        _ => stream.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n")?,
    }
    if shared.oddity == Oddity::NoTls {
        // After the client's hello: what came right behind the proxy's answer would be lost with it.
        stream.read_exact(&mut [0])?;
        stream.write_all(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 2\r\n\r\nhi")?;
        // Closing with bytes unread would reset the connection before the answer is seen.
        return io::copy(&mut stream, &mut io::sink()).map(drop);
    }
    if shared.oddity == Oddity::Http2 {
        return serve_http2(stream, shared, host);
    }
    serve_tls(stream, shared, host)
}

#[tokio::main(flavor = "current_thread")]
async fn serve_http2(stream: TcpStream, shared: &Arc<Shared>, host: &str) -> io::Result<()> {
    stream.set_nonblocking(true)?;
    let stream = tokio::net::TcpStream::from_std(stream)?;
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::clone(&shared.config));
    let stream = TokioIo::new(acceptor.accept(stream).await?);
    let service = service_fn(|request: Request<Incoming>| {
        let (shared, host) = (Arc::clone(shared), host.to_owned());
        async move {
            let (head, body) = request.into_parts();
            let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
            let headers = head.headers.iter();
            let asked = Asked {
                host,
                method: head.method.to_string(),
                path: head.uri.path_and_query().unwrap().to_string(),
                headers: headers
                    .map(|(name, value)| (name.to_string(), text(value)))
                    .collect(),
                body: body.collect().await?.to_bytes().to_vec(),
            };
            shared.note(|seen| seen.requests.push(asked.clone()));
            let reply = tokio::task::spawn_blocking(move || (shared.handler)(&asked)).await;
            let Ok(Reply::Answer {
                status,
                headers,
                body,
            }) = reply
            else {
                panic!("the handler failed, or its reply is not for HTTP/2");
            };
            let mut response = Response::builder().status(status);
            for (name, value) in headers {
                response = response.header(name, value);
            }
            hyper::Result::Ok(response.body(Full::<Bytes>::from(body)).unwrap())
        }
    });
    http2::Builder::new(TokioExecutor::new())
        .serve_connection(stream, service)
        .await
        .map_err(io::Error::other)
}

fn serve_tls(stream: TcpStream, shared: &Shared, host: &str) -> io::Result<()> {
    let connection = ServerConnection::new(Arc::clone(&shared.config)).map_err(io::Error::other)?;
    let mut stream = BufReader::new(StreamOwned::new(connection, stream));
    while let Some(asked) = read_request(&mut stream, host)? {
        shared.note(|seen| seen.requests.push(asked.clone()));
        let is_head = asked.method == "HEAD";
        match (shared.handler)(&asked) {
            Reply::Raw(write) => {
                write(stream.get_mut())?;
                stream.get_mut().flush()?;
                stream.get_mut().conn.send_close_notify();
                return stream.get_mut().flush();
            }
            Reply::Reset(bytes) => {
                stream.get_mut().write_all(&bytes)?;
                stream.get_mut().flush()?;
                let socket = socket2::SockRef::from(&stream.get_ref().sock);
                return socket.set_linger(Some(Duration::ZERO));
            }
            Reply::Answer {
                status,
                headers,
                body,
            } => {
                let mut answer = format!("HTTP/1.1 {status} Answer\r\n").into_bytes();
                for (name, value) in &headers {
                    answer.extend_from_slice(format!("{name}: {value}\r\n").as_bytes());
                }
                if status != 204 {
                    answer.extend_from_slice(
                        format!("content-length: {}\r\n", body.len()).as_bytes(),
                    );
                }
                answer.extend_from_slice(b"\r\n");
                if !is_head {
                    answer.extend_from_slice(&body);
                }
                stream.get_mut().write_all(&answer)?;
                stream.get_mut().flush()?;
            }
        }
    }
    Ok(())
}

/// Reads byte by byte, so that nothing after the head is consumed.
fn read_head(stream: &mut TcpStream) -> io::Result<String> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") && head.len() < 64 * 1024 {
        stream.read_exact(&mut byte)?;
        head.push(byte[0]);
    }
    Ok(String::from_utf8_lossy(&head).into_owned())
}

fn read_request(stream: &mut impl BufRead, host: &str) -> io::Result<Option<Asked>> {
    let mut line = String::new();
    if stream.read_line(&mut line)? == 0 {
        return Ok(None);
    }
    let mut words = line.split_ascii_whitespace();
    let mut word = || words.next().unwrap_or_default().to_owned();
    let (method, path) = (word(), word());
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        stream.read_line(&mut line)?;
        let Some((name, value)) = line.trim_end().split_once(':') else {
            break;
        };
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let length = headers
        .iter()
        .find(|(name, _)| name == "content-length")
        .and_then(|(_, value)| value.parse().ok())
        .unwrap_or(0);
    let is_chunked = headers
        .iter()
        .any(|(name, value)| name == "transfer-encoding" && value == "chunked");
    let mut body = vec![0; length];
    if is_chunked {
        body = read_chunks(stream)?;
    } else {
        stream.read_exact(&mut body)?;
    }
    Ok(Some(Asked {
        host: host.to_owned(),
        method,
        path,
        headers,
        body,
    }))
}

fn read_chunks(stream: &mut impl BufRead) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let mut line = String::new();
        stream.read_line(&mut line)?;
        let size = usize::from_str_radix(line.trim(), 16).map_err(io::Error::other)?;
        let start = body.len();
        body.resize(start + size, 0);
        stream.read_exact(&mut body[start..])?;
        stream.read_line(&mut String::new())?;
        if size == 0 {
            return Ok(body);
        }
    }
}

/// A private CA that signs a certificate for any requested name.
struct Authority {
    issuer: Issuer<'static, KeyPair>,
    der: Vec<u8>,
    oddity: Oddity,
    /// Cached by name, because signing takes longer than the rest of a handshake.
    made: Mutex<HashMap<String, Arc<CertifiedKey>>>,
}

impl Authority {
    fn new(oddity: Oddity) -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params
            .distinguished_name
            .push(DnType::CommonName, "private authority of a test");
        let der = params.self_signed(&key).unwrap().der().to_vec();
        Self {
            issuer: Issuer::new(params, key),
            der,
            oddity,
            made: Mutex::default(),
        }
    }

    fn certificate_for(&self, name: &str) -> CertifiedKey {
        let name = match self.oddity {
            Oddity::WrongName => "elsewhere.example",
            _ => name,
        };
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        if self.oddity == Oddity::Expired {
            params.not_before = date_time_ymd(2019, 1, 1);
            params.not_after = date_time_ymd(2020, 1, 1);
        }
        let key = KeyPair::generate().unwrap();
        let mut chain = vec![CertificateDer::from(self.der.clone())];
        let certificate = if self.oddity == Oddity::BadChain {
            let between = CertificateParams::new(vec!["between.example".to_owned()]).unwrap();
            let its_key = KeyPair::generate().unwrap();
            let its_own = between.signed_by(&its_key, &self.issuer).unwrap();
            chain.insert(0, its_own.der().clone());
            params
                .signed_by(&key, &Issuer::new(between, its_key))
                .unwrap()
        } else {
            params.signed_by(&key, &self.issuer).unwrap()
        };
        chain.insert(0, certificate.der().clone());
        let secret = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        CertifiedKey::new(
            chain,
            rustls::crypto::ring::sign::any_supported_type(&secret).unwrap(),
        )
    }
}

impl std::fmt::Debug for Authority {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Authority")
    }
}

impl ResolvesServerCert for Authority {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let name = hello.server_name()?.to_owned();
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        let made = made
            .entry(name)
            .or_insert_with_key(|name| Arc::new(self.certificate_for(name)));
        Some(Arc::clone(made))
    }
}

fn pem(der: &[u8]) -> String {
    let text = base64::engine::general_purpose::STANDARD.encode(der);
    let mut pem = String::from("-----BEGIN CERTIFICATE-----\n");
    for line in text.as_bytes().chunks(64) {
        pem.push_str(std::str::from_utf8(line).unwrap());
        pem.push('\n');
    }
    pem.push_str("-----END CERTIFICATE-----\n");
    pem
}
