//! `.aemkeys.toml`, `allow` and `which`: a project's file chooses the environment of `exec` only after it was allowed.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;

use crate::support::sandbox::{Ran, Sandbox};

const PRINT: [&str; 4] = [
    "--",
    "sh",
    "-c",
    "printf '%s %s' \"$AEM_AUTHOR_URL\" \"$AEM_URL\"",
];

struct Project {
    sandbox: Sandbox,
    folder: PathBuf,
    file: PathBuf,
}

impl Project {
    fn new(text: &str) -> Self {
        let sandbox = Sandbox::new();
        sandbox.add("wknd-stage/", "stage");
        sandbox.add("wknd-prod/", "production");
        sandbox.make_reading_cheap();
        let folder = sandbox.home().join("a project/sub");
        fs::create_dir_all(&folder).unwrap();
        let file = folder.with_file_name(".aemkeys.toml");
        fs::write(&file, text).unwrap();
        Self {
            sandbox,
            folder,
            file,
        }
    }

    fn run(&self, arguments: &[&str]) -> Ran {
        let mut command = self.sandbox.command(arguments);
        Ran::of(command.current_dir(&self.folder).output().unwrap())
    }

    fn exec(&self) -> Ran {
        self.run(&[&["exec"], &PRINT[..]].concat())
    }

    fn write(&self, text: &str) {
        fs::write(&self.file, text).unwrap();
    }
}

const STAGE: &str = "environment = \"wknd-stage\"\npreset = \"upload\"\n";

#[test]
fn a_file_is_used_after_it_was_allowed_and_until_it_changes() {
    let project = Project::new(STAGE);
    let refused = project.exec().expect(77);
    refused.says("is not allowed yet, or was changed");
    refused.says("aemkeys allow '");
    let which = project.run(&["which", "--json"]).expect(77).json();
    assert_eq!(which["name"], "wknd-stage");
    assert!(which["refused"].as_str().unwrap().contains("not allowed"));

    project
        .run(&["allow"])
        .expect(0)
        .prints("uses wknd-stage with the preset upload");
    let author = "https://author-p123-e1250.adobeaemcloud.com";
    assert_eq!(project.exec().expect(0).out, format!("{author} {author}"));
    let which = project.run(&["which", "--json"]).expect(0).json();
    assert_eq!(which["chosen_by"], "file");
    assert_eq!(which["presets"], serde_json::json!(["upload"]));
    assert_eq!(which["refused"], serde_json::Value::Null);
    let shown = project.run(&["which"]).expect(0);
    shown.prints("a project/.aemkeys.toml");
    shown.prints("AEM_BEARER_TOKEN");

    for changed in [format!("{STAGE}# more\n"), STAGE.replace("upload", "aio")] {
        project.write(&changed);
        project.exec().expect(77);
    }
    project.write(STAGE);
    assert_eq!(
        project.exec().expect(0).code,
        0,
        "the content that was allowed"
    );
    project
        .run(&["allow", "--remove"])
        .expect(0)
        .prints("no longer allowed");
    project.exec().expect(77);
    project
        .run(&["allow", "--remove", "--json"])
        .expect(0)
        .prints("\"allowed\": false");
}

