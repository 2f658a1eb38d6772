//! Shows a text in the user's pager or editor, as a private file that is deleted afterwards.

use std::io;
use std::path::PathBuf;
use std::process::Child;

use tempfile::TempDir;

use crate::platform::{atomic_file, process};
use aemkeys_core::credential::text::clean;
use aemkeys_core::credential::{Code, Problem};

/// A program that shows a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Viewer {
    /// `$PAGER`, or `less`.
    Pager,
    /// `$VISUAL` or `$EDITOR`.
    Editor,
}

impl Viewer {
    fn variables(self) -> &'static [&'static str] {
        match self {
            Self::Pager => &["PAGER"],
            Self::Editor => &["VISUAL", "EDITOR"],
        }
    }

    /// Returns the program and its arguments.
    fn command(self) -> Option<String> {
        let values = self.variables().iter().map(std::env::var);
        let mut set = values.flatten().filter(|value| !value.trim().is_empty());
        let fallback = (self == Self::Pager).then(|| "less".to_owned());
        set.next().or(fallback)
    }

    fn next_step(self) -> String {
        let variables = self.variables().join(" or ");
        format!("set {variables} to a program, for example `less` or `vi`")
    }
}

/// A text in a private file, and the program to show it. The file is deleted when this is dropped.
#[derive(Debug)]
pub struct ShownText {
    viewer: Viewer,
    command: process::ViewerCommand,
    file: PathBuf,
    /// Also contains what an editor writes beside the file.
    _folder: TempDir,
}

impl ShownText {
    pub fn new(viewer: Viewer, name: &str, text: &str) -> Result<Self, Problem> {
        let Some(line) = viewer.command() else {
            let problem = Problem::new(Code::ProgramNotFound, "no editor is set");
            return Err(problem.next_step(viewer.next_step()));
        };
        let command = process::ViewerCommand::parse(&line)
            .map_err(|error| not_started(viewer, &line, &error))?;
        let written = private_folder().and_then(|folder| {
            let file = folder.path().join(name);
            atomic_file::create_new(&file, text.as_bytes())?;
            Ok((folder, file))
        });
        let (folder, file) = written.map_err(|error| {
            Problem::new(Code::OutputNotWritten, "could not write a temporary file")
                .cause(error.to_string())
                .next_step("check that the temporary folder is writable")
        })?;
        Ok(Self {
            viewer,
            command,
            file,
            _folder: folder,
        })
    }

    /// Starts the program, which gets the terminal.
    pub fn start(&self) -> Result<Child, Problem> {
        let child = self.command.start(&self.file);
        child.map_err(|error| not_started(self.viewer, self.command.program(), &error))
    }
}

/// In the user's runtime folder, which is in memory and not in a backup, else in the temporary folder.
fn private_folder() -> io::Result<TempDir> {
    let mut builder = tempfile::Builder::new();
    builder.prefix("aemkeys-");
    let runtime = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from);
    let inside = runtime.filter(|folder| folder.is_absolute());
    match inside.map(|folder| builder.tempdir_in(folder)) {
        Some(Ok(folder)) => Ok(folder),
        _ => builder.tempdir(),
    }
}

fn not_started(viewer: Viewer, command: &str, error: &io::Error) -> Problem {
    let code = match error.kind() {
        io::ErrorKind::NotFound => Code::ProgramNotFound,
        _ => Code::ProgramNotStarted,
    };
    let shown = clean(command, 100);
    Problem::new(code, format!("could not start `{shown}`"))
        .cause(error.to_string())
        .next_step(viewer.next_step())
}
