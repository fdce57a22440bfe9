//! Tests of the whole file; see the other files for those of single values.

use super::*;
use crate::model::TextForm;
use proptest::prelude::*;
use std::time::Duration;

fn parse_in(text: &str, env: &Environment) -> Result<Config, ConfigError> {
    Config::parse(text, Path::new("feeds.toml"), env)
}

fn parse(text: &str) -> Result<Config, ConfigError> {
    parse_in(text, &Environment::default())
}

/// A valid file. Panics with the report when it is not.
fn config(text: &str) -> Config {
    parse(text).unwrap_or_else(|error| panic!("{error}"))
}

fn complaints(text: &str) -> Vec<Complaint> {
    match parse(text) {
        Err(ConfigError::Invalid(complaints)) => complaints,
        Err(other) => panic!("{other}"),
        Ok(config) => config.warnings,
    }
}

/// The file draws exactly one complaint, on the text between `«` and `»`, which says `what` and advises `help`.
fn check(severity: Severity, marked: &str, what: &str, help: &str) {
    let text = marked.replace(['«', '»'], "");
    let begin = marked.find('«').expect("the place is marked");
    let line = marked[..begin].matches('\n').count() + 1;
    let line_start = marked[..begin].rfind('\n').map_or(0, |n| n + 1);
    let column = marked[line_start..begin].chars().count() + 1;
    let width = marked[begin..].chars().skip(1).take_while(|c| *c != '»').count();
    let found = complaints(&text);
    let [one] = found.as_slice() else { panic!("{text}\ndraws {}:\n{}", found.len(), report(&found, false)) };
    let shown = one.render(false);
    assert_eq!(
        (one.severity, one.place.line, one.place.column, one.place.width),
        (severity, line, column, width),
        "{shown}"
    );
    assert!(one.what.contains(what), "{shown}does not say: {what}");
    assert!(one.help.as_deref().unwrap_or_default().contains(help), "{shown}does not advise: {help}");
}

fn error(marked: &str, what: &str, help: &str) {
    check(Severity::Error, marked, what, help);
}

fn warning(marked: &str, what: &str, help: &str) {
    check(Severity::Warning, marked, what, help);
}

/// As [`error`], below a feed, so that the lack of feeds draws no warning.
fn error_below_a_feed(marked: &str, what: &str, help: &str) {
    error(&format!("{FEED}{marked}"), what, help);
}

const FEED: &str = "[[feed]]\nurl = \"https://example.org/feed.xml\"\ncategory = \"world\"\n";

#[test]
fn the_smallest_file_is_three_lines() {
    let config = config(FEED);
    assert_eq!(config.site.title, "Tidings");
    assert_eq!(config.site.url, "http://127.0.0.1:8080");
    assert_eq!(config.store.path, Path::new("data/tidings.db"));
    assert_eq!(config.poll, PollSettings::default());
    assert_eq!(config.publish, PublishSettings { items: 100, days: 7, text: TextForm::Full });
    assert_eq!(config.feeds.len(), 1);
    assert!(!config.feeds[0].private);
    assert_eq!(config.mail, None);
    assert_eq!(config.warnings, []);
}

#[test]
fn every_key_is_read() {
    let text = r#"
[site]
title = "The Lookout"
url = "https://news.example.org/all/"
listen = "[::1]:9000"
[store]
path = "elsewhere/x.db"
[poll]
min_interval = "10m"
interval = "1h30m"
max_interval = "2d"
concurrency = 8
host_pause = "500s"
timeout = "1m"
allow_private = true
contact = "ops@example.org"
proxy = "socks5://127.0.0.1:1080"
[publish]
items = 50
days = 3
text = "excerpt"
[[category]]
name = "science"
title = "Science & nature"
keywords = ["quark", "gene drive"]
was = ["nature"]
[[feed]]
url = "https://example.org/f"
title = "Example"
category = "world"
weight = 2
interval = "20m"
headers = { Accept-Language = "de" }
private = true
[[digest]]
name = "daily"
schedule = "0 7 * * MON-FRI"
timezone = "Europe/Berlin"
categories = ["science", "general"]
topics = 5
to = ["Ada <ada@example.org>"]
[mail]
smtp = "smtps://me@mail.example.org"
from = "Tidings <news@example.org>"
reply_to = "ops@example.org"
"#;
    let env = Environment { smtp_password: Some("pw".to_owned()), ..Environment::default() };
    let config = parse_in(text, &env).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(config.warnings, []);
    assert_eq!(config.site.url, "https://news.example.org/all");
    assert_eq!(config.site.listen, "[::1]:9000".parse().unwrap());
    assert_eq!(config.store.path, Path::new("elsewhere/x.db"));
    assert_eq!(config.poll.interval, Duration::from_mins(90));
    assert_eq!(config.poll.max_interval, Duration::from_hours(48));
    assert_eq!(config.poll.timeout, Duration::from_mins(1));
    assert_eq!((config.publish.items, config.publish.days, config.publish.text), (50, 3, TextForm::Excerpt));
    let feed = &config.feeds[0];
    assert_eq!(feed.headers, [("Accept-Language".to_owned(), "de".to_owned())]);
    assert_eq!((feed.weight, feed.interval, feed.private), (2.0, Some(Duration::from_mins(20)), true));
    let digest = &config.digests[0];
    assert_eq!(
        (digest.title.as_str(), digest.topics, digest.schedule.as_str()),
        ("Daily", 5, "0 7 * * MON-FRI")
    );
    assert_eq!(digest.timezone.iana_name(), Some("Europe/Berlin"));
    assert_eq!(config.mail.unwrap().password.as_deref(), Some("pw"));
}

