//! Environment variables that keep programs from reaching the session bus, and so the keyring, of the developer who runs
//! the tests.
//!
//! An empty environment is not enough: without `DBUS_SESSION_BUS_ADDRESS` the D-Bus library asks at
//! `$XDG_RUNTIME_DIR/bus`, and without that at `/run/user/<uid>/bus`, where a desktop's real bus listens.

pub const NO_SESSION: [(&str, &str); 2] = [
    (
        "DBUS_SESSION_BUS_ADDRESS",
        "unix:path=/nonexistent/aemkeys-tests/bus",
    ),
    ("XDG_RUNTIME_DIR", "/nonexistent/aemkeys-tests"),
];
