//! `aemkeys which`: the identity that `exec` would use, and why.

use super::allow::missing;
use super::document;
use super::globals::Globals;
use super::output::{self, Cell, Paint};
use crate::app::preset::Preset;
use crate::app::project::{self, ProjectFile};
use crate::app::{AppContext, exec, resolve};
use aemkeys_core::credential::text::clean;
use aemkeys_core::credential::{Exit, Problem};
use aemkeys_core::environment::EnvironmentType;
use clap::Args;
use schemars::JsonSchema;
use serde::Serialize;
use std::path::Path;

/// Show which identity and variables `exec` uses here, and why; works with the keyring locked
#[derive(Debug, Args)]
#[command(after_help = "\
Exits with 77 if `exec` would refuse this .aemkeys.toml. For a Production or untyped environment that you name, `exec` also asks for \
confirmation.

Examples:
  aemkeys which
  aemkeys which wknd-stage --preset upload")]
pub struct WhichArgs {
    /// ENV or ENV/LABEL, as given to `exec`; without it, the .aemkeys.toml of the folder decides
    #[arg(value_name = "NAME")]
    name: Option<String>,
    /// A preset, as given to `exec`; repeatable
    #[arg(long = "preset", value_name = "PRESET")]
    presets: Vec<String>,
}

/// What chose the identity.
#[derive(Clone, Copy, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum ChosenBy {
    /// The name on the command line.
    Argument,
    /// The file `.aemkeys.toml` of the project.
    File,
}

/// The identity that `exec` uses.
#[derive(Serialize, JsonSchema)]
pub struct WhichDocument {
    /// The full name of the identity.
    name: String,
    #[serde(rename = "type")]
    environment_type: EnvironmentType,
    chosen_by: ChosenBy,
    /// The file of the project, if it decides.
    file: Option<String>,
    /// The presets of the file and of the command line.
    presets: Vec<String>,
    /// The names of the variables that are set. Those without a value are unset.
    variables: Vec<String>,
    /// Why `exec` would refuse it; null if it would not.
    refused: Option<String>,
    /// What to do if it is refused.
    next_step: Option<String>,
}

pub fn run(globals: &Globals, args: WhichArgs) -> Result<u8, Problem> {
    let context = globals.open_with(false)?;
    let index = context.read_index()?;
    let mut presets = args.presets;
    let (id, file) = if let Some(name) = &args.name {
        (resolve::identity(&index, name)?, None)
    } else {
        let folder = Path::new(".");
        let path = project::find(folder).ok_or_else(|| missing(folder))?;
        let file = ProjectFile::read(&path)?;
        presets.splice(0..0, file.preset.clone());
        (file.resolve(&index)?, Some(file))
    };
    let (environment, identity) = index.identity(id).ok_or_else(resolve::no_longer_stored)?;
    let environment_type = environment.environment_type;
    let refused = file
        .as_ref()
        .and_then(|file| why_refused(&context, file, environment_type));
    let loaded = presets
        .iter()
        .map(|name| Preset::load(name, &context.configuration));
    let variables = exec::variables(loaded.collect::<Result<_, _>>()?);
    let next_step = refused.as_ref().and_then(|it| it.next_step.as_ref());
    let answer = WhichDocument {
        name: resolve::full_name(environment, identity),
        environment_type,
        chosen_by: file.as_ref().map_or(ChosenBy::Argument, |_| ChosenBy::File),
        file: file.as_ref().map(ProjectFile::shown),
        presets: presets.iter().map(|preset| clean(preset, 100)).collect(),
        variables: exec::names_set(variables, environment, identity),
        next_step: next_step.map(aemkeys_core::credential::Guidance::in_shell),
        refused: refused.map(|it| it.to_string()),
    };
    let code = if answer.refused.is_some() {
        Exit::Guarded.number()
    } else {
        0
    };
    if output::mode().json {
        document::answer(answer);
    } else {
        print(&answer)?;
    }
    Ok(code)
}

fn why_refused(
    context: &AppContext,
    file: &ProjectFile,
    environment_type: EnvironmentType,
) -> Option<Problem> {
    // What can't be allowed is not worth reading.
    if environment_type.is_guarded() {
        return Some(file.guarded(environment_type));
    }
    (!file.is_allowed(context)).then(|| file.not_allowed())
}

fn print(answer: &WhichDocument) -> Result<(), Problem> {
    let chosen_by = match &answer.file {
        Some(file) => file.clone(),
        None => "the name on the command line".to_owned(),
    };
    let mut rows = vec![
        ("Identity", answer.name.clone()),
        ("Type", answer.environment_type.as_str().to_owned()),
        ("Chosen by", chosen_by),
        ("Presets", answer.presets.join(", ")),
        ("Sets", answer.variables.join(", ")),
    ];
    if let Some(refused) = &answer.refused {
        rows.push(("Refused", refused.clone()));
        rows.push(("Next", answer.next_step.clone().unwrap_or_default()));
    }
    let rows: Vec<_> = rows
        .into_iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| vec![Cell::painted(name, Paint::Dim), Cell::plain(value)])
        .collect();
    output::answer(output::table(&rows).as_bytes())
}
