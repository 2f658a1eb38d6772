//! The program, the keyring or the disk fails at any moment. After each round of the real binary, everything that was
//! acknowledged is there, complete and under its name.
//!
//! `AEMKEYS_CRASH_ROUNDS=500` is the full number: this many kills, two fifths of it file size limits, one fifth kills of the
//! keyring's daemon.

#![cfg(target_os = "linux")]
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test may fail, and says how much it tried"
)]

mod disk;
mod house;

use house::{Count, Cut, House};

use crate::support::keyring_session::Session;

/// Houses side by side: a killed process is waited for more than it computes.
const HOUSES: usize = 3;

fn rounds() -> usize {
    match std::env::var("AEMKEYS_CRASH_ROUNDS") {
        Ok(text) => text.parse().unwrap(),
        Err(_) => 20,
    }
}

/// Each round in a house that lives through all of its rounds.
fn live_through(rounds: usize, cut: Cut, make: impl Fn(u64) -> Option<House> + Sync) {
    let counts: Vec<Option<Count>> = std::thread::scope(|scope| {
        let houses: Vec<_> = (0..HOUSES)
            .map(|number| {
                let make = &make;
                let own = rounds / HOUSES + usize::from(number < rounds % HOUSES);
                scope.spawn(move || {
                    let mut house = make(number as u64 + 1)?;
                    let mut round = 0;
                    // A kill that came too late is none.
                    while round < own || cut == Cut::Kill && house.cut_so_far() < own {
                        house.round(cut, round);
                        round += 1;
                    }
                    Some(house.close())
                })
            })
            .collect();
        houses.into_iter().map(|it| it.join().unwrap()).collect()
    });
    let mut all = Count::default();
    for count in counts.into_iter().flatten() {
        all.add(&count);
    }
    println!("{cut:?}: {all}");
    assert!(
        all.wrong.is_empty(),
        "{}:\n{}",
        all.wrong.len(),
        all.wrong.join("\n")
    );
}

#[test]
fn killed_at_any_moment() {
    live_through(rounds(), Cut::Kill, |seed| {
        let session = Session::start();
        Some(House::with_passphrase_file(seed, session))
    });
}

#[test]
fn cut_off_by_a_file_size_limit() {
    live_through((rounds() * 2).div_ceil(5), Cut::Limit, |seed| {
        Some(House::small(seed))
    });
}

#[test]
fn with_the_keyring_killed_meanwhile() {
    live_through(rounds().div_ceil(5), Cut::Daemon, |seed| {
        Some(House::with_keyring(seed, Session::start()?))
    });
}
