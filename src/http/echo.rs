//! Takes out of an answer what was sent to get it, before anything of the answer is shown or logged.

use super::{Body, FormValue, Request, Response};
use crate::credential::{Secret, mask};

/// Shorter ones would be found everywhere; no secret of Adobe's is.
const SHORTEST: usize = 8;

/// The secrets of one request, and those of the proxy: one that opens TLS sees the request and writes the answer.
#[derive(Default)]
pub(crate) struct Sent(Vec<Secret>);

impl Sent {
    pub fn of(request: &Request, proxy: Vec<Secret>) -> Self {
        let fields: &[_] = match &request.body {
            Body::Form(fields) => fields,
            Body::Empty | Body::Bytes { .. } => &[],
        };
        let in_form = fields.iter().filter_map(|(_, value)| match value {
            FormValue::Secret(secret) => Some(secret),
            FormValue::Plain(_) => None,
        });
        let in_headers = request.bearer.iter();
        let password = request.basic.iter().map(|(_, password)| password);
        let all = in_form.chain(in_headers).chain(password);
        Self(all.map(Secret::duplicate).chain(proxy).collect())
    }

    pub fn duplicate(&self) -> Self {
        Self(self.0.iter().map(Secret::duplicate).collect())
    }

    pub fn hide(&self, bytes: &[u8]) -> Option<Vec<u8>> {
        hide(bytes, &self.0)
    }
}

impl Response {
    /// Takes what was sent out of the body. It is never in the headers.
    pub fn hide_in_body(&mut self) {
        if let Some(hidden) = self.sent.hide(&self.body) {
            zeroize::Zeroize::zeroize(&mut self.body);
            self.body = hidden;
        }
    }

    /// A part of the answer as a person may see it: safe for a terminal, and without what was sent in any form.
    pub fn readable(&self, part: &[u8]) -> String {
        mask::readable(part, &self.sent.0)
    }
}

/// Digits of an escape, and what stands for a space.
type Form = (&'static [u8; 16], &'static [u8]);

/// As it was on the wire, and as a server may write it into a link.
const FORMS: [Form; 4] = [
    (b"0123456789ABCDEF", b"+"),
    (b"0123456789abcdef", b"+"),
    (b"0123456789ABCDEF", b"%20"),
    (b"0123456789abcdef", b"%20"),
];

/// `None` where it looks the same: nothing in it needs an escape.
fn encoded(secret: &Secret, (digits, space): Form) -> Option<Secret> {
    let plain = secret.expose();
    let mut out = Vec::with_capacity(plain.len() * 3);
    for &byte in plain {
        match byte {
            b' ' => out.extend_from_slice(space),
            _ if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'*') => {
                out.push(byte);
            }
            _ => out.extend_from_slice(&[
                b'%',
                digits[usize::from(byte >> 4)],
                digits[usize::from(byte & 15)],
            ]),
        }
    }
    (out != plain).then(|| Secret::new(out))
}

/// `None` when there is nothing to hide.
fn hide(bytes: &[u8], secrets: &[Secret]) -> Option<Vec<u8>> {
    let mut hidden: Option<Vec<u8>> = None;
    let long = || secrets.iter().filter(|secret| secret.len() >= SHORTEST);
    let escaped = long().flat_map(|secret| FORMS.iter().filter_map(|form| encoded(secret, *form)));
    for secret in long().map(Secret::duplicate).chain(escaped) {
        let secret = secret.expose();
        let text = hidden.as_deref().unwrap_or(bytes);
        let mut kept = Vec::new();
        let mut from = 0;
        while let Some(at) = find(&text[from..], secret) {
            kept.extend_from_slice(&text[from..from + at]);
            kept.extend_from_slice("[…]".as_bytes());
            from += at + secret.len();
        }
        if from > 0 {
            kept.extend_from_slice(&text[from..]);
            hidden = Some(kept);
        }
    }
    hidden
}

fn find(text: &[u8], word: &[u8]) -> Option<usize> {
    text.windows(word.len()).position(|window| window == word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_sent_is_hidden_wherever_it_stands() {
        let secrets = [
            Secret::from("planted-1"),
            Secret::from("planted-2"),
            Secret::from("x"),
        ];
        for (text, hidden) in [
            ("planted-1", "[…]"),
            ("a planted-1 b planted-2planted-1 x", "a […] b […][…] x"),
            ("planted-planted-1", "planted-[…]"),
        ] {
            let found = hide(text.as_bytes(), &secrets).unwrap();
            assert_eq!(String::from_utf8(found).unwrap(), hidden);
        }
        assert_eq!(hide(b"nothing of it, planted", &secrets), None);
        assert_eq!(hide(b"", &secrets), None);
    }

    #[test]
    fn an_escaped_echo_is_hidden_too() {
        let secrets = [Secret::from("p8e/pl an+ted=")];
        for echo in [
            "p8e/pl an+ted=",
            "p8e%2Fpl+an%2Bted%3D",
            "p8e%2fpl+an%2bted%3d",
            "p8e%2Fpl%20an%2Bted%3D",
            "p8e%2fpl%20an%2bted%3d",
        ] {
            let hidden = hide(format!("a {echo} b").as_bytes(), &secrets).unwrap();
            assert_eq!(String::from_utf8(hidden).unwrap(), "a […] b", "{echo}");
        }
    }
}
