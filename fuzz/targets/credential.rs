//! Detects any bytes: the result is a problem that is safe to show, or a credential that can be stored and read back.

#![no_main]

mod problems;

use aemkeys_core::credential::validity::Thresholds;
use aemkeys_core::credential::{AccessToken, Credential, Imported, detect};
use jiff::Timestamp;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let now = Timestamp::UNIX_EPOCH;
    let credential = match detect(input) {
        Err(problem) => return problems::check(&problem),
        Ok(Imported::Service(service)) => {
            let _checks = service.checks(now, &Thresholds::default());
            Credential::Service(*service)
        }
        Ok(Imported::Oauth(oauth)) => Credential::Oauth(*oauth),
        Ok(Imported::DevelopmentToken(token)) => {
            let back = AccessToken::decode(&token.encode()).unwrap();
            assert_eq!(back.secret, token.secret);
            return;
        }
    };
    let back = Credential::decode(&credential.encode()).unwrap();
    assert_eq!(
        format!("{:?}", back.facts()),
        format!("{:?}", credential.facts())
    );
});
