//! The names of the files that a program can have.

use std::ffi::{OsStr, OsString};
use std::path::Path;

/// Returns the names of the files that can be meant by the name of a program, in the order in which they are tried.
pub(super) fn file_names(program: &OsStr) -> Vec<OsString> {
    if cfg!(windows) {
        with_extensions(program, std::env::var_os("PATHEXT").as_deref())
    } else {
        vec![program.to_owned()]
    }
}

fn with_extensions(program: &OsStr, path_ext: Option<&OsStr>) -> Vec<OsString> {
    /// Others need a program that opens them.
    const STARTED: [&str; 4] = ["com", "exe", "bat", "cmd"];
    let is_started = |extension: &str| {
        STARTED
            .iter()
            .any(|known| extension.eq_ignore_ascii_case(known))
    };
    let extension = Path::new(program).extension().and_then(OsStr::to_str);
    if extension.is_some_and(is_started) {
        return vec![program.to_owned()];
    }
    let path_ext = path_ext.map_or(".COM;.EXE;.BAT;.CMD".into(), OsStr::to_string_lossy);
    path_ext
        .split(';')
        .filter(|dotted| dotted.strip_prefix('.').is_some_and(is_started))
        .map(|dotted| {
            [program, OsStr::new(&dotted.to_ascii_lowercase())]
                .into_iter()
                .collect()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_tries_the_extensions_of_pathext_that_start_by_themselves() {
        let names = |program: &str, path_ext: Option<&str>| {
            with_extensions(program.as_ref(), path_ext.map(OsStr::new))
        };
        let usual = Some(".COM;.EXE;.BAT;.CMD;.VBS;.JS;.MSC");
        let all = ["tool.com", "tool.exe", "tool.bat", "tool.cmd"];
        assert_eq!(names("tool", usual), all);
        assert_eq!(names("tool", None), all);
        assert_eq!(
            names("tool", Some(".CMD;;exe;.EXE")),
            ["tool.cmd", "tool.exe"]
        );
        assert_eq!(names("tool.v2", Some(".EXE")), ["tool.v2.exe"]);
        assert_eq!(names("tool.CMD", usual), ["tool.CMD"]);
        assert_eq!(names("./bin/tool", Some(".CMD")), ["./bin/tool.cmd"]);
    }
}
