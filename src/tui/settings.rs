//! What did the person set, and what is this terminal? The configuration and the environment become the dashboard's settings.

use jiff::tz::TimeZone;

use super::keymap::Keymap;
use super::model::Settings;
use super::theme::{GlyphSet, ThemeName};
use crate::app::{Glyphs, Theme, World};
use crate::credential::Problem;

impl Settings {
    /// All mistakes of the keymap at once.
    pub fn of(world: &World) -> Result<Self, Vec<Problem>> {
        let configuration = &world.configuration;
        let variable = |name| std::env::var(name).ok();
        let theme = match configuration.theme {
            Theme::Dark => ThemeName::Dark,
            Theme::Light => ThemeName::Light,
            Theme::Mono => ThemeName::Mono,
            Theme::Auto => ThemeName::guess(
                variable("NO_COLOR").as_deref(),
                variable("COLORFGBG").as_deref(),
            ),
        };
        Ok(Self {
            thresholds: configuration.thresholds,
            theme,
            glyphs: match configuration.glyphs {
                Glyphs::Unicode => GlyphSet::Unicode,
                Glyphs::Ascii => GlyphSet::Ascii,
            },
            motion: configuration.motion,
            mouse: configuration.mouse,
            clipboard_seconds: u32::try_from(configuration.clipboard_clear_seconds).unwrap_or(30),
            storage: world.vault.storage_name().to_owned(),
            banner: None,
            zone: TimeZone::system(),
            keymap: Keymap::configured(&configuration.keys)?,
        })
    }
}
