//! The configuration file `config.toml`. All errors in it are reported together, with their lines.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::clipboard::Route;
use super::glyphs::GlyphSetting;
use super::notification::Notifications;
use super::ownership::{self, Exposed};
use aemkeys_core::credential::text::clean;
use aemkeys_core::credential::validity::Thresholds;
use aemkeys_core::credential::{Code, Problem};
use aemkeys_core::time::parse_duration;

/// The storage of the secrets, set by a flag, `AEMKEYS_STORAGE` or the configuration.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StorageKind {
    #[default]
    Keyring,
    File,
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
            theme: "auto".to_owned(),
            glyphs: GlyphSetting::default(),
            motion: true,
            mouse: true,
            title: true,
            thresholds: Thresholds::default(),
            keys: BTreeMap::new(),
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
                let problem = Problem::new(Code::Configuration, "could not read config.toml")
                    .cause(read_failure(&error))
                    .next_step("check the path and permissions of config.toml");
                (String::new(), Some(problem))
            }
        };
        let (mut configuration, mut errors) = Self::parse_all(&text);
        errors.extend(unreadable);
        configuration.file = Some(path.to_path_buf());
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
            self.passphrase_command_refused = Some(exposed.refused("passphrase_command"));
        }
        if let Some(file) = &self.ca_file
            && let Some(exposed) = self.exposed().or_else(|| ownership::exposed(file))
        {
            self.ca_file = None;
            self.ca_file_refused = Some(exposed.refused("ca_file"));
        }
    }

    /// Returns what lets other users change the file; `None` if nothing does or there is no file.
    pub fn exposed(&self) -> Option<Exposed> {
        self.file
            .as_deref()
            .filter(|file| file.exists())
            .and_then(ownership::exposed)
    }

    /// Returns the text of a custom theme.
    pub fn custom_theme(&self, name: &str) -> Result<String, Problem> {
        let file = self
            .file
            .as_deref()
            .and_then(Path::parent)
            .map(|folder| folder.join("themes").join(format!("{name}.toml")));
        let read = match file {
            Some(file) => std::fs::read_to_string(file),
            None => Err(std::io::ErrorKind::NotFound.into()),
        };
        read.map_err(|error| {
            Problem::new(
                Code::Configuration,
                format!("could not read the theme {name}"),
            )
            .cause(read_failure(&error))
            .next_step(format!(
                "use auto, dark, light, neutral or mono, or create themes/{name}.toml next to config.toml"
            ))
        })
    }

    /// Sets the storage in the file and keeps everything else, including comments.
    pub fn save_storage(&self, storage: StorageKind) -> Result<(), Problem> {
        let failed = |why: String| {
            Problem::new(
                Code::Configuration,
                "could not save the storage in config.toml",
            )
            .cause(why)
            .next_step(format!(
                "add the line `{}` to config.toml",
                line_of_storage(storage)
            ))
        };
        let Some(path) = &self.file else {
            return Err(failed("there is no configuration folder".to_owned()));
        };
        // Keeps a symbolic link, for example into a dotfiles repository.
        let path = std::fs::canonicalize(path).unwrap_or_else(|_| path.clone());
        let before = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(failed(error.kind().to_string())),
        };
        let after = with_storage(&before, storage)
            .ok_or_else(|| failed("it has no unambiguous place for the setting".to_owned()))?;
        super::atomic_file::replace(&path, after.as_bytes())
            .map_err(|error| failed(error.to_string()))
    }

    pub fn parse(text: &str) -> Result<Self, Vec<Problem>> {
        let (configuration, errors) = Self::parse_all(text);
        if errors.is_empty() {
            Ok(configuration)
        } else {
            Err(errors)
        }
    }

    /// Parses each key separately, so that all errors are found. A key with an error keeps its default.
    fn parse_all(text: &str) -> (Self, Vec<Problem>) {
        let mut configuration = Self::default();
        let table: toml::Table = match text.parse() {
            Ok(table) => table,
            Err(error) => {
                let error: toml::de::Error = error;
                let line = error.span().map_or(1, |span| line_of(text, span.start));
                return (configuration, vec![problem_at(line, error.message())]);
            }
        };
        let mut problems = Vec::new();
        for (key, value) in table {
            let within = match key.as_str() {
                "thresholds" => configuration.set_thresholds(value),
                "keys" => configuration.set_keys(value),
                _ => {
                    if let Err(why) = configuration.set(&key, value) {
                        problems.push(problem_at(
                            line_of_key(text, &key),
                            &format!("{key}: {why}"),
                        ));
                    }
                    continue;
                }
            };
            problems.extend(within.into_iter().map(|(name, why)| {
                let line = line_of_key(text, &name);
                let place = if name == key {
                    key.clone()
                } else {
                    format!("{key}.{name}")
                };
                problem_at(line, &format!("{place}: {why}"))
            }));
        }
        (configuration, problems)
    }

    fn set(&mut self, key: &str, value: toml::Value) -> Result<(), String> {
        match key {
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
                    return Err(expected.to_owned());
                }
                self.ca_file = Some(path);
            }
            "clipboard_clear_seconds" => {
                let expected = "expects a number of seconds from 5 to 3600";
                let seconds = read(value, expected)?;
                if !(5..=3600).contains(&seconds) {
                    return Err(expected.to_owned());
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
            "motion" => self.motion = on_or_off(value)?,
            "mouse" => self.mouse = on_or_off(value)?,
            "title" => self.title = on_or_off(value)?,
            _ => return Err("unknown setting".to_owned()),
        }
        Ok(())
    }

    /// Sets the keys of actions: `copy = "c"` or `copy = ["c", "y"]`. Returns each error with the action's name.
    fn set_keys(&mut self, value: toml::Value) -> Vec<(String, String)> {
        let table: toml::Table = match read(value, "expects a table: [keys]") {
            Ok(table) => table,
            Err(why) => return vec![("keys".to_owned(), why)],
        };
        let mut wrong = Vec::new();
        for (action, keys) in table {
            let keys = match keys {
                toml::Value::String(key) => Ok(vec![key]),
                keys => read::<Vec<String>>(keys, "expects a key or a list of keys"),
            };
            match keys {
                // Cleaned because errors repeat them.
                Ok(keys) => {
                    let keys = keys.iter().map(|key| clean(key, 80)).collect();
                    self.keys.insert(clean(&action, 80), keys);
                }
                Err(why) => wrong.push((clean(&action, 80), why)),
            }
        }
        wrong
    }

    /// Sets the thresholds. Returns each error with the field's name.
    fn set_thresholds(&mut self, value: toml::Value) -> Vec<(String, String)> {
        let table: toml::Table = match read(value, "expects a table: [thresholds]") {
            Ok(table) => table,
            Err(why) => return vec![("thresholds".to_owned(), why)],
        };
        let mut wrong = Vec::new();
        for (name, value) in table {
            let expected = "expects a duration such as \"30d\" or \"10m\"";
            let span = read::<String>(value, expected)
                .and_then(|text| parse_duration(&text).map_err(|_| expected.to_owned()));
            match (self.thresholds.named(&name), span) {
                (None, _) => wrong.push((name, "unknown threshold".to_owned())),
                (_, Err(why)) => wrong.push((name, why)),
                (Some(threshold), Ok(span)) => *threshold = span,
            }
        }
        if wrong.is_empty() {
            let errors = self.thresholds.mistakes().into_iter();
            wrong.extend(errors.map(|(name, why)| (name.to_owned(), why.to_owned())));
        }
        wrong
    }
}

