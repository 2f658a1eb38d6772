//! Exchanges a credential for an access token: `cargo run -p aemkeys-core --example exchange FILE`.

use aemkeys_core::credential::{Credential, Imported, detect};
use aemkeys_core::http::{Http, HttpOptions};
use aemkeys_core::ims;

#[expect(clippy::print_stdout, reason = "an example prints its result")]
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let file = std::env::args_os().nth(1).ok_or("usage: exchange FILE")?;
    let credential = match detect(&std::fs::read(file)?)? {
        Imported::Service(service) => Credential::Service(*service),
        Imported::Oauth(oauth) => Credential::Oauth(*oauth),
        Imported::DevelopmentToken(_) => return Err("this is a token, not a credential".into()),
    };
    let http = Http::new(HttpOptions::default());
    // No host but Adobe's own IMS is approved to receive the credential.
    let exchanged = ims::exchange(&http, &credential, &[], jiff::Timestamp::now())
        .await
        .map_err(|error| error.problem())?;
    // `exchanged.token.secret.expose()` is the token itself.
    match exchanged.token.expires_at {
        Some(time) => println!("got a token that expires at {time}"),
        None => println!("got a token without an expiry"),
    }
    Ok(())
}
