use base64::engine::general_purpose::STANDARD;
use proptest::prelude::*;

use super::*;

const TOKEN: &str = "eyJhbGciOiJSUzI1NiJ9.eyJpZCI6InBsYW50ZWQifQ.c2lnbmF0dXJl_of-it";
/// A client secret with characters that base64 and URLs write in another way.
const ODD: &str = "p8e-?>~ü+/=\u{7f}&x";

fn mask(secrets: &[&str]) -> Mask {
    let secrets: Vec<Secret> = secrets.iter().map(|it| Secret::from(*it)).collect();
    Mask::new(&secrets)
}

/// Masks a text that arrives in pieces of these lengths; the last one repeats.
fn in_pieces(mask: &Mask, mut text: &[u8], lengths: &[usize]) -> Vec<u8> {
    let (mut stream, mut out) = (Masked::new(mask), Vec::new());
    let mut lengths = lengths.iter().copied();
    let mut length = 1;
    while !text.is_empty() {
        length = lengths.next().unwrap_or(length).clamp(1, text.len());
        stream.push(&text[..length], &mut out);
        text = &text[length..];
    }
    stream.finish(&mut out);
    assert!(stream.held.is_empty());
    out
}

fn masked(mask: &Mask, text: &str) -> String {
    String::from_utf8(in_pieces(mask, text.as_bytes(), &[usize::MAX])).unwrap()
}

#[test]
fn every_form_of_a_secret_is_replaced() {
    for secret in [TOKEN, ODD] {
        let mask = mask(&[secret]);
        for lead in ["", "a", "ab", "abc", "Authorization: Bearer "] {
            for tail in ["", "x", "xy"] {
                let text = format!("{lead}{secret}{tail}");
                assert_eq!(masked(&mask, &text), format!("{lead}***{tail}"));
                for base64 in [STANDARD_NO_PAD, URL_SAFE_NO_PAD, STANDARD] {
                    let encoded = base64.encode(&text);
                    let shown = masked(&mask, &encoded);
                    assert!(shown.contains("***"), "{encoded}: {shown}");
                    assert!(shown.len() < lead.len() * 2 + 16, "{shown}");
                    let lines: Vec<&str> = encoded
                        .as_bytes()
                        .chunks(19)
                        .map(|line| std::str::from_utf8(line).unwrap())
                        .collect();
                    for end in ["\n", "\r\n"] {
                        assert_eq!(masked(&mask, &lines.join(end)).replace(end, ""), shown);
                    }
                }
            }
        }
        let encoded = String::from_utf8(percent_encoded(secret.as_bytes(), b"0123456789ABCDEF"));
        let encoded = format!("token={}&x", encoded.unwrap());
        assert_eq!(masked(&mask, &encoded), "token=***&x");
    }
}

#[test]
fn other_bytes_stay_as_they_are() {
    let mask = mask(&[TOKEN, "short"]);
    let all: Vec<u8> = (0..=255).cycle().take(100_000).collect();
    assert_eq!(in_pieces(&mask, &all, &[4096]), all);
    for text in [
        "eyJhbGciOiJSUzI1NiJ9.eyJpZCI6Im90aGVyIn0.x",
        "e\n\neyJ\n\r",
        "short",
        &TOKEN[..TOKEN.len() - 1],
        &TOKEN.replace('.', "\n\n."),
    ] {
        assert_eq!(masked(&mask, text), text);
    }
    assert!(Mask::new([&Secret::from("short")]).is_empty());
}

#[test]
fn the_longest_secret_is_replaced() {
    let mask = mask(&["abcdefgh", "abcdefghijkl", "zabcdefg"]);
    for (text, shown) in [
        ("abcdefghijkl", "***"),
        ("abcdefghijk", "***ijk"),
        ("abcdefgh", "***"),
        ("zabcdefghijkl", "***hijkl"),
        ("abcdefghabcdefgh", "******"),
        ("abcdefgabcdefgh", "abcdefg***"),
    ] {
        assert_eq!(masked(&mask, text), shown, "{text}");
    }
}

