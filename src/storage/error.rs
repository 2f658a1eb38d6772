//! Errors of the storage, with their causes and next steps.

use super::provider::START;
use super::{Awaited, PASSPHRASE_RULE, Provider, Refusal};
use crate::platform::configuration::StorageKind;
use crate::platform::descriptors::PASSED_ON;
use aemkeys_core::credential::{Code, Guidance, NextStep, Problem};
use aemkeys_core::{guidance, time};

/// Returns the ways to give the passphrase without a terminal.
pub fn ways() -> Guidance {
    let others = if PASSED_ON {
        "set AEMKEYS_PASSPHRASE_COMMAND, AEMKEYS_PASSPHRASE_FILE, or `passphrase_command` in config.toml; or pass `--passphrase-fd N`"
    } else {
        "set AEMKEYS_PASSPHRASE_COMMAND, AEMKEYS_PASSPHRASE_FILE, or `passphrase_command` in config.toml"
    };
    if cfg!(target_os = "linux") {
        guidance!["to be asked only once, ", NextStep::Unlock, "; or ", others]
    } else {
        others.into()
    }
}

/// Returns the first half of the message of a timeout.
fn unanswered(storage: StorageKind, provider: &Provider, awaited: Awaited) -> String {
    match (awaited, storage) {
        (Awaited::PassphraseSource, _) => "no passphrase was printed".to_owned(),
        (Awaited::Passphrase, _) => "no passphrase was entered".to_owned(),
        (_, StorageKind::File) => "the passphrase file did not respond".to_owned(),
        (Awaited::Unlocking, _) => format!("nobody answered the password prompt of {provider}"),
        (Awaited::Approval, _) => format!("nobody allowed access in {provider}"),
        _ => format!("{provider} did not respond"),
    }
}

/// An error of the storage. Never contains a stored value: raw bytes in keyring errors are dropped first.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StorageError {
    /// No D-Bus, no provider.
    #[error("no keyring is available: {0}")]
    NoKeyring(String),
    /// The keyring responds, but can't be used now.
    #[error("{}", refusal.message(provider))]
    Refused {
        provider: Provider,
        refusal: Refusal,
    },
    /// The deadline passed. The outcome of a write is unknown until it is read back.
    #[error("{} within {}", unanswered(*storage, provider, *awaited), time::duration(awaited.deadline()))]
    TimedOut {
        storage: StorageKind,
        provider: Provider,
        awaited: Awaited,
        write: bool,
    },
    #[error("{item} is damaged: {reason}")]
    Damaged { item: String, reason: &'static str },
    /// The item is there, but its value is empty. KWallet leaves such items when it ends before it has written its file.
    #[error("{item} is empty: the keyring has lost its value")]
    Emptied { item: String },
    #[error("{item} was written by a newer version of aemkeys (format {version})")]
    NewerFormat { item: String, version: u32 },
    #[error("{item} has {size} bytes, but this keyring allows at most {limit}")]
    TooLarge {
        item: String,
        size: usize,
        limit: usize,
    },
    #[error("the value read back differs from the value written")]
    ReadBackDiffers,
    #[error("the passphrase does not open the file")]
    WrongPassphrase,
    #[error("a passphrase is required")]
    NoPassphrase,
    /// Only for a new file, see [`super::new_passphrase`].
    #[error("this passphrase is too weak for a new file")]
    WeakPassphrase,
    /// The user cancelled the prompt.
    #[error("the passphrase file was not opened: no passphrase was entered")]
    PassphraseRefused,
    #[error("this credential is marked as leaked")]
    LeakedKey,
    #[error("this storage has no passphrase, so it cannot be unlocked or locked here")]
    NotAPassphraseFile,
    #[error("there is no passphrase file yet")]
    NoFileYet,
    /// The kernel does not keep the key, because of this.
    #[error("this system cannot keep the passphrase file unlocked")]
    CannotKeepUnlocked(String),
    /// A lock could not be acquired, or a passphrase could not be read.
    #[error("{0}")]
    Lock(Box<Problem>),
    /// The environment must not be stored.
    #[error("{0}")]
    Unsafe(Box<Problem>),
    #[error("{what}: {source}")]
    Io {
        what: &'static str,
        source: std::io::Error,
    },
    #[error("{0}")]
    Other(String),
}

