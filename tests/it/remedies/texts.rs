//! Commands that the source writes out, without a step.

use aemkeys_core::credential::NextStep;

use crate::support::dashboard::Dashboard;
use crate::support::sandbox::Sandbox;

/// Run in `tests/slow/real_keyring.rs`, which has two storages.
pub const NEED_A_KEYRING: &[&str] = &[
    "storage move {quoted}",
    "--storage {storage} doctor",
    "--storage {storage} remove NAME",
    // `command_line::passphrases` runs it where the kernel has a keyring.
    "Unlock",
    // They need a systemd that runs.
    "schedule install",
    "schedule remove",
];

super::remedies! {
    fn commands_for_an_empty_storage_work(r: Sandbox::new()) runs []
        and ["add FILE", "add -", "add --type local", "demo", "list", "--plain", "demo --plain"]
    {
        let said = r.sandbox.ok(&["list"]);
        r.printed(&said, "add FILE", "aemkeys add FILE", &[]);
        let line = r.printed(&said, "demo", "aemkeys demo", &[]);
        let mut demo = Dashboard::start(&r.shell(&line));
        demo.wait_for("wknd-stage");
        demo.send("q");
        demo.ends();

        let said = r.sandbox.exits(64, &["add"]);
        let file = r.sandbox.file("wknd-stage/");
        let file = file.to_str().unwrap();
        r.follow_text(&said, "add FILE", "aemkeys add FILE", &[("FILE", file)]).expect(0);
        let line = r.printed(&said, "add -", "aemkeys add -", &[]);
        super::Ran::of(r.shell(&format!("{line} < {file}")).output().unwrap())
            .expect(0)
            .prints("already stored");
        r.follow_text(&said, "add --type local", "aemkeys add --type local", &[]).expect(0);

        let said = r.sandbox.run(&[]);
        r.follow_text(&said, "list", "aemkeys list", &[]).expect(0).prints("p123-e1250");

        let said = r.sandbox.exits(64, &["--plain", "list"]);
        for command in ["--plain", "demo --plain"] {
            let line = format!("aemkeys {command}");
            r.follow_text(&said, command, &line, &[]).expect(0).prints("as text");
        }
    }

    fn file_of_a_project_can_be_allowed(r: {
        let sandbox = Sandbox::new();
        sandbox.add("wknd-stage/", "stage");
        sandbox
    }) runs [Allow] and [] {
        let folder = r.sandbox.home().join("a project");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join(".aemkeys.toml"), "environment = \"wknd-stage\"\n").unwrap();
        let run = |r: &super::Remedies| {
            let mut command = r.sandbox.command(&["exec", "--", "true"]);
            super::Ran::of(command.current_dir(&folder).output().unwrap())
        };
        let said = run(&r).expect(77);
        let step = super::Part::Step(NextStep::Allow, None, Some(folder.to_str().unwrap().to_owned()));
        r.follow(&said, step, &[]).expect(0);
        run(&r).expect(0);
    }

    fn other_shells_have_a_line_to_add(r: Sandbox::new()) runs [] and ["completions --help"] {
        let said = r.sandbox.exits(64, &["completions", "install"]);
        let line = "aemkeys completions --help";
        let shown = r.follow_text(&said, "completions --help", line, &[]).expect(0);
        shown.prints("Invoke-Expression");
    }

    fn commands_for_credentials_work(r: {
        let sandbox = Sandbox::new();
        sandbox.add("wknd-stage/", "stage");
        sandbox
    }) runs [Add] and ["credential --help"] {
        let file = std::fs::File::create(r.sandbox.home().join("out")).unwrap();
        let mut command = r.sandbox.command(&["credential", "wknd-stage"]);
        let said = super::Ran::of(command.stdout(file).output().unwrap()).expect(77);
        r.follow_text(&said, "credential --help", "aemkeys credential --help", &[])
            .expect(0)
            .prints("kubectl");

        let other = r.sandbox.file("wknd-prod/");
        let said = r.sandbox.run_with(&["paste", "wknd-stage"], &std::fs::read(&other).unwrap());
        let given = [("FILE", other.to_str().unwrap())];
        r.follow(&said, NextStep::Add, &given).expect(0);
        r.sandbox.ok(&["show", "p123-e1234"]);
    }
}
