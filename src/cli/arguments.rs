//! What can be typed? The commands and their flags, with the help that becomes the man page.

mod moving;
mod recipes;
mod renewal;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

pub use moving::{Export, Import, StorageAction, StorageCommand};
pub use renewal::{Consent, Leaked, Revisions, Rotate, UsedBy};

use crate::app::PassphraseDescriptor;
use crate::app::token_format::Format;
use crate::credential::validity::parse_span;
use crate::environment::{EnvironmentType, Tier};

/// Every AEM as a Cloud Service environment, its yearly credential and its daily token.
///
/// Without a command the dashboard opens. Secrets are kept in the OS keyring; none is ever taken from the command line.
#[derive(Debug, Parser)]
#[command(
    name = "aemkeys",
    bin_name = "aemkeys",
    version,
    propagate_version = true,
    max_term_width = 100
)]
pub struct Arguments {
    /// Where secrets are kept; also `AEMKEYS_STORAGE` and the configuration
    #[arg(long, global = true, value_name = "keyring|file|memory", value_parser = storage)]
    pub storage: Option<crate::app::Storage>,
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
    /// List what is stored, with both expiries; never asks the keyring
    List(List),
    /// Show all that is known of one identity; never asks the keyring
    Show(Show),
    /// Say what expires, worst first: for cron, calendars and monitoring; never asks the keyring
    #[command(
        after_help = "Exit code: 0 nothing ends soon, 1 something does, 2 something has expired, 3 something is unknown or nothing is stored, 66 nothing is stored under a name that was given."
    )]
    Check(Check),
    /// Draw what ends when, over the next twelve months; never asks the keyring
    Timeline(Timeline),
    /// Exchange for a fresh token and keep it; prints no token
    Exchange(Names),
    /// Print an access token, exchanged first if needed
    Token(Token),
    /// Copy an access token to the clipboard, cleared again after a while
    Copy(Copy),
    /// Take in today's local development token from standard input
    Paste(Paste),
    /// Ask author, publish and preview who the token signs in
    Test(Test),
    /// Make any request with the token
    Call(Call),
    /// Run a program with the token and the hosts in its environment
    Exec(Exec),
    /// Change name, type, customer, hosts, notes
    Edit(Edit),
    /// Open author, publish, preview or the console in the browser
    Open(Open),
    /// Hand the credential on to a server: into a pipe or a new file, never to a terminal
    Credential(Credential),
    /// Renew a credential: the new one proves itself beside the old one first
    Rotate(Rotate),
    /// List the credentials an identity holds, or drop an old one
    Revisions(Revisions),
    /// Who uses a credential, and who has the new one already
    UsedBy(UsedBy),
    /// After a leak: what to do in which order, and how far it is
    Leaked(Leaked),
    /// Remove an identity or an environment from this machine
    Remove(Remove),
    /// Invalidate the cached token at IMS and drop it
    InvalidateToken(InvalidateToken),
    /// Say what an error of IMS or AEM means and what to do
    Explain(Explain),
    /// Step by step through Adobe's consoles: first credentials, rotation, permissions, revocation
    Guide(Guide),
    /// Show where the secrets are kept, or move them all
    Storage(StorageCommand),
    /// Write environments with their credentials into one encrypted file, for a safe or another machine
    Export(Export),
    /// Take in a file of `export`; shows first what would change, and never overwrites unasked
    Import(Import),
    /// Look for what is wrong with this machine
    Doctor(Doctor),
    /// Try everything with nothing set up: built-in IMS and AEM, storage in memory
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
    /// Take the suggested label without being asked
    #[arg(long)]
    pub yes: bool,
    #[arg(long)]
    pub json: bool,
}

/// Confirms hosts that do not follow from the ids, or are not Adobe's.
#[derive(Debug, Args, Default)]
pub struct TrustFlags {
    /// Confirm that tokens may be sent to this host, which the ids do not give; repeatable
    #[arg(long, value_name = "HOST")]
    pub trust_host: Vec<String>,
    /// Confirm that the client secret may be sent to this IMS host, which is not Adobe's; repeatable
    #[arg(long, value_name = "HOST")]
    pub trust_ims_host: Vec<String>,
}

