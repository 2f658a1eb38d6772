//! Holds a passphrase while it is typed, and overwrites it afterwards.

use zeroize::Zeroizing;

use crate::app::storage::{PassphraseStrength, passphrase_strength};
use crate::tui::effect::Typed;
use aemkeys_core::credential::{Code, Problem, Secret};

/// Room for the longest passphrase, because a growing buffer leaves copies in memory.
const ROOM: usize = 2048;

/// The first and the second field.
#[derive(Default)]
pub struct Typing([Zeroizing<String>; 2]);

impl Typing {
    pub fn take(&mut self, again: bool, typed: Typed) {
        let field = &mut self.0[usize::from(again)];
        match typed {
            Typed::Add(text) => {
                let text = String::from_utf8_lossy(text.expose());
                let text = if text.chars().count() > 1 {
                    text.trim()
                } else {
                    &*text
                };
                let room = ROOM.saturating_sub(field.len());
                field.reserve(room);
                field.push_str(text);
            }
            Typed::Backspace => {
                field.pop();
            }
            Typed::Clear => *field = Zeroizing::default(),
        }
    }

    pub fn forget(&mut self) {
        self.0 = <[Zeroizing<String>; 2]>::default();
    }

    /// Returns the strength of the text in the first field.
    pub fn strength(&self) -> Option<PassphraseStrength> {
        passphrase_strength(&Secret::from(self.0[0].as_str()))
    }

    /// Takes the text of the first field and clears both.
    pub fn first(&mut self) -> Secret {
        let first = Secret::from(self.0[0].as_str());
        self.forget();
        first
    }

    /// Takes the passphrase that was typed twice.
    pub fn both(&mut self) -> Result<Secret, Problem> {
        let same = self.0[0] == self.0[1];
        let first = self.first();
        if same {
            Ok(first)
        } else {
            Err(
                Problem::new(Code::PassphrasesDiffer, "the two passphrases differ")
                    .next_step("enter both again"),
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typing(first: &str, second: &str) -> Typing {
        let mut typing = Typing::default();
        for (again, text) in [(false, first), (true, second)] {
            for letter in text.chars() {
                typing.take(again, Typed::Add(Secret::from(letter.to_string())));
            }
        }
        typing
    }

    #[test]
    fn both_passphrases_must_match() {
        assert_eq!(
            typing("four words of mine", "four words of mine")
                .both()
                .unwrap(),
            Secret::from("four words of mine")
        );
        assert!(typing("four", "for").both().is_err());
    }

    #[test]
    fn backspace_deletes_and_pastes_lose_their_line_end() {
        let mut typing = typing("abx", "");
        typing.take(false, Typed::Backspace);
        typing.take(false, Typed::Add(Secret::from("cd\n")));
        assert_eq!(typing.first(), Secret::from("abcd"));
        assert!(typing.first().is_empty());
    }
}
