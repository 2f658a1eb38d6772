//! A daily `aemkeys check --notify`: a timer of systemd, an agent of launchd, or a task of Windows.

use std::env::consts::EXE_EXTENSION;
use std::fs;
use std::path::{Path, PathBuf};

use crate::platform::{atomic_file, process};
use aemkeys_core::credential::shell::for_posix;
use aemkeys_core::credential::text::clean;
use aemkeys_core::credential::{Code, Problem};

/// The first line of our files. Files without it are somebody else's.
const MARK: &str = "Written by aemkeys schedule";
const TIMER: &str = "aemkeys-check.timer";
const SERVICE: &str = "aemkeys-check.service";
const AGENT: &str = "aemkeys.check";
const TASK: &str = "aemkeys-check";
const ARGUMENTS: [&str; 3] = ["check", "--notify", "--quiet"];
/// The variables that say where aemkeys keeps its files. A timer doesn't have those of a shell.
const FOLDERS: [&str; 3] = ["XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME"];

/// A time of day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeOfDay {
    hour: u8,
    minute: u8,
}

impl std::str::FromStr for TimeOfDay {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let numbers = text
            .split_once(':')
            .and_then(|(hour, minute)| Some((hour.parse().ok()?, minute.parse().ok()?)));
        match numbers {
            Some((hour, minute))
                if hour < 24 && minute < 60 && text.len() == 5 && !text.contains('+') =>
            {
                Ok(Self { hour, minute })
            }
            _ => Err("expects a time such as 09:00".to_owned()),
        }
    }
}

impl std::fmt::Display for TimeOfDay {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:02}:{:02}", self.hour, self.minute)
    }
}

/// What runs the check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheduler {
    Systemd,
    Launchd,
    TaskScheduler,
}

impl Scheduler {
    /// Returns the scheduler of this system, if there is one.
    pub fn find() -> Option<Self> {
        if cfg!(target_os = "macos") {
            Some(Self::Launchd)
        } else if cfg!(windows) {
            Some(Self::TaskScheduler)
        } else if cfg!(target_os = "linux") && Path::new("/run/systemd/system").is_dir() {
            Some(Self::Systemd)
        } else {
            None
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::Systemd => "systemd",
            Self::Launchd => "launchd",
            Self::TaskScheduler => "Task Scheduler",
        }
    }

    /// Returns the files, which need not exist.
    pub fn files(self) -> Result<Vec<PathBuf>, Problem> {
        let folders = directories::BaseDirs::new().ok_or_else(|| {
            Problem::new(Code::NoHome, "there is no home directory").next_step("set HOME")
        })?;
        Ok(match self {
            Self::Systemd => {
                let folder = folders.config_dir().join("systemd/user");
                vec![folder.join(SERVICE), folder.join(TIMER)]
            }
            Self::Launchd => {
                let agents = folders.home_dir().join("Library/LaunchAgents");
                vec![agents.join(format!("{AGENT}.plist"))]
            }
            Self::TaskScheduler => {
                let folder = folders.data_local_dir().join("aemkeys");
                vec![folder.join(format!("{TASK}.xml"))]
            }
        })
    }

    /// Returns whether all files exist and are ours.
    pub fn is_installed(self) -> Result<bool, Problem> {
        Ok(self.files()?.iter().all(|file| is_ours(file)))
    }

    /// Returns whether the timer runs.
    pub fn is_running(self) -> bool {
        let asked = match self {
            Self::Systemd => run("systemctl", &["--user", "is-active", TIMER]),
            Self::Launchd => run(
                "launchctl",
                &["print", &format!("{}/{AGENT}", launchd_user())],
            ),
            Self::TaskScheduler => run("schtasks", &["/Query", "/TN", TASK]),
        };
        asked.is_ok()
    }

    /// Writes the files and starts the timer. Doing it again changes only the time and the program.
    pub fn install(self, at: TimeOfDay) -> Result<(), Problem> {
        let program = program()?;
        let texts = match self {
            Self::Systemd => {
                check_systemd(&program)?;
                vec![service(&program, &folders()?), timer(at)]
            }
            Self::Launchd => vec![agent(&program, at)],
            Self::TaskScheduler => vec![task(&program, at)],
        };
        let files = self.files()?;
        files.iter().try_for_each(|file| refuse_others(file))?;
        let before: Vec<_> = files.iter().map(fs::read).collect();
        for (file, text) in files.iter().zip(texts) {
            atomic_file::replace(file, text.as_bytes())
                .map_err(|error| super::not_written(file, &error))?;
        }
        let started = self.start(&files);
        if started.is_err() {
            // A timer that does not run would look like one that does. An earlier one goes on, if it can be started again.
            let was_installed = before.iter().all(Result::is_ok);
            for (file, before) in files.iter().zip(before) {
                let _ = match before {
                    Ok(text) => atomic_file::replace(file, &text),
                    Err(_) => fs::remove_file(file),
                };
            }
            if was_installed {
                let _ = self.start(&files);
            }
        }
        started
    }

