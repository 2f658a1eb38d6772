//! Access to this computer: folders, configuration, files, locks, clock, clipboard, browser, log, hardening.

pub mod atomic_file;
pub mod browser;
pub mod clipboard;
pub mod clock;
pub mod configuration;
pub mod descriptors;
pub mod desktop_notification;
pub mod git_index;
pub mod glyphs;
pub mod hardening;
pub mod hyperlinks;
pub mod input_file;
pub mod lock;
pub mod logging;
pub mod mask;
mod masked_program;
pub mod nearest;
pub mod notification;
pub mod ownership;
pub mod paths;
pub mod process;
mod program_names;
pub mod prompt;
pub mod reference;
pub mod settings_table;
pub mod terminal;

pub use clock::Clock;
pub use configuration::Configuration;
pub use paths::Paths;
