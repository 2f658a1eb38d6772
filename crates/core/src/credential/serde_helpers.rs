//! Serde helpers: text from files and keyring items, which another program may have written, is sanitised.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::text::{clean, clean_lines};

/// In characters; longer than any text that aemkeys writes.
const MAX_CHARS: usize = 2000;
const MAX_NOTES_CHARS: usize = 20_000;

pub fn text<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    String::deserialize(from).map(cleaned)
}

pub fn some_text<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    Ok(Option::<String>::deserialize(from)?.map(cleaned))
}

pub fn texts<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
    let texts = Vec::<String>::deserialize(from)?;
    Ok(texts.into_iter().map(cleaned).collect())
}

/// Reads a list that usually has one large value, without the room for four that a list otherwise begins with.
pub fn few<'de, T: Deserialize<'de>, D: Deserializer<'de>>(from: D) -> Result<Vec<T>, D::Error> {
    struct Few<T>(PhantomData<T>);
    impl<'de, T: Deserialize<'de>> Visitor<'de> for Few<T> {
        type Value = Vec<T>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a list")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Vec<T>, A::Error> {
            let mut few = Vec::with_capacity(1);
            while let Some(value) = list.next_element()? {
                few.push(value);
            }
            Ok(few)
        }
    }
    from.deserialize_seq(Few(PhantomData))
}

/// Reads a text of several lines.
pub fn notes<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    String::deserialize(from).map(|text| clean_lines(&text, MAX_NOTES_CHARS))
}

/// Sanitises the text. Plain ASCII, the usual case, is not copied.
fn cleaned(text: String) -> String {
    let is_plain =
        text.len() <= MAX_CHARS && text.bytes().all(|byte| (b' '..=b'~').contains(&byte));
    if is_plain {
        text
    } else {
        clean(&text, MAX_CHARS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_value_takes_the_room_of_one() {
        let read = |json: &str| few::<String, _>(&mut serde_json::Deserializer::from_str(json));
        assert_eq!(read("[\"a\"]").unwrap().capacity(), 1);
        assert_eq!(read("[]").unwrap(), [""; 0]);
        assert_eq!(read("[\"a\",\"b\",\"c\"]").unwrap(), ["a", "b", "c"]);
        assert!(read("7").is_err());
    }
}
