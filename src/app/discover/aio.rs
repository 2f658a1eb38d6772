//! The configuration of aio, read when it is needed and never stored.

use std::path::{Path, PathBuf};

use super::super::AppContext;
use crate::platform::input_file;
use aemkeys_core::credential::{AioLogin, Code, Problem};

/// Reads aio's variables, the file `.aio` of this folder, and that of the user, in this order.
pub fn read(context: &AppContext) -> Result<AioLogin, Problem> {
    if context.state_dir.is_none() {
        return Err(
            Problem::new(Code::Usage, "the demo does not read aio's configuration")
                .cause("its Cloud Manager is simulated, and the token of aio is a real one")
                .next_step("use a credential of the demo"),
        );
    }
    let login = AioLogin::of_variables(|name| std::env::var(name).ok());
    let login = login.or(of_file(Path::new(".aio"))?);
    match user_file() {
        Some(path) => Ok(login.or(of_file(&path)?)),
        None => Ok(login),
    }
}

/// Returns the path as aio finds it, on every system.
fn user_file() -> Option<PathBuf> {
    let path = |name| std::env::var_os(name).filter(|path| !path.is_empty());
    if let Some(file) = path("AIO_CONFIG_FILE") {
        return Some(file.into());
    }
    let folder = path("XDG_CONFIG_HOME").map(PathBuf::from);
    let folder = folder.or_else(|| Some(std::env::home_dir()?.join(".config")))?;
    Some(folder.join("aio"))
}

fn of_file(path: &Path) -> Result<AioLogin, Problem> {
    let file = match input_file::read("aio's configuration", path) {
        Ok(file) => file,
        Err(problem) if problem.code == Code::FileNotFound => return Ok(AioLogin::default()),
        Err(problem) => {
            return Err(problem.next_step("correct it, or remove it and sign in with `aio login`"));
        }
    };
    AioLogin::parse(&file).map_err(|mut problem| {
        let shown = aemkeys_core::credential::text::clean(&path.display().to_string(), 200);
        problem.message = format!("{} ({shown})", problem.message);
        problem
    })
}