impl StorageError {
    pub(super) fn damaged(item: impl std::fmt::Display, reason: &'static str) -> Self {
        Self::Damaged {
            item: item.to_string(),
            reason,
        }
    }

    pub(super) fn refused(provider: &Provider, refusal: Refusal) -> Self {
        Self::Refused {
            provider: provider.clone(),
            refusal,
        }
    }

    /// Returns a function for `map_err`.
    pub(super) fn io(what: &'static str) -> impl FnOnce(std::io::Error) -> Self {
        move |source| Self::Io { what, source }
    }

    /// Returns whether one item is damaged, empty or of a newer format, which says nothing about the others.
    pub fn is_unreadable(&self) -> bool {
        self.is_lost() || matches!(self, Self::NewerFormat { .. })
    }

    /// Returns whether the value of one item is gone, so that the same credential may be stored again in its place.
    pub fn is_lost(&self) -> bool {
        matches!(self, Self::Damaged { .. } | Self::Emptied { .. })
    }

    /// Returns whether the backend must be opened again.
    pub(super) fn is_unusable(&self) -> bool {
        matches!(self, Self::NoKeyring(_) | Self::TimedOut { .. })
    }

    /// Returns a copy of the error of opening a backend, for the next caller.
    pub(super) fn duplicate(&self) -> Self {
        match self {
            Self::NoKeyring(why) => Self::NoKeyring(why.clone()),
            Self::Refused { provider, refusal } => Self::refused(provider, *refusal),
            Self::WrongPassphrase => Self::WrongPassphrase,
            Self::LeakedKey => Self::LeakedKey,
            Self::NoPassphrase => Self::NoPassphrase,
            Self::WeakPassphrase => Self::WeakPassphrase,
            Self::PassphraseRefused => Self::PassphraseRefused,
            Self::Lock(problem) => Self::Lock(problem.clone()),
            other => Self::Other(other.to_string()),
        }
    }

