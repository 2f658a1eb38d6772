//! Speed, memory and idle activity of the dashboard: the real binary in a pseudo-terminal, with its own gnome-keyring and a
//! simulated IMS.
//!
//! `cargo bench --bench dashboard`, or only some: `.. -- first-frame keys exchange idle memory`. Needs gnome-keyring and
//! dbus. AEMKEYS_BINARY=FILE measures another binary. Each result is printed with its target and never fails.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark may panic, and prints its results"
)]
#![cfg_attr(
    not(target_os = "linux"),
    expect(unused, reason = "measures with /proc")
)]

#[expect(dead_code, reason = "tests use the rest")]
#[path = "../tests/support/https_mock.rs"]
mod https_mock;
#[cfg(unix)]
#[expect(dead_code, reason = "tests use the rest")]
#[path = "../tests/support/keyring_session.rs"]
mod keyring_session;
#[cfg(unix)]
#[path = "dashboard/stock.rs"]
mod stock;
#[path = "dashboard/watched.rs"]
mod watched;

#[cfg(target_os = "linux")]
fn main() {
    if !stock::fill_if_asked() {
        linux::measure();
    }
}

#[cfg(not(target_os = "linux"))]
fn main() {
    println!("this benchmark needs Linux");
}

#[cfg(target_os = "linux")]
mod linux {
    use std::path::PathBuf;
    use std::process::Command;
    use std::time::{Duration, Instant};

    use jiff::Timestamp;

    use crate::https_mock::{HttpsMock, Reply};
    use crate::keyring_session::{Session, signal};
    use crate::stock::{fill, name};
    use crate::watched::{Watched, selected};

    const STARTS: usize = 31;
    const KEYS: usize = 400;
    /// Key presses while a service hangs. They must finish before its time limit.
    const KEYS_PER_HANG: usize = 100;
    const EXCHANGES: usize = 11;
    const AT_ONCE: usize = 100;

    pub fn measure() {
        let wanted: Vec<String> = std::env::args()
            .skip(1)
            .filter(|word| !word.starts_with('-'))
            .collect();
        let is_wanted = |name: &str| wanted.is_empty() || wanted.iter().any(|word| word == name);
        println!("{}", binary().display());
        let size = std::fs::metadata(binary()).unwrap().len();
        println!("size: {size} bytes; bar 10,000,000");
        let Some(small) = stocked(AT_ONCE, AT_ONCE) else {
            return;
        };
        if is_wanted("exchange") {
            exchange_all(&small);
        }
        let large = stocked(2, 1000).unwrap();
        if is_wanted("first-frame") {
            first_frame(&small, "first frame, 100 environments", 10);
            first_frame(&large, "first frame, 1,000 environments", 25);
        }
        if is_wanted("keys") {
            keys(&large);
            keys_while_the_keyring_hangs(&large);
            keys_while_ims_hangs(&large);
        }
        if is_wanted("memory") {
            memory(&small, "memory, 100 environments");
            memory(&large, "memory, 1,000 environments");
        }
        if is_wanted("idle") {
            idle(&small);
        }
    }

    fn binary() -> PathBuf {
        let other = std::env::var_os("AEMKEYS_BINARY");
        other.map_or_else(|| env!("CARGO_BIN_EXE_aemkeys").into(), PathBuf::from)
    }

    /// Starts a session with an unlocked keyring. Prints a notice and returns `None` if a program is missing.
    fn stocked(in_keyring: usize, in_all: usize) -> Option<Session> {
        let session = Session::start()?;
        session.log_in(Some("test"));
        fill(&session, in_keyring, in_all);
        Some(session)
    }

    fn command(session: &Session, arguments: &[&str]) -> Command {
        let mut command = session.command(binary().to_str().unwrap());
        command.args(arguments);
        command
    }

    fn with_ims(mut command: Command, ims: &HttpsMock) -> Command {
        command
            .env("HTTPS_PROXY", ims.proxy_url())
            .env("SSL_CERT_FILE", ims.ca_file());
        command
    }

    /// Starts the dashboard and waits for its first frame: the list, its counts and the first row.
    fn started(command: &Command) -> (Watched, Duration) {
        let mut dashboard = Watched::start(command);
        let first = name(0);
        let at = dashboard.frame("the first frame", |screen| {
            let contents = screen.contents();
            contents.contains("identities") && contents.contains(&first)
        });
        let took = at - dashboard.began;
        (dashboard, took)
    }

