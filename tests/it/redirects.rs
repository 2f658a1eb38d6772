//! Redirects of every request that carries a secret, with every status and every kind of target: none is followed.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

use aemkeys_core::aem::{self, CallOptions, Probe, Verdict, WHO_AM_I};
use aemkeys_core::credential::{Code, Credential, Imported, Kind, Secret, detect};
use aemkeys_core::environment::{CloudIds, Destinations, HostName, Hosts, Tier};
use aemkeys_core::http::{Http, HttpOptions, ProxySettings, Recipient};
use aemkeys_core::ims;
use aemkeys_simulator::fixtures::{OauthAccount, ServiceAccount};
use jiff::{SignedDuration, Timestamp};

use crate::support::elsewhere::{SECOND_HOP, STATUSES, Trap, locations};
use crate::support::https_mock::{HttpsMock, Reply};

const IMS: &str = "ims-na1.adobelogin.com";
const AUTHOR: &str = "author-p123-e1250.adobeaemcloud.com";
const TOKEN: &str = "eyJhbGciOiJSUzI1NiJ9.eyJwbGFudGVkIjo0NzExfQ.planted-signature-4711";

/// What carries a secret out of this computer.
#[derive(Clone, Copy, Debug)]
enum Asking {
    ExchangeOfServiceCredentials,
    ExchangeOfOauth,
    Validation,
    Invalidation,
    TestCall,
    AnyCall,
}

impl Asking {
    const ALL: [Self; 6] = [
        Self::ExchangeOfServiceCredentials,
        Self::ExchangeOfOauth,
        Self::Validation,
        Self::Invalidation,
        Self::TestCall,
        Self::AnyCall,
    ];

    fn host(self) -> &'static str {
        match self {
            Self::TestCall | Self::AnyCall => AUTHOR,
            _ => IMS,
        }
    }

    /// Sends, and returns everything that could be shown of the answer.
    async fn send(self, http: &Http) -> String {
        let now = Timestamp::now();
        let token = Secret::from(TOKEN);
        let host = HostName::parse(self.host()).unwrap();
        let own = Hosts::derived(CloudIds::parse("p123-e1250").unwrap());
        let own = Destinations::new(CloudIds::parse("p123-e1250"), own, &[]).unwrap();
        let target = Recipient::tier(&own, Tier::Author).unwrap();
        let refused = |result: Result<String, ims::ImsError>| {
            let problem = result.unwrap_err().problem();
            assert_eq!(problem.code, Code::ImsRedirected);
            format!("{problem:?}")
        };
        match self {
            Self::ExchangeOfServiceCredentials | Self::ExchangeOfOauth => {
                let credential = if matches!(self, Self::ExchangeOfOauth) {
                    oauth()
                } else {
                    service()
                };
                let result = ims::exchange(http, &credential, &[], now).await;
                refused(result.map(|done| format!("{done:?}")))
            }
            Self::Validation => {
                let result = ims::validate(http, &token, "client", &host, &[], now).await;
                refused(result.map(|status| format!("{status:?}")))
            }
            Self::Invalidation => {
                let result = ims::invalidate(http, &token, &service(), false, &[], now).await;
                refused(result.map(|()| String::new()))
            }
            Self::TestCall => {
                let probe = Probe {
                    targets: vec![(Tier::Author, target)],
                    path: WHO_AM_I.to_owned(),
                    kind: Kind::ServiceCredentials,
                };
                let found = aem::test_tiers(http, &probe, Some(&token), now).await;
                assert_ne!(found[0].verdict, Verdict::SignedIn);
                format!("{found:?}")
            }
            Self::AnyCall => {
                let options = CallOptions {
                    method: "POST".into(),
                    headers: vec![],
                    body: Some(b"a=b".to_vec()),
                    ..CallOptions::default()
                };
                let called =
                    aem::call(http, &target, "/content", &options, Some(&token), now).await;
                let response = called.unwrap();
                assert!(STATUSES.contains(&response.status));
                format!("{:?}", response.headers)
            }
        }
    }
}

fn service() -> Credential {
    let end = Timestamp::now() + SignedDuration::from_hours(24 * 300);
    let account = ServiceAccount::new("p123-e1250", 0, end);
    match detect(&account.file()).unwrap() {
        Imported::Service(service) => Credential::Service(*service),
        _ => panic!("not service credentials"),
    }
}

fn oauth() -> Credential {
    match detect(&OauthAccount::new("p123-e1250", 0).file()).unwrap() {
        Imported::Oauth(oauth) => Credential::Oauth(*oauth),
        _ => panic!("not OAuth"),
    }
}

fn http(mock: &HttpsMock) -> Http {
    Http::new(HttpOptions {
        ca_file: Some(mock.ca_file()),
        proxy: Some(ProxySettings {
            url: Some(mock.proxy_url()),
            exceptions: None,
        }),
    })
}

