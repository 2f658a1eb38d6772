//! One person's machine, what was acknowledged there, and one more thing that is done to it while something gives up.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use aemkeys::platform::Configuration;
use aemkeys::platform::configuration::StorageKind;
use aemkeys::storage::{
    Bundle, IndexFile, ItemName, PassphraseSource, Storage, StorageError, StorageOptions,
};
use aemkeys_core::credential::Secret;
use aemkeys_simulator::fixtures::ServiceAccount;
use jiff::{SignedDuration, Timestamp};

use crate::support::keyring_session::Session;
use crate::support::sandbox::{Ran, Sandbox};

const ACCOUNTS: usize = 6;
/// Where files are cut off: some must fit.
const FEW: usize = 2;
const WORDS: &[u8] = b"several good words\n";
const PASSWORD: Option<&str> = Some("correct horse");

/// What gives up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// The program: kill -9.
    Kill,
    /// Its files may not be longer than so much, from nothing to 9 KB.
    Limit,
    /// The keyring's daemon: kill -9.
    Daemon,
}

#[derive(Debug, Default)]
pub struct Count {
    rounds: usize,
    /// Something was cut off; else it had ended by then, or was done all the same.
    cut: usize,
    acknowledged: usize,
    refused: usize,
    moves: usize,
    pub wrong: Vec<String>,
}

impl Count {
    pub fn add(&mut self, other: &Self) {
        self.rounds += other.rounds;
        self.cut += other.cut;
        self.acknowledged += other.acknowledged;
        self.refused += other.refused;
        self.moves += other.moves;
        self.wrong.extend(other.wrong.iter().cloned());
    }
}

impl std::fmt::Display for Count {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            rounds,
            cut,
            acknowledged,
            refused,
            moves,
            wrong,
        } = self;
        write!(
            f,
            "{rounds} rounds, {cut} cut off, {refused} refused, {acknowledged} acknowledged; {moves} were moves; {} wrong",
            wrong.len()
        )
    }
}

/// As it was acknowledged.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Kept {
    name: String,
    notes: String,
}

#[derive(Clone, Debug)]
enum Work {
    Add(usize),
    Edit(usize, Kept),
    Remove(usize),
    Exchange(usize),
    Move(&'static str),
}

pub struct House {
    sandbox: Sandbox,
    session: Option<Session>,
    files: Vec<PathBuf>,
    clients: Vec<String>,
    kept: BTreeMap<usize, Kept>,
    /// How long each kind of work takes when nothing stops it: a mean that follows the machine's load.
    lasts: BTreeMap<&'static str, Duration>,
    storage: &'static str,
    /// Of the passphrase file.
    opened: Option<Storage>,
    random: u64,
    count: Count,
}

impl House {
    pub fn small(seed: u64) -> Self {
        Self::new(seed, None, "file", FEW)
    }

    pub fn with_passphrase_file(seed: u64, session: Option<Session>) -> Self {
        if let Some(session) = &session {
            session.log_in(PASSWORD);
        }
        Self::new(seed, session, "file", ACCOUNTS)
    }

    pub fn with_keyring(seed: u64, session: Session) -> Self {
        session.log_in(PASSWORD);
        let house = Self::new(seed, Some(session), "keyring", ACCOUNTS);
        let file = house.sandbox.home().join(".config/aemkeys/config.toml");
        std::fs::write(file, "storage = \"keyring\"\n").unwrap();
        house
    }

    fn new(seed: u64, session: Option<Session>, storage: &'static str, accounts: usize) -> Self {
        let sandbox = Sandbox::new();
        let end = Timestamp::now() + SignedDuration::from_hours(100 * 24);
        let (mut files, mut clients) = (Vec::new(), Vec::new());
        for number in 0..accounts {
            let account = ServiceAccount::new(&format!("p7-e{number}"), 0, end).key(number % 4);
            sandbox.simulator.register(account.client());
            let file = sandbox
                .mock
                .directory()
                .join(format!("account-{number}.json"));
            std::fs::write(&file, account.file()).unwrap();
            files.push(file);
            clients.push(account.client_id);
        }
        Self {
            sandbox,
            session,
            files,
            clients,
            kept: BTreeMap::new(),
            lasts: BTreeMap::new(),
            storage,
            opened: None,
            random: seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1,
            count: Count::default(),
        }
    }

    fn below(&mut self, end: u64) -> u64 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        self.random % end
    }

    /// In the person's session, if there is one.
    fn command(&self, arguments: &[String]) -> Command {
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let mut command = self.sandbox.command(&arguments);
        if let Some(session) = &self.session {
            let bus = session.environment().into_iter();
            command.envs(bus.filter(|(name, _)| *name == "DBUS_SESSION_BUS_ADDRESS"));
        }
        command
    }

