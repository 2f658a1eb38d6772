//! Redacts the secrets of a request from its response, in case the server echoes them, before anything is shown or
//! logged.

use super::{Body, FormValue, Request, Response};
use crate::credential::{Secret, mask};

/// In bytes. A shorter secret would match ordinary text; Adobe's secrets are all longer.
const MIN_LENGTH: usize = 8;

/// The secrets of one request, and those of the proxy: a proxy that terminates TLS sees the request and writes the
/// response.
#[derive(Default)]
pub(crate) struct SentSecrets(Vec<Secret>);

impl SentSecrets {
    pub fn of(request: &Request, proxy: Vec<Secret>) -> Self {
        let fields: &[_] = match &request.body {
            Body::Form(fields) => fields,
            Body::Empty | Body::Bytes { .. } | Body::Multipart(_) => &[],
        };
        let in_form = fields.iter().filter_map(|(_, value)| match value {
            FormValue::Secret(secret) => Some(secret),
            FormValue::Plain(_) => None,
        });
        let in_headers = request.bearer.iter();
        let all = in_form.chain(in_headers);
        Self(all.map(Secret::duplicate).chain(proxy).collect())
    }

    pub fn duplicate(&self) -> Self {
        Self(self.0.iter().map(Secret::duplicate).collect())
    }

    /// Returns the redacted bytes, or `None` if they contain no secret.
    pub fn redact(&self, bytes: &[u8]) -> Option<Vec<u8>> {
        redact(bytes, &self.0)
    }
}

impl Response {
    /// Redacts what was sent from the body. The headers were redacted when they were read.
    pub fn redact_body(&mut self) {
        if let Some(redacted) = self.sent.redact(&self.body) {
            zeroize::Zeroize::zeroize(&mut self.body);
            self.body = redacted;
        }
    }

    /// A part of the answer as a person may see it: safe for a terminal, and without what was sent in any form.
    pub fn readable(&self, part: &[u8]) -> String {
        mask::readable(part, &self.sent.0)
    }
}

/// The encodings that a form and a link use: the digits in lower case or not, and a space.
const URL_ENCODINGS: [(bool, &str); 4] = [(false, "+"), (true, "+"), (false, "%20"), (true, "%20")];

/// Returns `None` if the encoded secret equals the plain one.
fn encoded(secret: &Secret, (is_lower, space): (bool, &str)) -> Option<Secret> {
    let mut out = Vec::with_capacity(secret.len() * 3);
    for part in form_urlencoded::byte_serialize(secret.expose()) {
        let start = out.len();
        out.extend_from_slice(if part == "+" { space } else { part }.as_bytes());
        if is_lower && part.starts_with('%') {
            out[start..].make_ascii_lowercase();
        }
    }
    (out != secret.expose()).then(|| Secret::new(out))
}

/// Returns `None` if `bytes` contains no secret.
fn redact(bytes: &[u8], secrets: &[Secret]) -> Option<Vec<u8>> {
    let mut redacted: Option<Vec<u8>> = None;
    let long = || secrets.iter().filter(|secret| secret.len() >= MIN_LENGTH);
    let escaped = long().flat_map(|secret| {
        URL_ENCODINGS
            .iter()
            .filter_map(|encoding| encoded(secret, *encoding))
    });
    for secret in long().map(Secret::duplicate).chain(escaped) {
        let secret = secret.expose();
        let text = redacted.as_deref().unwrap_or(bytes);
        let mut kept = Vec::new();
        let mut from = 0;
        while let Some(at) = find(&text[from..], secret) {
            kept.extend_from_slice(&text[from..from + at]);
            kept.extend_from_slice("[...]".as_bytes());
            from += at + secret.len();
        }
        if from > 0 {
            kept.extend_from_slice(&text[from..]);
            redacted = Some(kept);
        }
    }
    redacted
}

fn find(text: &[u8], word: &[u8]) -> Option<usize> {
    text.windows(word.len()).position(|window| window == word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn redacts_every_occurrence_of_a_secret() {
        let secrets = [
            Secret::from("planted-1"),
            Secret::from("planted-2"),
            Secret::from("x"),
        ];
        for (text, expected) in [
            ("planted-1", "[...]"),
            (
                "a planted-1 b planted-2planted-1 x",
                "a [...] b [...][...] x",
            ),
            ("planted-planted-1", "planted-[...]"),
        ] {
            let found = redact(text.as_bytes(), &secrets).unwrap();
            assert_eq!(String::from_utf8(found).unwrap(), expected);
        }
        assert_eq!(redact(b"no secret here, planted", &secrets), None);
        assert_eq!(redact(b"", &secrets), None);
    }

    #[test]
    fn redacts_url_encoded_secrets() {
        let secrets = [Secret::from("p8e/pl an+ted=")];
        for echo in [
            "p8e/pl an+ted=",
            "p8e%2Fpl+an%2Bted%3D",
            "p8e%2fpl+an%2bted%3d",
            "p8e%2Fpl%20an%2Bted%3D",
            "p8e%2fpl%20an%2bted%3d",
        ] {
            let redacted = redact(format!("a {echo} b").as_bytes(), &secrets).unwrap();
            assert_eq!(String::from_utf8(redacted).unwrap(), "a [...] b", "{echo}");
        }
    }
}
