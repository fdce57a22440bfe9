//! Command line in, exit code out; everything else is in the library.

use std::process::ExitCode;

// Parsing and rendering feeds is mostly small allocations, which the system's allocator is slow at.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    tidings::cli::main()
}
