//! The command line: one file a command, each with its arguments and a `run`.
//!
//! The only module that prints. It may name every other module, and none but `main` may name it. Exit codes are decided
//! here: 0 done, 1 failed, 2 wrong usage (by clap), 78 bad configuration.
#![allow(clippy::print_stderr, reason = "this is where the program speaks")]

mod add;
mod backup;
mod check;
mod demo;
mod digest;
mod export;
mod import;
mod join;
mod look;
mod opml;
mod order;
mod parse;
mod recipients;
mod remove;
mod replay;
mod run;
mod split;
mod status;
mod takedown;
mod why;

use crate::config::{Config, ConfigError};
use crate::visible::Visible;
use clap::{Args, Parser, Subcommand};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Every feed, each story once: polls the feeds of feeds.toml, removes duplicate stories, groups them by topic and
/// category, and publishes merged feeds, pages and a digest.
#[derive(Debug, Parser)]
#[command(name = "tidings", version, max_term_width = 100, after_help = HELP)]
struct Cli {
    #[command(flatten)]
    globals: Globals,
    #[command(subcommand)]
    command: Option<Command>,
}

const HELP: &str = "\
Without a command, this is `tidings run`.

Exit codes: 0 done, 1 failed, 2 wrong usage, 78 bad configuration.

Examples:
  tidings demo                      see it at work, without a network
  tidings --config /etc/tidings/feeds.toml
  tidings add https://example.org/feed.xml --category world";

/// Options that every command takes.
#[derive(Debug, Clone, Args)]
pub(crate) struct Globals {
    /// The configuration [default: feeds.toml]
    #[arg(long, global = true, value_name = "PATH")]
    config: Option<PathBuf>,
}

impl Globals {
    /// The path that `--config` gives; `None` without it.
    pub(crate) fn named_config(&self) -> Option<&Path> {
        self.config.as_deref()
    }

    /// The path that `--config` gives, else `feeds.toml` in the current folder.
    pub(crate) fn config_path(&self) -> &Path {
        self.config.as_deref().unwrap_or(Path::new("feeds.toml"))
    }

    /// Reads the configuration and checks it.
    pub(crate) fn load(&self) -> Result<Config, ConfigError> {
        Config::load(self.config_path())
    }
}

#[derive(Debug, Subcommand)]
enum Command {
    Run(run::RunArgs),
    Demo(demo::DemoArgs),
    Check(check::CheckArgs),
    Add(add::AddArgs),
    Remove(remove::RemoveArgs),
    Import(import::ImportArgs),
    Export(export::ExportArgs),
    Status(status::StatusArgs),
    Why(why::WhyArgs),
    Split(split::SplitArgs),
    Join(join::JoinArgs),
    Takedown(takedown::TakedownArgs),
    Parse(parse::ParseArgs),
    Replay(replay::ReplayArgs),
    Digest(digest::DigestArgs),
    Recipients(recipients::RecipientsArgs),
    Backup(backup::BackupArgs),
}

/// Runs the command that the process was started with.
pub fn main() -> ExitCode {
    let Cli { globals, command } = Cli::parse();
    let done = match command.unwrap_or_else(|| Command::Run(run::RunArgs::default())) {
        Command::Run(args) => run::run(&args, &globals),
        Command::Demo(args) => demo::run(&args, &globals),
        Command::Check(args) => check::run(&args, &globals),
        Command::Add(args) => add::run(&args, &globals),
        Command::Remove(args) => remove::run(&args, &globals),
        Command::Import(args) => import::run(&args, &globals),
        Command::Export(args) => export::run(&args, &globals),
        Command::Status(args) => status::run(&args, &globals),
        Command::Why(args) => why::run(&args, &globals),
        Command::Split(args) => split::run(&args, &globals),
        Command::Join(args) => join::run(&args, &globals),
        Command::Takedown(args) => takedown::run(&args, &globals),
        Command::Parse(args) => parse(&args, &globals),
        Command::Replay(args) => replay::run(&args, &globals),
        Command::Digest(args) => digest::run(&args, &globals),
        Command::Recipients(args) => recipients::run(&args, &globals),
        Command::Backup(args) => backup::run(&args, &globals),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => exit_code(&error),
    }
}

