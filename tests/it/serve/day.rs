//! A day of requests with tokens that expire in between, in this process and by a clock that is moved.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

use aemkeys::app::add::{AddOptions, Added};
use aemkeys::app::forward::ForwardTarget;
use aemkeys::app::{AppContext, Clock, add, demo_context};
use aemkeys::serve::accept::Entrance;
use aemkeys::serve::{Server, listener, run};
use aemkeys_core::credential::detect;
use aemkeys_core::environment::{EnvironmentType, Name, Tier};
use aemkeys_simulator::fixtures::ServiceAccount;
use aemkeys_simulator::{Simulator, SimulatorConfiguration};
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

const PATH: &str = "/libs/granite/security/currentuser.json";

struct Day {
    clock: Clock,
    start: Timestamp,
    simulator: Simulator,
    context: AppContext,
    identity: Uuid,
}

impl Day {
    async fn with_tokens(lifetime: Duration) -> Self {
        let start = Timestamp::now();
        let clock = Clock::fixed(start);
        let mut account =
            ServiceAccount::new("p1-e2", 0, start + SignedDuration::from_hours(300 * 24));
        account.token_lifetime = lifetime;
        let simulated = clock.clone();
        let configuration = SimulatorConfiguration {
            now: Arc::new(move || simulated.now()),
            ..SimulatorConfiguration::default().client(account.client())
        };
        let simulator = Simulator::start(configuration).unwrap();
        let context = demo_context(simulator.address(), clock.clone());
        let options = AddOptions {
            name: Some(Name::parse("wknd-stage").unwrap()),
            environment_type: Some(EnvironmentType::Stage),
            ..AddOptions::default()
        };
        let added = add::store(&context, detect(&account.file()).unwrap(), options).await;
        let Added::Stored { identity, .. } = added.unwrap() else {
            panic!("it was there already");
        };
        Self {
            clock,
            start,
            simulator,
            context,
            identity,
        }
    }

    /// The exchanges that were tried.
    fn exchanges(&self) -> usize {
        let all = self.simulator.seen();
        all.iter()
            .filter(|it| it.path_and_query.starts_with("/ims/exchange"))
            .count()
    }

    fn target(&self) -> impl Future<Output = ForwardTarget> {
        let (context, identity) = (self.context.clone(), self.identity);
        async move {
            let open = ForwardTarget::open(&context, identity, Tier::Author, None);
            open.await.unwrap()
        }
    }
}

#[tokio::test]
async fn no_request_of_a_day_fails() {
    let day = Day::with_tokens(Duration::from_hours(7)).await;
    let (mut listeners, port) = listener::on_port(0).await.unwrap();
    let entrance = Entrance {
        port: Some(port),
        labels: vec!["wknd-stage".to_owned()],
        secret: None,
    };
    let server = Server::new(entrance, &day.context, vec![day.target().await], |_| ());
    listeners.truncate(1);
    let (end, ended) = tokio::sync::oneshot::channel::<()>();
    let running = tokio::spawn(run(server, listeners, async {
        let _ended = ended.await;
    }));
    let (clock, start) = (day.clock.clone(), day.start);
    let asking = tokio::task::spawn_blocking(move || {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
        for minute in 0..24 * 60 {
            clock.set(start + SignedDuration::from_mins(minute));
            let request = format!("GET {PATH} HTTP/1.1\r\nhost: localhost:{port}\r\n\r\n");
            stream.write_all(request.as_bytes()).unwrap();
            let mut answer = Vec::new();
            let mut chunk = [0; 4096];
            while !answer.ends_with(b"}") {
                let count = stream.read(&mut chunk).unwrap();
                assert_ne!(count, 0, "minute {minute}");
                answer.extend_from_slice(&chunk[..count]);
            }
            let answer = String::from_utf8(answer).unwrap();
            assert!(answer.starts_with("HTTP/1.1 200 "), "{minute} {answer}");
            assert!(answer.contains("techacct"), "{minute} {answer}");
        }
    });
    asking.await.unwrap();
    assert_eq!(day.exchanges(), 4, "one at the start and three renewals");
    end.send(()).unwrap();
    running.await.unwrap();
}

#[tokio::test]
async fn a_refused_token_is_replaced_once_ims_works_again() {
    let day = Day::with_tokens(Duration::from_hours(24)).await;
    let target = day.target().await;
    let refused = target.pass().await.unwrap();
    day.simulator.fail(
        aemkeys_simulator::FaultTarget::path("/ims/exchange"),
        aemkeys_simulator::Fault::Answer {
            status: 400,
            headers: Vec::new(),
            body: br#"{"error":"invalid_client"}"#.to_vec(),
        },
        1,
    );
    assert!(target.replace(&refused).await.is_err());
    assert!(target.replace(&refused).await.unwrap().is_none());
    day.clock.set(day.start + SignedDuration::from_secs(31));
    let other = target.replace(&refused).await.unwrap().unwrap();
    assert!(other.token() != refused.token());
    // That one is refused, too.
    day.clock.set(day.start + SignedDuration::from_mins(9));
    assert!(target.replace(&other).await.unwrap().is_none());
}

#[tokio::test]
async fn a_token_that_still_lasts_is_used_while_ims_fails() {
    let day = Day::with_tokens(Duration::from_hours(24)).await;
    let target = day.target().await;
    let first = target.pass().await.unwrap().token();
    day.simulator.fail(
        aemkeys_simulator::FaultTarget::path("/ims/exchange"),
        aemkeys_simulator::Fault::Answer {
            status: 400,
            headers: Vec::new(),
            body: br#"{"error":"invalid_client"}"#.to_vec(),
        },
        u32::MAX,
    );
    let minutes_left = |minutes| {
        let end = day.start + SignedDuration::from_hours(24);
        day.clock.set(end - SignedDuration::from_mins(minutes));
    };
    minutes_left(9);
    let before = day.exchanges();
    for _ in 0..10 {
        assert!(target.pass().await.unwrap().token() == first);
    }
    assert_eq!(
        day.exchanges(),
        before + 1,
        "tried once, then after a pause"
    );
    minutes_left(8);
    assert!(target.pass().await.unwrap().token() == first);
    assert_eq!(day.exchanges(), before + 2);
    minutes_left(-1);
    assert!(target.pass().await.is_err());
}
