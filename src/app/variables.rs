//! The token and the hosts as variables, in the syntax of a shell or of another program that reads them.

use super::token_format::{Buffer, TOKEN_VARIABLE, environment_variables};
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
}

/// Returns a line for each variable, `AEM_TOKEN` and the hosts, without a final newline.
pub fn assignments(token: &Secret, hosts: &Hosts, syntax: VariableSyntax) -> Secret {
    let hosts = environment_variables(hosts);
    let [before, between, after] = syntax.around();
    let lines: Vec<String> = hosts
        .iter()
        .map(|(name, url)| format!("\n{before}{name}{between}{url}{after}"))
        .collect();
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
