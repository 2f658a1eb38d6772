//! Notifications through the terminal: OSC 9, OSC 777 or the bell.

use serde::Deserialize;

/// How the user is notified, from the configuration.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Notifications {
    /// What the terminal is known to have, else the bell. Off if a Production environment is stored.
    #[default]
    Auto,
    Osc9,
    Osc777,
    Bell,
    Off,
}

impl Notifications {
    /// Returns the bytes that notify, by the terminal's variables; `None` if notifications are off.
    pub fn bytes(
        self,
        text: &str,
        has_production: bool,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Option<String> {
        // A multiplexer passes on only the bell.
        let is_inside = ["TMUX", "STY"].iter().any(|name| variable(name).is_some());
        let form = match self {
            Self::Auto if has_production => Self::Off,
            Self::Auto if is_inside => Self::Bell,
            Self::Auto => of_terminal(&variable),
            set => set,
        };
        // A control character would end the sequence, and a semicolon a part of it.
        let is_plain = |letter: &char| !letter.is_control() && *letter != ';';
        let text: String = text.chars().filter(is_plain).take(200).collect();
        match form {
            Self::Osc9 => Some(format!("\x1b]9;{text}\x07")),
            Self::Osc777 => Some(format!("\x1b]777;notify;aemkeys;{text}\x07")),
            Self::Bell | Self::Auto => Some("\x07".to_owned()),
            Self::Off => None,
        }
    }
}

fn of_terminal(variable: impl Fn(&str) -> Option<String>) -> Notifications {
    let program = variable("TERM_PROGRAM").unwrap_or_default();
    let term = variable("TERM").unwrap_or_default();
    let has = |names: &[&str]| {
        names
            .iter()
            .any(|name| program == *name || term.starts_with(name))
    };
    if has(&[
        "iTerm.app",
        "WezTerm",
        "ghostty",
        "xterm-ghostty",
        "xterm-kitty",
    ]) {
        Notifications::Osc9
    } else if has(&["foot", "rxvt-unicode", "contour"]) {
        Notifications::Osc777
    } else {
        Notifications::Bell
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(
        set: Notifications,
        has_production: bool,
        variables: &[(&str, &str)],
    ) -> Option<String> {
        let variable = |name: &str| {
            let mut known = variables.iter();
            known
                .find(|(known, _)| *known == name)
                .map(|(_, value)| (*value).to_owned())
        };
        set.bytes("wknd;\x1b]52;c\x07 expires", has_production, variable)
    }

    #[test]
    fn the_terminal_decides_unless_it_is_set() {
        let osc9 = Some("\x1b]9;wknd]52c expires\x07".to_owned());
        let osc777 = Some("\x1b]777;notify;aemkeys;wknd]52c expires\x07".to_owned());
        let bell = Some("\x07".to_owned());
        let auto = Notifications::Auto;
        for (term, expected) in [
            ("xterm-kitty", &osc9),
            ("foot-extra", &osc777),
            ("xterm-256color", &bell),
        ] {
            assert_eq!(&bytes(auto, false, &[("TERM", term)]), expected, "{term}");
            assert_eq!(bytes(auto, true, &[("TERM", term)]), None, "{term}");
        }
        let inside = [("TERM", "xterm-kitty"), ("TMUX", "x")];
        assert_eq!(bytes(auto, false, &inside), bell);
        for (set, expected) in [
            (Notifications::Osc9, osc9),
            (Notifications::Osc777, osc777),
            (Notifications::Bell, bell),
            (Notifications::Off, None),
        ] {
            assert_eq!(bytes(set, true, &inside), expected, "{set:?}");
        }
    }
}
