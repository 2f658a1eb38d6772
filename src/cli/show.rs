//! `aemkeys show`: details of an identity, read only from the index.

use super::document;
use super::globals::Globals;
use super::list::expiry;
use super::options::IdentityName;
use super::output::{self, Cell, Paint};
use crate::app::environment_document::EnvironmentsDocument;
use crate::app::rotate::remaining_steps;
use crate::app::{EnvironmentEntry, IdentityEntry, overview, resolve};
use aemkeys_core::credential::text::counted;
use aemkeys_core::credential::{Code, Problem};
use aemkeys_core::environment::{Tier, TierAddress};
use aemkeys_core::time;
use clap::Args;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use std::time::Duration;

/// Show the details of an identity; works with the keyring locked
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  aemkeys show wknd-stage
  aemkeys show wknd-prod/read --json")]
pub struct ShowArgs {
    #[command(flatten)]
    identity: IdentityName,
}

pub fn run(globals: &Globals, args: ShowArgs) -> Result<u8, Problem> {
    let context = globals.open_with(false)?;
    let index = context.read_index()?;
    let id = args.identity.resolve(&index)?;
    let now = context.clock.now();
    let thresholds = context.configuration.thresholds;
    let Some((environment, identity)) = index.identity(id) else {
        return Err(Problem::new(
            Code::NameNotFound,
            "this identity is no longer stored",
        ));
    };
    if output::mode().json {
        let only = [identity.id];
        document::answer(EnvironmentsDocument::of_index(
            &index,
            &only,
            now,
            &thresholds,
        ));
        return Ok(0);
    }
    let row = overview::row(environment, identity, now, &thresholds);
    let mut rows = Rows::default();
    rows.add_cell("Name", Cell::painted(row.full_name, Paint::Bold));
    rows.add("Type", environment.environment_type.as_str());
    rows.add("Ids", row.ids);
    rows.add_some("Customer", environment.customer.as_ref());
    if environment.identities.len() > 1 {
        let default = environment.default_identity();
        rows.add(
            "Default",
            default.map_or("none: name the identity", |it| it.label.as_str()),
        );
    }
    rows.add("Kind", identity.kind.as_str());
    for (name, tier) in [
        ("Author", Tier::Author),
        ("Publish", Tier::Publish),
        ("Preview", Tier::Preview),
    ] {
        rows.add_some(name, environment.hosts.of(tier).map(TierAddress::origin));
    }
    rows.add_some("Publish domain", environment.hosts.publish_domain.as_ref());
    rows.add("Trusted", joined(&environment.approvals));
    rows.add_cell("Credential", expiry(row.credential_state, &row.credential));
    if let Some(facts) = &identity.credential {
        rows.add_some("  expires", facts.not_after.map(exact));
        rows.add("  fingerprint", &facts.fingerprint);
        rows.add("  client id", &facts.client_id);
        rows.add_some("  account id", facts.technical_account_id.as_ref());
        rows.add_some("  login name", facts.technical_account_email.as_ref());
        rows.add_some("  org", facts.org.as_ref());
        rows.add("  IMS", &facts.ims_host);
        rows.add("  scopes", joined(&facts.scopes));
    }
    rows.add_cell("Token", expiry(row.token_state, &row.token));
    if let Some(token) = &identity.token {
        rows.add("  fingerprint", &token.fingerprint);
        rows.add_some("  expires", token.expires_at.map(exact));
    }
    rest(&mut rows, environment, identity);
    output::answer(output::table(&rows.0).as_bytes())?;
    Ok(0)
}

fn rest(rows: &mut Rows, environment: &EnvironmentEntry, identity: &IdentityEntry) {
    for test in &identity.last_test {
        let user = test.user.iter().map(|user| format!(" as {user}"));
        rows.add(
            "Tested",
            format!(
                "{}: {}{}, {}, {}, {}",
                test.host,
                test.words(),
                user.collect::<String>(),
                counted(test.groups, "group"),
                time::response_time(Duration::from_millis(test.elapsed_ms)),
                exact(test.at)
            ),
        );
    }
    for known in &identity.revisions {
        let leaked = if known.leaked { ", leaked" } else { "" };
        let (revision, state) = (known.revision, known.state.as_str());
        let fingerprint = &known.facts.fingerprint;
        rows.add(
            "Revision",
            format!("{revision} {state}{leaked}, {fingerprint}"),
        );
    }
    if let Some(left) = remaining_steps(identity) {
        let name = resolve::full_name(environment, identity);
        rows.add("Rotation", left.words());
        rows.add("  next", left.next_step(&name).in_shell());
    }
    let active = identity.active_revision();
    let used_by = identity.used_by.iter().map(|who| {
        let has_new = active > 1 && who.has(active);
        let note = if has_new {
            " (has the new credential)"
        } else {
            ""
        };
        format!("{}{note}", who.name)
    });
    rows.add("Used by", joined(used_by));
    rows.add("Saved paths", joined(&environment.saved_paths));
    rows.add_some("Console", environment.console_url.as_ref());
    rows.add("Notes", &environment.notes);
}

fn exact(at: Timestamp) -> String {
    time::date_time(at, &TimeZone::system())
}

/// The rows of a table with a name and a value each.
#[derive(Default)]
struct Rows(Vec<Vec<Cell>>);

impl Rows {
    fn add_cell(&mut self, name: &str, value: Cell) {
        self.0.push(vec![Cell::painted(name, Paint::Dim), value]);
    }

    /// Adds a value on one line. An empty value has no row.
    fn add(&mut self, name: &str, value: impl ToString) {
        let value = value.to_string().replace('\n', " ");
        if !value.is_empty() {
            self.add_cell(name, Cell::plain(value));
        }
    }

    fn add_some(&mut self, name: &str, value: Option<impl ToString>) {
        if let Some(value) = value {
            self.add(name, value);
        }
    }
}

fn joined(values: impl IntoIterator<Item = impl ToString>) -> String {
    let values = values.into_iter().map(|it| it.to_string());
    values.collect::<Vec<_>>().join(", ")
}
