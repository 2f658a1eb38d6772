//! Face 2, the command line: one file per command. stdout carries the answer alone, stderr the rest.

pub fn main() -> std::process::ExitCode {
    todo!()
}
