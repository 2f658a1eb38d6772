//! Hyperlinks. A linked cell carries the number of its address as the colour of its underline, which no theme sets.
//!
//! So the address is part of the cell: a frame is compared with the last one cell by cell, and a cell whose address has changed
//! is written again even if its text is the same. Wrapping, cutting and scrolling move the mark with the text. The backend
//! writes the address in place of the colour ([`super::runtime::linked_backend`]).

use std::sync::{Arc, Mutex, PoisonError};

use ratatui::buffer::Cell;
use ratatui::style::{Color, Style};

use aemkeys_core::environment::{HostName, TierAddress, allow_list};

/// An https address of printable ASCII characters, which therefore can't end the sequence that contains it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkAddress(String);

impl LinkAddress {
    /// Returns an address of a host that the user or a credential has named.
    pub fn of_host(host: &HostName) -> Option<Self> {
        Self::checked(&format!("https://{host}"))
    }

    pub fn of_tier(address: &TierAddress) -> Option<Self> {
        Self::checked(&address.origin())
    }

    /// Returns an address in our own texts or in one from a server, if its host belongs to Adobe.
    pub fn of_adobe(text: &str) -> Option<Self> {
        let address = Self::checked(text)?;
        let host = host_of(&address.0)?;
        let name = host.as_str();
        let is_adobe = [".adobe.com", ".adobe.io", ".adobelogin.com"];
        let is_adobe = is_adobe.iter().any(|domain| name.ends_with(domain));
        (is_adobe || allow_list::is_adobe_aem(&host)).then_some(address)
    }

    /// Returns an address that the user has typed, or that the program has requested.
    pub fn checked(text: &str) -> Option<Self> {
        let is_plain = text.bytes().all(|byte| byte.is_ascii_graphic());
        (is_plain && host_of(text).is_some()).then(|| Self(text.to_owned()))
    }
}

fn host_of(address: &str) -> Option<HostName> {
    let rest = address.strip_prefix("https://")?;
    HostName::parse(rest.split(['/', '?', '#']).next()?).ok()
}

/// The addresses that have been shown, shared by all clones. Off by default.
#[derive(Clone, Debug, Default)]
pub struct Links(Option<Arc<Mutex<Vec<LinkAddress>>>>);

impl Links {
    pub fn new(is_on: bool) -> Self {
        Self(is_on.then(Arc::default))
    }

    /// Returns the style of a text that links to an address. An address keeps its number for as long as the program runs.
    pub fn mark(&self, style: Style, address: Option<LinkAddress>) -> Style {
        let (Some(known), Some(address)) = (&self.0, address) else {
            return style;
        };
        let mut known = known.lock().unwrap_or_else(PoisonError::into_inner);
        let at = known
            .iter()
            .position(|it| *it == address)
            .unwrap_or_else(|| {
                known.push(address);
                known.len() - 1
            });
        let Ok([0, red, green, blue]) = u32::try_from(at).map(u32::to_be_bytes) else {
            return style;
        };
        style.underline_color(Color::Rgb(red, green, blue))
    }

    /// Returns the number of the cell's address, and the address.
    pub fn of(&self, cell: &Cell) -> Option<(usize, String)> {
        let Color::Rgb(red, green, blue) = cell.underline_color else {
            return None;
        };
        let at = u32::from_be_bytes([0, red, green, blue]) as usize;
        let known = self
            .0
            .as_ref()?
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        Some((at, known.get(at)?.0.clone()))
    }
}

/// Returns where a text contains addresses of Adobe, and the addresses.
pub fn in_text(text: &str) -> impl Iterator<Item = (std::ops::Range<usize>, LinkAddress)> {
    text.match_indices("https://").filter_map(|(at, _)| {
        let rest = &text[at..];
        let ends = |letter: char| !letter.is_ascii_graphic() || "\"'`<>()|".contains(letter);
        let end = rest.find(ends).unwrap_or(rest.len());
        let address = rest[..end].trim_end_matches(['.', ',', ';', ':', '!', '?']);
        let link = LinkAddress::of_adobe(address)?;
        Some((at..at + address.len(), link))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_can_end_no_escape_sequence() {
        for text in [
            "https://author-p1-e2.adobeaemcloud.com/\u{7}x",
            "https://author-p1-e2.adobeaemcloud.com/\u{1b}\\x",
            "https://author-p1-e2.adobeaemcloud.com/\u{9c}x",
            "https://author-p1-e2.adobeaemcloud.com/a b",
            "https://author-p1-e2.adobeaemcloud.com/größe",
            "http://author-p1-e2.adobeaemcloud.com/",
            "javascript:alert(1)",
            "file:///etc/passwd",
            "https://",
            "https://user@adobe.com",
        ] {
            assert_eq!(LinkAddress::checked(text), None, "{text:?}");
            assert_eq!(LinkAddress::of_adobe(text), None, "{text:?}");
        }
    }

    #[test]
    fn only_hosts_of_adobe_are_linked_in_texts() {
        let found = |text: &str| {
            let found = in_text(text).map(|(range, link)| {
                assert_eq!(text[range], link.0);
                link.0
            });
            found.collect::<Vec<_>>()
        };
        let text = "see https://experienceleague.adobe.com/docs?x=1#a, (https://author-p1-e2.adobeaemcloud.com/x) \
                    or https://developer.adobe.com/console.";
        assert_eq!(
            found(text),
            [
                "https://experienceleague.adobe.com/docs?x=1#a",
                "https://author-p1-e2.adobeaemcloud.com/x",
                "https://developer.adobe.com/console"
            ]
        );
        for text in [
            "https://evil.example/",
            "https://adobe.com.evil.example/",
            "https://eviladobe.com/",
            "https://author.adobeaemcloud.com.evil.example",
            "https://evil.example/https:/www.adobe.com",
            "https://www.adobe.com@evil.example/",
            "https://www.adobe.com\\@evil.example/",
        ] {
            assert_eq!(found(text), Vec::<String>::new(), "{text}");
        }
    }

    #[test]
    fn an_address_keeps_its_number_and_another_one_has_another() {
        let links = Links::new(true);
        let address = |path: &str| LinkAddress::checked(&format!("https://www.adobe.com/{path}"));
        let mark = |path| {
            links
                .clone()
                .mark(Style::new(), address(path))
                .underline_color
        };
        assert_eq!(mark("a"), mark("a"));
        assert_ne!(mark("a"), mark("b"));
        assert_eq!(links.mark(Style::new(), None), Style::new());
        assert_eq!(
            Links::default().mark(Style::new(), address("a")),
            Style::new()
        );
        for number in 0..300 {
            let mut cell = Cell::default();
            cell.set_style(links.mark(Style::new(), address(&number.to_string())));
            assert_eq!(
                links.of(&cell).unwrap().1,
                format!("https://www.adobe.com/{number}")
            );
        }
    }
}
