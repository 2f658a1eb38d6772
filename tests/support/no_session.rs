//! Environment variables that keep programs from reaching the session bus, and so the keyring, of the developer who runs
//! the tests, and from asking on the terminal that the tests were started from.
//!
//! An empty environment is not enough: without `DBUS_SESSION_BUS_ADDRESS` the D-Bus library asks at
//! `$XDG_RUNTIME_DIR/bus`, and without that at `/run/user/<uid>/bus`, where a desktop's real bus listens.

pub const NO_SESSION: [(&str, &str); 3] = [
    (
        "DBUS_SESSION_BUS_ADDRESS",
        "unix:path=/nonexistent/aemkeys-tests/bus",
    ),
    ("XDG_RUNTIME_DIR", "/nonexistent/aemkeys-tests"),
    NO_PROMPT,
];

/// Removed for a program with a terminal of its own.
pub const NO_PROMPT: (&str, &str) = ("AEMKEYS_NO_PROMPT", "1");
