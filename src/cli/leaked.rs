//! `aemkeys leaked`: handles a leaked credential: the steps in order, and their state.

use std::ffi::{OsStr, OsString};
use std::path::Path;

use uuid::Uuid;

use super::block_on::block_on;
use super::document;
use super::globals::Globals;
use super::options::ConfirmOrYes;
use super::output::{self, Paint, Stream};
use crate::app::guard::{Act, Subject};
use crate::app::leaked::{self, Checklist, LeakStepState};
use crate::app::{Index, read_credential, resolve};
use aemkeys_core::credential::shell;
use aemkeys_core::credential::{Code, Imported, Kind, Problem, detect};
use clap::Args;

/// Handle a leaked credential: the steps in order, and your progress
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  aemkeys leaked wknd-stage
  aemkeys leaked wknd-prod --mark --confirm wknd-prod
  aemkeys leaked found_in_the_repository.json")]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a flag of the command line"
)]
pub struct LeakedArgs {
    /// ENV or ENV/LABEL, or the leaked file (`-` reads standard input)
    #[arg(value_name = "NAME|FILE")]
    what: OsString,
    /// Mark the credential as leaked; it can never become active again
    #[arg(long, group = "step")]
    mark: bool,
    /// Confirm with IMS that the old key was revoked in the console
    #[arg(long, group = "step")]
    revoked: bool,
    /// Invalidate the cached tokens of the leaked credential
    #[arg(long, group = "step")]
    invalidate: bool,
    /// Delete the old revision here
    #[arg(long, group = "step")]
    delete_old: bool,
    #[command(flatten)]
    confirm: ConfirmOrYes,
}

pub fn run(globals: &Globals, args: LeakedArgs) -> Result<u8, Problem> {
    let context = globals.open()?;
    let index = context.read_index()?;
    let (id, revision) = which(&index, &args.what)?;
    let name = resolve::name_of(&index, id);
    let confirm = |question: String| {
        args.confirm
            .ask(&context, Subject::Identity(id), Act::Leaked, &question)
    };
    let list = if args.mark {
        let confirmed = confirm(format!(
            "Mark the credential of {name} as leaked? This can't be undone."
        ))?;
        block_on(leaked::mark(&context, id, revision, &confirmed))
    } else if args.revoked {
        block_on(leaked::confirm_revoked(&context, id, revision))
    } else if args.invalidate {
        let confirmed = confirm(format!(
            "Invalidate the tokens of {name}'s leaked credential at IMS?"
        ))?;
        block_on(leaked::invalidate(&context, id, revision, &confirmed))
    } else if args.delete_old {
        let confirmed = confirm(format!("Delete the leaked revision of {name} here?"))?;
        block_on(leaked::delete(&context, id, revision, &confirmed))
    } else {
        block_on(leaked::look(&context, id, revision))
    }?;
    if output::mode().json {
        document::answer(list);
    } else {
        print(&list)?;
    }
    Ok(0)
}

/// Resolves a name, or a file by the fingerprint of its credential.
fn which(index: &Index, what: &OsStr) -> Result<(Uuid, Option<u32>), Problem> {
    let unknown = match resolve::identity(index, &what.to_string_lossy()) {
        Ok(id) => return Ok((id, None)),
        Err(problem) => problem,
    };
    let path = Path::new(what);
    if what != "-" && (unknown.code == Code::NameAmbiguous || !path.exists()) {
        return Err(unknown);
    }
    let input = read_credential(path)?;
    let (kind, facts) = match detect(input.expose())? {
        Imported::Service(service) => (Kind::ServiceCredentials, service.facts()),
        Imported::Oauth(oauth) => (Kind::OauthServerToServer, oauth.facts()),
        Imported::DevelopmentToken(_) => {
            return Err(Problem::new(
                Code::TokenNotCredential,
                "this is a token, not a credential",
            )
            .cause("a local development token expires within a day, and only its owner can invalidate it earlier")
            .next_step("sign out of all sessions in the Adobe account, or wait until it expires"));
        }
    };
    let (id, revision) = leaked::find(index, &facts.fingerprint).ok_or_else(|| {
        Problem::new(
            Code::NameNotFound,
            format!("no stored identity has the credential {} of {}", facts.fingerprint, facts.client_id),
        )
        .cause("it was never added on this machine, or was removed")
        .next_step(match kind {
            Kind::OauthServerToServer => "delete its client secret in the Adobe Developer Console: the project, OAuth Server-to-Server",
            _ => "revoke its key in the AEM Developer Console of its environment: Integrations, Technical Accounts, Revoke",
        })
    })?;
    output::note(&format!(
        "This file is {}, revision {revision} ({}).",
        resolve::name_of(index, id),
        facts.fingerprint
    ));
    Ok((id, Some(revision)))
}

fn print(list: &Checklist) -> Result<(), Problem> {
    let name = &list.name;
    let what = format!("{name}: revision {} ({})", list.revision, list.fingerprint);
    let mut text = if list.marked {
        let still = if list.active {
            " and is still in use until it is rotated"
        } else {
            ""
        };
        format!("{what} is marked as leaked{still}\n")
    } else {
        format!(
            "{what} is not marked as leaked. First run `aemkeys leaked {quoted} --mark`\n",
            quoted = shell::quoted(&name)
        )
    };
    for (number, item) in list.steps.iter().enumerate() {
        let (glyph, paint) = match item.state {
            LeakStepState::Done => (output::glyphs().fine, Paint::Green),
            LeakStepState::Next => (output::glyphs().arrow, Paint::Bold),
            LeakStepState::Locked => (output::glyphs().dot, Paint::Dim),
        };
        let state = output::paint(
            paint,
            &format!("{glyph} {:<6}", item.state.as_str()),
            Stream::Out,
        );
        text.push_str(&format!("{state}  {}. {}\n", number + 1, item.title));
        if item.state == LeakStepState::Next {
            text.push_str(&format!("             {}\n", item.how.in_shell()));
        }
    }
    output::answer(text.as_bytes())?;
    for note in &list.notes {
        output::note(note);
    }
    Ok(())
}
