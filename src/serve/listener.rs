//! Where the server listens: a port of this computer, or a Unix socket.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::Path;
use std::pin::Pin;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
#[cfg(unix)]
use tokio::net::UnixListener;

use aemkeys_core::credential::text::clean;
use aemkeys_core::credential::{Code, Problem};

/// A connection of a local program.
pub trait Stream: AsyncRead + AsyncWrite + Send {}
impl<T: AsyncRead + AsyncWrite + Send> Stream for T {}

pub enum Listener {
    Tcp(TcpListener),
    #[cfg(unix)]
    Unix(UnixListener, SocketFile),
}

impl Listener {
    pub(super) async fn accept(&self) -> io::Result<Pin<Box<dyn Stream>>> {
        Ok(match self {
            Self::Tcp(listener) => {
                let (stream, _) = listener.accept().await?;
                stream.set_nodelay(true)?;
                Box::pin(stream)
            }
            #[cfg(unix)]
            Self::Unix(listener, _) => Box::pin(listener.accept().await?.0),
        })
    }
}

/// Listens on this port of 127.0.0.1 and, where there is IPv6, of ::1, because programs choose either for `localhost`. Port 0
/// is any free one. Returns the port.
pub async fn on_port(port: u16) -> Result<(Vec<Listener>, u16), Problem> {
    let first = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await;
    let first = first.map_err(|error| cannot_listen(port, &error))?;
    let port = first.local_addr().map_or(port, |it| it.port());
    let mut listeners = vec![Listener::Tcp(first)];
    match TcpListener::bind(SocketAddr::from((Ipv6Addr::LOCALHOST, port))).await {
        Ok(second) => listeners.push(Listener::Tcp(second)),
        // Another program would get what is meant for this one.
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
            return Err(cannot_listen(port, &error));
        }
        Err(_) => {}
    }
    Ok((listeners, port))
}

fn cannot_listen(port: u16, error: &io::Error) -> Problem {
    let problem = Problem::new(
        Code::NotListening,
        format!("could not listen on port {port}"),
    );
    if error.kind() == io::ErrorKind::AddrInUse {
        problem
            .cause("another program uses it, perhaps another aemkeys")
            .next_step("end that program, or choose another port with `--port`")
    } else {
        problem
            .cause(error.to_string())
            .next_step("choose another port with `--port`")
    }
}

/// The file of a socket, which is removed at the end.
#[cfg(unix)]
pub struct SocketFile(std::path::PathBuf);

#[cfg(unix)]
impl Drop for SocketFile {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// Listens on a Unix socket with mode 0600, in a folder that no other user can enter.
#[cfg(unix)]
pub async fn on_socket(path: &Path) -> Result<Listener, Problem> {
    use std::os::unix::fs::{DirBuilderExt, FileTypeExt, MetadataExt, PermissionsExt};
    let shown = clean(&path.display().to_string(), 300);
    let refuse = |code: Code, cause: &str, next_step: &'static str| {
        Problem::new(code, format!("could not listen on {shown}"))
            .cause(cause)
            .next_step(next_step)
    };
    let another = "choose another path with `--socket`";
    let failed = |error: io::Error| refuse(Code::Usage, &error.to_string(), another);
    let path = std::path::absolute(path).map_err(failed)?;
    let folder = path.parent().unwrap_or(Path::new("/"));
    if !folder.exists() {
        let mut builder = std::fs::DirBuilder::new();
        builder.mode(0o700).create(folder).map_err(failed)?;
    }
    let data = std::fs::metadata(folder).map_err(failed)?;
    if data.mode() & 0o077 != 0 || data.uid() != rustix::process::geteuid().as_raw() {
        return Err(refuse(
            Code::Usage,
            "other users can enter its folder",
            "name a folder that does not exist yet, which is created for you alone",
        ));
    }
    if let Ok(there) = std::fs::symlink_metadata(&path) {
        if !there.file_type().is_socket() {
            return Err(refuse(
                Code::Usage,
                "the file exists and is not a socket",
                another,
            ));
        }
        if tokio::net::UnixStream::connect(&path).await.is_ok() {
            return Err(refuse(
                Code::NotListening,
                "another program listens on it",
                "end that program, or choose another path with `--socket`",
            ));
        }
        // A server that was killed left it behind.
        std::fs::remove_file(&path).map_err(failed)?;
    }
    let listener = UnixListener::bind(&path).map_err(failed)?;
    let file = SocketFile(path);
    let private = std::fs::Permissions::from_mode(0o600);
    std::fs::set_permissions(&file.0, private).map_err(failed)?;
    Ok(Listener::Unix(listener, file))
}

#[cfg(not(unix))]
#[expect(clippy::unused_async, reason = "as on Unix")]
pub async fn on_socket(path: &Path) -> Result<Listener, Problem> {
    let shown = clean(&path.display().to_string(), 300);
    Err(
        Problem::new(Code::NotListening, format!("could not listen on {shown}"))
            .cause("this system has no Unix sockets that aemkeys can use")
            .next_step("leave out `--socket`"),
    )
}
