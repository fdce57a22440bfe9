//! The program: passes the command line to the library and returns its exit code. Everything else is in the library.

use std::process::ExitCode;

// Reading and rendering feeds makes many small allocations, for which the system's allocator is slow.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    tidings::cli::main()
}