    fn first_frame(session: &Session, title: &str, bar: u64) {
        let mut times = Vec::new();
        for run in 0..STARTS + 3 {
            let (mut dashboard, took) = started(&command(session, &[]));
            dashboard.settle(Duration::from_millis(100));
            dashboard.send("q");
            dashboard.ended();
            // The first three runs fill caches.
            if run >= 3 {
                times.push(took);
            }
        }
        say(title, &mut times, Duration::from_millis(bar));
    }

    /// Presses down and up. Each key must move the selection.
    fn press(dashboard: &mut Watched, count: usize) -> Vec<Duration> {
        let mut times = Vec::new();
        for number in 0..count {
            // Irregular, and longer than two frames.
            let pause = 17 + u64::try_from(number * 7 % 13).unwrap();
            dashboard.settle(Duration::from_millis(pause));
            let before = dashboard.selected();
            let sent = Instant::now();
            dashboard.send(if number % 40 < 30 { "j" } else { "k" });
            let at = dashboard.frame("the selection moves", |screen| selected(screen) != before);
            times.push(at - sent);
        }
        times
    }

    /// Cancels the running task, so that the dashboard quits without a question.
    fn leave(mut dashboard: Watched) {
        dashboard.send("\u{3}");
        dashboard.shown("cancelled");
        dashboard.send("q");
        dashboard.ended();
    }

    fn keys(session: &Session) {
        let (mut dashboard, _) = started(&command(session, &[]));
        let mut times = press(&mut dashboard, KEYS);
        say_keys("key to frame, 1,000 environments", &mut times);
        dashboard.send("q");
        dashboard.ended();
    }

    fn keys_while_the_keyring_hangs(session: &Session) {
        let mut times = Vec::new();
        for _ in 0..KEYS / KEYS_PER_HANG {
            let (mut dashboard, _) = started(&command(session, &[]));
            let keyring = session.daemon().unwrap();
            signal(keyring, "STOP");
            dashboard.send("c");
            dashboard.shown("getting a token");
            times.extend(press(&mut dashboard, KEYS_PER_HANG));
            assert!(
                !dashboard.contents().contains("copied"),
                "the keyring did not hang"
            );
            leave(dashboard);
            signal(keyring, "CONT");
        }
        say_keys("key to frame while the keyring hangs", &mut times);
    }

    fn keys_while_ims_hangs(session: &Session) {
        let ims = HttpsMock::start(|_| {
            std::thread::sleep(Duration::from_mins(10));
            Reply::json(200, "{}")
        });
        let (mut dashboard, _) = started(&with_ims(command(session, &[]), &ims));
        dashboard.send("x");
        dashboard.shown("exchanging");
        let mut times = Vec::new();
        while ims.requests().is_empty() {
            std::thread::sleep(Duration::from_millis(20));
        }
        times.extend(press(&mut dashboard, KEYS));
        assert!(
            dashboard.contents().contains("exchanging"),
            "IMS did not hang"
        );
        say_keys("key to frame while IMS hangs", &mut times);
        leave(dashboard);
    }

    fn ims_with_latency(latency: Duration) -> HttpsMock {
        let answer = format!(
            r#"{{"token_type":"bearer","access_token":"{}","expires_in":86399999}}"#,
            "x".repeat(1100)
        );
        HttpsMock::start(move |_| {
            std::thread::sleep(latency);
            Reply::json(200, answer.clone())
        })
    }

    /// Exchanges all at once in the shell. The last token is usable when all are counted, and stored when the program exits.
    fn exchange_all(session: &Session) {
        let ims = ims_with_latency(Duration::from_millis(100));
        let names: Vec<String> = (0..AT_ONCE).map(name).collect();
        let mut arguments = vec!["exchange"];
        arguments.extend(names.iter().map(String::as_str));
        let (mut usable, mut stored) = (Vec::new(), Vec::new());
        for run in 0..=EXCHANGES {
            let mut program = Watched::start(&with_ims(command(session, &arguments), &ims));
            let at = program.text(&format!("{AT_ONCE}/{AT_ONCE}"));
            let ended = program.ended();
            if run > 0 {
                usable.push(at - program.began);
                stored.push(ended - program.began);
            }
        }
        let bar = Duration::from_secs(1);
        say(
            "exchange of 100, IMS takes 100 ms: last token usable",
            &mut usable,
            bar,
        );
        say("  all stored, program exited", &mut stored, bar * 3);
    }

