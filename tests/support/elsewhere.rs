//! Redirect targets: all ways in which a `Location` can point to another host, and loopback listeners that record every
//! byte they receive.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

/// The status codes of redirects.
pub const STATUSES: [u16; 5] = [301, 302, 303, 307, 308];

/// A path on the right host that redirects to the trap.
pub const SECOND_HOP: &str = "/second-hop";

/// A listener that no request may reach, on IPv4 and, if available, IPv6. It responds with success.
pub struct Trap {
    pub port: u16,
    caught: Arc<Mutex<Vec<u8>>>,
}

impl Trap {
    pub fn set() -> Self {
        let caught = Arc::default();
        let port = listen((Ipv4Addr::LOCALHOST, 0).into(), &caught).unwrap();
        // A machine without IPv6 cannot be led there either.
        let _no_ipv6 = listen((Ipv6Addr::LOCALHOST, port).into(), &caught);
        Self { port, caught }
    }

    /// Returns everything that was received, with one byte for a connection that sent nothing.
    pub fn caught(&self) -> Vec<u8> {
        self.caught
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

fn listen(address: SocketAddr, caught: &Arc<Mutex<Vec<u8>>>) -> std::io::Result<u16> {
    let listener = TcpListener::bind(address)?;
    let port = listener.local_addr()?.port();
    let caught = Arc::clone(caught);
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let caught = Arc::clone(&caught);
            thread::spawn(move || {
                let keep = |bytes: &[u8]| {
                    let mut caught = caught.lock().unwrap_or_else(PoisonError::into_inner);
                    caught.extend_from_slice(bytes);
                };
                keep(b"!");
                let mut buffer = [0; 4096];
                while let Ok(count @ 1..) = stream.read(&mut buffer) {
                    keep(&buffer[..count]);
                    let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}";
                    if stream.write_all(answer).is_err() {
                        break;
                    }
                }
            });
        }
    });
    Ok(port)
}

/// Returns the name of each kind of target, and the `Location` that leads there from `host`.
pub fn locations(host: &str, trap: u16) -> Vec<(&'static str, String)> {
    vec![
        ("other host", "https://evil.example/collect".into()),
        (
            "other host, other path length",
            "https://evil.example".into(),
        ),
        (
            "another of Adobe's",
            "https://evil.adobelogin.com/collect".into(),
        ),
        ("look-alike suffix", format!("https://{host}.evil.example/")),
        ("look-alike prefix", format!("https://evil-{host}/")),
        ("other port", format!("https://{host}:8443/collect")),
        (
            "other port of this computer",
            format!("http://127.0.0.1:{trap}/collect"),
        ),
        ("other scheme", format!("http://{host}/collect")),
        (
            "other scheme, same port",
            format!("http://{host}:443/collect"),
        ),
        ("no web scheme", format!("ftp://{host}/collect")),
        ("a file", "file:///etc/passwd".into()),
        (
            "user info of the right host",
            format!("https://{host}@evil.example/collect"),
        ),
        (
            "user info of the trap",
            format!("http://{host}:443@127.0.0.1:{trap}/"),
        ),
        ("user info", format!("https://anna:word@{host}/collect")),
        (
            "IDN",
            format!("https://{}/", host.replacen('a', "\u{430}", 1)),
        ),
        ("IDN, encoded", format!("https://xn--{host}/")),
        (
            "IDN, full-width dot",
            "https://ims-na1.adobelogin\u{3002}com.evil.example/".into(),
        ),
        ("trailing dot", format!("https://{host}./collect")),
        ("upper case", format!("HTTPS://EVIL.{host}/collect")),
        ("IPv4", format!("https://127.0.0.1:{trap}/collect")),
        ("IPv4 as one number", format!("http://2130706433:{trap}/")),
        ("IPv4 in hexadecimal", format!("http://0x7f.1:{trap}/")),
        ("IPv6", format!("http://[::1]:{trap}/collect")),
        (
            "IPv4 in IPv6",
            format!("http://[::ffff:127.0.0.1]:{trap}/collect"),
        ),
        (
            "a name of this computer",
            format!("http://localhost:{trap}/"),
        ),
        ("no scheme", "//evil.example/collect".into()),
        ("no scheme, the trap", format!("//127.0.0.1:{trap}/collect")),
        ("backslashes", format!("\\\\127.0.0.1:{trap}\\collect")),
        ("one slash", format!("http:/127.0.0.1:{trap}/collect")),
        ("two hops", SECOND_HOP.into()),
        (
            "two hops with the host",
            format!("https://{host}{SECOND_HOP}"),
        ),
        ("the same again", "?again".into()),
    ]
}
