//! Changes the headers of a response on its way to the local program.

use hyper::header::{
    ALT_SVC, CONTENT_LOCATION, HeaderMap, HeaderName, HeaderValue, LOCATION, SET_COOKIE,
    STRICT_TRANSPORT_SECURITY, WWW_AUTHENTICATE,
};

use super::request_headers::remove_hop_by_hop;

/// Headers that are true of AEM's own address only.
const REMOVED: [HeaderName; 3] = [ALT_SVC, STRICT_TRANSPORT_SECURITY, WWW_AUTHENTICATE];

/// Lets addresses of the tier, `origin`, and cookies be valid at the local address. Other addresses stay as they are.
///
/// `prefix`: `/SECRET` if the path of the request began with it, else empty.
pub fn for_client(headers: &mut HeaderMap, origin: &str, prefix: &str) {
    remove_hop_by_hop(headers);
    for name in REMOVED {
        headers.remove(name);
    }
    for name in [LOCATION, CONTENT_LOCATION] {
        let Some(given) = headers.get(&name).and_then(|it| it.to_str().ok()) else {
            continue;
        };
        let local = local_address(given, origin, prefix);
        if let Some(value) = local.and_then(|it| HeaderValue::from_str(&it).ok()) {
            headers.insert(name, value);
        }
    }
    let cookies: Vec<HeaderValue> = headers
        .get_all(SET_COOKIE)
        .iter()
        .map(|cookie| local_cookie(cookie, prefix).unwrap_or_else(|| cookie.clone()))
        .collect();
    headers.remove(SET_COOKIE);
    for cookie in cookies {
        headers.append(SET_COOKIE, cookie);
    }
}