    pub fn problem(&self) -> Problem {
        let problem = |code| Problem::new(code, self.to_string());
        let file = "to use a passphrase file instead of a keyring, pass `--storage file` (or set `storage = \"file\"` in config.toml)";
        match self {
            Self::NoKeyring(_) => problem(Code::NoKeyring).next_step(format!("{START}; {file}")),
            Self::Refused { provider, refusal } => refused(problem, provider, *refusal, file),
            Self::TimedOut { awaited: Awaited::Passphrase, .. } => problem(Code::PassphraseNeeded)
                .cause("the question was not answered in time")
                .next_step("try again, and enter the passphrase"),
            Self::TimedOut { awaited: Awaited::PassphraseSource, .. } => problem(Code::PassphraseNeeded)
                .cause("the command that prints it still runs, or nothing was written to the pipe")
                .next_step("run the command by itself, and see whether it asks for something"),
            Self::TimedOut { storage: StorageKind::File, write, .. } => problem(Code::StorageIo)
                .cause(if *write {
                    "its disk is slow or not reachable; it is unknown whether the last write succeeded, and the next write reads the item first"
                } else {
                    "its disk is slow or not reachable, for example a network share"
                })
                .next_step(guidance!["check that the data folder can be read and written; to see its path, ", NextStep::Doctor]),
            Self::TimedOut { awaited: Awaited::Unlocking | Awaited::Approval, provider, .. } => problem(Code::KeyringTimeout)
                .cause("its window is open, perhaps behind another one, or it hangs")
                .next_step(format!("try again, and answer the window of {provider}; {file}")),
            Self::TimedOut { write, .. } => problem(Code::KeyringTimeout)
                .cause(if *write {
                    "it is unknown whether the last write succeeded; the next write reads the item first"
                } else {
                    "it hangs"
                })
                .next_step(format!("restart it; {file}")),
            Self::Damaged { .. } => problem(Code::ItemDamaged)
                .cause("the value was changed by another program or stored incompletely; it is left as it is")
                .next_step(guidance!["for details, ", NextStep::Doctor, "; then add the credential again"]),
            Self::Emptied { .. } => problem(Code::ItemDamaged)
                .cause("the keyring was ended before it had written the value, or another program removed it")
                .next_step(guidance!["add the same file again: ", NextStep::Add]),
            Self::NewerFormat { .. } => problem(Code::NewerFormat)
                .cause("this version does not know the format, so it changes nothing")
                .next_step("update aemkeys"),
            Self::TooLarge { .. } => problem(Code::TooLargeForStore)
                .cause("values are never truncated or split")
                .next_step(file),
            Self::ReadBackDiffers => problem(Code::ReadBackDiffers)
                .cause("the storage changed the value, or another program wrote at the same time")
                .next_step(guidance!["try again; to test the storage, ", NextStep::Doctor]),
            Self::WrongPassphrase => problem(Code::PassphraseWrong)
                .cause("wrong passphrase, or the file is damaged")
                .next_step("try again"),
            Self::NoPassphrase => problem(Code::PassphraseNeeded)
                .cause("the storage is a passphrase file, and no passphrase was given")
                .next_step(ways()),
            Self::NotAPassphraseFile => problem(Code::Usage)
                .cause("`unlock` and `lock` are for the passphrase file; the system unlocks its keyring by itself")
                .next_step(guidance!["to see where secrets are stored, ", NextStep::Storage]),
            Self::NoFileYet => problem(Code::NameNotFound)
                .cause("it is created with the first secret")
                .next_step(guidance!["to store one, ", NextStep::Add]),
            Self::CannotKeepUnlocked(why) => problem(Code::NoKeyring)
                .cause(why.clone())
                .next_step("set AEMKEYS_PASSPHRASE_COMMAND or AEMKEYS_PASSPHRASE_FILE, or `passphrase_command` in config.toml"),
            Self::WeakPassphrase => problem(Code::PassphraseTooWeak)
                .cause("anyone with a copy of the file can try any number of passphrases")
                .next_step(format!("choose {PASSPHRASE_RULE}; several unrelated words are best")),
            Self::PassphraseRefused => problem(Code::PassphraseNeeded)
                .next_step("try again and enter the passphrase"),
            Self::Io { .. } => problem(Code::StorageIo).next_step("check the folder's permissions and the free disk space"),
            Self::LeakedKey => problem(Code::LeakedCredential)
                .cause("its private key or client secret is on the list of leaked keys; a new certificate for the same key does not help")
                .next_step("in the AEM Developer Console, under Technical Accounts, choose Add new private key (not Add certificate), then View; for OAuth, add a new client secret and delete the leaked one"),
            Self::Lock(problem) | Self::Unsafe(problem) => (**problem).clone(),
            Self::Other(_) => problem(Code::StorageFailed).next_step(guidance!["to test the storage, ", NextStep::Doctor]),
        }
    }
}

fn refused(
    problem: impl FnOnce(Code) -> Problem,
    provider: &Provider,
    refusal: Refusal,
    file: &str,
) -> Problem {
    match refusal {
        Refusal::NoCollection => problem(Code::NoKeyring)
            .cause(format!(
                "it runs, but has no {} in which secrets could be stored",
                provider.place()
            ))
            .next_step(format!("{}; {file}", provider.create())),
        Refusal::Locked => problem(Code::KeyringLocked)
            .cause("it has not been unlocked in this session, and no prompt can be shown here")
            .next_step(format!("{}; {file}", provider.unlock())),
        Refusal::Cancelled => problem(Code::KeyringDenied)
            .cause("its password was not entered")
            .next_step("try again and enter the password"),
        Refusal::Denied => problem(Code::KeyringDenied)
            .cause("its window was closed, or access to the entry was not allowed")
            .next_step("try again and allow access to all entries"),
        Refusal::NotAllowed => problem(Code::KeyringDenied)
            .cause("it asks for each entry, and its window can only be opened for a command in a terminal on the desktop")
            .next_step(format!("{}; {file}", provider.allow())),
    }
}
