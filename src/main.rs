//! Arguments in, exit code out.

fn main() -> std::process::ExitCode {
    aemkeys::cli::main()
}
