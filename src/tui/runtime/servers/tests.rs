//! Servers of the dashboard between real connections and the simulator.

use std::sync::Arc;
use std::time::Duration;

use aemkeys_simulator::Simulator;
use aemkeys_simulator::demo::{Input, demo};
use jiff::Timestamp;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc::unbounded_channel;

use super::*;
use crate::app::{Clock, add, demo_context};
use crate::tui::runtime::context::WorkerEvent;
use crate::tui::runtime::desktop::Desktop;
use crate::tui::runtime::undo::HeldUndo;
use aemkeys_core::credential::detect;
use aemkeys_core::environment::Name;

const PATH: &str = "/libs/granite/security/currentuser.json";

/// Sends a request to the port of this host, and returns the response.
async fn ask(host: &str, method: &str, path: &str) -> std::io::Result<String> {
    let port = host.rsplit(':').next().unwrap_or_default();
    let mut stream = TcpStream::connect(format!("127.0.0.1:{port}")).await?;
    let head = format!(
        "{method} {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    Ok(answer)
}

#[tokio::test]
async fn a_server_adds_the_token_logs_requests_and_ends() {
    let set = demo(Timestamp::now(), Arc::new(Timestamp::now));
    let simulator = Simulator::start(set.configuration).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let context = AppContext {
        state_dir: Some(folder.path().to_owned()),
        ..demo_context(simulator.address(), Clock::real())
    };
    let mut identities = Vec::new();
    for known in set.identities {
        let is_wanted = ["wknd-stage", "wknd-prod"].contains(&known.environment);
        if let (true, Input::File(file)) = (is_wanted, known.input) {
            let options = add::AddOptions {
                name: Some(Name::parse(known.environment).unwrap()),
                environment_type: Some(known.environment_type),
                ..add::AddOptions::default()
            };
            let added = add::store(&context, detect(&file).unwrap(), options).await;
            identities.push((known.environment, added.unwrap().identity()));
        }
    }
    let of = |name| identities.iter().find(|(of, _)| *of == name).unwrap().1;
    let (answers, mut events) = unbounded_channel();
    let jobs = JobContext::new(context, Desktop::Still, answers, HeldUndo::default());

    let stage = start(&jobs, of("wknd-stage"), Tier::Author).await.unwrap();
    let production = start(&jobs, of("wknd-prod"), Tier::Author).await.unwrap();
    assert_ne!(stage.host, production.host);
    assert_eq!((stage.is_read_only, production.is_read_only), (false, true));
    let address = jobs
        .servers
        .address(&jobs.context, of("wknd-stage"))
        .unwrap();
    let address = String::from_utf8(address.expose().to_vec()).unwrap();
    let secret = address.strip_prefix(&format!("http://{}", stage.host));
    let secret = secret.unwrap().trim_end_matches('/').to_owned();
    assert!(secret.len() > 30);

    let answer = ask(&stage.host, "GET", &format!("{secret}{PATH}?x=1"))
        .await
        .unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(answer.contains("authorizableId"), "{answer}");
    let without = ask(&stage.host, "GET", PATH).await.unwrap();
    assert!(without.starts_with("HTTP/1.1 401"), "{without}");
    let write = ask(&production.host, "POST", &format!("{secret}/api/assets/x"))
        .await
        .unwrap();
    assert!(write.starts_with("HTTP/1.1 403"), "{write}");
    assert!(write.contains("read-only"), "{write}");

    let mut logged = Vec::new();
    while let Ok(WorkerEvent::Event(event)) = events.try_recv() {
        assert!(!format!("{event:?}").contains(secret.trim_matches('/')));
        if let Event::Served { identity, request } = event {
            logged.push((identity, request.method, request.path, request.status));
        }
    }
    let line = |name, method: &str, path: &str, status| {
        (of(name), method.to_owned(), path.to_owned(), status)
    };
    assert_eq!(
        logged,
        [
            line("wknd-stage", "GET", PATH, 200),
            line("wknd-stage", "GET", PATH, 401),
            line("wknd-prod", "POST", "/api/assets/x", 403),
        ]
    );

    jobs.servers.stop(of("wknd-stage"));
    assert!(
        jobs.servers
            .address(&jobs.context, of("wknd-stage"))
            .is_err()
    );
    let ended = tokio::time::timeout(Duration::from_secs(20), async {
        while TcpStream::connect(stage.host.replace("localhost", "127.0.0.1"))
            .await
            .is_ok()
        {
            tokio::task::yield_now().await;
        }
    });
    ended.await.unwrap();
    // Its port is remembered.
    let again = start(&jobs, of("wknd-stage"), Tier::Author).await.unwrap();
    assert_eq!(again.host, stage.host);
}
