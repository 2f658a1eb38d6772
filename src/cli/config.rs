//! `aemkeys config`: shows, changes and checks the settings in `config.toml`.

use clap::{Args, Subcommand};
use schemars::JsonSchema;
use serde::Serialize;

use super::document;
use super::globals::{Globals, report_all};
use super::output::{self, Cell, Paint};
use crate::app::settings_table::{self, Setting, SettingForm};
use crate::app::{Configuration, StorageKind, did_you_mean};
use crate::tui::{self, keymap};
use aemkeys_core::credential::shell::quoted;
use aemkeys_core::credential::text::{clean, counted};
use aemkeys_core::credential::{Code, Problem};

/// Show, change and check the settings
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  aemkeys config get
  aemkeys config set theme light
  aemkeys config set keys.copy c '<c-y>'
  aemkeys config check")]
pub struct ConfigArgs {
    #[command(subcommand)]
    action: ConfigAction,
}

#[derive(Debug, Subcommand)]
enum ConfigAction {
    /// Print the path of config.toml
    #[command(after_help = "Examples:
  aemkeys config path")]
    Path,
    /// Print the value of a setting, or all settings with their source
    #[command(after_help = "Examples:
  aemkeys config get
  aemkeys config get theme")]
    Get {
        /// Setting, such as `theme` or `thresholds.token_soon`
        #[arg(value_name = "SETTING")]
        name: Option<String>,
    },
    /// Change a setting; keeps comments and order
    #[command(after_help = "Examples:
  aemkeys config set thresholds.credential_soon 60d
  aemkeys config set keys.copy c '<c-y>'
  aemkeys config set passphrase_command pass show aemkeys")]
    Set {
        /// Setting, such as `theme`, `thresholds.token_soon` or `keys.copy`
        #[arg(value_name = "SETTING")]
        name: String,
        /// New value; several words for a command or for the keys of an action
        #[arg(value_name = "VALUE", required = true)]
        values: Vec<String>,
    },
    /// Remove a setting from config.toml, so that its default applies
    #[command(after_help = "Examples:
  aemkeys config unset theme")]
    Unset {
        /// Setting, such as `theme`
        #[arg(value_name = "SETTING")]
        name: String,
    },
    /// Report all mistakes in config.toml and in your theme
    #[command(after_help = "Examples:
  aemkeys config check --json")]
    Check,
}

/// Where the settings are.
#[derive(Serialize, JsonSchema)]
pub struct ConfigPathDocument {
    /// The path of `config.toml`.
    path: String,
    /// Whether the file exists. Without it, every setting has its default.
    exists: bool,
}

/// Settings with their values.
#[derive(Serialize, JsonSchema)]
pub struct ConfigDocument {
    settings: Vec<SettingDocument>,
}

/// A setting with its value.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Setting")]
struct SettingDocument {
    /// The name, such as `thresholds.token_soon`.
    name: String,
    /// The value in use, as a text; null without one.
    value: Option<String>,
    /// The value without a line in the file; null without one.
    default: Option<String>,
    source: SettingSource,
    /// The line in `config.toml`; null if the value is not from there.
    line: Option<usize>,
}

/// Where the value of a setting comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum SettingSource {
    /// Nothing sets it.
    Default,
    /// `config.toml`.
    File,
    /// An environment variable.
    Variable,
    /// An option of this command.
    Option,
}

/// The mistakes in the settings.
#[derive(Serialize, JsonSchema)]
pub struct ConfigCheckDocument {
    /// The path of `config.toml`.
    path: String,
    /// The mistakes. Each message begins with the file and the line.
    mistakes: Vec<document::ErrorDocument>,
}

pub fn run(globals: &Globals, args: ConfigArgs) -> Result<u8, Problem> {
    let (configuration, mut mistakes) = crate::app::configuration();
    mistakes.extend(tui::Settings::mistakes(&configuration));
    match args.action {
        ConfigAction::Path => path(&configuration),
        ConfigAction::Get { name } => {
            get(globals, &configuration, name.as_deref())?;
            for mistake in &mistakes {
                output::warning(&mistake.to_string());
            }
            Ok(0)
        }
        ConfigAction::Set { name, values } => {
            let setting = find(&name)?;
            let value = value(setting, values)?;
            change(&configuration, &mistakes, &name, Some(value))
        }
        ConfigAction::Unset { name } => {
            // A setting that does not exist may be in the file.
            if !configuration.given.contains_key(&name) {
                find(&name)?;
            }
            change(&configuration, &mistakes, &name, None)
        }
        ConfigAction::Check => check(&configuration, mistakes),
    }
}

