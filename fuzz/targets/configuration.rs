//! Parses any text as config.toml, and its keys as a keymap.

#![no_main]

mod problems;

use aemkeys::platform::Configuration;
use aemkeys::tui::keymap::Keymap;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    match Configuration::parse(text) {
        Err(problems) => {
            assert!(!problems.is_empty());
            problems.iter().for_each(problems::check);
        }
        Ok(configuration) => {
            if let Err(mistakes) = Keymap::configured(&configuration.keys) {
                assert!(!mistakes.is_empty());
                for mistake in mistakes {
                    assert!(!mistake.why.chars().any(char::is_control), "{mistake:?}");
                }
            }
        }
    }
});
