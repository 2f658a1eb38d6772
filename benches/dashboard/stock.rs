//! Stored environments for the benchmarks: some in the keyring and the index, the others in the index only, which is all
//! that the first frame and the navigation read.

use std::process::Command;

use aemkeys::app::{AppContext, Clock, OpenOptions, demo_data};
use aemkeys_core::environment::EnvironmentType;
use aemkeys_simulator::fixtures::ServiceAccount;
use jiff::{SignedDuration, Timestamp};

use crate::keyring_session::Session;

/// If set, this process stores the environments. The value is the number in the keyring and the total.
const FILLS: &str = "AEMKEYS_BENCH_FILLS";

/// Stores the environments: runs this program again with the folders of the session in its environment.
pub fn fill(session: &Session, in_keyring: usize, in_all: usize) {
    let status = Command::new(std::env::current_exe().unwrap())
        .env_clear()
        .envs(session.environment())
        .env(FILLS, format!("{in_keyring} {in_all}"))
        .status();
    assert!(status.unwrap().success(), "nothing could be stored");
}

/// Stores the environments if [`FILLS`] is set. Returns whether it is.
pub fn fill_if_asked() -> bool {
    let Ok(numbers) = std::env::var(FILLS) else {
        return false;
    };
    let (in_keyring, in_all) = numbers.split_once(' ').unwrap();
    let (in_keyring, in_all) = (in_keyring.parse().unwrap(), in_all.parse().unwrap());
    let context = aemkeys::app::open(&OpenOptions::default()).unwrap();
    store(&context, 0..in_keyring);
    let nowhere = ([127, 0, 0, 1], 9).into();
    let listed = aemkeys::app::demo_context(nowhere, Clock::real());
    store(&listed, in_keyring..in_all);
    let listed = listed.index.read().unwrap();
    context
        .index
        .update(|index| {
            index
                .environments
                .extend(listed.environments.iter().cloned());
            index
                .environments
                .sort_by_cached_key(|entry| entry.name.folded());
        })
        .unwrap();
    true
}

fn store(context: &AppContext, numbers: std::ops::Range<usize>) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let now = Timestamp::now();
    for number in numbers {
        // Those in the keyring expire first, so that they are the first rows.
        let days = i64::try_from(5 + number % 350).unwrap();
        let ids = format!("p{}-e{}", 100 + number / 5, 1000 + number).leak();
        let account = ServiceAccount::new(ids, number, now + SignedDuration::from_hours(24 * days));
        let types = [
            EnvironmentType::Development,
            EnvironmentType::Stage,
            EnvironmentType::Production,
        ];
        let one = demo_data::Seed {
            name: name(number).leak(),
            label: None,
            environment_type: types[number % types.len()],
            customer: None,
            ids: Some(ids),
            file: Some(account.file()),
            token: (number % 2 == 0).then(|| (account.token(now), now)),
            used_by: &[],
        };
        runtime.block_on(demo_data::seed(context, one)).unwrap();
    }
}

pub fn name(number: usize) -> String {
    format!("environment-{number:04}")
}