    fn run(&mut self, work: &Work) -> Ran {
        let began = Instant::now();
        let ran = Ran::of(self.command(&self.arguments(work)).output().unwrap());
        if ran.code == 0 {
            let took = began.elapsed();
            let mean = self.lasts.entry(kind(work)).or_insert(took);
            *mean = (*mean * 3 + took) / 4;
        }
        ran
    }

    fn arguments(&self, work: &Work) -> Vec<String> {
        let name = |account: &usize| self.kept[account].name.clone();
        let words = match work {
            Work::Add(account) => {
                let file = self.files[*account].display().to_string();
                return [
                    "add",
                    &file,
                    "--name",
                    &format!("env-{account}"),
                    "--type",
                    "dev",
                ]
                .map(str::to_owned)
                .to_vec();
            }
            Work::Edit(account, new) => {
                return [
                    "edit",
                    &name(account),
                    "--name",
                    &new.name,
                    "--notes",
                    &new.notes,
                ]
                .map(str::to_owned)
                .to_vec();
            }
            Work::Remove(account) => ["remove".to_owned(), name(account), "--yes".to_owned()],
            Work::Exchange(account) => ["exchange".to_owned(), name(account), "--json".to_owned()],
            Work::Move(target) => ["storage", "move", target].map(str::to_owned),
        };
        words.to_vec()
    }

    fn choose(&mut self, round: usize) -> Work {
        let accounts = self.files.len() as u64;
        let account = usize::try_from(self.below(accounts)).unwrap();
        let may_move = self.session.is_some() && self.storage != "keyring only";
        if may_move && self.below(6) == 0 {
            return Work::Move(if self.storage == "file" {
                "keyring"
            } else {
                "file"
            });
        }
        let Some(kept) = self.kept.get(&account).cloned() else {
            return Work::Add(account);
        };
        match self.below(8) {
            0 => Work::Remove(account),
            1..=3 => Work::Exchange(account),
            way => {
                let name = if way == 4 {
                    format!("env-{account}-{round}")
                } else {
                    kept.name
                };
                Work::Edit(
                    account,
                    Kept {
                        name,
                        notes: format!("round {round}"),
                    },
                )
            }
        }
    }

    /// One thing is begun, something gives up, and everything is looked at; then the person tries again.
    pub fn round(&mut self, cut: Cut, round: usize) {
        if cut == Cut::Daemon {
            // This house has no file to move to.
            self.storage = "keyring only";
        }
        let work = self.choose(round);
        let ran = match cut {
            Cut::Kill => self.killed(&work),
            Cut::Limit => self.limited(&work),
            Cut::Daemon => self.orphaned(&work),
        };
        self.count.rounds += 1;
        self.count.moves += usize::from(matches!(work, Work::Move(_)));
        let begun = match ran.code {
            0 => {
                self.count.acknowledged += 1;
                self.done(&work);
                None
            }
            // By a signal: only ours may end it.
            -1 => {
                self.count.cut += 1;
                if cut != Cut::Kill {
                    self.wrong(round, &work, "it ended without a word");
                }
                Some(&work)
            }
            _ => {
                self.count.refused += 1;
                // In words, or as JSON.
                let has_next = ["next: ", "\"next_step\":\""];
                if !has_next.iter().any(|next| ran.err.contains(next)) {
                    self.wrong(round, &work, &format!("no next step: {ran:?}"));
                }
                Some(&work)
            }
        };
        self.look(round, &work, begun);
        if begun.is_some() {
            let mut again = self.run(&work);
            // No answer in time, or a lock that is held: on a busy machine a person tries once more.
            for _ in 0..3 {
                if matches!(again.code, 71 | 75) {
                    again = self.run(&work);
                }
            }
            let is_done = match &work {
                Work::Add(_) | Work::Move(_) => again.code == 64,
                Work::Remove(_) => again.code == 66,
                // It bears its new name already.
                Work::Edit(account, new) => again.code == 66 && new.name != self.kept[account].name,
                Work::Exchange(_) => false,
            };
            if again.code == 0 || is_done {
                self.done(&work);
            } else {
                self.wrong(round, &work, &format!("again: {again:?}"));
            }
        }
        if round % 7 == 6 {
            self.command(&["doctor".to_owned()]).output().unwrap();
        }
        if begun.is_some() || round % 7 == 6 {
            self.look(round, &work, None);
        }
    }

    fn wrong(&mut self, round: usize, work: &Work, what: &str) {
        self.count
            .wrong
            .push(format!("round {round}, {work:?}: {what}"));
    }

    fn done(&mut self, work: &Work) {
        match work {
            Work::Add(account) => {
                let name = format!("env-{account}");
                let notes = String::new();
                self.kept.insert(*account, Kept { name, notes });
            }
            Work::Edit(account, new) => {
                self.kept.insert(*account, new.clone());
            }
            Work::Remove(account) => {
                self.kept.remove(account);
            }
            Work::Exchange(_) => {}
            Work::Move(target) => self.storage = target,
        }
    }

