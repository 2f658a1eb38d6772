//! What can go wrong with a store, and what does a person do then?

use super::PASSPHRASE_RULE;
use crate::credential::{Code, Problem};

/// Never carries a value: keyring errors that hold raw bytes are reduced before they get here.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VaultError {
    /// No D-Bus, no provider, no default collection.
    #[error("no keyring answers on this machine: {0}")]
    NoKeyring(String),
    #[error("the keyring is locked")]
    Locked,
    /// The deadline passed; for a write the outcome is unknown until it is read back.
    #[error("the keyring did not answer within {seconds} s")]
    TimedOut { seconds: u64, write: bool },
    #[error("{item} is damaged: {reason}")]
    Damaged { item: String, reason: &'static str },
    #[error("{item} was written by a newer aemkeys (format {version})")]
    NewerFormat { item: String, version: u32 },
    #[error("{item} has {size} bytes; this store takes at most {limit}")]
    TooLarge {
        item: String,
        size: usize,
        limit: usize,
    },
    #[error("what was read back differs from what was written")]
    ReadBackDiffers,
    #[error("the passphrase does not open the file")]
    WrongPassphrase,
    #[error("a passphrase is needed")]
    NoPassphrase,
    /// Only for a new file: [`super::new_passphrase`].
    #[error("this passphrase is too weak for a new file")]
    WeakPassphrase,
    /// A person was asked and did not want to.
    #[error("the passphrase file stays closed: no passphrase was given")]
    PassphraseRefused,
    #[error("this credential is marked as leaked")]
    LeakedKey,
    /// A lock could not be had; told by the lock itself.
    #[error("{0}")]
    Lock(Box<Problem>),
    /// An environment that must not be stored.
    #[error("{0}")]
    Unsafe(Box<Problem>),
    #[error("{what}: {source}")]
    Io {
        what: String,
        source: std::io::Error,
    },
    #[error("{0}")]
    Other(String),
}

impl VaultError {
    /// The same error for the next caller of a store that could not be made.
    pub(super) fn again(&self) -> Self {
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
        let file = "without a keyring, keep secrets in a passphrase file: `--storage file` (or `storage = \"file\"` in the configuration)";
        match self {
            Self::NoKeyring(_) => problem(Code::NoKeyring).next_step(format!(
                "start a Secret Service (gnome-keyring, KWallet, KeePassXC) in this session; {file}"
            )),
            Self::Locked => problem(Code::KeyringLocked)
                .cause("nobody has unlocked it in this session, and it cannot be asked for here")
                .next_step(format!("unlock it (log in to the desktop, or `gnome-keyring-daemon --unlock`); {file}")),
            Self::TimedOut { write, .. } => problem(Code::KeyringTimeout)
                .cause(if *write {
                    "whether the last write arrived is not known; it is read back before the next one"
                } else {
                    "it hangs, or waits for a password that nobody sees"
                })
                .next_step(format!("look for a password prompt, or restart the keyring; {file}")),
            Self::Damaged { .. } => problem(Code::ItemDamaged)
                .cause("it is left untouched")
                .next_step("`aemkeys doctor` shows it; add the credential again"),
            Self::NewerFormat { .. } => problem(Code::NewerFormat)
                .cause("this aemkeys does not know that format and writes nothing")
                .next_step("update aemkeys"),
            Self::TooLarge { .. } => problem(Code::TooLargeForStore)
                .cause("values are never cut or split")
                .next_step(file),
            Self::ReadBackDiffers => problem(Code::ReadBackDiffers)
                .cause("the storage changed the value, or another program wrote at the same time")
                .next_step("try again; `aemkeys doctor` probes the storage"),
            Self::WrongPassphrase => problem(Code::PassphraseWrong)
                .cause("the passphrase is another one, or the file is damaged")
                .next_step("try again"),
            Self::NoPassphrase => problem(Code::PassphraseNeeded)
                .cause("the passphrase file is chosen, and there is no terminal to ask on")
                .next_step("`--passphrase-fd N`, or `passphrase_command` in the configuration"),
            Self::WeakPassphrase => problem(Code::PassphraseTooWeak)
                .cause("whoever gets a copy of the file can try passphrases without limit")
                .next_step(format!("choose {PASSPHRASE_RULE}; several unrelated words are better")),
            Self::PassphraseRefused => problem(Code::PassphraseNeeded)
                .next_step("do it again, and type the passphrase"),
            Self::Io { .. } => problem(Code::StorageIo).next_step("check the folder's permissions and the disk's room"),
            Self::LeakedKey => problem(Code::LeakedCredential)
                .cause("its private key or client secret is on the list of leaked keys; a new certificate over that key changes nothing")
                .next_step("AEM Developer Console, Technical Accounts: Add new private key (not Add certificate), then View; for OAuth, add a new client secret and delete the leaked one"),
            Self::Lock(problem) | Self::Unsafe(problem) => (**problem).clone(),
            Self::Other(_) => problem(Code::StorageFailed).next_step("`aemkeys doctor` probes the storage"),
        }
    }
}
