//! Writes the table of letters that look like others (Unicode TR 39). As data of the crate that it comes from, it would take four
//! times the room in a program.

use std::error::Error;
use std::path::Path;

use unicode_security::skeleton;

/// Their parts look like themselves, and they would be more than half of the table.
const HANGUL_SYLLABLES: std::ops::RangeInclusive<char> = '\u{ac00}'..='\u{d7a3}';

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    let (mut letters, mut ends, mut alike) = (Vec::new(), Vec::new(), String::new());
    for letter in '\0'..=char::MAX {
        let own = letter.to_string();
        let looks: String = skeleton(&own).collect();
        if looks != own && !HANGUL_SYLLABLES.contains(&letter) {
            alike.push_str(&looks);
            letters.push(format!("'{}'", letter.escape_unicode()));
            ends.push(u16::try_from(alike.len())?);
        }
    }
    let count = letters.len();
    let folder = std::env::var("OUT_DIR")?;
    std::fs::write(
        Path::new(&folder).join("look_alikes.rs"),
        format!(
            "static LETTERS: [char; {count}] = [{}];\nstatic ENDS: [u16; {count}] = {ends:?};\nstatic ALIKE: &str = \"{}\";\n",
            letters.join(", "),
            alike.escape_default()
        ),
    )?;
    Ok(())
}
