//! The files of the repository that are made from the program: documentation tables, the key file and the pictures.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{fs, io};

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

/// Returns all files that are made from the program. Pictures are drawn by the binary `program`.
pub fn assets(program: &Path) -> io::Result<Vec<Asset>> {
    let root = root();
    let mut assets = vec![
        Asset {
            path: root.join("assets/keymap.toml"),
            text: keymap::default_file(),
        },
        Asset {
            path: root.join("docs/errors.md"),
            text: error_table(),
        },
        Asset {
            path: root.join("docs/what-you-see.md"),
            text: explanation_table(),
        },
        readme(root.join("README.md"))?,
    ];
    assets.extend(pictures(&root.join("assets/pictures"), program)?);
    Ok(assets)
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn read(path: &Path) -> io::Result<String> {
    Ok(fs::read_to_string(path)?.replace("\r\n", "\n"))
}

/// The README with the table of keys between its two marks.
fn readme(path: PathBuf) -> io::Result<Asset> {
    const BEGIN: &str = "<!-- keys: from the action table -->\n";
    const END: &str = "<!-- end of keys -->\n";
    let text = read(&path)?;
    let marked = text
        .split_once(BEGIN)
        .and_then(|(before, rest)| Some((before, rest.split_once(END)?.1)));
    let (before, after) =
        marked.ok_or_else(|| io::Error::other("README.md has lost the marks of the key table"))?;
    let table = keymap::readme_table();
    Ok(Asset {
        path,
        text: format!("{before}{BEGIN}\n{table}\n{END}{after}"),
    })
}

/// Every error code with its meaning, exit code and guide.
fn error_table() -> String {
    let mut text = String::from(
        "# Error codes\n\nWith `--json`, an error carries one of these codes. The exit code of the process follows from it.\n\n\
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
        "# What you see, who said it, what to do\n\n\
         `aemkeys explain` answers from this table; test calls and exchanges use the same rows. The first row that fits counts. \
         A mark counts only as a whole word.\n\n\
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

/// The frames of the demo that `assets/pictures/list` names: a line for each, with name, size and keys.
fn pictures(folder: &Path, program: &Path) -> io::Result<Vec<Asset>> {
    let list = read(&folder.join("list"))?;
    list.lines()
        .map(|line| {
            let mut words = line.splitn(3, ' ');
            let (Some(name), Some(size), Some(keys)) = (words.next(), words.next(), words.next())
            else {
                return Err(io::Error::other(format!("not a picture: {line}")));
            };
            let drawn = Command::new(program)
                .args(["demo", "--print", size, "--keys", keys, "--format", "svg"])
                .env_clear()
                .output()?;
            let text = String::from_utf8(drawn.stdout).map_err(io::Error::other)?;
            Ok(Asset {
                path: folder.join(format!("{name}.svg")),
                text,
            })
        })
        .collect()
}
