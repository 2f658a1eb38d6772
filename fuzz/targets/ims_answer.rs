//! Parses any response as one of IMS: the result is a problem that is safe to show, or a token that is one word.

#![no_main]

mod problems;

use aemkeys_core::http::Response;
use aemkeys_core::explain::Grant;
use aemkeys_core::ims::response::read_token;
use jiff::Timestamp;
use libfuzzer_sys::fuzz_target;

const STATUSES: [u16; 10] = [200, 200, 200, 200, 204, 302, 400, 401, 429, 500];

fuzz_target!(|input: &[u8]| {
    let [how, more, body @ ..] = input else {
        return;
    };
    let kind = if more & 1 == 0 {
        "application/json"
    } else {
        "text/html"
    };
    let status = STATUSES[usize::from(*how) % STATUSES.len()];
    let headers = vec![("content-type".into(), kind.into())];
    let mut response = Response::new(status, headers, body.to_vec());
    response.body_cut = more & 2 != 0;
    response.clock_skew = (more & 4 != 0).then(|| i64::from(*how) * 10_000_000_000);
    let grant = if more & 8 == 0 {
        Grant::Jwt
    } else {
        Grant::ClientCredentials
    };
    match read_token(response, grant, Timestamp::UNIX_EPOCH) {
        Err(problem) => problems::check(&problem),
        Ok(token) => {
            let text = std::str::from_utf8(token.secret.expose()).unwrap();
            assert!(text.bytes().all(|byte| byte.is_ascii_graphic()), "{text:?}");
        }
    }
});
