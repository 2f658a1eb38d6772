//! Opens pages in the browser: https URLs, and http URLs of this computer.

use aemkeys_core::credential::NextStep;
use aemkeys_core::guidance;
use std::process::Child;
use std::time::{Duration, Instant};

use super::clipboard::over_ssh;
use super::process;
use aemkeys_core::credential::{Code, Problem};

/// The outcome of opening a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opened {
    InBrowser,
    /// The system took the address, but does not say whether a browser opened.
    HandedOver,
    /// No browser is available (SSH, no display): the caller shows the address instead.
    ShowOnly,
}

/// How long to wait for the opener to fail. One that still runs afterwards counts as successful.
const FAILURE_TIMEOUT: Duration = Duration::from_millis(500);

pub fn open(url: &str) -> Result<Opened, Problem> {
    if !may_open(url) {
        return Err(
            Problem::new(Code::UrlRefused, "refused to open this address")
                .cause("only https addresses and http://localhost are opened")
                .next_step(guidance!["to correct it, ", NextStep::SetHosts]),
        );
    }
    if !has_display() {
        return Ok(Opened::ShowOnly);
    }
    Ok(if !process::browser(url).is_ok_and(has_not_failed) {
        Opened::ShowOnly
    } else if cfg!(windows) {
        Opened::HandedOver
    } else {
        Opened::InBrowser
    })
}

/// Returns whether the URL is https with a host, or http to loopback, and contains no user name, space or character that
/// a shell or program could misinterpret.
pub fn may_open(url: &str) -> bool {
    let (rest, local_only) = match (url.strip_prefix("https://"), url.strip_prefix("http://")) {
        (Some(rest), _) => (rest, false),
        (_, Some(rest)) => (rest, true),
        _ => return false,
    };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or("");
    let host = match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => authority,
    };
    let is_local = matches!(host, "localhost" | "127.0.0.1" | "[::1]");
    let is_host = !host.is_empty()
        && !host.starts_with(['-', '.'])
        && host
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-'));
    let is_plain = url.len() <= 2048
        && url
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && !b"\"'`<>\\^{|}".contains(&byte));
    is_plain && if local_only { is_local } else { is_host }
}

fn has_display() -> bool {
    if over_ssh() {
        return false;
    }
    cfg!(any(windows, target_os = "macos"))
        || ["DISPLAY", "WAYLAND_DISPLAY"]
            .iter()
            .any(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty()))
}

fn has_not_failed(mut child: Child) -> bool {
    let started = Instant::now();
    while started.elapsed() < FAILURE_TIMEOUT {
        match child.try_wait() {
            Ok(Some(status)) => return status.success(),
            Ok(None) => std::thread::sleep(Duration::from_millis(20)),
            Err(_) => return false,
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn https_and_loopback_urls_may_be_opened() {
        for url in [
            "https://author-p1-e2.adobeaemcloud.com",
            "https://experience.adobe.com/#/cloud-manager?x=1&y=2",
            "https://example.com:8443/a",
            "http://localhost:4502/",
            "http://127.0.0.1:4502",
            "http://[::1]:4502",
        ] {
            assert!(may_open(url), "{url}");
        }
    }

    #[test]
    fn other_urls_are_refused() {
        for url in [
            "",
            "file:///etc/passwd",
            "javascript:alert(1)",
            "http://example.com",
            "http://localhost.example.com",
            "http://localhost@example.com",
            "https://user:word@example.com/",
            "https://",
            "https://-x",
            "https://a b",
            "https://example.com/\"; true",
            "https://example.com/`true`",
            "https://example.com/\u{1b}]0;x\u{7}",
            "--version",
            "HTTPS://example.com",
        ] {
            assert!(!may_open(url), "{url}");
            assert_eq!(open(url).unwrap_err().code, Code::UrlRefused);
        }
    }
}
