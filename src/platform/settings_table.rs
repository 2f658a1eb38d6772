//! The table of all settings. The configuration accepts no others, `aemkeys config` lists and completes them, and
//! `cargo xtask assets` writes the tables of the book from it.

/// A setting of `config.toml`.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// The name, such as `theme` or `thresholds.token_soon`.
    pub name: &'static str,
    pub form: SettingForm,
    /// The value without a line in the file; `None` if there is none.
    pub default: Option<&'static str>,
    /// Values that can be completed.
    pub choices: &'static [&'static str],
    /// The variable that wins over the file.
    pub variable: Option<&'static str>,
    /// The option that wins over the variable.
    pub option: Option<&'static str>,
    /// The values and their meaning, in Markdown.
    pub about: &'static str,
}

/// How a value is written in TOML.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SettingForm {
    Text,
    Number,
    /// A list of texts: a program with its arguments.
    Words,
    /// A text or a list of texts: the keys of an action.
    Keys,
}

/// A setting with text values.
const fn text(
    name: &'static str,
    default: Option<&'static str>,
    choices: &'static [&'static str],
    about: &'static str,
) -> Setting {
    Setting {
        name,
        form: SettingForm::Text,
        default,
        choices,
        variable: None,
        option: None,
        about,
    }
}

const ON_OFF: &[&str] = &["on", "off"];

static SETTINGS: [Setting; 18] = [
    Setting {
        variable: Some("AEMKEYS_STORAGE"),
        option: Some("--storage"),
        ..text(
            "storage",
            Some("keyring"),
            &["keyring", "file"],
            "Where secrets are stored: `keyring`, `file`. The command `storage move` moves stored secrets",
        )
    },
    Setting {
        form: SettingForm::Words,
        ..text(
            "passphrase_command",
            None,
            &[],
            r#"`["pass", "show", "aemkeys"]`: prints the passphrase of the passphrase file, if no variable does. Give the program's name or full path. It runs in `/` without a shell, and is refused while others can write `config.toml` or its folder"#,
        )
    },
    text(
        "ca_file",
        None,
        &[],
        "Full path of a PEM file of additional certificate authorities, for proxies that inspect TLS. No request is sent while others can write `config.toml`, this file, or their folders",
    ),
    Setting {
        form: SettingForm::Number,
        ..text(
            "clipboard_clear_seconds",
            Some("30"),
            &[],
            "Seconds until a copied token is cleared from the clipboard: 5 to 3600",
        )
    },
    text(
        "clipboard",
        Some("auto"),
        &["auto", "x11", "wayland", "tmux", "osc52"],
        "`auto` (tmux, then the desktop, then the terminal), `x11`, `wayland`, `tmux`, `osc52`",
    ),
    text(
        "notifications",
        Some("auto"),
        &["auto", "osc9", "osc777", "bell", "off"],
        "How the dashboard notifies when a long task ends: `auto` (by the terminal; off if a Production environment is stored), `osc9`, `osc777`, `bell`, `off`",
    ),
    text(
        "theme",
        Some("auto"),
        &["auto", "dark", "light", "neutral", "mono"],
        "`auto` (by the background that the terminal reports, else by `COLORFGBG`; without colours under `NO_COLOR`), `dark`, `light`, `neutral`, `mono`, or the name of your own `themes/NAME.toml` beside `config.toml`, written like `assets/themes/dark.toml`",
    ),
    text(
        "glyphs",
        Some("auto"),
        &["auto", "unicode", "ascii"],
        "`auto` (ASCII on the Linux console and under a locale without UTF-8, such as `LC_ALL=C`), `unicode`, `ascii`; for the dashboard and all commands",
    ),
    text(
        "links",
        Some("auto"),
        &["auto", "on", "off"],
        "`auto` (hosts and addresses are links in terminals that are known to have them), `on`, `off`",
    ),
    text(
        "motion",
        Some("on"),
        ON_OFF,
        "Animated spinners: `on`, `off`",
    ),
    text(
        "mouse",
        Some("on"),
        ON_OFF,
        "The mouse in the dashboard: `on`, `off`",
    ),
    text(
        "title",
        Some("on"),
        ON_OFF,
        "The number of identities that need attention in the window's title: `on`, `off`",
    ),
    text(
        "thresholds.credential_soon",
        Some("30d"),
        &[],
        "A credential that expires within this time is shown as soon: a duration such as `30d`, `2w`",
    ),
    text(
        "thresholds.credential_urgent",
        Some("7d"),
        &[],
        "A credential that expires within this time is shown as urgent",
    ),
    text(
        "thresholds.credential_notice",
        Some("1d"),
        &[],
        "The dashboard begins with a notice of credentials that expire within this time",
    ),
    text(
        "thresholds.token_soon",
        Some("60m"),
        &[],
        "A token that expires within this time is shown as soon: a duration such as `60m`, `2h`",
    ),
    text(
        "thresholds.token_urgent",
        Some("10m"),
        &[],
        "A token that expires within this time is shown as urgent",
    ),
    Setting {
        form: SettingForm::Keys,
        ..text(
            "keys.ACTION",
            None,
            &[],
            "The keys of an action in the dashboard: `c`, or `[\"c\", \"<c-y>\"]`",
        )
    },
];

