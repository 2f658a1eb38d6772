//! `aemkeys serve`: the real binary between a raw client and a TLS server that records everything it gets.

#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "a test may fail")]

pub mod access;
mod attacks;
mod day;
mod http2;
mod renewal;
mod rewriting;
mod streaming;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::Child;
use std::time::Duration;

use crate::support::https_mock::Asked;
use crate::support::sandbox::Sandbox;

const AUTHOR: &str = "author-p123-e1250.adobeaemcloud.com";

/// A running server.
struct Served {
    child: Child,
    /// `localhost:4592`
    host: String,
    secret: String,
}

impl Served {
    /// Starts it on a free port.
    fn start(sandbox: &Sandbox, arguments: &[&str]) -> Self {
        let all = [&["serve", "--port", "0"], arguments].concat();
        let mut child = sandbox.start(&all);
        let mut line = String::new();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        out.read_line(&mut line).unwrap();
        if !line.starts_with("http://") {
            let mut error = String::new();
            child
                .stderr
                .take()
                .unwrap()
                .read_to_string(&mut error)
                .unwrap();
            panic!("{line:?} {error}");
        }
        Self::at(line.trim(), child)
    }

    /// A server that has printed its address.
    fn at(address: &str, child: Child) -> Self {
        let address = address.strip_prefix("http://").unwrap();
        let (host, secret) = address.split_once('/').unwrap();
        Self {
            host: host.to_owned(),
            secret: secret.trim_end_matches('/').to_owned(),
            child,
        }
    }

    fn connect(&self) -> TcpStream {
        let (_, port) = self.host.rsplit_once(':').unwrap();
        let stream = TcpStream::connect(("127.0.0.1", port.parse().unwrap())).unwrap();
        let limit = Some(Duration::from_secs(30));
        stream.set_read_timeout(limit).unwrap();
        stream.set_write_timeout(limit).unwrap();
        stream
    }

    /// Sends these bytes and returns everything that comes back until the server closes the connection.
    fn raw(&self, bytes: &[u8]) -> String {
        let mut stream = self.connect();
        // The server may have refused it and closed before everything was written.
        let _written = stream.write_all(bytes);
        let mut answer = Vec::new();
        let _ended = stream.read_to_end(&mut answer);
        String::from_utf8_lossy(&answer).into_owned()
    }

    /// Sends a request with these header lines, and the path after the secret.
    fn ask(&self, method: &str, path: &str, headers: &[&str], body: &str) -> String {
        let mut head = format!(
            "{method} /{}{path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n",
            self.secret, self.host
        );
        for header in headers {
            head.push_str(&format!("{header}\r\n"));
        }
        if !body.is_empty() {
            head.push_str(&format!("content-length: {}\r\n", body.len()));
        }
        self.raw(format!("{head}\r\n{body}").as_bytes())
    }

    /// Ends it as Ctrl-C does, and returns what it wrote to standard error.
    fn end(mut self) -> String {
        let id = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(id, rustix::process::Signal::INT).unwrap();
        let mut error = String::new();
        let mut stderr = self.child.stderr.take().unwrap();
        stderr.read_to_string(&mut error).unwrap();
        assert_eq!(self.child.wait().unwrap().code(), Some(0), "{error}");
        error
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new();
    prepare(&sandbox);
    sandbox
}

fn prepare(sandbox: &Sandbox) {
    sandbox.add("wknd-stage/", "stage");
    sandbox.make_reading_cheap();
}

fn status(answer: &str) -> u16 {
    answer
        .split(' ')
        .nth(1)
        .and_then(|it| it.parse().ok())
        .unwrap_or(0)
}

fn header<'a>(answer: &'a str, name: &str) -> Option<&'a str> {
    let head = answer.split("\r\n\r\n").next()?;
    head.lines()
        .filter_map(|line| line.split_once(": "))
        .find(|(it, _)| it.eq_ignore_ascii_case(name))
        .map(|(_, value)| value)
}

/// The requests that AEM got.
fn at_aem(sandbox: &Sandbox) -> Vec<Asked> {
    let mut all = sandbox.mock.requests();
    all.retain(|asked| asked.host.ends_with("adobeaemcloud.com"));
    all
}
