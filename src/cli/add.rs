//! `aemkeys add`: recognises a file, describes it and stores it.

use super::ask;
use super::block_on::block_on;
use super::globals::{Globals, absolute};
use super::options::{Confirm, HostFlags, OutputFlags, TrustFlags, environment_type};
use super::output::{self, Cell};
use crate::app::add::{self, AddOptions, Added, Preview, Relation};
use crate::app::guard::{Act, Subject};
use crate::app::{AppContext, read_input};
use aemkeys_core::credential::{Code, Imported, Problem, detect};
use aemkeys_core::environment::{Approval, EnvironmentType, Name, Unconfirmed, allow_list};
use clap::Args;
use std::path::PathBuf;

/// Add service credentials, an OAuth credential, a development token or a local SDK
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  aemkeys add service_token.json --type stage
  aemkeys add oauth.json --env p123-e1250 --name wknd-stage
  aemkeys add --type local --name sdk
  aemkeys add - --name wknd-stage --type stage < service_token.json")]
pub struct AddArgs {
    /// Files from the AEM or Adobe Developer Console; `-` reads standard input; none with `--type local`
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Name of the environment; by default its ids, `p123-e1250`
    #[arg(long, value_name = "NEW")]
    name: Option<String>,
    /// Type of the environment; `unset` is treated as Production
    #[arg(long = "type", value_name = "TYPE", value_parser = environment_type(), ignore_case = true)]
    environment_type: Option<EnvironmentType>,
    /// Label of this identity, if the environment has several
    #[arg(long, value_name = "NEW")]
    label: Option<String>,
    /// Customer, used for grouping; by default the IMS organisation
    #[arg(long)]
    customer: Option<String>,
    #[command(flatten)]
    hosts: HostFlags,
    #[command(flatten)]
    trust: TrustFlags,
    /// Accept the suggested label without asking
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    confirm: Confirm,
    #[command(flatten)]
    output: OutputFlags,
}

pub fn run(globals: &Globals, args: AddArgs) -> Result<u8, Problem> {
    if args.files.len() > 1 && (args.name.is_some() || args.label.is_some()) {
        return Err(
            Problem::new(Code::Usage, "`--name` and `--label` apply to a single file")
                .next_step("add the files one at a time"),
        );
    }
    if args.files.is_empty() {
        if args.environment_type != Some(EnvironmentType::Local) {
            return Err(Problem::new(Code::Usage, "no file was given")
                .next_step("run `aemkeys add FILE`, `aemkeys add -` for standard input, or `aemkeys add --type local` for a local SDK"));
        }
        let choices = choices(&args)?;
        let context = globals.open()?;
        return report(&args, &block_on(add::store_local(&context, choices))?).map(|()| 0);
    }
    let context = globals.open()?;
    let mut first_error = None;
    for file in &args.files {
        if let Err(mut problem) = add_file(&context, &args, file) {
            if args.files.len() == 1 {
                return Err(problem);
            }
            problem.message = format!("{}: {}", shown(file), problem.message);
            if let Some(earlier) = first_error.replace(problem) {
                output::problem(&earlier);
            }
        }
    }
    first_error.map_or(Ok(0), Err)
}

fn add_file(context: &AppContext, args: &AddArgs, file: &std::path::Path) -> Result<(), Problem> {
    let input = read_input(file)?;
    let mut imported = detect(input.expose())?;
    drop(input);
    let mut choices = choices(args)?;
    if file.as_os_str() != "-" {
        choices.imported_from = absolute(file);
    }
    let preview = add::preview(context, &imported, &choices)?;
    if !args.output.json {
        describe(&imported, &preview);
    }
    choices.trusted.extend(confirm(&preview.unconfirmed)?);
    if matches!(preview.relation, Relation::NewIdentity { .. })
        && choices.label.is_none()
        && !choices.accept_suggestions
        && ask::is_interactive()
    {
        let answer = ask::line(&format!(
            "This is a new account of a stored environment. Label [{}]: ",
            preview.suggested_label
        ))?;
        if answer.trim().is_empty() {
            choices.accept_suggestions = true;
        } else {
            choices.label = Some(Name::parse(answer.trim())?);
        }
    }
    if let Some(changes) = block_on(add::changes(context, &mut imported, &choices))? {
        if !args.output.json {
            output::note("Already stored, with other content:");
            for change in &changes.lines {
                output::note(&format!("  {change}"));
            }
        }
        if changes.needs_confirmation {
            let subject = Subject::Identity(changes.identity);
            let question = "Replace the stored content?";
            choices.confirmed = Some(args.confirm.ask(context, subject, Act::Edit, question)?);
        }
    }
    let added = block_on(add::store(context, imported, choices))?;
    report(args, &added)
}

