//! The token and the hosts as variables, in the syntax of a shell or of another program that reads them.

use super::token_format::{Buffer, HOST_VARIABLES, TOKEN_VARIABLE};
use aemkeys_core::credential::Secret;
use aemkeys_core::environment::Hosts;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VariableSyntax {
    Posix,
    Fish,
    Powershell,
    /// `NAME=value`, for docker and programs that read `.env` files.
    Dotenv,
    /// The file that `$GITHUB_ENV` names.
    Github,
}

impl VariableSyntax {
    /// The names used in flags.
    pub const NAMES: [&str; 5] = ["posix", "fish", "powershell", "dotenv", "github"];

    pub fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "posix" => Self::Posix,
            "fish" => Self::Fish,
            "powershell" => Self::Powershell,
            "dotenv" => Self::Dotenv,
            "github" => Self::Github,
            _ => return None,
        })
    }

    /// Returns what stands before the name, between name and value, and after the value. Quotes are enough: neither a token nor
    /// the address of a host contains one.
    fn around(self) -> [&'static str; 3] {
        match self {
            Self::Posix => ["export ", "='", "'"],
            Self::Fish => ["set -gx ", " '", "'"],
            Self::Powershell => ["$env:", " = '", "'"],
            Self::Dotenv | Self::Github => ["", "=", ""],
        }
    }

    /// Returns the line that removes a variable. A file can only empty it.
    fn removal(self, name: &str) -> String {
        match self {
            Self::Posix => format!("unset {name}"),
            Self::Fish => format!("set -e {name}; or true"),
            Self::Powershell => format!("Remove-Item Env:{name} -ErrorAction Ignore"),
            Self::Dotenv | Self::Github => format!("{name}="),
        }
    }
}

/// Returns a line for each variable, `AEM_TOKEN` and the hosts, without a final newline. A host that the environment does not
/// have is removed: that of another environment must not stay beside this token.
pub fn assignments(token: &Secret, hosts: &Hosts, syntax: VariableSyntax) -> Secret {
    let [before, between, after] = syntax.around();
    let line = |(tier, name)| match hosts.of(tier) {
        Some(address) => format!("\n{before}{name}{between}{}{after}", address.origin()),
        None => format!("\n{}", syntax.removal(name)),
    };
    let lines = HOST_VARIABLES.map(line);
    let length: usize = lines.iter().map(String::len).sum();
    let mut out = Buffer::with_room_for(token.len() + length + 64);
    out.text(&format!("{before}{TOKEN_VARIABLE}{between}"));
    out.token(token);
    out.text(after);
    for line in lines {
        out.text(&line);
    }
    out.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use aemkeys_core::environment::CloudIds;

    #[test]
    fn no_host_of_the_environment_before_stays() {
        let mut hosts = Hosts::derived(CloudIds {
            program: 1,
            environment: 2,
            cmstg: false,
        });
        hosts.preview = None;
        for (syntax, last) in [
            (VariableSyntax::Posix, "unset AEM_PREVIEW_URL"),
            (VariableSyntax::Fish, "set -e AEM_PREVIEW_URL; or true"),
            (
                VariableSyntax::Powershell,
                "Remove-Item Env:AEM_PREVIEW_URL -ErrorAction Ignore",
            ),
            (VariableSyntax::Dotenv, "AEM_PREVIEW_URL="),
            (VariableSyntax::Github, "AEM_PREVIEW_URL="),
        ] {
            let lines = assignments(&Secret::from("a.b.c"), &hosts, syntax);
            let lines = std::str::from_utf8(lines.expose()).unwrap();
            assert_eq!(lines.lines().count(), 4, "{lines}");
            assert_eq!(lines.lines().last(), Some(last));
        }
    }
}
