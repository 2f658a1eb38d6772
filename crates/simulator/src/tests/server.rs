//! The server itself: faults, the record of requests, and its end.

use super::*;

#[test]
fn faults_apply_in_order_and_a_limited_number_of_times() {
    let simulator = started();
    let ask = || ask(&simulator, "GET", IMS, "/ims/x", "", "");
    simulator.fail(FaultTarget::path("/ims/"), Fault::Drop, 1);
    simulator.fail(
        FaultTarget::host(IMS),
        Fault::Throttle {
            retry_after: Some("7".into()),
        },
        2,
    );
    simulator.fail(FaultTarget::host("other"), Fault::Hang, 9);
    assert!(ask().is_none());
    let throttled = ask().unwrap();
    assert_eq!(throttled.status, 429);
    assert!(throttled.head.contains("retry-after: 7"));
    assert_eq!(ask().unwrap().status, 429);
    assert_eq!(ask().unwrap().status, 404);
    simulator.fail(FaultTarget::anywhere(), Fault::CutBody, 1);
    let cut = ask().unwrap();
    assert!(!cut.body.is_empty() && serde_json::from_str::<Value>(&cut.body).is_err());
    simulator.fail(
        FaultTarget::anywhere(),
        Fault::ims(500, "internal_error", "Please try again later"),
        1,
    );
    assert_eq!(refused(&ask().unwrap()).0, 500);
    simulator.fail(FaultTarget::anywhere(), Fault::Flood { bytes: 70_000 }, 1);
    assert_eq!(ask().unwrap().body.len(), 70_000);
    simulator.fail(
        FaultTarget::anywhere(),
        Fault::Redirect {
            to: "https://example.com/".into(),
        },
        1,
    );
    assert_eq!(ask().unwrap().status, 302);
    simulator.fail(FaultTarget::anywhere(), Fault::StaleCache, 1);
    assert!(ask().unwrap().head.contains("age: 120"));
    simulator.fail(
        FaultTarget::anywhere(),
        Fault::Delay(Duration::from_millis(1)),
        1,
    );
    assert_eq!(ask().unwrap().status, 404);
    simulator.fail(FaultTarget::anywhere(), Fault::Hang, 9);
    simulator.heal();
    assert_eq!(ask().unwrap().status, 404);
}

#[test]
fn requests_are_recorded_without_secrets() {
    let simulator = started();
    let token = account().token(now());
    get(&simulator, AUTHOR, WHO_AM_I, text(&token));
    let seen = simulator.seen();
    assert_eq!(seen.len(), 1);
    assert_eq!(seen[0].path_and_query, WHO_AM_I);
    assert_eq!(seen[0].bearer, Some(token.fingerprint()));
    assert!(!format!("{seen:?}").contains(text(&token)));
}

#[test]
fn dropping_the_simulator_frees_the_port_while_a_request_hangs() {
    let simulator = started();
    let address = simulator.address();
    simulator.fail(FaultTarget::anywhere(), Fault::Hang, 1);
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "GET / HTTP/1.1\r\nhost: {IMS}\r\n\r\n").unwrap();
    while simulator.seen().is_empty() {
        std::thread::yield_now();
    }
    drop(simulator);
    assert!(TcpStream::connect(address).is_err());
    let mut rest = Vec::new();
    let _closed = stream.read_to_end(&mut rest);
    assert!(rest.is_empty());
}
