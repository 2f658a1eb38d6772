//! `aemkeys explain`: explains an error and what to do about it.

use super::arguments::Explain;
use super::output;
use crate::app::explain::explain;
use aemkeys_core::credential::Problem;

pub fn run(args: &Explain) -> Result<u8, Problem> {
    let text = if args.text == ["-"] {
        let input = crate::app::read_input(std::path::Path::new("-"))?;
        String::from_utf8_lossy(input.expose()).into_owned()
    } else {
        args.text.join(" ")
    };
    let found = explain(&text)?;
    if args.json {
        output::answer_json(&serde_json::json!({"version": 1, "explanation": found}))?;
        return Ok(0);
    }
    output::answer_line(&found.message)?;
    let recognised = found.recognised.join(", ");
    for (label, text) in [
        ("from", Some(found.said_by)),
        ("why", found.cause.as_deref()),
        ("next", found.next_step.as_deref()),
        ("seen", Some(recognised.as_str())),
    ] {
        if let Some(text) = text {
            output::answer_line(&format!("  {:<6}{text}", format!("{label}:")))?;
        }
    }
    Ok(0)
}
