//! The configuration file `config.toml`. All errors in it are reported together, with their lines.

mod edit;
mod given;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::clipboard::Route;
use super::glyphs::GlyphSetting;
use super::hyperlinks::LinkSetting;
use super::notification::Notifications;
use super::ownership::{self, Exposed};
use super::settings_table;
use aemkeys_core::credential::text::clean;
use aemkeys_core::credential::validity::Thresholds;
use aemkeys_core::credential::{Code, Problem};
use aemkeys_core::time::parse_duration;

pub use edit::ChangedFile;
pub use given::{GivenSetting, did_you_mean};

/// The storage of the secrets, set by a flag, `AEMKEYS_STORAGE` or the configuration.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum StorageKind {
    /// The keyring of the operating system.
    #[default]
    Keyring,
    /// A file that is encrypted with a passphrase.
    File,
    /// The memory of the process; everything is lost when it ends.
    Memory,
}

impl StorageKind {
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "keyring" => Some(Self::Keyring),
            "file" => Some(Self::File),
            "memory" => Some(Self::Memory),
            _ => None,
        }
    }

    /// Returns the name used in flags and in the configuration.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Keyring => "keyring",
            Self::File => "file",
            Self::Memory => "memory",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Configuration {
    /// The file it was read from; `None` in the demo and in tests without files.
    pub file: Option<PathBuf>,
    pub storage: Option<StorageKind>,
    /// The command that prints the passphrase of the passphrase file: program and arguments, run without a shell.
    pub passphrase_command: Vec<String>,
    /// Set, with `passphrase_command` empty, if another user could have written the command.
    pub passphrase_command_refused: Option<Problem>,
    /// A PEM file with additional root certificates: an absolute path.
    pub ca_file: Option<PathBuf>,
    /// Why nothing is sent: somebody else could have written `ca_file`. It is `None` then.
    pub ca_file_refused: Option<Problem>,
    pub clipboard_clear_seconds: u64,
    pub clipboard: Route,
    pub notifications: Notifications,
    pub links: LinkSetting,
    /// `auto`, a built-in theme, or the name of a file in `themes/` next to the configuration.
    pub theme: String,
    pub glyphs: GlyphSetting,
    /// Whether spinners are animated; otherwise words are shown.
    pub motion: bool,
    pub mouse: bool,
    /// Whether the title of the terminal's window says how many identities need attention.
    pub title: bool,
    pub thresholds: Thresholds,
    /// The keys of each action, checked by the dashboard.
    pub keys: BTreeMap<String, Vec<String>>,
    /// The settings that the file contains, also wrong ones, by their names.
    pub given: BTreeMap<String, GivenSetting>,
}

impl Default for Configuration {
    fn default() -> Self {
        Self {
            file: None,
            storage: None,
            passphrase_command: Vec::new(),
            passphrase_command_refused: None,
            ca_file: None,
            ca_file_refused: None,
            clipboard_clear_seconds: 30,
            clipboard: Route::default(),
            notifications: Notifications::default(),
            links: LinkSetting::default(),
            theme: "auto".to_owned(),
            glyphs: GlyphSetting::default(),
            motion: true,
            mouse: true,
            title: true,
            thresholds: Thresholds::default(),
            keys: BTreeMap::new(),
            given: BTreeMap::new(),
        }
    }
}

impl Configuration {
    /// Reads the file; a missing one yields the defaults. Returns all errors together.
    pub fn load(path: &Path) -> Result<Self, Vec<Problem>> {
        let (configuration, errors) = Self::read(path);
        if errors.is_empty() {
            Ok(configuration)
        } else {
            Err(errors)
        }
    }

    /// Reads the file and returns its valid settings together with all errors, so that the caller can add errors of theme
    /// and keys.
    pub fn read(path: &Path) -> (Self, Vec<Problem>) {
        let (text, unreadable) = match std::fs::read_to_string(path) {
            Ok(text) => (text, None),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => (String::new(), None),
            Err(error) => {
                let problem = Problem::new(
                    Code::Configuration,
                    format!("could not read {}", path.display()),
                )
                .cause(read_failure(&error))
                .next_step("check the path and permissions of config.toml");
                (String::new(), Some(problem))
            }
        };
        let (mut configuration, mut errors) = Self::parse_all(&text, Some(path.to_path_buf()));
        errors.extend(unreadable);
        configuration.refuse_exposed_settings();
        (configuration, errors)
    }