fn choices(args: &AddArgs) -> Result<AddOptions, Problem> {
    Ok(AddOptions {
        name: args.name.as_deref().map(Name::parse).transpose()?,
        label: args.label.as_deref().map(Name::parse).transpose()?,
        environment_type: args.environment_type,
        customer: args
            .customer
            .as_deref()
            .map(|text| aemkeys_core::credential::text::clean(text.trim(), 80))
            .filter(|customer| !customer.is_empty()),
        ids: args.hosts.ids()?,
        hosts: args.hosts.hosts()?,
        trusted: args.trust.approvals()?,
        accept_suggestions: args.yes,
        confirmed: None,
        imported_from: None,
    })
}

/// Asks for each host and purpose to be typed. Without a terminal, returns an error for the first one.
pub fn confirm(unconfirmed: &[Unconfirmed]) -> Result<Vec<Approval>, Problem> {
    if !ask::is_interactive() {
        return allow_list::refuse_first(unconfirmed).map(|()| Vec::new());
    }
    let mut approvals = Vec::new();
    for it in unconfirmed {
        if !it.is_confirmed_by(&approvals) {
            ask::typed_host(&it.warning(), it.host.as_str())?;
            approvals.push(Approval::new(it.host.clone(), it.purpose));
        }
    }
    Ok(approvals)
}

fn describe(imported: &Imported, preview: &Preview) {
    let what = match imported {
        Imported::Service(_) => "service credentials (AEM Developer Console)",
        Imported::Oauth(_) => "OAuth server-to-server credential (Adobe Developer Console)",
        Imported::DevelopmentToken(token) if token.is_of_account() => {
            "a technical account's access token (expires within a day; aemkeys cannot get a new one without the credential)"
        }
        Imported::DevelopmentToken(_) => {
            "local development token (a person's, expires within a day)"
        }
    };
    output::note(&format!("Recognised: {what}"));
    for check in &preview.checks {
        let (glyph, colour) = output::verdict(check.verdict);
        output::note(&format!(
            "  {} {}",
            output::paint(colour, glyph, output::Stream::Err),
            check.text
        ));
    }
}

fn report(args: &AddArgs, added: &Added) -> Result<(), Problem> {
    let (status, full_name) = match added {
        Added::Stored {
            full_name,
            warnings,
            ..
        } => {
            for text in warnings {
                output::warning(text);
            }
            ("stored", full_name)
        }
        Added::AlreadyStored { full_name, .. } => ("already-stored", full_name),
        Added::Updated {
            full_name, notes, ..
        } => {
            for note in notes {
                output::note(&note.in_shell());
            }
            ("updated", full_name)
        }
        Added::Restored {
            full_name, notes, ..
        } => {
            for note in notes {
                output::warning(&note.in_shell());
            }
            ("restored", full_name)
        }
    };
    if args.output.json {
        return output::answer_json(
            &serde_json::json!({"version": 1, "status": status, "name": full_name}),
        );
    }
    let words = match status {
        "updated" => return output::answer_line(&format!("updated {full_name}")),
        other => other.replace('-', " "),
    };
    output::answer(
        output::table(&[vec![Cell::plain(format!("{words} as {full_name}"))]]).as_bytes(),
    )
}

fn shown(path: &std::path::Path) -> String {
    aemkeys_core::credential::text::clean(&path.display().to_string(), 200)
}