#[test]
fn categories_stand_declared_first_then_as_feeds_name_them_general_last() {
    let names = |text: &str| {
        let config = config(text);
        let categories = config.desk().categories;
        assert_eq!(categories, config.categories);
        categories.iter().map(|c| format!("{} {}", c.name, c.title)).collect::<Vec<_>>()
    };
    let feeds = "[[feed]]\nurl = \"https://a.example/\"\ncategory = \"open-source\"\n[[feed]]\nurl = \"https://b.example/\"\ncategory = \"art\"\n";
    let declared = "[[category]]\nname = \"science\"\n[[category]]\nname = \"art\"\ntitle = \"The arts\"\n";
    assert_eq!(
        names(&format!("{feeds}{declared}")),
        ["science Science", "art The arts", "open-source Open source", "general General"]
    );
    let general = format!("[[category]]\nname = \"general\"\ntitle = \"The rest\"\n{feeds}");
    assert_eq!(names(&general), ["general The rest", "open-source Open source", "art Art"]);
}

#[test]
fn paths_are_relative_to_the_file_or_to_the_state_directory() {
    let path = |text: &str, env: &Environment| {
        Config::parse(text, Path::new("/etc/tidings/feeds.toml"), env).unwrap().store.path
    };
    let none = Environment::default();
    let systemd = Environment { state_directory: Some("/var/lib/tidings".into()), ..Environment::default() };
    let absolute = format!("{FEED}[store]\npath = \"/srv/x.db\"\n");
    assert_eq!(path(FEED, &none), Path::new("/etc/tidings/data/tidings.db"));
    assert_eq!(path(FEED, &systemd), Path::new("/var/lib/tidings/data/tidings.db"));
    assert_eq!(path(&absolute, &systemd), Path::new("/srv/x.db"));
}

#[test]
fn unknown_names_draw_a_suggestion() {
    error(
        "[poll]\n«intervall» = \"1h\"\n[[feed]]\nurl = \"https://a.example/\"",
        "[poll] has no key `intervall`",
        "did you mean `interval`?",
    );
    error_below_a_feed("«catagory» = \"x\"", "[[feed]] has no key `catagory`", "did you mean `category`?");
    error_below_a_feed("[[«feeds»]]\nurl = \"x\"", "no table `feeds`", "did you mean `feed`?");
    error_below_a_feed("[«pol»]", "no table `pol`", "did you mean `poll`?");
    error_below_a_feed("[site]\n«zzzzzzzz» = 1", "[site] has no key", "known here: title, listen, url");
    error(
        "«listen» = \"127.0.0.1:1\"\n[[feed]]\nurl = \"https://a.example/\"",
        "before the first table",
        "known here: site",
    );
}

