//! How does a step that was written for the shell read where keys do it? `aemkeys paste NAME` is "paste token (p)" here.

use super::action::Action;
use super::keymap::Keymap;
use super::message::JobOutcome;
use aemkeys_core::credential::Problem;

/// What stands in backticks is a command or a flag; what a key does is named by its key.
pub fn in_keys(text: &str, keymap: &Keymap) -> String {
    let mut said = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, quoted, after)) = next_quoted(rest) {
        said.push_str(before);
        match here(quoted, keymap) {
            // One key for several flags: it is named once.
            Some(words) if ends_with_choice(&said, &words) => {
                let end = said.trim_end_matches(", or ").trim_end_matches(" or ");
                said.truncate(end.trim_end_matches(", ").len());
            }
            Some(words) => said.push_str(&words),
            None => said.extend(["`", quoted, "`"]),
        }
        rest = after;
    }
    said.push_str(rest);
    said
}

fn next_quoted(text: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = text.split_once('`')?;
    let (quoted, after) = rest.split_once('`')?;
    Some((before, quoted, after))
}

fn ends_with_choice(said: &str, words: &str) -> bool {
    [", or ", " or ", ", "]
        .into_iter()
        .any(|joint| said.ends_with(&format!("{words}{joint}")))
}

fn here(quoted: &str, keymap: &Keymap) -> Option<String> {
    let keyed = |action: Action| match keymap.hint(action) {
        Some(key) => format!("{} ({key})", action.entry().title),
        None => action.entry().title.to_owned(),
    };
    if let Some(path) = quoted.strip_prefix("--path ") {
        let key = keymap.hint(Action::TestEditPath).unwrap_or_default();
        let from_list = keymap.hint(Action::TestPath).unwrap_or_default();
        return Some(format!(
            "the path {path} ({key} on the test page, {from_list} on the list)"
        ));
    }
    let flags = ["--author", "--publish", "--preview", "--env"];
    if flags.iter().any(|flag| quoted.starts_with(flag)) {
        return Some(keyed(Action::Edit));
    }
    if quoted.starts_with("--trust-ims-host") || quoted.starts_with("--trust-host") {
        return Some("type it into the field that asks for it".to_owned());
    }
    let command = quoted.strip_prefix("aemkeys ")?;
    let action = match command.split(' ').next()? {
        "rotate" => Action::Rotate,
        "paste" => Action::PasteToken,
        "exchange" => Action::Exchange,
        "edit" | "used-by" => Action::Edit,
        "add" => Action::Add,
        "remove" | "leaked" | "revisions" | "invalidate-token" => Action::Danger,
        "doctor" => Action::PageDoctor,
        "list" => Action::PageEnvironments,
        "check" | "timeline" => Action::PageTimeline,
        "guide" => Action::Guides,
        "copy" => Action::Copy,
        "test" if command.contains("--path") => Action::TestPath,
        "test" => Action::Test,
        _ => return None,
    };
    Some(keyed(action))
}

/// As [`in_keys`], for the steps of a problem.
pub fn of_problem(mut problem: Problem, keymap: &Keymap) -> Problem {
    for text in [&mut problem.cause, &mut problem.next_step]
        .into_iter()
        .flatten()
    {
        *text = in_keys(text, keymap);
    }
    problem
}

/// As [`in_keys`], for all texts that a job ended with.
pub fn of_result(
    result: Result<JobOutcome, Problem>,
    keymap: &Keymap,
) -> Result<JobOutcome, Problem> {
    let mut outcome = result.map_err(|problem| of_problem(problem, keymap))?;
    let texts: Vec<&mut String> = match &mut outcome {
        JobOutcome::Tested(tiers) => tiers
            .iter_mut()
            .flat_map(|tier| [&mut tier.cause, &mut tier.next_step])
            .flatten()
            .collect(),
        JobOutcome::TokenPasted(pasted) => pasted.warnings.iter_mut().collect(),
        JobOutcome::Examined(findings) => findings
            .iter_mut()
            .filter_map(|finding| finding.next_step.as_mut())
            .collect(),
        _ => Vec::new(),
    };
    for text in texts {
        *text = in_keys(text, keymap);
    }
    Ok(outcome)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_become_keys() {
        let keymap = Keymap::default();
        for (shell, here) in [
            (
                "add a certificate, then `aemkeys rotate wknd-stage FILE`",
                "add a certificate, then rotate (R)",
            ),
            (
                "try `--path /adobe/sites/cf/fragments`; for classic paths ..",
                "try the path /adobe/sites/cf/fragments (e on the test page, T on the list); for classic paths ..",
            ),
            (
                "`aemkeys edit x --env pN-eN`, or `--author URL --publish URL`",
                "edit (e)",
            ),
            (
                "set it with `aemkeys edit NAME --author URL`, `--publish URL` or `--preview URL`",
                "set it with edit (e)",
            ),
            (
                "try again; `aemkeys doctor` looks at network and proxy",
                "try again; doctor (4) looks at network and proxy",
            ),
            ("set `AEMKEYS_STORAGE`", "set `AEMKEYS_STORAGE`"),
            ("an odd ` stays", "an odd ` stays"),
        ] {
            assert_eq!(in_keys(shell, &keymap), here);
        }
    }
}
