//! Commands and flags; their help texts also make the man page.

mod moving;
mod recipes;
mod renewal;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

pub use moving::{Export, Import, StorageAction, StorageCommand};
pub use renewal::{Consent, Leaked, Revisions, Rotate, UsedBy};

use crate::app::PassphraseDescriptor;
use crate::app::token_format::Format;
use aemkeys_core::credential::validity::parse_duration;
use aemkeys_core::environment::{EnvironmentType, Tier};

/// Every AEM as a Cloud Service environment, its yearly credential and its daily token.
///
/// Without a command, opens the dashboard. Secrets are stored in the OS keyring and never read from command-line arguments.
#[derive(Debug, Parser)]
#[command(
    name = "aemkeys",
    bin_name = "aemkeys",
    version,
    propagate_version = true,
    max_term_width = 100
)]
pub struct Arguments {
    /// Where secrets are stored; also set by `AEMKEYS_STORAGE` or `config.toml`
    #[arg(long, global = true, value_name = "keyring|file|memory", value_parser = storage)]
    pub storage: Option<crate::app::StorageKind>,
    /// Read the passphrase of `--storage file` from this open file descriptor
    #[arg(long, global = true, value_name = "N", value_parser = PassphraseDescriptor::parse)]
    pub passphrase_fd: Option<PassphraseDescriptor>,
    #[command(subcommand)]
    pub command: Option<Command>,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Add service credentials, an OAuth credential, a development token or a local SDK
    Add(Add),
    /// List identities with credential and token expiry; works with the keyring locked
    List(List),
    /// Show the details of an identity; works with the keyring locked
    Show(Show),
    /// Report what expires soon, most urgent first, for cron, calendars and monitoring; works with the keyring locked
    #[command(
        after_help = "Exit codes: 0 nothing expires soon, 1 something expires soon, 2 something has expired, 3 an expiry is unknown or nothing is stored, 66 a given name was not found."
    )]
    Check(Check),
    /// Draw a timeline of expiries over the next twelve months; works with the keyring locked
    Timeline(Timeline),
    /// Get a fresh token and cache it, without printing it
    Exchange(Names),
    /// Print an access token, exchanged first if needed
    Token(Token),
    /// Copy an access token to the clipboard and clear it after a delay
    Copy(Copy),
    /// Store today's local development token, read from standard input
    Paste(Paste),
    /// Check which user the token signs in as on each tier
    Test(Test),
    /// Send an HTTP request with the token
    Call(Call),
    /// Run a program with the token and the hosts in its environment
    Exec(Exec),
    /// Change the name, type, customer, hosts or notes
    Edit(Edit),
    /// Open author, publish, preview or the console in the browser
    Open(Open),
    /// Export the credential for a server, to a pipe or a new file, never to a terminal
    Credential(Credential),
    /// Rotate a credential, after testing the new one beside the old one
    Rotate(Rotate),
    /// List the revisions of a credential, or delete an old one
    Revisions(Revisions),
    /// List who uses a credential and who already has the new one
    UsedBy(UsedBy),
    /// Handle a leaked credential: the steps in order, and your progress
    Leaked(Leaked),
    /// Remove an identity or an environment from this machine
    Remove(Remove),
    /// Invalidate the cached token at IMS and delete it
    InvalidateToken(InvalidateToken),
    /// Explain an IMS or AEM error and what to do about it
    Explain(Explain),
    /// Show step-by-step guides to Adobe's consoles: first credentials, rotation, permissions, revocation
    Guide(Guide),
    /// Show where secrets are stored, or move all of them
    Storage(StorageCommand),
    /// Export environments and their credentials to an encrypted file
    Export(Export),
    /// Import an exported file; shows the changes first and never overwrites without asking
    Import(Import),
    /// Check this machine for problems
    Doctor(Doctor),
    /// Try aemkeys without any setup, with a built-in IMS and AEM and storage in memory
    #[cfg(feature = "demo")]
    Demo(Demo),
    /// Print completions for a shell
    Completions { shell: clap_complete::Shell },
    /// Print the man page
    Man,
    /// Hold the clipboard until it is cleared (used by `copy`)
    #[command(hide = true)]
    HoldClipboard {
        #[arg(long)]
        seconds: u64,
    },
}

