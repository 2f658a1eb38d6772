//! Creates the settings of the dashboard from the configuration and the environment.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::keymap::Keymap;
use super::links::Links;
use super::theme::{GlyphSet, Theme, ThemeName};
use crate::app::activity::ActivityEntry;
use crate::app::{AppContext, Configuration};
use aemkeys_core::credential::text::clean;
use aemkeys_core::credential::validity::Thresholds;
use aemkeys_core::credential::{Code, Problem};
use aemkeys_core::time;

/// Settings and properties of the terminal, fixed while the dashboard runs.
#[derive(Clone, Debug)]
pub struct Settings {
    pub thresholds: Thresholds,
    pub theme: Theme,
    /// Whether spinners are animated.
    pub motion: bool,
    pub mouse: bool,
    /// The seconds after which a copied token is cleared from the clipboard.
    pub clipboard_seconds: u32,
    /// The name of the storage in the header: `Secret Service`, `passphrase file` or `memory`.
    pub storage: String,
    /// The passphrase file opened without its passphrase until then, when the dashboard was started.
    pub unlocked_until: Option<Timestamp>,
    /// Whether a flag, variable or the configuration sets the storage.
    pub storage_is_chosen: bool,
    /// A word in the header next to the storage, such as "demo".
    pub banner: Option<String>,
    /// The entries with which the demo's activity page starts.
    pub activity: Vec<ActivityEntry>,
    /// The demo's new credential files, as defaults for a rotation.
    pub samples: Vec<String>,
    pub zone: TimeZone,
    pub keymap: Keymap,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            thresholds: Thresholds::default(),
            theme: Theme::new(ThemeName::Dark, GlyphSet::Unicode),
            motion: true,
            mouse: true,
            clipboard_seconds: 30,
            storage: "memory".to_owned(),
            unlocked_until: None,
            storage_is_chosen: true,
            banner: None,
            activity: Vec::new(),
            samples: Vec::new(),
            zone: TimeZone::UTC,
            keymap: Keymap::default(),
        }
    }
}

impl Settings {
    /// Returns the name of the storage, and until when it is unlocked.
    pub fn storage_state(&self, now: Timestamp) -> String {
        match self.unlocked_until.filter(|until| *until > now) {
            Some(until) => {
                let until = time::near(until, now, &self.zone);
                format!("{}, unlocked until {until}", self.storage)
            }
            None => self.storage.clone(),
        }
    }

    /// Returns all errors of theme and keymap together.
    pub fn of(context: &AppContext) -> Result<Self, Vec<Problem>> {
        let configuration = &context.configuration;
        let (mut theme, keymap, mistakes) = appearance(configuration);
        let variable = |name: &str| std::env::var(name).ok();
        theme.links = Links::new(configuration.links.is_on(variable));
        if !mistakes.is_empty() {
            return Err(mistakes);
        }
        Ok(Self {
            thresholds: configuration.thresholds,
            theme,
            motion: configuration.motion,
            mouse: configuration.mouse,
            clipboard_seconds: u32::try_from(configuration.clipboard_clear_seconds).unwrap_or(30),
            storage: context.storage.storage_name().to_owned(),
            unlocked_until: crate::app::unlock::until(context),
            storage_is_chosen: true,
            banner: None,
            activity: Vec::new(),
            samples: context
                .samples
                .iter()
                .map(|(path, _)| path.clone())
                .collect(),
            zone: TimeZone::system(),
            keymap,
        })
    }

    /// Returns the errors of theme and keymap, to report with those of the configuration.
    pub fn mistakes(configuration: &Configuration) -> Vec<Problem> {
        appearance(configuration).2
    }
}

/// Returns the configured theme and keymap, and their errors.
fn appearance(configuration: &Configuration) -> (Theme, Keymap, Vec<Problem>) {
    let mut mistakes = Vec::new();
    let glyphs = configuration.glyphs.set();
    let theme = theme(configuration, glyphs).unwrap_or_else(|wrong| {
        mistakes.extend(wrong);
        Theme::new(ThemeName::Dark, glyphs)
    });
    let keymap = Keymap::configured(&configuration.keys).unwrap_or_else(|wrong| {
        mistakes.extend(wrong.iter().map(|mistake| {
            let setting = format!("keys.{}", mistake.action);
            configuration
                .problem(Code::BadKeymap, &setting, &mistake.why)
                .next_step(mistake.next_step())
        }));
        Keymap::default()
    });
    (theme, keymap, mistakes)
}

