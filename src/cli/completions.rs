//! `aemkeys completions`: prints completions for a shell, generated from the arguments.

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use super::globals::Globals;
use super::{Arguments, output};
use aemkeys_core::credential::Problem;

/// Print completions for a shell
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  aemkeys completions bash > ~/.local/share/bash-completion/completions/aemkeys
  aemkeys completions fish > ~/.config/fish/completions/aemkeys.fish")]
pub struct CompletionsArgs {
    /// Shell to print completions for
    shell: Shell,
}

pub fn run(_: &Globals, args: CompletionsArgs) -> Result<u8, Problem> {
    let mut out = Vec::new();
    clap_complete::generate(args.shell, &mut Arguments::command(), "aemkeys", &mut out);
    output::answer(&out)?;
    Ok(0)
}
