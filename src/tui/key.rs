//! Keys and their notation: `jj<enter>t`, `<c-d>`.

use std::fmt;

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

/// A key press. Shift is kept only for keys without a character.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct KeyPress {
    pub code: KeyCode,
    pub modifiers: KeyModifiers,
}

impl KeyPress {
    pub const fn plain(code: KeyCode) -> Self {
        Self {
            code,
            modifiers: KeyModifiers::NONE,
        }
    }

    pub const fn letter(letter: char) -> Self {
        Self::plain(KeyCode::Char(letter))
    }

    /// A character with modifiers, of which Shift is part of the character.
    pub fn of_char(letter: char, modifiers: KeyModifiers) -> Self {
        Self::normal(KeyCode::Char(letter), modifiers)
    }

    /// Returns `None` for a key release.
    pub fn of(event: KeyEvent) -> Option<Self> {
        (event.kind != KeyEventKind::Release).then(|| Self::normal(event.code, event.modifiers))
    }

    fn normal(code: KeyCode, modifiers: KeyModifiers) -> Self {
        let kept = KeyModifiers::CONTROL | KeyModifiers::ALT | KeyModifiers::SHIFT;
        let modifiers = modifiers & kept;
        match code {
            KeyCode::BackTab => Self {
                code: KeyCode::Tab,
                modifiers: modifiers | KeyModifiers::SHIFT,
            },
            KeyCode::Char(letter) if modifiers.contains(KeyModifiers::CONTROL) => Self {
                code: KeyCode::Char(letter.to_ascii_lowercase()),
                modifiers: modifiers - KeyModifiers::SHIFT,
            },
            KeyCode::Char(_) => Self {
                code,
                modifiers: modifiers - KeyModifiers::SHIFT,
            },
            _ => Self { code, modifiers },
        }
    }

    /// The character that the key types.
    pub fn text(self) -> Option<char> {
        match self.code {
            KeyCode::Char(letter) if self.modifiers.is_empty() && !letter.is_control() => {
                Some(letter)
            }
            _ => None,
        }
    }
}

const NAMED: [(&str, KeyCode); 16] = [
    ("enter", KeyCode::Enter),
    ("esc", KeyCode::Esc),
    ("space", KeyCode::Char(' ')),
    ("lt", KeyCode::Char('<')),
    ("tab", KeyCode::Tab),
    ("backspace", KeyCode::Backspace),
    ("delete", KeyCode::Delete),
    ("insert", KeyCode::Insert),
    ("up", KeyCode::Up),
    ("down", KeyCode::Down),
    ("left", KeyCode::Left),
    ("right", KeyCode::Right),
    ("home", KeyCode::Home),
    ("end", KeyCode::End),
    ("pageup", KeyCode::PageUp),
    ("pagedown", KeyCode::PageDown),
];

impl fmt::Display for KeyPress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut prefix = String::new();
        for (modifier, letter) in [
            (KeyModifiers::CONTROL, "c-"),
            (KeyModifiers::ALT, "a-"),
            (KeyModifiers::SHIFT, "s-"),
        ] {
            if self.modifiers.contains(modifier) {
                prefix.push_str(letter);
            }
        }
        let named = NAMED.iter().find(|(_, code)| *code == self.code);
        match (named, self.code) {
            (Some((name, _)), _) => write!(f, "<{prefix}{name}>"),
            (None, KeyCode::F(number)) => write!(f, "<{prefix}f{number}>"),
            (None, KeyCode::Char(letter)) if prefix.is_empty() => write!(f, "{letter}"),
            (None, KeyCode::Char(letter)) => write!(f, "<{prefix}{letter}>"),
            (None, _) => f.write_str("<?>"),
        }
    }
}

/// Formats a key for hints and help: `Enter`, `Ctrl-D`, `x`.
pub fn say(key: KeyPress) -> String {
    let mut text = String::new();
    if key.modifiers.contains(KeyModifiers::CONTROL) {
        text.push_str("Ctrl-");
    }
    if key.modifiers.contains(KeyModifiers::ALT) {
        text.push_str("Alt-");
    }
    if key.modifiers.contains(KeyModifiers::SHIFT) {
        text.push_str("Shift-");
    }
    match key.code {
        KeyCode::Char(' ') => text.push_str("Space"),
        KeyCode::Char(letter) if text.is_empty() => text.push(letter),
        KeyCode::Char(letter) => text.push(letter.to_ascii_uppercase()),
        KeyCode::F(number) => text.extend(["F", &number.to_string()]),
        KeyCode::PageUp => text.push_str("PageUp"),
        KeyCode::PageDown => text.push_str("PageDown"),
        code => {
            let name = NAMED
                .iter()
                .find(|(_, named)| *named == code)
                .map_or("?", |(name, _)| *name);
            let mut letters = name.chars();
            if let Some(first) = letters.next() {
                text.push(first.to_ascii_uppercase());
                text.push_str(letters.as_str());
            }
        }
    }
    text
}

