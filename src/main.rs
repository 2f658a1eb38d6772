//! Arguments in, exit code out.

use std::alloc::System;

use zeroizing_alloc::ZeroAlloc;

/// Whatever is given back is overwritten first, also what libraries copied: parsers, buffers of the network, the keyring.
#[global_allocator]
static MEMORY: ZeroAlloc<System> = ZeroAlloc(System);

fn main() -> std::process::ExitCode {
    aemkeys::cli::main()
}
