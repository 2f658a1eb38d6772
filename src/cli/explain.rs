//! `aemkeys explain`: explains an error and what to do about it.

use super::globals::Globals;
use super::options::OutputFlags;
use super::output;
use aemkeys_core::credential::{Code, Problem};
use clap::Args;

/// Explain an IMS or AEM error and what to do about it
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  aemkeys explain invalid_client
  aemkeys explain - < response.txt")]
pub struct ExplainArgs {
    /// The error's text; `-` reads standard input
    #[arg(required = true)]
    text: Vec<String>,
    #[command(flatten)]
    output: OutputFlags,
}

pub fn run(_: &Globals, args: ExplainArgs) -> Result<u8, Problem> {
    let text = if args.text == ["-"] {
        let input = crate::app::read_input(std::path::Path::new("-"))?;
        String::from_utf8_lossy(input.expose()).into_owned()
    } else {
        args.text.join(" ")
    };
    let Some(found) = crate::app::explain::explain(&text) else {
        return Err(Problem::new(Code::NotRecognised, "aemkeys does not recognise this error")
            .next_step("pass the whole response, with status and body; `aemkeys explain -` reads standard input"));
    };
    if args.output.json {
        output::answer_json(&serde_json::json!({"version": 1, "explanation": found}))?;
        return Ok(0);
    }
    output::answer_line(&found.message)?;
    if let Some(cause) = &found.cause {
        output::answer_line(&format!("  why:  {cause}"))?;
    }
    if let Some(step) = &found.next_step {
        output::answer_line(&format!("  next: {}", step.in_shell()))?;
    }
    Ok(0)
}
