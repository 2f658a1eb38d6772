//! The allow list against 100,000 hosts made from every known trick. Two oracles that share no code with the program judge
//! them: a grammar written down here, and a browser's URL parser.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

use aemkeys::storage::Storage;
use aemkeys_core::credential::{Code, Credential, Imported, detect};
use aemkeys_core::environment::{
    CloudIds, Destinations, Environment, EnvironmentType, HostName, Hosts, Name, Purpose, Tier,
    TierAddress, allow_list,
};
use aemkeys_core::http::{Http, HttpOptions, ProxySettings};
use aemkeys_core::ims;
use aemkeys_simulator::fixtures::ServiceAccount;
use jiff::{SignedDuration, Timestamp};
use reqwest::Url;

const HOSTS: usize = 100_000;

/// SplitMix64: the same hosts on every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.roll() % end as u64).unwrap()
    }

    fn one<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.below(of.len())]
    }
}

const RIGHT: &[&str] = &[
    "ims-na1.adobelogin.com",
    "ims-na1-stg1.adobelogin.com",
    "adobelogin.com",
    "author-p1-e2.adobeaemcloud.com",
    "publish-p123-e1250-cmstg.adobeaemcloud.com",
    "preview-p1-e2.adobeaemcloud.com",
];

const WRONG: &[&str] = &[
    "evil.example",
    "adobelogin.com.evil.example",
    "evil-adobelogin.com",
    "adobelogin.co",
    "adobelogin.com.com",
    "adobelogin.comx",
    "adobe-login.com",
    "adobeaemcloud.com",
    "author-p1-e2.adobeaemcloud.com.evil.example",
    "author-p1-e2.evil.adobeaemcloud.com",
    "author-p1-e2.adobeaemcloud.net",
    "dispatcher-p1-e2.adobeaemcloud.com",
    "author-p01-e2.adobeaemcloud.com",
    "author-p1-e2-cmstg-x.adobeaemcloud.com",
    "127.0.0.1",
    "127.1",
    "2130706433",
    "0x7f000001",
    "0177.0.0.1",
    "[::1]",
    "[::ffff:127.0.0.1]",
    "[fe80::1%25eth0]",
    "localhost",
    "localhost.evil.example",
    "http://localhost:4502",
    "http://127.0.0.1:4502",
    "http://[::1]:4503",
    "http://127.0.0.2:4502",
    "http://localhost.evil.example:4502",
];

/// Letters that look like those of Adobe's names, and marks that vanish.
const LOOK_ALIKE: &[(&str, &str)] = &[
    ("a", "\u{430}"),
    ("o", "\u{43e}"),
    ("e", "\u{435}"),
    ("i", "\u{131}"),
    ("l", "1"),
    ("o", "0"),
    ("m", "rn"),
    (".", "\u{3002}"),
    (".", "\u{ff0e}"),
    (".", "\u{2024}"),
    ("-", "\u{2010}"),
    ("-", "_"),
    ("a", "\u{ff41}"),
    ("s", "\u{17f}"),
    ("d", "d\u{200b}"),
    ("b", "b\u{ad}"),
    ("a", "%61"),
    (".", "%2e"),
    ("o", "o\u{301}"),
    (".", ".."),
    (".", ".-."),
    ("c", "\u{202e}c"),
];

const BEFORE: &[&str] = &[
    "https://",
    "HTTPS://",
    "http://",
    "HtTp://",
    "ftp://",
    "//",
    "https:",
    "https:/",
    "https:///",
    "https:\\\\",
    "javascript://",
    "file://",
    " ",
    "\t",
    "\u{a0}",
    "\u{feff}",
    ".",
    "-",
    "evil.example/",
    "evil.example#",
    "evil.example?",
    "evil.example\\",
    "evil.example@",
    "evil.example:443/",
    "evil.example:443@",
    "anna:word@",
    "https://evil.example/",
    "https://evil.example#.",
    "https://evil.example?.",
    "https://evil.example\\.",
    "https://evil.example:443\\@",
    "https://anna@",
    "https://evil.example%2f.",
    "https://evil.example%00.",
    "xn--",
    "evil.",
    "evil-",
    "a.",
    "*.",
    "\0",
    "\r\n",
    "https://[",
    "http://localhost:4502@",
    "http://localhost:4502/",
];

