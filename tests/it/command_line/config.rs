//! `aemkeys config` and the mistakes in `config.toml`.

use crate::support::sandbox::{Ran, Sandbox};

/// A sandbox with this `config.toml`.
fn sandbox(text: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    std::fs::write(file(&sandbox), text).unwrap();
    sandbox
}

fn file(sandbox: &Sandbox) -> std::path::PathBuf {
    sandbox.home().join(".config/aemkeys/config.toml")
}

fn text(sandbox: &Sandbox) -> String {
    std::fs::read_to_string(file(sandbox)).unwrap()
}

/// The value, source and line of a setting, as JSON prints them.
fn setting(ran: &Ran) -> (String, String, Option<u64>) {
    let setting = ran.json()["settings"][0].clone();
    let of = |field: &str| setting[field].as_str().unwrap_or_default().to_owned();
    (of("value"), of("source"), setting["line"].as_u64())
}

#[test]
fn a_setting_is_changed_and_everything_else_is_kept() {
    let before = "# mine\nstorage = \"file\" # why\n\n# keys\n[keys]\ncopy = \"y\"\n";
    let sandbox = sandbox(before);
    for (line, expected) in [
        (&["theme", "light"][..], "theme = \"light\"\n"),
        (
            &["clipboard_clear_seconds", "60"],
            "clipboard_clear_seconds = 60\n",
        ),
        (&["keys.test", "t", "<f5>"], "test = [\"t\", \"<f5>\"]\n"),
        (&["keys.copy", "c"], "copy = \"c\"\n"),
        (
            &["passphrase_command", "--", "pass", "--show", "x y"],
            "[\"pass\", \"--show\", \"x y\"]\n",
        ),
        (
            &["thresholds.token_soon", "2h"],
            "[thresholds]\ntoken_soon = \"2h\"\n",
        ),
    ] {
        sandbox.ok(&[&["config", "set"], line].concat());
        let now = text(&sandbox);
        assert!(now.contains(expected), "{line:?}: {now}");
        assert!(
            now.starts_with("# mine\nstorage = \"file\" # why\n"),
            "{now}"
        );
        assert!(now.contains("\n# keys\n[keys]\n"), "{now}");
    }
    sandbox.ok(&["config", "unset", "keys.copy"]);
    assert!(!text(&sandbox).contains("copy"));
    sandbox.ok(&["list"]);
}

#[test]
fn a_wrong_change_is_refused_and_the_file_stays() {
    // A mistake that was there before does not stop a change.
    let sandbox = sandbox("old = 1\n");
    let before = text(&sandbox);
    for (line, code, said) in [
        (&["theme", "drak"][..], 78, "did you mean `dark`?"),
        (&["teme", "dark"], 64, "did you mean `theme`?"),
        (&["keys.tset", "t"], 64, "did you mean `keys.test`?"),
        (&["keys.test", "ctrl-a"], 78, "write <c-a>"),
        (&["motion", "maybe"], 78, "expects \"on\" or \"off\""),
        (&["motion", "on", "off"], 64, "expects one value"),
        (&["clipboard_clear_seconds", "4"], 78, "from 5 to 3600"),
        (&["clipboard_clear_seconds", "x"], 64, "expects a number"),
        (
            &["thresholds.token_soon", "1m"],
            78,
            "thresholds.token_urgent",
        ),
        (&["ca_file", "relative.pem"], 78, "absolute path"),
    ] {
        let refused = sandbox.exits(code, &[&["config", "set"], line].concat());
        refused.says(said);
        assert_eq!(text(&sandbox), before, "{line:?}");
    }
    sandbox.ok(&["config", "set", "theme", "dark"]);
    sandbox.ok(&["config", "unset", "old"]);
    sandbox.ok(&["config", "check"]);
    std::fs::write(file(&sandbox), "broken [").unwrap();
    sandbox.exits(78, &["config", "set", "theme", "dark"]);
    assert_eq!(text(&sandbox), "broken [");
}

#[test]
fn every_value_has_its_source() {
    let sandbox = sandbox("\ntheme = \"dark\"\nstorage = \"file\"\n");
    let get = |name: &str| setting(&sandbox.ok(&["config", "get", name, "--json"]));
    assert_eq!(get("theme"), ("dark".into(), "file".into(), Some(2)));
    assert_eq!(get("motion"), ("on".into(), "default".into(), None));
    assert_eq!(get("storage"), ("file".into(), "file".into(), Some(3)));
    let mut command = sandbox.command(&["config", "get", "storage", "--json"]);
    let of_variable = Ran::of(command.env("AEMKEYS_STORAGE", "keyring").output().unwrap());
    assert_eq!(
        setting(&of_variable),
        ("keyring".into(), "variable".into(), None)
    );
    let line = ["config", "get", "storage", "--storage", "keyring", "--json"];
    assert_eq!(
        setting(&sandbox.ok(&line)),
        ("keyring".into(), "option".into(), None)
    );
    let all = sandbox.ok(&["config", "get"]).out;
    for part in [
        "theme",
        "config.toml, line 2",
        "thresholds.token_soon",
        "default",
    ] {
        assert!(all.contains(part), "{part}: {all}");
    }
    assert_eq!(sandbox.ok(&["config", "get", "theme"]).out, "dark\n");
    let path = file(&sandbox).display().to_string();
    assert_eq!(sandbox.ok(&["config", "path"]).out, format!("{path}\n"));
}

#[test]
fn every_mistake_is_reported_with_file_and_line() {
    let sandbox = sandbox(
        "teme = \"dark\"\nglyphs = \"asci\"\n[thresholds]\ntoken_son = \"1h\"\n[keys]\ntset = \"t\"\n[colors]\n",
    );
    let path = file(&sandbox).display().to_string();
    let expected = [
        (1, "teme: unknown setting", "did you mean `theme`?"),
        (2, "glyphs: expects", "did you mean `ascii`?"),
        (
            4,
            "thresholds.token_son: unknown setting",
            "did you mean `thresholds.token_soon`?",
        ),
        (
            7,
            "colors: unknown setting",
            "to list all settings, run `aemkeys config get`",
        ),
        (6, "keys.tset: unknown action", "did you mean `test`?"),
    ];
    let checked = sandbox.exits(78, &["config", "check"]);
    let json = sandbox.exits(78, &["config", "check", "--json"]).json();
    let mistakes = json["mistakes"].as_array().unwrap();
    assert_eq!(mistakes.len(), expected.len(), "{json}");
    for ((line, message, next), mistake) in expected.into_iter().zip(mistakes) {
        let message = format!("{path}, line {line}: {message}");
        checked.says(&message);
        checked.says(next);
        assert!(
            mistake["message"].as_str().unwrap().starts_with(&message),
            "{mistake}"
        );
        assert!(
            mistake["next_step"].as_str().unwrap().starts_with(next),
            "{mistake}"
        );
        // The dashboard reports keys, and every command the others.
        if !message.contains("keys.") {
            sandbox.exits(78, &["list"]).says(&message);
        }
    }
    let theme = sandbox.home().join(".config/aemkeys/themes/own.toml");
    std::fs::create_dir_all(theme.parent().unwrap()).unwrap();
    std::fs::write(&theme, "fine = \"green\"\nsone = \"red\"\n").unwrap();
    std::fs::write(file(&sandbox), "theme = \"own\"\n").unwrap();
    let checked = sandbox.exits(78, &["config", "check"]);
    checked.says(format!("{}, line 2: sone: unknown role", theme.display()));
    checked.says("did you mean `soon`?");
}