/// Bytes of the right request that must be nowhere else: its body's values and the token.
fn secrets_of(body: &[u8], bearer: Option<&str>) -> Vec<String> {
    let body = String::from_utf8_lossy(body).into_owned();
    let form = body
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .filter(|(name, _)| matches!(*name, "client_secret" | "jwt_token" | "token"))
        .map(|(_, value)| value.to_owned());
    form.chain(bearer.map(str::to_owned)).collect()
}

#[tokio::test]
async fn no_redirect_carries_a_secret_to_anyone() {
    let trap = Trap::set();
    let mut tried = 0;
    for asking in Asking::ALL {
        for (kind, location) in locations(asking.host(), trap.port) {
            for status in STATUSES {
                let to = location.clone();
                let onward = format!("http://127.0.0.1:{}/collect", trap.port);
                let mock = HttpsMock::start(move |asked| {
                    let to = if asked.path == SECOND_HOP {
                        &onward
                    } else {
                        &to
                    };
                    Reply::new(status, &[("location", to)], "")
                });
                let shown = asking.send(&http(&mock)).await;
                let case = format!("{asking:?}, {status}, {kind}");
                // One request, to the one right host, through one tunnel. The trap is looked at below.
                let requests = mock.requests();
                assert_eq!(requests.len(), 1, "{case}");
                assert_eq!(requests[0].host, asking.host(), "{case}");
                let tunnels = mock.connects();
                assert_eq!(tunnels.len(), 1, "{case}");
                let right = format!("CONNECT {}:443 ", asking.host());
                assert!(tunnels[0].starts_with(&right), "{case}");
                let secrets = secrets_of(&requests[0].body, requests[0].header("authorization"));
                assert!(!secrets.is_empty(), "{case}: nothing at stake");
                for secret in &secrets {
                    assert!(!tunnels[0].contains(secret), "{case}");
                    assert!(!shown.contains(secret), "{case}");
                }
                tried += 1;
            }
        }
    }
    assert_eq!(trap.caught(), b"", "somebody reached the trap");
    assert!(tried >= 80, "{tried}");
    println!("{tried} redirects, 0 bytes at any listener but the right one");
}

/// The control: a client that follows is caught by the same traps.
#[tokio::test]
async fn the_traps_catch_a_client_that_follows_redirects() {
    let trap = Trap::set();
    let mut caught_elsewhere = 0;
    for (_, location) in locations(IMS, trap.port) {
        let onward = format!("http://127.0.0.1:{}/collect", trap.port);
        let mock = HttpsMock::start(move |asked| {
            let to = if asked.path == SECOND_HOP {
                &onward
            } else {
                &location
            };
            Reply::new(307, &[("location", to)], "")
        });
        let pem = std::fs::read(mock.ca_file()).unwrap();
        let client = reqwest::Client::builder()
            .tls_certs_only([reqwest::Certificate::from_pem(&pem).unwrap()])
            .proxy(
                reqwest::Proxy::https(mock.proxy_url())
                    .unwrap()
                    .no_proxy(reqwest::NoProxy::from_string("127.0.0.1,localhost,::1")),
            )
            .redirect(reqwest::redirect::Policy::limited(3))
            .build()
            .unwrap();
        let request = client.post(format!("https://{IMS}/ims/exchange/jwt"));
        let _how_it_ends = request.body("client_secret=planted").send().await;
        let elsewhere = mock.requests().iter().any(|asked| asked.host != IMS);
        caught_elsewhere += usize::from(elsewhere || mock.connects().len() > 1);
    }
    let caught = trap.caught();
    let caught = String::from_utf8_lossy(&caught);
    assert!(
        caught.matches("client_secret=planted").count() >= 5,
        "{caught}"
    );
    assert!(caught_elsewhere >= 5, "{caught_elsewhere}");
}

/// Headers that would make a browser go elsewhere with the next request, or send something along.
#[tokio::test]
async fn no_header_changes_where_the_next_request_goes() {
    let trap = Trap::set();
    let port = trap.port;
    let mock = HttpsMock::start(move |_| {
        let elsewhere = format!("http://127.0.0.1:{port}/collect");
        let headers = [
            ("alt-svc", format!("h2=\"127.0.0.1:{port}\"; ma=86400")),
            ("refresh", format!("0; url={elsewhere}")),
            ("set-cookie", "session=1; Domain=adobelogin.com".to_owned()),
            ("link", format!("<{elsewhere}>; rel=preload")),
            ("content-location", elsewhere.clone()),
            ("location", elsewhere),
        ];
        let headers: Vec<_> = headers
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        let token = format!(r#"{{"access_token":"{TOKEN}","token_type":"bearer"}}"#);
        Reply::new(200, &headers, token)
    });
    let http = http(&mock);
    for _ in 0..3 {
        let now = Timestamp::now();
        ims::exchange(&http, &service(), &[], now).await.unwrap();
    }
    assert_eq!(mock.requests().len(), 3);
    for asked in mock.requests() {
        assert_eq!(asked.host, IMS);
        assert_eq!(asked.header("cookie"), None);
        assert_eq!(asked.header("referer"), None);
    }
    assert_eq!(trap.caught(), b"");
}