    fn start(self, files: &[PathBuf]) -> Result<(), Problem> {
        let file = files[0].to_string_lossy();
        match self {
            Self::Systemd => {
                run("systemctl", &["--user", "daemon-reload"])?;
                run("systemctl", &["--user", "enable", TIMER])?;
                // Also takes over another time.
                run("systemctl", &["--user", "restart", TIMER])
            }
            Self::Launchd => {
                let user = launchd_user();
                unload_agent(&user);
                run("launchctl", &["bootstrap", &user, &file])
            }
            Self::TaskScheduler => run("schtasks", &["/Create", "/F", "/TN", TASK, "/XML", &file]),
        }
    }

    /// Stops the timer and deletes its files, which are returned.
    pub fn remove(self) -> Result<Vec<PathBuf>, Problem> {
        let mut files = self.files()?;
        files.iter().try_for_each(|file| refuse_others(file))?;
        files.retain(|file| is_ours(file));
        if files.is_empty() {
            return Ok(files);
        }
        match self {
            Self::Systemd => run("systemctl", &["--user", "disable", "--now", TIMER])?,
            Self::Launchd => unload_agent(&launchd_user()),
            Self::TaskScheduler => run("schtasks", &["/Delete", "/F", "/TN", TASK])?,
        }
        for file in &files {
            fs::remove_file(file).map_err(|error| super::not_written(file, &error))?;
        }
        if self == Self::Systemd {
            run("systemctl", &["--user", "daemon-reload"])?;
            // systemd remembers a run that failed. It fails if there was none.
            let _ = run("systemctl", &["--user", "reset-failed", SERVICE, TIMER]);
        }
        Ok(files)
    }
}

fn is_ours(file: &Path) -> bool {
    fs::read_to_string(file).is_ok_and(|text| text.contains(MARK))
}

fn refuse_others(file: &Path) -> Result<(), Problem> {
    if file.symlink_metadata().is_err() || is_ours(file) {
        return Ok(());
    }
    let shown = clean(&file.display().to_string(), 300);
    Err(Problem::new(
        Code::OutputExists,
        format!("{shown} is not from aemkeys schedule"),
    )
    .cause("you or another program wrote it")
    .next_step("move it away, or keep it instead"))
}

/// Returns the program as it is found in PATH, which stays the same after an upgrade, else its file.
fn program() -> Result<String, Problem> {
    let failed = |why: String| {
        Problem::new(Code::NoScheduler, "the path of aemkeys cannot be used")
            .cause(why)
            .next_step("install aemkeys in another folder")
    };
    let file = std::env::current_exe().map_err(|error| failed(error.to_string()))?;
    let real = fs::canonicalize(&file).unwrap_or_else(|_| file.clone());
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut found = std::env::split_paths(&path)
        .filter(|folder| folder.is_absolute())
        .map(|folder| folder.join("aemkeys").with_extension(EXE_EXTENSION))
        .filter(|found| fs::canonicalize(found).is_ok_and(|found| found == real));
    let program = found.next().unwrap_or(file);
    match program.to_str() {
        Some(text) if !text.chars().any(char::is_control) => Ok(text.to_owned()),
        _ => Err(failed(
            "it is not UTF-8, or has control characters".to_owned(),
        )),
    }
}

fn run(program: &str, arguments: &[&str]) -> Result<(), Problem> {
    process::system_program(program, arguments).map_err(|error| {
        Problem::new(Code::NoScheduler, "could not change the timer")
            .cause(error.to_string())
            .next_step(if cfg!(target_os = "linux") && std::env::var_os(FOLDERS[0]).is_some() {
                "run this in your own login session, not with sudo; if only your shell knows XDG_CONFIG_HOME, unset it for this command"
            } else {
                "run this in your own login session, not with sudo; then try again"
            })
    })
}

/// Returns the folders that this shell has set.
fn folders() -> Result<Vec<(&'static str, String)>, Problem> {
    let set = FOLDERS
        .into_iter()
        .filter_map(|name| Some((name, std::env::var_os(name)?)))
        // The others are ignored.
        .filter(|(_, folder)| Path::new(folder).is_absolute());
    let texts = set.map(|(name, folder)| match folder.into_string() {
        Ok(text) if !text.chars().any(char::is_control) => Ok((name, text)),
        _ => Err(Problem::new(
            Code::NoScheduler,
            format!("{name} cannot be used for the timer"),
        )
        .cause("it is not UTF-8, or has control characters")
        .next_step(format!("unset {name}, or choose another folder"))),
    });
    texts.collect()
}

/// Fails if none is loaded, which is as good.
fn unload_agent(user: &str) {
    let _ = process::system_program("launchctl", &["bootout", &format!("{user}/{AGENT}")]);
}

/// Returns the error of a system without a scheduler, with a line for cron.
pub fn no_scheduler(at: TimeOfDay) -> Problem {
    match program().and_then(|program| Ok((program, folders()?))) {
        Ok((program, folders)) => Problem::new(
            Code::NoScheduler,
            "there is no timer that could run the check",
        )
        .cause("systemd does not run here, as in a container or WSL 1")
        .next_step(format!(
            "run `crontab -e` and add this line: {}",
            cron_line(&program, &folders, at)
        )),
        Err(problem) => problem,
    }
}

