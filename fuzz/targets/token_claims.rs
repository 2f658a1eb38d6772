//! Parses any text as a token, and any bytes as the claims of a token.

#![no_main]

mod problems;

use aemkeys_core::credential::AccessToken;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    if let Ok(text) = std::str::from_utf8(input) {
        check(text);
    }
    let claims = URL_SAFE_NO_PAD.encode(input);
    check(&format!("eyJhbGciOiJSUzI1NiJ9.{claims}.c2lnbmF0dXJl"));
});

fn check(text: &str) {
    match AccessToken::from_pasted(text) {
        Err(problem) => problems::check(&problem),
        Ok(token) => {
            let _facts = token.facts(Timestamp::UNIX_EPOCH);
            let shown = token.claims_json();
            assert!(
                !shown.chars().any(|c| c.is_control() && c != '\n'),
                "{shown:?}"
            );
            let back = AccessToken::decode(&token.encode()).unwrap();
            assert_eq!(back.secret, token.secret);
            assert_eq!(back.expires_at, token.expires_at);
        }
    }
}