#[test]
fn a_copy_a_link_and_a_moved_folder_are_not_allowed() {
    let project = Project::new(STAGE);
    project.run(&["allow"]).expect(0);
    fs::copy(&project.file, project.folder.join(".aemkeys.toml")).unwrap();
    project.exec().expect(77);
    fs::remove_file(project.folder.join(".aemkeys.toml")).unwrap();
    symlink(&project.file, project.folder.join(".aemkeys.toml")).unwrap();
    project.exec().expect(77).says("sub/.aemkeys.toml");
    fs::remove_file(project.folder.join(".aemkeys.toml")).unwrap();
    project.exec().expect(0);
    let elsewhere = project.sandbox.home().join("elsewhere");
    fs::rename(project.folder.parent().unwrap(), &elsewhere).unwrap();
    let mut command = project.sandbox.command(&[&["exec"], &PRINT[..]].concat());
    let moved = command.current_dir(&elsewhere).output().unwrap();
    Ran::of(moved).expect(77);

    // Not a file: neither read nor waited for.
    fs::remove_file(elsewhere.join(".aemkeys.toml")).unwrap();
    for make in [
        "mkfifo .aemkeys.toml",
        "rm .aemkeys.toml; ln -s /dev/zero .aemkeys.toml",
    ] {
        let made = std::process::Command::new("sh")
            .args(["-c", make])
            .current_dir(&elsewhere)
            .status();
        assert!(made.unwrap().success());
        let mut command = project.sandbox.command(&[&["exec"], &PRINT[..]].concat());
        let ran = Ran::of(command.current_dir(&elsewhere).output().unwrap());
        let ran = ran.expect(65);
        ran.says("the project file ");
        ran.says("is not a regular file");
        ran.says("write environment = ");
    }
}

#[test]
fn production_and_mistakes_are_refused() {
    let project = Project::new("environment = \"wknd-prod\"");
    for line in [&["allow"][..], &["allow", "--json"]] {
        let ran = project.run(line).expect(77);
        ran.says("is a Production environment");
    }
    // It became Production after it was allowed.
    project.write("environment = \"wknd-stage\"");
    project.run(&["allow"]).expect(0);
    project
        .sandbox
        .ok(&["edit", "wknd-stage", "--type", "production"]);
    let confirmed = [&["exec", "--confirm", "wknd-stage"], &PRINT[..]].concat();
    for line in [[&["exec"], &PRINT[..]].concat(), confirmed] {
        project
            .run(&line)
            .expect(77)
            .says("cannot choose wknd-stage");
    }
    project.run(&["which"]).expect(77).prints("Production");

    for (text, code, said) in [
        ("environment = \"nobody\"", 66, "nobody"),
        ("environment = 1", 78, "could not read"),
        (
            "environment = \"a\"\ncommand = \"rm\"",
            78,
            "unknown field `command`",
        ),
        ("preset = \"aio\"", 78, "missing field `environment`"),
        ("", 78, "missing field"),
        ("environment = \"\x1b[31m\"", 78, "could not read"),
    ] {
        project.write(text);
        let ran = project.run(&["allow"]).expect(code);
        ran.says(said);
        assert!(!ran.err.contains('\x1b'));
        project.exec();
    }
}

#[test]
fn a_name_is_enough_and_the_search_ends_at_the_repository() {
    let project = Project::new("environment = ");
    // No command reads the file if a name is given.
    let named = [&["exec", "wknd-stage"], &PRINT[..]].concat();
    project.run(&named).expect(0);
    project
        .run(&["which", "wknd-stage"])
        .expect(0)
        .prints("the name on the command line");
    project.run(&["list"]).expect(0);
    project.exec().expect(78);

    fs::create_dir(project.folder.join(".git")).unwrap();
    let ran = project.exec().expect(64);
    ran.says("no .aemkeys.toml is in this folder or above it");
    project
        .run(&["which"])
        .expect(66)
        .says("there is no .aemkeys.toml in /");
    project.run(&["allow"]).expect(66);
    // Above the home folder.
    fs::remove_dir(project.folder.join(".git")).unwrap();
    fs::remove_file(&project.file).unwrap();
    project.exec().expect(64);
}