    /// A moment within the time that it takes.
    fn moment(&mut self, work: &Work) -> Duration {
        let mean = self.lasts.get(kind(work)).copied();
        let mean = mean.unwrap_or(Duration::from_millis(300));
        Duration::from_micros(self.below(u64::try_from(mean.as_micros()).unwrap()))
    }

    fn killed(&mut self, work: &Work) -> Ran {
        let moment = self.moment(work);
        let mut child = self.command(&self.arguments(work)).spawn().unwrap();
        std::thread::sleep(moment);
        // It may have ended already.
        let _ = child.kill();
        Ran::of(child.wait_with_output().unwrap())
    }

    fn limited(&mut self, work: &Work) -> Ran {
        // Blocks of 512 bytes.
        let blocks = self.below(19);
        let whole = self.command(&self.arguments(work));
        let mut shell = Command::new("sh");
        shell
            .args(["-c", &format!("ulimit -f {blocks}; exec \"$@\""), "sh"])
            .arg(whole.get_program())
            .args(whole.get_args())
            .env_clear()
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        for (name, value) in whole.get_envs() {
            shell.env(name, value.unwrap_or_default());
        }
        Ran::of(shell.output().unwrap())
    }

    /// The daemon is killed while it works; the person logs in again.
    fn orphaned(&mut self, work: &Work) -> Ran {
        let moment = self.moment(work);
        let daemon = self.session.as_ref().unwrap().daemon();
        let child = self.command(&self.arguments(work)).spawn().unwrap();
        std::thread::sleep(moment);
        if let Some(pid) = daemon {
            crate::support::keyring_session::signal(pid, "KILL");
            self.count.cut += 1;
        }
        let ran = Ran::of(child.wait_with_output().unwrap());
        let session = self.session.as_ref().unwrap();
        session.end_daemon("KILL");
        session.log_in(PASSWORD);
        ran
    }

    /// Everything that was acknowledged is there, whole and under its name; `begun` may be there or not.
    fn look(&mut self, round: usize, work: &Work, begun: Option<&Work>) {
        for problem in self.problems(begun) {
            let when = if begun.is_some() {
                "then"
            } else {
                "in the end"
            };
            self.wrong(round, work, &format!("{when}: {problem}"));
        }
    }

    fn problems(&mut self, begun: Option<&Work>) -> Vec<String> {
        // A move may have come to its end, or not.
        let settings = self.sandbox.home().join(".config/aemkeys/config.toml");
        let used = Configuration::load(&settings).unwrap().storage;
        // What is being removed is neither here nor there.
        let removed = match begun {
            Some(Work::Remove(account)) => Some(*account),
            _ => None,
        };
        let mut expected = self.kept.clone();
        if let Some(account) = removed {
            expected.remove(&account);
        }
        let found = if used == Some(StorageKind::File) {
            self.read_file()
        } else {
            self.export(&expected, removed.is_some())
        };
        match found {
            Ok(found) => self.compare(&found, &expected, begun),
            Err(why) => vec![format!("not all can be read: {why}")],
        }
    }

    /// As the next process reads it; the key is derived once.
    fn read_file(&mut self) -> Result<Bundle, String> {
        let home = self.sandbox.home();
        let (data, state) = (
            home.join(".local/share/aemkeys"),
            home.join(".local/state/aemkeys"),
        );
        let word = home.join("word").display().to_string();
        let storage = self.opened.get_or_insert_with(|| {
            Storage::open(StorageOptions {
                storage: StorageKind::File,
                may_prompt: false,
                data_dir: data.clone(),
                state_dir: state.clone(),
                passphrase: PassphraseSource::Command(vec!["cat".to_owned(), word]),
            })
        });
        let mut found = Bundle::default();
        let said = |error: StorageError| error.to_string();
        for item in storage.items().map_err(said)? {
            let ItemName::Environment(id) = item else {
                continue;
            };
            let environment = storage.environment(id).map_err(said)?.ok_or("it is gone")?;
            for identity in &environment.identities {
                let latest = identity.latest_revision;
                let active = storage
                    .active_credential(identity.id, latest)
                    .map_err(said)?;
                found.credentials.extend(active.map(|it| (identity.id, it)));
                let token = storage.token(identity.id).map_err(said)?;
                found.tokens.extend(token.map(|it| (identity.id, it)));
            }
            found.environments.push(environment);
        }
        let index = IndexFile::new(&data, &state).read().map_err(said)?;
        for kept in self.kept.values() {
            let stored = found
                .environments
                .iter()
                .find(|it| it.name.as_str() == kept.name);
            if stored.is_some_and(|it| index.environment(it.id).is_none()) {
                return Err(format!("{} is not in the list", kept.name));
            }
        }
        Ok(found)
    }

