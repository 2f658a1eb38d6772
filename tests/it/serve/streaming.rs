//! Bodies of any size and speed, in bounded memory.

use std::io::{Read, Write};
use std::time::Duration;

use super::{AUTHOR, Served, at_aem, prepare, sandbox, status};
use crate::support::https_mock::Reply;
use crate::support::sandbox::Sandbox;

const MIB: usize = 1024 * 1024;
const SIZE: usize = 64 * MIB;

/// Bytes that differ from block to block.
fn block(number: usize) -> Vec<u8> {
    (0..MIB)
        .map(|at| (at * 31 + number * 7).to_le_bytes()[0])
        .collect()
}

/// The most memory that the process has used, in KiB.
fn peak(served: &Served) -> usize {
    let path = format!("/proc/{}/status", served.child.id());
    let text = std::fs::read_to_string(path).unwrap();
    let line = text
        .lines()
        .find(|line| line.starts_with("VmHWM:"))
        .unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

#[test]
fn a_large_download_and_upload_pass_unchanged_in_bounded_memory() {
    let sandbox = Sandbox::answering(|asked| {
        if asked.host != AUTHOR {
            return None;
        }
        if asked.method == "PUT" {
            let same = asked
                .body
                .chunks(MIB)
                .enumerate()
                .all(|(n, it)| it == block(n));
            return Some(Reply::new(if same { 201 } else { 500 }, &[], ""));
        }
        Some(Reply::raw(|out| {
            out.write_all(format!("HTTP/1.1 200 OK\r\ncontent-length: {SIZE}\r\n\r\n").as_bytes())?;
            (0..SIZE / MIB).try_for_each(|number| out.write_all(&block(number)))
        }))
    });
    prepare(&sandbox);
    let served = Served::start(&sandbox, &["wknd-stage"]);
    served.ask("HEAD", "/warm", &[], "");
    let before = peak(&served);
    let head = |method: &str, rest: &str| {
        format!(
            "{method} /{}/big HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n{rest}\r\n",
            served.secret, served.host
        )
    };
    let mut stream = served.connect();
    stream.write_all(head("GET", "").as_bytes()).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let start = answer.windows(4).position(|it| it == b"\r\n\r\n").unwrap() + 4;
    assert_eq!(answer.len() - start, SIZE);
    for (number, part) in answer[start..].chunks(MIB).enumerate() {
        assert!(part == block(number), "block {number}");
    }
    let mut stream = served.connect();
    let length = format!("content-length: {SIZE}\r\nexpect: 100-continue\r\n");
    stream.write_all(head("PUT", &length).as_bytes()).unwrap();
    let mut proceed = [0; 25];
    stream.read_exact(&mut proceed).unwrap();
    assert_eq!(&proceed, b"HTTP/1.1 100 Continue\r\n\r\n");
    for number in 0..SIZE / MIB {
        stream.write_all(&block(number)).unwrap();
    }
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert_eq!(status(&answer), 201, "{answer}");
    let asked = at_aem(&sandbox).pop().unwrap();
    assert_eq!(asked.body.len(), SIZE);
    assert_eq!(asked.header("expect"), None);
    let grown = peak(&served) - before;
    assert!(grown < 8 * 1024, "{grown} KiB more than before");
}

#[test]
fn events_arrive_as_they_are_sent() {
    let (sender, receiver) = std::sync::mpsc::channel::<()>();
    let receiver = std::sync::Arc::new(std::sync::Mutex::new(receiver));
    let sandbox = Sandbox::answering(move |asked| {
        let receiver = receiver.clone();
        (asked.host == AUTHOR).then(|| {
            Reply::raw(move |out| {
                out.write_all(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n")?;
                for number in 0..3 {
                    out.write_all(format!("9\r\ndata: {number}\n\n\r\n").as_bytes())?;
                    out.flush()?;
                    // The next event is sent after this one has arrived.
                    let wait = Duration::from_secs(30);
                    receiver.lock().unwrap().recv_timeout(wait).unwrap();
                }
                out.write_all(b"0\r\n\r\n")
            })
        })
    });
    prepare(&sandbox);
    let served = Served::start(&sandbox, &["wknd-stage"]);
    let mut stream = served.connect();
    let request = format!(
        "GET /{}/events HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n\r\n",
        served.secret, served.host
    );
    stream.write_all(request.as_bytes()).unwrap();
    let mut got = String::new();
    let mut part = [0; 1024];
    for number in 0..3 {
        while !got.contains(&format!("data: {number}\n\n")) {
            let count = stream.read(&mut part).unwrap();
            assert_ne!(count, 0, "{got}");
            got.push_str(std::str::from_utf8(&part[..count]).unwrap());
        }
        sender.send(()).unwrap();
    }
    stream.read_to_string(&mut got).unwrap();
    assert!(got.ends_with("0\r\n\r\n"), "{got}");
}

#[test]
fn a_connection_serves_many_requests_and_so_does_the_one_to_aem() {
    let sandbox = sandbox();
    let served = Served::start(&sandbox, &["wknd-stage"]);
    let mut stream = served.connect();
    for number in 0..20 {
        let request = format!(
            "HEAD /{}/x{number} HTTP/1.1\r\nhost: {}\r\n\r\n",
            served.secret, served.host
        );
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = Vec::new();
        let mut byte = [0];
        while !answer.ends_with(b"\r\n\r\n") {
            stream.read_exact(&mut byte).unwrap();
            answer.push(byte[0]);
        }
        assert!(answer.starts_with(b"HTTP/1.1 "));
    }
    assert_eq!(at_aem(&sandbox).len(), 20);
    let connects = sandbox.mock.connects();
    let to_aem = connects.iter().filter(|it| it.contains(AUTHOR));
    assert_eq!(to_aem.count(), 1);
}

#[test]
fn ctrl_c_ends_it_while_a_response_is_on_its_way() {
    let sandbox = Sandbox::answering(|asked| {
        (asked.host == AUTHOR).then(|| {
            Reply::raw(|out| {
                out.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf")?;
                out.flush()?;
                std::thread::sleep(Duration::from_mins(1));
                Ok(())
            })
        })
    });
    prepare(&sandbox);
    let served = Served::start(&sandbox, &["wknd-stage"]);
    let mut stream = served.connect();
    let request = format!(
        "GET /{}/x HTTP/1.1\r\nhost: {}\r\n\r\n",
        served.secret, served.host
    );
    stream.write_all(request.as_bytes()).unwrap();
    let mut got = Vec::new();
    while !got.ends_with(b"half") {
        let mut byte = [0];
        stream.read_exact(&mut byte).unwrap();
        got.push(byte[0]);
    }
    served.end();
}
