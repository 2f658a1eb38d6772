//! `aemkeys import`: imports an exported file, after showing what would change.

use super::arguments;
use super::ask;
use super::globals::{Globals, block_on};
use super::guard;
use super::output::{self, Cell, Paint};
use crate::app::guard::{Act, Subject};
use crate::app::import::{self, Choices, Decision, Import, Line, Status};
use aemkeys_core::credential::{Code, Problem};
use aemkeys_core::environment::Unconfirmed;

pub fn run(globals: &Globals, args: arguments::Import) -> Result<u8, Problem> {
    let file = import::read(&args.file)?;
    let context = globals.open()?;
    let passphrase = globals.file_passphrase(&context, args.file_passphrase_fd, false)?;
    let mut choices = Choices {
        replace: args.replace,
        skip: args.skip,
        rename: args.rename,
        trusted: super::add::trusted(&args.trust)?,
        confirmed: Vec::new(),
    };
    let import = block_on(import::prepare(&context, file, passphrase, &choices))?;
    let index = context.read_index()?;
    show(&import, args.json)?;
    if args.dry_run {
        return Ok(0);
    }
    if let Some(problem) = import.open_questions() {
        return Err(problem);
    }
    if import.count() == 0 && import.newly_leaked() == 0 {
        output::note("Nothing to import.");
        return Ok(0);
    }
    confirm_hosts(&import, &mut choices)?;
    for id in import.replaced() {
        let Some(entry) = index.environment(id) else {
            continue;
        };
        choices.confirmed.push(guard::confirm(
            &context,
            Subject::Environment(id),
            Act::Import,
            &format!("Replace {} with the environment in the file?", entry.name),
            &args.confirm,
            args.yes,
        )?);
    }
    confirm(&import, args.yes)?;
    let count = block_on(import::carry_out(&context, import, &choices))?;
    output::note(&format!("Imported {count}."));
    Ok(0)
}

fn show(import: &Import, as_json: bool) -> Result<(), Problem> {
    if as_json {
        return output::answer_json(&serde_json::json!({
            "version": 1,
            "environments": import.lines,
            "leaked_keys": import.newly_leaked(),
            "leaked_here": import.leaked_here,
        }));
    }
    let rows: Vec<Vec<Cell>> = import.lines.iter().map(row).collect();
    output::answer(output::table(&rows).as_bytes())?;
    if import.newly_leaked() > 0 {
        output::note(&format!(
            "The file marks {} additional keys as leaked.",
            import.newly_leaked()
        ));
    }
    for name in &import.leaked_here {
        output::warning(&format!(
            "the file marks the credential of {name} as leaked; this can't be undone"
        ));
    }
    Ok(())
}

fn row(line: &Line) -> Vec<Cell> {
    let (word, paint) = match (line.standing, line.decision) {
        (_, Decision::Replace) => ("replaces", Paint::Yellow),
        (Status::Same, _) => ("same", Paint::Dim),
        (_, Decision::Leave) => ("skipped", Paint::Dim),
        (Status::New, _) => ("new", Paint::Green),
        (_, Decision::Take) => ("takes", Paint::Green),
        (Status::Differs, _) => ("differs", Paint::Yellow),
        (Status::Conflict, _) => ("conflict", Paint::Red),
    };
    let name = line.renamed.as_ref().map_or_else(
        || line.name.clone(),
        |new| format!("{} as {new}", line.name),
    );
    let identities = match line.identities {
        1 => "1 identity".to_owned(),
        many => format!("{many} identities"),
    };
    vec![
        Cell::painted(word, paint),
        Cell::plain(name),
        Cell::plain(line.environment_type.short()),
        Cell::plain(identities),
        Cell::plain(line.notes.join("; ")),
    ]
}

/// Asks for each host to be typed, also with `--yes`, because the file can't vouch for its own hosts.
fn confirm_hosts(import: &Import, choices: &mut Choices) -> Result<(), Problem> {
    if !ask::is_interactive() {
        // `carry_out` refuses it, and names the environment.
        return Ok(());
    }
    let unconfirmed: Vec<Unconfirmed> = import
        .unconfirmed(choices)
        .into_iter()
        .map(|(_, it)| it.clone())
        .collect();
    choices.trusted.extend(super::add::confirm(&unconfirmed)?);
    Ok(())
}

fn confirm(import: &Import, yes: bool) -> Result<(), Problem> {
    if yes {
        return Ok(());
    }
    if !ask::is_interactive() {
        return Err(Problem::new(
            Code::Guarded,
            "confirmation is required, so nothing was changed",
        )
        .next_step("confirm with `--yes`; `--dry-run` only shows the changes"));
    }
    if ask::yes(&format!("Import {}?", import.count()))? {
        Ok(())
    } else {
        Err(Problem::new(
            Code::Guarded,
            "not confirmed, so nothing was changed",
        ))
    }
}