#[test]
fn wrong_types_are_named() {
    error_below_a_feed("weight = «\"2\"»", "`weight` is a number, not a text", "weight = ");
    error_below_a_feed("title = «5»", "`title` is a text, not a whole number", "\"5\"");
    error_below_a_feed("private = «\"yes\"»", "`private` is true or false, not a text", "without quotes");
    error_below_a_feed("interval = «3600»", "`interval` is a text", "\"3600\"");
    error_below_a_feed("headers = «[\"a\"]»", "`headers` is a table of texts", "headers = {");
    error_below_a_feed(
        "[[category]]\nname = \"art\"\nkeywords = «\"paint\"»",
        "`keywords` is a list of texts",
        "keywords = [\"paint\"]",
    );
    error_below_a_feed("[publish]\nitems = «0»", "`items` is from 1 to 2000", "range");
    error_below_a_feed("[publish]\nitems = «99999999999999999999999»", "`items` is from 1", "range");
    error_below_a_feed("[publish]\nitems = «1.5»", "`items` is a whole number, not a number", "items = 1");
    error_below_a_feed("[[«poll»]]\ninterval = \"1h\"", "[poll] stands once", "single brackets");
    error(
        "[«feed»]\nurl = \"https://a.example/\"",
        "`feed` is a list of tables",
        "write [[feed]], with double brackets",
    );
    error_below_a_feed("title = «\"a\\u0000b\"»", "control character", "one line");
    error_below_a_feed("weight = «-1»", "`weight` is from 0.0 to 10.0", "range");
    error_below_a_feed("weight = «nan»", "`weight` is from 0.0 to 10.0", "range");
}

#[test]
fn syntax_errors_have_their_place() {
    error("[[feed]]\nurl = «https://example.org/»", "must be quoted", "double quotes");
    error("[[feed]]\nurl = \"https://a.example/\"\n«url» = \"https://b.example/\"", "duplicate key", "");
    error("é = \"日本\" «x»", "this is not TOML", "");
}

#[test]
fn bad_addresses_are_refused() {
    let bad =
        |url: &str, what: &str, help: &str| error(&format!("[[feed]]\nurl = «\"{url}\"»\n"), what, help);
    bad("example.org/feed", "does not say how to get there", "put https:// before it");
    bad("localhost:80/feed", "does not say how to get there", "put https:// before it");
    bad("ftp://example.org/", "ftp: is not http or https", "https://");
    bad("feed://example.org/", "hint for browsers", "https:// instead");
    bad("https://", "this is not an address", "https://");
    bad("https://exa mple.org/", "this is not an address", "https://");
    bad("", "the address is empty", "https://");
    error("«[[feed]]»\ntitle = \"x\"", "this [[feed]] has no `url`", "add url = ");
    error_below_a_feed(
        "[site]\nurl = «\"news.example.org\"»",
        "does not say how to get there",
        "put https:// before it",
    );
    error_below_a_feed(
        "[site]\nurl = «\"https://a.example/?x\"»",
        "a user, a `?` or a `#`",
        "only the beginning",
    );
    error_below_a_feed("[site]\nlisten = «\"8080\"»", "address to listen on", "write \"127.0.0.1:8080\"");
    error_below_a_feed(
        "[site]\nlisten = «\"localhost:80\"»",
        "address to listen on",
        "write \"127.0.0.1:80\"",
    );
    error_below_a_feed("[site]\nlisten = «\":80\"»", "address to listen on", "write \"0.0.0.0:80\"");
    error_below_a_feed("[site]\nlisten = «\"::1\"»", "address to listen on", "\"[::1]:8080\"");
    error_below_a_feed("[poll]\nproxy = «\"ftp://x\"»", "proxy", "socks5://");
}

#[test]
fn one_feed_stands_once() {
    for twin in
        ["https://Example.org:443/feed.xml", "http://example.org/feed.xml", "https://example.org/feed.xml#x"]
    {
        error_below_a_feed(&format!("[[feed]]\nurl = «\"{twin}\"»"), "listed twice", "take one");
    }
    let shown =
        complaints(&format!("{FEED}[[feed]]\nurl = \"https://example.org/feed.xml\"\n"))[0].render(false);
    assert!(shown.contains("--> feeds.toml:5:7") && shown.contains("::: feeds.toml:2:7"), "{shown}");
    config(&format!("{FEED}[[feed]]\nurl = \"https://example.org/feed.xml/\"\n"));
}