#[derive(Debug, Args)]
pub struct Add {
    /// Files from the AEM or Adobe Developer Console; `-` reads standard input; none with `--type local`
    pub files: Vec<PathBuf>,
    /// Name of the environment; by default its ids, `p123-e1250`
    #[arg(long)]
    pub name: Option<String>,
    /// development, rde, stage, production, local; `unset` is guarded like production
    #[arg(long = "type", value_name = "TYPE", value_parser = environment_type)]
    pub environment_type: Option<EnvironmentType>,
    /// Label of this identity where the environment has several
    #[arg(long)]
    pub label: Option<String>,
    /// Customer, shown for grouping; by default the IMS organisation
    #[arg(long)]
    pub customer: Option<String>,
    #[command(flatten)]
    pub hosts: HostFlags,
    #[command(flatten)]
    pub trust: TrustFlags,
    /// Accept the suggested label without asking
    #[arg(long)]
    pub yes: bool,
    #[arg(long)]
    pub json: bool,
}

/// Flags that confirm hosts not derived from the ids, or not Adobe's.
#[derive(Debug, Args, Default)]
pub struct TrustFlags {
    /// Confirm that tokens may be sent to this host, which the ids do not give; repeatable
    #[arg(long, value_name = "HOST")]
    pub trust_host: Vec<String>,
    /// Confirm that the client secret may be sent to this IMS host, which is not Adobe's; repeatable
    #[arg(long, value_name = "HOST")]
    pub trust_ims_host: Vec<String>,
}

/// Hosts of an environment.
#[derive(Debug, Args, Default)]
pub struct HostFlags {
    /// Program and environment, `p123-e1250`: the hosts are derived from them
    #[arg(long, value_name = "pN-eN")]
    pub env: Option<String>,
    /// Host or URL of author
    #[arg(long, value_name = "URL")]
    pub author: Option<String>,
    /// Host or URL of publish
    #[arg(long, value_name = "URL")]
    pub publish: Option<String>,
    /// Host or URL of preview
    #[arg(long, value_name = "URL")]
    pub preview: Option<String>,
    /// The customer's own domain in front of publish, tested beside the default host
    #[arg(long, value_name = "HOST")]
    pub publish_domain: Option<String>,
}

#[derive(Debug, Args)]
pub struct List {
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct Show {
    /// ENV or ENV/LABEL
    pub name: String,
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "flags, as they are typed")]
pub struct Check {
    /// ENV or ENV/LABEL; everything stored if omitted
    pub names: Vec<String>,
    /// Report credentials that expire within this time: `30d`, `2w`; by default as configured, 30 days
    #[arg(long, value_name = "TIME", value_parser = span)]
    pub within: Option<jiff::SignedDuration>,
    /// Also report tokens that expire within this time: `10m`
    #[arg(long, value_name = "TIME", value_parser = span)]
    pub token_within: Option<jiff::SignedDuration>,
    /// Check this file (or `-`) instead, and store nothing; repeatable
    #[arg(long = "file", value_name = "FILE", conflicts_with = "names")]
    pub files: Vec<PathBuf>,
    /// Print only what needs attention
    #[arg(short, long, conflicts_with_all = ["json", "ics", "prometheus"])]
    pub quiet: bool,
    #[arg(long, group = "shape")]
    pub json: bool,
    /// Print a calendar with alarms; importing it again updates rotated credentials
    #[arg(long, group = "shape")]
    pub ics: bool,
    /// Print metrics for node_exporter's textfile collector
    #[arg(long, group = "shape")]
    pub prometheus: bool,
}

