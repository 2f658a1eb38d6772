//! A copied secret is cleared from the clipboard in time and on every way out, and nothing else is: on a real X server, a real
//! Wayland compositor and a real tmux, with the real binary.
//!
//! Ten rounds of each; `AEMKEYS_CLIPBOARD_ROUNDS` sets another number.

#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "a test may fail")]

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, Command, Stdio};
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

/// A holder of `TEXT` whose parent has ended and left the text on the clipboard.
fn holder(seconds: &str, variable: (&str, &str)) -> Child {
    let (child, mut orders) = held(seconds, variable);
    // It fails if another text is there already.
    let _ended = orders.write_all(b"s");
    child
}

/// A holder of `TEXT`, and the pipe of its parent.
fn held(seconds: &str, variable: (&str, &str)) -> (Child, ChildStdin) {
    let clipboard = if variable.0 == "TMUX" {
        "tmux"
    } else {
        "desktop"
    };
    let mut child = Command::new(env!("CARGO_BIN_EXE_aemkeys"))
        .args(["hold-clipboard", "--clipboard", clipboard])
        .args(["--seconds", seconds])
        .env_remove("WAYLAND_DISPLAY")
        .env_remove("SSH_CONNECTION")
        .envs(NO_SESSION)
        .env(variable.0, variable.1)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut orders = child.stdin.take().unwrap();
    let length = u32::try_from(TEXT.len()).unwrap().to_le_bytes();
    orders.write_all(&length).unwrap();
    orders.write_all(TEXT.as_bytes()).unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    assert_eq!(line, "ready\n");
    (child, orders)
}

/// Serves `TEXT` for a second.
fn serving(variable: (&str, &str)) -> Child {
    holder("1", variable)
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
    let variable = ("DISPLAY", screen.display.as_str());
    let mut long = holder("600", variable);
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
        let mut holder = holder("600", ("DISPLAY", &screen.display));
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
    let mut long = holder("600", variable);
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

#[test]
fn a_killed_parent_leaves_nothing_on_the_clipboard() {
    let Some(tmux) = Tmux::start("killed") else {
        return;
    };
    let (mut holder, orders) = held("600", ("TMUX", &tmux.variable()));
    assert_eq!(tmux.buffers(), format!("aemkeys={TEXT}"));
    // The system closes the pipe of a killed process.
    drop(orders);
    assert!(holder.wait().unwrap().success());
    assert_eq!(tmux.buffers(), "");
}

/// A display that accepts connections and never answers.
#[test]
fn a_silent_display_neither_delays_copying_nor_quitting_for_ever() {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("wayland-0");
    let _silent = std::os::unix::net::UnixListener::bind(&socket).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_aemkeys"));
    command
        .arg("demo")
        .envs(NO_SESSION)
        .env("PATH", std::env::var_os("PATH").unwrap())
        .env("HOME", folder.path())
        .env_remove("DISPLAY")
        .env("WAYLAND_DISPLAY", &socket);
    let mut dashboard = Dashboard::start(&command);
    dashboard.wait_for("wknd-stage");
    for key in ["g", "j", "c"] {
        dashboard.send(key);
        std::thread::sleep(Duration::from_millis(100));
    }
    dashboard.wait_for("can't clear it");
    dashboard.send("q");
    dashboard.ends();
}

#[test]
fn in_tmux_only_our_buffer_is_deleted() {
    let Some(tmux) = Tmux::start("rounds") else {
        return;
    };
    for round in 0..rounds() {
        let variable = tmux.variable();
        let mut holder = serving(("TMUX", &variable));
        assert!(holder.wait().unwrap().success());
        assert_eq!(tmux.buffers(), "", "round {round}");

        let mut holder = serving(("TMUX", &variable));
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

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Exit {
    Quit,
    Terminate,
    HangUp,
    Kill,
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
    let mut command = Command::new(env!("CARGO_BIN_EXE_aemkeys"));
    command.arg("demo");
    command
        .envs(NO_SESSION)
        .env("PATH", std::env::var_os("PATH").unwrap())
        .env("HOME", home.path())
        .env(variable.0, variable.1);
    let mut dashboard = Dashboard::start(&command);
    dashboard.wait_for("wknd-stage");
    // The second one has a token. Slowly: keys that come together are a paste.
    for key in ["g", "j", "c"] {
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
        // As a panic: nothing is said to the holder.
        Exit::Kill => signal(rustix::process::Signal::KILL),
    }
    dashboard.ends();
}

/// The exits that clear the clipboard at once.
const CLEARING: [Exit; 3] = [Exit::Terminate, Exit::HangUp, Exit::Kill];

#[test]
fn x11_is_cleared_at_once_except_by_quitting() {
    let Some(screen) = Screen::start() else {
        return;
    };
    let variable = ("DISPLAY", screen.display.as_str());
    let is_token = || {
        screen
            .pasted(&[])
            .is_some_and(|text| text.starts_with("eyJ"))
    };
    copy_and_end(Exit::Quit, variable, is_token, || {});
    assert!(is_token(), "quitting took the text away");
    for exit in CLEARING {
        copy_and_end(exit, variable, is_token, || {});
        until("it is cleared", || screen.pasted(&[]).is_none());

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
fn wayland_is_cleared_at_once_except_by_quitting() {
    let Some(compositor) = Compositor::start() else {
        return;
    };
    let variable = ("WAYLAND_DISPLAY", compositor.socket.to_str().unwrap());
    let is_token = || {
        let text = compositor.pasted(&[]);
        text.is_some_and(|text| text.starts_with("eyJ"))
    };
    copy_and_end(Exit::Quit, variable, is_token, || {});
    assert!(is_token(), "quitting took the text away");
    for exit in CLEARING {
        copy_and_end(exit, variable, is_token, || {});
        until("it is cleared", || compositor.pasted(&[]).is_none());

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
fn tmux_is_cleared_at_once_except_by_quitting() {
    let Some(tmux) = Tmux::start("ways-out") else {
        return;
    };
    let variable = tmux.variable();
    let is_token = || tmux.buffers().starts_with("aemkeys=eyJ");
    copy_and_end(Exit::Quit, ("TMUX", &variable), is_token, || {});
    assert!(is_token(), "quitting took the text away");
    for exit in CLEARING {
        copy_and_end(exit, ("TMUX", &variable), is_token, || {});
        until("it is cleared", || tmux.buffers().is_empty());
        copy_and_end(exit, ("TMUX", &variable), is_token, || {
            tmux.run(&["set-buffer", "-b", "aemkeys", FOREIGN]);
        });
        assert_eq!(tmux.buffers(), format!("aemkeys={FOREIGN}"), "{exit:?}");
        tmux.run(&["delete-buffer", "-b", "aemkeys"]);
    }
}