#[test]
fn durations_have_units_and_limits() {
    let bad = |value: &str, what: &str, help: &str| {
        error_below_a_feed(&format!("interval = «\"{value}\"»"), what, help);
    };
    bad("90", "has no unit", "\"90m\"");
    bad("1h 30m", "not a duration", "1h30m");
    bad("30m1h", "not a duration", "1h30m");
    bad("-1h", "not a duration", "1h30m");
    bad("1w", "not a duration", "2d");
    bad("99999999999999999999d", "not a duration", "2d");
    bad("999999999999999999d", "too long", "2d");
    bad("", "missing", "2d");
    bad("5m", "shorter than [poll] min_interval, 15m", "lower min_interval");
    bad("2d", "longer than [poll] max_interval, 1d", "raise max_interval");
    error_below_a_feed("[poll]\ntimeout = «\"1h\"»", "`timeout` is from 1s to 5m", "range");
    error_below_a_feed(
        "[poll]\nmin_interval = «\"2h\"»",
        "`min_interval` (2h) is longer than `interval` (1h, unless set)",
        "set both",
    );
    error_below_a_feed(
        "[poll]\nmax_interval = «\"30m\"»",
        "`max_interval` (30m) is shorter than `interval`",
        "set both",
    );
    warning(&format!("{FEED}[poll]\nmin_interval = «\"10s\"»"), "publishers block", "5m");
}

#[test]
fn category_names_are_checked() {
    error(
        "[[feed]]\nurl = \"https://a.example/\"\ncategory = «\"World News\"»",
        "part of an address",
        "write \"world-news\"",
    );
    error(
        "[[feed]]\nurl = \"https://a.example/\"\ncategory = «\"status\"»",
        "an address of its own",
        "another name",
    );
    error_below_a_feed(
        "[[category]]\nname = \"art\"\n[[category]]\nname = «\"art\"»",
        "declared twice",
        "take one",
    );
    warning(
        &format!("[[category]]\nname = \"worlds\"\n{}", FEED.replace("\"world\"", "«\"world\"»")),
        "close to \"worlds\"",
        "declare [[category]]",
    );
    warning(
        &format!("{FEED}[[feed]]\nurl = \"https://b.example/\"\ncategory = «\"wolrd\"»"),
        "close to \"world\"",
        "write \"world\"",
    );
    assert_eq!(
        config(&format!("{FEED}[[category]]\nname = \"world\"\n[[category]]\nname = \"worlds\"\n")).warnings,
        []
    );
}

#[test]
fn former_names_do_not_collide() {
    let art = "[[category]]\nname = \"art\"\nwas = ";
    error_below_a_feed(&format!("{art}[«\"art\"»]"), "is a category", "take it out");
    error_below_a_feed(&format!("{art}[«\"general\"»]"), "always there", "take it out");
    error_below_a_feed(&format!("{art}[\"arts\", «\"arts\"»]"), "former name twice", "take one");
    error_below_a_feed(&format!("{art}[«\"Arts\"»]"), "part of an address", "write \"arts\"");
    error(
        &format!("{}{art}[\"world\"]", FEED.replace("\"world\"", "«\"world\"»")),
        "is called \"art\" now",
        "write \"art\"",
    );
}

#[test]
fn digests_are_checked() {
    let daily = "[[digest]]\nname = \"daily\"\nschedule = \"@daily\"\n";
    error_below_a_feed("«[[digest]]»\nschedule = \"@daily\"", "no `name`", "name = \"daily\"");
    error_below_a_feed("«[[digest]]»\nname = \"daily\"", "no `schedule`", "schedule = \"0 7 * * *\"");
    error_below_a_feed(
        "[[digest]]\nname = \"daily\"\nschedule = «\"0 25 * * *\"»",
        "\"25\" is not a hour",
        "five fields",
    );
    error_below_a_feed(
        "[[digest]]\nname = «\"Daily\"»\nschedule = \"@daily\"",
        "part of its address",
        "lower-case",
    );
    error_below_a_feed("[[digest]]\nname = «\"latest\"»\nschedule = \"@daily\"", "reserved", "another name");
    error_below_a_feed(
        &format!("{daily}[[digest]]\nname = «\"daily\"»\nschedule = \"@daily\""),
        "two digests",
        "another name",
    );
    error_below_a_feed(
        &format!("{daily}timezone = «\"Berlin\"»"),
        "no such time zone",
        "did you mean \"Europe/Berlin\"?",
    );
    error_below_a_feed(
        &format!("{daily}timezone = «\"Europe/Berlni\"»"),
        "no such time zone",
        "did you mean \"Europe/Berlin\"?",
    );
    error_below_a_feed(
        &format!("{daily}categories = [«\"wrold\"»]"),
        "no category \"wrold\"",
        "did you mean \"world\"?",
    );
    error_below_a_feed(
        &format!("{daily}categories = [«\"all\"»]"),
        "not a category",
        "leave `categories` out",
    );
    error_below_a_feed(&format!("{daily}categories = [\"world\", «\"world\"»]"), "chosen twice", "take one");
    error_below_a_feed(&format!("{daily}«to» = [\"ada@example.org\"]"), "no [mail]", "add [mail]");
    let mail = "[mail]\nsmtp = \"smtp://mail.example.org\"\nfrom = \"a@example.org\"\n";
    error_below_a_feed(
        &format!("{mail}{daily}to = [«\"ada.example.org\"»]"),
        "not a mail address",
        "ada@example.org",
    );
    error_below_a_feed(
        &format!("{mail}{daily}to = [\"a@example.org\", «\"A@example.org\"»]"),
        "listed twice",
        "take one",
    );
    assert_eq!(config(&format!("{FEED}{daily}")).digests[0].topics, 10);
}