/// Returns the configured theme, built in or from a file.
fn theme(configuration: &Configuration, glyphs: GlyphSet) -> Result<Theme, Vec<Problem>> {
    let name = configuration.theme.as_str();
    if let Some(known) = ThemeName::parse(name) {
        return Ok(Theme::new(known, glyphs));
    }
    if name == "auto" {
        let variable = |name| std::env::var(name).ok();
        let guess = ThemeName::guess(
            variable("NO_COLOR").as_deref(),
            variable("COLORFGBG").as_deref(),
        );
        return Ok(Theme::guessed(guess, glyphs));
    }
    let text = configuration
        .custom_theme(name)
        .map_err(|problem| vec![problem])?;
    Theme::own(&text, glyphs).map_err(|mistakes| {
        let file = configuration.file_beside("themes", name);
        let file = file.map_or_else(String::new, |file| file.display().to_string());
        let file = clean(&file, 300);
        mistakes
            .into_iter()
            .map(|mistake| {
                let step = "correct the file; assets/themes/dark.toml is an example".to_owned();
                Problem::new(Code::Configuration, format!("{file}, {}", mistake.why))
                    .next_step(mistake.next_step.unwrap_or(step))
            })
            .collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    /// Creates the settings from a `config.toml` and a theme file.
    fn settings(configuration: &str, theme: Option<&str>) -> Result<Settings, Vec<Problem>> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("config.toml");
        std::fs::write(&file, configuration).unwrap();
        if let Some(theme) = theme {
            std::fs::create_dir(folder.path().join("themes")).unwrap();
            std::fs::write(folder.path().join("themes/own.toml"), theme).unwrap();
        }
        let mut context = crate::app::stateless_context().unwrap();
        context.configuration = Arc::new(crate::app::Configuration::load(&file)?);
        Settings::of(&context)
    }

    #[test]
    fn a_custom_theme_is_read_from_the_configuration_folder() {
        let settings = settings("theme = \"own\"\n", Some("fine = \"blue\"\n")).unwrap();
        assert_eq!(settings.theme.fine.fg, Some(ratatui::style::Color::Blue));
    }

    #[test]
    fn errors_of_theme_and_keys_are_reported_together() {
        let problems = settings(
            "theme = \"own\"\n[keys]\nnonsense = \"x\"\n",
            Some("fine = \"gren\"\nglow = \"red\"\n"),
        )
        .unwrap_err();
        let told: Vec<_> = problems.iter().map(ToString::to_string).collect();
        assert_eq!(told.len(), 3, "{told:?}");
        assert!(
            told.iter()
                .any(|told| told.contains("own.toml, line 1: fine"))
        );
    }

    #[test]
    fn errors_of_settings_theme_and_keys_are_reported_together() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("config.toml");
        let text = "glyphs = \"emoji\"\ntheme = \"own\"\n[keys]\nsort = \"ctrl-a\"\n";
        std::fs::write(&file, text).unwrap();
        let (configuration, mut told) = Configuration::read(&file);
        told.extend(Settings::mistakes(&configuration));
        let told: Vec<_> = told.iter().map(ToString::to_string).collect();
        assert_eq!(told.len(), 3, "{told:?}");
        for part in [
            "line 1: glyphs",
            "line 2: theme: could not read the theme own",
            "line 4: keys.sort: `ctrl-a` must be one key; write <c-a>",
        ] {
            assert!(
                told.iter().any(|told| told.contains(part)),
                "{part}: {told:?}"
            );
        }
    }

    #[test]
    fn a_theme_name_must_exist() {
        let missing = settings("theme = \"own\"\n", None).unwrap_err();
        assert!(missing[0].to_string().contains("own"), "{missing:?}");
        assert!(settings("theme = \"../own\"\n", Some("")).is_err());
    }
}
