//! State shared by all commands: the chosen storage and passphrase source, and how to open the [`AppContext`].

use std::cell::OnceCell;
use std::path::PathBuf;
use std::sync::Arc;

use super::options::FilePassphrase;
use super::{ask, output};
use crate::app::{self, AppContext, Index, OpenOptions, PassphraseDescriptor, StorageKind};
use aemkeys_core::credential::{Code, Problem};

pub struct Globals {
    storage: Option<StorageKind>,
    passphrase_fd: Option<PassphraseDescriptor>,
    /// State folder of the first context that was opened.
    state_dir: OnceCell<PathBuf>,
    /// The context of every command, in the demo.
    demo: Option<AppContext>,
}

impl Globals {
    pub fn new(storage: Option<StorageKind>, passphrase_fd: Option<PassphraseDescriptor>) -> Self {
        Self {
            storage,
            passphrase_fd,
            state_dir: OnceCell::new(),
            demo: None,
        }
    }

    /// Every command works with this context.
    #[cfg(feature = "demo")]
    pub fn of_demo(context: AppContext) -> Self {
        Self {
            demo: Some(context),
            ..Self::new(None, None)
        }
    }

    /// Returns the storage that an option chose.
    pub fn storage(&self) -> Option<StorageKind> {
        self.storage
    }

    /// Opens the context and starts connecting to the storage in the background.
    pub fn open(&self) -> Result<AppContext, Problem> {
        self.open_with(true)
    }

    /// Reads the index without contacting the storage.
    pub fn index(&self) -> Result<Arc<Index>, Problem> {
        self.open_with(false)?.read_index()
    }

    /// Returns the passphrase of an exported file. Uses `--passphrase-fd` if the storage needs no passphrase.
    pub fn file_passphrase(
        &self,
        context: &AppContext,
        flag: &FilePassphrase,
        is_new: bool,
    ) -> Result<aemkeys_core::credential::Secret, Problem> {
        let free = self
            .passphrase_fd
            .filter(|_| context.storage.storage_name() != "passphrase file");
        app::export::passphrase(&self.options(), flag.file_passphrase_fd.or(free), is_new)
    }

    /// Opens the storage in use and the other one, without asking for a passphrase.
    pub fn storages_to_look_at(&self) -> Result<app::migrate::Storages, Problem> {
        app::migrate::Storages::open_to_look(&self.options()).map_err(report_all)
    }

    /// Opens the storage in use and the other one.
    pub fn storages(&self) -> Result<app::migrate::Storages, Problem> {
        app::migrate::Storages::open(&self.options()).map_err(report_all)
    }

    /// Opens the context. `contact`: start connecting to the storage at once.
    pub fn open_with(&self, contact: bool) -> Result<AppContext, Problem> {
        if let Some(context) = &self.demo {
            return Ok(context.clone());
        }
        let options = OpenOptions {
            contact,
            ..self.options()
        };
        let context = app::open(&options).map_err(report_all)?;
        if let Some(folder) = &context.state_dir {
            self.state_dir.get_or_init(|| folder.clone());
        }
        Ok(context)
    }

    /// Returns the storage if anything is stored on this machine, without asking to unlock it.
    pub fn storage_if_used(&self) -> Option<app::Storage> {
        let options = OpenOptions {
            may_prompt: false,
            ask_passphrase: None,
            ..self.options()
        };
        app::bootstrap::storage_if_used(&options)
    }

    /// Opens the context for the dashboard, which asks for a passphrase itself. Also returns whether the storage was chosen.
    pub fn dashboard(&self) -> Result<(AppContext, bool), Problem> {
        let options = OpenOptions {
            dashboard: true,
            ..self.options()
        };
        let context = app::open(&options).map_err(report_all)?;
        let is_chosen = app::storage_is_chosen(&options, &context.configuration);
        Ok((context, is_chosen))
    }

    fn options(&self) -> OpenOptions {
        OpenOptions {
            storage: self.storage,
            passphrase_fd: self.passphrase_fd,
            may_prompt: app::prompt::has_terminal(),
            ask_passphrase: Some(ask::passphrase),
            ..OpenOptions::default()
        }
    }

    /// Warns that an older copy of the storage file was restored, if this or an earlier command noticed it.
    pub fn warn_of_rollback(&self) {
        let folder = self.state_dir.get().map(PathBuf::as_path);
        let Some(problem) = app::storage::rollback(folder) else {
            return;
        };
        output::warning(&problem.message);
        output::reasons(&problem);
    }
}

/// Returns the absolute path, so that `doctor` finds the file from any folder.
pub fn absolute(path: &std::path::Path) -> Option<PathBuf> {
    // The list is JSON and holds only names that are UTF-8.
    let absolute = std::path::absolute(path).ok()?;
    absolute.to_str().is_some().then_some(absolute)
}

/// Prints all configuration errors except the last, and returns that one. With `--json`, returns one error with all
/// messages, because a run prints one document.
pub fn report_all(mut problems: Vec<Problem>) -> Problem {
    let mut last = problems
        .pop()
        .unwrap_or_else(|| Problem::new(Code::Configuration, "the configuration is invalid"));
    if output::mode().json {
        problems.push(last.clone());
        let messages: Vec<&str> = problems.iter().map(|it| it.message.as_str()).collect();
        last.message = messages.join("; ");
    } else {
        for problem in &problems {
            output::problem(problem, None);
        }
    }
    last
}
