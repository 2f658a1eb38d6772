//! `aemkeys exec`: runs a program with the token and the hosts in its environment.

use super::ask;
use super::block_on::block_on;
use super::globals::Globals;
use super::options::{ConfirmEach, Validity};
use super::output;
use crate::app::env_file::{EnvFile, Reference};
use crate::app::exec::{self, Values, Wanted};
use crate::app::guard::{Act, Subject};
use crate::app::preset::{Assignment, Content, Preset};
use crate::app::project::{self, ProjectFile};
use crate::app::{AppContext, Index, Mask, nearest, resolve};
use aemkeys_core::credential::shell;
use aemkeys_core::credential::text::clean;
use aemkeys_core::credential::{Code, Problem, Secret};
use clap::{Args, CommandFactory};
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use uuid::Uuid;

/// Run a program with the token and the hosts in its environment
#[derive(Debug, Args)]
#[command(
    override_usage = "aemkeys exec [OPTIONS] NAME [--] PROGRAM [ARGUMENT]...
       aemkeys exec [OPTIONS] -- PROGRAM [ARGUMENT]..."
)]
#[command(after_help = "\
Sets AEM_TOKEN, AEM_AUTHOR_URL, AEM_PUBLISH_URL and AEM_PREVIEW_URL, and ends with the exit code of the program. For programs that \
read other variables, there are presets: acm, aio, appbuilder, edge, headless, react and upload; files in presets/ beside \
config.toml add your own. A file with lines such as TOKEN={{aemkeys:wknd-dev/token}} sets variables of several environments. \
Without NAME, the .aemkeys.toml of the project decides, if you have allowed it.

Examples:
  aemkeys exec wknd-stage npm run integration-tests
  aemkeys exec wknd-stage --preset upload node upload.js
  aemkeys exec wknd-stage --set AEM_URL=publish -- ./smoke-test.sh
  aemkeys exec --env-file dev.env -- npm start
  aemkeys exec wknd-stage --mask -- ./deploy.sh
  aemkeys exec -- npm test
  aemkeys exec wknd-prod --confirm wknd-prod --min-valid 2h -- ./export.sh")]
pub struct ExecArgs {
    /// ENV/LABEL, or ENV for its default identity: the service credential, unless you chose another
    #[arg(value_name = "NAME")]
    name: Option<String>,
    /// Also set the variables of this preset, such as `upload`; repeatable
    #[arg(long = "preset", value_name = "PRESET")]
    presets: Vec<String>,
    /// Set the variables of this file, in the dotenv format, with references such as `{{aemkeys:NAME/token}}`; repeatable
    #[arg(long = "env-file", value_name = "FILE")]
    env_files: Vec<PathBuf>,
    /// Set a variable to `token`, `header`, `author`, `publish`, `preview`, `org`, `client-id`, `scopes`, `expires-at` or `expires-at-ms`
    #[arg(long = "set", value_name = "VARIABLE=CONTENT")]
    assignments: Vec<Assignment>,
    /// Replace the token by `***` in what the program prints, also in base64 and in URLs; the program then writes to a pipe
    #[arg(long)]
    mask: bool,
    #[command(flatten)]
    validity: Validity,
    #[command(flatten)]
    confirm: ConfirmEach,
    /// Hand over the client secret of this identity without asking, for the preset appbuilder
    #[arg(long, value_name = "NAME")]
    client_secret_of: Option<String>,
    /// The program and its arguments; options of aemkeys come before it, or it comes after `--`
    #[arg(value_name = "PROGRAM", allow_hyphen_values = true)]
    command: Vec<OsString>,
    #[arg(
        value_name = "PROGRAM",
        last = true,
        hide = true,
        help = "The program and its arguments"
    )]
    after_dashes: Vec<OsString>,
}

impl ExecArgs {
    /// Returns the program and its arguments.
    fn program(&self) -> Result<(&OsStr, Vec<OsString>), Problem> {
        if let Some(option) = self.command.first() {
            refuse_option(option)?;
        }
        let mut words = self.command.iter().chain(&self.after_dashes);
        let program = words.next().ok_or_else(|| {
            Problem::new(Code::Usage, "no program was given")
                .next_step("write the program after the name of the environment")
        })?;
        Ok((program, words.cloned().collect()))
    }
}