/// Returns all settings, without those of single actions.
pub fn all() -> impl Iterator<Item = &'static Setting> {
    SETTINGS
        .iter()
        .filter(|setting| setting.form != SettingForm::Keys)
}

/// Returns the setting of this name. Those of single actions are `keys.ACTION`, which the dashboard checks.
pub fn find(name: &str) -> Option<&'static Setting> {
    let name = match name.strip_prefix("keys.") {
        Some(action) if !action.is_empty() => "keys.ACTION",
        _ => name,
    };
    SETTINGS.iter().find(|setting| setting.name == name)
}

/// Returns the settings as a Markdown table.
pub fn markdown() -> String {
    let row = |setting: &Setting| {
        let default = setting
            .default
            .map_or_else(String::new, |it| format!("`{it}`"));
        let mut about = setting.about.to_owned();
        if let (Some(option), Some(variable)) = (setting.option, setting.variable) {
            about.push_str(&format!(". Also set by `{variable}` and `{option}`"));
        }
        format!("| `{}` | {default} | {about} |\n", setting.name)
    };
    let rows: String = SETTINGS.iter().map(row).collect();
    format!("| setting | default | values |\n|---|---|---|\n{rows}")
}

#[cfg(test)]
mod tests {
    use super::super::Configuration;
    use super::*;

    /// Returns the line of the file for a value.
    fn line(setting: &Setting, value: &str) -> String {
        let name = setting.name;
        match setting.form {
            SettingForm::Number => format!("{name} = {value}\n"),
            _ => format!("{name} = {value:?}\n"),
        }
    }

    #[test]
    fn defaults_are_those_of_the_program() {
        let defaults: String = all()
            .filter(|setting| setting.name != "storage")
            .filter_map(|setting| Some(line(setting, setting.default?)))
            .collect();
        let read = Configuration::parse(&defaults).unwrap();
        assert_eq!(read.given.len(), 14 + 1);
        let read = Configuration {
            given: Configuration::default().given,
            ..read
        };
        assert_eq!(read, Configuration::default());
    }

    #[test]
    fn every_choice_is_accepted_and_other_words_are_not() {
        for setting in all() {
            for choice in setting.choices {
                Configuration::parse(&line(setting, choice)).unwrap();
            }
            // A theme can be one of your own.
            if !setting.choices.is_empty() && setting.name != "theme" {
                let wrong = line(setting, "nonsense");
                Configuration::parse(&wrong).expect_err(setting.name);
            }
        }
    }

    #[test]
    fn every_setting_exists_and_others_do_not() {
        for setting in all() {
            let wrong = format!("{} = {{}}\n", setting.name);
            for problem in Configuration::parse(&wrong).err().unwrap_or_default() {
                assert!(!problem.message.contains("unknown"), "{}", problem.message);
            }
        }
        for name in ["nonsense", "keys", "thresholds.nonsense", "thresholds"] {
            assert!(find(name).is_none(), "{name}");
        }
        assert!(find("keys.copy").is_some() && find("keys.").is_none());
    }
}