/// Parses a sequence of keys: `jj<enter>t`.
pub fn parse_keys(text: &str) -> Result<Vec<KeyPress>, String> {
    let mut keys = Vec::new();
    let mut rest = text;
    while let Some(letter) = rest.chars().next() {
        if letter == '<' {
            let end = rest
                .find('>')
                .ok_or_else(|| "`<` without `>` (a `<` itself is `<lt>`)".to_owned())?;
            keys.push(parse_named(&rest[1..end])?);
            rest = &rest[end + 1..];
        } else {
            keys.push(KeyPress::letter(letter));
            rest = &rest[letter.len_utf8()..];
        }
    }
    Ok(keys)
}

fn parse_named(name: &str) -> Result<KeyPress, String> {
    let mut modifiers = KeyModifiers::NONE;
    let mut rest = name;
    while rest.len() > 2 && rest.as_bytes()[1] == b'-' {
        modifiers |= match rest.as_bytes()[0].to_ascii_lowercase() {
            b'c' => KeyModifiers::CONTROL,
            b'a' | b'm' => KeyModifiers::ALT,
            b's' => KeyModifiers::SHIFT,
            _ => return Err(format!("unknown key <{name}>")),
        };
        rest = &rest[2..];
    }
    let folded = rest.to_ascii_lowercase();
    if let Some((_, code)) = NAMED.iter().find(|(known, _)| *known == folded) {
        return Ok(KeyPress::normal(*code, modifiers));
    }
    if let Some(number) = folded.strip_prefix('f').and_then(|n| n.parse::<u8>().ok())
        && (1..=12).contains(&number)
    {
        return Ok(KeyPress::normal(KeyCode::F(number), modifiers));
    }
    let mut letters = rest.chars();
    match (letters.next(), letters.next()) {
        (Some(letter), None) if !modifiers.is_empty() => {
            Ok(KeyPress::normal(KeyCode::Char(letter), modifiers))
        }
        _ => Err(format!("unknown key <{name}>")),
    }
}

/// Suggests the notation for keys as other programs write them: `; write <c-a>` for `Ctrl-A`, `^A`, `C+a` or
/// `<ctrl-a>`.
pub fn meant(text: &str) -> String {
    let bare = text.trim().trim_start_matches('<').trim_end_matches('>');
    let lower = bare.to_ascii_lowercase().replace('^', "ctrl-");
    let parts: Vec<&str> = lower
        .split(['-', '+', ' '])
        .filter(|part| !part.is_empty())
        .collect();
    let Some((name, modifiers)) = parts.split_last() else {
        return String::new();
    };
    let mut notation = String::new();
    for modifier in modifiers {
        notation.push_str(match *modifier {
            "ctrl" | "control" | "c" => "c-",
            "alt" | "meta" | "option" | "opt" | "m" | "a" => "a-",
            "shift" | "s" => "s-",
            _ => return String::new(),
        });
    }
    let name = match *name {
        "return" | "cr" => "enter",
        "escape" => "esc",
        "spacebar" | "spc" => "space",
        "del" => "delete",
        "ins" => "insert",
        "bs" => "backspace",
        "pgup" | "prior" => "pageup",
        "pgdn" | "pgdown" | "next" => "pagedown",
        "backtab" => "s-tab",
        other => other,
    };
    match parse_named(&format!("{notation}{name}")) {
        Ok(key) => format!("; write {key}"),
        Err(_) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notation_is_read_and_written_back() {
        let keys = parse_keys("jj<enter>t<c-d><esc><space><s-tab><f1><lt>G").unwrap();
        let written: String = keys.iter().map(ToString::to_string).collect();
        assert_eq!(written, "jj<enter>t<c-d><esc><space><s-tab><f1><lt>G");
        assert_eq!(keys.len(), 11);
    }

    #[test]
    fn errors_name_unknown_keys() {
        assert!(parse_keys("<hyper>").unwrap_err().contains("hyper"));
        assert!(parse_keys("<enter").is_err());
        assert!(parse_keys("<>").is_err());
        assert!(parse_keys("<x>").is_err());
    }
}