/// Returns `text` with the storage set; `None` if that would change any other setting.
fn with_storage(text: &str, storage: StorageKind) -> Option<String> {
    let line = line_of_storage(storage);
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let top = lines
        .iter()
        .position(|line| line.trim_start().starts_with('['))
        .unwrap_or(lines.len());
    let known = lines[..top].iter().position(|line| {
        line.trim_start()
            .strip_prefix("storage")
            .is_some_and(|rest| rest.trim_start().starts_with('='))
    });
    match known {
        Some(at) => {
            let comment = lines[at].find('#').map(|from| lines[at][from..].to_owned());
            lines[at] = comment.map_or(line.clone(), |comment| format!("{line} {comment}"));
        }
        None => lines.insert(0, line),
    }
    let changed = lines.join("\n") + "\n";
    let mut expected: toml::Table = text.parse().ok()?;
    expected.insert("storage".to_owned(), storage.as_str().into());
    (changed.parse::<toml::Table>().ok()? == expected).then_some(changed)
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
    let fits = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_');
    if name.is_empty() || name.len() > 64 || !name.chars().all(fits) {
        return Err(expected.to_owned());
    }
    Ok(name)
}

fn on_or_off(value: toml::Value) -> Result<bool, String> {
    match value {
        toml::Value::Boolean(value) => Ok(value),
        toml::Value::String(text) if text == "on" => Ok(true),
        toml::Value::String(text) if text == "off" => Ok(false),
        _ => Err("expects \"on\" or \"off\"".to_owned()),
    }
}