/// Where an environment answers.
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
    /// ENV or ENV/LABEL; all that is stored when none is named
    pub names: Vec<String>,
    /// What ends within this time ends soon: `30d`, `2w`; by default as configured, 30 days
    #[arg(long, value_name = "TIME", value_parser = span)]
    pub within: Option<jiff::SignedDuration>,
    /// Tokens count too: they end soon within this time, `10m`
    #[arg(long, value_name = "TIME", value_parser = span)]
    pub token_within: Option<jiff::SignedDuration>,
    /// Check this file (or `-`) instead, and store nothing; several times for several
    #[arg(long = "file", value_name = "FILE", conflicts_with = "names")]
    pub files: Vec<PathBuf>,
    /// Only what needs attention, so that cron sends mail for nothing else
    #[arg(short, long, conflicts_with_all = ["json", "ics", "prometheus"])]
    pub quiet: bool,
    #[arg(long, group = "shape")]
    pub json: bool,
    /// A calendar with alarms; importing it again moves what was renewed
    #[arg(long, group = "shape")]
    pub ics: bool,
    /// Metrics, for node_exporter's textfile collector
    #[arg(long, group = "shape")]
    pub prometheus: bool,
}

#[derive(Debug, Args)]
pub struct Timeline {
    /// Twelve weeks instead of twelve months
    #[arg(long)]
    pub weeks: bool,
    /// Columns; by default those of the terminal, else 110. Below 60 it is said in words
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(20..=500))]
    pub width: Option<u16>,
    /// As a picture to share, to this new file or to standard output
    #[arg(long, value_name = "FILE", num_args = 0..=1, default_missing_value = "-")]
    pub svg: Option<PathBuf>,
    /// Overwrite the picture's file
    #[arg(long, requires = "svg")]
    pub force: bool,
    /// Draw with ASCII alone
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
    /// At least this much of its life must be left: `10m`, `2h`, `90s`
    #[arg(long, value_name = "TIME", value_parser = span)]
    pub min_valid: Option<jiff::SignedDuration>,
    /// Exchange anew, whatever is cached
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
    /// With its end
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
    /// With its end
    Json,
    /// A curl line that asks aemkeys for the token
    Curl,
    /// A curl line with the token in it: it ends in the shell's history
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
    /// author, publish, preview; several times for several
    #[arg(long, value_parser = tier)]
    pub tier: Vec<Tier>,
    /// Ask this path instead of who-am-I
    #[arg(long)]
    pub path: Option<String>,
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct Call {
    /// ENV or ENV/LABEL, with `:author` (the default), `:publish` or `:preview`
    pub name: String,
    /// Begins with `/`
    pub path: String,
    /// Method; GET, or POST with `-d`
    #[arg(short = 'X', long = "request", value_name = "METHOD")]
    pub method: Option<String>,
    /// `Name: value`, several times for several
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
    /// At least this much of the token's life must be left
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
    /// `""` takes it away
    #[arg(long)]
    pub customer: Option<String>,
    #[command(flatten)]
    pub hosts: HostFlags,
    /// Confirm that tokens may be sent to this host, which the ids do not give; repeatable
    #[arg(long, value_name = "HOST")]
    pub trust_host: Vec<String>,
    /// Take publish's own domain away
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
    /// A server or program that uses this credential; several times for several; replaces the list,
    /// `""` empties it
    #[arg(long, value_name = "WHO")]
    pub used_by: Vec<String>,
    /// A path that a renewed credential must answer as the old one did; several times for several; replaces the list,
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
    /// Write a new file that only you can read, instead of into a pipe; one that is there is never overwritten
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Without a terminal: repeat the name of a Production or untyped environment to confirm
    #[arg(long, value_name = "ENV")]
    pub confirm: Option<String>,
}

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub enum CredentialFormat {
    /// As Adobe's console gives it and Adobe's client libraries read it
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
    /// first, development-token, rotate, permissions, revoke, oauth; without one: the list
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
    /// Only what concerns this environment
    pub name: Option<String>,
    /// End the warning that an older copy of the storage file was put back
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

fn storage(text: &str) -> Result<crate::app::Storage, String> {
    crate::app::Storage::parse(text).ok_or_else(|| "choose keyring, file or memory".to_owned())
}

fn topic(text: &str) -> Result<crate::app::guide::Topic, String> {
    crate::app::guide::Topic::parse(text).ok_or_else(|| {
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
    parse_span(text).map_err(str::to_owned)
}
