//! `aemkeys export`: writes environments with all their credentials to an encrypted file.

use super::arguments::Export;
use super::globals::{Globals, block_on};
use super::{guard, output};
use crate::app::export;
use crate::app::guard::{Act, Subject};
use aemkeys_core::credential::{Code, Problem, shell};

pub fn run(globals: &Globals, args: &Export) -> Result<u8, Problem> {
    let context = globals.open()?;
    let index = context.read_index()?;
    let environments = if args.all {
        index.environments.iter().map(|entry| entry.id).collect()
    } else {
        export::chosen(&index, &args.names)?
    };
    if environments.is_empty() {
        return Err(Problem::new(Code::Usage, "nothing to export")
            .next_step("`aemkeys add FILE` adds the first credential"));
    }
    let mut confirmed = Vec::new();
    for id in &environments {
        let name = index
            .environment(*id)
            .map_or_else(String::new, |entry| entry.name.to_string());
        confirmed.push(guard::confirm(
            &context,
            Subject::Environment(*id),
            Act::Export,
            &format!("Export {name} with its credentials?"),
            &args.confirm,
            false,
        )?);
    }
    let passphrase = globals.file_passphrase(&context, args.file_passphrase_fd, true)?;
    let done = block_on(export::export(
        &context,
        environments,
        &confirmed,
        args.with_tokens,
        &args.output,
        passphrase,
    ))?;
    let tokens = if args.with_tokens {
        format!(", {} tokens", done.tokens)
    } else {
        String::new()
    };
    output::answer_line(&format!(
        "exported {} environments, {} credentials{tokens}",
        done.environments, done.credentials
    ))?;
    for missing in &done.missing {
        output::warning(&format!(
            "not exported because the storage does not contain it: {missing}"
        ));
    }
    for name in &done.leaked {
        output::warning(&format!(
            "not exported because it is marked as leaked: the credential of {name}; `aemkeys leaked {quoted}` shows what to do",
            quoted = shell::quoted(name)
        ));
    }
    output::note(
        "Anyone with the file and its passphrase can read the credentials. Without the passphrase it can't be opened.",
    );
    Ok(u8::from(
        !done.missing.is_empty() || !done.leaked.is_empty(),
    ))
}
