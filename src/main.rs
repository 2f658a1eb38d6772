//! The program: parses arguments, runs the command and returns its exit code.

use std::alloc::System;

use zeroizing_alloc::ZeroAlloc;

/// Overwrites all memory before it is freed, including copies made by libraries (parsers, network buffers, keyring).
#[global_allocator]
static MEMORY: ZeroAlloc<System> = ZeroAlloc(System);

fn main() -> std::process::ExitCode {
    aemkeys::cli::main()
}
