//! What did the person choose? `config.toml`; every mistake in it is reported at once, with its line.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::ownership::{self, Exposed};
use crate::credential::text::clean;
use crate::credential::validity::{Thresholds, parse_span};
use crate::credential::{Code, Problem};

/// Which store keeps the secrets, as chosen by flag, `AEMKEYS_STORAGE` or the configuration.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Storage {
    #[default]
    Keyring,
    File,
    Memory,
}

impl Storage {
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "keyring" => Some(Self::Keyring),
            "file" => Some(Self::File),
            "memory" => Some(Self::Memory),
            _ => None,
        }
    }

    /// As it is typed and configured.
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
    /// Where it was read from; `None` where no disk is touched.
    pub file: Option<PathBuf>,
    pub storage: Option<Storage>,
    /// Prints the passphrase of the passphrase file: program and arguments, no shell.
    pub passphrase_command: Vec<String>,
    /// Why the command is not run: somebody else could have written it. `passphrase_command` is empty then.
    pub passphrase_command_refused: Option<Problem>,
    /// A PEM file of additional certificate authorities.
    pub ca_file: Option<PathBuf>,
    pub clipboard_clear_seconds: u64,
    /// `auto`, one that comes with the program, or the name of a file in `themes/` beside the configuration.
    pub theme: String,
    pub glyphs: Glyphs,
    /// Spinners; `off` says words instead.
    pub motion: bool,
    pub mouse: bool,
    pub thresholds: Thresholds,
    /// Action to keys, checked by the dashboard.
    pub keys: BTreeMap<String, Vec<String>>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Glyphs {
    #[default]
    Unicode,
    Ascii,
}

impl Default for Configuration {
    fn default() -> Self {
        Self {
            file: None,
            storage: None,
            passphrase_command: Vec::new(),
            passphrase_command_refused: None,
            ca_file: None,
            clipboard_clear_seconds: 30,
            theme: "auto".to_owned(),
            glyphs: Glyphs::default(),
            motion: true,
            mouse: true,
            thresholds: Thresholds::default(),
            keys: BTreeMap::new(),
        }
    }
}

impl Configuration {
    /// A missing file is the default configuration. Each key is read on its own, so that all mistakes are told at once.
    pub fn load(path: &Path) -> Result<Self, Vec<Problem>> {
        let (configuration, mistakes) = Self::read(path);
        if mistakes.is_empty() {
            Ok(configuration)
        } else {
            Err(mistakes)
        }
    }

    /// What is in order, and all mistakes: so that those of theme and keys can be told along with them.
    pub fn read(path: &Path) -> (Self, Vec<Problem>) {
        let (text, unreadable) = match std::fs::read_to_string(path) {
            Ok(text) => (text, None),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => (String::new(), None),
            Err(error) => {
                let problem = Problem::new(Code::Configuration, "the configuration cannot be read")
                    .cause(why_unreadable(&error))
                    .next_step("check the permissions of config.toml");
                (String::new(), Some(problem))
            }
        };
        let (mut configuration, mut mistakes) = Self::parse_all(&text);
        mistakes.extend(unreadable);
        configuration.file = Some(path.to_path_buf());
        configuration.refuse_command_of_others();
        (configuration, mistakes)
    }

    /// Whoever can write the file could have the program run anything as its user.
    fn refuse_command_of_others(&mut self) {
        if !self.passphrase_command.is_empty()
            && let Some(exposed) = self.exposed()
        {
            self.passphrase_command.clear();
            self.passphrase_command_refused = Some(exposed.command_refused());
        }
    }

    /// What lets others change the file; `None` also without a file.
    pub fn exposed(&self) -> Option<Exposed> {
        self.file
            .as_deref()
            .filter(|file| file.exists())
            .and_then(ownership::exposed)
    }