#[test]
fn mail_is_checked() {
    error_below_a_feed("«[mail]»\nsmtp = \"smtp://m.example\"", "no `from`", "from = ");
    error_below_a_feed(
        "[mail]\nfrom = \"a@example.org\"\nsmtp = «\"m.example\"»",
        "not a mail server's address",
        "smtps://",
    );
    error_below_a_feed(
        "[mail]\nfrom = \"a@example.org\"\nsmtp = «\"smtp://u:p@m.example\"»",
        "password does not belong",
        "TIDINGS_SMTP_PASSWORD",
    );
    error_below_a_feed(
        "[mail]\nfrom = \"a@example.org\"\nsmtp = \"smtp://m.example\"\n«password» = \"p\"",
        "password does not belong",
        "credential",
    );
    error_below_a_feed(
        "[mail]\nfrom = «\"Ada <ada@>\"»\nsmtp = \"smtp://m.example\"",
        "not a mail address",
        "ada@example.org",
    );
    warning(
        &format!("{FEED}[mail]\nfrom = \"a@example.org\"\nsmtp = «\"smtp://u@m.example\"»"),
        "no password",
        "TIDINGS_SMTP_PASSWORD",
    );
}

#[test]
fn headers_are_checked() {
    error_below_a_feed("headers = { «\"X Y\"» = \"1\" }", "cannot name a header", "hyphens");
    error_below_a_feed("headers = { «Host» = \"x\" }", "set by Tidings itself", "leave it out");
    error_below_a_feed("headers = { «X-A» = \"é\" }", "cannot be sent", "ASCII");
    error_below_a_feed("[feed.headers]\nX-A = \"1\"\n«x-a» = \"1\"", "set twice", "case");
}

#[test]
fn feeds_with_credentials_are_private() {
    let private = |feed: &str| {
        let config = config(&format!("[[feed]]\n{feed}\n"));
        (config.feeds[0].private, config.warnings.len())
    };
    assert_eq!(private("url = \"https://me:pw@a.example/\""), (true, 1));
    assert_eq!(private("url = \"https://a.example/?Access_Token=x\""), (true, 1));
    assert_eq!(private("url = \"https://a.example/?key=x\"\nprivate = true"), (true, 0));
    assert_eq!(private("url = \"https://a.example/?key=x\"\nprivate = false"), (false, 0));
    assert_eq!(private("url = \"https://a.example/?key=&q=token\""), (false, 0));
    assert_eq!(private("url = \"https://a.example/\"\nheaders = { cookie = \"a=b\" }"), (true, 1));
    assert_eq!(private("url = \"https://a.example/\"\nheaders = { Accept-Language = \"de\" }"), (false, 0));
    error(
        "[[feed]]\nurl = \"https://me@a.example/\"\nprivate = «false»",
        "cannot be public",
        "take `private = false` out",
    );
}

#[test]
fn a_report_holds_every_complaint_in_the_order_of_the_file_and_no_secret() {
    let text = "[poll]\nproxi = \"x\"\n[[feed]]\nurl = \"https://me:hunter2@a.example/?token=hunter2\"\nprivate = false\n\
                headers = { \"X Y\" = \"hunter2\", Authorization = \"Bearer hunter2\" }\nweight = 11\n";
    let found = complaints(text);
    let lines: Vec<_> = found.iter().map(|complaint| complaint.place.line).collect();
    assert_eq!(lines, [2, 5, 6, 7]);
    let shown = ConfigError::Invalid(found).to_string();
    assert!(!shown.contains("hunter2"), "{shown}");
    assert!(shown.ends_with("4 errors: the configuration is not used"), "{shown}");
}

