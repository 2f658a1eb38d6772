//! Paths as people give them: typed, quoted, dragged into the terminal, or copied from a file manager.

use std::path::{Path, PathBuf};

/// The maximum numbers of files that are read from a folder, and offered.
const MOST_READ: usize = 10_000;
const MOST_SHOWN: usize = 100;
/// The maximum length of a text that is taken for paths.
const LONGEST: usize = 4096;

/// Returns the path of a text that names one file. A file of exactly this name wins.
pub fn one(text: &str) -> PathBuf {
    let literal = Path::new(text);
    if literal.exists() {
        return literal.to_path_buf();
    }
    let mut paths = all(text);
    match paths.len() {
        1 => paths.remove(0),
        // Spaces that nobody escaped.
        _ => path_of(text.trim(), cfg!(windows)),
    }
}

/// Returns the paths of a text: quoted, with escaped spaces, or `file://` addresses, separated by white space.
pub fn all(text: &str) -> Vec<PathBuf> {
    parse(text, cfg!(windows))
}

/// Returns whether a pasted text is one or more paths, and not a name or another text.
pub fn is_path(text: &str) -> bool {
    let text = text.trim();
    let words = words(text, cfg!(windows));
    text.len() <= LONGEST
        && !text.contains(['{', '}'])
        && !words.is_empty()
        && words.iter().all(|word| is_absolute(word))
}

/// Returns whether a typed text is the path of a file, or of several, and not a path to search or to request.
pub fn names_files(text: &str) -> bool {
    is_path(text) && all(text).iter().all(|path| path.is_file())
}

fn is_absolute(word: &str) -> bool {
    let bytes = word.as_bytes();
    let has_drive = matches!(bytes, [drive, b':', b'\\' | b'/', ..] if drive.is_ascii_alphabetic());
    let begins = ["/", "~/", "./", "../", "file://", "\\\\"];
    let begins = begins.iter().any(|begin| word.starts_with(begin));
    has_drive || (begins && word.len() > 1 && !word.starts_with("//"))
}

fn parse(text: &str, is_windows: bool) -> Vec<PathBuf> {
    let words = words(text.trim(), is_windows);
    words.iter().map(|word| path_of(word, is_windows)).collect()
}

/// Returns the files that continue a typed path: folders first, then JSON files. Hidden ones only after a dot.
pub fn continuations(text: &str) -> Vec<String> {
    let separators: &[char] = if cfg!(windows) { &['/', '\\'] } else { &['/'] };
    let begin = text.rfind(separators).map_or(0, |at| at + 1);
    let (folder, prefix) = text.split_at(begin);
    let place = match folder {
        "" => PathBuf::from("."),
        folder => path_of(folder, cfg!(windows)),
    };
    let Ok(entries) = std::fs::read_dir(place) else {
        return Vec::new();
    };
    let mut found: Vec<(u8, String)> = entries
        .filter_map(|entry| {
            let entry = entry.ok()?;
            let name = entry.file_name().into_string().ok()?;
            let is_hidden = name.starts_with('.') && !prefix.starts_with('.');
            // A name that can't be shown can't be typed either.
            let is_shown = aemkeys_core::credential::text::clean(&name, LONGEST) == name;
            if is_hidden || !is_shown || !name.starts_with(prefix) {
                return None;
            }
            let is_json = Path::new(&name).extension().is_some_and(|it| it == "json");
            // Follows links.
            Some(if entry.path().is_dir() {
                (0, format!("{folder}{name}/"))
            } else {
                (if is_json { 1 } else { 2 }, format!("{folder}{name}"))
            })
        })
        .take(MOST_READ)
        .collect();
    found.sort();
    found.truncate(MOST_SHOWN);
    found.into_iter().map(|(_, name)| name).collect()
}

/// Splits like a shell. On Windows, a backslash separates folders and escapes nothing.
fn words(text: &str, is_windows: bool) -> Vec<String> {
    let (mut words, mut word) = (Vec::new(), None::<String>);
    let mut quote = None;
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        match (quote, letter) {
            (Some(open), _) if letter == open => quote = None,
            (None, '\'' | '"') => {
                quote = Some(letter);
                word.get_or_insert_default();
            }
            (None | Some('"'), '\\') if !is_windows => {
                let next = letters.next().unwrap_or('\\');
                word.get_or_insert_default().push(next);
            }
            (None, _) if letter.is_whitespace() => words.extend(word.take()),
            _ => word.get_or_insert_default().push(letter),
        }
    }
    words.extend(word);
    words.retain(|word| !word.is_empty());
    words
}

