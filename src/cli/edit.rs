//! `aemkeys edit`: changes name, type, customer, hosts and notes; with ENV/LABEL also the label and the used-by list.

use super::arguments::Edit;
use super::globals::{Globals, block_on};
use super::{guard, output};
use crate::app::AppContext;
use crate::app::guard::{Act, Subject};
use crate::app::{edit, resolve};
use aemkeys_core::credential::Problem;
use aemkeys_core::environment::{HostName, Name, UsedBy};
use uuid::Uuid;

pub fn run(globals: &Globals, args: Edit) -> Result<u8, Problem> {
    let context = globals.open()?;
    let index = context.read_index()?;
    let environment_name = args.name.split('/').next().unwrap_or(&args.name);
    let environment = resolve::environment(&index, environment_name)?.id;
    let label = args.label.as_deref().map(Name::parse).transpose()?;
    // A single empty value empties the list, as for `--saved-path`.
    let used_by: Vec<UsedBy> = if args.used_by == [""] {
        Vec::new()
    } else {
        let names = args.used_by.iter();
        names
            .map(|who| UsedBy::parse(who))
            .collect::<Result<_, _>>()?
    };
    let identity = if label.is_some() || !args.used_by.is_empty() {
        Some(resolve::identity(&index, &args.name)?)
    } else {
        None
    };
    let mut change = edit::Edit {
        name: args.new_name.as_deref().map(Name::parse).transpose()?,
        environment_type: args.environment_type,
        customer: args.customer,
        ids: super::add::ids(&args.hosts)?,
        hosts: super::add::hosts(&args.hosts)?,
        trusted_hosts: args
            .trust_host
            .iter()
            .map(|host| HostName::parse(host))
            .collect::<Result<_, _>>()?,
        clear_publish_domain: args.no_publish_domain,
        notes: args.notes,
        console_url: args.console,
        saved_paths: (!args.saved_path.is_empty()).then_some(args.saved_path),
        confirmed: None,
    };
    let unconfirmed = block_on(edit::unconfirmed(&context, environment, change.clone()))?;
    let confirmed = super::add::confirm(&unconfirmed)?;
    change
        .trusted_hosts
        .extend(confirmed.into_iter().map(|it| it.host));
    let change = confirm(&context, environment, change, args.confirm.as_slice())?;
    let warnings = block_on(async {
        let mut warnings = edit::environment(&context, environment, change).await?;
        if let Some(id) = identity {
            let change = edit::EditIdentity {
                label,
                used_by: (!args.used_by.is_empty()).then_some(used_by),
                keep_fresh: None,
            };
            warnings = warnings.or(edit::identity(&context, id, change).await?);
        }
        Ok(warnings)
    })?;
    if let Some(text) = warnings {
        output::warning(&text);
    }
    let name = context
        .read_index()?
        .environment(environment)
        .map(|entry| entry.name.to_string())
        .unwrap_or_default();
    output::answer_line(&format!("changed {name}"))?;
    Ok(0)
}

/// Asks for the name if the edit lowers the protection: another type than Production, or other hosts.
fn confirm(
    context: &AppContext,
    id: Uuid,
    mut change: edit::Edit,
    names: &[String],
) -> Result<edit::Edit, Problem> {
    if block_on(edit::needs_confirmation(context, id, change.clone()))? {
        let question = "Change its type or hosts?";
        let subject = Subject::Environment(id);
        let confirmed = guard::confirm(context, subject, Act::Edit, question, names, false)?;
        change.confirmed = Some(confirmed);
    }
    Ok(change)
}
