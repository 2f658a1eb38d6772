//! What is known about a response or a pasted text: its marks, its statuses, who was asked and what for.

use serde::Deserialize;

use crate::http::Response;

/// The number of characters that are read of a long log or page.
const READ_CHARS: usize = 64 * 1024;

enum_table! {
    /// The party that was asked.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
    #[serde(rename_all = "kebab-case")]
    pub enum Place {
        Ims => "IMS",
        Gateway => "adobe.io",
        Author => "author",
        Publish => "publish",
        Preview => "preview",
        Delivery => "delivery",
        EdgeDelivery => "Edge Delivery",
        /// The text names no known place.
        None => "an unknown host",
    }
    /// Returns the words for a person.
    pub(super) fn words -> &'static str;
}

enum_table! {
    /// What IMS was asked to exchange.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
    #[serde(rename_all = "kebab-case")]
    pub enum Grant {
        /// A signed request, at `/ims/exchange/jwt`.
        Jwt => "at /ims/exchange/jwt",
        /// A client secret, at `/ims/token/v3`.
        ClientCredentials => "at /ims/token",
    }
    /// Returns the words after the marks of a row.
    pub(super) fn words -> &'static str;
}

/// The evidence that rows of the table are compared with.
#[derive(Clone, Debug)]
pub struct Evidence {
    /// In lower case.
    text: String,
    /// As `text`, without quotes, and with `=` for every `:` or `=` and the spaces around it.
    plain: String,
    pub statuses: Vec<u16>,
    pub place: Option<Place>,
    pub grant: Option<Grant>,
}

impl Evidence {
    /// Reads a pasted text.
    pub fn of_text(text: &str) -> Self {
        let text: String = text.chars().take(READ_CHARS).collect();
        let text = text.to_lowercase();
        let (statuses, place, grant) = (statuses(&text), place(&text), grant(&text));
        Self::new(text, statuses, place, grant)
    }

    /// `text` is in lower case.
    fn new(text: String, statuses: Vec<u16>, place: Option<Place>, grant: Option<Grant>) -> Self {
        Self {
            plain: plain(&text),
            text,
            statuses,
            place,
            grant,
        }
    }

    /// Reads a response: status, headers and the beginning of the body.
    pub fn of_response(response: &Response, place: Place, grant: Option<Grant>) -> Self {
        let mut text = String::new();
        for (name, value) in &response.headers {
            text.push_str(name);
            text.push_str(": ");
            text.push_str(value);
            text.push('\n');
        }
        let body = &response.body[..response.body.len().min(READ_CHARS)];
        text.push_str(&String::from_utf8_lossy(body));
        Self::new(
            text.to_lowercase(),
            vec![response.status],
            Some(place),
            grant,
        )
    }

    /// Reads a refusal of IMS from its two fields.
    pub(crate) fn of_refusal(
        status: u16,
        error: &str,
        description: &str,
        grant: Option<Grant>,
    ) -> Self {
        let text = format!("error={error}\nerror_description={description}").to_lowercase();
        Self::new(text, vec![status], Some(Place::Ims), grant)
    }

    /// True if the mark occurs as whole words; `x*` is the beginning of a word.
    pub(super) fn has(&self, mark: &str) -> bool {
        occurs(&self.text, mark) || occurs(&self.plain, mark)
    }
}

fn is_part(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn occurs(text: &str, mark: &str) -> bool {
    let (word, is_open) = match mark.strip_suffix('*') {
        Some(word) => (word, true),
        None => (mark, false),
    };
    let starts_in_word = word.starts_with(is_part);
    let ends_in_word = word.ends_with(is_part) && !is_open;
    text.match_indices(word).any(|(at, _)| {
        let before = starts_in_word && text[..at].ends_with(is_part);
        let after = ends_in_word && text[at + word.len()..].starts_with(is_part);
        !before && !after
    })
}

fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut chars = text
        .chars()
        .filter(|c| !matches!(c, '"' | '\'' | '\\' | '`' | '‘' | '’' | '“' | '”'))
        .peekable();
    while let Some(c) = chars.next() {
        if c.is_whitespace() || matches!(c, ':' | '=') {
            let mut is_sign = matches!(c, ':' | '=');
            while let Some(next) = chars.next_if(|c| c.is_whitespace() || matches!(c, ':' | '=')) {
                is_sign |= matches!(next, ':' | '=');
            }
            plain.push(if is_sign { '=' } else { ' ' });
        } else {
            plain.push(c);
        }
    }
    plain
}

