//! `tidings replay`: files entries again, in memory. For the entries of a file it says where each goes; for the stored
//! news it says what another configuration would change.
//!
//! This file has the command and the file of entries. It must not write to the store.

mod compare;
mod documents;
mod measure;
mod stored;

use super::Globals;
use crate::config::Config;
use crate::desk::Desk;
use crate::desk::memory_index::MemoryIndex;
use crate::model::{
    CategoryName, DeskSettings, Enclosure, Entry, EntryNo, EntryRef, FeedFacts, FeedNo, StoryRule,
    Submission, TopicRule, registrable_domain,
};
use crate::read::{article, linked_page, outside_links, plain_text};
use crate::store;
use crate::visible::Visible;
use anyhow::{Context, bail};
use documents::{Documents, Served, Sharing};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};

/// Limit of a line in bytes; a longer line ends the command with an error.
const MAX_LINE_BYTES: u64 = 16 * 1024 * 1024;
/// Limit of a category's name in a file of entries, in bytes.
const MAX_NAME_BYTES: usize = 200;
/// How many enclosures of one entry are used.
const MAX_ENCLOSURES: usize = 20;
/// How many bad lines are explained one by one; more are counted.
const MAX_EXPLAINED: usize = 20;

/// File the stored news again, in memory, and show what a changed configuration would change
///
/// With --entries, files the entries of a file instead and shows where each goes. Nothing is written, and it works beside
/// a running daemon. Orders are not obeyed here: what they say of pairs of entries is what each rule is measured by.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  tidings replay --config changed.toml
  tidings replay --entries entries.jsonl --json")]
pub(crate) struct ReplayArgs {
    /// Entries to file instead of the stored ones, one JSON object a line
    #[arg(long, value_name = "FILE")]
    pub(crate) entries: Option<PathBuf>,
    /// One JSON object an entry; of the stored ones, for each that would stand elsewhere
    #[arg(long)]
    pub(crate) json: bool,
    /// How many changes of each kind to show
    #[arg(long, value_name = "COUNT", default_value_t = 20, conflicts_with_all = ["entries", "json"])]
    pub(crate) show: usize,
}

/// One line of the file: an entry as a document of its feed brought it. `seen` is when that document was read; without
/// one, all such entries of a feed count as one document.
#[derive(Debug, Deserialize)]
struct Line {
    id: String,
    feed: String,
    #[serde(default)]
    url: Option<String>,
    #[serde(default)]
    title: Option<String>,
    #[serde(default)]
    summary: Option<String>,
    #[serde(default)]
    content: Option<String>,
    #[serde(default)]
    published: Option<String>,
    #[serde(default)]
    seen: Option<String>,
    #[serde(default)]
    terms: Vec<String>,
    #[serde(default)]
    category: Option<String>,
    #[serde(default)]
    lang: Option<String>,
    #[serde(default)]
    enclosures: Vec<Media>,
}

/// An enclosure, as `parse --json` prints it.
#[derive(Debug, Deserialize)]
struct Media {
    url: String,
    #[serde(default, rename = "type", alias = "media_type")]
    media_type: Option<String>,
}

/// What `--json` prints of an entry: where it stands after the last line, and by which rule its story was found.
#[derive(Debug, Serialize)]
struct Shown<'a> {
    id: &'a str,
    story: i64,
    topic: i64,
    category: &'a str,
    guess: Option<&'a str>,
    category_score: f64,
    rule: &'a str,
    score: f64,
}

/// Files the entries of a file, or those that are stored.
pub(crate) fn run(args: &ReplayArgs, globals: &Globals) -> anyhow::Result<()> {
    let mut out = Visible::new(BufWriter::new(io::stdout().lock()));
    match &args.entries {
        Some(path) => {
            let settings = match globals.named_config() {
                Some(_) => globals.load()?.desk(),
                None => DeskSettings::default(),
            };
            file(path, &settings, args.json, &mut out)
        }
        None => stored(&globals.load()?, args, &mut out),
    }
}

/// Prints what this configuration would change in the stored news.
fn stored(config: &Config, args: &ReplayArgs, out: &mut impl Write) -> anyhow::Result<()> {
    store::look(&config.store.path, |reader| {
        let replayed = stored::Replayed::new(reader, config)?;
        let changes = compare::Changes::new(&replayed);
        if args.json { changes.print_json(reader, out) } else { changes.print(reader, args.show, out) }?;
        Ok(out.flush()?)
    })
}

