//! Derivation of an encryption key from a passphrase, with Argon2id.

use argon2::{Algorithm, Argon2, Params, Version};
use ring::rand::{SecureRandom, SystemRandom};
use zeroize::Zeroizing;

use super::{StorageError, new_passphrase};
use aemkeys_core::credential::Secret;

pub(super) const SALT: usize = 16;
/// 64 MiB and three passes: about a tenth of a second on a laptop.
const MEMORY_KIB: u32 = 64 * 1024;
const PASSES: u32 = 3;
/// The limit for memory, passes and work (memory times passes) of a file, as a factor of the values that are written.
const MAX_FACTOR: u32 = 4;

pub(super) type EncryptionKey = Zeroizing<[u8; 32]>;

/// The parameters of the key derivation; stored in the file and authenticated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Derivation {
    pub memory: u32,
    pub passes: u32,
    pub salt: [u8; SALT],
}

impl Derivation {
    /// Derives the key of a new file. The only way to create one, so that no file has a weak passphrase.
    pub fn new(passphrase: &Secret) -> Result<(Self, EncryptionKey), StorageError> {
        new_passphrase::check(passphrase)?;
        let mut salt = [0; SALT];
        random(&mut salt)?;
        let derivation = Self {
            memory: MEMORY_KIB,
            passes: PASSES,
            salt,
        };
        let key = derivation.key(passphrase)?;
        Ok((derivation, key))
    }

    /// Returns false if deriving the key would take more memory or time than any file of aemkeys needs.
    pub fn is_within_limits(&self) -> bool {
        let work = |memory, passes| u64::from(memory) * u64::from(passes);
        (8..=MEMORY_KIB * MAX_FACTOR).contains(&self.memory)
            && (1..=PASSES * MAX_FACTOR).contains(&self.passes)
            && work(self.memory, self.passes) <= work(MEMORY_KIB, PASSES) * u64::from(MAX_FACTOR)
    }

    /// A cheap derivation, for tests that open thousands of files.
    #[cfg(test)]
    pub fn cheap() -> Self {
        Self {
            memory: 8,
            passes: 1,
            salt: [7; SALT],
        }
    }

    /// Returns the same salt with the current cost.
    pub fn with_current_cost(&self) -> Self {
        Self {
            memory: MEMORY_KIB,
            passes: PASSES,
            salt: self.salt,
        }
    }

    pub fn key(&self, passphrase: &Secret) -> Result<EncryptionKey, StorageError> {
        let failed =
            |_| StorageError::Other("could not derive the key from the passphrase".to_owned());
        let argon = Argon2::new(
            Algorithm::Argon2id,
            Version::V0x13,
            Params::new(self.memory, self.passes, 1, Some(32)).map_err(failed)?,
        );
        let mut key = Zeroizing::new([0; 32]);
        argon
            .hash_password_into(passphrase.expose(), &self.salt, &mut *key)
            .map_err(failed)?;
        Ok(key)
    }
}

/// Fills the bytes with the system's random numbers.
pub(super) fn random(bytes: &mut [u8]) -> Result<(), StorageError> {
    SystemRandom::new()
        .fill(bytes)
        .map_err(|_| StorageError::Other("the system's random number generator failed".to_owned()))
}