/// The words that make a number before them a status, or after them.
const BEFORE: [&str; 18] = [
    "http/1.1",
    "http/1.0",
    "http/2",
    "http/2.0",
    "http/3",
    "http",
    "status",
    "statuscode",
    "status_code",
    "code",
    "error",
    "returned",
    "answered",
    "says",
    "said",
    "responded",
    "->",
    "got",
];
const AFTER: [&str; 14] = [
    "unauthorized",
    "forbidden",
    "not",
    "bad",
    "service",
    "gateway",
    "too",
    "internal",
    "method",
    "proxy",
    "first",
    "from",
    "on",
    "misdirected",
];

/// Returns the HTTP statuses of a text: a number beside a word that makes it one, at the start, or alone. Not the numbers
/// in ids, times, line numbers and longer numbers.
fn statuses(text: &str) -> Vec<u16> {
    let is_border = |c: char| c.is_whitespace() || "\"'(){}[]<>,;:=|".contains(c);
    let words: Vec<&str> = text
        .split(is_border)
        .map(|word| word.trim_end_matches(['.', '!', '?']))
        .filter(|word| !word.is_empty())
        .collect();
    let mut found = Vec::new();
    for (at, word) in words.iter().enumerate() {
        let is_number = word.len() == 3 && word.bytes().all(|byte| byte.is_ascii_digit());
        let Some(number) = word
            .parse::<u16>()
            .ok()
            .filter(|number| is_number && (300..600).contains(number))
        else {
            continue;
        };
        let before = at
            .checked_sub(1)
            .and_then(|at| words.get(at))
            .copied()
            .unwrap_or("http");
        let after = words.get(at + 1).copied();
        let is_status = BEFORE.contains(&before)
            || after.is_none() && words.len() <= 6
            || after.is_some_and(|after| AFTER.contains(&after));
        if is_status && !found.contains(&number) {
            found.push(number);
        }
    }
    found
}

fn place(text: &str) -> Option<Place> {
    let says = |marks: &[&str]| marks.iter().any(|mark| text.contains(mark));
    if says(&[
        "adobelogin.com",
        "/ims/token",
        "/ims/exchange",
        "adobeid-na1",
    ]) {
        return Some(Place::Ims);
    }
    for (tier, place) in [
        ("author-p", Place::Author),
        ("publish-p", Place::Publish),
        ("preview-p", Place::Preview),
        ("delivery-p", Place::Delivery),
    ] {
        if text.contains(tier) && text.contains(".adobeaemcloud.com") {
            return Some(place);
        }
    }
    if says(&[".adobe.io"]) {
        return Some(Place::Gateway);
    }
    if says(&[
        "admin.hlx.page",
        ".aem.live",
        ".aem.page",
        ".hlx.live",
        ".hlx.page",
    ]) {
        return Some(Place::EdgeDelivery);
    }
    // In a short question: "403 on publish".
    let short = text.len() < 60;
    [
        ("author", Place::Author),
        ("publish", Place::Publish),
        ("preview", Place::Preview),
        ("delivery", Place::Delivery),
        ("ims", Place::Ims),
    ]
    .into_iter()
    .find(|(word, _)| short && occurs(text, word))
    .map(|(_, place)| place)
}

fn grant(text: &str) -> Option<Grant> {
    if text.contains("exchange/jwt") || text.contains("jwt_token") {
        Some(Grant::Jwt)
    } else if text.contains("/ims/token") || text.contains("client_credentials") {
        Some(Grant::ClientCredentials)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_are_numbers_with_a_reason_to_be_one() {
        for (text, found) in [
            ("401", &[401][..]),
            ("http/1.1 403 forbidden", &[403]),
            ("status=404, path=/x", &[404]),
            ("{\"statuscode\":503}", &[503]),
            ("upstream says 503.", &[503]),
            ("500 {\"error\":\"x\"}", &[500]),
            ("took 401 ms for 1401 rows", &[]),
            ("id a-401-b at index.js:404:29", &[]),
            ("0.403 eyj401.eyj403 p404-e503", &[]),
        ] {
            assert_eq!(statuses(text), found, "{text}");
        }
    }

    #[test]
    fn marks_are_whole_words_and_ignore_quotes_and_spaces() {
        let evidence = Evidence::of_text("{\"error\" : \"invalid_client\", 'x': \"RIDE_a\"}");
        for (mark, occurs) in [
            ("error=invalid_client", true),
            ("invalid_client", true),
            ("invalid", false),
            ("client", false),
            ("ride_*", true),
            ("ride_", false),
            ("error=invalid", false),
        ] {
            assert_eq!(evidence.has(mark), occurs, "{mark}");
        }
    }
}