/// Files the entries of a file and prints where each stands after the last.
fn file(path: &Path, settings: &DeskSettings, json: bool, out: &mut impl Write) -> anyhow::Result<()> {
    let open = || -> anyhow::Result<_> {
        let file = File::open(path).with_context(|| format!("cannot open {}", path.display()))?;
        let is_file = file.metadata()?.is_file();
        anyhow::ensure!(is_file, "{} is read twice, so it must be a file and no pipe", path.display());
        Ok(BufReader::with_capacity(1 << 20, file))
    };
    // What a whole document shows, such as a shared address, is known only at its last line. So the file is read twice.
    let mut documents = Documents::default();
    lines(open()?, path, |_, line| {
        if let Ok(line) = serde_json::from_slice::<Line>(line) {
            documents.note(&line);
        }
        Ok(())
    })?;
    let mut replay = Replay::new(settings, documents);
    let mut refused = 0_usize;
    lines(open()?, path, |number, line| {
        if let Err(error) = replay.line(line) {
            refused += 1;
            if refused <= MAX_EXPLAINED {
                writeln!(io::stderr(), "{}:{number}: {error:#}", path.display())?;
            }
        }
        Ok(())
    })?;
    // The daemon would recluster the last stories some time later; here no time follows, so it is done at once.
    let moves = replay.desk.recluster_now();
    replay.index.move_stories(&moves);
    if json { replay.print_json(out) } else { replay.print(out) }?;
    out.flush()?;
    if refused > 0 {
        bail!("{refused} lines of {} are not entries", path.display());
    }
    Ok(())
}

/// Passes every line that is not blank to `take`, with its number from 1.
fn lines(
    mut input: impl BufRead,
    path: &Path,
    mut take: impl FnMut(usize, &[u8]) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let (mut bytes, mut number) = (Vec::new(), 0_usize);
    loop {
        bytes.clear();
        number += 1;
        let mut limited = io::Read::take(&mut input, MAX_LINE_BYTES);
        let read = limited.read_until(b'\n', &mut bytes);
        if read.with_context(|| format!("cannot read {}", path.display()))? == 0 {
            return Ok(());
        }
        if bytes.len() as u64 == MAX_LINE_BYTES && !bytes.ends_with(b"\n") {
            bail!("{}:{number}: a line is longer than {MAX_LINE_BYTES} bytes", path.display());
        }
        if !bytes.iter().all(u8::is_ascii_whitespace) {
            take(number, &bytes)?;
        }
    }
}

/// A desk with a store in memory, while it files the entries of a file.
struct Replay {
    desk: Desk,
    index: MemoryIndex,
    /// By the name that the file gives them.
    feeds: HashMap<String, FeedFacts>,
    /// Numbers of entries by feed and id.
    numbers: HashMap<(FeedNo, String), EntryNo>,
    documents: Documents,
    /// The last document of each feed.
    served: HashMap<FeedNo, Served>,
    /// When the entry at hand was seen; without that, the latest date of publication so far.
    now: Timestamp,
    filed: Vec<Filed>,
}

/// The parts of a filing that are printed.
struct Filed {
    id: String,
    feed: String,
    entry: EntryNo,
    story_rule: StoryRule,
    story_score: f64,
    topic_rule: TopicRule,
    guess: Option<CategoryName>,
    category_score: f64,
}

impl Replay {
    fn new(settings: &DeskSettings, documents: Documents) -> Self {
        Self {
            desk: Desk::new(settings),
            index: MemoryIndex::default(),
            feeds: HashMap::new(),
            numbers: HashMap::new(),
            documents,
            served: HashMap::new(),
            now: Timestamp::UNIX_EPOCH,
            filed: Vec::new(),
        }
    }

    fn line(&mut self, bytes: &[u8]) -> anyhow::Result<()> {
        let line: Line = serde_json::from_slice(bytes).context("not an entry")?;
        if line.id.is_empty() || line.feed.is_empty() {
            bail!("an entry needs an id and a feed");
        }
        let document = Documents::of(&line);
        let published = time(line.published.as_deref()).context("published is not a date")?;
        let seen = time(line.seen.as_deref()).context("seen is not a date")?;
        let category = line.category.filter(|name| !name.is_empty());
        if category.as_ref().is_some_and(|name| name.len() > MAX_NAME_BYTES) {
            bail!("a category's name has more than {MAX_NAME_BYTES} bytes");
        }
        // Names that feeds.toml would refuse are allowed here, since they never become part of an address.
        let category = category.map(CategoryName::stored);
        match (seen, published) {
            (Some(seen), _) => self.now = seen,
            (None, Some(published)) => self.now = self.now.max(published),
            (None, None) => {}
        }
        let feed = self.feed(&line.feed, category);
        let summary = line.summary.as_deref().map(plain_text).unwrap_or_default();
        let content = line.content.as_deref().map(plain_text).unwrap_or_default();
        let text = article(&summary, &content);
        let url = line.url.filter(|url| !url.is_empty());
        let shared = url.as_deref().map(|url| self.documents.shared(document, &line.feed, url));
        if let Some((Sharing::Newly, url)) = shared.zip(url.as_deref()) {
            self.index.share_address(feed.no, url);
        }
        let enclosures = line.enclosures.into_iter().take(MAX_ENCLOSURES);
        let enclosures = enclosures.map(|media| Enclosure {
            url: media.url,
            media_type: media.media_type,
            ..Enclosure::default()
        });
        let in_text = |html: &Option<String>| html.as_deref().and_then(linked_page);
        let html = line.content.as_deref().or(line.summary.as_deref()).unwrap_or_default();
        let entry = Entry {
            key: line.id.clone(),
            links_to: in_text(&line.content).or_else(|| in_text(&line.summary)),
            links: outside_links(html, url.as_deref()),
            shares_address: shared.is_some_and(|shared| shared != Sharing::No),
            enclosures: enclosures.collect(),
            url,
            title: line.title.as_deref().map(plain_text).unwrap_or_default(),
            text: start(text).to_owned(),
            terms: line.terms,
            language: line.lang,
            published,
            ..Entry::default()
        };
        let again = self.documents.listed_again(document).iter();
        let again = again.filter_map(|id| self.numbers.get(&(feed.no, id.clone()))).copied();
        let gone = self.served.entry(feed.no).or_default().turn_to(document, again);
        self.index.gone(gone, self.now);
        self.file(line.id, line.feed, &entry, &feed);
        Ok(())
    }

