//! Checks the code signature of this program on macOS, which decides how often the keychain asks.

use super::Finding;
use crate::platform::process;

pub fn check() -> Option<Finding> {
    finding(&process::code_signature()?)
}

/// `shown`: what `codesign --display` prints.
fn finding(shown: &str) -> Option<Finding> {
    let is_unnamed =
        |line: &str| line == "Signature=adhoc" || line.ends_with("is not signed at all");
    shown.lines().map(str::trim).any(is_unnamed).then(|| {
        Finding::warning(
            "keychain",
            "this program has no signature with a name, so the keychain asks again for every item after each update",
        )
        .next("choose Always Allow; a program that you build keeps its permissions if you sign it each time with the same certificate, see `man codesign`")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_signature_with_a_name_is_accepted() {
        for (shown, is_named) in [
            (
                "Executable=/usr/local/bin/aemkeys\nFormat=Mach-O thin (arm64)\nSignature=adhoc\nTeamIdentifier=not set",
                false,
            ),
            (
                "/usr/local/bin/aemkeys: code object is not signed at all",
                false,
            ),
            (
                "Identifier=aemkeys\nSignature size=8979\nAuthority=Developer ID Application: A (B)",
                true,
            ),
            ("", true),
        ] {
            assert_eq!(finding(shown).is_none(), is_named, "{shown}");
        }
    }
}
