//! Process hardening: disables core dumps and, on Linux, debuggers of the same user.

/// Set to 1 to leave the process open to debuggers.
const ALLOW_DEBUG: &str = "AEMKEYS_ALLOW_DEBUG";

/// Hardens the process. Called first by main. Ignores what the system refuses.
pub fn harden() {
    super::descriptors::close_all_on_exec();
    files::make_private();
    files::survive_size_limit();
    if std::env::var_os(ALLOW_DEBUG).is_some_and(|value| value == "1") {
        return;
    }
    system::harden();
}

/// The protection in effect, as reported by the system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Protection {
    /// A crash writes the memory to a file.
    pub core_dumps: bool,
    /// Other programs of the same user can read the memory.
    pub readable: bool,
}

/// Returns the protection in effect; `None` on systems that do not report it.
pub fn read_back() -> Option<Protection> {
    system::read_back()
}

/// Restores the original limits before `exec`.
pub fn restore() {
    files::restore();
    system::restore();
}

/// Makes all files that this process creates, including its log, private to the user.
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

    /// Turns exceeding `ulimit -f` into a write error, like that of a full disk. Without a handler it kills the process.
    /// `exec` resets the handler.
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

    use super::Protection;

    static CORE_BEFORE: OnceLock<Rlimit> = OnceLock::new();

    pub fn harden() {
        let before = getrlimit(Resource::Core);
        // Only the soft limit: the hard limit could not be restored.
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

    pub fn read_back() -> Option<Protection> {
        let dumpable = dumpable_behavior().ok()?;
        Some(Protection {
            core_dumps: getrlimit(Resource::Core).current != Some(0),
            readable: dumpable == DumpableBehavior::Dumpable,
        })
    }
}

#[cfg(not(target_os = "linux"))]
mod system {
    pub fn harden() {}
    pub fn restore() {}
    pub fn read_back() -> Option<super::Protection> {
        None
    }
}