    fn feed(&mut self, name: &str, category: Option<CategoryName>) -> FeedFacts {
        let no = FeedNo(self.feeds.len() as i64 + 1);
        let facts = self.feeds.entry(name.to_owned()).or_insert_with(|| FeedFacts {
            no,
            first_url: name.to_owned(),
            publisher: publisher(name),
            category: None,
            weight: 1.0,
            private: false,
            dedupe: true,
            prefer: false,
        });
        FeedFacts { category, ..facts.clone() }
    }

    fn file(&mut self, id: String, feed_name: String, entry: &Entry, feed: &FeedFacts) {
        let next = EntryNo(self.numbers.len() as i64 + 1);
        let no = *self.numbers.entry((feed.no, id.clone())).or_insert(next);
        let reference = EntryRef::new(&feed.first_url, &entry.key);
        let stands = self.index.placement_of(no).map(|(placement, _)| placement);
        let document = self.served.entry(feed.no).or_default();
        let beside = &document.entries;
        let submission = Submission { no, reference, entry, feed, unpublished: false, stands, beside };
        let (_, filing) = self.index.file(&mut self.desk, &submission, self.now);
        document.entries.insert(no);
        self.filed.push(Filed {
            id,
            feed: feed_name,
            entry: no,
            story_rule: filing.story.rule,
            story_score: filing.story.score,
            topic_rule: filing.topic.rule,
            guess: filing.category.guess,
            category_score: filing.category.score,
        });
    }

    fn print_json(&self, out: &mut impl Write) -> anyhow::Result<()> {
        for filed in &self.filed {
            let Some((placement, category)) = self.index.placement_of(filed.entry) else { continue };
            let shown = Shown {
                id: &filed.id,
                story: placement.story.0,
                topic: placement.topic.0,
                category: category.as_str(),
                guess: filed.guess.as_ref().map(CategoryName::as_str),
                category_score: filed.category_score,
                rule: filed.story_rule.as_str(),
                score: filed.story_score,
            };
            serde_json::to_writer(&mut *out, &shown)?;
            out.write_all(b"\n")?;
        }
        Ok(())
    }

    fn print(&self, out: &mut impl Write) -> anyhow::Result<()> {
        for filed in &self.filed {
            let Some((placement, category)) = self.index.placement_of(filed.entry) else { continue };
            let (id, feed) = (&filed.id, &filed.feed);
            let (story, topic) = (placement.story, placement.topic);
            let (rule, event) = (filed.story_rule.as_str(), filed.topic_rule.as_str());
            writeln!(out, "{id}  {feed}  story {story} ({rule})  topic {topic} ({event})  {category}")?;
        }
        Ok(())
    }
}

/// The beginning of a text, as long as the text of a stored entry.
fn start(text: &str) -> &str {
    if text.len() <= Entry::TEXT_CHARS {
        return text;
    }
    text.char_indices().nth(Entry::TEXT_CHARS).map_or(text, |(end, _)| &text[..end])
}

fn time(text: Option<&str>) -> anyhow::Result<Option<Timestamp>> {
    text.filter(|text| !text.is_empty()).map(|text| text.parse().map_err(Into::into)).transpose()
}

/// The publisher of a feed: the registrable domain when the feed is named by its address or host, else the name itself.
fn publisher(feed: &str) -> String {
    let rest = feed.split_once("://").map_or(feed, |(_, rest)| rest);
    let host = rest.split(['/', '?', '#']).next().unwrap_or(rest).rsplit('@').next().unwrap_or(rest);
    let host = host.split(':').next().unwrap_or(host).to_ascii_lowercase();
    let domain = if host.contains('.') && !host.contains(' ') { registrable_domain(&host) } else { None };
    domain.map_or_else(|| feed.to_owned(), str::to_owned)
}
