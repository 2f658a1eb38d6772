use super::*;

/// A path with everything that systemd, cron and XML read in their own way.
const ODD: &str = "/home/me/a b/100%h $x <&>/aemkeys";

#[test]
fn times_are_hours_and_minutes() {
    for text in ["00:00", "09:05", "23:59"] {
        assert_eq!(text.parse::<TimeOfDay>().unwrap().to_string(), text);
    }
    for text in [
        "", "9:00", "24:00", "09:60", "09:00:00", "-1:00", "+9:00", "0900", "09:00\n",
    ] {
        assert!(text.parse::<TimeOfDay>().is_err(), "{text:?}");
    }
}

#[test]
fn paths_are_quoted() {
    let service = service(ODD, &[("XDG_DATA_HOME", ODD.replace('x', "\\\""))]);
    let folder = "Environment=\"XDG_DATA_HOME=/home/me/a b/100%%h $\\\\\\\" <&>/aemkeys\"\n";
    assert!(service.contains(folder), "{service}");
    let quoted = "ExecStart=\"/home/me/a b/100%%h $x <&>/aemkeys\" check --notify --quiet\n";
    assert!(service.contains(quoted), "{service}");
    for refused in ["/it's/aemkeys", "/a\"b/aemkeys", "/a\\b/aemkeys"] {
        assert!(check_systemd(refused).is_err(), "{refused}");
    }
    assert!(check_systemd(ODD).is_ok());
    let agent = agent(ODD, "07:30".parse().unwrap());
    assert!(
        agent.contains("$x &#60;&#38;&#62;/aemkeys</string>"),
        "{agent}"
    );
    assert!(agent.contains("<integer>7</integer>"));
    let task = task("C:\\Jürgen & Co\\aemkeys.exe", "07:30".parse().unwrap());
    assert!(
        task.contains("<Command>C:\\J&#252;rgen &#38; Co\\aemkeys.exe</Command>"),
        "{task}"
    );
    assert!(task.contains("T07:30:00<"));
    let folders = [("XDG_DATA_HOME", "/50% off".to_owned())];
    let cron = cron_line(
        "/home/me/a b/100%/aemkeys",
        &folders,
        "08:30".parse().unwrap(),
    );
    assert_eq!(
        cron,
        "30 8 * * * XDG_DATA_HOME='/50\\% off' '/home/me/a b/100\\%/aemkeys' check --notify --quiet"
    );
}

/// systemd itself accepts the units, and reads the path as it is.
#[cfg(target_os = "linux")]
#[test]
fn systemd_accepts_the_units() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let odd = folder.path().join("a b/100%h $x <&>");
    fs::create_dir_all(&odd).unwrap();
    let program = odd.join("aemkeys");
    fs::write(&program, "#!/bin/sh\n").unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    let units = [
        (
            SERVICE,
            service(
                program.to_str().unwrap(),
                &[("XDG_DATA_HOME", format!("{}\"\\", odd.display()))],
            ),
        ),
        (TIMER, timer("23:59".parse().unwrap())),
    ];
    for (name, text) in &units {
        fs::write(folder.path().join(name), text).unwrap();
    }
    let verify = || {
        let paths = units.iter().map(|(name, _)| folder.path().join(name));
        std::process::Command::new("systemd-analyze")
            .args(["verify", "--user"])
            .args(paths)
            .env("XDG_RUNTIME_DIR", folder.path())
            .output()
    };
    let Ok(output) = verify() else {
        println!("skipped: systemd-analyze is missing");
        return;
    };
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{said}");
    assert!(!said.contains("aemkeys"), "{said}");
    // It does look at the program.
    fs::remove_file(&program).unwrap();
    let said = verify().unwrap();
    assert!(String::from_utf8_lossy(&said.stderr).contains("not executable"));
}
