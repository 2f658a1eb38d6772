//! The program that stores the secrets, and how its user unlocks it, creates a place in it and allows access.

use std::fmt;

/// The keyring of the system.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Provider {
    GnomeKeyring,
    KeePassXc,
    KWallet,
    /// Another Secret Service, by the name of its process.
    Other(String),
    /// The macOS Keychain, the Windows Credential Manager, or a Secret Service that is not known yet.
    #[default]
    Unknown,
}

impl Provider {
    /// Recognises a Secret Service by the name of its process, of which Linux keeps 15 bytes.
    pub fn of_process(name: &str) -> Self {
        match name {
            "" => Self::Unknown,
            _ if name.starts_with("gnome-keyring") => Self::GnomeKeyring,
            _ if name.starts_with("keepassxc") => Self::KeePassXc,
            _ if name.starts_with("kwalletd") || name == "ksecretd" => Self::KWallet,
            _ => Self::Other(name.to_owned()),
        }
    }

    /// Returns what it calls the place that stores secrets.
    pub(super) fn place(&self) -> &'static str {
        match self {
            Self::KWallet => "wallet",
            Self::KeePassXc => "database",
            _ => "keyring",
        }
    }

    /// Returns how to unlock it.
    pub(super) fn unlock(&self) -> &'static str {
        match self {
            Self::KeePassXc => {
                "unlock the database in KeePassXC, or run the command in a terminal on the desktop"
            }
            Self::KWallet => {
                "open the wallet in KWalletManager, or run the command in a terminal on the desktop"
            }
            _ if cfg!(target_os = "macos") => "run `security unlock-keychain`",
            _ if cfg!(windows) => START,
            Self::GnomeKeyring => {
                "unlock it (log in to the desktop, or `gnome-keyring-daemon --unlock`)"
            }
            _ => "unlock it, or run the command in a terminal on the desktop",
        }
    }

    /// Returns how to create a place for secrets.
    pub(super) fn create(&self) -> &'static str {
        match self {
            Self::KeePassXc => {
                "open a database in KeePassXC, then choose a group under Database > Database Settings > Secret Service Integration"
            }
            Self::KWallet => "create a wallet in KWalletManager and make it the default one",
            Self::GnomeKeyring => {
                "create a keyring in Passwords and Keys (Seahorse) and set it as default"
            }
            _ => "create a keyring in its program and make it the default one",
        }
    }

    /// Returns how to allow access to an entry.
    pub(super) fn allow(&self) -> &'static str {
        match self {
            Self::KeePassXc => {
                "run the command in a terminal on the desktop and allow access; for scripts, turn off Confirm when passwords are retrieved by clients in KeePassXC under Settings > Secret Service Integration"
            }
            _ => "run the command in a terminal on the desktop and allow access",
        }
    }
}

/// How to get a keyring where there is none.
pub(super) const START: &str = if cfg!(windows) {
    "log in on the desktop: a session over the network has no Credential Manager"
} else if cfg!(target_os = "macos") {
    "check that Keychain Access shows the keychain \"login\""
} else {
    "start a Secret Service (gnome-keyring, KWallet, KeePassXC) in this session"
};

impl fmt::Display for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::GnomeKeyring => "GNOME Keyring",
            Self::KeePassXc => "KeePassXC",
            Self::KWallet => "KWallet",
            Self::Other(name) => name,
            Self::Unknown => "the keyring",
        })
    }
}

/// Why the keyring can't be used now, although it responds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// There is no default collection.
    NoCollection,
    /// A password is needed, and no prompt can be shown.
    Locked,
    /// The prompt for the password was cancelled.
    Cancelled,
    /// The user has refused access to an entry.
    Denied,
    /// The user must allow access to an entry, and no prompt can be shown.
    NotAllowed,
}

impl Refusal {
    /// Returns what happened.
    pub(super) fn message(self, provider: &Provider) -> String {
        let place = provider.place();
        match self {
            Self::NoCollection if *provider == Provider::KeePassXc => {
                "KeePassXC shares no open database with other programs".to_owned()
            }
            Self::NoCollection if *provider == Provider::Unknown => {
                "there is no default keyring yet".to_owned()
            }
            Self::NoCollection => format!("{provider} has no default {place} yet"),
            Self::Locked => format!("{provider} is locked"),
            Self::Cancelled => format!("the password prompt of {provider} was cancelled"),
            Self::Denied => format!("access was denied in {provider}"),
            Self::NotAllowed => format!("{provider} must allow access to this entry first"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn providers_are_recognised_by_their_process() {
        for (process, name) in [
            ("gnome-keyring-d", "GNOME Keyring"),
            ("keepassxc", "KeePassXC"),
            ("kwalletd5", "KWallet"),
            ("ksecretd", "KWallet"),
            ("oo7-daemon", "oo7-daemon"),
            ("", "the keyring"),
        ] {
            assert_eq!(Provider::of_process(process).to_string(), name);
        }
    }
}