/// Returns the path for an address of the tier, and `None` for any other address.
///
/// A path, because the program may know this server by another address, such as that of a dev server in front of it.
fn local_address(address: &str, origin: &str, prefix: &str) -> Option<String> {
    let host = origin.split_once("://")?.1;
    let is_path = address.starts_with('/') && !address.starts_with("//");
    let path = if is_path {
        address
    } else {
        let (scheme, rest) = address.split_once("//")?;
        let is_http = ["", "http:", "https:"]
            .iter()
            .any(|it| scheme.eq_ignore_ascii_case(it));
        let end = rest.find(['/', '?', '#', '\\']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at(end);
        let authority = authority.strip_suffix(":443").unwrap_or(authority);
        if !is_http || !authority.eq_ignore_ascii_case(host) {
            return None;
        }
        path
    };
    let starts_elsewhere = |path: &str| path.starts_with("//") || path.starts_with("/\\");
    Some(if !path.starts_with('/') {
        format!("{prefix}/{path}")
    } else if prefix.is_empty() && !is_path && starts_elsewhere(path) {
        // `//name` would be the address of another host.
        format!("/.{path}")
    } else {
        format!("{prefix}{path}")
    })
}

/// Removes what would keep the cookie from the local address, which is http and has another host.
fn local_cookie(cookie: &HeaderValue, prefix: &str) -> Option<HeaderValue> {
    let text = cookie.to_str().ok()?;
    let mut parts = text.split(';');
    let mut local = parts.next()?.to_owned();
    for part in parts {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        let (name, value) = (name.trim().to_ascii_lowercase(), value.trim());
        let is_none = name == "samesite" && value.eq_ignore_ascii_case("none");
        if is_none || ["domain", "secure", "partitioned"].contains(&name.as_str()) {
            continue;
        }
        if name == "path" && value.starts_with('/') {
            local.push_str(&format!("; Path={prefix}{value}"));
        } else {
            local.push_str(&format!("; {}", part.trim()));
        }
    }
    HeaderValue::from_str(&local).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const AUTHOR: &str = "https://author-p1-e2.adobeaemcloud.com";

    #[test]
    fn only_addresses_of_the_tier_become_local() {
        for (given, plain, prefixed) in [
            ("/a?b#c", Some("/a?b#c"), Some("/S/a?b#c")),
            (
                "https://author-p1-e2.adobeaemcloud.com/a",
                Some("/a"),
                Some("/S/a"),
            ),
            (
                "HTTPS://Author-P1-e2.adobeaemcloud.com:443?a",
                Some("/?a"),
                Some("/S/?a"),
            ),
            (
                "http://author-p1-e2.adobeaemcloud.com",
                Some("/"),
                Some("/S/"),
            ),
            (
                "//author-p1-e2.adobeaemcloud.com/a",
                Some("/a"),
                Some("/S/a"),
            ),
            (
                "https://author-p1-e2.adobeaemcloud.com//evil.example/",
                Some("/.//evil.example/"),
                Some("/S//evil.example/"),
            ),
            (
                "https://author-p1-e2.adobeaemcloud.com/\\evil.example/",
                Some("/./\\evil.example/"),
                Some("/S/\\evil.example/"),
            ),
            ("https://ims-na1.adobelogin.com/x", None, None),
            (
                "https://author-p1-e2.adobeaemcloud.com.evil.example/",
                None,
                None,
            ),
            (
                "https://author-p1-e2.adobeaemcloud.com@evil.example/",
                None,
                None,
            ),
            (
                "https://author-p1-e2.adobeaemcloud.com\\@evil.example/",
                Some("/\\@evil.example/"),
                Some("/S/\\@evil.example/"),
            ),
            ("https://author-p1-e2.adobeaemcloud.com:8443/", None, None),
            ("//evil.example/", None, None),
            ("ftp://author-p1-e2.adobeaemcloud.com/", None, None),
            ("a.html", None, None),
        ] {
            assert_eq!(
                local_address(given, AUTHOR, "").as_deref(),
                plain,
                "{given}"
            );
            assert_eq!(
                local_address(given, AUTHOR, "/S").as_deref(),
                prefixed,
                "{given}"
            );
        }
    }

    #[test]
    fn cookies_are_valid_here() {
        for (given, plain, prefixed) in [
            ("a=b", "a=b", "a=b"),
            (
                "a=b; Path=/libs; Domain=.adobeaemcloud.com;Secure; HttpOnly; SameSite=Lax",
                "a=b; Path=/libs; HttpOnly; SameSite=Lax",
                "a=b; Path=/S/libs; HttpOnly; SameSite=Lax",
            ),
            (
                "secure=domain=x; SECURE; samesite=none; Partitioned; Max-Age=1",
                "secure=domain=x; Max-Age=1",
                "secure=domain=x; Max-Age=1",
            ),
        ] {
            let cookie = HeaderValue::from_static(given);
            assert_eq!(local_cookie(&cookie, "").unwrap(), plain);
            assert_eq!(local_cookie(&cookie, "/S").unwrap(), prefixed);
        }
    }

    #[test]
    fn headers_of_the_other_connection_are_removed() {
        let mut headers = HeaderMap::new();
        for (name, value) in [
            ("connection", "close, x-hop"),
            ("x-hop", "1"),
            ("transfer-encoding", "chunked"),
            ("strict-transport-security", "max-age=1"),
            ("alt-svc", "h3=\":443\""),
            ("www-authenticate", "Basic"),
            ("location", "https://ims-na1.adobelogin.com/"),
            ("set-cookie", "a=1; Secure"),
            ("set-cookie", "b=2; Domain=x"),
            ("etag", "x"),
        ] {
            headers.append(HeaderName::from_static(name), value.parse().unwrap());
        }
        for_client(&mut headers, AUTHOR, "");
        let mut left: Vec<String> = headers
            .iter()
            .map(|(name, value)| format!("{name}: {}", value.to_str().unwrap()))
            .collect();
        left.sort();
        assert_eq!(
            left,
            [
                "etag: x",
                "location: https://ims-na1.adobelogin.com/",
                "set-cookie: a=1",
                "set-cookie: b=2"
            ]
        );
    }
}
