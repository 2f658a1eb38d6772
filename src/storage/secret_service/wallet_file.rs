//! Makes KWallet write its file. By itself it does so five seconds after a change; a logout before that loses the values.

use std::cell::Cell;

use zbus::blocking::Connection;
use zbus::zvariant::DynamicType;

/// KWallet's own interface, of KDE Frameworks 6.14, 6 and 5.
const ADDRESSES: [(&str, &str); 3] = [
    ("org.kde.ksecretd", "/ksecretd"),
    ("org.kde.kwalletd6", "/modules/kwalletd6"),
    ("org.kde.kwalletd5", "/modules/kwalletd5"),
];
const INTERFACE: &str = "org.kde.KWallet";
const APPLICATION: &str = "aemkeys";

/// What is known about the open wallet.
#[derive(Default)]
pub struct WalletFile(Cell<State>);

#[derive(Clone, Copy, Default)]
enum State {
    #[default]
    Unknown,
    /// The index of its address, and the handle of the open wallet.
    Opened(usize, i32),
    /// The user doesn't allow it, or this version has no such call. KWallet then writes the file later.
    Unavailable,
}

impl WalletFile {
    /// Writes the changes of the wallet, which is open, to its file.
    pub fn sync(&self, bus: &Connection, wallet: &str) {
        if let State::Opened(address, handle) = self.0.get() {
            let is_open =
                call(bus, address, "isOpen", &handle).and_then(|it| it.body().deserialize());
            if is_open.unwrap_or(false)
                && call(bus, address, "sync", &(handle, APPLICATION)).is_ok()
            {
                return;
            }
            self.0.set(State::Unknown);
        }
        if matches!(self.0.get(), State::Unknown) {
            self.0.set(open_and_sync(bus, wallet));
        }
    }
}

fn open_and_sync(bus: &Connection, wallet: &str) -> State {
    for address in 0..ADDRESSES.len() {
        // The window that the question belongs to: none.
        let opened = call(bus, address, "open", &(wallet, 0_i64, APPLICATION))
            .and_then(|reply| reply.body().deserialize::<i32>());
        match opened {
            Ok(handle) if handle >= 0 => {
                if call(bus, address, "sync", &(handle, APPLICATION)).is_ok() {
                    return State::Opened(address, handle);
                }
            }
            Ok(_) => break,
            Err(_) => {}
        }
    }
    tracing::warn!("KWallet could not be made to write its file; it does so within seconds");
    State::Unavailable
}

fn call(
    bus: &Connection,
    address: usize,
    member: &str,
    arguments: &(impl serde::Serialize + DynamicType),
) -> zbus::Result<zbus::Message> {
    let (name, path) = ADDRESSES[address];
    bus.call_method(Some(name), path, Some(INTERFACE), member, arguments)
}
