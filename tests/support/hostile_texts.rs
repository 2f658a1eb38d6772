//! Texts that would be harmful on a terminal if they were not sanitised, with their classes.

use std::collections::BTreeSet;

/// A marker that shows that the text was drawn at all.
pub const MARK: &str = "hostile";

/// Returns at least 200 different texts with their classes.
pub fn hostile_texts() -> Vec<(&'static str, String)> {
    let mut texts = Vec::new();
    commands(&mut texts);
    letters(&mut texts);
    let different: BTreeSet<&String> = texts.iter().map(|(_, text)| text).collect();
    assert_eq!(different.len(), texts.len(), "a text is there twice");
    assert!(texts.len() >= 200, "{} texts", texts.len());
    texts
}

/// Returns texts that a terminal interprets as commands.
fn commands(texts: &mut Vec<(&'static str, String)>) {
    let mut put = |class, text: String| texts.push((class, text));
    // Commands of ECMA-48, by ESC [ and by the C1 byte.
    for parameters in [
        "31m",
        "0m",
        "2J",
        "H",
        "1;1H",
        "999D",
        "10A",
        "3J",
        "K",
        "6n",
        "5n",
        "c",
        "?1049l",
        "?25l",
        "?1000h",
        "?2004l",
        "20t",
        "21t",
        "8;1;1t",
        "s",
        "u",
        "4h",
        "1;24r",
        "!p",
        "?6h",
        "38;2;255;0;0m",
        "1@",
        "5P",
        "3L",
        "3X",
    ] {
        put("CSI", format!("{MARK}\u{1b}[{parameters}x"));
        put("C1 CSI", format!("{MARK}\u{9b}{parameters}x"));
    }
    // Operating system commands: title, colours, clipboard, links, notifications, prompts.
    for payload in [
        "0;title",
        "2;title",
        "4;1;rgb:ff/ff/ff",
        "8;;https://evil.example",
        "8;id=1;file:///etc/passwd",
        "9;notify",
        "10;?",
        "11;?",
        "52;c;ZXZpbA==",
        "52;c;?",
        "52;p;ZXZpbA==",
        "104",
        "133;A",
        "777;notify;a;b",
        "1337;File=inline=1:ZXZpbA==",
    ] {
        for (class, begin, end) in [
            ("OSC BEL", "\u{1b}]", "\u{7}"),
            ("OSC ST", "\u{1b}]", "\u{1b}\\"),
            ("C1 OSC", "\u{9d}", "\u{9c}"),
            ("OSC without end", "\u{1b}]", ""),
        ] {
            put(class, format!("{MARK}{begin}{payload}{end}x"));
        }
    }
    for (class, begin) in [
        ("DCS", "\u{1b}P"),
        ("APC", "\u{1b}_"),
        ("PM", "\u{1b}^"),
        ("SOS", "\u{1b}X"),
        ("C1 DCS", "\u{90}"),
        ("C1 APC", "\u{9f}"),
        ("C1 PM", "\u{9e}"),
        ("C1 SOS", "\u{98}"),
    ] {
        put(class, format!("{MARK}{begin}q#0;2;0;0;0\u{1b}\\x"));
        put(class, format!("{MARK}{begin}Gf=100,a=T;AAAA\u{9c}x"));
        put(class, format!("{MARK}{begin}+q544e"));
    }
    for code in [
        "c", "7", "8", "(0", ")B", "#8", "=", ">", "D", "E", "M", "N", "O", "Z", "%G",
    ] {
        put("escape", format!("{MARK}\u{1b}{code}x"));
    }
    for byte in (0..0x20).chain(0x7f..0xa0) {
        let letter = char::from_u32(byte).unwrap();
        put("control", format!("{MARK}{letter}x{letter}"));
    }
    put("control", "\u{8}".repeat(200) + MARK);
    put("control", format!("{MARK}\r\n\r\n\t\t\tx\u{b}\u{c}\u{85}"));
}

/// Returns texts that are harmful without being commands.
fn letters(texts: &mut Vec<(&'static str, String)>) {
    let mut put = |class, text: String| texts.push((class, text));
    // What turns, hides or smuggles text.
    for code in [
        0x61c, 0x200e, 0x200f, 0x202a, 0x202b, 0x202c, 0x202d, 0x202e, 0x2066, 0x2067, 0x2068,
        0x2069,
    ] {
        let letter = char::from_u32(code).unwrap();
        put("bidi", format!("{MARK}{letter}evil{letter}{letter}x"));
    }
    for code in [
        0xad,
        0x34f,
        0x180e,
        0x200b,
        0x200c,
        0x200d,
        0x2060,
        0x2061,
        0x2063,
        0x206a,
        0xfeff,
        0xfe0e,
        0xfe0f,
        0xfff9,
        0xfffb,
        0x115f,
        0x3164,
        0xffa0,
        0x2028,
        0x2029,
        0xe0001,
        0xe0041,
        0xe007f,
        0xe0100,
        0xe000,
        0xf8ff,
        0xf0000,
        0x0010_fffd,
        0xfdd0,
        0xffff,
        0x1d173,
        0xa0,
        0x2003,
        0x3000,
    ] {
        let letter = char::from_u32(code).unwrap();
        put("invisible", format!("{MARK}{letter}x{letter}{letter}y"));
    }
    // What is wider, higher or longer than a cell.
    for (class, text) in [
        ("wide", "日本語日本語"),
        ("wide", "한국어"),
        ("wide", "ｆｕｌｌ"),
        ("emoji", "👩‍💻👨‍👩‍👧‍👦"),
        ("emoji", "🏳️‍🌈🇩🇪🇺🇳"),
        ("emoji", "❤️☠️1️⃣"),
        ("emoji", "👍🏽👍🏿"),
        ("RTL", "שלום עולם"),
        ("RTL", "مرحبا بالعالم"),
        ("joining", "ক্ষ্ম श्री ശ്രീ"),
        ("marks", "ก็ ที่ ผู้"),
        ("ambiguous", "①②★☆→⇒αβ…—"),
        ("boxes", "╭──╮│╰──╯━┃"),
    ] {
        put(class, format!("{MARK}{text}"));
        put(class, format!("{text}{MARK}").repeat(40));
    }
    for mark in ["\u{301}", "\u{489}", "\u{20dd}", "\u{1ab0}", "\u{e31}"] {
        put("marks", format!("{MARK}{}x", mark.repeat(500)));
        put("marks", format!("{mark}{MARK}"));
    }
    put("long", MARK.repeat(20_000));
    put("long", format!("{MARK} ").repeat(5_000));
    put("long", format!("{MARK}\n").repeat(5_000));
    put(
        "words",
        format!("{MARK}{{}}%s$(id)`id`;rm -rf ~;<b>&amp;\"'\\"),
    );
    put("words", format!("../../{MARK}\\..\\{MARK}"));
}

/// Returns JSON that parsers refuse or interpret differently: lone surrogates, escaped control characters, duplicate keys.
pub fn hostile_json() -> Vec<String> {
    let mut bodies = Vec::new();
    for escape in [
        r"\ud800",
        r"\udc00",
        r"\ud800\ud800",
        r"\udfff\ud800",
        r"\u0000",
        r"\u001b[2J",
        r"\u009b2J",
        r"\u0007",
        r"\u202e",
        r"\u2066",
        r"\b\b\b",
        r"\u001b]52;c;eA==\u0007",
        r"\udb40\udc41",
    ] {
        bodies.push(format!(
            r#"{{"authorizableId":"hostile{escape}x","memberOf":[{{"authorizableId":"{escape}"}}]}}"#
        ));
    }
    bodies.push(format!("{}1{}", "[".repeat(5_000), "]".repeat(5_000)));
    bodies.push(r#"{"authorizableId":"a","authorizableId":"hostile"}"#.to_owned());
    bodies
}

/// Returns whether the character is safe on a terminal.
pub fn is_harmless(letter: char) -> bool {
    let code = u32::from(letter);
    !letter.is_control()
        && !matches!(code,
            0x61c | 0x200b..=0x200f | 0x2028..=0x202e | 0x2060..=0x206f | 0xfe00..=0xfe0f | 0xfeff
            | 0xfff0..=0xfffb | 0xe0000..=0xe0fff | 0xe000..=0xf8ff | 0xf0000..=0x0010_ffff)
}