fn path_of(word: &str, is_windows: bool) -> PathBuf {
    if let Some(address) = word.strip_prefix("file://") {
        let path = address.strip_prefix("localhost").unwrap_or(address);
        let path = decoded(path);
        // `file:///C:/Users`
        return match path.strip_prefix('/').filter(|_| is_windows) {
            Some(path) => path.into(),
            None => path.into(),
        };
    }
    match (word.strip_prefix("~/"), std::env::home_dir()) {
        (Some(rest), Some(home)) => home.join(rest),
        _ => word.into(),
    }
}

/// Decodes `%20`; a `%` without two digits stays.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        let digits = after.get(..2).filter(|_| *first == b'%');
        let digits = digits.and_then(|digits| std::str::from_utf8(digits).ok());
        if let Some(byte) = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            bytes.push(byte);
            rest = &after[2..];
        } else {
            bytes.push(*first);
            rest = after;
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_read_as_terminals_and_file_managers_write_them() {
        for (text, expected) in [
            ("/home/me/x.json", vec!["/home/me/x.json"]),
            (" /home/me/x.json \r\n", vec!["/home/me/x.json"]),
            ("'/home/me/my file.json'", vec!["/home/me/my file.json"]),
            ("\"/home/me/my file.json\" ", vec!["/home/me/my file.json"]),
            (
                "/home/me/my\\ file\\ \\(1\\).json",
                vec!["/home/me/my file (1).json"],
            ),
            ("'/home/it'\\''s.json'", vec!["/home/it's.json"]),
            (
                "file:///home/me/my%20file.json",
                vec!["/home/me/my file.json"],
            ),
            ("file://localhost/home/%C3%A9.json", vec!["/home/é.json"]),
            ("file:///100%.json", vec!["/100%.json"]),
            ("/a.json /b.json", vec!["/a.json", "/b.json"]),
            ("'/a b.json' '/c d.json'", vec!["/a b.json", "/c d.json"]),
            (
                "file:///a.json\nfile:///b.json\n",
                vec!["/a.json", "/b.json"],
            ),
            ("", vec![]),
            (" \n", vec![]),
            ("''", vec![]),
        ] {
            let expected: Vec<PathBuf> = expected.into_iter().map(PathBuf::from).collect();
            assert_eq!(parse(text, false), expected, "{text:?}");
        }
        let home = std::env::home_dir().unwrap();
        assert_eq!(parse("~/x.json", false), [home.join("x.json")]);
    }

    #[test]
    fn a_backslash_of_windows_stays() {
        for (text, expected) in [
            (r"C:\Users\me\x.json", r"C:\Users\me\x.json"),
            (r#""C:\Users\my name\x.json""#, r"C:\Users\my name\x.json"),
            ("file:///C:/Users/me/x%20y.json", "C:/Users/me/x y.json"),
            (r"\\server\share\x.json", r"\\server\share\x.json"),
        ] {
            assert_eq!(parse(text, true), [PathBuf::from(expected)], "{text}");
            assert!(is_absolute(&words(text, true)[0]), "{text}");
        }
    }

    #[test]
    fn folders_and_json_files_come_first() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["b.txt", "z.json", "a.json", ".hidden", "other"] {
            std::fs::write(folder.path().join(name), "{}").unwrap();
        }
        std::fs::create_dir(folder.path().join("sub")).unwrap();
        let found = |text: &str| {
            let begin = format!("{}/", folder.path().display());
            let found = continuations(&format!("{begin}{text}"));
            let names = found.iter().map(|name| name.strip_prefix(&begin).unwrap());
            names.map(str::to_owned).collect::<Vec<_>>()
        };
        assert_eq!(found(""), ["sub/", "a.json", "z.json", "b.txt", "other"]);
        assert_eq!(found("z"), ["z.json"]);
        assert_eq!(found("."), [".hidden"]);
        assert_eq!(found("none/x"), Vec::<String>::new());
    }

    #[test]
    fn an_existing_file_of_this_name_wins() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a b'c.json");
        std::fs::write(&file, "{}").unwrap();
        assert_eq!(one(file.to_str().unwrap()), file);
        let missing = folder.path().join("no such file.json");
        assert_eq!(one(missing.to_str().unwrap()), missing);
    }

    #[test]
    fn only_texts_that_begin_like_paths_are_paths() {
        for text in [
            "/home/me/x.json",
            "'/a b.json' /c.json\n",
            "~/x.json",
            "./x.json",
            "../x",
            "file:///x",
        ] {
            assert!(is_path(text), "{text}");
        }
        for text in [
            "",
            "wknd-stage",
            "x.json",
            "{\"a\": \"/b\"}",
            "eyJhbGciOi.x.y",
            "// a comment",
            "/a.json and more",
            "/",
        ] {
            assert!(!is_path(text), "{text}");
        }
    }
}