/// Prints the error to stderr and gives the exit code for it.
fn exit_code(error: &anyhow::Error) -> ExitCode {
    if let Some(error) = error.downcast_ref::<ConfigError>() {
        say(&error.report(has_colour(&io::stderr())));
        return ExitCode::from(ConfigError::EXIT_CODE);
    }
    if error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe) {
        // As in `tidings export | head`: the reader of our output has read enough, which is no failure.
        return ExitCode::SUCCESS;
    }
    say(&format!("error: {}\n", told(error)));
    ExitCode::FAILURE
}

/// An error and its causes in one line. A cause with which the text so far already ends is left out.
fn told(error: &anyhow::Error) -> String {
    let mut text = error.to_string();
    for cause in error.chain().skip(1).map(ToString::to_string) {
        if !text.ends_with(&cause) {
            text = format!("{text}: {cause}");
        }
    }
    text
}

/// Whether to write colours: to a terminal, unless `NO_COLOR` is set (<https://no-color.org>).
fn has_colour(stream: &impl io::IsTerminal) -> bool {
    stream.is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

fn parse(args: &parse::ParseArgs, globals: &Globals) -> anyhow::Result<()> {
    // A file that stands here by chance, or is broken, does not keep anybody from reading a feed.
    let settings = match globals.named_config() {
        Some(_) => globals.load()?.poll,
        None if args.fetches() => globals.load().map(|config| config.poll).unwrap_or_default(),
        None => crate::model::PollSettings::default(),
    };
    let mut out = Visible::new(io::BufWriter::new(io::stdout().lock()));
    let read_any = parse::parse(args, &settings, &mut out)?;
    out.flush()?;
    anyhow::ensure!(read_any, "none of these is a feed");
    Ok(())
}

/// The multi-threaded runtime for commands that fetch, send or run the daemon.
fn runtime() -> io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()
}

/// The id at the end of a word that is the address of one of our pages; any other word unchanged.
fn id_in(word: &str) -> &str {
    let last = word.trim_end_matches('/').rsplit('/').next().unwrap_or(word);
    if last.parse::<crate::model::StoryId>().is_ok() { last } else { word }
}

/// A count with its noun: "1 feed", "2 feeds".
fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

/// Writes to stdout, with control characters but newline and tab replaced. Unlike `print!`, it returns an error instead
/// of panicking when the reader has closed the pipe.
fn print(text: &str) -> io::Result<()> {
    let text = text.replace(|c: char| c.is_ascii_control() && !matches!(c, '\n' | '\t'), "\u{fffd}");
    let mut out = Visible::new(io::stdout().lock());
    out.write_all(text.as_bytes())?;
    out.flush()
}

/// Writes to stderr. A failure to write is ignored, since there is no other place to report it.
fn say(text: &str) {
    let _ = Visible::new(io::stderr().lock()).write_all(text.as_bytes());
}

/// Writes a line to stderr: a message about the command, not its output.
fn note(text: &str) {
    say(&format!("{}\n", text.trim_end()));
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_command_has_help_with_an_example() {
        for command in Cli::command().get_subcommands() {
            let name = command.get_name();
            assert!(command.get_about().is_some(), "{name} says nothing of itself");
            let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            assert!(help.contains(&format!("tidings {name}")), "{name} has no example");
        }
    }

    #[test]
    fn tidings_alone_runs_the_daemon() {
        let cli = Cli::try_parse_from(["tidings"]).unwrap();
        assert!(cli.command.is_none());
        assert_eq!(cli.globals.config_path(), Path::new("feeds.toml"));
        let cli = Cli::try_parse_from(["tidings", "check", "--config", "x.toml"]).unwrap();
        assert_eq!(cli.globals.config_path(), Path::new("x.toml"));
    }

    #[test]
    fn all_feeds_are_polled_only_in_a_single_round() {
        assert!(Cli::try_parse_from(["tidings", "run", "--once", "--all"]).is_ok());
        assert!(Cli::try_parse_from(["tidings", "run", "--all"]).is_err());
    }

    #[test]
    fn a_cause_is_told_once() {
        let store = || crate::store::StoreError::Closed;
        check_told(&crate::app::AppError::Stored(store()).into(), "the database: the store is closed");
        check_told(&anyhow::Error::new(store()).context("stop it"), "stop it: the store is closed");
    }

    fn check_told(error: &anyhow::Error, expected: &str) {
        assert_eq!(told(error), expected);
    }
}
