//! Environment variables of the HTTP client: the binary against real TLS behind a proxy.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

use std::path::Path;
use std::process::{Command, Output};

use aemkeys_simulator::fixtures::ServiceAccount;
use jiff::{SignedDuration, Timestamp};

use crate::support::https_mock::{HttpsMock, Oddity, Reply};
use crate::support::no_session::NO_SESSION;

fn ims() -> HttpsMock {
    let mock = HttpsMock::start(|_| {
        let body =
            r#"{"token_type":"bearer","access_token":"planted-token","expires_in":86399999}"#;
        Reply::json(200, body)
    });
    file_for(&mock);
    mock
}

fn file_for(mock: &HttpsMock) {
    let end = Timestamp::now() + SignedDuration::from_hours(24 * 300);
    let account = ServiceAccount::new("p123-e1250", 0, end);
    std::fs::write(mock.directory().join("credential.json"), account.file()).unwrap();
}

/// `aemkeys token --file` with nothing in its environment but these.
fn token(mock: &HttpsMock, variables: &[(&str, &str)]) -> Output {
    let home = mock.directory();
    Command::new(env!("CARGO_BIN_EXE_aemkeys"))
        .args(["token", "--file"])
        .arg(home.join("credential.json"))
        .env_clear()
        .envs(NO_SESSION)
        .env("HOME", home)
        // Without it, Windows has no network.
        .envs(std::env::var_os("SYSTEMROOT").map(|root| ("SYSTEMROOT", root)))
        .envs(variables.iter().copied())
        .output()
        .unwrap()
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn uses_proxy_and_certificates_of_the_environment() {
    let mock = ims();
    let ca = mock.ca_file();
    let folder = mock.directory().join("authorities");
    std::fs::create_dir(&folder).unwrap();
    std::fs::copy(&ca, folder.join("5f8ed9cb.0")).unwrap();
    let proxy = mock.proxy_url();
    for variables in [
        [
            ("HTTPS_PROXY", proxy.as_str()),
            ("SSL_CERT_FILE", text(&ca)),
            ("X", ""),
        ],
        [
            ("https_proxy", &proxy),
            ("SSL_CERT_FILE", text(&ca)),
            ("X", ""),
        ],
        [
            ("ALL_PROXY", &proxy),
            ("SSL_CERT_FILE", text(&ca)),
            ("NO_PROXY", "other.example"),
        ],
        [
            ("HTTPS_PROXY", &proxy),
            ("SSL_CERT_DIR", text(&folder)),
            ("X", ""),
        ],
    ] {
        let output = token(&mock, &variables);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{variables:?}: {said}");
        assert!(String::from_utf8_lossy(&output.stdout).contains("planted-token"));
    }
    assert_eq!(mock.requests().len(), 4);
}

#[test]
fn explains_unknown_issuers_and_proxy_passwords() {
    let mock = ims();
    let other = ims();
    let proxy = mock.proxy_url();
    let output = token(
        &mock,
        &[
            ("HTTPS_PROXY", &proxy),
            ("SSL_CERT_FILE", text(&other.ca_file())),
        ],
    );
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        !output.status.success() && said.contains("SSL_CERT_FILE"),
        "{said}"
    );
    assert!(mock.requests().is_empty());

    let guarded = HttpsMock::odd(Oddity::WantsCredentials("nobody"), |_| {
        Reply::json(200, "{}")
    });
    file_for(&guarded);
    let address = guarded.address();
    let url = format!("http://anna:planted-password@{address}");
    let output = token(
        &guarded,
        &[
            ("HTTPS_PROXY", &url),
            ("SSL_CERT_FILE", text(&guarded.ca_file())),
        ],
    );
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        said.contains("407") && said.contains(&address.to_string()),
        "{said}"
    );
    assert!(!said.contains("planted"), "{said}");
}

#[test]
fn names_unusable_variables_without_their_value() {
    let mock = ims();
    for (name, value) in [
        ("HTTPS_PROXY", "socks5://planted:1080"),
        ("HTTPS_PROXY", "http://planted:a b"),
        ("SSL_CERT_FILE", "/nowhere/planted.pem"),
    ] {
        let output = token(&mock, &[(name, value)]);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success());
        assert!(said.contains(name) && !said.contains("planted"), "{said}");
    }
}
