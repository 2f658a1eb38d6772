//! Hostile texts from every source of the dashboard: the terminal gets only intended bytes, and every frame is complete.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};

use aemkeys::app::{Clock, Index, demo_context};
use aemkeys::tui::App;
use aemkeys::tui::message::Event;
use aemkeys::tui::print::{FrameFormat, FrameRequest, run_keys};
use aemkeys_core::credential::{Code, Problem};
use aemkeys_core::environment::Name;
use serde_json::{Value, json};

use super::fixture::{Dashboard, index, now, settings};
use super::safety::assert_printable;
use super::terminal_bytes::{assert_frames_whole, assert_meant, assert_shown_as_meant, drawn};
use crate::support::hostile_texts::{hostile_json, hostile_texts};

const SIZES: [(u16, u16); 3] = [(120, 30), (80, 24), (40, 10)];

fn check(model: &App, what: &str) {
    let bytes = drawn(model);
    assert_meant(&bytes, what);
    assert_shown_as_meant(model, &bytes, what);
    assert_frames_whole(model, what);
}

/// As another program may have written it: every free text is `text`.
fn index_with(text: &str) -> Index {
    let mut value = serde_json::to_value(index()).unwrap();
    for environment in value["environments"].as_array_mut().unwrap() {
        environment["customer"] = json!(text);
        environment["notes"] = json!(format!("{text}\n{text}"));
        environment["console_url"] = json!(text);
        for identity in environment["identities"].as_array_mut().unwrap() {
            identity["identity"]["used_by"] = json!([{ "name": text }]);
            identity["imported_from"] = json!(text);
            for test in identity["last_test"].as_array_mut().unwrap() {
                for field in ["host", "verdict", "user"] {
                    test[field] = json!(text);
                }
            }
            if let Value::Object(credential) = &mut identity["credential"] {
                for field in [
                    "client_id",
                    "technical_account_id",
                    "technical_account_email",
                    "org",
                    "ims_host",
                ] {
                    credential.insert(field.to_owned(), json!(text));
                }
                credential.insert("scopes".to_owned(), json!([text]));
            }
        }
    }
    for environment in value["environments"].as_array().unwrap().clone() {
        let id = environment["id"].as_str().unwrap();
        value["recent_paths"][id] = json!([text, format!("/{text}")]);
    }
    let mut read: Index = serde_json::from_value(value).unwrap();
    // Names are refused or stay as they are.
    if let Ok(name) = Name::parse(text) {
        for (at, environment) in read.environments_mut().enumerate() {
            if at > 1 {
                environment.name = name.clone();
                for identity in &mut environment.identities {
                    identity.identity.label = name.clone();
                }
            }
        }
    }
    read
}

/// Every text at some of the places, every place with some texts of each class.
fn in_turn<'a>(places: &'a [&'a str], at: usize) -> impl Iterator<Item = &'a str> {
    let steps = places.len() / 3;
    places.iter().copied().skip(at % steps).step_by(steps)
}

#[test]
fn hostile_texts_in_the_list() {
    const PLACES: [&str; 12] = [
        "",
        "jjjj",
        "jj<enter>",
        "jj<enter>G",
        "2",
        "jje",
        "jjo",
        "jjD",
        "jjT",
        "jjC",
        "jjR",
        "jjp",
    ];
    for (at, (class, text)) in hostile_texts().iter().enumerate() {
        let index = index_with(text);
        let (columns, rows) = SIZES[at % SIZES.len()];
        for keys in in_turn(&PLACES, at) {
            let mut d = Dashboard::with(index.clone(), settings(), columns, rows);
            d.keys(keys);
            check(
                &d.model,
                &format!("{class} {text:.40?} {keys} {columns}x{rows}"),
            );
        }
    }
}

#[test]
fn hostile_texts_pasted_and_typed() {
    const PLACES: [&str; 9] = [
        "/",
        "je",
        "je<tab><tab><tab>",
        "a",
        "jT",
        ":",
        "?",
        "jDG<enter>",
        "jt/",
    ];
    for (at, (class, text)) in hostile_texts().iter().enumerate() {
        let (columns, rows) = SIZES[at / 3 % SIZES.len()];
        for keys in in_turn(&PLACES, at) {
            let what = format!("{class} {text:.40?} {keys} {columns}x{rows}");
            let mut d = Dashboard::new(columns, rows);
            d.keys(keys);
            d.send(Event::Paste(text.as_str().into()));
            check(&d.model, &format!("pasted {what}"));
            let mut d = Dashboard::new(columns, rows);
            d.keys(keys);
            for letter in text.chars().filter(|letter| !letter.is_control()).take(30) {
                d.send(Event::Key(aemkeys::tui::keymap::KeyPress::letter(letter)));
            }
            check(&d.model, &format!("typed {what}"));
        }
    }
}

/// What Adobe's hosts answer from now on: status, headers, body.
type Answer = Arc<Mutex<(u16, Vec<u8>, Vec<u8>)>>;

/// A server that says the same to every request.
fn server(answer: Answer) -> std::net::SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let answer = answer.clone();
            std::thread::spawn(move || {
                let mut stream = stream;
                let mut asked = Vec::new();
                let mut part = [0; 8192];
                while !is_whole(&asked) {
                    match stream.read(&mut part) {
                        Ok(0) | Err(_) => return,
                        Ok(read) => asked.extend_from_slice(&part[..read]),
                    }
                }
                let (status, headers, body) = answer.lock().unwrap().clone();
                let mut reply = format!(
                    "HTTP/1.1 {status} x\r\nConnection: close\r\nContent-Length: {}\r\n",
                    body.len()
                )
                .into_bytes();
                reply.extend(headers);
                reply.extend(b"\r\n");
                reply.extend(body);
                let _ = stream.write_all(&reply);
            });
        }
    });
    address
}