    /// By the program: another session's keyring is nobody else's to read.
    fn export(&self, expected: &BTreeMap<usize, Kept>, by_name: bool) -> Result<Bundle, String> {
        let file = self.sandbox.home().join("everything.aemkeys");
        let _ = std::fs::remove_file(&file);
        let mut export = [
            "export",
            "--with-tokens",
            "--file-passphrase-fd",
            "0",
            "--output",
        ]
        .map(str::to_owned)
        .to_vec();
        export.push(file.display().to_string());
        if by_name {
            export.extend(expected.values().map(|kept| kept.name.clone()));
        } else {
            export.push("--all".to_owned());
        }
        if expected.is_empty() && by_name {
            return Ok(Bundle::default());
        }
        let mut child = self.command(&export);
        let mut child = child.stdin(Stdio::piped()).spawn().unwrap();
        std::io::Write::write_all(&mut child.stdin.take().unwrap(), WORDS).unwrap();
        let ran = Ran::of(child.wait_with_output().unwrap());
        if expected.is_empty() && ran.code == 64 {
            return Ok(Bundle::default());
        }
        if ran.code != 0 {
            return Err(format!("{ran:?}"));
        }
        let words = Secret::from(String::from_utf8_lossy(WORDS).trim());
        Ok(Bundle::open(&std::fs::read(&file).unwrap(), &words).unwrap())
    }

    fn compare(
        &self,
        bundle: &Bundle,
        expected: &BTreeMap<usize, Kept>,
        begun: Option<&Work>,
    ) -> Vec<String> {
        let mut wrong = Vec::new();
        let mut missing: Vec<usize> = expected.keys().copied().collect();
        for environment in &bundle.environments {
            let name = environment.name.as_str();
            let [identity] = &environment.identities[..] else {
                wrong.push(format!(
                    "{name} has {} identities",
                    environment.identities.len()
                ));
                continue;
            };
            let client = bundle
                .credentials
                .iter()
                .find(|(id, _)| *id == identity.id)
                .map(|(_, item)| item.credential.facts().client_id);
            let account = self
                .clients
                .iter()
                .position(|known| Some(known) == client.as_ref());
            let Some(account) = account else {
                wrong.push(format!("{name} has no credential of ours"));
                continue;
            };
            for (_, token) in bundle.tokens.iter().filter(|(id, _)| *id == identity.id) {
                if token.token.claims.client_id != client {
                    wrong.push(format!("{name} holds a token of another"));
                }
            }
            missing.retain(|known| *known != account);
            let found = Kept {
                name: name.to_owned(),
                notes: environment.notes.clone(),
            };
            let begun_so = match begun {
                Some(Work::Add(new)) if *new == account => {
                    found.name == format!("env-{account}") && found.notes.is_empty()
                }
                Some(Work::Edit(changed, new)) if *changed == account => found == *new,
                Some(Work::Remove(old)) if *old == account => {
                    self.kept.get(&account) == Some(&found)
                }
                _ => false,
            };
            if !begun_so && expected.get(&account) != Some(&found) {
                wrong.push(format!("{found:?}, and not {:?}", expected.get(&account)));
            }
        }
        wrong.extend(
            missing
                .iter()
                .map(|account| format!("{:?} is lost", self.kept[account])),
        );
        wrong
    }

    pub fn cut_so_far(&self) -> usize {
        self.count.cut
    }

    /// What is left of the killed ones is swept, once it is old enough.
    pub fn close(mut self) -> Count {
        let left = || {
            let mut found = Vec::new();
            let mut folders = vec![self.sandbox.home().to_path_buf()];
            while let Some(folder) = folders.pop() {
                for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
                    let name = entry.file_name().to_string_lossy().into_owned();
                    if entry.file_type().unwrap().is_dir() {
                        folders.push(entry.path());
                    } else if name.starts_with(".aemkeys-") {
                        found.push(entry.path());
                    }
                }
            }
            found
        };
        let minute_ago = std::time::SystemTime::now() - Duration::from_mins(1);
        for file in left() {
            let file = std::fs::File::options().write(true).open(file).unwrap();
            file.set_modified(minute_ago).unwrap();
        }
        self.command(&["doctor".to_owned()]).output().unwrap();
        let stayed = left();
        if !stayed.is_empty() {
            self.count
                .wrong
                .push(format!("temporary files stay: {stayed:?}"));
        }
        self.count
    }
}

fn kind(work: &Work) -> &'static str {
    match work {
        Work::Add(_) => "add",
        Work::Edit(..) => "edit",
        Work::Remove(_) => "remove",
        Work::Exchange(_) => "exchange",
        Work::Move(_) => "move",
    }
}