    /// Memory of the process in kB, and how much of it is mapped from files.
    fn memory(session: &Session, title: &str) {
        let ims = ims_with_latency(Duration::from_millis(10));
        let (mut dashboard, _) = started(&with_ims(command(session, &[]), &ims));
        dashboard.settle(Duration::from_millis(500));
        let resident = |dashboard: &Watched| {
            let file = format!("/proc/{}/status", dashboard.id());
            let fields = ["VmRSS:", "VmHWM:", "RssFile:", "RssAnon:"];
            fields.map(|field| number_after(&file, field))
        };
        let show = |when: &str, [now, most, file, own]: [u64; 4]| {
            println!(
                "{title}, {when}: {now} kB ({own} own, {file} of files), at most {most} kB; bar 12,288 kB"
            );
        };
        show("first frame", resident(&dashboard));
        press(&mut dashboard, 100);
        show("after 100 keys", resident(&dashboard));
        dashboard.send("g");
        dashboard.settle(Duration::from_millis(200));
        dashboard.send("x");
        dashboard.shown("new token");
        dashboard.settle(Duration::from_secs(1));
        show("after an exchange", resident(&dashboard));
        dashboard.send("q");
        dashboard.ended();
    }

    fn number_after(file: &str, field: &str) -> u64 {
        let text = std::fs::read_to_string(file).unwrap();
        let line = text.lines().find(|line| line.starts_with(field));
        let number = line.and_then(|line| line[field.len()..].split_whitespace().next());
        number.and_then(|number| number.parse().ok()).unwrap()
    }

    /// Totals of all threads: voluntary and involuntary context switches, CPU ticks, bytes written.
    fn totals(id: u32) -> [u64; 4] {
        let (mut slept, mut sent) = (0, 0);
        for thread in std::fs::read_dir(format!("/proc/{id}/task"))
            .unwrap()
            .flatten()
        {
            let file = thread.path().join("status").display().to_string();
            slept += number_after(&file, "voluntary_ctxt_switches:");
            sent += number_after(&file, "nonvoluntary_ctxt_switches:");
        }
        let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap();
        let after_name = stat.rsplit_once(')').unwrap().1;
        let fields: Vec<&str> = after_name.split_whitespace().collect();
        // Fields 14 and 15 of `stat`; the first two end with the name.
        let ticks = fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap();
        let written = number_after(&format!("/proc/{id}/io"), "wchar:");
        [slept, sent, ticks, written]
    }

    fn idle(session: &Session) {
        const SECONDS: i64 = 10;
        let (mut dashboard, _) = started(&command(session, &[]));
        dashboard.settle(Duration::from_secs(2));
        // Avoid the change of the minute, when the clock in the header is drawn.
        let into = Timestamp::now().as_second().rem_euclid(60);
        if into > 60 - SECONDS - 4 {
            let wait = u64::try_from(60 - into + 2).unwrap();
            dashboard.settle(Duration::from_millis(100));
            std::thread::sleep(Duration::from_secs(wait));
            dashboard.settle(Duration::from_millis(500));
        }
        let (bytes, before) = (dashboard.bytes, totals(dashboard.id()));
        std::thread::sleep(Duration::from_secs(SECONDS.unsigned_abs()));
        let after = totals(dashboard.id());
        dashboard.settle(Duration::from_millis(1));
        let [slept, sent, ticks, written] =
            std::array::from_fn(|at| after[at].saturating_sub(before[at]));
        println!(
            "idle for {SECONDS} s: {} bytes to the terminal, {written} bytes written in total, {slept} wake-ups ({sent} other switches), {ticks} CPU ticks; bar 0 bytes",
            dashboard.bytes - bytes
        );
        dashboard.send("q");
        dashboard.ended();
    }

    fn say(title: &str, times: &mut [Duration], bar: Duration) {
        times.sort();
        let ms = |at: usize| times[at].as_secs_f64() * 1000.0;
        println!(
            "{title}: {:.1} ms ({:.1} to {:.1}, {} runs); bar {} ms",
            ms(times.len() / 2),
            ms(0),
            ms(times.len() - 1),
            times.len(),
            bar.as_millis()
        );
    }

    fn say_keys(title: &str, times: &mut [Duration]) {
        const BAR: Duration = Duration::from_millis(16);
        times.sort();
        let part = |of_100: usize| times[(times.len() * of_100 / 100).min(times.len() - 1)];
        let ms = |time: Duration| time.as_secs_f64() * 1000.0;
        let within = times.iter().filter(|time| **time < BAR).count();
        println!(
            "{title}: {:.2} ms, 99 % under {:.2} ms ({:.2} to {:.2}, {} keys, {within} under 16 ms); bar 99 % under 16 ms",
            ms(part(50)),
            ms(part(99)),
            ms(times[0]),
            ms(times[times.len() - 1]),
            times.len()
        );
    }
}
