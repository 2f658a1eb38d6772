//! Changes of single settings in `config.toml`, which keep everything else, including comments and order.

use toml_edit::{DocumentMut, Item, TableLike, Value};

use super::{Configuration, StorageKind};
use crate::platform::atomic_file;
use aemkeys_core::credential::{Code, NextStep, Problem};
use aemkeys_core::guidance;

/// The changed text of the file, not written yet.
#[derive(Debug)]
pub struct ChangedFile {
    text: String,
    /// What the text means, and its mistakes.
    pub configuration: Configuration,
    pub mistakes: Vec<Problem>,
}

impl Configuration {
    /// Returns the file with this setting changed, or without it. Nothing is written.
    pub fn changed(&self, setting: &str, value: Option<Value>) -> Result<ChangedFile, Problem> {
        let mut document: DocumentMut = self.text()?.parse().map_err(|_| {
            let problem = Problem::new(Code::Configuration, "the configuration is not valid TOML");
            problem.next_step(guidance![
                "to find the line to correct, ",
                NextStep::ConfigCheck
            ])
        })?;
        let (table, key) = match setting.split_once('.') {
            Some((table, key)) => (table_in(&mut document, table, value.is_some())?, key),
            None => (Some(document.as_table_mut() as &mut dyn TableLike), setting),
        };
        match (table, value) {
            (Some(table), Some(value)) => set(table, key, value),
            (Some(table), None) => {
                table.remove(key);
            }
            (None, _) => {}
        }
        let text = document.to_string();
        let (mut configuration, mistakes) = Self::parse_all(&text, self.file.clone());
        configuration.refuse_exposed_settings();
        Ok(ChangedFile {
            text,
            configuration,
            mistakes,
        })
    }

    /// Writes the file at once: a reader sees the old or the new text.
    pub fn write(&self, changed: &ChangedFile) -> Result<(), Problem> {
        let Some(path) = &self.file else {
            return Err(not_written("there is no configuration folder"));
        };
        // Keeps a symbolic link, for example into a dotfiles repository.
        let path = std::fs::canonicalize(path).unwrap_or_else(|_| path.clone());
        atomic_file::replace(&path, changed.text.as_bytes())
            .map_err(|error| not_written(&error.to_string()))
    }

    /// Sets the storage in the file.
    pub fn save_storage(&self, storage: StorageKind) -> Result<(), Problem> {
        let saved = self
            .changed("storage", Some(storage.as_str().into()))
            .and_then(|changed| self.write(&changed));
        saved.map_err(|problem| {
            Problem::new(
                Code::Configuration,
                "could not save the storage in config.toml",
            )
            .cause(problem.to_string())
            .next_step(format!(
                "add the line `storage = \"{}\"` to config.toml",
                storage.as_str()
            ))
        })
    }

    /// Returns the text of the file; empty if it does not exist.
    fn text(&self) -> Result<String, Problem> {
        let Some(path) = &self.file else {
            return Ok(String::new());
        };
        match std::fs::read_to_string(path) {
            Ok(text) => Ok(text),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(String::new()),
            Err(error) => Err(not_written(super::read_failure(&error))),
        }
    }
}

fn not_written(why: &str) -> Problem {
    Problem::new(Code::Configuration, "could not write config.toml")
        .cause(why)
        .next_step("check the path and permissions of config.toml and its folder")
}

/// Returns the table of this name. `create`: add it if it is missing.
fn table_in<'a>(
    document: &'a mut DocumentMut,
    name: &str,
    create: bool,
) -> Result<Option<&'a mut dyn TableLike>, Problem> {
    if create {
        document.entry(name).or_insert_with(toml_edit::table);
    }
    let Some(item) = document.get_mut(name) else {
        return Ok(None);
    };
    item.as_table_like_mut().map(Some).ok_or_else(|| {
        Problem::new(
            Code::Configuration,
            format!("`{name}` in config.toml is not a table"),
        )
        .next_step(format!("write the table as [{name}]"))
    })
}

/// Sets a value. A comment after the old value stays.
fn set(table: &mut dyn TableLike, key: &str, mut value: Value) {
    match table.get_mut(key) {
        Some(Item::Value(old)) => {
            *value.decor_mut() = old.decor().clone();
            *old = value;
        }
        Some(other) => *other = Item::Value(value),
        None => {
            table.insert(key, Item::Value(value));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the text with this setting changed.
    fn changed(before: &str, setting: &str, value: Option<Value>) -> Result<String, Problem> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.toml");
        std::fs::write(&path, before).unwrap();
        let (configuration, _) = Configuration::read(&path);
        let changed = configuration.changed(setting, value)?;
        configuration.write(&changed)?;
        Ok(std::fs::read_to_string(&path).unwrap())
    }

    #[test]
    fn comments_and_order_are_kept() {
        for (before, setting, after) in [
            ("", "theme", "theme = \"new\"\n"),
            (
                "# mine\nmotion = \"off\"\n\n# keys\n[keys]\ncopy = \"y\" # so\n# end\n",
                "theme",
                "# mine\nmotion = \"off\"\ntheme = \"new\"\n\n# keys\n[keys]\ncopy = \"y\" # so\n# end\n",
            ),
            (
                "  theme=\"dark\"  # why\nmotion = \"off\"\n",
                "theme",
                "  theme=\"new\"  # why\nmotion = \"off\"\n",
            ),
            (
                "[keys]\ntheme = \"x\"\n",
                "theme",
                "theme = \"new\"\n[keys]\ntheme = \"x\"\n",
            ),
            (
                "x = '''\ntheme = 1\n'''\n",
                "theme",
                "x = '''\ntheme = 1\n'''\ntheme = \"new\"\n",
            ),
            (
                "motion = \"on\"",
                "theme",
                "motion = \"on\"\ntheme = \"new\"\n",
            ),
            (
                "motion = \"on\"\n",
                "keys.copy",
                "motion = \"on\"\n\n[keys]\ncopy = \"new\"\n",
            ),
            (
                "keys = {copy = \"c\"} # k\n",
                "keys.copy",
                "keys = {copy = \"new\"} # k\n",
            ),
            ("keys.copy = \"c\"\n", "keys.copy", "keys.copy = \"new\"\n"),
        ] {
            let text = changed(before, setting, Some("new".into())).unwrap();
            assert_eq!(text, after, "{before}");
        }
        let text = "# a\ntheme = \"dark\"\nmotion = \"on\" # b\n";
        let without = changed(text, "theme", None).unwrap();
        assert_eq!(without, "motion = \"on\" # b\n");
        assert_eq!(changed(text, "keys.copy", None).unwrap(), text);
    }

    #[test]
    fn a_file_that_is_not_understood_is_not_changed() {
        for before in ["broken [", "keys = 3\n"] {
            changed(before, "keys.copy", Some("x".into())).unwrap_err();
        }
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
    fn saved_storage_is_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("aemkeys/config.toml");
        let read = Configuration::load(&path).unwrap();
        read.save_storage(StorageKind::File).unwrap();
        assert_eq!(
            Configuration::load(&path).unwrap().storage,
            Some(StorageKind::File)
        );
        std::fs::write(&path, "broken [").unwrap();
        assert!(read.save_storage(StorageKind::File).is_err());
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "broken [");
    }
}
