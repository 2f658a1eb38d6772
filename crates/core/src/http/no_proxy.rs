//! The hosts that `NO_PROXY` names, in the forms that other programs accept.

use crate::credential::text::clean;

/// The entries of `NO_PROXY`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Exceptions {
    pub counted: Vec<String>,
    /// Entries without effect, with the reason.
    pub ignored: Vec<(String, &'static str)>,
}

impl Exceptions {
    /// Reads the forms that other programs accept: `x`, `.x`, `*.x`, `x:443`, addresses and networks, separated by commas or
    /// spaces.
    pub(super) fn parse(text: Option<&str>) -> Self {
        let mut read = Self::default();
        // Whole, because a hostile value is made safe only with what belongs to it.
        let text = clean(text.unwrap_or_default(), 4000);
        let entries = text.split(|c: char| c == ',' || c == ';' || c.is_whitespace());
        for entry in entries.filter(|entry| !entry.is_empty()) {
            match exception(entry) {
                Ok(domain) => read.counted.push(domain),
                Err(why) => read.ignored.push((clean(entry, 100), why)),
            }
        }
        read
    }
}

fn exception(entry: &str) -> Result<String, &'static str> {
    let lower = entry.trim_matches(['"', '\'']).to_ascii_lowercase();
    let rest = lower
        .split_once("://")
        .map_or(lower.as_str(), |(_, rest)| rest);
    let is_address = |text: &str| text.parse::<std::net::IpAddr>().is_ok();
    let address = rest.split('/').next().unwrap_or_default();
    if is_address(address) {
        return Err("an address or a network: aemkeys asks for hosts by name, so it has no effect");
    }
    let rest = rest.split('/').next().unwrap_or_default();
    let host = match rest.rsplit_once(':') {
        Some((host, "443")) => host,
        Some((host, port)) if port.bytes().all(|b| b.is_ascii_digit()) && !host.contains(':') => {
            return Err("a port other than 443, the only one that aemkeys uses");
        }
        Some(_) => return Err("an address, or not a host"),
        None => rest,
    };
    if host == "*" {
        return Ok(host.to_owned());
    }
    let domain = host.strip_prefix('*').unwrap_or(host).trim_end_matches('.');
    let is_domain = !domain.trim_matches('.').is_empty()
        && domain
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b));
    if is_domain && (host == domain || domain.starts_with('.') || !host.starts_with('*')) {
        Ok(domain.to_owned())
    } else {
        Err("`*` counts only alone or as `*.` at the start")
    }
}