/// Refuses a mistyped option, which would else be the program. After `--`, a program may be called anything.
fn refuse_option(program: &OsStr) -> Result<(), Problem> {
    let shown = program.to_string_lossy();
    if !shown.starts_with('-') {
        return Ok(());
    }
    let command = super::Arguments::command();
    let exec = command.find_subcommand("exec").into_iter();
    let options: Vec<String> = exec
        .flat_map(clap::Command::get_opts)
        .filter_map(|option| option.get_long().map(|name| format!("--{name}")))
        .collect();
    let next = match nearest(&shown, options.iter().map(String::as_str)).first() {
        Some(near) => format!("did you mean {near}? Else, "),
        None => String::new(),
    };
    let unknown = format!("exec has no option {}", clean(&shown, 60));
    Err(Problem::new(Code::Usage, unknown).next_step(format!(
        "{next}to run a program with this name, write `--` before it"
    )))
}

/// An identity of which the program gets something.
struct Source<'a> {
    id: Uuid,
    name: &'a str,
    contents: Vec<Content>,
    /// The first reference to it, unless it is the identity that was named.
    reference: Option<(&'a EnvFile, &'a Reference)>,
}

impl Source<'_> {
    /// Adds to an error where the identity is named, and names it in the next step.
    fn locate(&self, mut problem: Problem) -> Problem {
        if let Some(step) = &mut problem.next_step {
            step.set_subject(self.name);
        }
        match self.reference {
            Some((file, reference)) => file.unresolved(reference, problem),
            None => problem,
        }
    }
}

/// Returns all identities, the named one first.
fn sources<'a>(
    index: &Index,
    named: Option<(Uuid, &'a str, Vec<Content>)>,
    files: &'a [EnvFile],
) -> Result<Vec<Source<'a>>, Problem> {
    let named = named.map(|(id, name, contents)| Source {
        id,
        name,
        contents,
        reference: None,
    });
    let mut sources: Vec<Source> = named.into_iter().collect();
    for file in files {
        for reference in file.references() {
            let id = file.resolve(index, reference)?;
            match sources.iter_mut().find(|source| source.id == id) {
                Some(source) => source.contents.push(reference.content),
                None => sources.push(Source {
                    id,
                    name: &reference.name,
                    contents: vec![reference.content],
                    reference: Some((file, reference)),
                }),
            }
        }
    }
    Ok(sources)
}

pub fn run(globals: &Globals, args: ExecArgs) -> Result<u8, Problem> {
    let context = globals.open()?;
    let (program, arguments) = args.program()?;
    let project = match &args.name {
        Some(_) => None,
        None => project(&context)?,
    };
    let of_project = project.iter().filter_map(|it| it.preset.as_ref());
    let presets = of_project.chain(&args.presets);
    let presets = presets.map(|name| Preset::load(name, &context.configuration));
    let of_presets = exec::variables(presets.collect::<Result<_, _>>()?);
    let assigned = args.assignments.iter();
    let assigned: Vec<_> = assigned
        .map(|it| (it.name.clone(), Wanted::Content(it.content)))
        .collect();
    let files = args.env_files.iter().map(|file| EnvFile::read(file));
    let files: Vec<EnvFile> = files.collect::<Result<_, _>>()?;
    let index = context.read_index()?;
    let of_project = project.as_ref().map(|file| file.environment.as_str());
    let name = match args.name.as_deref().or(of_project) {
        Some(name) => Some(name),
        None if !files.is_empty() && args.presets.is_empty() && assigned.is_empty() => None,
        None => {
            return Err(Problem::new(Code::Usage, "no environment was named")
                .cause(format!(
                    "no {} is in this folder or above it",
                    project::FILE
                ))
                .next_step("write its name before the program"));
        }
    };
    let named = name
        .map(|name| {
            let of_name = of_presets.iter().chain(&assigned);
            let of_name = of_name.filter_map(|(_, wanted)| match wanted {
                Wanted::Content(what) => Some(*what),
                Wanted::Text(_) => None,
            });
            Ok((resolve::identity(&index, name)?, name, of_name.collect()))
        })
        .transpose()?;
    let is_named = named.is_some();
    let sources = sources(&index, named, &files)?;
    let shown = clean(&program.to_string_lossy(), 100);
    let values = read(&context, &args, &sources, &shown)?;
    let mut variables: Vec<(String, Option<Secret>)> = Vec::new();
    let of_name = |all: Vec<(String, Wanted)>| {
        let filled = all.into_iter().map(|(name, wanted)| match wanted {
            Wanted::Text(text) => (name, Some(Secret::from(text))),
            Wanted::Content(what) => (name, values.first().and_then(|it| it.get(what))),
        });
        filled.collect::<Vec<_>>()
    };
    if is_named {
        variables.extend(of_name(of_presets));
    }
    for file in &files {
        let filled = file.variables(|reference| {
            let id = file.resolve(&index, reference).ok()?;
            let at = sources.iter().position(|source| source.id == id)?;
            values.get(at)?.get(reference.content)
        })?;
        variables.extend(filled.into_iter().map(|(name, value)| (name, Some(value))));
    }
    if is_named {
        variables.extend(of_name(assigned));
    }
    let secrets = values.iter().filter(|_| args.mask);
    let mask = Mask::new(secrets.flat_map(Values::secrets));
    start(globals, program, &arguments, &variables, mask)
}

