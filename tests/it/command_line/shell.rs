//! What shells rely on: usage errors as JSON, exit codes of failed writes, and help that can be copied.

use std::process::Stdio;

use jiff::Timestamp;

use crate::support::sandbox::{Ran, Sandbox};

#[test]
fn usage_errors_are_json_with_the_json_flag() {
    let sandbox = Sandbox::new();
    for wrong in [
        &["check", "--json", "--bogus"][..],
        &["check", "--json", "--ics"],
        &["list", "--jsom", "--json"],
        &["show", "--json"],
        &["token", "--format", "json"],
    ] {
        let ran = sandbox.exits(64, wrong);
        let error: serde_json::Value = serde_json::from_str(&ran.err).unwrap();
        assert_eq!(error["version"], 1, "{ran:?}");
        assert_eq!(error["error"]["code"], "usage", "{ran:?}");
        let message = error["error"]["message"].as_str().unwrap();
        assert!(!message.is_empty() && !message.starts_with("error"));
        assert!(!error["error"]["next_step"].as_str().unwrap().is_empty());
    }
    let text = sandbox.exits(64, &["check", "--bogus"]);
    let said = "error: unexpected argument '--bogus' found\n  why:  the command takes no such argument\n  next: call it as `aemkeys check [OPTIONS] [NAME]...`\n";
    assert_eq!(text.err, said);
    let theirs = sandbox.run(&["exec", "--bogus", "a", "--", "x", "--json"]);
    assert!(theirs.expect(64).err.starts_with("error: "));
}

#[test]
fn an_empty_name_is_quoted() {
    let sandbox = Sandbox::new();
    sandbox.add("wknd-stage/", "stage");
    sandbox.make_reading_cheap();
    for (line, code, said) in [
        (&["serve", ""][..], 66, "is named ''"),
        (&["token", " "], 66, "is named ' '"),
        (&["show", "wknd-stage/"], 66, "has no identity ''"),
        (
            &["exec", "wknd-stage", "--preset", "", "true"],
            64,
            "preset called ''",
        ),
        (&["exec", "wknd-stage", ""], 126, "could not start ''"),
        (&["config", "get", ""], 64, "unknown setting ''"),
    ] {
        sandbox.exits(code, line).says(said);
    }
}

#[test]
fn failing_to_write_the_output_has_its_own_exit_code() {
    let sandbox = Sandbox::new();
    sandbox.add("wknd-prod/", "production");
    for arguments in [&["check"][..], &["list", "--json"], &["man"], &["--help"]] {
        let full = std::fs::File::options()
            .write(true)
            .open("/dev/full")
            .unwrap();
        let output = sandbox
            .command(arguments)
            .stdout(Stdio::from(full))
            .output()
            .unwrap();
        Ran::of(output).expect(74);
    }
}

#[test]
fn shell_examples_continue_lines_with_a_backslash() {
    let sandbox = Sandbox::new();
    let help = sandbox.ok(&["credential", "--help"]).out;
    let examples = &help[help.find("Examples").unwrap()..];
    assert!(examples.lines().all(|line| line.len() < 78), "{examples}");
    let joined = examples.replace(" \\\n    ", " ");
    for line in [
        "  aemkeys credential NAME | kubectl create secret generic aem --from-file=service_token.json=/dev/stdin",
        "  aemkeys credential NAME | vault kv put -mount=secret aem service_token=-",
        "  aemkeys credential NAME | kubectl create secret generic aem --from-file=service_token.json=/dev/stdin --dry-run=client -o yaml | kubectl apply -f -",
    ] {
        assert!(joined.lines().any(|said| said == line), "{joined}");
    }
    let check = sandbox.ok(&["check", "--help"]).out;
    assert!(check.contains("66 a given name"), "{check}");
}

#[test]
fn errors_do_not_repeat_secret_arguments() {
    let sandbox = Sandbox::new();
    sandbox.add("wknd-prod/", "production");
    let guarded = sandbox.exits(77, &["leaked", "wknd-prod", "--mark", "--yes"]);
    guarded.says("error: not confirmed, so nothing was changed");
    guarded.says("--confirm wknd-prod");
    // What did not happen differs.
    for (act, undone) in [
        (
            &["exec", "wknd-prod", "true"][..],
            "the program was not started",
        ),
        (&["credential", "wknd-prod"], "nothing was exported"),
        (
            &["call", "wknd-prod", "/a", "-X", "DELETE"],
            "nothing was sent",
        ),
    ] {
        let ran = sandbox.exits(77, act);
        ran.says(format!("error: not confirmed, so {undone}\n"));
    }
    sandbox
        .exits(66, &["add", "/no/such.json"])
        .says("the file does not exist");
    let broken = sandbox
        .exits(3, &["check", "--json", "--file", "/no/such.json"])
        .json();
    assert!(broken["findings"][0]["who_must_act"].is_null());
    sandbox
        .exits(73, &["token", "wknd-prod", "--passphrase-fd", "77"])
        .says("file descriptor 77 is not open");
    let yaml = sandbox.exits(64, &["guide", "oauth", "wknd-prod", "--api-yaml"]);
    assert!(yaml.out.is_empty());
    assert!(
        yaml.err
            .contains("only OAuth server-to-server credentials need"),
        "{yaml:?}"
    );
}