const AFTER: &[&str] = &[
    ".",
    "..",
    ":443",
    ":8443",
    ":",
    ":0443",
    ":+443",
    ":443:443",
    ":99999",
    "/",
    "/ims",
    "\\",
    "?",
    "#",
    "/?x=@evil.example",
    "#@evil.example/",
    "@evil.example",
    "@evil.example:443/",
    ":443@evil.example",
    ":x@evil.example/",
    "\\@evil.example",
    "\\.evil.example",
    ".evil.example",
    "-evil.example",
    "%00.evil.example",
    "%2eevil.example",
    "%20",
    " ",
    " evil.example",
    "\n",
    "\r\nHost: evil.example",
    "\0",
    "\0.evil.example",
    "\t.evil.example",
    "\u{200b}",
    "\u{3002}evil.example",
    "]",
    "/../..",
    ";evil.example",
    ",evil.example",
    "_",
    "-",
    ".0x7f",
    ".1",
];

/// A host, right or wrong, with up to four tricks.
fn host(dice: &mut Dice) -> String {
    let mut text = match dice.below(8) {
        0..5 => dice.one(RIGHT).to_owned(),
        5 | 6 => dice.one(WRONG).to_owned(),
        _ => noise(dice),
    };
    for _ in 0..dice.below(5) {
        text = match dice.below(9) {
            0 | 1 => dice.one(BEFORE).to_owned() + &text,
            2 | 3 => text + dice.one(AFTER),
            4 => {
                let (from, to) = LOOK_ALIKE[dice.below(LOOK_ALIKE.len())];
                replace_one(dice, &text, from, to)
            }
            5 => text.to_ascii_uppercase(),
            6 => format!("{}.{text}", "a".repeat(dice.below(80))),
            7 => format!("{}{text}", "ab.".repeat(dice.below(90))),
            _ => {
                let at = dice.below(text.chars().count() + 1);
                let byte = char::from(u8::try_from(dice.below(128)).unwrap());
                let mut letters: Vec<char> = text.chars().collect();
                letters.insert(at, byte);
                letters.into_iter().collect()
            }
        };
    }
    text
}

fn noise(dice: &mut Dice) -> String {
    const PARTS: &[&str] = &[
        "adobelogin",
        "adobeaemcloud",
        ".com",
        ".",
        "-",
        ":",
        "@",
        "/",
        "\\",
        "#",
        "?",
        "%",
        "[",
        "]",
        "ims",
        "p1-e2",
        "author-",
        "1",
        "0x",
        "443",
        "https://",
        "http://",
        "localhost",
        "xn--",
        "é",
        "\u{2028}",
        "\u{1f600}",
        " ",
    ];
    (0..dice.below(10)).map(|_| dice.one(PARTS)).collect()
}

fn replace_one(dice: &mut Dice, text: &str, from: &str, to: &str) -> String {
    let places: Vec<usize> = text.match_indices(from).map(|(at, _)| at).collect();
    if places.is_empty() {
        return text.to_owned();
    }
    let at = places[dice.below(places.len())];
    format!("{}{to}{}", &text[..at], &text[at + from.len()..])
}

/// First oracle: the host that may be meant, read from right to left.
fn by_grammar(text: &str) -> Option<String> {
    let text = text.trim().to_ascii_lowercase();
    let host = match text.strip_prefix("https://") {
        Some(rest) => {
            let end = rest.find(|c| "/?#".contains(c)).unwrap_or(rest.len());
            let authority = &rest[..end];
            authority
                .strip_suffix(":443")
                .unwrap_or(authority)
                .to_owned()
        }
        None => text,
    };
    let labels: Vec<&[u8]> = host.as_bytes().split(|byte| *byte == b'.').collect();
    let is_inside = |byte: &u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-');
    let sound = labels.len() > 1
        && host.len() < 254
        && labels.iter().all(|label| {
            (1..64).contains(&label.len())
                && label.iter().all(is_inside)
                && label[0] != b'-'
                && label[label.len() - 1] != b'-'
        })
        && labels[labels.len() - 1][0].is_ascii_lowercase();
    sound.then_some(host)
}

