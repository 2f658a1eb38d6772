//! The binary in a pseudo-terminal, with the arrival time of each piece of output.

use std::io::{Read as _, Write};
use std::process::Command;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, PtySize, native_pty_system};

const ROWS: u16 = 30;
const COLUMNS: u16 = 120;
/// The longest wait for output.
const TIMEOUT: Duration = Duration::from_mins(1);
/// The end of a synchronised update, which ends each frame.
const FRAME_ENDS: &[u8] = b"\x1b[?2026l";

pub struct Watched {
    child: Box<dyn Child + Send + Sync>,
    writer: Box<dyn Write + Send>,
    pieces: Receiver<(Instant, Vec<u8>)>,
    screen: vt100::Parser,
    /// The end of the last piece: a mark may be split.
    tail: Vec<u8>,
    pub began: Instant,
    /// Number of bytes of output so far.
    pub bytes: usize,
}

impl Watched {
    /// Starts the program of `command` with its arguments, and with only the environment variables that were set on it.
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
            if let Some(value) = value {
                inside.env(name, value);
            }
        }
        let mut reader = pair.master.try_clone_reader().unwrap();
        let writer = pair.master.take_writer().unwrap();
        let (send, pieces) = channel();
        let master = pair.master;
        thread::spawn(move || {
            // Kept open while reading: closing it sends SIGHUP.
            let _master = master;
            let mut buffer = vec![0; 64 * 1024];
            while let Ok(count @ 1..) = reader.read(&mut buffer) {
                if send
                    .send((Instant::now(), buffer[..count].to_vec()))
                    .is_err()
                {
                    break;
                }
            }
        });
        let began = Instant::now();
        let child = pair.slave.spawn_command(inside).unwrap();
        drop(pair.slave);
        Self {
            child,
            writer,
            pieces,
            screen: vt100::Parser::new(ROWS, COLUMNS, 0),
            tail: Vec::new(),
            began,
            bytes: 0,
        }
    }

    pub fn id(&self) -> u32 {
        self.child.process_id().unwrap()
    }

    pub fn send(&mut self, keys: &str) {
        self.writer.write_all(keys.as_bytes()).unwrap();
        self.writer.flush().unwrap();
    }

    /// Returns the next piece and its arrival time, or `None` after the timeout or when the program has exited.
    fn piece(&mut self, timeout: Duration) -> Option<(Instant, Vec<u8>)> {
        let (at, bytes) = match self.pieces.recv_timeout(timeout) {
            Ok(piece) => piece,
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => return None,
        };
        self.bytes += bytes.len();
        self.screen.process(&bytes);
        Some((at, bytes))
    }

    /// Waits for the mark and returns its arrival time.
    fn mark(&mut self, mark: &[u8], what: &str) -> Instant {
        let deadline = Instant::now() + TIMEOUT;
        let mut seen = std::mem::take(&mut self.tail);
        while let Some((at, bytes)) = self.piece(deadline.saturating_duration_since(Instant::now()))
        {
            seen.extend_from_slice(&bytes);
            let found = seen.windows(mark.len()).any(|window| window == mark);
            // The mark may be split.
            let keep = seen.len().saturating_sub(mark.len() - 1);
            seen.drain(..keep);
            if found {
                self.tail = seen;
                return at;
            }
        }
        panic!("missing: {what}\n{}", self.contents());
    }

    /// Waits for the first frame for which `is_so` holds and returns its arrival time.
    pub fn frame(&mut self, what: &str, is_so: impl Fn(&vt100::Screen) -> bool) -> Instant {
        loop {
            let at = self.mark(FRAME_ENDS, what);
            if is_so(self.screen.screen()) {
                return at;
            }
        }
    }

    /// Waits until the text is on the screen.
    pub fn shown(&mut self, wanted: &str) {
        if !self.contents().contains(wanted) {
            self.frame(wanted, |screen| screen.contents().contains(wanted));
        }
    }

    /// Waits until the text is written and returns its arrival time.
    pub fn text(&mut self, wanted: &str) -> Instant {
        self.mark(wanted.as_bytes(), wanted)
    }

    /// Reads until there is no output for this time.
    pub fn settle(&mut self, quiet: Duration) {
        while self.piece(quiet).is_some() {}
    }

    pub fn ended(&mut self) -> Instant {
        while self.piece(TIMEOUT).is_some() {}
        let at = Instant::now();
        assert!(self.child.wait().unwrap().success(), "{}", self.contents());
        at
    }

    pub fn contents(&self) -> String {
        self.screen.screen().contents()
    }

    /// Returns the line of the cursor, which is on the selection.
    pub fn selected(&self) -> String {
        selected(self.screen.screen())
    }
}

pub fn selected(screen: &vt100::Screen) -> String {
    let (row, _) = screen.cursor_position();
    screen
        .rows(0, COLUMNS)
        .nth(usize::from(row))
        .unwrap_or_default()
}

impl Drop for Watched {
    fn drop(&mut self) {
        let _gone = self.child.kill();
        let _gone = self.child.wait();
    }
}