#[test]
fn names_of_users_of_a_credential_are_unique() {
    let sandbox = Sandbox::new();
    sandbox.add("wknd-stage/", "stage");
    for wrong in ["", "  ", "indexer, export"] {
        sandbox.exits(64, &["used-by", "wknd-stage", "--add", wrong]);
    }
    for wrong in ["  ", "indexer, export"] {
        sandbox.exits(64, &["edit", "wknd-stage", "--used-by", wrong]);
    }
    let named = sandbox.ok(&["used-by", "wknd-stage", "--add", "  indexer "]);
    assert_eq!(named.out, "indexer\n");
    sandbox.ok(&["edit", "wknd-stage", "--used-by", ""]);
    let empty = sandbox.ok(&["used-by", "wknd-stage"]);
    assert!(empty.out.is_empty());
}

#[test]
fn variables_reach_a_shell_and_github_actions() {
    let sandbox = Sandbox::new();
    sandbox.add("wknd-stage/", "stage");
    let token = sandbox.ok(&["token", "wknd-stage"]).out;
    let (token, author) = (token.trim(), "https://author-p123-e1250.adobeaemcloud.com");

    let lines = sandbox.ok(&["env", "wknd-stage"]).out;
    let script = format!("{lines}printf %s \"$AEM_TOKEN $AEM_AUTHOR_URL\"");
    let shell = std::process::Command::new("sh")
        .args(["-c", &script])
        .output()
        .unwrap();
    let said = String::from_utf8(shell.stdout).unwrap();
    assert_eq!(said, format!("{token} {author}"));
    for (syntax, line) in [
        ("fish", format!("set -gx AEM_TOKEN '{token}'")),
        ("powershell", format!("$env:AEM_TOKEN = '{token}'")),
        ("dotenv", format!("AEM_TOKEN={token}")),
    ] {
        let lines = sandbox.ok(&["env", "wknd-stage", "--shell", syntax]).out;
        assert!(lines.lines().any(|it| it == line), "{lines}");
    }

    let file = sandbox.home().join("github_env");
    std::fs::write(&file, "BEFORE=1\n").unwrap();
    let arguments = ["env", "wknd-stage", "--shell", "github"];
    sandbox.exits(64, &arguments).says("GITHUB_ENV");
    let mut command = sandbox.command(&arguments);
    let ran = Ran::of(command.env("GITHUB_ENV", &file).output().unwrap()).expect(0);
    assert_eq!(ran.out, format!("::add-mask::{token}\n"));
    let written = std::fs::read_to_string(&file).unwrap();
    assert!(written.starts_with(&format!(
        "BEFORE=1\nAEM_TOKEN={token}\nAEM_AUTHOR_URL={author}\n"
    )));
}

#[test]
fn a_program_needs_no_hyphens_before_it() {
    let sandbox = Sandbox::new();
    sandbox.add("wknd-stage/", "stage");
    let print = "printf %s $AEM_AUTHOR_URL";
    for line in [
        &["exec", "wknd-stage", "sh", "-c", print][..],
        &["exec", "wknd-stage", "--", "sh", "-c", print],
        &[
            "exec",
            "--min-valid",
            "1h",
            "wknd-stage",
            "sh",
            "-c",
            print,
            "--json",
            "-v",
        ],
    ] {
        let ran = sandbox.ok(line);
        assert_eq!(
            ran.out, "https://author-p123-e1250.adobeaemcloud.com",
            "{line:?}"
        );
    }
}

