//! Command line in, exit code out; everything else is in the library.

use clap::Parser;
use mimalloc::MiMalloc;
use tidings::cli::replay::{self, ReplayArgs};

#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

#[derive(Parser)]
enum Command {
    Replay(ReplayArgs),
}

fn main() -> anyhow::Result<()> {
    let Command::Replay(args) = Command::parse();
    replay::run(&args, &tidings::model::DeskSettings::default())
}