    /// Disables settings with which another user who can write the file could run any program as this user, or read all
    /// that is sent.
    fn refuse_exposed_settings(&mut self) {
        if !self.passphrase_command.is_empty()
            && let Some(exposed) = self.exposed()
        {
            self.passphrase_command.clear();
            self.passphrase_command_refused =
                Some(exposed.refused("passphrase_command from config.toml"));
        }
        if let Some(file) = &self.ca_file
            && let Some(exposed) = self.exposed().or_else(|| ownership::exposed(file))
        {
            self.ca_file = None;
            self.ca_file_refused = Some(exposed.refused("ca_file from config.toml"));
        }
    }

    /// Returns what lets other users change the file; `None` if nothing does or there is no file.
    pub fn exposed(&self) -> Option<Exposed> {
        self.file
            .as_deref()
            .filter(|file| file.exists())
            .and_then(ownership::exposed)
    }

    /// Returns the file of this name in `themes` or `presets`. `None` if the name would lead out of the folder.
    pub fn file_beside(&self, folder: &str, name: &str) -> Option<PathBuf> {
        let configuration = self.file.as_deref().and_then(Path::parent)?;
        is_file_name(name).then(|| configuration.join(folder).join(format!("{name}.toml")))
    }

    /// Returns the text of a custom theme.
    pub fn custom_theme(&self, name: &str) -> Result<String, Problem> {
        let read = match self.file_beside("themes", name) {
            Some(file) => std::fs::read_to_string(file),
            None => Err(std::io::ErrorKind::NotFound.into()),
        };
        read.map_err(|error| {
            let why = format!("could not read the theme {name}");
            let next = format!(
                "use auto, dark, light, neutral or mono, or create themes/{name}.toml next to config.toml"
            );
            self.wrong("theme", &why)
                .cause(read_failure(&error))
                .next_step(self.meant("theme").unwrap_or(next))
        })
    }

    pub fn parse(text: &str) -> Result<Self, Vec<Problem>> {
        let (configuration, errors) = Self::parse_all(text, None);
        if errors.is_empty() {
            Ok(configuration)
        } else {
            Err(errors)
        }
    }

    /// Parses each setting separately, so that all errors are found. A setting with an error keeps its default.
    fn parse_all(text: &str, file: Option<PathBuf>) -> (Self, Vec<Problem>) {
        let mut configuration = Self {
            file,
            given: given::settings(text),
            ..Self::default()
        };
        let table: toml::Table = match text.parse() {
            Ok(table) => table,
            Err(error) => {
                let error: toml::de::Error = error;
                let line = error
                    .span()
                    .map_or(1, |span| given::line_of(text, span.start));
                let problem = configuration.problem_at(Code::Configuration, line, error.message());
                return (configuration, vec![problem.next_step("correct this line")]);
            }
        };
        let mut problems = Vec::new();
        let mut has_wrong_threshold = false;
        for (name, value) in flattened(table) {
            let Err(mistake) = configuration.set(&name, value) else {
                continue;
            };
            has_wrong_threshold |= name.starts_with("thresholds");
            let problem = match mistake {
                Mistake::Unknown => configuration.unknown(&name),
                Mistake::Wrong(why) => configuration.wrong(&name, &why),
            };
            problems.push((configuration.line_of(&name), problem));
        }
        if !has_wrong_threshold {
            for (name, why) in configuration.thresholds.mistakes() {
                let name = format!("thresholds.{name}");
                let problem = configuration.problem(Code::Configuration, &name, why);
                problems.push((configuration.line_of(&name), problem));
            }
        }
        problems.sort_by_key(|(line, _)| *line);
        let problems = problems.into_iter().map(|(_, problem)| problem).collect();
        (configuration, problems)
    }

