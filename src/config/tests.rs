//! Tests of the whole file; see the other files for those of single values.

use super::*;
use crate::model::{Language, Pictures, Quota, Spacing, TextForm};
use proptest::prelude::*;
use std::time::Duration;

mod mistakes;

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

const FEED: &str = "[[feed]]\nurl = \"https://example.org/feed.xml\"\ncategory = \"world\"\n";

#[test]
fn the_smallest_file_is_three_lines() {
    let config = config(FEED);
    assert_eq!(config.site.title, "Tidings");
    assert_eq!(config.site.url, "http://127.0.0.1:8080");
    assert_eq!(config.store.path, Path::new("data/tidings.db"));
    assert_eq!(config.poll, PollSettings::default());
    assert_eq!(config.publish, PublishSettings::default());
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
spacing = "domain"
timeout = "1m"
max_size = "20 MiB"
daily_entries = 3000
daily_size = "30 MiB"
allow_private = true
contact = "ops@example.org"
proxy = "socks5://127.0.0.1:1080"
[publish]
items = 50
days = 3
text = "excerpt"
pictures = "none"
publisher_in_titles = true
[desk]
category_sure = 0.95
topics_stricter = -0.05
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
max_size = "500KiB"
daily_entries = 10000
headers = { Accept-Language = "de" }
private = true
[[digest]]
name = "daily"
schedule = "0 7 * * MON-FRI"
timezone = "Europe/Berlin"
language = "de"
when_empty = "send"
pictures = true
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
    assert_eq!(config.poll.spacing, Spacing::Domain);
    assert_eq!((config.poll.max_bytes, config.feeds[0].max_bytes), (20 << 20, Some(500 << 10)));
    assert_eq!(config.poll.quota, Quota { entries: 3_000, bytes: 30 << 20 });
    assert_eq!(config.feeds[0].quota, Quota { entries: 10_000, bytes: 30 << 20 });
    let large = parse_in("[[feed]]\nurl = \"https://example.org/f\"\nmax_size = \"50 MiB\"", &env);
    assert_eq!(large.unwrap().feeds[0].quota.bytes, 200 << 20, "one document always fits");
    assert_eq!((config.publish.items, config.publish.days, config.publish.text), (50, 3, TextForm::Excerpt));
    assert_eq!((config.publish.pictures, config.publish.publisher_in_titles), (Pictures::None, true));
    let desk = config.desk();
    assert_eq!((desk.category_sure, desk.topics_stricter), (0.95, -0.05));
    assert_eq!(desk.categories, config.categories);
    let feed = &config.feeds[0];
    assert_eq!(feed.headers, [("Accept-Language".to_owned(), "de".to_owned())]);
    assert_eq!((feed.weight, feed.interval, feed.private), (2.0, Some(Duration::from_mins(20)), true));
    let digest = &config.digests[0];
    assert_eq!(
        (digest.title.as_str(), digest.topics, digest.schedule.as_str()),
        ("Daily", 5, "0 7 * * MON-FRI")
    );
    assert_eq!(digest.timezone.iana_name(), Some("Europe/Berlin"));
    assert_eq!((digest.language, digest.sends_empty, digest.pictures), (Language::German, true, true));
    assert_eq!(config.mail.unwrap().password.as_deref(), Some("pw"));
}

#[test]
fn a_digest_that_says_nothing_has_the_language_and_zone_of_the_site_and_is_calm() {
    let text = |site: &str| format!("{site}[[digest]]\nname = \"daily\"\nschedule = \"0 7 * * *\"");
    let usual = config(&text("")).digests.remove(0);
    assert_eq!((usual.language, usual.timezone.iana_name()), (Language::English, Some("UTC")));
    assert!(!usual.sends_empty && !usual.pictures);
    let of_site = "[site]\nlanguage = \"fr-CH\"\ntimezone = \"Europe/Zurich\"\n";
    let digest = config(&text(of_site)).digests.remove(0);
    assert_eq!((digest.language, digest.timezone.iana_name()), (Language::French, Some("Europe/Zurich")));
    let wrong = parse_in("[site]\nlanguage = \"tlh\"", &Environment::default()).unwrap_err().to_string();
    assert!(wrong.contains("there are: en, de, fr, es"), "{wrong}");
}

