//! Where in this text is the DER? PEM as people paste it: any line ends, also written out as `\n`, also spaces.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

/// A 4096-bit key is 2.4 KB, Adobe's certificates are under 1 KB.
const MAX_DER_BYTES: usize = 8 * 1024;

/// Is there a `-----BEGIN {label}-----` in it?
pub(super) fn has(text: &str, label: &str) -> bool {
    text.contains(&begin(label))
}

/// The bytes between BEGIN and END. The reasons are fixed texts: a parser's own could quote the key.
pub(super) fn decode(text: &str, label: &str) -> Result<Zeroizing<Vec<u8>>, &'static str> {
    let (_, rest) = text
        .split_once(&begin(label))
        .ok_or("it has no BEGIN line")?;
    let (body, _) = rest
        .split_once(&format!("-----END {label}-----"))
        .ok_or("it ends before its END line: part of it is missing")?;
    if body.len() > 2 * MAX_DER_BYTES {
        return Err("it is much longer than Adobe's");
    }
    let packed = pack(body);
    // Sized before it is filled: growing would leave a copy of the key behind.
    let mut der = Zeroizing::new(Vec::with_capacity(base64::decoded_len_estimate(
        packed.len(),
    )));
    STANDARD
        .decode_vec(&*packed, &mut der)
        .map_err(|_| "between its BEGIN and END lines is something other than base64")?;
    if der.len() > MAX_DER_BYTES {
        return Err("it is much longer than Adobe's");
    }
    Ok(der)
}

fn begin(label: &str) -> String {
    format!("-----BEGIN {label}-----")
}

/// Leaves out white space and written-out line ends (`\r`, `\n`, also with doubled backslashes): base64 has no backslash.
fn pack(body: &str) -> Zeroizing<Vec<u8>> {
    let mut packed = Zeroizing::new(Vec::with_capacity(body.len()));
    let mut escaped = false;
    for byte in body.bytes() {
        match byte {
            b'\\' => escaped = true,
            b'r' | b'n' if escaped => escaped = false,
            _ if byte.is_ascii_whitespace() => escaped = false,
            _ => {
                escaped = false;
                packed.push(byte);
            }
        }
    }
    packed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_ends_of_every_kind() {
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
    fn what_is_cut_or_scribbled_in_is_refused() {
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
