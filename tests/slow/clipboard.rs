//! A copied secret is cleared from the clipboard in time and on every way out, and nothing else is: on a real X server, a real
//! Wayland compositor and a real tmux, with the real binary.
//!
//! Ten rounds of each; `AEMKEYS_CLIPBOARD_ROUNDS` sets another number.

#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "a test may fail")]

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use aemkeys_simulator::fixtures;
use jiff::Timestamp;

use crate::support::clipboards::{Compositor, Screen, Tmux, until};
use crate::support::dashboard::Dashboard;
use crate::support::no_session::NO_SESSION;

const TEXT: &str = "planted-token";
const FOREIGN: &str = "of another";
/// Screens that work at the same time.
const SCREENS: usize = 5;

fn rounds() -> usize {
    let asked = std::env::var("AEMKEYS_CLIPBOARD_ROUNDS");
    asked.map_or(10, |number| number.parse().unwrap())
}

/// The holder, with its order written and its pipe closed.
fn holder(seconds: &str, order: &[u8], variable: (&str, &str)) -> Child {
    let mut child = Command::new(env!("CARGO_BIN_EXE_aemkeys"))
        .args(["hold-clipboard", "--seconds", seconds])
        .env_remove("WAYLAND_DISPLAY")
        .env_remove("SSH_CONNECTION")
        .envs(NO_SESSION)
        .env(variable.0, variable.1)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(order).unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    assert_eq!(line, "ready\n");
    child
}

/// Serves `TEXT` for a second.
fn serving(variable: (&str, &str)) -> Child {
    holder("1", format!("s{TEXT}").as_bytes(), variable)
}

/// 1 if the text was there. On a busy machine the second may be over before the first look, which is no failure.
fn saw(text: Option<String>) -> usize {
    text.map_or(0, |text| {
        assert_eq!(text, TEXT);
        1
    })
}

/// Runs the rounds on several screens. Returns false without an X server.
fn on_screens(round: impl Fn(&Screen, usize) + Sync) -> bool {
    if Screen::start().is_none() {
        return false;
    }
    let rounds = rounds();
    std::thread::scope(|scope| {
        for first in 0..SCREENS {
            let round = &round;
            scope.spawn(move || {
                let screen = Screen::start().unwrap();
                for number in (first..rounds).step_by(SCREENS) {
                    round(&screen, number);
                }
            });
        }
    });
    true
}

/// From well before the end of the holder's second to shortly after it, most of them close to it.
fn moment(round: usize) -> Duration {
    let step = u64::try_from(round * 37 % 160).unwrap();
    Duration::from_millis(900 + step)
}

#[test]
fn on_x11_the_text_is_served_as_a_secret_and_cleared() {
    let Some(screen) = Screen::start() else {
        return;
    };
    let order = format!("s{TEXT}");
    let variable = ("DISPLAY", screen.display.as_str());
    let mut long = holder("600", order.as_bytes(), variable);
    assert_eq!(screen.pasted(&[]).as_deref(), Some(TEXT));
    let kinds = screen.pasted(&["-t", "TARGETS"]).unwrap();
    assert!(kinds.contains("x-kde-passwordManagerHint"), "{kinds}");
    // Nothing about it can be read from its arguments.
    let arguments = std::fs::read(format!("/proc/{}/cmdline", long.id())).unwrap();
    assert!(!String::from_utf8_lossy(&arguments).contains(TEXT));
    let mut short = serving(variable);
    until("the one after it ends", || {
        short.try_wait().unwrap().is_some()
    });
    assert!(short.wait().unwrap().success());
    assert!(long.wait().unwrap().success());
    assert_eq!(screen.pasted(&[]), None);
}

#[test]
fn on_x11_the_next_copy_stays_and_ends_the_holder() {
    let done = on_screens(|screen, round| {
        let order = format!("s{TEXT}");
        let mut holder = holder("600", order.as_bytes(), ("DISPLAY", &screen.display));
        let _other = screen.copy(FOREIGN);
        until("the holder ends", || holder.try_wait().unwrap().is_some());
        assert_eq!(
            screen.pasted(&[]).as_deref(),
            Some(FOREIGN),
            "round {round}"
        );
    });
    if done {
        println!("X11: the next text stayed {0} of {0}", rounds());
    }
}

#[test]
fn on_x11_the_text_is_always_cleared() {
    let seen = AtomicUsize::new(0);
    let done = on_screens(|screen, round| {
        let mut holder = serving(("DISPLAY", &screen.display));
        seen.fetch_add(saw(screen.pasted(&[])), Ordering::Relaxed);
        until("the holder ends", || holder.try_wait().unwrap().is_some());
        assert_eq!(screen.pasted(&[]), None, "round {round}");
    });
    if done {
        let seen = seen.into_inner();
        assert!(seen > 0, "it was never there");
        println!(
            "X11: cleared {0} of {0}, seen before {seen} times",
            rounds()
        );
    }
}

