//! Whether the terminal has hyperlinks (OSC 8).

use serde::Deserialize;

/// The setting `links`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LinkSetting {
    /// In terminals that are known to have them.
    #[default]
    Auto,
    On,
    Off,
}

impl LinkSetting {
    /// Returns whether to write hyperlinks, by the terminal's variables.
    pub fn is_on(self, variable: impl Fn(&str) -> Option<String>) -> bool {
        match self {
            Self::Auto => has_links(|name| variable(name).unwrap_or_default()),
            Self::On => true,
            Self::Off => false,
        }
    }
}

fn has_links(variable: impl Fn(&str) -> String) -> bool {
    let is_set = |name| !variable(name).is_empty();
    let (term, program) = (variable("TERM"), variable("TERM_PROGRAM"));
    // tmux keeps the variables of the terminal in which it was started. It has links since 3.4, and drops what the terminal
    // around it does not have.
    if is_set("TMUX") {
        let version = variable("TERM_PROGRAM_VERSION");
        return program == "tmux" && version_of(&version) >= [3, 4];
    }
    if is_set("STY") || ["dumb", "linux"].contains(&term.as_str()) || term.starts_with("screen") {
        return false;
    }
    // Before 0.50, terminals of GNOME printed or crashed.
    let is_vte = variable("VTE_VERSION")
        .parse()
        .is_ok_and(|version: u32| version >= 5000);
    let programs = [
        "iTerm.app",
        "WezTerm",
        "ghostty",
        "vscode",
        "Hyper",
        "rio",
        "WarpTerminal",
    ];
    let terms = [
        "xterm-kitty",
        "xterm-ghostty",
        "foot",
        "alacritty",
        "contour",
        "wezterm",
        "rio",
    ];
    is_vte
        || is_set("WT_SESSION")
        || is_set("KONSOLE_VERSION")
        || programs.contains(&program.as_str())
        || terms.iter().any(|known| term.starts_with(known))
}

/// `3.4` of `3.4a` or `next-3.4`.
fn version_of(text: &str) -> [u32; 2] {
    let mut numbers = text
        .split(|letter: char| !letter.is_ascii_digit())
        .filter_map(|part| part.parse().ok());
    [0; 2].map(|_| numbers.next().unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_on(set: LinkSetting, variables: &[(&str, &str)]) -> bool {
        set.is_on(|name| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn known_terminals_have_links() {
        let tmux = |version| {
            vec![
                ("TERM", "tmux-256color"),
                ("TMUX", "/tmp/x"),
                ("TERM_PROGRAM", "tmux"),
                ("TERM_PROGRAM_VERSION", version),
                ("VTE_VERSION", "7600"),
            ]
        };
        for (variables, expected) in [
            (vec![], false),
            (vec![("TERM", "xterm-256color")], false),
            (vec![("TERM", "linux")], false),
            (vec![("TERM", "linux"), ("VTE_VERSION", "7600")], false),
            (vec![("TERM", "dumb"), ("WT_SESSION", "x")], false),
            (
                vec![
                    ("TERM", "screen.xterm-256color"),
                    ("STY", "1.a"),
                    ("VTE_VERSION", "7600"),
                ],
                false,
            ),
            (vec![("TERM", "screen-256color")], false),
            (
                vec![("TERM", "xterm-256color"), ("VTE_VERSION", "7600")],
                true,
            ),
            (
                vec![("TERM", "xterm-256color"), ("VTE_VERSION", "4600")],
                false,
            ),
            (vec![("TERM", "xterm-kitty")], true),
            (vec![("TERM", "foot-extra")], true),
            (
                vec![("TERM", "xterm-256color"), ("TERM_PROGRAM", "WezTerm")],
                true,
            ),
            (
                vec![
                    ("TERM", "xterm-256color"),
                    ("TERM_PROGRAM", "Apple_Terminal"),
                ],
                false,
            ),
            (vec![("WT_SESSION", "x")], true),
            (tmux("3.3a"), false),
            (tmux("3.4"), true),
            (tmux("next-3.6"), true),
            (tmux("10.0"), true),
            (tmux(""), false),
        ] {
            assert_eq!(
                is_on(LinkSetting::Auto, &variables),
                expected,
                "{variables:?}"
            );
            assert!(is_on(LinkSetting::On, &variables));
            assert!(!is_on(LinkSetting::Off, &variables));
        }
    }
}
