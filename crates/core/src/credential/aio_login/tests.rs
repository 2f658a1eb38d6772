use super::*;
use aemkeys_simulator::fixtures;

/// As `aio login` and `aio config set` write it, with the token in its place.
const FILE: &str = r#"{
  ims: {
    contexts: {
      cli: {
        $cli.bare_output: true,
        env: "prod",
        access_token: {
          token: "TOKEN",
          expiry: 1795100000000
        },
        refresh_token: {
          token: "eyJr.b.c",
          expiry: 1796000000000
        }
      }
    }
  },
  @adobe/aio-cli: {
    12: -1.5e+3,
    note: "it's \"x\" {a: b}"
  },
  cloudmanager_orgid: "1234567890ABCDEF12345678@AdobeOrg",
  console: {
    org: {
      code: "OTHER@AdobeOrg"
    }
  }
}"#;

fn now() -> Timestamp {
    "2026-11-18T00:00:00Z".parse().unwrap()
}

fn token() -> String {
    let person = fixtures::person(1, &[]);
    let secret = fixtures::development_token(&person, now());
    String::from_utf8(secret.expose().to_vec()).unwrap()
}

fn parse(text: &str) -> Result<AioLogin, Problem> {
    AioLogin::parse(&Secret::from(text))
}

#[test]
fn the_file_that_aio_writes_is_read() {
    let token = token();
    let login = parse(&FILE.replace("TOKEN", &token)).unwrap();
    assert_eq!(login.org(), Some("1234567890ABCDEF12345678@AdobeOrg"));
    assert_eq!(login.token(now()).unwrap().secret, Secret::from(token));
    let chosen = FILE.replace("cloudmanager_orgid", "another");
    assert_eq!(parse(&chosen).unwrap().org(), Some("OTHER@AdobeOrg"));
}

#[test]
fn white_space_around_the_token_is_ignored_and_within_it_refused() {
    let token = token();
    for (text, is_token) in [
        (format!("  {token}\\n"), true),
        (format!("Bearer {token}"), true),
        (format!("{} {}", &token[..40], &token[40..]), false),
        (token[..900].to_owned(), false),
        (String::new(), false),
        ("\\u001b]0;x".to_owned(), false),
    ] {
        let read = parse(&FILE.replace("TOKEN", &text)).and_then(|login| login.token(now()));
        match read {
            Ok(read) => assert!(
                is_token && read.secret == Secret::from(token.as_str()),
                "{text}"
            ),
            Err(problem) => {
                assert!(!is_token, "{problem}");
                assert_eq!(problem.code, Code::AioNotSignedIn);
                assert!(problem.next_step.unwrap().in_shell().contains("aio login"));
            }
        }
    }
}

#[test]
fn an_expired_token_asks_for_a_sign_in() {
    let text = FILE.replace("TOKEN", &token());
    let at = |time: &str| {
        let login = parse(&text).unwrap();
        login
            .token(time.parse().unwrap())
            .err()
            .map(|problem| problem.code)
    };
    // The token's own expiry is before the one in the file.
    assert_eq!(at("2026-11-18T23:59:00Z"), None);
    assert_eq!(at("2026-11-19T00:00:00Z"), Some(Code::AioNotSignedIn));
    let earlier = text.replace("1795100000000", "1");
    let problem = parse(&earlier).unwrap().token(now()).unwrap_err();
    assert!(problem.message.contains("expired"), "{problem}");
}

#[test]
fn unusual_content_is_an_error_or_says_nothing() {
    for text in [
        "",
        " \n",
        "\u{feff}",
        "{}",
        "{ims: null}",
        "{ims: 5, console: []}",
    ] {
        let login = parse(text).unwrap();
        assert_eq!(login.org(), None, "{text}");
        let problem = login.token(now()).unwrap_err();
        assert_eq!(problem.code, Code::AioNotSignedIn, "{text}");
    }
    let deep = format!("{}1{}", "{a:".repeat(200), "}".repeat(200));
    for text in [
        "ims:\n  contexts: {}\n",
        "[1",
        "\u{0}",
        deep.as_str(),
        "{ims: {ims: }}",
    ] {
        assert_eq!(
            parse(text).unwrap_err().code,
            Code::InputNotRecognised,
            "{text}"
        );
    }
    assert!(AioLogin::parse(&Secret::new(vec![0xff, 0xfe, b'{'])).is_err());
}

#[test]
fn variables_and_the_project_file_come_first() {
    let variable = |name: &str| match name {
        "AIO_IMS_CONTEXTS_CLI_ACCESS__TOKEN_TOKEN" => Some(token()),
        "AIO_CLOUDMANAGER__ORGID" => Some("ABC@AdobeOrg".to_owned()),
        _ => None,
    };
    let file = parse(&FILE.replace("1795100000000", "1")).unwrap();
    let login = AioLogin::of_variables(variable).or(file);
    assert_eq!(login.org(), Some("ABC@AdobeOrg"));
    // The expiry in the file belongs to another token.
    assert!(login.token(now()).is_ok());
}
