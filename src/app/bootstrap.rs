//! Creates a `AppContext`: reads the configuration and chooses the storage and the folders, without blocking.

use std::net::SocketAddr;
use std::sync::Arc;

use super::AppContext;
use crate::platform::configuration::StorageKind;
use crate::platform::descriptors::PassphraseDescriptor;
use crate::platform::{Clock, Configuration, Paths};
use crate::storage::{IndexFile, PASSPHRASE_FILE, PassphraseSource, Storage, StorageOptions};
use aemkeys_core::credential::{Code, Problem, Secret};
use aemkeys_core::http::{Http, HttpOptions};

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
    if options.contact {
        storage.connect();
    }
    Ok(AppContext {
        storage,
        index: IndexFile::new(&paths.data, &paths.state),
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
        passphrase: passphrase_source(options, configuration),
    }
}

/// Returns whether a flag or variable sets the storage for this process.
fn is_forced(options: &OpenOptions) -> bool {
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

fn choose_storage(
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

/// The passphrase never comes from an argument or an environment variable, which others can read.
fn passphrase_source(options: &OpenOptions, configuration: &Configuration) -> PassphraseSource {
    if let Some(fd) = options.passphrase_fd {
        return PassphraseSource::FileDescriptor(fd);
    }
    if let Some(problem) = &configuration.passphrase_command_refused {
        return PassphraseSource::Refused(Box::new(problem.clone()));
    }
    if !configuration.passphrase_command.is_empty() {
        return PassphraseSource::Command(configuration.passphrase_command.clone());
    }
    if options.dashboard {
        return PassphraseSource::Dashboard;
    }
    match options.ask_passphrase {
        Some(ask) => PassphraseSource::Ask(ask),
        None => PassphraseSource::None,
    }
}
