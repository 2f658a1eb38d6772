//! Writes completion scripts and the man page to the folders of the user where shells and `man` look for them.

use std::path::{Path, PathBuf};

use crate::platform::atomic_file;
use aemkeys_core::credential::text::clean;
use aemkeys_core::credential::{Code, Problem};

/// What is installed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Installable {
    Bash,
    Fish,
    Zsh,
    ManPage,
}

/// A base folder: the variable, and the folder below the home without it.
const DATA: (&str, &str) = ("XDG_DATA_HOME", ".local/share");
const CONFIGURATION: (&str, &str) = ("XDG_CONFIG_HOME", ".config");

impl Installable {
    /// Returns what a shell needs. Other shells have no folder of their own.
    pub fn of_shell(shell: &str) -> Option<Self> {
        match shell {
            "bash" => Some(Self::Bash),
            "fish" => Some(Self::Fish),
            "zsh" => Some(Self::Zsh),
            _ => None,
        }
    }

    /// Returns the file. The folders are those of the user, so that no administrator is needed.
    pub fn path(self) -> Result<PathBuf, Problem> {
        self.path_in(|name| std::env::var_os(name).map(PathBuf::from))
            .ok_or_else(|| {
                Problem::new(Code::NoHome, "there is no home directory").next_step("set HOME")
            })
    }

    fn path_in(self, variable: impl Fn(&str) -> Option<PathBuf>) -> Option<PathBuf> {
        // A relative path in these variables is invalid.
        let set = |name: &str| variable(name).filter(|path| path.is_absolute());
        let base = |(name, below): (&str, &str)| {
            set(name).or_else(|| variable("HOME").map(|home| home.join(below)))
        };
        Some(match self {
            Self::Bash => {
                let own = set("BASH_COMPLETION_USER_DIR");
                let folder = match own {
                    Some(folder) => folder,
                    None => base(DATA)?.join("bash-completion"),
                };
                folder.join("completions/aemkeys")
            }
            Self::Fish => base(CONFIGURATION)?.join("fish/completions/aemkeys.fish"),
            Self::Zsh => base(DATA)?.join("zsh/site-functions/_aemkeys"),
            Self::ManPage => base(DATA)?.join("man/man1/aemkeys.1"),
        })
    }

    /// Returns what the user must still do.
    pub fn next_step(self, path: &Path) -> String {
        let folder = path.parent().unwrap_or(path).display().to_string();
        let folder = clean(&folder, 300);
        match self {
            Self::Bash => {
                "start a new shell; the package bash-completion must be installed".to_owned()
            }
            Self::Fish => "start a new shell".to_owned(),
            Self::Zsh => format!(
                "add this line to ~/.zshrc before compinit, then start a new shell: fpath=({} $fpath)",
                aemkeys_core::credential::shell::for_posix(&folder)
            ),
            Self::ManPage => {
                let pages = path.ancestors().nth(2).unwrap_or(path).display();
                let pages = clean(&pages.to_string(), 300);
                format!(
                    "run `man aemkeys`; if it finds no page, add ~/.local/bin to PATH or {pages} to MANPATH"
                )
            }
        }
    }

    /// Writes the file, and the folders that are missing.
    pub fn write(self, path: &Path, content: &[u8]) -> Result<(), Problem> {
        let folder = path.parent().unwrap_or(path);
        std::fs::create_dir_all(folder)
            .and_then(|()| atomic_file::replace_output(path, content))
            .map_err(|error| {
                let shown = clean(&path.display().to_string(), 300);
                Problem::new(Code::OutputNotWritten, format!("could not write {shown}"))
                    .cause(error.to_string())
                    .next_step("check the permissions of the folder")
            })
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn files_are_in_the_folders_of_the_user() {
        let home = |name: &str| (name == "HOME").then(|| PathBuf::from("/home/u"));
        let moved = |name: &str| match name {
            "XDG_DATA_HOME" => Some(PathBuf::from("/data")),
            "XDG_CONFIG_HOME" => Some(PathBuf::from("relative")),
            "BASH_COMPLETION_USER_DIR" => Some(PathBuf::from("/own")),
            name => home(name),
        };
        for (what, expected, elsewhere) in [
            (
                Installable::Bash,
                "/home/u/.local/share/bash-completion/completions/aemkeys",
                "/own/completions/aemkeys",
            ),
            (
                Installable::Fish,
                "/home/u/.config/fish/completions/aemkeys.fish",
                "/home/u/.config/fish/completions/aemkeys.fish",
            ),
            (
                Installable::Zsh,
                "/home/u/.local/share/zsh/site-functions/_aemkeys",
                "/data/zsh/site-functions/_aemkeys",
            ),
            (
                Installable::ManPage,
                "/home/u/.local/share/man/man1/aemkeys.1",
                "/data/man/man1/aemkeys.1",
            ),
        ] {
            assert_eq!(what.path_in(home).unwrap(), Path::new(expected));
            assert_eq!(what.path_in(moved).unwrap(), Path::new(elsewhere));
            assert_eq!(what.path_in(|_| None), None);
        }
    }
}
