//! What do all commands start from? The configuration, the storage chosen, and the World, made when first needed.

use std::cell::OnceCell;
use std::future::Future;
use std::path::PathBuf;

use super::{ask, output};
use crate::app::{self, Index, OpenOptions, PassphraseDescriptor, Storage, World};
use crate::credential::{Code, Problem};

pub struct Context {
    storage: Option<Storage>,
    passphrase_fd: Option<PassphraseDescriptor>,
    /// Of the first world that was opened.
    state_dir: OnceCell<PathBuf>,
}

impl Context {
    pub fn new(storage: Option<Storage>, passphrase_fd: Option<PassphraseDescriptor>) -> Self {
        Self {
            storage,
            passphrase_fd,
            state_dir: OnceCell::new(),
        }
    }

    /// The keyring is contacted in the background from here on; nothing waits for it yet.
    pub fn world(&self) -> Result<World, Problem> {
        self.world_with(true)
    }

    /// For commands that read the index alone: the keyring is never contacted.
    pub fn index(&self) -> Result<Index, Problem> {
        self.world_with(false)?.read_index()
    }

    /// The passphrase of an exported file. `--passphrase-fd` is free for it where the storage needs none.
    pub fn file_passphrase(
        &self,
        world: &World,
        fd: Option<PassphraseDescriptor>,
        is_new: bool,
    ) -> Result<crate::credential::Secret, Problem> {
        let free = self
            .passphrase_fd
            .filter(|_| world.vault.storage_name() != "passphrase file");
        let options = OpenOptions {
            ask_passphrase: ask::is_interactive().then_some(ask_passphrase),
            ..self.options()
        };
        app::export::passphrase(&options, fd.or(free), is_new)
    }

    /// The storage in use and the other one.
    pub fn storages(&self) -> Result<app::migrate::Storages, Problem> {
        app::migrate::Storages::open(&OpenOptions {
            ask_passphrase: ask::is_interactive().then_some(ask_passphrase),
            ..self.options()
        })
        .map_err(say_all)
    }

    /// `contact`: start connecting to the storage at once.
    pub fn world_with(&self, contact: bool) -> Result<World, Problem> {
        let options = OpenOptions {
            contact,
            ask_passphrase: ask::is_interactive().then_some(ask_passphrase),
            ..self.options()
        };
        self.open(&options)
    }

    fn open(&self, options: &OpenOptions) -> Result<World, Problem> {
        let world = app::open(options).map_err(say_all)?;
        if let Some(folder) = &world.state_dir {
            self.state_dir.get_or_init(|| folder.clone());
        }
        Ok(world)
    }

    /// Where something is stored on this machine: the storage, which asks nobody to unlock it.
    pub fn storage_if_used(&self) -> Option<app::Vault> {
        let options = OpenOptions {
            may_prompt: false,
            ..self.options()
        };
        app::bootstrap::storage_if_used(&options)
    }

    /// For the dashboard, which asks for a passphrase itself; and whether anyone chose the storage.
    pub fn dashboard(&self) -> Result<(World, bool), Problem> {
        let options = OpenOptions {
            dashboard: true,
            ..self.options()
        };
        let world = app::open(&options).map_err(say_all)?;
        let is_chosen = app::storage_is_chosen(&options, &world.configuration);
        Ok((world, is_chosen))
    }

    fn options(&self) -> OpenOptions {
        OpenOptions {
            storage: self.storage,
            passphrase_fd: self.passphrase_fd,
            may_prompt: ask::is_interactive(),
            ..OpenOptions::default()
        }
    }

    /// Warns that an older copy of the storage file was put back, if this or an earlier command noticed that.
    pub fn warn_of_rollback(&self) {
        let folder = self.state_dir.get().map(PathBuf::as_path);
        let Some(problem) = app::storage::rollback(folder) else {
            return;
        };
        output::warning(&problem.message);
        output::reasons(&problem);
    }
}

/// Runs a use case to its end on this thread. Who gets here is not the cached token: the log is started.
pub fn block_on<T>(work: impl Future<Output = Result<T, Problem>>) -> Result<T, Problem> {
    app::start_log();
    block_on_unlogged(work)
}

/// As [`block_on`], for the demo, which touches no disk.
pub fn block_on_unlogged<T>(work: impl Future<Output = Result<T, Problem>>) -> Result<T, Problem> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| {
            Problem::new(Code::Internal, "the runtime could not start").cause(error.to_string())
        })?
        .block_on(work)
}

fn ask_passphrase(prompt: &str) -> Result<crate::credential::Secret, Problem> {
    ask::secret(prompt)
}

/// As an absolute path, so that `doctor` finds the file again from anywhere.
pub fn absolute(path: &std::path::Path) -> Option<PathBuf> {
    std::path::absolute(path).ok()
}

/// All mistakes of the configuration are said; the last one is the error.
pub fn say_all(mut problems: Vec<Problem>) -> Problem {
    let last = problems
        .pop()
        .unwrap_or_else(|| Problem::new(Code::Configuration, "the configuration cannot be used"));
    for problem in &problems {
        output::problem(problem, false);
    }
    last
}
