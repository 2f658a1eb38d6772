//! Notices on the desktop: by D-Bus, by `osascript` on macOS, by PowerShell on Windows.

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
        process::system_program("osascript", &arguments).map_err(|error| error.to_string())
    }
}

#[cfg(windows)]
mod system {
    use crate::platform::process;

    /// Windows shows notices only of installed programs; PowerShell is one.
    const SCRIPT: &str = r"
$ErrorActionPreference = 'Stop'
$manager = [Windows.UI.Notifications.ToastNotificationManager, Windows.UI.Notifications, ContentType = WindowsRuntime]
$notice = $manager::GetTemplateContent([Windows.UI.Notifications.ToastTemplateType]::ToastText02)
$texts = $notice.GetElementsByTagName('text')
[void]$texts.Item(0).AppendChild($notice.CreateTextNode($env:NOTICE_TITLE))
[void]$texts.Item(1).AppendChild($notice.CreateTextNode($env:NOTICE_TEXT))
$sender = '{1AC14E77-02E7-4E5D-B744-2EB1AE5198B7}\WindowsPowerShell\v1.0\powershell.exe'
$manager::CreateToastNotifier($sender).Show([Windows.UI.Notifications.ToastNotification]::new($notice))
";

    pub fn show(title: &str, text: &str) -> Result<(), String> {
        process::powershell_notice(SCRIPT, title, text).map_err(|error| error.to_string())
    }
}