fn path(configuration: &Configuration) -> Result<u8, Problem> {
    let path = path_of(configuration)?;
    let exists = configuration.file.as_ref().is_some_and(|it| it.exists());
    document::done(&path.clone(), ConfigPathDocument { path, exists })
}

fn path_of(configuration: &Configuration) -> Result<String, Problem> {
    let file = configuration.file.as_ref().ok_or_else(|| {
        Problem::new(Code::NoHome, "there is no home directory for config.toml")
            .next_step("set HOME")
    })?;
    Ok(file.display().to_string())
}

/// Returns the setting, or an error with the one that was meant.
fn find(name: &str) -> Result<&'static Setting, Problem> {
    let action = name.strip_prefix("keys.");
    let is_action = |id: &str| keymap::actions().any(|action| action == id);
    match settings_table::find(name) {
        Some(setting) if action.is_none_or(is_action) => Ok(setting),
        _ => {
            let keys: Vec<String> = keymap::actions().map(|id| format!("keys.{id}")).collect();
            let known = settings_table::all().map(|setting| setting.name);
            let known = known.chain(keys.iter().map(String::as_str));
            let shown = quoted(&clean(name, 80));
            Err(
                Problem::new(Code::Usage, format!("unknown setting {shown}"))
                    .next_step(did_you_mean(name, known)),
            )
        }
    }
}

fn get(
    globals: &Globals,
    configuration: &Configuration,
    name: Option<&str>,
) -> Result<(), Problem> {
    let names: Vec<String> = if let Some(name) = name {
        find(name)?;
        vec![name.to_owned()]
    } else {
        let keys = configuration.keys.keys();
        let keys = keys.map(|action| format!("keys.{action}"));
        let all = settings_table::all().map(|setting| setting.name.to_owned());
        all.chain(keys).collect()
    };
    let settings: Vec<SettingDocument> = names
        .iter()
        .filter_map(|name| {
            Some(in_use(
                globals,
                configuration,
                name,
                settings_table::find(name)?,
            ))
        })
        .collect();
    if output::mode().json {
        document::answer(ConfigDocument { settings });
        return Ok(());
    }
    if let (Some(_), [setting]) = (name, settings.as_slice()) {
        return match &setting.value {
            Some(value) => output::answer_line(value),
            None => Ok(()),
        };
    }
    let mut rows = vec![output::headings(["SETTING", "VALUE", "SOURCE"])];
    rows.extend(settings.into_iter().map(|setting| {
        let source = source_words(&setting);
        let is_default = setting.source == SettingSource::Default;
        vec![
            Cell::plain(setting.name),
            Cell::plain(setting.value.unwrap_or_default()),
            if is_default {
                Cell::painted(source, Paint::Dim)
            } else {
                Cell::plain(source)
            },
        ]
    }));
    output::answer(output::table(&rows).as_bytes())
}

fn source_words(setting: &SettingDocument) -> String {
    let known = settings_table::find(&setting.name);
    match setting.source {
        SettingSource::Default => "default".to_owned(),
        SettingSource::File => {
            let line = setting.line.unwrap_or(1);
            format!("config.toml, line {line}")
        }
        SettingSource::Variable => known
            .and_then(|it| it.variable)
            .unwrap_or_default()
            .to_owned(),
        SettingSource::Option => known
            .and_then(|it| it.option)
            .unwrap_or_default()
            .to_owned(),
    }
}

/// Returns the value without the option, the variable and a line of the file.
fn default_of(name: &str, setting: Option<&Setting>) -> Option<String> {
    let of_setting = setting.and_then(|it| it.default).map(str::to_owned);
    of_setting.or_else(|| keymap::default_keys(name.strip_prefix("keys.")?))
}

/// Returns the value in use: of the option, the variable, the file, or the default.
fn in_use(
    globals: &Globals,
    configuration: &Configuration,
    name: &str,
    setting: &'static Setting,
) -> SettingDocument {
    let option = setting.option.and_then(|_| globals.storage());
    let variable = setting.variable.and_then(|name| std::env::var(name).ok());
    let variable = variable.filter(|value| !value.is_empty());
    let given = configuration.given.get(name);
    let default = default_of(name, Some(setting));
    let (value, source) = match (option, variable, given) {
        (Some(storage), ..) => (
            Some(StorageKind::as_str(storage).to_owned()),
            SettingSource::Option,
        ),
        (None, Some(value), _) => (Some(clean(&value, 80)), SettingSource::Variable),
        (None, None, Some(given)) => (Some(given.value.clone()), SettingSource::File),
        (None, None, None) => (default.clone(), SettingSource::Default),
    };
    SettingDocument {
        name: name.to_owned(),
        value,
        default,
        line: given
            .filter(|_| source == SettingSource::File)
            .map(|given| given.line),
        source,
    }
}

