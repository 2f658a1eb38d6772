//! Creates a `AppContext`: reads the configuration and chooses the storage and the folders, without blocking.

use std::ffi::OsString;
use std::net::SocketAddr;
use std::sync::Arc;

use super::AppContext;
use crate::platform::configuration::StorageKind;
use crate::platform::descriptors::PassphraseDescriptor;
use crate::platform::{Clock, Configuration, Paths};
use crate::storage::{IndexFile, PASSPHRASE_FILE, PassphraseSource, Storage, StorageOptions};
use aemkeys_core::credential::text::clean;
use aemkeys_core::credential::{Code, Problem, Secret};
use aemkeys_core::http::{Http, HttpOptions};

/// Names a file with the passphrase of the passphrase file.
const PASSPHRASE_FILE_VARIABLE: &str = "AEMKEYS_PASSPHRASE_FILE";
/// The command that prints it.
const PASSPHRASE_COMMAND_VARIABLE: &str = "AEMKEYS_PASSPHRASE_COMMAND";

/// Prompts for a secret without echo.
pub type AskPassphrase = fn(&str) -> Result<Secret, Problem>;

/// Options from the command line.
#[derive(Clone, Debug, Default)]
pub struct OpenOptions {
    /// `--storage`; else `AEMKEYS_STORAGE`, else the configuration, else the keyring.
    pub storage: Option<StorageKind>,
    pub passphrase_fd: Option<PassphraseDescriptor>,
    /// Whether the system may ask to unlock the keyring.
    pub may_prompt: bool,
    /// Start connecting to the storage at once, while the index is read.
    pub contact: bool,
    /// Prompts for the passphrase without echo.
    pub ask_passphrase: Option<AskPassphrase>,
    /// The dashboard asks for the passphrase through the storage's broker.
    pub dashboard: bool,
}

/// Returns all configuration errors together.
pub fn open(options: &OpenOptions) -> Result<AppContext, Vec<Problem>> {
    let (paths, configuration) = places()?;
    let kind = choose_storage(options.storage, &configuration)?;
    if kind == StorageKind::Memory {
        return Err(vec![
            Problem::new(
                Code::Usage,
                "storage in memory is only for the demo and `--file`",
            )
            .next_step("choose keyring or file"),
        ]);
    }
    let storage = match &configuration.file {
        Some(file) if !is_forced(options) => Storage::following(
            storage_options(kind, options, &paths, &configuration),
            file.clone(),
        ),
        _ => storage(kind, options, &paths, &configuration),
    };
    // A passphrase file is only read when a secret is needed, and then asks for its passphrase.
    if options.contact && kind == StorageKind::Keyring {
        storage.connect();
    }
    Ok(AppContext {
        index: storage.index(),
        storage,
        http: http(&configuration),
        clock: Clock::real(),
        configuration: Arc::new(configuration),
        state_dir: Some(paths.state),
        samples: Arc::default(),
    })
}

/// Returns the valid settings of `config.toml` and its errors, so that callers can add further errors.
pub fn configuration() -> (Configuration, Vec<Problem>) {
    match Paths::of_user() {
        Some(paths) => Configuration::read(&paths.config.join("config.toml")),
        None => (Configuration::default(), Vec::new()),
    }
}

/// Returns the folders and the configuration of the current user.
pub(super) fn places() -> Result<(Paths, Configuration), Vec<Problem>> {
    let paths = Paths::of_user().ok_or_else(|| {
        vec![
            Problem::new(
                Code::NoHome,
                "there is no home directory for the list of environments",
            )
            .next_step("set HOME"),
        ]
    })?;
    let configuration = Configuration::load(&paths.config.join("config.toml"))?;
    Ok((paths, configuration))
}

pub(super) fn storage(
    storage: StorageKind,
    options: &OpenOptions,
    paths: &Paths,
    configuration: &Configuration,
) -> Storage {
    Storage::open(storage_options(storage, options, paths, configuration))
}

fn storage_options(
    storage: StorageKind,
    options: &OpenOptions,
    paths: &Paths,
    configuration: &Configuration,
) -> StorageOptions {
    StorageOptions {
        storage,
        may_prompt: options.may_prompt,
        data_dir: paths.data.clone(),
        state_dir: paths.state.clone(),
        passphrase: passphrase_source(options, configuration).0,
    }
}

/// Returns whether a flag or variable sets the storage for this process.
pub(super) fn is_forced(options: &OpenOptions) -> bool {
    options.storage.is_some()
        || std::env::var_os("AEMKEYS_STORAGE").is_some_and(|value| !value.is_empty())
}

/// Returns the storage if anything is stored on this machine, without contacting it.
pub fn storage_if_used(options: &OpenOptions) -> Option<Storage> {
    let context = open(options).ok()?;
    let index = context.index.path()?;
    let is_used = index.exists() || index.with_file_name(PASSPHRASE_FILE).exists();
    is_used.then_some(context.storage)
}