#[test]
fn a_complaint_looks_like_this() {
    let found = complaints("[site]\r\n\ttitel = \"日本\" # é\r\n");
    assert_eq!(
        found[1].render(false),
        "error: [site] has no key `titel`\n --> feeds.toml:2:2\n  |\n2 | \ttitel = \"日本\" # é\n  | \t^^^^^\n  = help: did you mean `title`?\n"
    );
    assert!(found[1].render(true).contains("\u{1b}[1;31merror\u{1b}[0m"));
}

#[test]
fn a_byte_order_mark_and_windows_line_ends_are_no_mistake() {
    let config = config(&format!("\u{feff}{}", FEED.replace('\n', "\r\n")));
    assert_eq!(config.feeds.len(), 1);
    let text = format!("\u{feff}{}bad = 1\r\n", FEED.replace('\n', "\r\n"));
    assert_eq!((complaints(&text)[0].place.line, complaints(&text)[0].place.column), (4, 1));
}

#[test]
fn a_file_that_cannot_be_read_says_where_it_was_looked_for() {
    let folder = tempfile::tempdir().unwrap();
    let missing = Config::load(&folder.path().join("feeds.toml")).unwrap_err();
    let shown = missing.to_string();
    assert_eq!(missing.kind(), "config-missing");
    assert!(shown.contains("[[feed]]\n      url = ") && shown.contains("--config PATH"), "{shown}");
    let shown = Config::load(folder.path()).unwrap_err().to_string();
    assert!(shown.contains("it is a folder"), "{shown}");
    let latin = folder.path().join("latin.toml");
    std::fs::write(&latin, b"# ok\n# caf\xe9\n").unwrap();
    let shown = Config::load(&latin).unwrap_err().to_string();
    assert!(shown.contains("latin.toml:2:6") && shown.contains("UTF-8"), "{shown}");
}

#[test]
fn the_shipped_file_is_valid_without_a_warning() {
    let config = config(include_str!("../../feeds.toml"));
    assert_eq!(config.warnings, []);
    assert!(config.feeds.len() >= 30 && config.categories.len() >= 7);
    assert!(config.feeds.iter().all(|feed| feed.category.is_some() && feed.url.starts_with("https:")));
}

/// Lines that are nearly right reach further than random text does.
fn line() -> impl Strategy<Value = String> {
    let known = prop::sample::select(vec![
        "[site]",
        "[poll]",
        "[[feed]]",
        "[[category]]",
        "[[digest]]",
        "[mail]",
        "[publish]",
        "[feed.headers]",
        "feed = []",
        "feed = [1, {}]",
        "site = 3",
        "url = \"https://a.example/\"",
        "category = \"world\"",
        "name = \"world\"",
    ]);
    let key = prop::sample::select(vec![
        "url",
        "title",
        "listen",
        "path",
        "interval",
        "min_interval",
        "max_interval",
        "timeout",
        "concurrency",
        "proxy",
        "contact",
        "items",
        "text",
        "name",
        "keywords",
        "was",
        "category",
        "weight",
        "headers",
        "private",
        "schedule",
        "timezone",
        "categories",
        "topics",
        "to",
        "smtp",
        "from",
        "nonsense",
    ]);
    let value = prop_oneof![
        "\"[ -!#-\\[\\]-~é日\u{202e}]{0,12}\"",
        "-?[0-9]{1,25}",
        "\"[0-9]{0,22}[dhms]?[0-9]{0,3}[dhms]?\"",
        "\"[0-9*/,MON-]{1,6}( [0-9*/,MON-]{1,6}){4}\"",
        "\"(https?|smtp|ftp)?:?/?/?[a-z.@:?=\\[\\]%]{0,20}\"",
        "[\\[{][\"a-z=, ]{0,10}[\\]}]",
        ".{0,10}",
    ];
    prop_oneof![
        known.prop_map(str::to_owned),
        (key, value).prop_map(|(key, value)| format!("{key} = {value}"))
    ]
}

proptest! {
    #[test]
    fn no_text_panics(text in "\\PC{0,200}", lines in prop::collection::vec(line(), 0..12)) {
        for text in [text, lines.join("\n"), lines.join("\r\n")] {
            if let Err(error) = parse(&text) {
                prop_assert!(error.report(true).len() >= error.to_string().len());
            }
        }
    }
}
