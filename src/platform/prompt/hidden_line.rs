//! A line that is typed without echo, byte by byte.

use zeroize::Zeroizing;

use super::Hidden;

const CTRL_D: u8 = 4;
const BACKSPACE: u8 = 8;
const LINE_FEED: u8 = b'\n';
const CARRIAGE_RETURN: u8 = b'\r';
const CTRL_U: u8 = 21;
const ESCAPE: u8 = 27;
const DELETE: u8 = 127;

/// What a byte does.
#[derive(Debug, PartialEq, Eq)]
pub enum Step {
    More,
    Done,
    Cancelled,
    TooLong,
}

/// Where the last byte was in the sequence of a key such as an arrow, which is not text.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sequence {
    None,
    Escape,
    /// After `ESC [`.
    Control,
    /// After `ESC O`.
    OneMore,
}

pub struct HiddenLine {
    hidden: Hidden,
    /// Sized once: growing would leave copies in freed memory.
    text: Zeroizing<Vec<u8>>,
    is_too_long: bool,
    sequence: Sequence,
}

impl HiddenLine {
    pub fn new(hidden: Hidden) -> Self {
        Self {
            hidden,
            text: Zeroizing::new(Vec::with_capacity(hidden.limit)),
            is_too_long: false,
            sequence: Sequence::None,
        }
    }

    pub fn text(&self) -> &[u8] {
        &self.text
    }

    pub fn take(&mut self, byte: u8) -> Step {
        if self.is_part_of_sequence(byte) {
            return Step::More;
        }
        match byte {
            LINE_FEED | CARRIAGE_RETURN if self.is_too_long => return Step::TooLong,
            LINE_FEED | CARRIAGE_RETURN if (self.hidden.is_complete)(&self.text) => {
                return Step::Done;
            }
            LINE_FEED | CARRIAGE_RETURN => self.push(LINE_FEED),
            CTRL_D if self.is_too_long => return Step::TooLong,
            CTRL_D if self.text.is_empty() => return Step::Cancelled,
            CTRL_D => return Step::Done,
            CTRL_U => {
                self.text.clear();
                self.is_too_long = false;
            }
            BACKSPACE | DELETE => self.delete(),
            0..=31 => {}
            byte => self.push(byte),
        }
        Step::More
    }

    fn push(&mut self, byte: u8) {
        if self.text.len() < self.hidden.limit {
            self.text.push(byte);
        } else {
            self.is_too_long = true;
        }
    }

    /// Deletes the last character, which can have several bytes in UTF-8.
    fn delete(&mut self) {
        while self.text.pop().is_some_and(|byte| byte & 0xc0 == 0x80) {}
    }

    fn is_part_of_sequence(&mut self, byte: u8) -> bool {
        let (next, is_part) = match (self.sequence, byte) {
            (_, ESCAPE) => (Sequence::Escape, true),
            (Sequence::None, _) => (Sequence::None, false),
            (Sequence::Escape, b'[') => (Sequence::Control, true),
            (Sequence::Escape, b'O') => (Sequence::OneMore, true),
            // Enter ends the line, also after Escape.
            (_, LINE_FEED | CARRIAGE_RETURN) => (Sequence::None, false),
            (Sequence::Control, 0x20..=0x3f) => (Sequence::Control, true),
            (Sequence::Escape | Sequence::Control | Sequence::OneMore, _) => (Sequence::None, true),
        };
        self.sequence = next;
        is_part
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(bytes: &[u8], limit: usize) -> (Step, Vec<u8>) {
        let mut line = HiddenLine::new(Hidden {
            limit,
            is_complete: |text| !text.starts_with(b"{") || text.ends_with(b"}"),
        });
        for byte in bytes {
            let step = line.take(*byte);
            if step != Step::More {
                return (step, line.text().to_vec());
            }
        }
        (Step::More, line.text().to_vec())
    }

    #[test]
    fn keys_edit_the_line() {
        for (bytes, text) in [
            (&b"word\n"[..], &b"word"[..]),
            (b"word\r", b"word"),
            (b"word\x04", b"word"),
            (b"wrong\x15word\n", b"word"),
            (b"wordx\x7f\n", b"word"),
            (b"wordx\x08\n", b"word"),
            (b"\x7f\x7fword\n", b"word"),
            ("wordäß\u{7f}\u{7f}\n".as_bytes(), b"word"),
            ("wörd\n".as_bytes(), "wörd".as_bytes()),
            // Arrows, Delete, F1, Alt-x, and the marks of a bracketed paste.
            (b"w\x1b[Ao\x1b[3~r\x1bOPd\x1bx\n", b"word"),
            (b"\x1b[200~word\x1b[201~\n", b"word"),
            (b"w\x00\x01\x09\x0eord\n", b"word"),
            (b"word\x1b\n", b"word"),
            (b"\n", b""),
            (b"{\n\"a\":1\r}\n", b"{\n\"a\":1\n}"),
        ] {
            assert_eq!(typed(bytes, 100), (Step::Done, text.to_vec()), "{bytes:?}");
        }
        assert_eq!(typed(b"\x04", 100).0, Step::Cancelled);
    }

    #[test]
    fn long_lines_are_refused_and_not_cut() {
        assert_eq!(typed(b"12345678\n", 8), (Step::Done, b"12345678".to_vec()));
        assert_eq!(typed(b"123456789\n", 8).0, Step::TooLong);
        assert_eq!(typed(b"123456789\x7f\n", 8).0, Step::TooLong);
        assert_eq!(typed(b"123456789\x04", 8).0, Step::TooLong);
        // A line that was deleted as a whole is not too long any more.
        assert_eq!(
            typed(b"123456789\x15word\n", 8),
            (Step::Done, b"word".to_vec())
        );
        // The buffer never grows.
        let mut line = HiddenLine::new(Hidden {
            limit: 8,
            is_complete: |_| true,
        });
        let before = line.text().as_ptr();
        for _ in 0..1000 {
            line.take(b'x');
        }
        assert_eq!((line.text().as_ptr(), line.text().len()), (before, 8));
    }
}
