//! Changes the headers of a request on its way to AEM.

use hyper::header::{
    AUTHORIZATION, CONNECTION, CONTENT_LENGTH, EXPECT, FORWARDED, HOST, HeaderMap, HeaderName,
    HeaderValue, ORIGIN, PROXY_AUTHENTICATE, PROXY_AUTHORIZATION, REFERER, TE, TRAILER,
    TRANSFER_ENCODING, UPGRADE, VIA,
};

use super::accept::{Entrance, Refusal};

/// Headers of one connection, which a proxy never passes on (RFC 9110, section 7.6.1).
const HOP_BY_HOP: [HeaderName; 9] = [
    CONNECTION,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
    PROXY_AUTHENTICATE,
    PROXY_AUTHORIZATION,
    TE,
    TRAILER,
    TRANSFER_ENCODING,
    UPGRADE,
];

/// Headers that the client of the connection to AEM sets itself, and those that name another host or address than AEM's.
const REPLACED: [HeaderName; 7] = [
    HOST,
    AUTHORIZATION,
    CONTENT_LENGTH,
    EXPECT,
    FORWARDED,
    VIA,
    HeaderName::from_static("x-real-ip"),
];
/// Begins the names of other such headers.
const FORWARDED_PREFIX: &str = "x-forwarded-";

/// The target of COPY and MOVE in WebDAV.
const DESTINATION: HeaderName = HeaderName::from_static("destination");

/// Removes the headers of the local connection, and lets addresses name AEM. `origin`: that of the tier.
pub fn for_aem(headers: &mut HeaderMap, origin: &str, entrance: &Entrance) -> Result<(), Refusal> {
    remove_hop_by_hop(headers);
    let forwarded = headers
        .keys()
        .filter(|name| name.as_str().starts_with(FORWARDED_PREFIX));
    let forwarded: Vec<HeaderName> = forwarded.cloned().collect();
    for name in forwarded.into_iter().chain(REPLACED) {
        headers.remove(name);
    }
    if headers.contains_key(ORIGIN) {
        headers.insert(ORIGIN, value(origin)?);
    }
    if let Some(referer) = headers.get(REFERER) {
        let path = referer.to_str().ok();
        let path = path.and_then(|url| entrance.local_path(url));
        let url = format!("{origin}{}", path.as_deref().unwrap_or("/"));
        headers.insert(REFERER, value(&url)?);
    }
    if let Some(destination) = headers.get(DESTINATION) {
        let path = destination.to_str().ok();
        let path = path.and_then(|url| {
            if url.starts_with('/') && !url.starts_with("//") {
                Some(entrance.strip_secret(url))
            } else {
                entrance.local_path(url)
            }
        });
        let path = path.ok_or(Refusal::ForeignDestination)?;
        headers.insert(DESTINATION, value(&format!("{origin}{path}"))?);
    }
    if headers.values().any(|it| entrance.is_in(it.as_bytes())) {
        return Err(Refusal::SecretElsewhere);
    }
    Ok(())
}

/// Removes the headers of one connection, and those that `Connection` names.
pub fn remove_hop_by_hop(headers: &mut HeaderMap) {
    let named: Vec<HeaderName> = headers
        .get_all(CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|name| name.trim().parse().ok())
        .collect();
    for name in named.into_iter().chain(HOP_BY_HOP) {
        headers.remove(name);
    }
}

fn value(text: &str) -> Result<HeaderValue, Refusal> {
    HeaderValue::from_str(text).map_err(|_| Refusal::Target)
}

#[cfg(test)]
mod tests {
    use super::*;
    use aemkeys_core::credential::Secret;

    const SECRET: &str = "0123456789abcdef0123456789abcdef";
    const AUTHOR: &str = "https://author-p1-e2.adobeaemcloud.com";

    fn entrance() -> Entrance {
        Entrance {
            port: Some(4592),
            labels: vec!["wknd-stage".to_owned()],
            secret: Some(Secret::from(SECRET)),
        }
    }

    fn changed(headers: &[(&str, &str)]) -> Result<Vec<String>, Refusal> {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(name.parse::<HeaderName>().unwrap(), value.parse().unwrap());
        }
        for_aem(&mut map, AUTHOR, &entrance())?;
        let lines = map
            .iter()
            .map(|(name, value)| format!("{name}: {}", value.to_str().unwrap()));
        let mut lines: Vec<String> = lines.collect();
        lines.sort();
        Ok(lines)
    }

    #[test]
    fn headers_of_the_local_connection_are_removed() {
        let left = changed(&[
            ("host", "localhost:4592"),
            ("authorization", "Basic YWRtaW46YWRtaW4="),
            ("connection", "keep-alive, X-Own , upgrade"),
            ("x-own", "1"),
            ("upgrade", "h2c"),
            ("keep-alive", "timeout=5"),
            ("proxy-connection", "keep-alive"),
            ("proxy-authorization", "Basic eDp5"),
            ("te", "trailers"),
            ("trailer", "x"),
            ("transfer-encoding", "chunked"),
            ("expect", "100-continue"),
            ("content-length", "5"),
            ("forwarded", "host=localhost"),
            ("x-forwarded-host", "localhost:5173"),
            ("x-forwarded-server", "my-laptop.local"),
            ("via", "1.1 my-laptop.local"),
            ("cookie", "login-token=1"),
            ("range", "bytes=0-1"),
            ("x-other", "2"),
        ]);
        assert_eq!(
            left.unwrap(),
            ["cookie: login-token=1", "range: bytes=0-1", "x-other: 2"]
        );
    }

    #[test]
    fn addresses_name_aem() {
        for (name, given, sent) in [
            ("origin", "http://localhost:5173", AUTHOR.to_owned()),
            (
                "referer",
                "http://localhost:4592/content/a.html?b=c",
                format!("{AUTHOR}/content/a.html?b=c"),
            ),
            (
                "referer",
                "http://localhost:4592/0123456789abcdef0123456789abcdef/a.html",
                format!("{AUTHOR}/a.html"),
            ),
            ("referer", "http://localhost:4592", format!("{AUTHOR}/")),
            (
                "referer",
                "http://localhost:5173/a.html",
                format!("{AUTHOR}/"),
            ),
            ("referer", "no URL", format!("{AUTHOR}/")),
            (
                "destination",
                "http://wknd-stage.localhost:4592/0123456789abcdef0123456789abcdef/b",
                format!("{AUTHOR}/b"),
            ),
            ("destination", "/b", format!("{AUTHOR}/b")),
        ] {
            let left = changed(&[(name, given)]);
            assert_eq!(left.unwrap(), [format!("{name}: {sent}")], "{given}");
        }
        for foreign in [
            "http://evil.example/b",
            "//evil.example/b",
            "b",
            "http://localhost/b",
        ] {
            let left = changed(&[("destination", foreign)]);
            assert_eq!(left, Err(Refusal::ForeignDestination), "{foreign}");
        }
    }

    #[test]
    fn the_secret_stays_here() {
        let left = changed(&[("if", &format!("<http://localhost:4592/{SECRET}/a> (<x>)"))]);
        assert_eq!(left, Err(Refusal::SecretElsewhere));
        let left = changed(&[("authorization", &format!("Bearer {SECRET}"))]);
        assert_eq!(left, Ok(vec![]));
    }
}
