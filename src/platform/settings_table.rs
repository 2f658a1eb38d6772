//! The table of all settings, for the README and the book. `cargo xtask assets` writes it.

/// The settings and their values, in Markdown.
const SETTINGS: [(&str, &str); 9] = [
    (
        "`storage`",
        r#"`"keyring"`, `"file"` (also `--storage` and `AEMKEYS_STORAGE`)"#,
    ),
    (
        "`passphrase_command`",
        r#"`["pass", "show", "aemkeys"]`: prints the passphrase of the passphrase file. Give the program's name or full path. It runs in `/` without a shell, and is refused while others can write `config.toml` or its folder"#,
    ),
    (
        "`ca_file`",
        "Full path of a PEM file of additional certificate authorities, for proxies that inspect TLS. No request is sent while others can write `config.toml`, this file, or their folders",
    ),
    ("`clipboard_clear_seconds`", "5 to 3600, by default 30"),
    (
        "`clipboard`",
        r#"`"auto"` (tmux, then the desktop, then the terminal), `"x11"`, `"wayland"`, `"tmux"`, `"osc52"`"#,
    ),
    (
        "`theme`",
        r#"`"auto"` (by the background that the terminal reports, else by `COLORFGBG`; without colours under `NO_COLOR`), `"dark"`, `"light"`, `"neutral"`, `"mono"`, or `"NAME"` of your own `themes/NAME.toml` beside it, written like `assets/themes/dark.toml`"#,
    ),
    (
        "`glyphs`",
        r#"`"auto"` (ASCII on the Linux console and under a locale without UTF-8, such as `LC_ALL=C`), `"unicode"`, `"ascii"`; for the dashboard and all commands"#,
    ),
    ("`motion`, `mouse`", r#"`"on"`, `"off"`"#),
    (
        "`[thresholds]`",
        r#"`credential_soon = "30d"`, `credential_urgent = "7d"`, `credential_notice = "1d"`, `token_soon = "60m"`, `token_urgent = "10m"`"#,
    ),
];

/// Returns the settings as a Markdown table.
pub fn markdown() -> String {
    let rows = SETTINGS.map(|(setting, values)| format!("| {setting} | {values} |\n"));
    format!("| setting | values |\n|---|---|\n{}", rows.concat())
}

#[cfg(test)]
mod tests {
    use super::super::Configuration;
    use super::*;

    #[test]
    fn every_setting_in_the_table_exists() {
        let names: Vec<&str> = SETTINGS
            .iter()
            .flat_map(|(setting, _)| setting.split('`').skip(1).step_by(2))
            .collect();
        assert!(names.len() > 9, "{names:?}");
        for name in names {
            let line = match name.strip_prefix('[') {
                Some(_) => name.to_owned(),
                None => format!("{name} = []"),
            };
            for problem in Configuration::parse(&line).err().unwrap_or_default() {
                assert!(!problem.message.contains("unknown"), "{}", problem.message);
            }
        }
    }
}