#[test]
fn a_feed_may_name_several_categories_and_be_preferred() {
    let text = "[[feed]]\nurl = \"https://a.example/\"\ncategories = [\"world\", \"sea\"]\nprefer = true";
    let config = config(text);
    let feed = &config.feeds[0];
    assert_eq!(feed.category.as_ref().map(|name| name.as_str()), Some("world"));
    assert_eq!(feed.also.iter().map(|name| name.as_str()).collect::<Vec<_>>(), ["sea"]);
    assert!(feed.prefer);
    let names: Vec<_> = config.categories.iter().map(|category| category.name.as_str()).collect();
    assert_eq!(names, ["world", "sea", "general"]);
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
fn a_number_without_a_unit_and_one_in_quotes_are_told_how_they_are_written() {
    let text = "[poll]\ninterval = 30\nmax_size = 10\nconcurrency = \"4\"\n";
    let helps: Vec<String> = complaints(text).iter().map(|complaint| complaint.render(false)).collect();
    let told = [
        "no [[feed]]",
        "interval = \"30s\" or \"30m\" or",
        "max_size = \"10 KiB\" or",
        "concurrency = 4, without quotes",
    ];
    assert_eq!(helps.len(), told.len(), "{helps:?}");
    for (help, told) in helps.iter().zip(told) {
        assert!(help.contains(told), "{help}");
    }
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
        "[desk]",
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
        "category_sure",
        "topics_stricter",
        "schedule",
        "timezone",
        "language",
        "when_empty",
        "pictures",
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

#[test]
fn the_examples_in_the_documentation_are_valid_together() {
    let document = include_str!("../../docs/configuration.md");
    let examples: Vec<&str> =
        document.split("```toml\n").skip(1).filter_map(|rest| Some(rest.split_once("```")?.0)).collect();
    assert!(examples.len() >= 6);
    let given = Some("a secret".to_owned());
    let env = Environment { smtp_password: given.clone(), dkim_key: given, ..Environment::default() };
    let config = parse_in(&examples.join("\n"), &env).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(config.warnings, []);
}

#[test]
fn a_file_of_one_line_with_many_mistakes_is_reported_within_bounds() {
    let text = format!("feed = [{}]", "{ url = 'x', y = 1 },".repeat(5_000));
    let found = complaints(&text);
    assert_eq!(found.len(), 500);
    let error = ConfigError::Invalid(found);
    assert!(error.to_string().len() < 20_000);
    let summary = error.summary();
    assert!(
        summary.starts_with("feeds.toml:1:17: the address does not say")
            && summary.ends_with("(and 499 more)"),
        "{summary}"
    );
}

#[test]
fn mail_is_signed_only_with_a_selector_and_a_key() {
    let mail =
        |more: &str| format!("{FEED}[mail]\nsmtp = \"smtp://localhost\"\nfrom = \"a@example.org\"\n{more}");
    let env = Environment { dkim_key: Some("PEM".to_owned()), ..Environment::default() };
    let dkim = |more: &str| parse_in(&mail(more), &env).unwrap().mail.unwrap().dkim;
    assert_eq!(dkim(""), None);
    let signed = dkim("dkim_selector = \"news.2026\"").unwrap();
    assert_eq!((signed.selector.as_str(), signed.key.as_str()), ("news.2026", "PEM"));
    let said = |more: &str| complaints(&mail(more)).remove(0).what;
    assert!(said("dkim_selector = \"news\"").contains("there is no private key here"));
    for bad in ["", "a b", "-a", "a..b", "ä"] {
        let said = said(&format!("dkim_selector = \"{bad}\""));
        assert!(said.contains("cannot be part of a name in the DNS"), "{said}");
    }
}
