//! Tasks of the project: `cargo xtask assets` rewrites the files that are made from the program, `cargo xtask contact-sheet` draws
//! every page for a reviewer, and `cargo xtask dist` makes the files of a release.

mod contact_sheet;
mod dist;

use std::path::PathBuf;
use std::process::{Command, ExitCode};
use std::{env, io};

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let done = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["assets"] => write_assets(),
        ["contact-sheet"] => draw_contact_sheet(),
        ["dist", ref options @ ..] => {
            program().and_then(|program| dist::run(options, &program, report))
        }
        _ => Err(io::Error::other(
            "usage: cargo xtask assets | contact-sheet | dist",
        )),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            report(&error.to_string());
            ExitCode::FAILURE
        }
    }
}

#[expect(clippy::print_stderr, reason = "a task reports to the developer")]
fn report(line: &str) {
    eprintln!("{line}");
}

fn write_assets() -> io::Result<()> {
    for asset in xtask::assets(&program()?)? {
        if !asset.is_current() {
            asset.write()?;
            report(&format!("wrote {}", asset.path.display()));
        }
    }
    Ok(())
}

fn draw_contact_sheet() -> io::Result<()> {
    // The task itself is in `target/debug`.
    let folder = env::current_exe()?.with_file_name("contact-sheet");
    contact_sheet::draw(&folder)?;
    report(&format!("drew {}", folder.display()));
    Ok(())
}

/// Builds the program and returns the path of the binary.
fn program() -> io::Result<PathBuf> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = Command::new(cargo)
        .args(["build", "--locked", "--quiet", "--package", "aemkeys"])
        .status()?;
    if !status.success() {
        return Err(io::Error::other("the program does not build"));
    }
    // The task itself was built into the same folder.
    let name = format!("aemkeys{}", env::consts::EXE_SUFFIX);
    Ok(env::current_exe()?.with_file_name(name))
}