/// Returns the value for the file.
fn value(setting: &Setting, values: Vec<String>) -> Result<toml_edit::Value, Problem> {
    let wrong = |why: &str| {
        let message = format!("{}: {why}", setting.name);
        Err(Problem::new(Code::Usage, message))
    };
    let list = |values: Vec<String>| toml_edit::Value::from_iter(values);
    match (setting.form, values.as_slice()) {
        (SettingForm::Words, _) => Ok(list(values)),
        (SettingForm::Keys, [key]) => Ok(key.as_str().into()),
        (SettingForm::Keys, _) => Ok(list(values)),
        (SettingForm::Text, [text]) => Ok(text.as_str().into()),
        (SettingForm::Number, [text]) => match text.parse::<i64>() {
            Ok(number) => Ok(number.into()),
            Err(_) => wrong("expects a number"),
        },
        (SettingForm::Text | SettingForm::Number, _) => {
            wrong("expects one value; quote it if it contains spaces")
        }
    }
}

/// Changes the file, unless the change would be a mistake. Mistakes that were there before do not stop it.
fn change(
    configuration: &Configuration,
    before: &[Problem],
    name: &str,
    value: Option<toml_edit::Value>,
) -> Result<u8, Problem> {
    let mut changed = configuration.changed(name, value)?;
    changed
        .mistakes
        .extend(tui::Settings::mistakes(&changed.configuration));
    let new = changed.mistakes.iter().find(|mistake| {
        // A line above may have been added.
        let why = |problem: &Problem| {
            problem
                .message
                .split_once(": ")
                .map(|(_, it)| it.to_owned())
        };
        !before.iter().any(|known| why(known) == why(mistake))
    });
    if let Some(mistake) = new {
        let why = mistake.message.split_once(": ");
        let why = why.map_or(mistake.message.as_str(), |(_, why)| why);
        let problem = Problem::new(Code::Configuration, format!("not changed: {why}"));
        // The line was not written.
        let step = mistake.next_step.as_ref();
        let step = step.filter(|step| step.in_shell() != "correct this line");
        return Err(match step {
            Some(step) => problem.next_step(step.clone()),
            None => problem,
        });
    }
    configuration.write(&changed)?;
    let given = changed.configuration.given.get(name);
    let setting = settings_table::find(name);
    let default = default_of(name, setting);
    let words = match (given, &default) {
        (Some(given), _) => format!("{name} = {}", given.value),
        (None, Some(default)) => format!("removed {name}; its default is {default}"),
        (None, None) => format!("removed {name}"),
    };
    if let Some(variable) = setting.and_then(|it| it.variable)
        && std::env::var_os(variable).is_some_and(|value| !value.is_empty())
    {
        output::warning(&format!("{variable} is set and wins over config.toml"));
    }
    let setting = SettingDocument {
        name: name.to_owned(),
        value: given.map(|given| given.value.clone()).or(default.clone()),
        default,
        source: given.map_or(SettingSource::Default, |_| SettingSource::File),
        line: given.map(|given| given.line),
    };
    document::done(
        &words,
        ConfigDocument {
            settings: vec![setting],
        },
    )
}

fn check(configuration: &Configuration, mistakes: Vec<Problem>) -> Result<u8, Problem> {
    let path = path_of(configuration)?;
    let code = if mistakes.is_empty() {
        0
    } else {
        Code::Configuration.exit().number()
    };
    if output::mode().json {
        let mistakes = mistakes
            .iter()
            .map(|mistake| document::ErrorDocument::new(mistake, Some(&path)))
            .collect();
        document::answer(ConfigCheckDocument { path, mistakes });
        return Ok(code);
    }
    if mistakes.is_empty() {
        let exists = configuration.file.as_ref().is_some_and(|it| it.exists());
        let words = if exists {
            format!("{path}: no mistakes")
        } else {
            format!("{path} does not exist; every setting has its default")
        };
        output::answer_line(&words)?;
        return Ok(code);
    }
    let count = counted(mistakes.len(), "mistake");
    output::problem(&report_all(mistakes), None);
    output::note(&count);
    Ok(code)
}