    fn set(&mut self, name: &str, value: toml::Value) -> Result<(), Mistake> {
        if let Some(action) = name.strip_prefix("keys.") {
            return self.set_keys(action, value);
        }
        if let table @ ("keys" | "thresholds") = name {
            if value.is_table() {
                return Ok(());
            }
            return Err(format!("expects a table: [{table}]").into());
        }
        // The table of settings decides which exist.
        if settings_table::find(name).is_none() {
            return Err(Mistake::Unknown);
        }
        if let Some(threshold) = name
            .strip_prefix("thresholds.")
            .and_then(|name| self.thresholds.named(name))
        {
            let expected = "expects a duration such as \"30d\" or \"10m\"";
            let text: String = read(value, expected)?;
            *threshold = parse_duration(&text).map_err(|_| expected.to_owned())?;
            return Ok(());
        }
        match name {
            "storage" => {
                self.storage = Some(read(value, "expects \"keyring\" or \"file\"")?);
            }
            // May contain a passphrase by mistake, so errors never repeat its value.
            "passphrase_command" => {
                let expected = "expects a list of strings: the program and its arguments";
                self.passphrase_command = read(value, expected)?;
            }
            // A relative path would let the current folder decide who is trusted.
            "ca_file" => {
                let expected = "expects an absolute path in quotes";
                let path: PathBuf = read(value, expected)?;
                if !path.is_absolute() {
                    return Err(expected.to_owned().into());
                }
                self.ca_file = Some(path);
            }
            "clipboard_clear_seconds" => {
                let expected = "expects a number of seconds from 5 to 3600";
                let seconds = read(value, expected)?;
                if !(5..=3600).contains(&seconds) {
                    return Err(expected.to_owned().into());
                }
                self.clipboard_clear_seconds = seconds;
            }
            "clipboard" => {
                let expected = "expects \"auto\", \"x11\", \"wayland\", \"tmux\" or \"osc52\"";
                self.clipboard = read(value, expected)?;
            }
            "theme" => self.theme = theme_name(value)?,
            "glyphs" => self.glyphs = read(value, "expects \"auto\", \"unicode\" or \"ascii\"")?,
            "notifications" => {
                let expected = "expects \"auto\", \"osc9\", \"osc777\", \"bell\" or \"off\"";
                self.notifications = read(value, expected)?;
            }
            "links" => self.links = read(value, "expects \"auto\", \"on\" or \"off\"")?,
            "motion" => self.motion = on_or_off(value)?,
            "mouse" => self.mouse = on_or_off(value)?,
            "title" => self.title = on_or_off(value)?,
            _ => return Err(Mistake::Unknown),
        }
        Ok(())
    }

    /// Sets the keys of an action: `copy = "c"` or `copy = ["c", "y"]`.
    fn set_keys(&mut self, action: &str, value: toml::Value) -> Result<(), Mistake> {
        let keys = match value {
            toml::Value::String(key) => vec![key],
            keys => read::<Vec<String>>(keys, "expects a key or a list of keys")?,
        };
        // Cleaned because errors repeat them.
        let keys = keys.iter().map(|key| clean(key, 80)).collect();
        self.keys.insert(clean(action, 80), keys);
        Ok(())
    }
}

/// What is wrong with a setting.
enum Mistake {
    Unknown,
    Wrong(String),
}

impl From<String> for Mistake {
    fn from(why: String) -> Self {
        Self::Wrong(why)
    }
}

/// Returns the settings with their names. Those in a table are named like `keys.copy`.
fn flattened(table: toml::Table) -> Vec<(String, toml::Value)> {
    let mut settings = Vec::new();
    for (name, value) in table {
        match value {
            toml::Value::Table(inner) if !inner.is_empty() => {
                let inner = inner.into_iter();
                settings.extend(inner.map(|(key, value)| (format!("{name}.{key}"), value)));
            }
            value => settings.push((name, value)),
        }
    }
    settings
}

/// Converts a value. On failure returns `expected`, because the library's message uses terms of Rust.
fn read<T: serde::de::DeserializeOwned>(value: toml::Value, expected: &str) -> Result<T, String> {
    value.try_into().map_err(|_| expected.to_owned())
}

/// Returns the reason why a file cannot be read.
fn read_failure(error: &std::io::Error) -> &'static str {
    match error.kind() {
        std::io::ErrorKind::NotFound => "the file does not exist",
        std::io::ErrorKind::PermissionDenied => "permission denied",
        std::io::ErrorKind::IsADirectory => "it is a directory",
        std::io::ErrorKind::InvalidData => "it is not text",
        _ => "the system reported an error",
    }
}