#[test]
fn on_x11_a_copy_around_the_end_always_stays() {
    let done = on_screens(|screen, round| {
        let mut holder = serving(("DISPLAY", &screen.display));
        std::thread::sleep(moment(round));
        let _other = screen.copy(FOREIGN);
        until("the holder ends", || holder.try_wait().unwrap().is_some());
        until("the other's text is there", || {
            screen.pasted(&[]).as_deref() == Some(FOREIGN)
        });
        std::thread::sleep(Duration::from_millis(50));
        assert_eq!(
            screen.pasted(&[]).as_deref(),
            Some(FOREIGN),
            "round {round}"
        );
    });
    if done {
        println!("X11: another's text stayed {0} of {0}", rounds());
    }
}

#[test]
fn on_wayland_the_text_is_served_as_a_secret_and_cleared() {
    let Some(compositor) = Compositor::start() else {
        return;
    };
    let variable = ("WAYLAND_DISPLAY", compositor.socket.to_str().unwrap());
    let order = format!("s{TEXT}");
    let mut long = holder("600", order.as_bytes(), variable);
    assert_eq!(compositor.pasted(&[]).as_deref(), Some(TEXT));
    let kinds = compositor.pasted(&["--list-types"]).unwrap();
    assert!(kinds.contains("x-kde-passwordManagerHint"), "{kinds}");
    let mut seen = 0;
    for round in 0..rounds() {
        let mut holder = serving(variable);
        seen += saw(compositor.pasted(&[]));
        until("the holder ends", || holder.try_wait().unwrap().is_some());
        assert_eq!(compositor.pasted(&[]), None, "round {round}");

        let mut holder = serving(variable);
        std::thread::sleep(moment(round));
        let _other = compositor.copy(FOREIGN);
        until("the holder ends", || holder.try_wait().unwrap().is_some());
        until("the other's text is there", || {
            compositor.pasted(&[]).as_deref() == Some(FOREIGN)
        });
    }
    until("the first holder ends", || {
        long.try_wait().unwrap().is_some()
    });
    assert!(seen > 0, "it was never there");
    println!(
        "Wayland: cleared and respected {0} of {0}, seen before {seen} times",
        rounds()
    );
}

/// A child that clears tmux's buffer a second after it held `TEXT`.
fn clearing(tmux: &Tmux) -> Child {
    let hash = ring::digest::digest(&ring::digest::SHA256, TEXT.as_bytes());
    let order = [b"t", hash.as_ref()].concat();
    holder("1", &order, ("TMUX", &tmux.variable()))
}

#[test]
fn in_tmux_only_our_buffer_is_deleted() {
    let Some(tmux) = Tmux::start("rounds") else {
        return;
    };
    for round in 0..rounds() {
        tmux.run(&["set-buffer", "-b", "aemkeys", TEXT]);
        assert!(clearing(&tmux).wait().unwrap().success());
        assert_eq!(tmux.buffers(), "", "round {round}");

        tmux.run(&["set-buffer", "-b", "aemkeys", TEXT]);
        let mut holder = clearing(&tmux);
        std::thread::sleep(moment(round));
        tmux.run(&["set-buffer", "-b", "aemkeys", FOREIGN]);
        assert!(holder.wait().unwrap().success());
        assert_eq!(
            tmux.buffers(),
            format!("aemkeys={FOREIGN}"),
            "round {round}"
        );
    }
    println!("tmux: cleared and respected {0} of {0}", rounds());
}

/// `copy` ends at once, and the text is cleared after the configured time.
#[test]
fn copy_clears_the_text_after_the_configured_time() {
    let Some(screen) = Screen::start() else {
        return;
    };
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join(".config/aemkeys");
    std::fs::create_dir_all(&folder).unwrap();
    let settings = "storage = \"file\"\nclipboard_clear_seconds = 10\npassphrase_command = [\"echo\", \"several words\"]\n";
    std::fs::write(folder.join("config.toml"), settings).unwrap();
    let token = fixtures::development_token(&fixtures::person(1, &["p1-e2"]), Timestamp::now());
    let file = home.path().join("token.json");
    std::fs::write(&file, fixtures::development_token_file(&token)).unwrap();
    let run = |arguments: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_aemkeys"))
            .args(arguments)
            .env_clear()
            .envs(NO_SESSION)
            .env("PATH", std::env::var_os("PATH").unwrap())
            .env("HOME", home.path())
            .env("DISPLAY", &screen.display)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{said}");
        assert!(output.stdout.is_empty() || arguments[0] == "add");
        said
    };
    let file = file.to_str().unwrap();
    run(&[
        "add", file, "--name", "mine", "--env", "p1-e2", "--type", "dev",
    ]);
    let said = run(&["copy", "mine"]);
    assert!(said.contains("10 s"), "{said}");
    let token = std::str::from_utf8(token.expose()).unwrap();
    assert_eq!(screen.pasted(&[]).as_deref(), Some(token));
    until("it is gone", || screen.pasted(&[]).is_none());
}

/// Set only below: this test program is then a dashboard that panics when the file of this name is there.
const PANICS: &str = "AEMKEYS_TEST_PANICS_AT";