    /// A person's own theme, as it is written.
    pub fn own_theme(&self, name: &str) -> Result<String, Problem> {
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
                format!("the theme {name} cannot be read"),
            )
            .cause(why_unreadable(&error))
            .next_step(format!(
                "choose auto, dark, light or mono, or put themes/{name}.toml beside config.toml"
            ))
        })
    }

    /// Writes the storage into the file, which stays as it is otherwise.
    pub fn remember_storage(&self, storage: Storage) -> Result<(), Problem> {
        let failed = |why: String| {
            Problem::new(
                Code::Configuration,
                "the choice of storage could not be kept",
            )
            .cause(why)
            .next_step(format!(
                "write `{}` into config.toml",
                line_of_storage(storage)
            ))
        };
        let Some(path) = &self.file else {
            return Err(failed("there is no configuration folder".to_owned()));
        };
        // A link to where somebody keeps all configuration stays a link.
        let path = std::fs::canonicalize(path).unwrap_or_else(|_| path.clone());
        let before = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(failed(error.kind().to_string())),
        };
        let after = with_storage(&before, storage)
            .ok_or_else(|| failed("its line `storage` is not found for sure".to_owned()))?;
        super::atomic_file::replace(&path, after.as_bytes())
            .map_err(|error| failed(error.to_string()))
    }

    pub fn parse(text: &str) -> Result<Self, Vec<Problem>> {
        let (configuration, mistakes) = Self::parse_all(text);
        if mistakes.is_empty() {
            Ok(configuration)
        } else {
            Err(mistakes)
        }
    }

    /// What is wrong keeps its default.
    fn parse_all(text: &str) -> (Self, Vec<Problem>) {
        let mut configuration = Self::default();
        let table: toml::Table = match text.parse() {
            Ok(table) => table,
            Err(error) => {
                let error: toml::de::Error = error;
                let line = error.span().map_or(1, |span| line_of(text, span.start));
                return (configuration, vec![mistake(line, error.message())]);
            }
        };
        let mut problems = Vec::new();
        for (key, value) in table {
            let within = match key.as_str() {
                "thresholds" => configuration.set_thresholds(value),
                "keys" => configuration.set_keys(value),
                _ => {
                    if let Err(why) = configuration.set(&key, value) {
                        problems.push(mistake(line_of_key(text, &key), &format!("{key}: {why}")));
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
                mistake(line, &format!("{place}: {why}"))
            }));
        }
        (configuration, problems)
    }

    fn set(&mut self, key: &str, value: toml::Value) -> Result<(), String> {
        match key {
            "storage" => {
                self.storage = Some(read(value, "write \"keyring\" or \"file\"")?);
            }
            // A passphrase may stand in it by mistake: nothing of it may be repeated.
            "passphrase_command" => {
                let wanted = "write a list of texts: the program and its arguments";
                self.passphrase_command = read(value, wanted)?;
            }
            "ca_file" => self.ca_file = Some(read(value, "write a path, as a text in quotes")?),
            "clipboard_clear_seconds" => {
                let wanted = "write a number of seconds: 5 to 3600";
                let seconds = read(value, wanted)?;
                if !(5..=3600).contains(&seconds) {
                    return Err(wanted.to_owned());
                }
                self.clipboard_clear_seconds = seconds;
            }
            "theme" => self.theme = theme_name(value)?,
            "glyphs" => self.glyphs = read(value, "write \"unicode\" or \"ascii\"")?,
            "motion" => self.motion = on_or_off(value)?,
            "mouse" => self.mouse = on_or_off(value)?,
            _ => return Err("there is no such setting".to_owned()),
        }
        Ok(())
    }

    /// One key or several: `copy = "c"`, `copy = ["c", "y"]`. Each mistake with the action.
    fn set_keys(&mut self, value: toml::Value) -> Vec<(String, String)> {
        let table: toml::Table = match read(value, "write it as a table: [keys]") {
            Ok(table) => table,
            Err(why) => return vec![("keys".to_owned(), why)],
        };
        let mut wrong = Vec::new();
        for (action, keys) in table {
            let keys = match keys {
                toml::Value::String(key) => Ok(vec![key]),
                keys => read::<Vec<String>>(keys, "write a key or a list of keys"),
            };
            match keys {
                // They come back in what is said about them.
                Ok(keys) => {
                    let keys = keys.iter().map(|key| clean(key, 80)).collect();
                    self.keys.insert(clean(&action, 80), keys);
                }
                Err(why) => wrong.push((clean(&action, 80), why)),
            }
        }
        wrong
    }

    /// Each mistake with the name of its field.
    fn set_thresholds(&mut self, value: toml::Value) -> Vec<(String, String)> {
        let table: toml::Table = match read(value, "write it as a table: [thresholds]") {
            Ok(table) => table,
            Err(why) => return vec![("thresholds".to_owned(), why)],
        };
        let mut wrong = Vec::new();
        for (name, value) in table {
            let wanted = "write a time like \"30d\" or \"10m\"";
            let span = read::<String>(value, wanted)
                .and_then(|text| parse_span(&text).map_err(|_| wanted.to_owned()));
            match (self.thresholds.named(&name), span) {
                (None, _) => wrong.push((name, "there is no such threshold".to_owned())),
                (_, Err(why)) => wrong.push((name, why)),
                (Some(threshold), Ok(span)) => *threshold = span,
            }
        }
        if wrong.is_empty() {
            let mistakes = self.thresholds.mistakes().into_iter();
            wrong.extend(mistakes.map(|(name, why)| (name.to_owned(), why.to_owned())));
        }
        wrong
    }
}

