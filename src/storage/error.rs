//! Errors of the storage, with their causes and next steps.

use super::PASSPHRASE_RULE;
use aemkeys_core::credential::NextStep;
use aemkeys_core::credential::{Code, Problem};
use aemkeys_core::{guidance, time};
use std::time::Duration;

/// An error of the storage. Never contains a stored value: raw bytes in keyring errors are dropped first.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StorageError {
    /// No D-Bus, no provider, no default collection.
    #[error("no keyring is available: {0}")]
    NoKeyring(String),
    #[error("the keyring is locked")]
    Locked,
    /// The deadline passed. The outcome of a write is unknown until it is read back.
    #[error("the keyring did not respond within {}", time::duration(*limit))]
    TimedOut { limit: Duration, write: bool },
    #[error("{item} is damaged: {reason}")]
    Damaged { item: String, reason: &'static str },
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
    /// A lock could not be acquired.
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

    /// Returns a function for `map_err`.
    pub(super) fn io(what: &'static str) -> impl FnOnce(std::io::Error) -> Self {
        move |source| Self::Io { what, source }
    }

    /// Returns whether one item is damaged or of a newer format, which says nothing about the others.
    pub fn is_unreadable(&self) -> bool {
        matches!(self, Self::Damaged { .. } | Self::NewerFormat { .. })
    }

    /// Returns whether the backend must be opened again.
    pub(super) fn is_unusable(&self) -> bool {
        matches!(
            self,
            Self::NoKeyring(_)
                | Self::Locked
                | Self::TimedOut { .. }
                | Self::WrongPassphrase
                | Self::NoPassphrase
                | Self::WeakPassphrase
                | Self::PassphraseRefused
        )
    }

    /// Returns a copy of the error of opening a backend, for the next caller.
    pub(super) fn duplicate(&self) -> Self {
        match self {
            Self::NoKeyring(why) => Self::NoKeyring(why.clone()),
            Self::Locked => Self::Locked,
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
            Self::NoKeyring(_) => problem(Code::NoKeyring).next_step(format!(
                "start a Secret Service (gnome-keyring, KWallet, KeePassXC) in this session; {file}"
            )),
            Self::Locked => problem(Code::KeyringLocked)
                .cause("it has not been unlocked in this session, and no prompt can be shown here")
                .next_step(format!("unlock it (log in to the desktop, or `gnome-keyring-daemon --unlock`); {file}")),
            Self::TimedOut { write, .. } => problem(Code::KeyringTimeout)
                .cause(if *write {
                    "it is unknown whether the last write succeeded; the next write reads the item first"
                } else {
                    "it hangs, or a password prompt is open but not visible"
                })
                .next_step(format!("look for a password prompt, or restart the keyring; {file}")),
            Self::Damaged { .. } => problem(Code::ItemDamaged)
                .cause("the value was changed by another program or stored incompletely; it is left as it is")
                .next_step(guidance!["for details, ", NextStep::Doctor, "; then add the credential again"]),
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
                .cause("the storage is a passphrase file, and there is no terminal to prompt on")
                .next_step("pass `--passphrase-fd N`, or set `passphrase_command` in config.toml"),
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
