//! Replaces secrets in a stream of bytes: as they are, in base64 at each of its three alignments, and percent-encoded.
//!
//! A line break within a secret, as `base64` and terminals insert, does not hide it.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};

use aemkeys_core::credential::Secret;

const REPLACEMENT: &[u8] = b"***";
/// Shorter secrets would be found in ordinary words.
const SHORTEST: usize = 8;
/// The part of a secret that [`Masked::show_waiting`] may show: a prompt hardly ends with more of its letters.
const SHOWN: usize = 2;

/// The texts to replace.
pub struct Mask {
    texts: Vec<Secret>,
    /// Whether a text begins with the byte.
    begins: [bool; 256],
    /// The first two bytes of the texts: few, so that other text is passed over without comparing it with each of them.
    pairs: Vec<[u8; 2]>,
}

/// What a text is for the bytes at a place.
enum Found {
    /// The text, with this many bytes.
    Whole(usize),
    /// The bytes end within the text.
    Part,
    No,
}

impl Mask {
    pub fn new<'a>(secrets: impl IntoIterator<Item = &'a Secret>) -> Self {
        let mut texts: Vec<Vec<u8>> = Vec::new();
        for secret in secrets {
            let secret = secret.expose();
            if secret.len() < SHORTEST {
                continue;
            }
            let mut forms = vec![secret.to_vec()];
            for lead in 0..3 {
                forms.extend(base64_forms(secret, lead));
            }
            // Base64 has characters that are percent-encoded, too.
            let encoded = forms.iter().flat_map(|form| {
                [
                    percent_encoded(form, b"0123456789ABCDEF"),
                    percent_encoded(form, b"0123456789abcdef"),
                ]
            });
            let encoded: Vec<_> = encoded.collect();
            texts.extend(forms.into_iter().chain(encoded));
        }
        texts.sort_unstable();
        texts.dedup();
        let mut begins = [false; 256];
        for text in &texts {
            begins[usize::from(text[0])] = true;
        }
        let mut pairs: Vec<_> = texts.iter().map(|text| [text[0], text[1]]).collect();
        pairs.dedup();
        Self {
            pairs,
            texts: texts.into_iter().map(Secret::new).collect(),
            begins,
        }
    }

    pub fn is_empty(&self) -> bool {
        self.texts.is_empty()
    }

    /// Returns the first place where a text could begin, or the length.
    fn next_begin(&self, bytes: &[u8]) -> usize {
        let could_begin = |at: usize| {
            self.begins[usize::from(bytes[at])]
                && bytes.get(at + 1).is_none_or(|second| {
                    matches!(second, b'\r' | b'\n') || self.pairs.contains(&[bytes[at], *second])
                })
        };
        (0..bytes.len())
            .find(|at| could_begin(*at))
            .unwrap_or(bytes.len())
    }

    /// Returns the longest text at the begin of `bytes`. `Part` if more bytes could make a longer one, unless `is_end`.
    fn find(&self, bytes: &[u8], is_end: bool) -> Found {
        let mut longest = None;
        for text in &self.texts {
            match compare(text.expose(), bytes) {
                Found::Whole(length) => longest = longest.max(Some(length)),
                Found::Part if !is_end => return Found::Part,
                Found::Part | Found::No => {}
            }
        }
        longest.map_or(Found::No, Found::Whole)
    }
}

/// Compares, and skips a line break between two bytes of the text.
fn compare(text: &[u8], bytes: &[u8]) -> Found {
    let mut at = 0;
    for (index, wanted) in text.iter().enumerate() {
        match &bytes[at..] {
            [] => return Found::Part,
            [byte, ..] if byte == wanted => at += 1,
            _ if index == 0 => return Found::No,
            [b'\n' | b'\r'] | [b'\r', b'\n'] => return Found::Part,
            [b'\n', byte, ..] if byte == wanted => at += 2,
            [b'\r', b'\n', byte, ..] if byte == wanted => at += 3,
            _ => return Found::No,
        }
    }
    Found::Whole(at)
}

/// Returns the digits that `secret` alone decides if `lead` other bytes precede it in its group of three.
fn base64_forms(secret: &[u8], lead: usize) -> [Vec<u8>; 2] {
    let bytes = [&[0; 2][..lead], secret].concat();
    let first = (lead * 8).div_ceil(6);
    let end = bytes.len() * 8 / 6;
    [STANDARD_NO_PAD, URL_SAFE_NO_PAD].map(|base64| {
        let digits = base64.encode(&bytes);
        digits.as_bytes()[first..end].to_vec()
    })
}

fn percent_encoded(bytes: &[u8], digits: &[u8; 16]) -> Vec<u8> {
    let mut encoded = Vec::with_capacity(bytes.len());
    for &byte in bytes {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(byte);
        } else {
            let (high, low) = (byte >> 4, byte & 15);
            encoded.extend([b'%', digits[usize::from(high)], digits[usize::from(low)]]);
        }
    }
    encoded
}

/// One stream. Bytes that can be the begin of a secret are held back.
pub struct Masked<'a> {
    mask: &'a Mask,
    held: Vec<u8>,
    /// How many of the held bytes are shown already.
    shown: usize,
}

impl<'a> Masked<'a> {
    pub fn new(mask: &'a Mask) -> Self {
        Self {
            mask,
            held: Vec::new(),
            shown: 0,
        }
    }

    /// Adds to `out` what can be shown after these bytes.
    pub fn push(&mut self, bytes: &[u8], out: &mut Vec<u8>) {
        self.held.extend_from_slice(bytes);
        self.advance(out, false);
    }

    /// Adds the rest.
    pub fn finish(&mut self, out: &mut Vec<u8>) {
        self.advance(out, true);
    }

    /// Returns whether bytes are held back that [`Masked::show_waiting`] would show.
    pub fn is_waiting(&self) -> bool {
        (self.shown + 1..=SHOWN).contains(&self.held.len())
    }

    /// Shows the held bytes if they are few, such as the last letter of a prompt. If a secret follows, its rest is still replaced.
    pub fn show_waiting(&mut self, out: &mut Vec<u8>) {
        if self.is_waiting() {
            out.extend_from_slice(&self.held[self.shown..]);
            self.shown = self.held.len();
        }
    }

    fn advance(&mut self, out: &mut Vec<u8>, is_end: bool) {
        let mut at = 0;
        while at < self.held.len() {
            let rest = &self.held[at..];
            let mut plain = self.mask.next_begin(rest);
            if plain == 0 {
                match self.mask.find(rest, is_end) {
                    Found::Part => break,
                    Found::Whole(length) => {
                        out.extend_from_slice(REPLACEMENT);
                        at += length;
                        self.shown = self.shown.max(at);
                        continue;
                    }
                    Found::No => plain = 1,
                }
            }
            let end = at + plain;
            out.extend_from_slice(&self.held[self.shown.clamp(at, end)..end]);
            at = end;
        }
        self.held.drain(..at);
        self.shown = self.shown.saturating_sub(at);
    }
}

#[cfg(test)]
mod tests;