/// `None` where the changed text would say anything else differently.
fn with_storage(text: &str, storage: Storage) -> Option<String> {
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
    let mut wanted: toml::Table = text.parse().ok()?;
    wanted.insert("storage".to_owned(), storage.as_str().into());
    (changed.parse::<toml::Table>().ok()? == wanted).then_some(changed)
}

/// The library's own words are those of programmers: what is wanted is said instead.
fn read<T: serde::de::DeserializeOwned>(value: toml::Value, wanted: &str) -> Result<T, String> {
    value.try_into().map_err(|_| wanted.to_owned())
}

/// Why a file cannot be read, for a person.
fn why_unreadable(error: &std::io::Error) -> &'static str {
    match error.kind() {
        std::io::ErrorKind::NotFound => "there is no such file",
        std::io::ErrorKind::PermissionDenied => "this user may not read it",
        std::io::ErrorKind::IsADirectory => "it is a folder",
        std::io::ErrorKind::InvalidData => "it is not text",
        _ => "the system gives nothing back",
    }
}

/// A name, never a path.
fn theme_name(value: toml::Value) -> Result<String, String> {
    let wanted = "write the name of a theme: letters, digits, - and _";
    let name: String = read(value, wanted)?;
    let fits = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_');
    if name.is_empty() || name.len() > 64 || !name.chars().all(fits) {
        return Err(wanted.to_owned());
    }
    Ok(name)
}

fn on_or_off(value: toml::Value) -> Result<bool, String> {
    match value {
        toml::Value::Boolean(value) => Ok(value),
        toml::Value::String(text) if text == "on" => Ok(true),
        toml::Value::String(text) if text == "off" => Ok(false),
        _ => Err("write \"on\" or \"off\"".to_owned()),
    }
}

