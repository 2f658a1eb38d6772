//! To which host may a secret or a token go? A predicate; `http` enforces it on every request.

use super::{CloudIds, HostName, Hosts, TierAddress};

/// The IMS hosts a secret may go to without being asked: `adobelogin.com` and its subdomains.
pub fn is_adobe_ims(host: &HostName) -> bool {
    let host = host.as_str();
    host == "adobelogin.com" || host.ends_with(".adobelogin.com")
}

/// True when the host is `{tier}-p{P}-e{E}[-cmstg].adobeaemcloud.com`.
pub fn is_adobe_aem(host: &HostName) -> bool {
    CloudIds::from_host(host.as_str()).is_some()
}

/// May a token of the environment with these hosts go there? Only to its own hosts; those outside Adobe's
/// domain only when a person approved them once.
pub fn may_receive_token(hosts: &Hosts, approved: &[HostName], host: &HostName) -> bool {
    let own = [&hosts.author, &hosts.publish, &hosts.preview]
        .into_iter()
        .flatten()
        .any(|address| matches!(address, TierAddress::Cloud(known) if known == host))
        || hosts.publish_domain.as_ref() == Some(host);
    own && (is_adobe_aem(host) || approved.contains(host))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn host(text: &str) -> HostName {
        HostName::parse(text).unwrap()
    }

    /// True when the text is read at all and the secret may go there.
    fn takes_a_secret(text: &str) -> bool {
        HostName::parse(text).is_ok_and(|host| is_adobe_ims(&host))
    }

    #[test]
    fn adobes_ims_hosts_may_have_the_secret() {
        for text in [
            "ims-na1.adobelogin.com",
            "ims-na1-stg1.adobelogin.com",
            "IMS-NA1.adobelogin.COM",
            "adobelogin.com",
        ] {
            assert!(takes_a_secret(text), "{text}");
        }
    }

    #[test]
    fn look_alikes_may_not() {
        for text in [
            "adobelogin.com.evil.com",
            "evil-adobelogin.com",
            "evil.com/adobelogin.com",
            "evil.com#.adobelogin.com",
            "https://evil.com/.adobelogin.com",
            "https://evil.com?.adobelogin.com",
            "https://evil.com\\.adobelogin.com",
            "ims-na1.adobelogin.com@evil.com",
            "https://ims-na1.adobelogin.com:x@evil.com",
            "https://evil.com:443#@ims-na1.adobelogin.com",
            "ims-na1.adobelogin.com:8443",
            "ims-na1.adobelogin.com.",
            "ims-na1.adobelogin.co",
            "ims-na1.adobelogin.comx",
            "ims-na1.аdobelogin.com",
            "ims-na1。adobelogin.com",
            "ims-na1.adobelogin.com\u{200b}",
            "xn--dobelogin-66g.com",
            "..adobelogin.com",
            ".adobelogin.com",
            "evil.com\0.adobelogin.com",
            "evil.com\r\n.adobelogin.com",
            "evil%2ecom%2f.adobelogin.com",
            "http://ims-na1.adobelogin.com",
            "127.0.0.1",
            "0x7f000001",
            "2130706433",
            "[::ffff:127.0.0.1]",
            "localhost",
        ] {
            assert!(!takes_a_secret(text), "{text:?}");
        }
    }

    #[test]
    fn a_token_goes_to_its_own_environment_only() {
        let mut hosts = Hosts::derived(CloudIds::parse("p1-e2").unwrap());
        hosts.publish_domain = Some(host("www.brand.com"));
        let may = |text, approved: &[HostName]| may_receive_token(&hosts, approved, &host(text));
        assert!(may("author-p1-e2.adobeaemcloud.com", &[]));
        assert!(may("preview-p1-e2.adobeaemcloud.com", &[]));
        assert!(!may("author-p1-e3.adobeaemcloud.com", &[]));
        assert!(!may("www.brand.com", &[]));
        assert!(may("www.brand.com", &[host("www.brand.com")]));
        // Approved once for another purpose (an IMS), and no host of this environment.
        assert!(!may("ims.brand.com", &[host("ims.brand.com")]));
        assert!(!may("ims-na1.adobelogin.com", &[]));
    }

    proptest! {
        #[test]
        fn whatever_is_accepted_ends_in_adobes_domain(
            before in "[a-z0-9.:@/?#\\\\%_-]{0,20}",
            after in "[a-z0-9.:@/?#\\\\%_-]{0,20}",
        ) {
            let text = format!("{before}adobelogin.com{after}");
            if takes_a_secret(&text) {
                let url = format!("https://{}/ims", HostName::parse(&text).unwrap());
                let parsed = reqwest::Url::parse(&url).unwrap();
                let seen = parsed.host_str().unwrap();
                prop_assert!(seen == "adobelogin.com" || seen.ends_with(".adobelogin.com"));
                prop_assert!(parsed.username().is_empty() && parsed.port().is_none());
            }
        }

        #[test]
        fn addresses_are_never_hosts(a: u8, b: u8, c: u8, d: u8) {
            let number = u32::from_be_bytes([a, b, c, d]);
            for text in [
                format!("{a}.{b}.{c}.{d}"),
                format!("0x{number:x}"),
                format!("{number}"),
                format!("0{number:o}"),
                format!("{a}.{}", number & 0xff_ffff),
                format!("[::ffff:{a}.{b}.{c}.{d}]"),
                format!("0x{a:x}.0x{b:x}.0x{c:x}.0x{d:x}"),
            ] {
                prop_assert!(HostName::parse(&text).is_err(), "{}", text);
            }
        }
    }
}