/// Not a test: runs inside the pseudo-terminal.
#[test]
fn dashboard_inside() {
    let Ok(sign) = std::env::var(PANICS) else {
        return;
    };
    let demo = aemkeys::cli::demo::start(aemkeys::app::Clock::real()).unwrap();
    std::thread::spawn(move || {
        while !Path::new(&sign).exists() {
            std::thread::sleep(Duration::from_millis(20));
        }
        panic!("on purpose");
    });
    let settings = aemkeys::tui::Settings::of(&demo.context).unwrap();
    aemkeys::tui::run(demo.context.clone(), settings).unwrap();
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Exit {
    Quit,
    Terminate,
    HangUp,
    Panic,
}

/// A dashboard that has copied a token, and then ends. `is_there` says whether the token is on the clipboard;
/// `between` is what others do before the end.
fn copy_and_end(
    exit: Exit,
    variable: (&str, &str),
    is_there: impl Fn() -> bool,
    between: impl FnOnce(),
) {
    let home = tempfile::tempdir().unwrap();
    let sign = home.path().join("panic");
    let mut command = if exit == Exit::Panic {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args([
            "--exact",
            "clipboard::dashboard_inside",
            "--nocapture",
            "--test-threads=1",
        ]);
        command.env(PANICS, &sign);
        command
    } else {
        let mut command = Command::new(env!("CARGO_BIN_EXE_aemkeys"));
        command.arg("demo");
        command
    };
    command
        .envs(NO_SESSION)
        .env("PATH", std::env::var_os("PATH").unwrap())
        .env("HOME", home.path())
        .env(variable.0, variable.1);
    let mut dashboard = Dashboard::start(&command);
    dashboard.wait_for("wknd-stage");
    // The last but one has a token that can be had. Slowly: keys that come together are a paste.
    for key in ["G", "k", "c"] {
        dashboard.send(key);
        std::thread::sleep(Duration::from_millis(100));
    }
    until("it is copied", &is_there);
    between();
    let pid = rustix::process::Pid::from_raw(dashboard.id().cast_signed()).unwrap();
    let signal = |signal| rustix::process::kill_process(pid, signal).unwrap();
    match exit {
        Exit::Quit => dashboard.send("q"),
        Exit::Terminate => signal(rustix::process::Signal::TERM),
        Exit::HangUp => signal(rustix::process::Signal::HUP),
        Exit::Panic => std::fs::write(&sign, "").unwrap(),
    }
    dashboard.ends();
}

const EXITS: [Exit; 4] = [Exit::Quit, Exit::Terminate, Exit::HangUp, Exit::Panic];

#[test]
fn every_way_out_of_the_dashboard_clears_x11() {
    let Some(screen) = Screen::start() else {
        return;
    };
    for exit in EXITS {
        let variable = ("DISPLAY", screen.display.as_str());
        let is_token = || {
            screen
                .pasted(&[])
                .is_some_and(|text| text.starts_with("eyJ"))
        };
        copy_and_end(exit, variable, is_token, || {});
        assert_eq!(screen.pasted(&[]), None, "{exit:?}");

        let other = std::cell::RefCell::new(None);
        copy_and_end(exit, variable, is_token, || {
            *other.borrow_mut() = Some(screen.copy(FOREIGN));
            until("it is replaced", || {
                screen.pasted(&[]).as_deref() == Some(FOREIGN)
            });
        });
        assert_eq!(screen.pasted(&[]).as_deref(), Some(FOREIGN), "{exit:?}");
    }
}

#[test]
fn every_way_out_of_the_dashboard_clears_wayland() {
    let Some(compositor) = Compositor::start() else {
        return;
    };
    let variable = ("WAYLAND_DISPLAY", compositor.socket.to_str().unwrap());
    for exit in EXITS {
        let is_token = || {
            let text = compositor.pasted(&[]);
            text.is_some_and(|text| text.starts_with("eyJ"))
        };
        copy_and_end(exit, variable, is_token, || {});
        assert_eq!(compositor.pasted(&[]), None, "{exit:?}");

        let other = std::cell::RefCell::new(None);
        copy_and_end(exit, variable, is_token, || {
            *other.borrow_mut() = Some(compositor.copy(FOREIGN));
            until("it is replaced", || {
                compositor.pasted(&[]).as_deref() == Some(FOREIGN)
            });
        });
        assert_eq!(compositor.pasted(&[]).as_deref(), Some(FOREIGN), "{exit:?}");
    }
}

#[test]
fn every_way_out_of_the_dashboard_clears_tmux() {
    let Some(tmux) = Tmux::start("ways-out") else {
        return;
    };
    let variable = tmux.variable();
    for exit in EXITS {
        let is_token = || tmux.buffers().starts_with("aemkeys=eyJ");
        copy_and_end(exit, ("TMUX", &variable), is_token, || {});
        assert_eq!(tmux.buffers(), "", "{exit:?}");
        copy_and_end(exit, ("TMUX", &variable), is_token, || {
            tmux.run(&["set-buffer", "-b", "aemkeys", FOREIGN]);
        });
        assert_eq!(tmux.buffers(), format!("aemkeys={FOREIGN}"), "{exit:?}");
        tmux.run(&["delete-buffer", "-b", "aemkeys"]);
    }
}
