//! `aemkeys explain`: explains an error and what to do about it.

use super::document;
use super::globals::Globals;
use super::output;
use crate::app::explain::explain;
use aemkeys_core::credential::Problem;
use aemkeys_core::explain::Explanation;
use clap::Args;
use schemars::JsonSchema;
use serde::Serialize;

/// Explain an error of IMS or AEM, with the cause and the next step
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  aemkeys explain invalid_client
  aemkeys explain - < response.txt")]
pub struct ExplainArgs {
    /// The error's text; `-` reads standard input
    #[arg(required = true)]
    text: Vec<String>,
}

/// What an error means.
#[derive(Serialize, JsonSchema)]
pub struct ExplainDocument {
    explanation: Explanation,
}

pub fn run(_: &Globals, args: ExplainArgs) -> Result<u8, Problem> {
    let text = if args.text == ["-"] {
        let input = crate::app::read_input("the response", std::path::Path::new("-"))?;
        String::from_utf8_lossy(input.expose()).into_owned()
    } else {
        args.text.join(" ")
    };
    let found = explain(&text)?;
    if output::mode().json {
        document::answer(ExplainDocument { explanation: found });
        return Ok(0);
    }
    output::answer_line(&found.message)?;
    let recognised = found.recognised.join(", ");
    let next_step = found
        .next_step
        .as_ref()
        .map(aemkeys_core::credential::Guidance::in_shell);
    for (label, text) in [
        ("from", Some(found.said_by)),
        ("why", found.cause.as_deref()),
        ("next", next_step.as_deref()),
        ("seen", Some(recognised.as_str())),
    ] {
        if let Some(text) = text {
            output::answer_line(&format!("  {:<6}{text}", format!("{label}:")))?;
        }
    }
    Ok(0)
}