/// Whatever the environment has: `which` names the variables that the program gets.
#[test]
fn which_lists_what_exec_sets() {
    let sandbox = Sandbox::new();
    sandbox.add("wknd-stage/", "stage");
    sandbox.add("brand-stage/", "stage");
    sandbox.ok(&["add", "--type", "local", "--name", "sdk"]);
    sandbox.make_reading_cheap();
    let user = sandbox.home().join(".config/aemkeys/presets/mine.toml");
    fs::create_dir_all(user.parent().unwrap()).unwrap();
    let text = "about = \"mine\"\n[variables]\nAEM_AUTHOR_URL = \"preview\"\nORG = \"org\"\n[text]\nFIXED = \"1\"\n";
    fs::write(&user, text).unwrap();
    let mut command = sandbox.command(&[]);
    let given: Vec<String> = command
        .env("AEM_PREVIEW_URL", "of the shell")
        .get_envs()
        .map(|(name, _)| name.to_string_lossy().into_owned())
        .filter(|name| name != "AEM_PREVIEW_URL")
        .collect();
    for name in ["wknd-stage", "brand-stage", "sdk"] {
        for preset in ["acm", "aio", "appbuilder", "headless", "upload", "mine"] {
            let options = [name, "--preset", preset];
            let which = sandbox.run(&[&["which", "--json"], &options[..]].concat());
            let which = which.expect(0).json();
            let named: Vec<&str> = which["variables"]
                .as_array()
                .unwrap()
                .iter()
                .map(|it| it.as_str().unwrap())
                .collect();
            let secret = ["--client-secret-of", name, "--", "env"];
            let exec = [&["exec"], &options[..], &secret].concat();
            let mut command = sandbox.command(&exec);
            let ran = command.env("AEM_PREVIEW_URL", "of the shell").output();
            let ran = Ran::of(ran.unwrap());
            if preset == "appbuilder" && name != "brand-stage" {
                // It would be refused, for want of a client secret.
                assert_ne!(ran.code, 0, "{ran:?}");
                assert!(!named.contains(&"IMS_OAUTH_S2S_CLIENT_SECRET"));
                continue;
            }
            let ran = ran.expect(0);
            let variables = ran.out.lines().filter_map(|line| line.split_once('='));
            let mut got: Vec<&str> = variables.map(|(name, _)| name).collect();
            got.retain(|name| !given.iter().any(|known| known == name));
            got.sort_unstable();
            assert_eq!(named, got, "{name} {preset}");
        }
    }
}

#[test]
fn a_client_secret_is_handed_over_only_if_the_option_names_it() {
    let sandbox = Sandbox::new();
    sandbox.add("brand-stage/", "stage");
    sandbox.add("wknd-stage/", "stage");
    let print = "printf '%s|%s|%s|%s' \"$IMS_OAUTH_S2S_CLIENT_ID\" \"$IMS_OAUTH_S2S_CLIENT_SECRET\" \"$IMS_OAUTH_S2S_ORG_ID\" \"$IMS_OAUTH_S2S_SCOPES\"";
    let exec = |name: &str, options: &[&str]| {
        let begin = ["exec", name, "--preset", "appbuilder"];
        sandbox.run(&[&begin[..], options, &["--", "sh", "-c", print]].concat())
    };
    exec("brand-stage", &[])
        .expect(77)
        .says("--client-secret-of brand-stage");
    exec("brand-stage", &["--client-secret-of", "wknd-stage"]).expect(77);
    let given = exec("brand-stage", &["--client-secret-of", "brand-stage"]).expect(0);
    let parts: Vec<&str> = given.out.split('|').collect();
    assert_eq!(parts.len(), 4, "{given:?}");
    assert!(parts[..3].iter().all(|part| part.len() > 8));
    let scopes: Vec<String> = serde_json::from_str(parts[3]).unwrap();
    assert!(!scopes.is_empty());
    let file = fs::read_to_string(sandbox.file("brand-stage/")).unwrap();
    assert!(file.contains(parts[1]), "it is the client secret");

    let masked = exec(
        "brand-stage",
        &["--client-secret-of", "brand-stage", "--mask"],
    )
    .expect(0);
    assert_eq!(masked.out, given.out.replace(parts[1], "***"));
    exec("wknd-stage", &["--client-secret-of", "wknd-stage"])
        .expect(76)
        .says("has no client secret");
    for line in [
        &[
            "exec",
            "brand-stage",
            "--set",
            "A=client-secret",
            "--",
            "true",
        ][..],
        &["exec", "brand-stage", "--set", "A=secret", "--", "true"],
    ] {
        sandbox.exits(64, line);
    }
}
