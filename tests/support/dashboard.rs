//! Runs the real binary in a pseudo-terminal and records every byte it writes.

use std::io::{Read as _, Write};
use std::process::Command;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use super::no_session::NO_PROMPT;
use portable_pty::{Child, CommandBuilder, PtySize, native_pty_system};

const ROWS: u16 = 30;
const COLUMNS: u16 = 120;
/// The deadline for a text to appear. Not an assertion about speed.
const PATIENCE: Duration = Duration::from_secs(30);

pub struct Dashboard {
    child: Box<dyn Child + Send + Sync>,
    writer: Box<dyn Write + Send>,
    bytes: Arc<Mutex<Vec<u8>>>,
    reader: Option<thread::JoinHandle<()>>,
}

impl Dashboard {
    /// Starts the program and arguments of `command`, with only the variables set on it.
    pub fn start(command: &Command) -> Self {
        let pair = native_pty_system()
            .openpty(PtySize {
                rows: ROWS,
                cols: COLUMNS,
                pixel_width: 0,
                pixel_height: 0,
            })
            .unwrap();
        let mut inside = CommandBuilder::new(command.get_program());
        inside.args(command.get_args());
        inside.env_clear();
        inside.env("TERM", "xterm-256color");
        for (name, value) in command.get_envs() {
            if let Some(value) = value.filter(|_| name != NO_PROMPT.0) {
                inside.env(name, value);
            }
        }
        let child = pair.slave.spawn_command(inside).unwrap();
        drop(pair.slave);
        let mut reader = pair.master.try_clone_reader().unwrap();
        let writer = pair.master.take_writer().unwrap();
        let bytes = Arc::new(Mutex::new(Vec::new()));
        let sink = Arc::clone(&bytes);
        let reading = thread::spawn(move || {
            // Kept open as long as somebody reads: closing it is a hang-up.
            let _master = pair.master;
            let mut buffer = [0; 4096];
            while let Ok(count @ 1..) = reader.read(&mut buffer) {
                let mut bytes = sink.lock().unwrap_or_else(PoisonError::into_inner);
                bytes.extend_from_slice(&buffer[..count]);
            }
        });
        Self {
            child,
            writer,
            bytes,
            reader: Some(reading),
        }
    }

    pub fn id(&self) -> u32 {
        self.child.process_id().unwrap()
    }

    /// Returns every byte written to the terminal.
    pub fn raw(&self) -> Vec<u8> {
        self.bytes
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Waits for the end of the program and of everything that writes to its terminal, and returns every byte written.
    pub fn all_output(mut self) -> Vec<u8> {
        self.ends();
        self.reader.take().unwrap().join().unwrap();
        self.raw()
    }

    pub fn screen(&self) -> String {
        self.terminal().screen().contents()
    }

    /// What a terminal shows: an update that has begun, and not ended, does not count. In the middle of one, the cursor
    /// is anywhere.
    pub fn terminal(&self) -> vt100::Parser {
        const BEGIN: &[u8] = b"\x1b[?2026h";
        const END: &[u8] = b"\x1b[?2026l";
        let raw = self.raw();
        let last = |mark: &[u8]| raw.windows(mark.len()).rposition(|bytes| bytes == mark);
        let complete = match (last(BEGIN), last(END)) {
            (Some(begin), None) => begin,
            (Some(begin), Some(end)) if begin > end => begin,
            _ => raw.len(),
        };
        let mut parser = vt100::Parser::new(ROWS, COLUMNS, 0);
        parser.process(&raw[..complete]);
        parser
    }

    #[track_caller]
    pub fn wait_for(&self, what: &str) {
        let deadline = Instant::now() + PATIENCE;
        while !self.screen().contains(what) {
            assert!(
                Instant::now() < deadline,
                "no {what:?} in:\n{}",
                self.screen()
            );
            thread::sleep(Duration::from_millis(20));
        }
    }

    pub fn send(&mut self, bytes: &str) {
        self.writer.write_all(bytes.as_bytes()).unwrap();
        self.writer.flush().unwrap();
    }

    /// Pastes a text, using bracketed paste.
    pub fn paste(&mut self, text: &str) {
        self.send(&format!("\u{1b}[200~{text}\u{1b}[201~"));
    }

    #[track_caller]
    pub fn ends(&mut self) {
        let deadline = Instant::now() + PATIENCE;
        while self.child.try_wait().unwrap().is_none() {
            assert!(
                Instant::now() < deadline,
                "it does not end:\n{}",
                self.screen()
            );
            thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Dashboard {
    fn drop(&mut self) {
        let _gone = self.child.kill();
        let _gone = self.child.wait();
    }
}
