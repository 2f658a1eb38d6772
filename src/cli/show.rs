//! `aemkeys show`: details of an identity, read only from the index.

use super::arguments::Show;
use super::globals::Globals;
use super::output::{self, Cell, Paint};
use crate::app::rotate::unfinished;
use crate::app::{EnvironmentEntry, IdentityEntry, overview, resolve};
use aemkeys_core::credential::{Code, Problem};
use aemkeys_core::environment::Tier;

pub fn run(globals: &Globals, args: &Show) -> Result<u8, Problem> {
    let context = globals.open_with(false)?;
    let index = context.read_index()?;
    let id = resolve::identity(&index, &args.name)?;
    let now = context.clock.now();
    let thresholds = context.configuration.thresholds;
    let Some((environment, identity)) = index.identity(id) else {
        return Err(Problem::new(
            Code::NameNotFound,
            "this identity is no longer stored",
        ));
    };
    if args.json {
        output::answer_json(&overview::identity_json(
            environment,
            identity,
            now,
            &thresholds,
        ))?;
        return Ok(0);
    }
    let row = overview::row(environment, identity, now, &thresholds);
    let mut lines = vec![
        pair("Name", Cell::painted(row.full_name.clone(), Paint::Bold)),
        pair("Type", Cell::plain(environment.environment_type.as_str())),
    ];
    add(
        &mut lines,
        "Ids",
        Some(row.ids.clone()).filter(|ids| !ids.is_empty()),
    );
    add(&mut lines, "Customer", environment.customer.clone());
    add(&mut lines, "Kind", Some(identity.kind.as_str().to_owned()));
    for tier in Tier::ALL {
        let name = match tier {
            Tier::Author => "Author",
            Tier::Publish => "Publish",
            Tier::Preview => "Preview",
        };
        add(
            &mut lines,
            name,
            environment
                .hosts
                .of(tier)
                .map(aemkeys_core::environment::hosts::TierAddress::origin),
        );
    }
    add(
        &mut lines,
        "Publish domain",
        environment
            .hosts
            .publish_domain
            .as_ref()
            .map(ToString::to_string),
    );
    let approvals = environment.approvals.iter().map(ToString::to_string);
    add(
        &mut lines,
        "Trusted",
        Some(approvals.collect::<Vec<_>>().join(", ")).filter(|hosts| !hosts.is_empty()),
    );
    lines.push(pair(
        "Credential",
        super::list::expiry(row.credential_state, &row.credential),
    ));
    credential(&mut lines, identity);
    lines.push(pair(
        "Token",
        super::list::expiry(row.token_state, &row.token),
    ));
    if let Some(token) = &identity.token {
        add(
            &mut lines,
            "  fingerprint",
            Some(token.fingerprint.to_string()),
        );
        add(&mut lines, "  ends", token.expires_at.map(overview::exact));
    }
    rest(&mut lines, environment, identity);
    output::answer(output::table(&lines).as_bytes())?;
    Ok(0)
}

fn credential(lines: &mut Vec<Vec<Cell>>, identity: &IdentityEntry) {
    let Some(facts) = &identity.credential else {
        return;
    };
    add(lines, "  ends", facts.not_after.map(overview::exact));
    add(lines, "  fingerprint", Some(facts.fingerprint.to_string()));
    add(lines, "  client id", Some(facts.client_id.clone()));
    add(lines, "  account", facts.technical_account_id.clone());
    add(lines, "  login name", facts.technical_account_email.clone());
    add(lines, "  org", facts.org.clone());
    add(lines, "  IMS", Some(facts.ims_host.clone()));
    add(
        lines,
        "  scopes",
        Some(facts.scopes.join(", ")).filter(|scopes| !scopes.is_empty()),
    );
}

fn rest(lines: &mut Vec<Vec<Cell>>, environment: &EnvironmentEntry, identity: &IdentityEntry) {
    for test in &identity.last_test {
        let user = test
            .user
            .as_ref()
            .map_or_else(String::new, |user| format!(" as {user}"));
        add(
            lines,
            "Tested",
            Some(format!(
                "{}: {}{user}, {} groups, {} ms, {}",
                test.host,
                test.verdict.replace('-', " "),
                test.groups,
                test.elapsed_ms,
                overview::exact(test.at)
            )),
        );
    }
    for known in &identity.revisions {
        add(
            lines,
            "Revision",
            Some(format!(
                "{} {}{}, {}",
                known.revision,
                known.state.as_str(),
                if known.leaked { ", leaked" } else { "" },
                known.facts.fingerprint
            )),
        );
    }
    if let Some(left) = unfinished(identity) {
        add(lines, "Rotation", Some(left.words()));
        add(
            lines,
            "  next",
            Some(
                left.next_step(&resolve::full_name(environment, identity))
                    .in_shell(),
            ),
        );
    }
    let active = identity.active_revision();
    let used_by: Vec<String> = identity
        .used_by
        .iter()
        .map(|who| {
            if active > 1 && who.has(active) {
                format!("{} (has the new credential)", who.name)
            } else {
                who.name.clone()
            }
        })
        .collect();
    add(
        lines,
        "Used by",
        Some(used_by.join(", ")).filter(|names| !names.is_empty()),
    );
    add(
        lines,
        "Saved paths",
        Some(environment.saved_paths.join(", ")).filter(|paths| !paths.is_empty()),
    );
    add(lines, "Console", environment.console_url.clone());
    add(
        lines,
        "Notes",
        Some(environment.notes.clone()).filter(|notes| !notes.is_empty()),
    );
}

fn pair(name: &str, value: Cell) -> Vec<Cell> {
    vec![Cell::painted(name, Paint::Dim), value]
}

fn add(lines: &mut Vec<Vec<Cell>>, name: &str, value: Option<String>) {
    if let Some(value) = value {
        lines.push(pair(name, Cell::plain(value.replace('\n', " "))));
    }
}