fn line_of_storage(storage: Storage) -> String {
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

fn mistake(line: usize, why: &str) -> Problem {
    Problem::new(
        Code::Configuration,
        format!("config.toml, line {line}: {}", clean(why, 200)),
    )
    .next_step("correct it; the settings and their values are in the README")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_mistakes_are_told_at_once_with_their_lines() {
        let problems = Configuration::parse(
            "storage = \"cloud\"\ntheme = \"light\"\nnonsense = 1\n[thresholds]\ntoken_soon = 60\ncredential_urgent = \"x\"\ntoken_late = \"1m\"\n",
        )
        .unwrap_err();
        let messages: Vec<_> = problems.iter().map(|p| p.message.as_str()).collect();
        assert_eq!(problems.len(), 5, "{messages:?}");
        for beginning in [
            "config.toml, line 1: storage",
            "config.toml, line 3: nonsense",
            "config.toml, line 5: thresholds.token_soon: write",
            "config.toml, line 6: thresholds.credential_urgent: write",
            "config.toml, line 7: thresholds.token_late: there is no such",
        ] {
            assert!(
                messages.iter().any(|m| m.starts_with(beginning)),
                "{beginning}: {messages:?}"
            );
        }
    }

    #[test]
    fn what_is_wanted_is_said_and_not_how_a_program_reads_it() {
        let problems = Configuration::parse(
            "storage = 1\nca_file = 2\nclipboard_clear_seconds = \"x\"\ntheme = []\nglyphs = \"emoji\"\nthresholds = 3\n[keys]\ncopy = 1\nsort = [2]\n",
        )
        .unwrap_err();
        assert_eq!(problems.len(), 8, "{problems:?}");
        for problem in &problems {
            let told = problem.message.to_lowercase();
            assert!(told.contains("write "), "{told}");
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
        let missing = Configuration::default().own_theme("dusk").unwrap_err();
        assert_eq!(missing.cause.as_deref(), Some("there is no such file"));
    }

    #[test]
    fn thresholds_are_spans_and_urgent_is_within_soon() {
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
    fn the_storage_is_changed_and_nothing_else() {
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
            assert_eq!(with_storage(before, Storage::File).as_deref(), Some(after));
        }
        // Inside a text it is no setting.
        assert_eq!(
            with_storage("x = '''\nstorage = 1\n'''\n", Storage::File),
            None
        );
        assert_eq!(with_storage("not toml", Storage::File), None);
    }

    #[cfg(unix)]
    #[test]
    fn a_linked_configuration_stays_a_link() {
        let directory = tempfile::tempdir().unwrap();
        let (real, link) = (directory.path().join("real"), directory.path().join("link"));
        std::fs::write(&real, "theme = \"dark\"\n").unwrap();
        std::os::unix::fs::symlink(&real, &link).unwrap();
        Configuration::load(&link)
            .unwrap()
            .remember_storage(Storage::File)
            .unwrap();
        assert!(link.is_symlink());
        assert_eq!(
            Configuration::load(&link).unwrap().storage,
            Some(Storage::File)
        );
    }

    #[test]
    fn settings_are_read() {
        let read = Configuration::parse(
            "storage = \"file\"\npassphrase_command = [\"pass\", \"show\", \"aemkeys\"]\nmotion = \"off\"\n[keys]\ncopy = \"y\"\n",
        )
        .unwrap();
        assert_eq!(read.storage, Some(Storage::File));
        assert_eq!(read.passphrase_command.len(), 3);
        assert!(!read.motion);
        assert_eq!(read.keys["copy"], ["y"]);
    }

    #[test]
    fn the_storage_is_remembered_and_the_rest_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("aemkeys/config.toml");
        Configuration::load(&path)
            .unwrap()
            .remember_storage(Storage::File)
            .unwrap();
        assert_eq!(
            Configuration::load(&path).unwrap().storage,
            Some(Storage::File)
        );
        let text = "# mine\n  storage=\"keyring\"\n[keys]\ncopy = \"y\" # so\n";
        std::fs::write(&path, text).unwrap();
        let read = Configuration::load(&path).unwrap();
        read.remember_storage(Storage::File).unwrap();
        assert_eq!(
            std::fs::read_to_string(&path).unwrap(),
            "# mine\nstorage = \"file\"\n[keys]\ncopy = \"y\" # so\n"
        );
        std::fs::write(&path, "broken [").unwrap();
        assert!(read.remember_storage(Storage::File).is_err());
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "broken [");
    }
}