/// Checks that the value is a name and not a path.
fn theme_name(value: toml::Value) -> Result<String, String> {
    let expected = "expects the name of a theme: letters, digits, - and _";
    let name: String = read(value, expected)?;
    if !is_file_name(&name) {
        return Err(expected.to_owned());
    }
    Ok(name)
}

fn is_file_name(name: &str) -> bool {
    let fits = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_');
    (1..=64).contains(&name.len()) && name.chars().all(fits)
}

fn on_or_off(value: toml::Value) -> Result<bool, String> {
    match value {
        toml::Value::Boolean(value) => Ok(value),
        toml::Value::String(text) if text == "on" => Ok(true),
        toml::Value::String(text) if text == "off" => Ok(false),
        _ => Err("expects \"on\" or \"off\"".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_errors_are_reported_with_their_lines() {
        let problems = Configuration::parse(
            "storage = \"cloud\"\ntheme = \"light\"\nnonsense = 1\n[thresholds]\ntoken_soon = 60\ncredential_urgent = \"x\"\ntoken_late = \"1m\"\n",
        )
        .unwrap_err();
        let messages: Vec<_> = problems.iter().map(|p| p.message.as_str()).collect();
        assert_eq!(problems.len(), 5, "{messages:?}");
        for beginning in [
            "config.toml, line 1: storage",
            "config.toml, line 3: nonsense",
            "config.toml, line 5: thresholds.token_soon: expects",
            "config.toml, line 6: thresholds.credential_urgent: expects",
            "config.toml, line 7: thresholds.token_late: unknown setting",
        ] {
            assert!(
                messages.iter().any(|m| m.starts_with(beginning)),
                "{beginning}: {messages:?}"
            );
        }
    }

    #[test]
    fn errors_state_the_expected_value_without_rust_terms() {
        let problems = Configuration::parse(
            "storage = 1\nca_file = 2\nclipboard_clear_seconds = \"x\"\ntheme = []\nglyphs = \"emoji\"\nthresholds = 3\n[keys]\ncopy = 1\nsort = [2]\n",
        )
        .unwrap_err();
        assert_eq!(problems.len(), 8, "{problems:?}");
        for problem in &problems {
            let told = problem.message.to_lowercase();
            assert!(told.contains("expects "), "{told}");
            for word in ["expected", "invalid type", "variant", "u64", "struct"] {
                assert!(!told.contains(word), "{word}: {told}");
            }
        }
        assert!(
            problems
                .iter()
                .any(|p| p.message.contains("line 9: keys.sort")),
            "{problems:?}"
        );
        let missing = Configuration::default().custom_theme("dusk").unwrap_err();
        assert_eq!(missing.cause.as_deref(), Some("the file does not exist"));
    }

    #[test]
    fn thresholds_are_durations_and_urgent_is_within_soon() {
        let read = Configuration::parse(
            "[thresholds]\ncredential_soon = \"6w\"\ncredential_notice = \"36h\"\ntoken_urgent = \"90s\"\n",
        )
        .unwrap()
        .thresholds;
        assert_eq!(read.credential_soon.as_hours(), 42 * 24);
        assert_eq!(read.credential_notice.as_hours(), 36);
        assert_eq!(read.token_urgent.as_secs(), 90);
        assert_eq!(read.token_soon, Thresholds::default().token_soon);

        let problems =
            Configuration::parse("[thresholds]\ncredential_soon = \"3d\"\ntoken_urgent = \"2h\"\n")
                .unwrap_err();
        let messages: Vec<_> = problems.iter().map(|p| p.message.as_str()).collect();
        assert_eq!(
            messages,
            [
                "config.toml, line 1: thresholds.credential_urgent: must not be more than credential_soon",
                "config.toml, line 3: thresholds.token_urgent: must not be more than token_soon",
            ]
        );
    }

    #[test]
    fn settings_are_parsed() {
        let read = Configuration::parse(
            "storage = \"file\"\npassphrase_command = [\"pass\", \"show\", \"aemkeys\"]\nmotion = \"off\"\n[keys]\ncopy = \"y\"\n",
        )
        .unwrap();
        assert_eq!(read.storage, Some(StorageKind::File));
        assert_eq!(read.passphrase_command.len(), 3);
        assert!(!read.motion);
        assert_eq!(read.keys["copy"], ["y"]);
    }
}
