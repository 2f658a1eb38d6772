//! The live dashboard in a pseudo-terminal: first frame, keys, pastes, and the terminal restored on every way out.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test says by panicking what is wrong"
)]
#![cfg(unix)]

use std::io::{Read, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use aemkeys::app::Clock;
use aemkeys::tui::{self, Settings};
use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

/// Set only by [`Terminal::start`]: this test program is then the dashboard.
const CHILD: &str = "AEMKEYS_TEST_IS_DASHBOARD";
/// How long something may take to appear; nothing is measured.
const PATIENCE: Duration = Duration::from_secs(20);

/// Not a test: what runs inside the pseudo-terminal.
#[test]
fn dashboard_inside() {
    let Ok(how) = std::env::var(CHILD) else {
        return;
    };
    aemkeys::cli::panic::end_on_panic();
    let demo = aemkeys::cli::demo::start(Clock::real()).unwrap();
    if how == "panic" {
        std::thread::spawn(|| {
            std::thread::sleep(Duration::from_millis(1500));
            panic!("on purpose");
        });
    }
    let settings = Settings::of(&demo.context).unwrap();
    tui::run(demo.context.clone(), settings).unwrap();
    println!("left in order");
}

struct Terminal {
    child: Box<dyn Child + Send + Sync>,
    master: Box<dyn MasterPty + Send>,
    writer: Box<dyn Write + Send>,
    /// Ends when nobody has the terminal open any more and everything is read.
    reader: std::thread::JoinHandle<()>,
    bytes: Arc<Mutex<Vec<u8>>>,
    /// While set, nothing is read, so that the dashboard can't write any more.
    is_stopped: Arc<AtomicBool>,
    size: (u16, u16),
}

impl Terminal {
    fn start(how: &str) -> Self {
        Self::with_variables(how, &[])
    }

    fn with_variables(how: &str, variables: &[(&str, &str)]) -> Self {
        let (rows, cols) = (30, 120);
        let size = |rows, cols| PtySize {
            rows,
            cols,
            pixel_width: 0,
            pixel_height: 0,
        };
        let pair = native_pty_system().openpty(size(rows, cols)).unwrap();
        let mut command = CommandBuilder::new(std::env::current_exe().unwrap());
        command.args([
            "--exact",
            "tui_terminal::dashboard_inside",
            "--nocapture",
            "--test-threads=1",
        ]);
        command.env(CHILD, how);
        command.env("TERM", "xterm-256color");
        // Neither the clipboard of the machine nor its browser is touched.
        for name in [
            "TMUX",
            "DISPLAY",
            "WAYLAND_DISPLAY",
            "NO_COLOR",
            "COLORFGBG",
            "STY",
        ] {
            command.env_remove(name);
        }
        command.env("SSH_CONNECTION", "192.0.2.1 1 192.0.2.2 22");
        for (name, value) in variables {
            command.env(name, value);
        }
        let child = pair.slave.spawn_command(command).unwrap();
        drop(pair.slave);
        let mut reader = pair.master.try_clone_reader().unwrap();
        let writer = pair.master.take_writer().unwrap();
        let bytes = Arc::new(Mutex::new(Vec::new()));
        let sink = Arc::clone(&bytes);
        let is_stopped = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&is_stopped);
        let reader = std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(count) = reader.read(&mut buffer) {
                if count == 0 {
                    break;
                }
                sink.lock().unwrap().extend_from_slice(&buffer[..count]);
                while stopped.load(Ordering::Relaxed) {
                    std::thread::sleep(Duration::from_millis(5));
                }
            }
        });
        Self {
            child,
            master: pair.master,
            writer,
            reader,
            bytes,
            is_stopped,
            size: (rows, cols),
        }
    }

    fn screen(&self) -> String {
        let mut parser = vt100::Parser::new(self.size.0, self.size.1, 0);
        parser.process(&self.bytes.lock().unwrap());
        parser.screen().contents()
    }

    fn raw(&self) -> String {
        String::from_utf8_lossy(&self.bytes.lock().unwrap()).into_owned()
    }

    fn wait_for(&self, what: &str) {
        let until = Instant::now() + PATIENCE;
        while !self.screen().contains(what) {
            assert!(Instant::now() < until, "no {what:?} in:\n{}", self.screen());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn wait_for_bytes(&self, what: &str) {
        let until = Instant::now() + PATIENCE;
        while !self.raw().contains(what) {
            assert!(Instant::now() < until, "no {what:?} in:\n{}", self.screen());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn send(&mut self, bytes: &str) {
        self.writer.write_all(bytes.as_bytes()).unwrap();
        self.writer.flush().unwrap();
    }

    /// As a hand types: not all at once, which would be a paste.
    fn type_keys(&mut self, keys: &str) {
        for key in keys.chars() {
            self.send(key.encode_utf8(&mut [0; 4]));
            std::thread::sleep(Duration::from_millis(60));
        }
    }

    fn ended(&mut self) -> bool {
        let until = Instant::now() + PATIENCE;
        while Instant::now() < until {
            if self.child.try_wait().unwrap().is_some() && self.reader.is_finished() {
                return true;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        false
    }

    /// The other screen is left, pastes are no longer bracketed, the cursor is shown: each after it was taken.
    fn assert_given_back(&self) {
        let raw = self.raw();
        for (taken, given_back) in [
            ("\u{1b}[?1049h", "\u{1b}[?1049l"),
            ("\u{1b}[?2004h", "\u{1b}[?2004l"),
            ("\u{1b}[?1000h", "\u{1b}[?1000l"),
            ("\u{1b}[22;2t", "\u{1b}[23;2t"),
        ] {
            let first = raw.rfind(taken).expect(taken);
            let last = raw.rfind(given_back).expect(given_back);
            assert!(last > first, "{given_back:?} does not follow {taken:?}");
        }
        assert!(raw.rfind("\u{1b}[?25h") > raw.rfind("\u{1b}[?25l"));
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
    }
}

#[test]
fn keys_move_exchange_and_quit() {
    let mut terminal = Terminal::start("run");
    terminal.wait_for("7 identities");
    // The last is wknd-prod; few keys, so that a busy machine does not see a paste.
    terminal.type_keys("G");
    terminal.wait_for("expires in 301 days");
    terminal.send("x");
    terminal.wait_for("wknd-prod: new token");
    terminal.send("t");
    terminal.wait_for("signed in");
    terminal.send("\u{1b}");
    terminal.wait_for(" c copy ");
    terminal.send("q");
    assert!(terminal.ended(), "{}", terminal.screen());
    terminal.assert_given_back();
    assert!(terminal.raw().contains("left in order"));
    // The title is written again only when it changes, and names nobody.
    let raw = terminal.raw();
    let titles: Vec<&str> = raw.split("\u{1b}]2;").skip(1).collect();
    assert!(titles.len() <= 2, "{titles:?}");
    for title in titles {
        let title = title.split('\u{7}').next().unwrap();
        let number = title.strip_prefix("aemkeys: ").unwrap();
        assert!(number.ends_with(" need attention"), "{title}");
    }
}

/// The question for the background of the terminal, and answers to it.
const QUESTION: &str = "\u{1b}]11;?\u{7}";
const WHITE: &str = "\u{1b}]11;rgb:ffff/ffff/ffff\u{1b}\\";
const BLACK: &str = "\u{1b}]11;rgb:0000/0000/0000\u{7}";

/// The colour of what is fine, in each theme.
const FINE_LIGHT: &str = "38;5;22;";
const FINE_DARK: &str = "38;5;114;";
const FINE_NEUTRAL: &str = "38;5;29;";

/// Sends these pieces one after the other and waits for the last row but one, which the keys `G` and `k` among them select.
#[track_caller]
fn answered(pieces: &[&str], fine: &str) {
    let mut terminal = Terminal::start("run");
    terminal.wait_for("7 identities");
    terminal.wait_for_bytes(QUESTION);
    for piece in pieces {
        terminal.send(piece);
        std::thread::sleep(Duration::from_millis(60));
    }
    terminal.wait_for("http://localhost:4502");
    terminal.wait_for_bytes(fine);
    let raw = terminal.raw();
    assert!(
        raw.find(FINE_NEUTRAL) < raw.find(QUESTION),
        "drawn before asked"
    );
    terminal.send("q");
    assert!(terminal.ended(), "{}", terminal.screen());
    terminal.assert_given_back();
    // Neither echoed nor typed.
    assert!(!terminal.raw().contains("rgb:"));
}

#[test]
fn the_theme_follows_the_background_of_the_terminal() {
    answered(&[WHITE, "G", "k"], FINE_LIGHT);
    answered(&[BLACK, "G", "k"], FINE_DARK);
    answered(&["G", "k"], FINE_NEUTRAL);
}

#[test]
fn the_answer_is_never_typed_and_takes_no_key() {
    let between = format!("G{WHITE}k");
    answered(&[&between], FINE_LIGHT);
    let (begin, end) = BLACK.split_at(12);
    answered(&["G", begin, end, "k"], FINE_DARK);
    answered(&["G", "\u{1b}", &WHITE[1..], "k"], FINE_LIGHT);
}

#[test]
fn a_late_answer_is_never_typed() {
    let mut terminal = Terminal::start("run");
    terminal.wait_for("7 identities");
    terminal.type_keys("/stage");
    terminal.wait_for("/stage");
    std::thread::sleep(Duration::from_millis(500));
    terminal.send(BLACK);
    terminal.wait_for_bytes(FINE_DARK);
    assert!(
        terminal.screen().contains("/stage "),
        "{}",
        terminal.screen()
    );
    terminal.type_keys("\u{1b}q");
    assert!(terminal.ended(), "{}", terminal.screen());
}

#[test]
fn a_size_change_is_drawn() {
    let mut terminal = Terminal::start("run");
    terminal.wait_for("7 identities");
    terminal.size = (24, 80);
    terminal
        .master
        .resize(PtySize {
            rows: 24,
            cols: 80,
            pixel_width: 0,
            pixel_height: 0,
        })
        .unwrap();
    // In one column the detail is not in sight until it is asked for.
    terminal.bytes.lock().unwrap().clear();
    terminal.send("l");
    terminal.wait_for("Credential");
    terminal.send("q");
    assert!(terminal.ended(), "{}", terminal.screen());
}

#[test]
fn a_paste_without_brackets_runs_no_command() {
    let mut terminal = Terminal::start("run");
    terminal.wait_for("7 identities");
    // Every letter of this is a command on the list; q would quit.
    terminal.send(&"qqDxtqRa".repeat(300));
    terminal.wait_for("Add");
    assert!(terminal.child.try_wait().unwrap().is_none(), "it quit");
    terminal.send("\u{1b}[200~{\"ok\":true,\rqqq\u{1b}[201~");
    std::thread::sleep(Duration::from_millis(300));
    assert!(terminal.child.try_wait().unwrap().is_none(), "it quit");
    terminal.type_keys("\u{1b}\u{3}");
    assert!(terminal.ended(), "{}", terminal.screen());
    terminal.assert_given_back();
}

#[test]
fn a_copied_token_goes_to_the_terminal_over_ssh() {
    let mut terminal = Terminal::start("run");
    terminal.wait_for("7 identities");
    terminal.type_keys("Gc");
    terminal.wait_for("the terminal can't clear it");
    let raw = terminal.raw();
    assert!(raw.contains("\u{1b}]52;c;"), "no OSC 52");
    // Never inside a frame: each update ends before it.
    let before = &raw[..raw.find("\u{1b}]52;").unwrap()];
    assert!(before.rfind("\u{1b}[?2026l") > before.rfind("\u{1b}[?2026h"));
    terminal.send("q");
    assert!(terminal.ended());
}

#[test]
fn signals_restore_the_terminal() {
    for signal in [rustix::process::Signal::TERM, rustix::process::Signal::HUP] {
        let mut terminal = Terminal::start("run");
        terminal.wait_for("7 identities");
        let pid = i32::try_from(terminal.child.process_id().unwrap()).unwrap();
        rustix::process::kill_process(rustix::process::Pid::from_raw(pid).unwrap(), signal)
            .unwrap();
        assert!(terminal.ended(), "{signal:?}");
        terminal.assert_given_back();
    }
}

#[test]
fn a_panic_restores_the_terminal_before_its_message() {
    let mut terminal = Terminal::start("panic");
    terminal.wait_for("on purpose");
    terminal.assert_given_back();
    let raw = terminal.raw();
    assert!(raw.rfind("on purpose") > raw.rfind("\u{1b}[?1049l"));
    terminal.wait_for("start it again; stored data is not affected");
    assert!(terminal.ended(), "half of it lives on");
}

/// A session of its own has no shell to stop for: the system lets it go on at once.
#[test]
fn resuming_redraws_everything() {
    let mut terminal = Terminal::start("run");
    terminal.wait_for("7 identities");
    terminal.type_keys("j\u{1a}");
    let until = Instant::now() + PATIENCE;
    while terminal.raw().matches("\u{1b}[?1049h").count() < 2 {
        assert!(Instant::now() < until, "it did not come back");
        std::thread::sleep(Duration::from_millis(20));
    }
    assert!(terminal.raw().contains("\u{1b}[?1049l"));
    // Only what was drawn since counts.
    let raw = terminal.raw();
    let back = raw.rfind("\u{1b}[?1049h").unwrap();
    terminal.bytes.lock().unwrap().drain(..back);
    terminal.wait_for("7 identities");
    terminal.type_keys("q");
    assert!(terminal.ended());
}

/// A folder with a pager that notes what it is given, and waits for a key.
fn pager(folder: &std::path::Path) -> String {
    use std::os::unix::fs::PermissionsExt;
    let script = folder.join("my pager");
    let text = "#!/bin/sh\nstat -c 'mode %a' \"$2\" > \"$1/seen\"\ncat \"$2\" >> \"$1/seen\"\necho \"$2\" > \"$1/path\"\necho 'the pager has it'\nread answer\necho \"$answer\" > \"$1/answer\"\n";
    std::fs::write(&script, text).unwrap();
    std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o700)).unwrap();
    // Quoted as for a shell.
    format!("'{}' {}", script.display(), folder.display())
}

/// The dashboard with the page of a test of wknd-prod.
fn on_a_response(variables: &[(&str, &str)]) -> Terminal {
    let mut terminal = Terminal::with_variables("run", variables);
    terminal.wait_for("7 identities");
    terminal.type_keys("Gt");
    terminal.wait_for("signed in as");
    terminal
}

#[test]
fn a_pager_has_the_terminal_and_a_private_file_that_is_deleted() {
    let folder = tempfile::tempdir().unwrap();
    let pager = pager(folder.path());
    let mut terminal = on_a_response(&[("PAGER", &pager)]);
    terminal.send("o");
    terminal.wait_for("the pager has it");
    terminal.assert_given_back();
    // All keys are for the pager; `q` would close the page.
    terminal.type_keys("qq\n");
    terminal.wait_for("signed in as");
    let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();
    assert_eq!(read("answer"), "qq\n");
    let seen = read("seen");
    assert!(seen.starts_with("mode 600\n{\n  \""), "{seen}");
    assert!(
        seen.contains("authorizableId") && !seen.contains("eyJ"),
        "{seen}"
    );
    let path = read("path");
    let path = std::path::Path::new(path.trim());
    assert!(
        !path.exists() && !path.parent().unwrap().exists(),
        "{path:?}"
    );
    terminal.type_keys("qq");
    assert!(terminal.ended(), "{}", terminal.screen());
    terminal.assert_given_back();
}

#[test]
fn a_signal_ends_the_pager_and_deletes_its_file() {
    let folder = tempfile::tempdir().unwrap();
    let pager = pager(folder.path());
    let mut terminal = on_a_response(&[("PAGER", &pager)]);
    terminal.send("o");
    terminal.wait_for("the pager has it");
    let pid = i32::try_from(terminal.child.process_id().unwrap()).unwrap();
    let pid = rustix::process::Pid::from_raw(pid).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
    assert!(terminal.ended());
    let path = std::fs::read_to_string(folder.path().join("path")).unwrap();
    assert!(!std::path::Path::new(path.trim()).exists());
    assert!(!folder.path().join("answer").exists());
}

#[test]
fn a_missing_program_is_an_error_that_names_the_variable() {
    for (variable, value, key, said) in [
        ("PAGER", "no-such-pager -R", "o", "no-such-pager"),
        ("EDITOR", "no-such-editor", "v", "no-such-editor"),
        ("EDITOR", "vi '", "v", "could not start `vi '`"),
        ("EDITOR", " ", "v", "no editor is set"),
    ] {
        let mut terminal = on_a_response(&[("VISUAL", ""), (variable, value)]);
        terminal.send(key);
        terminal.wait_for(said);
        terminal.type_keys("qE");
        terminal.wait_for(&format!("{variable} to a program"));
        terminal.type_keys("qq");
        assert!(terminal.ended(), "{}", terminal.screen());
    }
}

#[test]
fn writes_nothing_while_idle() {
    let mut terminal = Terminal::start("run");
    terminal.wait_for("7 identities");
    // Past the first clock message; the next visible change is a minute's.
    std::thread::sleep(Duration::from_millis(1500));
    let before = terminal.bytes.lock().unwrap().len();
    let clock = terminal.screen();
    std::thread::sleep(Duration::from_millis(1500));
    let after = terminal.bytes.lock().unwrap().len();
    if clock == terminal.screen() {
        assert_eq!(before, after, "bytes written while idle");
    }
    terminal.send("q");
    assert!(terminal.ended());
}

#[test]
fn hosts_are_links_where_the_terminal_has_them() {
    let mut linked = Terminal::with_variables("run", &[("TERM_PROGRAM", "WezTerm")]);
    linked.wait_for("7 identities");
    linked.type_keys("G");
    linked.wait_for("author-p123-e1234.adobeaemcloud.com");
    linked.wait_for_bytes(";https://author-p123-e1234.adobeaemcloud.com\u{1b}\\");
    // Every link is closed, and its mark is never a colour.
    let raw = linked.raw();
    let opened = raw.matches("\u{1b}]8;id=").count();
    assert_eq!(opened, raw.matches("\u{1b}]8;;\u{1b}\\").count());
    assert!(!raw.contains("\u{1b}[58;"));
    let mut plain = Terminal::with_variables("run", &[("TERM_PROGRAM", "Apple_Terminal")]);
    plain.wait_for("7 identities");
    plain.type_keys("G");
    plain.wait_for("author-p123-e1234.adobeaemcloud.com");
    assert!(!plain.raw().contains("\u{1b}]8;"));
}

#[test]
fn sigterm_ends_it_although_the_terminal_takes_no_output() {
    let mut terminal = Terminal::start("demo");
    terminal.wait_for("wknd");
    terminal.is_stopped.store(true, Ordering::Relaxed);
    // A frame that is larger than what the system keeps for a terminal.
    let size = PtySize {
        rows: 400,
        cols: 500,
        pixel_width: 0,
        pixel_height: 0,
    };
    terminal.master.resize(size).unwrap();
    std::thread::sleep(Duration::from_secs(1));
    let id = terminal.child.process_id().unwrap().to_string();
    std::process::Command::new("kill")
        .arg(&id)
        .status()
        .unwrap();
    let until = Instant::now() + PATIENCE;
    while terminal.child.try_wait().unwrap().is_none() {
        assert!(Instant::now() < until, "it does not end");
        std::thread::sleep(Duration::from_millis(20));
    }
    terminal.is_stopped.store(false, Ordering::Relaxed);
}
