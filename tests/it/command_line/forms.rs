//! `aemkeys call -F`: forms with files, as curl sends them.

use crate::support::https_mock::Reply;
use crate::support::sandbox::Sandbox;

#[test]
fn a_form_with_a_file_is_sent_as_multipart() {
    let sandbox = Sandbox::answering(|asked| {
        let is_upload = asked.path == "/content/dam.upload.html";
        is_upload.then(|| Reply::json(200, "{\"ok\":true}"))
    });
    sandbox.add("wknd-stage/", "stage");
    let (logo, other) = (
        sandbox.home().join("logo.png"),
        sandbox.home().join("a b.dat"),
    );
    // More than a buffer of any part on the way.
    let content: Vec<u8> = (0..3_000_000_u32).map(|at| at.to_le_bytes()[0]).collect();
    std::fs::write(&logo, &content).unwrap();
    std::fs::write(&other, "plain").unwrap();
    let file = format!("file=@{}", logo.display());
    let named = format!(
        "doc=@{};type=text/x-own;filename=named.txt",
        other.display()
    );
    let line = [
        "call",
        "wknd-stage",
        "/content/dam.upload.html",
        "-F",
        &file,
        "-F",
        &named,
        "-F",
        "title=a=b; c",
    ];
    sandbox.ok(&line).prints("{\"ok\":true}");
    let asked = sandbox.mock.requests();
    let sent = asked.iter().find(|it| it.path == line[2]).unwrap();
    assert_eq!(sent.method, "POST");
    let header = |name: &str| {
        let mut headers = sent.headers.iter();
        headers
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.clone())
    };
    let kind = header("content-type").unwrap();
    let boundary = kind.strip_prefix("multipart/form-data; boundary=").unwrap();
    assert_eq!(
        header("content-length").unwrap(),
        sent.body.len().to_string()
    );
    assert!(header("authorization").unwrap().starts_with("Bearer "));
    let has = |part: &[u8]| sent.body.windows(part.len()).any(|it| it == part);
    for part in [
        "name=\"file\"; filename=\"logo.png\"\r\nContent-Type: image/png\r\n\r\n",
        "name=\"doc\"; filename=\"named.txt\"\r\nContent-Type: text/x-own\r\n\r\nplain\r\n",
        "name=\"title\"\r\n\r\na=b; c\r\n",
        boundary,
    ] {
        assert!(has(part.as_bytes()), "{part}");
    }
    assert!(has(&content));
}

#[test]
fn a_form_that_cannot_be_sent_sends_nothing() {
    let sandbox = Sandbox::new();
    sandbox.add("wknd-prod/", "prod");
    for (code, field, said) in [
        (66, "file=@/no/such/file", "/no/such/file is not a file"),
        (66, "file=@/tmp", "/tmp is not a file"),
        (64, "novalue", "write NAME=VALUE"),
    ] {
        sandbox
            .exits(code, &["call", "wknd-prod", "/x", "-F", field])
            .says(said);
    }
    sandbox.exits(64, &["call", "wknd-prod", "/x", "-F", "a=b", "-d", "c"]);
    // A form is a POST, which Production confirms.
    sandbox.exits(77, &["call", "wknd-prod", "/x", "-F", "a=b"]);
    assert!(sandbox.mock.requests().iter().all(|it| it.path != "/x"));
}