#[test]
fn a_prompt_is_shown_and_a_secret_that_follows_is_not() {
    let mask = mask(&[TOKEN]);
    let (mut stream, mut out) = (Masked::new(&mask), Vec::new());
    stream.push(b"Your name", &mut out);
    assert_eq!(out, b"Your nam");
    assert!(stream.is_waiting());
    stream.show_waiting(&mut out);
    assert_eq!(out, b"Your name");
    assert!(!stream.is_waiting());
    stream.push(b": ", &mut out);
    assert_eq!(out, b"Your name: ");

    out.clear();
    stream.push(&TOKEN.as_bytes()[..2], &mut out);
    stream.show_waiting(&mut out);
    stream.push(&TOKEN.as_bytes()[2..30], &mut out);
    assert!(!stream.is_waiting(), "too much of it would be shown");
    stream.show_waiting(&mut out);
    stream.push(&TOKEN.as_bytes()[30..], &mut out);
    stream.push(b"\n", &mut out);
    assert_eq!(out, b"ey***\n");
}

/// Texts of pieces of secrets, their encodings, and other bytes.
fn texts() -> impl Strategy<Value = Vec<u8>> {
    let base64 = (0..4usize, 0..3usize).prop_map(|(lead, tail)| {
        let text = format!("{}{TOKEN}{}", &"xyz"[..lead.min(3)], &"12"[..tail]);
        STANDARD.encode(text).into_bytes()
    });
    let piece = prop_oneof![
        Just(TOKEN.as_bytes().to_vec()),
        Just(ODD.as_bytes().to_vec()),
        base64,
        (0..TOKEN.len()).prop_map(|end| TOKEN.as_bytes()[..end].to_vec()),
        (0..TOKEN.len()).prop_map(|begin| TOKEN.as_bytes()[begin..].to_vec()),
        (1..TOKEN.len()).prop_map(|at| {
            let (a, b) = TOKEN.split_at(at);
            format!("{a}\n{b}").into_bytes()
        }),
        proptest::collection::vec(any::<u8>(), 0..9),
        "[eyJZp \r\n]{0,5}".prop_map(String::into_bytes),
    ];
    proptest::collection::vec(piece, 0..8).prop_map(|pieces| pieces.concat())
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window == part)
}

proptest! {
    #[test]
    fn any_split_gives_the_same_result_without_a_secret(
        text in texts(),
        lengths in proptest::collection::vec(1..50usize, 1..40),
    ) {
        let mask = mask(&[TOKEN, ODD]);
        let whole = in_pieces(&mask, &text, &[usize::MAX]);
        prop_assert_eq!(&in_pieces(&mask, &text, &lengths), &whole);
        prop_assert_eq!(&in_pieces(&mask, &text, &[1]), &whole);
        for text in &mask.texts {
            prop_assert!(!contains(&whole, text.expose()));
        }
        let joined: Vec<u8> = whole.into_iter().filter(|byte| *byte != b'\n').collect();
        // What a replaced secret leaves cannot be joined to one, except across its own replacement.
        prop_assert!(!contains(&joined, TOKEN.as_bytes()) || contains(&text, b"\n\n") || contains(&text, b"\r"));
    }

    #[test]
    fn showing_what_waits_shows_no_more_than_a_few_letters_of_a_secret(
        lengths in proptest::collection::vec(1..9usize, 1..40),
    ) {
        let mask = mask(&[TOKEN]);
        let (mut stream, mut out) = (Masked::new(&mask), Vec::new());
        let mut rest = TOKEN.as_bytes();
        for length in lengths {
            let (piece, after) = rest.split_at(length.min(rest.len()));
            stream.push(piece, &mut out);
            stream.show_waiting(&mut out);
            rest = after;
        }
        stream.push(rest, &mut out);
        stream.finish(&mut out);
        prop_assert!(out.len() <= SHOWN + REPLACEMENT.len());
        prop_assert!(out.ends_with(REPLACEMENT));
    }
}