fn is_ims_by_grammar(host: &str) -> bool {
    let mut labels = host.rsplit('.');
    labels.next() == Some("com") && labels.next() == Some("adobelogin")
}

fn is_aem_by_grammar(host: &str) -> bool {
    let mut labels = host.split('.');
    let first = labels.next().unwrap_or_default();
    let rest: Vec<&str> = labels.collect();
    let mut parts = first.split('-');
    let number = |part: Option<&str>, letter: char| {
        part.and_then(|part| part.strip_prefix(letter))
            .is_some_and(|digits| {
                (1..=12).contains(&digits.len())
                    && digits.bytes().all(|digit| digit.is_ascii_digit())
                    && !digits.starts_with('0')
            })
    };
    rest == ["adobeaemcloud", "com"]
        && matches!(
            parts.next(),
            Some("author" | "publish" | "preview" | "delivery")
        )
        && number(parts.next(), 'p')
        && number(parts.next(), 'e')
        && matches!((parts.next(), parts.next()), (None | Some("cmstg"), None))
}

/// Second oracle: where a browser would go. `None` when it goes nowhere, or not plainly to a host.
fn by_browser(text: &str) -> Option<Url> {
    let text = text.trim();
    let url = if text.contains("://") {
        Url::parse(text)
    } else {
        Url::parse(&format!("https://{text}"))
    };
    url.ok().filter(Url::has_host)
}

#[test]
fn accepts_no_foreign_host_out_of_100_000() {
    let mut dice = Dice(4711);
    let ids = CloudIds::parse("p1-e2");
    let own = Destinations::new(ids, Hosts::derived(ids.unwrap()), &[]).unwrap();
    let (mut names, mut ims_hosts, mut aem_hosts, mut local) = (0, 0, 0, 0);
    for _ in 0..HOSTS {
        let text = host(&mut dice);
        let parsed = HostName::parse(&text).ok();
        let expected = by_grammar(&text);
        let seen = parsed.as_ref().map(HostName::as_str);
        assert_eq!(seen, expected.as_deref(), "{text:?}");
        if let Some(host) = &parsed {
            names += 1;
            // What goes on the wire names this host and nothing else, and a browser would understand the text alike.
            let wire = Url::parse(&format!("https://{host}/ims")).ok();
            for url in [wire, by_browser(&text)] {
                // A browser refuses some names that no resolver would answer (xn-- with nothing sound behind it).
                let Some(url) = url else {
                    assert!(host.as_str().contains("xn--"), "{text:?}");
                    continue;
                };
                assert_eq!(url.scheme(), "https", "{text:?}");
                assert_eq!(url.host_str(), Some(host.as_str()), "{text:?}");
                assert!(url.domain().is_some(), "{text:?} is an address");
                assert!(url.username().is_empty() && url.password().is_none());
                assert_eq!(url.port(), None, "{text:?}");
            }
            let ims = allow_list::is_adobe_ims(host);
            assert_eq!(ims, is_ims_by_grammar(host.as_str()), "{text:?}");
            let aem = allow_list::is_adobe_aem(host);
            assert_eq!(aem, is_aem_by_grammar(host.as_str()), "{text:?}");
            for tier in Tier::STORED {
                let token = own.may_receive_token(tier, host);
                let name = format!("{}-p1-e2.adobeaemcloud.com", tier.as_str());
                assert_eq!(token, host.as_str() == name, "{text:?}");
            }
            ims_hosts += usize::from(ims);
            aem_hosts += usize::from(aem);
        }
        match TierAddress::parse(&text) {
            Ok(TierAddress::Local(address)) => {
                local += 1;
                let origin = TierAddress::Local(address).origin();
                let url = Url::parse(&origin).unwrap();
                let place = url.host_str().unwrap();
                assert!(
                    matches!(place, "localhost" | "127.0.0.1" | "[::1]"),
                    "{text:?}: {origin}"
                );
                let meant = if text.contains("://") {
                    text.clone()
                } else {
                    format!("http://{}", text.trim())
                };
                let browser = Url::parse(meant.trim()).unwrap();
                assert_eq!(browser.host_str(), Some(place), "{text:?}");
                assert_eq!(browser.scheme(), "http", "{text:?}");
                assert!(browser.username().is_empty(), "{text:?}");
            }
            Ok(TierAddress::Cloud(host)) => assert_eq!(Some(host), parsed, "{text:?}"),
            // Some names are Adobe's, and no host of AEM.
            Err(_) => assert!(
                parsed.is_none_or(|host| {
                    let host = host.as_str();
                    is_ims_by_grammar(host) || host.ends_with("adobeaemcloud.net")
                }),
                "{text:?}"
            ),
        }
    }
    // Not because everything was refused.
    assert!(
        ims_hosts > 1_000 && aem_hosts > 1_000 && local > 100,
        "{ims_hosts} {aem_hosts} {local}"
    );
    println!(
        "{HOSTS} hosts: {names} are names, {ims_hosts} may have a secret, {aem_hosts} are AEM's, {local} are this computer; all rightly"
    );
}

