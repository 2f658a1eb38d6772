//! `aemkeys edit`: changes name, type, customer, hosts and notes; with ENV/LABEL also the label and the used-by list.

use super::block_on::block_on;
use super::document;
use super::globals::Globals;
use super::options::{Confirm, HostFlags, TrustHost, environment_of, environment_type};
use super::output;
use crate::app::AppContext;
use crate::app::edit::{DefaultIdentity, EditIdentity};
use crate::app::guard::{Act, Subject};
use crate::app::{edit, resolve};
use aemkeys_core::credential::Problem;
use aemkeys_core::environment::{EnvironmentType, Name, UsedBy};
use clap::Args;
use schemars::JsonSchema;
use serde::Serialize;
use uuid::Uuid;

/// Change the name, type, customer, hosts, notes or default identity
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  aemkeys edit p123-e1250 --name wknd-stage --type stage
  aemkeys edit wknd-dev --publish-domain a.example --trust-host a.example
  aemkeys edit wknd-stage/read --used-by indexer --used-by search
  aemkeys edit wknd-stage --default read")]
pub struct EditArgs {
    /// ENV, or ENV/LABEL to change the label and the used-by list too
    name: String,
    /// New name
    #[arg(long = "name", value_name = "NEW")]
    new_name: Option<String>,
    /// New type
    #[arg(long = "type", value_name = "TYPE", value_parser = environment_type(), ignore_case = true)]
    environment_type: Option<EnvironmentType>,
    /// New customer; `""` clears it
    #[arg(long)]
    customer: Option<String>,
    #[command(flatten)]
    hosts: HostFlags,
    #[command(flatten)]
    trust: TrustHost,
    /// Remove the custom domain of publish
    #[arg(long, conflicts_with = "publish_domain")]
    no_publish_domain: bool,
    /// New notes; `""` clears them
    #[arg(long)]
    notes: Option<String>,
    /// Address of the AEM Developer Console
    #[arg(long, value_name = "URL")]
    console: Option<String>,
    /// New label of the identity
    #[arg(long, value_name = "NEW")]
    label: Option<String>,
    /// Make this identity the default, which the environment's name alone selects; `""` clears the choice
    #[arg(long, value_name = "LABEL")]
    default: Option<String>,
    /// A server or program that uses this credential; repeatable; replaces the list, `""` empties it
    #[arg(long, value_name = "WHO")]
    used_by: Vec<String>,
    /// A path that must respond the same after a rotation; repeatable; replaces the list, `""` empties it
    #[arg(long, value_name = "PATH")]
    saved_path: Vec<String>,
    #[command(flatten)]
    confirm: Confirm,
}

/// What was changed.
#[derive(Serialize, JsonSchema)]
pub struct EditDocument {
    /// The name of the environment after the change.
    name: String,
    /// False if it already had these values.
    changed: bool,
}

pub fn run(globals: &Globals, args: EditArgs) -> Result<u8, Problem> {
    let context = globals.open()?;
    let index = context.read_index()?;
    let before = resolve::environment(&index, environment_of(&args.name))?;
    let environment = before.id;
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
    let default = match args.default.as_deref() {
        Some("") => Some(DefaultIdentity::Automatic),
        Some(label) => {
            let name = format!("{}/{label}", environment_of(&args.name));
            Some(DefaultIdentity::Chosen(resolve::identity(&index, &name)?))
        }
        None => None,
    };
    let own = EditIdentity {
        label,
        used_by: (!args.used_by.is_empty()).then_some(used_by),
        ..EditIdentity::default()
    };
    let mut change = edit::Edit {
        name: args.new_name.as_deref().map(Name::parse).transpose()?,
        environment_type: args.environment_type,
        customer: args.customer,
        ids: args.hosts.ids()?,
        hosts: args.hosts.hosts()?,
        trusted_hosts: args.trust.hosts()?,
        clear_publish_domain: args.no_publish_domain,
        notes: args.notes,
        console_url: args.console,
        saved_paths: (!args.saved_path.is_empty()).then_some(args.saved_path),
        default,
        own: identity.map(|id| (id, own)),
        confirmed: None,
    };
    let unconfirmed = block_on(edit::unconfirmed(&context, environment, change.clone()))?;
    let confirmed = super::add::confirm(&unconfirmed)?;
    change
        .trusted_hosts
        .extend(confirmed.into_iter().map(|it| it.host));
    let change = confirm(&context, environment, change, &args.confirm)?;
    let edited = block_on(edit::environment(&context, environment, change))?;
    if let Some(text) = edited.alike {
        output::warning(&text);
    }
    let index_now = context.read_index()?;
    let after = index_now.environment(environment);
    if after == Some(before) {
        let name = before.name.to_string();
        let words = format!("{name}: nothing to change");
        let changed = false;
        return document::done(&words, EditDocument { name, changed });
    }
    let name = after
        .map(|entry| entry.name.to_string())
        .unwrap_or_default();
    let words = format!("changed {name}");
    let changed = true;
    document::done(&words, EditDocument { name, changed })
}

/// Asks for the name if the edit lowers the protection: another type than Production, other hosts, or another default.
fn confirm(
    context: &AppContext,
    id: Uuid,
    mut change: edit::Edit,
    flag: &Confirm,
) -> Result<edit::Edit, Problem> {
    if block_on(edit::needs_confirmation(context, id, change.clone()))? {
        let question = "Change its type, hosts or default identity?";
        let subject = Subject::Environment(id);
        let confirmed = flag.ask(context, subject, Act::Edit, question)?;
        change.confirmed = Some(confirmed);
    }
    Ok(change)
}
