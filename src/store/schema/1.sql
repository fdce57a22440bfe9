CREATE TABLE feeds (
    no INTEGER PRIMARY KEY AUTOINCREMENT,
    url TEXT NOT NULL UNIQUE,
    first_url TEXT NOT NULL UNIQUE,
    -- What feeds.toml says, as of the last time it was read.
    name TEXT,
    category TEXT,
    -- Other categories that show its stories, too, as JSON; NULL when there are none.
    also TEXT,
    weight REAL NOT NULL DEFAULT 1.0,
    -- Its entries are shown nowhere.
    private INTEGER NOT NULL DEFAULT 0,
    -- Its links count all the same.
    spark INTEGER NOT NULL DEFAULT 0,
    dedupe INTEGER NOT NULL DEFAULT 1,
    -- Its copy of a story leads.
    prefer INTEGER NOT NULL DEFAULT 0,
    active INTEGER NOT NULL DEFAULT 1,
    -- What the publisher says.
    title TEXT,
    site_url TEXT,
    publisher TEXT NOT NULL,
    -- What the last poll left.
    etag BLOB,
    last_modified BLOB,
    validators_url TEXT NOT NULL DEFAULT '',
    body_hash BLOB,
    added_at INTEGER NOT NULL,
    polled_at INTEGER,
    read_at INTEGER,
    changed_at INTEGER,
    next_poll_at INTEGER NOT NULL,
    failures INTEGER NOT NULL DEFAULT 0,
    failure_kind TEXT,
    failure_detail TEXT,
    note TEXT,
    moved_to TEXT,
    moved_since INTEGER,
    -- The numbers of the entries that its last document held, 8 bytes each: those are not pruned, lest they come back
    -- as new.
    served BLOB NOT NULL DEFAULT x'',
    -- What its documents have shown of its ways (model::Habits), as JSON; NULL while there is nothing to say.
    habits TEXT
) STRICT;
CREATE INDEX feeds_due ON feeds (next_poll_at) WHERE active;