/// Returns the file of the project, if there is one. Fails if it must not be used.
fn project(context: &AppContext) -> Result<Option<ProjectFile>, Problem> {
    let Some(path) = project::find(Path::new(".")) else {
        return Ok(None);
    };
    let file = ProjectFile::read(&path)?;
    if !file.is_allowed(context) {
        return Err(file.not_allowed());
    }
    let identity = file.resolve(context.read_index()?.as_ref())?;
    block_on(file.check_unguarded(context, identity))?;
    Ok(Some(file))
}

/// Confirms that a program gets the client secret: each time, unless the option names the identity.
fn confirm_client_secret(args: &ExecArgs, name: &str, program: &str) -> Result<(), Problem> {
    if args.client_secret_of.as_deref() == Some(name) {
        return Ok(());
    }
    let question = exec::client_secret_question(&clean(name, 100), program);
    if let Some(why) = ask::unavailable() {
        let quoted = shell::quoted(name);
        return Err(Act::Exec
            .not_confirmed(format!(
                "the client secret is handed over only after a question: {why}"
            ))
            .next_step(format!("confirm with `--client-secret-of {quoted}`")));
    }
    if ask::yes(&question)? {
        return Ok(());
    }
    Err(Act::Exec.not_confirmed("the answer was no"))
}

/// Confirms everything, then reads the values of each identity.
fn read(
    context: &AppContext,
    args: &ExecArgs,
    sources: &[Source],
    program: &str,
) -> Result<Vec<Values>, Problem> {
    let mut confirmed = Vec::new();
    for source in sources {
        let name = clean(source.name, 100);
        let asked = args.confirm.ask(
            context,
            Subject::Identity(source.id),
            Act::Exec,
            &format!("Run {program} with the token of {name}?"),
        );
        confirmed.push(asked.map_err(|problem| source.locate(problem))?);
        if source.contents.contains(&Content::ClientSecret) {
            confirm_client_secret(args, source.name, program)?;
        }
    }
    let (min_valid, strict) = args.validity.required()?;
    let mut all = Vec::new();
    for (source, confirmed) in sources.iter().zip(&confirmed) {
        let contents = &source.contents;
        let values = exec::values(context, source.id, min_valid, strict, confirmed, contents);
        let values = block_on(values).map_err(|problem| source.locate(problem))?;
        for warning in values.warnings() {
            output::warning(&warning.in_shell());
        }
        all.push(values);
    }
    Ok(all)
}

fn start(
    globals: &Globals,
    program: &OsStr,
    arguments: &[OsString],
    variables: &[(String, Option<Secret>)],
    mask: Mask,
) -> Result<u8, Problem> {
    let mut texts = Vec::new();
    for (name, value) in variables {
        let value = value
            .as_ref()
            .map(|value| std::str::from_utf8(value.expose()));
        let value = value
            .transpose()
            .map_err(|_| Problem::new(Code::Internal, "the token is not valid UTF-8"))?;
        texts.push((name.as_str(), value));
    }
    globals.warn_of_rollback();
    crate::app::run_program(program, arguments, &texts, mask)
}
