//! The files of the repository that are made from the program: documentation tables, the key file and the pictures.

mod json_page;
mod recording;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{fs, io};

use aemkeys::cli::check_exit_code;
use aemkeys::platform::{reference, settings_table};
use aemkeys::tui::keymap;
use aemkeys_core::credential::Code;
use aemkeys_core::explain;

/// A file with the text that it should have.
pub struct Asset {
    pub path: PathBuf,
    pub text: String,
}

impl Asset {
    /// Returns whether the file has this text. Line ends do not count.
    pub fn is_current(&self) -> bool {
        read(&self.path).is_ok_and(|text| text == self.text)
    }

    pub fn write(&self) -> io::Result<()> {
        fs::write(&self.path, &self.text)
    }
}

/// Returns all files that are made from the program. The binary `program` draws the pictures and prints its help.
pub fn assets(program: &Path) -> io::Result<Vec<Asset>> {
    let root = root();
    let pages = root.join("docs/src/reference");
    let mut assets = vec![
        Asset {
            path: root.join("assets/keymap.toml"),
            text: keymap::default_file(),
        },
        Asset {
            path: pages.join("commands.md"),
            text: commands(program)?,
        },
        Asset {
            path: pages.join("exit-codes.md"),
            text: exit_codes(),
        },
        Asset {
            path: pages.join("errors.md"),
            text: error_table(),
        },
        Asset {
            path: pages.join("explanations.md"),
            text: explanation_table(),
        },
        Asset {
            path: pages.join("aemkeys.schema.json"),
            text: format!("{:#}\n", aemkeys::cli::json_schema()),
        },
        with_tables(pages.join("keys.md"), &[KEYS])?,
        with_tables(pages.join("settings.md"), &[SETTINGS, VARIABLES, FILES])?,
        with_tables(pages.join("json.md"), &[DOCUMENTS])?,
    ];
    assets.extend(pictures(&root.join("docs/src/pictures"), program)?);
    Ok(assets)
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn read(path: &Path) -> io::Result<String> {
    Ok(fs::read_to_string(path)?.replace("\r\n", "\n"))
}

/// A table that is written between two marks of a page.
struct GeneratedTable {
    begin: &'static str,
    end: &'static str,
    text: fn() -> io::Result<String>,
}

const VARIABLES: GeneratedTable = GeneratedTable {
    begin: "<!-- variables: from the table of variables -->\n",
    end: "<!-- end of variables -->\n",
    text: || Ok(reference::variables()),
};

const FILES: GeneratedTable = GeneratedTable {
    begin: "<!-- files: from the table of files -->\n",
    end: "<!-- end of files -->\n",
    text: || Ok(reference::files()),
};

const DOCUMENTS: GeneratedTable = GeneratedTable {
    begin: "<!-- documents: from the types -->\n",
    end: "<!-- end of documents -->\n",
    text: || json_page::markdown(&aemkeys::cli::json_schema()),
};

const KEYS: GeneratedTable = GeneratedTable {
    begin: "<!-- keys: from the action table -->\n",
    end: "<!-- end of keys -->\n",
    text: || Ok(keymap::markdown()),
};

const SETTINGS: GeneratedTable = GeneratedTable {
    begin: "<!-- settings: from the table of settings -->\n",
    end: "<!-- end of settings -->\n",
    text: || Ok(settings_table::markdown()),
};

/// Returns the page with new text between the marks of each table.
fn with_tables(path: PathBuf, tables: &[GeneratedTable]) -> io::Result<Asset> {
    let mut text = read(&path)?;
    for GeneratedTable {
        begin,
        end,
        text: table,
    } in tables
    {
        let marked = text
            .split_once(begin)
            .and_then(|(before, rest)| Some((before, rest.split_once(end)?.1)));
        let (before, after) = marked.ok_or_else(|| {
            io::Error::other(format!("{} has lost the mark {begin}", path.display()))
        })?;
        text = format!("{before}{begin}\n{}\n{end}{after}", table()?);
    }
    Ok(Asset { path, text })
}

/// The help of every command.
fn commands(program: &Path) -> io::Result<String> {
    let help = |arguments: &[&str]| -> io::Result<String> {
        let printed = Command::new(program)
            .args(arguments)
            .arg("--help")
            .env_clear()
            .env("COLUMNS", "80")
            .output()?;
        String::from_utf8(printed.stdout).map_err(io::Error::other)
    };
    let root = help(&[])?;
    let mut text = format!(
        "# Commands\n\nEach section is what `aemkeys COMMAND --help` prints, without the global options. `aemkeys man` prints the man page.\n\n\
         ```text\n{}\n```\n",
        root.trim_end()
    );
    for name in command_names(&root) {
        let own = help(&[name])?;
        let own = without_global_options(&own);
        text.push_str(&format!("\n## aemkeys {name}\n\n```text\n{own}\n```\n"));
        for subcommand in command_names(&own) {
            let own = help(&[name, subcommand])?;
            let own = without_global_options(&own);
            text.push_str(&format!(
                "\n### aemkeys {name} {subcommand}\n\n```text\n{own}\n```\n"
            ));
        }
    }
    Ok(text)
}

/// Returns the commands that a help text lists.
fn command_names(help: &str) -> Vec<&str> {
    help.lines()
        .skip_while(|line| *line != "Commands:")
        .skip(1)
        .take_while(|line| !line.is_empty())
        .filter_map(|line| line.strip_prefix("  ")?.split(' ').next())
        .filter(|name| !name.is_empty() && *name != "help")
        .collect()
}

/// Returns a help text without the options that all commands have, which the help of the program shows.
fn without_global_options(help: &str) -> String {
    let begin = "\nGlobal options:\n";
    let Some((before, rest)) = help.split_once(begin) else {
        return help.trim_end().to_owned();
    };
    // Other text follows at the start of a line.
    let options = rest
        .lines()
        .take_while(|line| line.is_empty() || line.starts_with(' '));
    let length: usize = options.map(|line| line.len() + 1).sum();
    let after = rest.get(length..).unwrap_or_default();
    format!("{before}\n{after}").trim_end().to_owned()
}

/// Every exit code with its meaning.
fn exit_codes() -> String {
    let rows: Vec<String> = check_exit_code::table()
        .map(|(code, meaning)| format!("| {code} | {meaning} |\n"))
        .collect();
    format!(
        "# Exit codes\n\nScripts can decide by these codes. A retry can help after 69 and 75; the column *retry* of \
         [Error codes](errors.md) says it for each error. `exec` ends with the exit code of the program \
         that it runs.\n\n| code | meaning |\n|---|---|\n{}",
        rows.concat()
    )
}

/// Every error code with its meaning, exit code and guide.
fn error_table() -> String {
    let mut text = String::from(
        "# Error codes\n\nWith `--json`, an error has one of these codes. The exit code of the process follows from it. *retry*: the same \
         command can succeed later. *guide*: the topic of `aemkeys guide` that helps.\n\n\
         | code | exit | retry | guide | meaning |\n|---|---|---|---|---|\n",
    );
    for code in Code::ALL {
        let guide = code.topic().map_or("", |topic| topic.id());
        let retry = if code.may_retry() { "yes" } else { "" };
        let line = format!(
            "| `{code}` | {} | {retry} | {guide} | {} |\n",
            code.exit().number(),
            code.meaning()
        );
        text.push_str(&line);
    }
    text
}

/// The table that `aemkeys explain`, test calls and exchanges use.
fn explanation_table() -> String {
    let cell = |text: &str| text.replace('|', "\\|").replace('\n', " ");
    let mut text = String::from(
        "# Explanations of responses and errors\n\n\
         `aemkeys explain` answers from this table; test calls and exchanges use the same rows. The first row that matches applies. \
         A text matches only as whole words.\n\n\
         | what you see | who said it | what it means | why | what to do | source |\n|---|---|---|---|---|---|\n",
    );
    for row in explain::table() {
        let cells = [
            row.conditions(),
            row.who.words().to_owned(),
            row.says.clone(),
            row.why.clone(),
            row.next.in_shell(),
            row.source.clone(),
        ];
        let cells: Vec<String> = cells.iter().map(|text| cell(text)).collect();
        text.push_str(&format!("| {} |\n", cells.join(" | ")));
    }
    text
}

/// The frames of the demo that `pictures/list` names, with size and keys in each line, and the recording.
fn pictures(folder: &Path, program: &Path) -> io::Result<Vec<Asset>> {
    let list = include_str!("pictures/list");
    let pictures = list.lines().map(|line| {
        let mut words = line.splitn(3, ' ');
        let (Some(name), Some(size), Some(keys)) = (words.next(), words.next(), words.next())
        else {
            return Err(io::Error::other(format!("not a picture: {line}")));
        };
        Ok(Asset {
            path: folder.join(format!("{name}.svg")),
            text: frame(program, size, keys)?,
        })
    });
    pictures.chain([recording(folder, program)]).collect()
}

/// Draws the demo after these keys.
fn frame(program: &Path, size: &str, keys: &str) -> io::Result<String> {
    let drawn = Command::new(program)
        .args(["demo", "--print", size, "--keys", keys, "--format", "svg"])
        .env_clear()
        .output()?;
    String::from_utf8(drawn.stdout).map_err(io::Error::other)
}

/// The animation of the steps in `pictures/recording`.
fn recording(folder: &Path, program: &Path) -> io::Result<Asset> {
    let list = include_str!("pictures/recording");
    let mut pressed = String::new();
    let mut steps = Vec::new();
    for line in list.lines().filter(|line| !line.starts_with('#')) {
        let mut words = line.splitn(4, ' ');
        let (Some(seconds), Some(size), Some(keys)) = (words.next(), words.next(), words.next())
        else {
            return Err(io::Error::other(format!("not a step: {line}")));
        };
        let keys = keys.trim_start_matches('-');
        steps.push(recording::RecordedStep {
            seconds: seconds.parse().map_err(io::Error::other)?,
            svg: frame(program, size, keys)?,
            key: keys.strip_prefix(&pressed).unwrap_or(keys).to_owned(),
            caption: words.next().unwrap_or_default().to_owned(),
        });
        keys.clone_into(&mut pressed);
    }
    let title =
        "A recording of the dashboard: the list, an exchange, a copy, a test and the timeline";
    Ok(Asset {
        path: folder.join("recording.svg"),
        text: recording::animate(title, &steps),
    })
}