#[test]
fn presets_set_the_variables_of_programs() {
    let sandbox = Sandbox::new();
    sandbox.add("wknd-stage/", "stage");
    let token = sandbox.ok(&["token", "wknd-stage"]).out;
    let token = token.trim_end();
    let run = |options: &[&str], print: &str| {
        let program = ["--", "sh", "-c", print];
        sandbox.ok(&[&["exec", "wknd-stage"], options, &program].concat())
    };
    let author = "https://author-p123-e1250.adobeaemcloud.com";
    let uploaded = run(
        &["--preset", "upload"],
        "printf '%s %s' $AEM_URL $AEM_BEARER_TOKEN",
    );
    assert_eq!(uploaded.out, format!("{author} {token}"));
    let aio = run(
        &["--preset", "aio"],
        "printf %s $AIO_IMS_CONTEXTS_CLI_ACCESS__TOKEN_EXPIRY",
    );
    let json = sandbox
        .ok(&["token", "wknd-stage", "--format", "json"])
        .json();
    let expiry: Timestamp = json["expires_at"].as_str().unwrap().parse().unwrap();
    let milliseconds: i64 = aio.out.parse().unwrap();
    assert_eq!(milliseconds / 1000, expiry.as_second());

    // The last one counts, and a text is a text.
    let both = run(
        &["--preset", "react", "--set", "REACT_APP_HOST_URI=publish"],
        "printf '%s %s' $REACT_APP_HOST_URI $REACT_APP_AUTH_METHOD",
    );
    assert_eq!(
        both.out,
        "https://publish-p123-e1250.adobeaemcloud.com dev-token"
    );
    let header = run(&["--set", "H=header"], "printf %s \"$H\"");
    assert_eq!(header.out, format!("Authorization: Bearer {token}"));

    let presets = sandbox.home().join(".config/aemkeys/presets");
    std::fs::create_dir_all(&presets).unwrap();
    let own = "about = \"ours\"\n[variables]\nSHOP = \"preview\"\nORG = \"org\"\n";
    std::fs::write(presets.join("shop.toml"), own).unwrap();
    let shop = run(&["--preset", "shop"], "printf '%s %s' $SHOP $ORG");
    assert!(shop.out.starts_with("https://preview-p123-e1250"));
    assert!(shop.out.ends_with("@AdobeOrg"), "{shop:?}");

    sandbox
        .exits(64, &["exec", "wknd-stage", "--presett", "shop", "true"])
        .says("did you mean --preset?");
    sandbox.exits(127, &["exec", "wknd-stage", "--", "--presett"]);
    sandbox
        .exits(
            64,
            &["exec", "wknd-stage", "--preset", "shopp", "--", "true"],
        )
        .says("no preset called shopp");
    sandbox
        .exits(
            64,
            &["exec", "wknd-stage", "--preset", "../shop", "--", "true"],
        )
        .says("no preset called");
    let exec = ["exec", "wknd-stage", "--set", "A=secret", "--", "true"];
    sandbox.exits(64, &exec).says("expires-at-ms");
}

#[cfg(unix)]
#[test]
fn a_preset_that_others_can_change_is_refused() {
    use std::os::unix::fs::PermissionsExt as _;
    let sandbox = Sandbox::new();
    sandbox.add("wknd-stage/", "stage");
    let presets = sandbox.home().join(".config/aemkeys/presets");
    std::fs::create_dir_all(&presets).unwrap();
    let file = presets.join("shop.toml");
    std::fs::write(&file, "about = \"ours\"\n[variables]\nPATH = \"org\"\n").unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o666)).unwrap();
    sandbox
        .exits(
            78,
            &["exec", "wknd-stage", "--preset", "shop", "--", "true"],
        )
        .says("another user could have changed it");
}

#[test]
fn a_selection_takes_all_that_match() {
    let sandbox = Sandbox::new();
    sandbox.add("wknd-stage/", "stage");
    sandbox.add("brand-stage/", "stage");
    sandbox.add("wknd-dev/", "dev");
    sandbox.ok(&["edit", "wknd-stage", "--customer", "WKND"]);
    let names = |line: &[&str]| sandbox.ok(&[&["list", "-o", "name"], line].concat()).out;
    assert_eq!(names(&["--type", "stage"]).lines().count(), 2);
    assert_eq!(
        names(&["--customer", "wknd", "--type", "stage"]),
        "wknd-stage\n"
    );
    assert_eq!(names(&["wknd-dev"]), "wknd-dev\n");
    sandbox
        .exits(66, &["list", "--type", "rde"])
        .says("aemkeys list");
    sandbox.exits(64, &["exchange"]).says("--all");
    sandbox.exits(64, &["exchange", "--all", "wknd-dev"]);

    // Not the development token, which cannot be exchanged.
    let exchanged = sandbox.ok(&["exchange", "--all", "--json"]).json();
    assert_eq!(exchanged["tokens"].as_array().unwrap().len(), 2);
    let tested = sandbox
        .run(&["test", "--all", "--tier", "author", "--json"])
        .json();
    let names: Vec<_> = tested["tiers"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| &it["name"])
        .collect();
    assert_eq!(names.len(), 3, "{names:?}");
}