/// Creates a context for `token --file`, with network settings only and without folders.
pub fn stateless_context() -> Result<AppContext, Vec<Problem>> {
    let configuration = match Paths::of_user() {
        Some(paths) => Configuration::load(&paths.config.join("config.toml"))?,
        None => Configuration::default(),
    };
    Ok(AppContext {
        storage: Storage::in_memory(),
        index: IndexFile::in_memory(),
        http: http(&configuration),
        clock: Clock::real(),
        configuration: Arc::new(configuration),
        state_dir: None,
        samples: Arc::default(),
    })
}

fn http(configuration: &Configuration) -> Http {
    match &configuration.ca_file_refused {
        Some(problem) => Http::refusing(problem.clone()),
        None => Http::new(HttpOptions {
            ca_file: configuration.ca_file.clone(),
            proxy: None,
        }),
    }
}

/// Creates a context for the demo, with storage and list in memory, and all requests sent to `simulator`.
pub fn demo_context(simulator: SocketAddr, clock: Clock) -> AppContext {
    AppContext {
        storage: Storage::in_memory(),
        index: IndexFile::in_memory(),
        http: Http::to_simulator(simulator),
        clock,
        configuration: Arc::default(),
        state_dir: None,
        samples: Arc::default(),
    }
}

/// Returns whether a flag, a variable or the configuration sets the storage.
pub fn storage_is_chosen(options: &OpenOptions, configuration: &Configuration) -> bool {
    is_forced(options) || configuration.storage.is_some()
}

pub(super) fn choose_storage(
    flag: Option<StorageKind>,
    configuration: &Configuration,
) -> Result<StorageKind, Vec<Problem>> {
    if let Some(storage) = flag {
        return Ok(storage);
    }
    match std::env::var("AEMKEYS_STORAGE") {
        Ok(text) if !text.is_empty() => StorageKind::parse(&text).ok_or_else(|| {
            vec![
                Problem::new(Code::Configuration, "invalid value for AEMKEYS_STORAGE")
                    .next_step("set it to keyring or file, or unset it"),
            ]
        }),
        _ => Ok(configuration.storage.unwrap_or_default()),
    }
}

/// Returns where the passphrase comes from, and how `storage` and `doctor` call it. The first of: the flag, the variables,
/// the configuration, the person.
///
/// The passphrase itself never comes from an argument or a variable, which others can read.
pub(super) fn passphrase_source(
    options: &OpenOptions,
    configuration: &Configuration,
) -> (PassphraseSource, Option<String>) {
    let variable = |name| std::env::var_os(name).filter(|value| !value.is_empty());
    if let Some(fd) = options.passphrase_fd {
        let origin = format!("from --passphrase-fd {fd}");
        return (PassphraseSource::FileDescriptor(fd), Some(origin));
    }
    if let Some(file) = variable(PASSPHRASE_FILE_VARIABLE) {
        let shown = clean(&file.to_string_lossy(), 300);
        let origin = format!("from {PASSPHRASE_FILE_VARIABLE} ({shown})");
        return (passphrase_file(file), Some(origin));
    }
    if let Some(command) = variable(PASSPHRASE_COMMAND_VARIABLE) {
        let words = command.to_str().and_then(shlex::split).unwrap_or_default();
        let origin = format!("from {PASSPHRASE_COMMAND_VARIABLE}{}", program(&words));
        let source = if words.is_empty() {
            PassphraseSource::Refused(Box::new(invalid_command()))
        } else {
            PassphraseSource::Command(words)
        };
        return (source, Some(origin));
    }
    let command = &configuration.passphrase_command;
    let origin = format!("from passphrase_command in config.toml{}", program(command));
    if let Some(problem) = &configuration.passphrase_command_refused {
        let refused = PassphraseSource::Refused(Box::new(problem.clone()));
        return (refused, Some(origin));
    }
    if !command.is_empty() {
        return (PassphraseSource::Command(command.clone()), Some(origin));
    }
    let source = match options.ask_passphrase {
        _ if options.dashboard => PassphraseSource::Dashboard,
        Some(ask) => PassphraseSource::Ask(ask),
        None => PassphraseSource::None,
    };
    (source, None)
}

/// Returns the program of a command, without its arguments, which can contain a secret by mistake.
fn program(command: &[String]) -> String {
    let name = command.first().map(|name| clean(name, 100));
    name.map_or_else(String::new, |name| format!(" ({name})"))
}

fn invalid_command() -> Problem {
    Problem::new(
        Code::Configuration,
        format!("invalid value for {PASSPHRASE_COMMAND_VARIABLE}"),
    )
    .cause("it is not a program with its arguments, or a quotation mark is not closed")
    .next_step("write it as in a shell, such as `pass show aemkeys`; it is run without a shell")
}

/// Returns an open descriptor for `/dev/fd/3`, so that no child inherits it, and else the file.
fn passphrase_file(path: OsString) -> PassphraseSource {
    let number = path.to_str().and_then(|path| match path {
        "/dev/stdin" => Some("0"),
        _ => ["/dev/fd/", "/proc/self/fd/"]
            .iter()
            .find_map(|folder| path.strip_prefix(folder)),
    });
    match number.and_then(|number| PassphraseDescriptor::parse(number).ok()) {
        Some(descriptor) => PassphraseSource::FileDescriptor(descriptor),
        None => PassphraseSource::File(path.into()),
    }
}