-- Subscriptions at hubs.
CREATE TABLE websub (
    feed INTEGER PRIMARY KEY REFERENCES feeds (no) ON DELETE CASCADE,
    hub TEXT NOT NULL,
    topic TEXT NOT NULL,
    token TEXT NOT NULL UNIQUE,
    secret TEXT NOT NULL,
    lease_until INTEGER,
    next_at INTEGER NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE entries (
    no INTEGER PRIMARY KEY AUTOINCREMENT,
    feed INTEGER NOT NULL REFERENCES feeds (no),
    key TEXT NOT NULL,
    reference INTEGER NOT NULL,
    hash BLOB NOT NULL,
    story INTEGER NOT NULL REFERENCES stories (no) DEFERRABLE INITIALLY DEFERRED,
    url TEXT,
    links_to TEXT,
    title TEXT NOT NULL,
    text TEXT NOT NULL,
    language TEXT,
    published_at INTEGER,
    updated_at INTEGER,
    seen_at INTEGER NOT NULL,
    -- Entry::recording.
    recording INTEGER,
    -- Other entries of its feed have the same address.
    shares_address INTEGER NOT NULL DEFAULT 0,
    -- Since when its feed no longer carries it, as of the last pruning.
    gone_at INTEGER,
    UNIQUE (feed, key)
) STRICT;
CREATE INDEX entries_story ON entries (story);
CREATE INDEX entries_feed ON entries (feed);
-- Entries that a poll found gone, 8 bytes each, which pruning takes in.
CREATE TABLE gone (
    no INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    entries BLOB NOT NULL
) STRICT;

-- What entries call the pages of other sites that they are about or link to. `page` is the hash of the canonical address.
CREATE TABLE links (
    entry INTEGER NOT NULL REFERENCES entries (no) ON DELETE CASCADE,
    page INTEGER NOT NULL,
    -- When the entry was published, else first seen.
    at INTEGER NOT NULL,
    -- The entry does no more than point to the page.
    points INTEGER NOT NULL,
    url TEXT NOT NULL,
    words TEXT NOT NULL,
    PRIMARY KEY (entry, page)
) STRICT, WITHOUT ROWID;
CREATE INDEX links_page ON links (page, entry);
-- Pages that many link to, in the order in which they were first shown.
CREATE TABLE linked_pages (
    no INTEGER PRIMARY KEY AUTOINCREMENT,
    page INTEGER NOT NULL UNIQUE,
    shown_at INTEGER NOT NULL,
    -- When it was last hot.
    hot_at INTEGER NOT NULL,
    -- The story of ours that is on that page.
    story INTEGER REFERENCES stories (no) ON DELETE SET NULL
) STRICT;
CREATE INDEX linked_pages_hot ON linked_pages (hot_at);
CREATE INDEX linked_pages_story ON linked_pages (story);

-- What only outputs need, apart, so that looking for copies does not read it.
CREATE TABLE bodies (
    entry INTEGER PRIMARY KEY REFERENCES entries (no) ON DELETE CASCADE,
    -- The long ones last: what stands before them is read without them.
    image TEXT,
    image_alt TEXT,
    image_width INTEGER,
    image_height INTEGER,
    authors TEXT,
    terms TEXT,
    enclosures TEXT,
    comments TEXT,
    summary TEXT,
    content TEXT
) STRICT;

-- Where the desk finds entries again: hashed addresses and sketches of texts (store/keys.rs). What is not in a run yet,
-- a row a transaction, and runs of sorted pairs. Entries that are gone may still be named here; their numbers are never given
-- again.
CREATE TABLE key_gathered (
    no INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    pairs BLOB NOT NULL
) STRICT;
CREATE TABLE key_runs (
    no INTEGER PRIMARY KEY,
    first_chunk INTEGER NOT NULL,
    pairs INTEGER NOT NULL,
    -- When its newest pair was put.
    at INTEGER NOT NULL,
    newest INTEGER NOT NULL,
    fences BLOB NOT NULL,
    filter BLOB NOT NULL
) STRICT;
CREATE TABLE key_chunks (
    no INTEGER PRIMARY KEY,
    pairs BLOB NOT NULL
) STRICT;

-- Where entries are found by their references, stories and topics by their public ids: under the first 64 bits of these,
-- which are hashes. Those newly given gather before they go into the large table together (store/names.rs).
CREATE TABLE names (
    name INTEGER PRIMARY KEY,
    no INTEGER NOT NULL
) STRICT;
CREATE TABLE names_gathered (
    name INTEGER PRIMARY KEY,
    no INTEGER NOT NULL
) STRICT;

CREATE TABLE stories (
    no INTEGER PRIMARY KEY,
    id BLOB NOT NULL,
    topic INTEGER NOT NULL REFERENCES topics (no) DEFERRABLE INITIALLY DEFERRED,
    category TEXT NOT NULL,
    lead INTEGER NOT NULL,
    published_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    -- The filing with which it was published; NULL while it is backlog or private.
    shown INTEGER,
    shown_at INTEGER,
    -- While the operator has it taken down, what `shown` was: it is kept here so that whatever shows stories sees one that is
    -- not published. 0 when it was not.
    taken_down INTEGER,
    -- When a second look moved it to its topic; NULL while it is where its filing put it.
    settled_at INTEGER,
    alias_of INTEGER REFERENCES stories (no)
) STRICT;
CREATE INDEX stories_shown ON stories (shown) WHERE shown IS NOT NULL AND alias_of IS NULL;
CREATE INDEX stories_category ON stories (category, shown) WHERE shown IS NOT NULL AND alias_of IS NULL;
CREATE INDEX stories_taken_down ON stories (no) WHERE taken_down IS NOT NULL;
CREATE INDEX stories_topic ON stories (topic);
CREATE INDEX stories_alias ON stories (alias_of) WHERE alias_of IS NOT NULL;

CREATE TABLE topics (
    no INTEGER PRIMARY KEY,
    id BLOB NOT NULL,
    development INTEGER NOT NULL DEFAULT 1,
    -- The filing with which it last moved on; NULL while none of its stories is published.
    moved INTEGER,
    moved_at INTEGER,
    alias_of INTEGER REFERENCES topics (no)
) STRICT;
CREATE INDEX topics_alias ON topics (alias_of) WHERE alias_of IS NOT NULL;
CREATE INDEX topics_moved ON topics (moved) WHERE moved IS NOT NULL AND alias_of IS NULL;

CREATE TABLE filings (
    no INTEGER PRIMARY KEY AUTOINCREMENT,
    entry INTEGER NOT NULL,
    at INTEGER NOT NULL,
    story INTEGER NOT NULL,
    topic INTEGER NOT NULL,
    category TEXT NOT NULL,
    decision TEXT NOT NULL
) STRICT;
CREATE INDEX filings_entry ON filings (entry);

-- What the desk learned with each filing since its snapshot.
CREATE TABLE journal (
    filing INTEGER PRIMARY KEY,
    analysis BLOB NOT NULL
) STRICT;

CREATE TABLE snapshot (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    filing INTEGER NOT NULL,
    at INTEGER NOT NULL
) STRICT;
-- The bytes of the snapshot, in parts, for SQLite copies twice what it is given at once.
CREATE TABLE snapshot_parts (
    no INTEGER PRIMARY KEY,
    desk BLOB NOT NULL
) STRICT;

CREATE TABLE orders (
    no INTEGER PRIMARY KEY AUTOINCREMENT,
    at INTEGER NOT NULL,
    kind TEXT NOT NULL,
    done_at INTEGER,
    outcome TEXT
) STRICT;

CREATE TABLE digests (
    name TEXT PRIMARY KEY,
    since INTEGER NOT NULL,
    due_at INTEGER,
    through INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE editions (
    no INTEGER PRIMARY KEY AUTOINCREMENT,
    digest TEXT NOT NULL,
    id TEXT NOT NULL,
    due_at INTEGER NOT NULL,
    composed_at INTEGER NOT NULL,
    through INTEGER NOT NULL,
    topics INTEGER NOT NULL,
    subject TEXT NOT NULL,
    text TEXT NOT NULL,
    html TEXT NOT NULL,
    UNIQUE (digest, id)
) STRICT;

-- What a digest told of topics, when it last did.
CREATE TABLE told (
    digest TEXT NOT NULL,
    topic INTEGER NOT NULL,
    -- The last filing that the edition took into account.
    through INTEGER NOT NULL,
    at INTEGER NOT NULL,
    -- The headline that it was told under, and of which story and feed that was.
    headline TEXT NOT NULL,
    story BLOB NOT NULL,
    feed INTEGER NOT NULL,
    PRIMARY KEY (digest, topic)
) STRICT, WITHOUT ROWID;

CREATE TABLE deliveries (
    no INTEGER PRIMARY KEY AUTOINCREMENT,
    edition INTEGER NOT NULL REFERENCES editions (no) ON DELETE CASCADE,
    recipient TEXT NOT NULL,
    message_id TEXT NOT NULL UNIQUE,
    attempts INTEGER NOT NULL DEFAULT 0,
    next_try_at INTEGER,
    sent_at INTEGER,
    refused_at INTEGER,
    detail TEXT,
    UNIQUE (edition, recipient)
) STRICT;
CREATE INDEX deliveries_open ON deliveries (next_try_at) WHERE next_try_at IS NOT NULL;

CREATE TABLE recipients (
    digest TEXT NOT NULL,
    address TEXT NOT NULL,
    token TEXT NOT NULL UNIQUE,
    left_at INTEGER,
    PRIMARY KEY (digest, address)
) STRICT;

-- The words of a story's lead, folded by us (model/wordforms.rs); marks belong to the letters before them.
CREATE VIRTUAL TABLE search USING fts5 (
    title, text, content = '', contentless_delete = 1,
    tokenize = "unicode61 remove_diacritics 0 categories 'L* M* N* Co'"
);
-- A step of merging takes so many parts of the index at once, and not 4: each row is written again less often.
INSERT INTO search (search, rank) VALUES ('automerge', 16);