/// Whoever forgets to ask is refused by the storage.
#[test]
fn the_storage_refuses_an_environment_with_unconfirmed_hosts() {
    let ids = CloudIds::parse("p31-e415").unwrap();
    let own = || Environment {
        ids: Some(ids),
        hosts: Hosts::derived(ids),
        ..Environment::new(Name::parse("mine").unwrap(), EnvironmentType::Stage)
    };
    let storage = Storage::in_memory();
    storage.put_environment(&own()).unwrap();
    let host = |text: &str| HostName::parse(text).unwrap();
    for (tier, text) in [
        (Tier::Author, "publish-p31-e415.adobeaemcloud.com"),
        (Tier::Publish, "author-p31-e415.adobeaemcloud.com"),
        (Tier::Preview, "preview-p31-e416.adobeaemcloud.com"),
        (Tier::Author, "author-p31-e415-cmstg.adobeaemcloud.com"),
        (Tier::Publish, "www.brand.example"),
    ] {
        let mut foreign = own();
        foreign.hosts.set(tier, TierAddress::Cloud(host(text)));
        let mut domain = own();
        domain.hosts.publish_domain = Some(host("cdn.brand.example"));
        let mut elsewhere = own();
        elsewhere.ids = None;
        for environment in [&mut foreign, &mut domain, &mut elsewhere] {
            // The other purpose, and another host.
            environment.approve(&host(text), Purpose::ImsSecret);
            environment.approve(&host("other.example"), Purpose::Token);
            let refused = storage.put_environment(environment).unwrap_err();
            assert_eq!(refused.problem().code, Code::HostUntrusted, "{text}");
        }
        foreign.approve(&host(text), Purpose::Token);
        storage.put_environment(&foreign).unwrap();
    }
    // The first, and the five whose host was approved.
    assert_eq!(storage.items().unwrap().len(), 6);
}

/// The same from a file: what is exchanged goes to Adobe's host or nowhere.
#[tokio::test]
async fn sends_nothing_to_a_foreign_ims_host_from_a_file() {
    let mut dice = Dice(815);
    let end = Timestamp::now() + SignedDuration::from_hours(24 * 300);
    let file = ServiceAccount::new("p123-e1250", 0, end).file();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let http = Http::new(HttpOptions {
        ca_file: None,
        proxy: Some(ProxySettings {
            url: Some(format!("http://{}", listener.local_addr().unwrap())),
            exceptions: None,
        }),
    });
    let mut refused = 0;
    for _ in 0..2_000 {
        let text = host(&mut dice);
        if by_grammar(&text).is_some_and(|host| is_ims_by_grammar(&host)) {
            continue;
        }
        refused += 1;
        let mut json: serde_json::Value = serde_json::from_slice(&file).unwrap();
        json["integration"]["imsEndpoint"] = text.clone().into();
        let Ok(Imported::Service(service)) = detect(&serde_json::to_vec(&json).unwrap()) else {
            continue;
        };
        let credential = Credential::Service(*service);
        let outcome = ims::exchange(&http, &credential, &[], Timestamp::now()).await;
        let code = outcome.unwrap_err().problem().code;
        assert!(
            matches!(code, Code::ImsHostUntrusted | Code::BadHost),
            "{text:?}: {code}"
        );
    }
    let reached = listener.accept().err().map(|error| error.kind());
    assert_eq!(reached, Some(std::io::ErrorKind::WouldBlock), "a byte left");
    assert!(refused > 500, "{refused}");
}
