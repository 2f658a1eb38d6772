//! `exec --env-file`: variables from a file, with references to tokens and hosts of several environments.

use std::path::PathBuf;

use crate::support::sandbox::{Ran, Sandbox};

struct Project {
    sandbox: Sandbox,
    file: PathBuf,
}

impl Project {
    fn new() -> Self {
        let sandbox = Sandbox::new();
        sandbox.add("wknd-stage/", "stage");
        sandbox.add("brand-stage/", "stage");
        let file = sandbox.home().join("dev.env");
        Self { sandbox, file }
    }

    /// Writes the file and runs a shell with it.
    fn run(&self, text: &[u8], options: &[&str], print: &str) -> Ran {
        std::fs::write(&self.file, text).unwrap();
        let file = ["--env-file", self.file.to_str().unwrap()];
        let line = [&["exec"], options, &file, &["--", "sh", "-c", print]].concat();
        self.sandbox.run(&line)
    }

    fn token(&self, name: &str) -> String {
        let token = self.sandbox.ok(&["token", name]).out;
        token.trim_end().to_owned()
    }
}

#[test]
fn a_file_sets_variables_of_several_environments() {
    let project = Project::new();
    let (wknd, brand) = (project.token("wknd-stage"), project.token("brand-stage"));
    let text = b"\xef\xbb\xbf# tokens\nexport A={{aemkeys:wknd-stage/token}}\nB=\"Bearer {{aemkeys:brand-stage/token}}\"\n\
        C={{aemkeys:P123-e1250/author}}/content\nPLAIN='it is $HOME'\nAEM_URL=file\n";
    let print = "printf '%s|%s|%s|%s|%s' \"$A\" \"$B\" \"$C\" \"$PLAIN\" \"$AEM_TOKEN\"";
    let ran = project.run(text, &[], print).expect(0);
    let author = "https://author-p123-e1250.adobeaemcloud.com/content";
    let expected = format!("{wknd}|Bearer {brand}|{author}|it is $HOME|");
    assert_eq!(ran.out, expected);
    assert_eq!(ran.err, "");

    // Preset, file, assignment: the last one counts.
    let print = "printf %s \"$AEM_URL\"";
    let preset = ["wknd-stage", "--preset", "upload"];
    assert_eq!(project.run(text, &preset, print).expect(0).out, "file");
    let set = [&preset[..], &["--set", "AEM_URL=publish"]].concat();
    let ran = project.run(text, &set, print).expect(0);
    assert_eq!(ran.out, "https://publish-p123-e1250.adobeaemcloud.com");
    project
        .run(text, &["--preset", "upload"], "true")
        .expect(64)
        .says("no environment was named");
}

#[test]
fn what_cannot_be_resolved_is_an_error_before_anything_runs() {
    let project = Project::new();
    let marker = project.sandbox.home().join("ran");
    let print = format!("touch '{}'", marker.display());
    let cases: [(&[u8], i32, &[&str]); 8] = [
        (
            b"A=planted\n\nB={{aemkeys:wknd-stge/token}}\n",
            66,
            &[
                "{{aemkeys:wknd-stge/token}} in line 3 of",
                "did you mean wknd-stage",
            ],
        ),
        (
            b"B={{aemkeys:wknd-stage/nobody/token}}",
            66,
            &[
                "{{aemkeys:wknd-stage/nobody/token}} in line 1",
                "no identity nobody",
            ],
        ),
        (
            b"A={{aemkeys:wknd-stage/secret}}",
            65,
            &["line 1", "one of token, header"],
        ),
        (b"A=planted {{aemkeys:wknd-stage/token", 65, &["line 1"]),
        (b"A=1\nplanted\n", 65, &["line 2", "no ="]),
        (b"A=1\nB=planted\0x\n", 65, &["line 2", "NUL"]),
        (b"A=1\nB=\xff planted\n", 65, &["line 2", "UTF-8"]),
        (b"A='planted", 65, &["line 1", "not closed"]),
    ];
    for (text, code, said) in cases {
        let ran = project.run(text, &[], &print).expect(code);
        for said in said {
            ran.says(said);
        }
        assert!(!ran.err.contains("planted"), "{ran:?}");
    }
    let file = std::fs::File::create(&project.file).unwrap();
    file.set_len(3 << 30).unwrap();
    let name = project.file.to_str().unwrap();
    let exec = ["exec", "--env-file", name, "--", "sh", "-c", &print];
    let ran = project.sandbox.exits(65, &exec);
    ran.says("error: the env file ");
    ran.says("is larger than 1 MiB");
    assert!(!ran.err.contains("credential"), "{ran:?}");
    let exec = ["exec", "--env-file", "/dev/zero", "--", "true"];
    project
        .sandbox
        .exits(65, &exec)
        .says("the env file /dev/zero is not a regular file");
    assert!(!marker.exists());
}

#[test]
fn a_reference_to_production_must_be_confirmed() {
    let project = Project::new();
    project.sandbox.add("wknd-prod/", "production");
    project.sandbox.add("brand-prod/read", "production");
    let text = b"A=1\nP={{aemkeys:wknd-prod/token}}\nS={{aemkeys:brand-prod/author}}\n";
    let asked = project.sandbox.simulator.all_exchanges();
    let print = "test -n \"$P\" && printf %s \"$S\"";
    let one = ["wknd-stage", "--confirm", "wknd-prod"];
    project
        .run(text, &["wknd-stage"], print)
        .expect(77)
        .says("{{aemkeys:wknd-prod/token}} in line 2");
    let ran = project.run(text, &one, print).expect(77);
    ran.says("{{aemkeys:brand-prod/author}} in line 3");
    ran.says("--confirm brand-prod");
    assert_eq!(
        project.sandbox.simulator.all_exchanges(),
        asked,
        "nothing was sent"
    );
    let both = [&one[..], &["--confirm", "brand-prod"]].concat();
    let ran = project.run(text, &both, print).expect(0);
    assert!(ran.out.starts_with("https://author-"), "{ran:?}");
}
