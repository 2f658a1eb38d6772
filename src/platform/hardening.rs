//! How is this process kept from being read? No core dump, no debugger of the same user (Linux).

/// Set to 1 to leave the process open to debuggers.
const SWITCH: &str = "AEMKEYS_ALLOW_DEBUG";

/// Called first by main. What the system refuses is not worth stopping for.
pub fn harden() {
    super::descriptors::keep_to_ourselves();
    files::make_private();
    files::survive_size_limit();
    if std::env::var_os(SWITCH).is_some_and(|value| value == "1") {
        return;
    }
    system::harden();
}

/// What the system says now, not what was asked of it. `None` where it cannot be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Guard {
    /// A crash would write the memory to a file.
    pub core_dumps: bool,
    /// Other programs of the same user may read the memory.
    pub readable: bool,
}

/// Reads it back from the system.
pub fn read_back() -> Option<Guard> {
    system::read_back()
}

/// Gives the limits back before another program takes this process's place.
pub fn restore() {
    files::restore();
    system::restore();
}

/// Whatever this process creates, its log included, is the user's alone.
#[cfg(unix)]
mod files {
    use std::sync::{Arc, OnceLock};

    use rustix::fs::Mode;
    use rustix::process::umask;

    static BEFORE: OnceLock<Mode> = OnceLock::new();

    pub fn make_private() {
        let _ = BEFORE.set(umask(Mode::RWXG | Mode::RWXO));
    }

    pub fn restore() {
        if let Some(before) = BEFORE.get() {
            umask(*before);
        }
    }

    /// Under `ulimit -f` a write that is too long ends the process in the middle of its work. With a handler it is an error
    /// like that of a full disk; another program that takes this one's place gets the system's default again.
    pub fn survive_size_limit() {
        let _ = signal_hook::flag::register(signal_hook::consts::SIGXFSZ, Arc::default());
    }
}

#[cfg(not(unix))]
mod files {
    pub fn make_private() {}
    pub fn survive_size_limit() {}
    pub fn restore() {}
}

#[cfg(target_os = "linux")]
mod system {
    use std::sync::OnceLock;

    use rustix::process::{
        DumpableBehavior, Resource, Rlimit, dumpable_behavior, getrlimit, set_dumpable_behavior,
        setrlimit,
    };

    use super::Guard;

    static CORE_BEFORE: OnceLock<Rlimit> = OnceLock::new();

    pub fn harden() {
        let before = getrlimit(Resource::Core);
        // Only the soft limit: the hard one could not be given back.
        let none = Rlimit {
            current: Some(0),
            maximum: before.maximum,
        };
        let _ = CORE_BEFORE.set(before);
        let _ = setrlimit(Resource::Core, none);
        let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
    }

    pub fn restore() {
        if let Some(before) = CORE_BEFORE.get() {
            let _ = setrlimit(Resource::Core, *before);
        }
    }

    pub fn read_back() -> Option<Guard> {
        let dumpable = dumpable_behavior().ok()?;
        Some(Guard {
            core_dumps: getrlimit(Resource::Core).current != Some(0),
            readable: dumpable == DumpableBehavior::Dumpable,
        })
    }
}

#[cfg(not(target_os = "linux"))]
mod system {
    pub fn harden() {}
    pub fn restore() {}
    pub fn read_back() -> Option<super::Guard> {
        None
    }
}
