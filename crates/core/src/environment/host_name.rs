//! Names of hosts: always of https, never an IP address.

use serde::{Deserialize, Serialize};

use crate::credential::{Code, Problem};

/// A host name for https: lower-case letters, digits, `-` and `.`; no port, no IP address, no trailing dot.
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct HostName(pub(super) String);

impl HostName {
    /// Parses a host name or an `https://host/` URL. Refuses a user name, a port other than 443, an IP address and any
    /// other scheme.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        let text = text.trim();
        let (authority, is_url) = match text.split_once("://") {
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("https") => {
                (rest.split(['/', '?', '#']).next().unwrap_or(rest), true)
            }
            Some(_) => return Err(refused("only https is supported")),
            None => (text, false),
        };
        if authority.contains('@') {
            return Err(refused("it contains a user name"));
        }
        let host = match authority.split_once(':') {
            Some((host, "443")) if is_url => host,
            Some(_) => return Err(refused("it contains a port")),
            None => authority,
        };
        let host = host.to_ascii_lowercase();
        check_host(&host)?;
        Ok(Self(host))
    }
}

/// Checks the letter-digit-hyphen rule of RFC 1123, requires two labels, and refuses what a resolver could parse as an IP
/// address.
fn check_host(host: &str) -> Result<(), Problem> {
    if host.is_empty() {
        return Err(refused("it is empty"));
    }
    if !host.is_ascii() {
        return Err(refused(
            "it contains non-ASCII letters, which can imitate others; use its xn-- form",
        ));
    }
    if host.len() > 253 || host.split('.').any(|label| label.len() > 63) {
        return Err(refused("it is too long"));
    }
    if host.ends_with('.') {
        return Err(refused("it ends with a dot"));
    }
    let is_label = |label: &str| {
        !label.is_empty()
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    if !host.split('.').all(is_label) {
        return Err(refused("it is not a valid host name"));
    }
    let Some((_, last)) = host.rsplit_once('.') else {
        return Err(refused("it has no domain"));
    };
    // Resolvers parse a host whose last label is `1`, `0x7f` or `017` as an IPv4 address.
    if !last.starts_with(|c: char| c.is_ascii_alphabetic()) {
        return Err(refused("it is an IP address, not a host name"));
    }
    Ok(())
}

/// The error for a host that cannot be used.
pub(super) fn refused(why: &'static str) -> Problem {
    Problem::new(Code::BadHost, "this host cannot be used")
        .cause(why)
        .next_step("enter the host name only, for example author-p123-e1250.adobeaemcloud.com")
}

checked_text!(HostName);

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn pasted_hosts_and_urls_are_parsed() {
        for text in [
            "author-p1-e2.adobeaemcloud.com",
            " AUTHOR-p1-e2.AdobeAEMcloud.com\n",
            "https://author-p1-e2.adobeaemcloud.com",
            "https://author-p1-e2.adobeaemcloud.com/",
            "HTTPS://author-p1-e2.adobeaemcloud.com:443/ui#/aem/start.html?x=@y",
        ] {
            assert_eq!(
                HostName::parse(text).unwrap().as_str(),
                "author-p1-e2.adobeaemcloud.com",
                "{text}"
            );
        }
    }

    #[test]
    fn invalid_hosts_are_refused_without_repeating_them() {
        for text in [
            "",
            "planted",
            "localhost",
            "http://planted.example.com",
            "ftp://planted.example.com",
            "file:///planted",
            "https://",
            "https://user:planted@adobe.com",
            "user@planted.com",
            "https://planted.com@evil.com/",
            "planted.com:8443",
            "planted.com:443",
            "https://planted.com:8443",
            "https://planted.com:",
            "planted.com.",
            "planted..com",
            ".planted.com",
            "-planted.com",
            "planted-.com",
            "pla nted.com",
            "planted.com\\@evil.com",
            "planted.com/path",
            "planted_x.com",
            "pl%61nted.com",
            "plаnted.com",
            "127.0.0.1",
            "127.1",
            "2130706433",
            "0x7f.1",
            "a.0x7f",
            "017700000001",
            "[::1]",
            "https://[::1]/",
            "::1",
            "planted\0.com",
            "planted.com\r\nHost: evil.com",
        ] {
            let problem = HostName::parse(text).unwrap_err();
            assert_eq!(problem.code, Code::BadHost, "{text:?}");
            assert!(!format!("{problem:?}").contains("planted"), "{text:?}");
        }
        assert!(HostName::parse(&format!("{}.com", "a".repeat(64))).is_err());
        assert!(HostName::parse(&"a.".repeat(130)).is_err());
    }

    proptest! {
        #[test]
        fn parsed_hosts_contain_only_valid_characters(text in "(https://)?[a-zA-Z0-9.:@/\\\\%\\[\\] _-]{0,40}") {
            if let Ok(host) = HostName::parse(&text) {
                prop_assert!(host.as_str().bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'.' || b == b'-'));
                prop_assert_eq!(HostName::parse(host.as_str()).unwrap(), host);
            }
        }
    }
}
