//! Command line in, exit code out; everything else is in the library.

use clap::Parser;
use std::process::ExitCode;
use tidings::cli::parse::{ParseArgs, parse};

#[derive(Parser)]
enum Command {
    Parse(ParseArgs),
}

fn main() -> ExitCode {
    let Command::Parse(arguments) = Command::parse();
    match parse(&arguments, &mut std::io::stdout().lock()) {
        Ok(true) => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    }
}
