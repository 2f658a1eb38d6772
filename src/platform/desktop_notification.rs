//! Notices on the desktop: by D-Bus, or by `osascript` on macOS.

/// Shows a notice. Returns why that is not possible.
pub fn show(title: &str, text: &str) -> Result<(), String> {
    system::show(title, text)
}

#[cfg(all(unix, not(target_os = "macos")))]
mod system {
    use std::collections::HashMap;
    use std::sync::mpsc::sync_channel;
    use std::time::Duration;

    use zbus::blocking::connection::Builder;
    use zbus::zvariant::Value;

    const SERVICE: &str = "org.freedesktop.Notifications";
    const PATIENCE: Duration = Duration::from_secs(5);

    pub fn show(title: &str, text: &str) -> Result<(), String> {
        // A server may read the text as markup.
        let text = text.replace('&', "&amp;").replace('<', "&lt;");
        let title = title.to_owned();
        let (sender, receiver) = sync_channel(1);
        // The client has no time limit for the connection. The thread ends with the process.
        let send = move || sender.send(notify(&title, &text));
        let thread = std::thread::Builder::new().name("notice".to_owned());
        thread.spawn(send).map_err(|error| error.to_string())?;
        let late = |_| Err("the desktop does not answer".to_owned());
        receiver.recv_timeout(PATIENCE).unwrap_or_else(late)
    }

    fn notify(title: &str, text: &str) -> Result<(), String> {
        let hints: HashMap<&str, Value> = HashMap::new();
        let actions: [&str; 0] = [];
        // The server chooses how long it is shown.
        let arguments = (
            "aemkeys",
            0_u32,
            "",
            title,
            text,
            &actions[..],
            hints,
            -1_i32,
        );
        Builder::session()
            .and_then(Builder::build)
            .and_then(|bus| {
                let path = "/org/freedesktop/Notifications";
                bus.call_method(Some(SERVICE), path, Some(SERVICE), "Notify", &arguments)
            })
            .map(drop)
            .map_err(|error| error.to_string())
    }
}

#[cfg(target_os = "macos")]
mod system {
    use crate::platform::process;

    pub fn show(title: &str, text: &str) -> Result<(), String> {
        const SCRIPT: [&str; 6] = [
            "-e",
            "on run argv",
            "-e",
            "display notification (item 2 of argv) with title (item 1 of argv)",
            "-e",
            "end run",
        ];
        let arguments = [&SCRIPT[..], &[title, text]].concat();
        match process::system_program("osascript", &arguments) {
            Ok(status) if status.success() => Ok(()),
            Ok(_) => Err("osascript failed".to_owned()),
            Err(error) => Err(error.to_string()),
        }
    }
}

#[cfg(windows)]
mod system {
    pub fn show(_: &str, _: &str) -> Result<(), String> {
        Err("notices are not supported on Windows".to_owned())
    }
}
