//! The simulator answering for Adobe's hosts, behind a private CA and a CONNECT proxy.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};

use aemkeys_simulator::Now;
use aemkeys_simulator::Simulator;
use aemkeys_simulator::demo::{Demo, Input, demo};
use jiff::Timestamp;

use super::https_mock::{Asked, HttpsMock, Reply};

pub struct SimulatedAdobe {
    pub mock: HttpsMock,
    pub simulator: Simulator,
    /// The files of the demo's identities, by `environment/label`.
    pub files: Vec<(String, Vec<u8>)>,
}

impl SimulatedAdobe {
    /// Starts the simulator, which handles the requests that `instead` does not.
    pub fn start(
        clock: Now,
        instead: impl Fn(&Asked) -> Option<Reply> + Send + Sync + 'static,
    ) -> Self {
        let Demo {
            identities,
            mut configuration,
            rotations,
        } = demo(Timestamp::now(), clock);
        configuration.latency = std::time::Duration::ZERO;
        let simulator = Simulator::start(configuration).unwrap();
        let address = simulator.address();
        let mock = HttpsMock::start(move |asked| {
            instead(asked).unwrap_or_else(|| forward(address, asked))
        });
        let mut files: Vec<(String, Vec<u8>)> = identities
            .into_iter()
            .filter_map(|identity| match identity.input {
                Input::File(bytes) => Some((
                    format!(
                        "{}/{}",
                        identity.environment,
                        identity.label.unwrap_or_default()
                    ),
                    bytes,
                )),
                Input::LocalSdk => None,
            })
            .collect();
        files.extend(rotations.into_iter().map(|(name, file)| {
            let name = match name {
                "wknd-stage" => "renewal/".to_owned(),
                other => format!("renewal/{other}"),
            };
            (name, file)
        }));
        Self {
            mock,
            simulator,
            files,
        }
    }
}

/// Forwards a request that came through TLS to the simulator, with its original host.
fn forward(simulator: SocketAddr, asked: &Asked) -> Reply {
    let mut stream = TcpStream::connect(simulator).unwrap();
    let mut head = format!(
        "{} {} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n",
        asked.method, asked.path, asked.host
    );
    for (name, value) in &asked.headers {
        if !matches!(
            name.as_str(),
            "host" | "connection" | "content-length" | "accept-encoding"
        ) {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
    }
    head.push_str(&format!("content-length: {}\r\n\r\n", asked.body.len()));
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(&asked.body).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let end = answer.windows(4).position(|w| w == b"\r\n\r\n").unwrap();
    let head = String::from_utf8_lossy(&answer[..end]).into_owned();
    let mut lines = head.lines();
    let status = lines
        .next()
        .unwrap()
        .split(' ')
        .nth(1)
        .unwrap()
        .parse()
        .unwrap();
    let headers: Vec<(&str, &str)> = lines
        .filter_map(|line| line.split_once(": "))
        .filter(|(name, _)| {
            !matches!(
                name.to_ascii_lowercase().as_str(),
                "content-length" | "transfer-encoding" | "connection"
            )
        })
        .collect();
    Reply::new(status, &headers, &answer[end + 4..])
}
