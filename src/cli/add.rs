//! `aemkeys add`: recognises a file, describes it and stores it.

use super::arguments::{Add, HostFlags, TrustFlags};
use super::globals::{Globals, absolute, block_on};
use super::output::{self, Cell, Paint};
use super::{ask, guard};
use crate::app::add::{self, Added, Choices, Preview, Relation};
use crate::app::guard::{Act, Subject};
use crate::app::{AppContext, read_input};
use aemkeys_core::credential::service_credentials::Verdict;
use aemkeys_core::credential::{Code, Imported, Problem, detect};
use aemkeys_core::environment::{
    Approval, CloudIds, EnvironmentType, HostName, Hosts, Name, Purpose, TierAddress, Unconfirmed,
    allow_list, parse_domain,
};

pub fn run(globals: &Globals, args: &Add) -> Result<u8, Problem> {
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
        let choices = choices(args)?;
        let context = globals.open()?;
        return report(args, &block_on(add::store_local(&context, choices))?).map(|()| 0);
    }
    let context = globals.open()?;
    let mut first_error = None;
    for file in &args.files {
        if let Err(mut problem) = add_file(&context, args, file) {
            if args.files.len() == 1 {
                return Err(problem);
            }
            problem.message = format!("{}: {}", shown(file), problem.message);
            if let Some(earlier) = first_error.replace(problem) {
                output::problem(&earlier, args.json);
            }
        }
    }
    first_error.map_or(Ok(0), Err)
}

fn add_file(context: &AppContext, args: &Add, file: &std::path::Path) -> Result<(), Problem> {
    let input = read_input(file)?;
    let imported = detect(input.expose())?;
    drop(input);
    let mut choices = choices(args)?;
    if file.as_os_str() != "-" {
        choices.imported_from = absolute(file);
    }
    let preview = add::preview(context, &imported, &choices)?;
    if !args.json {
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
    if let Some(changes) = block_on(add::changes(context, &imported, &choices))? {
        if !args.json {
            output::note("Already stored, with other content:");
            for change in &changes.lines {
                output::note(&format!("  {change}"));
            }
        }
        if changes.needs_confirmation {
            let subject = Subject::Identity(changes.identity);
            let question = "Replace the stored content?";
            let names = args.confirm.as_slice();
            let confirmed = guard::confirm(context, subject, Act::Edit, question, names, args.yes)?;
            choices.confirmed = Some(confirmed);
        }
    }
    let added = block_on(add::store(context, imported, choices))?;
    report(args, &added)
}

fn choices(args: &Add) -> Result<Choices, Problem> {
    Ok(Choices {
        name: args.name.as_deref().map(Name::parse).transpose()?,
        label: args.label.as_deref().map(Name::parse).transpose()?,
        environment_type: args.environment_type,
        customer: args
            .customer
            .as_deref()
            .map(|text| aemkeys_core::credential::text::clean(text.trim(), 80))
            .filter(|customer| !customer.is_empty()),
        ids: ids(&args.hosts)?,
        hosts: hosts(&args.hosts)?,
        trusted: trusted(&args.trust)?,
        accept_suggestions: args.yes,
        confirmed: None,
        imported_from: None,
    })
}

pub fn ids(flags: &HostFlags) -> Result<Option<CloudIds>, Problem> {
    flags
        .env
        .as_deref()
        .map(|text| {
            CloudIds::from_pasted(text).ok_or_else(|| {
                Problem::new(Code::Usage, "invalid value for --env")
                    .cause("it names no environment, or more than one")
                    .next_step("write the program and environment ids as in Cloud Manager (p123-e1250), or paste the client id or the author URL")
            })
        })
        .transpose()
}

pub fn trusted(flags: &TrustFlags) -> Result<Vec<Approval>, Problem> {
    let read = |host: &String, purpose| Ok(Approval::new(HostName::parse(host)?, purpose));
    let tokens = flags.trust_host.iter().map(|it| read(it, Purpose::Token));
    let secrets = flags
        .trust_ims_host
        .iter()
        .map(|it| read(it, Purpose::ImsSecret));
    tokens.chain(secrets).collect()
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

pub fn hosts(flags: &HostFlags) -> Result<Hosts, Problem> {
    let address = |text: &Option<String>| text.as_deref().map(TierAddress::parse).transpose();
    Ok(Hosts {
        author: address(&flags.author)?,
        publish: address(&flags.publish)?,
        preview: address(&flags.preview)?,
        publish_domain: flags
            .publish_domain
            .as_deref()
            .map(parse_domain)
            .transpose()?,
    })
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
        let (glyph, colour) = match check.verdict {
            Verdict::Fine => ("●", Paint::Green),
            Verdict::Warning => ("▲", Paint::Yellow),
            Verdict::Wrong => ("✕", Paint::Red),
            Verdict::Unknown => ("?", Paint::Dim),
        };
        output::note(&format!(
            "  {} {}",
            output::paint(colour, glyph, output::Stream::Err),
            check.text
        ));
    }
}

fn report(args: &Add, added: &Added) -> Result<(), Problem> {
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
        Added::Updated { full_name, .. } => ("updated", full_name),
        Added::Restored { full_name, .. } => ("restored", full_name),
    };
    if args.json {
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