/// In a crontab, `%` ends the command unless it is escaped.
fn cron_line(program: &str, folders: &[(&str, String)], at: TimeOfDay) -> String {
    let folders = folders.iter();
    let folders = folders.map(|(name, folder)| format!("{name}={} ", for_posix(folder)));
    let folders: String = folders.collect();
    let command = format!("{folders}{}", for_posix(program)).replace('%', "\\%");
    let arguments = ARGUMENTS.join(" ");
    format!("{} {} * * * {command} {arguments}", at.minute, at.hour)
}

/// Refuses a path that systemd does not accept as a program.
fn check_systemd(program: &str) -> Result<(), Problem> {
    if !program.contains(['"', '\'', '\\']) {
        return Ok(());
    }
    Err(
        Problem::new(Code::NoScheduler, "the path of aemkeys cannot be used")
            .cause("systemd starts no program with a quote or a backslash in its path")
            .next_step("install aemkeys in another folder"),
    )
}

/// The exit codes 1 to 3 report expiries.
fn service(program: &str, folders: &[(&str, String)]) -> String {
    // In quotes, systemd replaces percent signs. The path of a program has no variables.
    let program = program.replace('%', "%%");
    let arguments = ARGUMENTS.join(" ");
    let folders = folders.iter().map(|(name, folder)| {
        let folder = folder.replace('\\', r"\\").replace('"', "\\\"");
        format!("Environment=\"{name}={}\"\n", folder.replace('%', "%%"))
    });
    let folders: String = folders.collect();
    format!(
        "# {MARK}\n[Unit]\nDescription=Report AEM credentials that expire soon\n\n[Service]\nType=oneshot\n{folders}\
         ExecStart=\"{program}\" {arguments}\nSuccessExitStatus=1 2 3\n"
    )
}

/// A check that was missed runs when the user logs in, before there is a desktop that could show its notice. So there is
/// another one soon after.
fn timer(at: TimeOfDay) -> String {
    format!(
        "# {MARK}\n[Unit]\nDescription=Check AEM credentials every day\n\n[Timer]\nOnCalendar=*-*-* {at}:00\n\
         Persistent=true\nOnStartupSec=3min\n\n[Install]\nWantedBy=timers.target\n"
    )
}

fn agent(program: &str, at: TimeOfDay) -> String {
    let program = xml_text(program);
    let words = std::iter::once(program.as_str()).chain(ARGUMENTS);
    let words: Vec<_> = words
        .map(|word| format!("    <string>{word}</string>\n"))
        .collect();
    let words = words.concat();
    let TimeOfDay { hour, minute } = at;
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!-- {MARK} -->\n<plist version=\"1.0\">\n<dict>\n  \
         <key>Label</key>\n  <string>{AGENT}</string>\n  <key>ProgramArguments</key>\n  <array>\n{words}  </array>\n  \
         <key>StartCalendarInterval</key>\n  <dict>\n    <key>Hour</key>\n    <integer>{hour}</integer>\n    \
         <key>Minute</key>\n    <integer>{minute}</integer>\n  </dict>\n</dict>\n</plist>\n"
    )
}

/// Also runs on battery, and after a start of the computer if it was off at that time.
fn task(program: &str, at: TimeOfDay) -> String {
    let program = xml_text(program);
    let arguments = ARGUMENTS.join(" ");
    format!(
        "<?xml version=\"1.0\"?>\n<!-- {MARK} -->\n\
         <Task version=\"1.2\" xmlns=\"http://schemas.microsoft.com/windows/2004/02/mit/task\">\n  \
         <RegistrationInfo>\n    <Description>Report AEM credentials that expire soon</Description>\n  </RegistrationInfo>\n  \
         <Triggers>\n    <CalendarTrigger>\n      <StartBoundary>2026-01-01T{at}:00</StartBoundary>\n      \
         <ScheduleByDay><DaysInterval>1</DaysInterval></ScheduleByDay>\n    </CalendarTrigger>\n  </Triggers>\n  \
         <Settings>\n    <DisallowStartIfOnBatteries>false</DisallowStartIfOnBatteries>\n    \
         <StopIfGoingOnBatteries>false</StopIfGoingOnBatteries>\n    <StartWhenAvailable>true</StartWhenAvailable>\n  </Settings>\n  \
         <Actions>\n    <Exec>\n      <Command>{program}</Command>\n      <Arguments>{arguments}</Arguments>\n    </Exec>\n  \
         </Actions>\n</Task>\n"
    )
}

/// Returns the text for XML, in ASCII: the Task Scheduler reads a file without an encoding in the code page of the system.
fn xml_text(text: &str) -> String {
    let escaped = text.chars().map(|letter| match letter {
        letter if letter.is_ascii() && !"&<>".contains(letter) => letter.to_string(),
        letter => format!("&#{};", u32::from(letter)),
    });
    escaped.collect()
}

#[cfg(unix)]
fn launchd_user() -> String {
    format!("gui/{}", rustix::process::geteuid().as_raw())
}

#[cfg(not(unix))]
fn launchd_user() -> String {
    String::new()
}

#[cfg(test)]
mod tests;