/// Head and body have arrived.
fn is_whole(asked: &[u8]) -> bool {
    let text = String::from_utf8_lossy(asked);
    let Some((head, body)) = text.split_once("\r\n\r\n") else {
        return false;
    };
    let length = head
        .lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .and_then(|(_, value)| value.trim().parse::<usize>().ok());
    body.len() >= length.unwrap_or(0)
}

/// As far as HTTP lets it into a header.
fn header_value(text: &str) -> Vec<u8> {
    text.bytes()
        .filter(|byte| !matches!(byte, 0..0x20 | 0x7f))
        .take(2000)
        .collect()
}

#[test]
fn hostile_texts_in_answers_of_servers() {
    let answer: Answer = Arc::default();
    let address = server(answer.clone());
    let mut demo = aemkeys::cli::demo::start(Clock::fixed(now())).unwrap();
    demo.context.http = demo_context(address, Clock::fixed(now())).http;
    let bodies = hostile_texts()
        .into_iter()
        .map(|(class, text)| {
            let json = json!({
                "authorizableId": text, "home": text, "error": text, "error_description": text,
                "memberOf": [{ "authorizableId": text }, { "authorizableId": text }],
            });
            (class, text, json.to_string())
        })
        .chain(
            hostile_json()
                .into_iter()
                .map(|json| ("JSON", json.clone(), json)),
        );
    for (at, (class, text, json)) in bodies.enumerate() {
        let (columns, rows) = SIZES[at % SIZES.len()];
        let mut headers = b"X-Debug-Id: ".to_vec();
        headers.extend(header_value(&text));
        headers.extend(b"\r\nLocation: ");
        headers.extend(header_value(&text));
        headers.extend(b"\r\nWWW-Authenticate: ");
        headers.extend(header_value(&text));
        headers.extend(b"\r\nContent-Type: application/json\r\n");
        // A refused exchange with its errors page; a test call signed in, redirected, forbidden, with text alone.
        let shown = [
            (400, json.clone(), "/brand-stage<enter>xE"),
            (200, json.clone(), "/brand-stage<enter>t"),
            (302, text.clone(), "/brand-stage<enter>t"),
            (403, text.clone(), "/brand-stage<enter>t<enter>"),
        ];
        let (status, body, keys) = &shown[at % shown.len()];
        *answer.lock().unwrap() = (*status, headers, body.clone().into_bytes());
        let request = FrameRequest {
            columns,
            rows,
            keys: (*keys).to_owned(),
            format: FrameFormat::Text,
        };
        let frame = run_keys(&demo.context, settings(), &request).unwrap();
        assert_printable(&frame);
        let what = format!("{class} {text:.40?} {status} {columns}x{rows}");
        let (left, right) = (0, columns - 1);
        for y in 1..rows - 2 {
            for x in [left, right] {
                let symbol = frame.buffer[(x, y)].symbol();
                assert!(
                    "╭╮│┃╰╯".contains(symbol) && symbol != " ",
                    "{what}: row {y}, column {x}\n{}",
                    frame.text()
                );
            }
        }
        for letter in frame.text().chars().filter(|letter| *letter != '\n') {
            assert!(
                crate::support::hostile_texts::is_harmless(letter),
                "{what}: {letter:?} is drawn"
            );
        }
    }
}

#[test]
fn hostile_texts_in_settings_themes_and_activity() {
    use aemkeys::app::Configuration;
    use aemkeys::tui::theme::{GlyphSet, Theme};
    for (class, text) in hostile_texts() {
        let quoted = Value::String(text.clone()).to_string();
        let mut told = Vec::new();
        for configuration in [
            format!("theme = {quoted}\n{quoted} = {quoted}\nstorage = {quoted}\n"),
            text.clone(),
            format!("[keys]\n{quoted} = {quoted}\n"),
            format!("[thresholds]\n{quoted} = {quoted}\n"),
        ] {
            match Configuration::parse(&configuration) {
                Ok(read) => {
                    if let Err(problems) = aemkeys::tui::keymap::Keymap::configured(&read.keys) {
                        let problems = problems.iter();
                        told.extend(
                            problems.map(|it| Problem::new(Code::BadKeymap, it.to_string())),
                        );
                    }
                }
                Err(problems) => told.extend(problems),
            }
        }
        let mut words: Vec<String> = told
            .iter()
            .flat_map(|problem| {
                [
                    Some(problem.message.clone()),
                    problem.cause.clone(),
                    problem
                        .next_step
                        .as_ref()
                        .map(aemkeys_core::credential::Guidance::in_shell),
                ]
            })
            .flatten()
            .collect();
        for theme in [
            format!("{quoted} = {quoted}\nfine = {quoted}\n"),
            text.clone(),
        ] {
            words.extend(
                Theme::own(&theme, GlyphSet::Unicode)
                    .err()
                    .into_iter()
                    .flatten()
                    .map(|mistake| mistake.why),
            );
        }
        let line = json!({ "at": now(), "tone": "fine", "text": text }).to_string();
        let done: aemkeys::app::activity::ActivityEntry = serde_json::from_str(&line).unwrap();
        words.push(done.text);
        for word in words {
            for letter in word.chars() {
                assert!(
                    crate::support::hostile_texts::is_harmless(letter),
                    "{class} {text:.40?}: {letter:?} in {word:.200?}"
                );
            }
        }
    }
}
