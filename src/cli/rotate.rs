//! `aemkeys rotate`: a new credential proves itself beside the old one, and takes its place only then.

use super::arguments::Rotate;
use super::context::{Context, block_on};
use super::output;
use crate::app::{read_input, resolve, rotate};
use crate::credential::{Problem, detect};

pub fn run(context: &Context, args: &Rotate) -> Result<u8, Problem> {
    crate::app::install_crypto();
    let world = context.world()?;
    let index = world.read_index()?;
    let id = resolve::identity(&index, &args.name)?;
    let input = read_input(&args.file)?;
    let imported = detect(input.expose())?;
    drop(input);
    if let Some((environment, _)) = index.identity(id) {
        super::remove::confirm(
            &format!("Renew the credential of {}?", resolve::name_of(&index, id)),
            environment.name.as_str(),
            environment.environment_type,
            args.confirm.as_deref(),
            args.yes,
        )?;
    }
    let done = block_on(rotate::rotate(
        &world,
        id,
        Some(imported),
        &rotate::unwatched,
    ))?;
    let print = |facts: &crate::credential::CredentialFacts| facts.fingerprint.to_string();
    let old = done.old.as_ref().map_or_else(|| "none".to_owned(), print);
    output::answer_line(&format!(
        "{}: {old} -> {}",
        done.full_name,
        print(&done.new)
    ))?;
    for note in &done.notes {
        output::note(note);
    }
    if !done.used_by.is_empty() {
        output::note(&format!(
            "These must get the new credential: {}.",
            done.used_by.join(", ")
        ));
    }
    output::note(
        "The old key works at Adobe until it ends or is revoked: revoke it only when everybody has the new one.",
    );
    Ok(0)
}