fn line_of_storage(storage: StorageKind) -> String {
    format!("storage = \"{}\"", storage.as_str())
}

fn line_of(text: &str, offset: usize) -> usize {
    text.get(..offset).unwrap_or_default().matches('\n').count() + 1
}

fn line_of_key(text: &str, key: &str) -> usize {
    text.lines()
        .position(|line| {
            let line = line.trim_start().trim_start_matches('[');
            line.strip_prefix(key)
                .is_some_and(|rest| rest.trim_start().starts_with(['=', ']', '.']))
        })
        .map_or(1, |position| position + 1)
}

fn problem_at(line: usize, why: &str) -> Problem {
    Problem::new(
        Code::Configuration,
        format!("config.toml, line {line}: {}", clean(why, 200)),
    )
    .next_step("correct this line; the README lists all settings and their values")
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
            "config.toml, line 7: thresholds.token_late: unknown threshold",
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
    fn saving_the_storage_changes_nothing_else() {
        for (before, after) in [
            ("", "storage = \"file\"\n"),
            (
                "# mine\ntheme = \"dark\"\n",
                "storage = \"file\"\n# mine\ntheme = \"dark\"\n",
            ),
            (
                "theme = \"dark\"\n  storage=\"keyring\"  # why\n[keys]\n",
                "theme = \"dark\"\nstorage = \"file\" # why\n[keys]\n",
            ),
            (
                "[keys]\nstorage = \"x\"\n",
                "storage = \"file\"\n[keys]\nstorage = \"x\"\n",
            ),
        ] {
            assert_eq!(
                with_storage(before, StorageKind::File).as_deref(),
                Some(after)
            );
        }
        // Inside a string it is not a setting.
        assert_eq!(
            with_storage("x = '''\nstorage = 1\n'''\n", StorageKind::File),
            None
        );
        assert_eq!(with_storage("not toml", StorageKind::File), None);
    }

    #[cfg(unix)]
    #[test]
    fn symbolic_link_to_the_configuration_is_kept() {
        let directory = tempfile::tempdir().unwrap();
        let (real, link) = (directory.path().join("real"), directory.path().join("link"));
        std::fs::write(&real, "theme = \"dark\"\n").unwrap();
        std::os::unix::fs::symlink(&real, &link).unwrap();
        Configuration::load(&link)
            .unwrap()
            .save_storage(StorageKind::File)
            .unwrap();
        assert!(link.is_symlink());
        assert_eq!(
            Configuration::load(&link).unwrap().storage,
            Some(StorageKind::File)
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

    #[test]
    fn saved_storage_is_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("aemkeys/config.toml");
        Configuration::load(&path)
            .unwrap()
            .save_storage(StorageKind::File)
            .unwrap();
        assert_eq!(
            Configuration::load(&path).unwrap().storage,
            Some(StorageKind::File)
        );
        let text = "# mine\n  storage=\"keyring\"\n[keys]\ncopy = \"y\" # so\n";
        std::fs::write(&path, text).unwrap();
        let read = Configuration::load(&path).unwrap();
        read.save_storage(StorageKind::File).unwrap();
        assert_eq!(
            std::fs::read_to_string(&path).unwrap(),
            "# mine\nstorage = \"file\"\n[keys]\ncopy = \"y\" # so\n"
        );
        std::fs::write(&path, "broken [").unwrap();
        assert!(read.save_storage(StorageKind::File).is_err());
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "broken [");
    }
}
