//! The tables of environment variables and files, for the man page and the book.

/// The variables that aemkeys reads, with their meaning.
pub const VARIABLES: [(&[&str], &str); 15] = [
    (
        &["AEMKEYS_STORAGE"],
        "where secrets are stored, as with `--storage`: `keyring` or `file`",
    ),
    (
        &["AEMKEYS_PASSPHRASE_FILE"],
        "a file or pipe with the passphrase of the passphrase file; only its owner may have access",
    ),
    (
        &["AEMKEYS_PASSPHRASE_COMMAND"],
        "a command that prints the passphrase, such as `pass show aemkeys`; run without a shell",
    ),
    (
        &["AEMKEYS_NO_PROMPT"],
        "`1` turns off all questions on the terminal: a command that would ask fails",
    ),
    (
        &["AEMKEYS_LOG"],
        "level of the log file: `error`, `warn`, `info`, `debug`, `trace`; `info` by default",
    ),
    (
        &["AEMKEYS_ALLOW_DEBUG"],
        "`1` leaves the process open to debuggers and core dumps",
    ),
    (
        &["ACCESSIBLE"],
        "`1` shows the dashboard as lines of text, as with `--plain`",
    ),
    (
        &["AIO_CONFIG_FILE"],
        "the configuration file of aio, for `discover --from-aio`",
    ),
    (
        &["HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"],
        "the proxy, and the hosts that are reached without it; also in lower case",
    ),
    (
        &["SSL_CERT_FILE", "SSL_CERT_DIR"],
        "PEM files of certificate authorities; on Linux in place of the system's",
    ),
    (&["NO_COLOR"], "no colours"),
    (
        &["COLORFGBG"],
        "the colours of the terminal, for `theme = \"auto\"`",
    ),
    (
        &["LC_ALL", "LC_CTYPE", "LANG"],
        "the locale, for `glyphs = \"auto\"`",
    ),
    (
        &["PAGER", "VISUAL", "EDITOR"],
        "the programs in which the dashboard shows a response",
    ),
    (
        &["XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME"],
        "on Linux, the folders used instead of `~/.config`, `~/.local/share` and `~/.local/state`",
    ),
];

/// The files of aemkeys on Linux, with their content.
pub const FILES: [(&str, &str); 10] = [
    ("~/.config/aemkeys/config.toml", "the settings"),
    ("~/.config/aemkeys/themes/NAME.toml", "your own themes"),
    (
        "~/.config/aemkeys/presets/NAME.toml",
        "your own presets for `exec`",
    ),
    (
        "~/.local/share/aemkeys/index.json",
        "names, dates and fingerprints, without secrets",
    ),
    (
        "~/.local/share/aemkeys/secrets.aemkeys",
        "the passphrase file, if secrets are stored in a file",
    ),
    (
        "~/.local/state/aemkeys/log/",
        "the log, without secrets: one file a day",
    ),
    (
        "~/.local/state/aemkeys/activity.jsonl",
        "the activity page of the dashboard",
    ),
    (
        "~/.local/state/aemkeys/allowed/",
        "digests of the project files that were allowed",
    ),
    (
        "~/.local/state/aemkeys/serve-secret",
        "the secret of `serve`",
    ),
    (
        "~/.local/state/aemkeys/",
        "also locks, ticks of guides, notices that were shown, answers of Cloud Manager",
    ),
];

/// Returns the variables as a Markdown table.
pub fn variables() -> String {
    let row = |(names, meaning): &(&[&str], &str)| {
        let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
        format!("| {} | {meaning} |\n", names.join(", "))
    };
    let rows: String = VARIABLES.iter().map(row).collect();
    format!("| variable | meaning |\n|---|---|\n{rows}")
}

/// Returns the files as a Markdown table.
pub fn files() -> String {
    let row = |(path, content): &(&str, &str)| format!("| `{path}` | {content} |\n");
    let rows: String = FILES.iter().map(row).collect();
    format!("| file | content |\n|---|---|\n{rows}")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Set by the build, and by the completion scripts.
    const OTHERS: [&str; 3] = ["AEMKEYS_TARGET", "AEMKEYS_COMMIT", "AEMKEYS_COMPLETE"];

    #[test]
    fn every_variable_of_aemkeys_is_listed() {
        let mut folders = vec![std::path::PathBuf::from("src")];
        let mut found = 0;
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                    continue;
                }
                let text = std::fs::read_to_string(&path).unwrap();
                for part in text.split("\"AEMKEYS_").skip(1) {
                    let name = part.split('"').next().unwrap();
                    let name = format!("AEMKEYS_{name}");
                    let is_name = name.bytes().all(|it| it.is_ascii_uppercase() || it == b'_');
                    let mut listed = VARIABLES.iter().flat_map(|(names, _)| names.iter());
                    if is_name && name.len() > 8 && !OTHERS.contains(&name.as_str()) {
                        assert!(listed.any(|it| *it == name), "{}: {name}", path.display());
                        found += 1;
                    }
                }
            }
        }
        assert!(found > 3, "{found}");
    }
}
