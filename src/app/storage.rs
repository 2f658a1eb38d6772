//! State of the storage, and the dashboard's switch to a passphrase file.

use aemkeys_core::credential::NextStep;
use aemkeys_core::credential::text::counted;
use aemkeys_core::guidance;
use std::path::Path;

use super::AppContext;
use super::context::off_thread;
use crate::platform::configuration::StorageKind;
use crate::platform::prompt::Unavailable;
use crate::storage::{Generations, PassphraseSource, Storage, StorageOptions, ways};
use aemkeys_core::credential::{Code, Problem, Secret};

pub use crate::storage::{
    MAX_PASSPHRASE, PASSPHRASE_RULE, PassphraseRequest, PassphraseStrength, StorageStatus,
    passphrase_strength,
};

/// Returns the error of a prompt for the passphrase that could not be shown.
pub fn cannot_ask_passphrase(why: &Unavailable) -> Problem {
    Problem::new(Code::PassphraseNeeded, "the passphrase is required")
        .cause(why.to_string())
        .next_step(ways())
}

/// Returns the warning that an older copy of the storage file was restored, until it is accepted.
pub fn rollback(state_dir: Option<&Path>) -> Option<Problem> {
    let rollback = Generations::new(state_dir?).rollback()?;
    Some(
        Problem::new(
            Code::StorageRolledBack,
            format!(
                "an older copy of the storage file was restored, without {}",
                counted(rollback.missing_writes(), "later write")
            ),
        )
        .cause("a backup was restored, or another program replaced the file; removed, rotated or leaked credentials and withdrawn approvals of hosts may be in use again")
        .next_step(guidance!["to check what is stored, ", NextStep::List, "; to dismiss this warning, ", NextStep::AcceptOlderStorage, "; if nobody restored a backup, rotate every credential"]),
    )
}

/// Dismisses the warning after a write, which makes the storage newer than every copy seen before.
pub async fn accept_rollback(context: &AppContext) -> Result<(), Problem> {
    context.storage(Storage::probe).await?;
    let Some(state) = context.state_dir.clone() else {
        return Ok(());
    };
    off_thread(move || {
        Generations::new(&state)
            .accept()
            .map_err(|error| error.problem())
    })
    .await
}

/// Returns the status of the storage, without asking for a password or reading an item.
pub async fn look(context: &AppContext) -> Result<StorageStatus, Problem> {
    context.storage(Storage::status).await
}

/// Switches to the passphrase file permanently: creates or opens it, then saves the choice.
/// Returns its name for the header.
pub async fn choose_passphrase_file(
    context: &AppContext,
    passphrase: Secret,
) -> Result<&'static str, Problem> {
    if !context.read_index()?.environments.is_empty() {
        return Err(
            Problem::new(Code::StorageInUse, "the storage already contains secrets")
                .cause("a new file would not contain them")
                .next_step("remove the stored environments first, or start with `--storage file`"),
        );
    }
    let folders = context
        .index
        .path()
        .and_then(|path| path.parent())
        .zip(context.state_dir.as_deref());
    let Some((data, state)) = folders else {
        return Err(Problem::new(
            Code::Usage,
            "this session stores nothing on disk",
        ));
    };
    let file = context.storage.beside(StorageOptions {
        storage: StorageKind::File,
        may_prompt: true,
        data_dir: data.to_path_buf(),
        state_dir: state.to_path_buf(),
        passphrase: PassphraseSource::Dashboard,
    });
    context.storage.passphrase_broker().answer(Some(passphrase));
    // Switch only after a probe was written and read back.
    let probed = file.clone();
    let probed = off_thread(move || probed.probe().map_err(|error| error.problem())).await;
    // An unused passphrase must not answer a later prompt.
    context.storage.passphrase_broker().answer(None);
    probed?;
    context.configuration.save_storage(StorageKind::File)?;
    context.storage.adopt(&file, StorageKind::File);
    Ok(context.storage.storage_name())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::{Clock, Configuration};
    use crate::storage::{Access, HookedMemory, IndexFile, Memory, StorageError};
    use aemkeys_core::http::{Http, HttpOptions};
    use std::sync::Arc;

    fn context(folder: &Path) -> AppContext {
        let no_keyring = HookedMemory {
            memory: Memory::default(),
            hook: |_: Access<'_>| Err(StorageError::NoKeyring("test".to_owned())),
        };
        AppContext {
            storage: Storage::over("Secret Service", Box::new(no_keyring)),
            index: IndexFile::new(folder, folder),
            http: Http::new(HttpOptions {
                ca_file: None,
                proxy: None,
            }),
            clock: Clock::real(),
            configuration: Arc::new(Configuration::load(&folder.join("config.toml")).unwrap()),
            state_dir: Some(folder.to_path_buf()),
            samples: Arc::default(),
        }
    }

    fn block_on<T>(work: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap()
            .block_on(work)
    }

    #[test]
    fn the_file_is_made_remembered_and_opened_by_its_passphrase_alone() {
        let folder = tempfile::tempdir().unwrap();
        let first = context(folder.path());
        assert_eq!(block_on(look(&first)).unwrap_err().code, Code::NoKeyring);
        let name = block_on(choose_passphrase_file(&first, Secret::from("right word"))).unwrap();
        assert_eq!(name, "passphrase file");
        assert_eq!(first.storage.storage_name(), name);
        let configuration = Configuration::load(&folder.path().join("config.toml")).unwrap();
        assert_eq!(configuration.storage, Some(StorageKind::File));
        // There is one already: another passphrase does not open it, and nothing changes.
        let second = context(folder.path());
        let refused = block_on(choose_passphrase_file(&second, Secret::from("wrong")));
        assert_eq!(refused.unwrap_err().code, Code::PassphraseNeeded);
        assert_eq!(second.storage.storage_name(), "Secret Service");
        assert!(block_on(choose_passphrase_file(&second, Secret::from("right word"))).is_ok());
    }

    #[test]
    fn a_wrong_passphrase_is_asked_for_again_at_the_desk() {
        let folder = tempfile::tempdir().unwrap();
        let context = context(folder.path());
        block_on(choose_passphrase_file(&context, Secret::from("right word"))).unwrap();
        let later = Storage::open(StorageOptions {
            storage: StorageKind::File,
            may_prompt: true,
            data_dir: folder.path().to_path_buf(),
            state_dir: folder.path().to_path_buf(),
            passphrase: PassphraseSource::Dashboard,
        });
        let (asked, questions) = std::sync::mpsc::channel();
        later
            .passphrase_broker()
            .listen(move |request| asked.send(request).unwrap());
        let own = later.clone();
        let work = std::thread::spawn(move || own.probe());
        assert_eq!(questions.recv().unwrap(), PassphraseRequest::Known);
        later
            .passphrase_broker()
            .answer(Some(Secret::from("wrong")));
        assert_eq!(questions.recv().unwrap(), PassphraseRequest::KnownWasWrong);
        later
            .passphrase_broker()
            .answer(Some(Secret::from("right word")));
        work.join().unwrap().unwrap();
        // Asked for once.
        later.probe().unwrap();
    }
}
