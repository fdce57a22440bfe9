//! Tests of the whole file; see the other files for those of single values.

use super::*;
use crate::model::TextForm;
use std::time::Duration;

fn parse(text: &str) -> Result<Config, ConfigError> {
    Config::parse(text, Path::new("feeds.toml"), &Environment::default())
}

#[test]
fn the_smallest_file_is_three_lines() {
    let config = parse("[[feed]]\nurl = \"https://example.org/feed.xml\"\ncategory = \"world\"\n").unwrap();
    assert_eq!(config.site.title, "Tidings");
    assert_eq!(config.site.url, "http://127.0.0.1:8080");
    assert_eq!(config.store.path, Path::new("data/tidings.db"));
    assert_eq!(config.poll, PollSettings::default());
    assert_eq!(config.publish, PublishSettings { items: 100, days: 7, text: TextForm::Full });
    assert_eq!(config.feeds.len(), 1);
    assert!(!config.feeds[0].private);
    assert_eq!(config.mail, None);
    assert_eq!(config.warnings, []);
    let names: Vec<_> = config.categories.iter().map(|category| category.name.as_str()).collect();
    assert_eq!(names, ["world", "general"]);
}

#[test]
fn durations_are_read() {
    let config = parse("[poll]\ninterval = \"1h30m\"\nmax_interval = \"2d\"\n").unwrap();
    assert_eq!(config.poll.interval, Duration::from_mins(90));
    assert_eq!(config.poll.max_interval, Duration::from_hours(48));
}
