//! PEM: decodes text whose line ends are real, escaped (`\n`) or replaced by spaces; encodes with CRLF like Adobe's consoles.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

/// A 4096-bit key has 2.4 KB; Adobe's certificates have less than 1 KB.
const MAX_DER_BYTES: usize = 8 * 1024;

/// True if the text contains `-----BEGIN {label}-----`.
pub(super) fn has_label(text: &str, label: &str) -> bool {
    text.contains(&begin(label))
}

/// Decodes the text between BEGIN and END. Errors are fixed texts: a parser's own message could quote the key.
pub(super) fn decode(text: &str, label: &str) -> Result<Zeroizing<Vec<u8>>, &'static str> {
    let (_, rest) = text
        .split_once(&begin(label))
        .ok_or("it has no BEGIN line")?;
    let (body, _) = rest
        .split_once(&format!("-----END {label}-----"))
        .ok_or("it has no END line: part of it is missing")?;
    if body.len() > 2 * MAX_DER_BYTES {
        return Err("it is much longer than Adobe's keys and certificates");
    }
    let base64 = without_line_ends(body);
    // Allocated once: a reallocation would leave a copy of the key in freed memory.
    let mut der = Zeroizing::new(Vec::with_capacity(base64::decoded_len_estimate(
        base64.len(),
    )));
    STANDARD
        .decode_vec(&*base64, &mut der)
        .map_err(|_| "the text between its BEGIN and END lines is not base64")?;
    if der.len() > MAX_DER_BYTES {
        return Err("it is much longer than Adobe's keys and certificates");
    }
    Ok(der)
}

/// Encodes with 64 characters a line and CRLF, like Adobe's consoles.
pub(super) fn encode(der: &[u8], label: &str) -> Zeroizing<String> {
    // 48 bytes are 64 characters.
    let lines = der.len().div_ceil(48);
    let mut text = Zeroizing::new(String::with_capacity(lines * 66 + 2 * label.len() + 40));
    text.push_str(&begin(label));
    for line in der.chunks(48) {
        text.push_str("\r\n");
        STANDARD.encode_string(line, &mut text);
    }
    text.push_str(&format!("\r\n-----END {label}-----\r\n"));
    text
}

fn begin(label: &str) -> String {
    format!("-----BEGIN {label}-----")
}

/// Removes white space and escaped line ends (`\r`, `\n`, also with doubled backslashes). Base64 has no backslash.
fn without_line_ends(body: &str) -> Zeroizing<Vec<u8>> {
    let mut kept = Zeroizing::new(Vec::with_capacity(body.len()));
    let mut escaped = false;
    for byte in body.bytes() {
        match byte {
            b'\\' => escaped = true,
            b'r' | b'n' if escaped => escaped = false,
            _ if byte.is_ascii_whitespace() => escaped = false,
            _ => {
                escaped = false;
                kept.push(byte);
            }
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_kinds_of_line_ends_are_accepted() {
        for text in [
            "-----BEGIN X-----\nAQID\nBAUG\n-----END X-----\n",
            "-----BEGIN X-----\r\nAQID\r\nBAUG\r\n-----END X-----",
            "-----BEGIN X-----\rAQID\rBAUG\r-----END X-----\r",
            "-----BEGIN X----- AQID BAUG -----END X-----",
            "-----BEGIN X-----AQIDBAUG-----END X-----",
            r"-----BEGIN X-----\nAQID\nBAUG\n-----END X-----\n",
            r"-----BEGIN X-----\r\nAQID\r\nBAUG\r\n-----END X-----\r\n",
            r"-----BEGIN X-----\\nAQID\\nBAUG\\n-----END X-----",
            "\u{feff}leading words\n-----BEGIN X-----\n  AQID\n\tBAUG\n-----END X-----\ntrailing",
        ] {
            assert_eq!(*decode(text, "X").unwrap(), [1, 2, 3, 4, 5, 6], "{text:?}");
        }
    }

    #[test]
    fn encoded_pem_has_lines_of_64_characters_and_is_decoded_again() {
        for bytes in [0, 1, 48, 49, 1200] {
            let der = vec![7; bytes];
            let text = encode(&der, "X");
            assert_eq!(*decode(&text, "X").unwrap(), der);
            assert!(text.split("\r\n").all(|line| line.len() <= 64), "{bytes}");
            assert!(!text.contains("\n\n"), "{bytes}");
        }
    }

    #[test]
    fn truncated_and_damaged_pem_is_rejected() {
        for text in [
            "",
            "AQID",
            "-----BEGIN X-----\nAQID\n",
            "-----BEGIN Y-----\nAQID\n-----END Y-----",
            "-----BEGIN X-----\nAQ..\n-----END X-----",
            "-----BEGIN X-----\nAQIDB\n-----END X-----",
        ] {
            assert!(decode(text, "X").is_err(), "{text:?}");
        }
        let long = format!("-----BEGIN X-----\n{}\n-----END X-----", "A".repeat(20_000));
        assert!(decode(&long, "X").is_err());
        let spaces = " ".repeat(2 * MAX_DER_BYTES);
        assert!(
            decode(
                &format!("-----BEGIN X-----AQID{spaces}-----END X-----"),
                "X"
            )
            .is_err()
        );
    }
}