#[derive(Debug, Args)]
pub struct Timeline {
    /// Show twelve weeks instead of twelve months
    #[arg(long)]
    pub weeks: bool,
    /// Width in columns; by default that of the terminal, else 110. Below 60, prints text
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(20..=500))]
    pub width: Option<u16>,
    /// Write an SVG picture to this new file or to standard output
    #[arg(long, value_name = "FILE", num_args = 0..=1, default_missing_value = "-")]
    pub svg: Option<PathBuf>,
    /// Overwrite the picture's file
    #[arg(long, requires = "svg")]
    pub force: bool,
    /// Draw with ASCII only
    #[arg(long)]
    pub ascii: bool,
}

#[derive(Debug, Args)]
pub struct Names {
    /// ENV or ENV/LABEL
    #[arg(required = true)]
    pub names: Vec<String>,
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct Token {
    /// ENV or ENV/LABEL
    #[arg(required_unless_present = "file", conflicts_with = "file")]
    pub name: Option<String>,
    /// Exchange this file (or `-`) and store nothing
    #[arg(long, value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// Require at least this much time before the token expires: `10m`, `2h`, `90s`
    #[arg(long, value_name = "TIME", value_parser = span)]
    pub min_valid: Option<jiff::SignedDuration>,
    /// Get a new token even if one is cached
    #[arg(long)]
    pub refresh: bool,
    #[arg(long, value_enum, default_value_t)]
    pub format: TokenFormat,
    /// With `--file`: send the client secret to this IMS host although it is not Adobe's
    #[arg(long, value_name = "HOST")]
    pub trust_ims_host: Vec<String>,
}

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub enum TokenFormat {
    /// The bare token
    #[default]
    Raw,
    /// `Authorization: Bearer ..`
    Header,
    /// `export AEM_TOKEN=..` lines
    Env,
    /// JSON with expiry time
    Json,
}

impl From<TokenFormat> for Format {
    fn from(format: TokenFormat) -> Self {
        match format {
            TokenFormat::Raw => Self::Raw,
            TokenFormat::Header => Self::Header,
            TokenFormat::Env => Self::Env,
            TokenFormat::Json => Self::Json,
        }
    }
}

#[derive(Debug, Args)]
pub struct Copy {
    /// ENV or ENV/LABEL
    pub name: String,
    #[arg(long, value_enum, default_value_t)]
    pub format: CopyFormat,
    /// Seconds until the clipboard is cleared
    #[arg(long, value_name = "SECONDS")]
    pub clear_after: Option<u64>,
}

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub enum CopyFormat {
    /// The bare token
    #[default]
    Raw,
    /// `Authorization: Bearer ..`
    Header,
    /// `export AEM_TOKEN=..` lines
    Env,
    /// JSON with expiry time
    Json,
    /// A curl line that asks aemkeys for the token
    Curl,
    /// A curl line that contains the token; it stays in the shell history
    CurlLiteral,
}

impl From<CopyFormat> for Format {
    fn from(format: CopyFormat) -> Self {
        match format {
            CopyFormat::Raw => Self::Raw,
            CopyFormat::Header => Self::Header,
            CopyFormat::Env => Self::Env,
            CopyFormat::Json => Self::Json,
            CopyFormat::Curl => Self::Curl,
            CopyFormat::CurlLiteral => Self::CurlLiteral,
        }
    }
}

#[derive(Debug, Args)]
pub struct Paste {
    /// ENV, or ENV/LABEL of the person's identity; the token is read from standard input
    pub name: String,
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct Test {
    /// ENV or ENV/LABEL
    pub name: String,
    /// author, publish or preview; repeatable
    #[arg(long, value_parser = tier)]
    pub tier: Vec<Tier>,
    /// Request this path instead of the current user
    #[arg(long)]
    pub path: Option<String>,
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct Call {
    /// ENV or ENV/LABEL, with `:author` (the default), `:publish` or `:preview`
    pub name: String,
    /// Path to request, starting with `/`
    pub path: String,
    /// Method; GET, or POST with `-d`
    #[arg(short = 'X', long = "request", value_name = "METHOD")]
    pub method: Option<String>,
    /// `Name: value`; repeatable
    #[arg(short = 'H', long = "header", value_name = "HEADER")]
    pub headers: Vec<String>,
    /// Body: text, `@FILE`, or `@-` for standard input
    #[arg(short = 'd', long = "data", value_name = "DATA")]
    pub data: Option<String>,
    /// Print status and headers on standard error
    #[arg(short = 'i', long)]
    pub include: bool,
    /// Without a terminal: repeat the name of a Production or untyped environment to confirm a call that may change something
    #[arg(long, value_name = "ENV")]
    pub confirm: Option<String>,
}

#[derive(Debug, Args)]
pub struct Exec {
    /// ENV or ENV/LABEL
    pub name: String,
    /// Without a terminal: repeat the name of a Production or untyped environment to confirm
    #[arg(long, value_name = "ENV")]
    pub confirm: Option<String>,
    /// Require at least this much time before the token expires
    #[arg(long, value_name = "TIME", value_parser = span)]
    pub min_valid: Option<jiff::SignedDuration>,
    /// The program and its arguments, after `--`
    #[arg(last = true, required = true)]
    pub command: Vec<std::ffi::OsString>,
}

#[derive(Debug, Args)]
pub struct Edit {
    /// ENV, or ENV/LABEL to change the label and the used-by list too
    pub name: String,
    /// New name
    #[arg(long = "name", value_name = "NEW")]
    pub new_name: Option<String>,
    #[arg(long = "type", value_name = "TYPE", value_parser = environment_type)]
    pub environment_type: Option<EnvironmentType>,
    /// `""` clears it
    #[arg(long)]
    pub customer: Option<String>,
    #[command(flatten)]
    pub hosts: HostFlags,
    /// Confirm that tokens may be sent to this host, which the ids do not give; repeatable
    #[arg(long, value_name = "HOST")]
    pub trust_host: Vec<String>,
    /// Remove the custom domain of publish
    #[arg(long, conflicts_with = "publish_domain")]
    pub no_publish_domain: bool,
    #[arg(long)]
    pub notes: Option<String>,
    /// Address of the AEM Developer Console
    #[arg(long, value_name = "URL")]
    pub console: Option<String>,
    /// New label of the identity
    #[arg(long)]
    pub label: Option<String>,
    /// A server or program that uses this credential; repeatable; replaces the list,
    /// `""` empties it
    #[arg(long, value_name = "WHO")]
    pub used_by: Vec<String>,
    /// A path that must respond the same after a rotation; repeatable; replaces the list,
    /// `""` empties it
    #[arg(long, value_name = "PATH")]
    pub saved_path: Vec<String>,
    /// Without a terminal: repeat the name of a Production or untyped environment to confirm another type or other hosts
    #[arg(long, value_name = "ENV")]
    pub confirm: Option<String>,
}

#[derive(Debug, Args)]
pub struct Open {
    /// ENV or ENV/LABEL
    pub name: String,
    #[arg(value_enum, default_value_t)]
    pub target: OpenTarget,
}

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub enum OpenTarget {
    #[default]
    Author,
    Publish,
    Preview,
    /// The AEM Developer Console where it is known, else Cloud Manager
    Console,
}

#[derive(Debug, Args)]
#[command(after_help = recipes::CREDENTIAL)]
pub struct Credential {
    /// ENV or ENV/LABEL
    pub name: String,
    #[arg(long, value_enum, default_value_t)]
    pub format: CredentialFormat,
    /// Write to a new file that only you can read, instead of a pipe; never overwrites a file
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Without a terminal: repeat the name of a Production or untyped environment to confirm
    #[arg(long, value_name = "ENV")]
    pub confirm: Option<String>,
}

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub enum CredentialFormat {
    /// The JSON format of Adobe's console and client libraries
    #[default]
    AdobeJson,
}

#[derive(Debug, Args)]
pub struct Remove {
    /// ENV (with all its identities) or ENV/LABEL
    pub name: String,
    #[command(flatten)]
    pub consent: Consent,
}

#[derive(Debug, Args)]
pub struct InvalidateToken {
    /// ENV or ENV/LABEL
    pub name: String,
    /// Ask IMS to cascade; what that does to other tokens of the client is not documented
    #[arg(long)]
    pub cascade: bool,
    #[command(flatten)]
    pub consent: Consent,
}

#[derive(Debug, Args)]
pub struct Explain {
    /// The error's text; `-` reads standard input
    #[arg(required = true)]
    pub text: Vec<String>,
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct Guide {
    /// first, development-token, rotate, permissions, revoke, oauth; lists the topics if omitted
    #[arg(value_parser = topic)]
    pub topic: Option<crate::app::guide::Topic>,
    /// ENV or ENV/LABEL: fills in its names
    pub name: Option<String>,
    /// Print the `api.yaml` for this OAuth credential and nothing else
    #[arg(long, requires = "name", conflicts_with = "json")]
    pub api_yaml: bool,
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct Doctor {
    /// Check only this environment
    pub name: Option<String>,
    /// Dismiss the warning that an older copy of the storage file was restored
    #[arg(long)]
    pub accept_older_storage: bool,
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct Demo {
    /// Run a short scripted tour in the shell instead of the dashboard
    #[arg(long)]
    pub tour: bool,
    /// Print one frame of this size, `120x30`, without a terminal
    #[arg(long, value_name = "COLSxROWS", conflicts_with = "tour")]
    pub print: Option<String>,
    /// Keys to press before the frame is printed: `jj<enter>t`
    #[arg(long, requires = "print", default_value = "")]
    pub keys: String,
    /// Shape of the frame
    #[arg(long, requires = "print", value_enum, default_value_t)]
    pub format: FrameFormat,
}

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub enum FrameFormat {
    #[default]
    Text,
    Ansi,
    Svg,
}

fn storage(text: &str) -> Result<crate::app::StorageKind, String> {
    crate::app::StorageKind::parse(text).ok_or_else(|| "choose keyring, file or memory".to_owned())
}

fn topic(text: &str) -> Result<crate::app::guide::Topic, String> {
    aemkeys_core::credential::Topic::parse(text).ok_or_else(|| {
        "choose first, development-token, rotate, permissions, revoke or oauth".to_owned()
    })
}

fn environment_type(text: &str) -> Result<EnvironmentType, String> {
    EnvironmentType::parse(text)
        .ok_or_else(|| "choose development, rde, stage, production, local or unset".to_owned())
}

fn tier(text: &str) -> Result<Tier, String> {
    Tier::ALL
        .into_iter()
        .find(|tier| tier.as_str().eq_ignore_ascii_case(text))
        .ok_or_else(|| "choose author, publish or preview".to_owned())
}

/// `30d`, `10m`, `2h`, `90s`, `1h30m`; a bare number is seconds.
fn span(text: &str) -> Result<jiff::SignedDuration, String> {
    if let Ok(seconds) = text.parse::<u32>() {
        return Ok(jiff::SignedDuration::from_secs(i64::from(seconds)));
    }
    parse_duration(text).map_err(str::to_owned)
}

#[cfg(test)]
mod tests {
    use aemkeys_core::credential::NextStep;

    use super::*;

    /// Reads a printed command as a shell would: single quotes and backslashes only.
    fn words(line: &str) -> Vec<String> {
        let mut words = vec![String::new()];
        let (mut quoted, mut escaped) = (false, false);
        for letter in line.chars() {
            match letter {
                '\'' if !escaped => quoted = !quoted,
                '\\' if !quoted && !escaped => {
                    escaped = true;
                    continue;
                }
                ' ' if !quoted => words.push(String::new()),
                _ => words.last_mut().unwrap().push(letter),
            }
            escaped = false;
        }
        words
    }

    #[test]
    fn every_next_step_is_a_command_of_the_program() {
        for step in NextStep::ALL {
            for subject in [None, Some("p1-e2"), Some("it's; $(rm) \"x\"")] {
                let line = step.command_line(subject);
                let parsed = Arguments::try_parse_from(words(&line));
                let error = parsed.err().map(|error| error.to_string());
                assert!(error.is_none(), "{line}: {error:?}");
            }
        }
    }
}
