//! One mistake each: where it is seen, what is said, what is advised. `«` and `»` mark the place.

use super::*;

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
fn mistakes_in_the_categories_of_a_feed_are_explained() {
    error_below_a_feed(
        "«categories» = [\"sea\"]",
        "either `category` or `categories`",
        "the first being the one that its stories belong to",
    );
    let bare = |marked: &str, what: &str, help: &str| {
        error(&format!("[[feed]]\nurl = \"https://a.example/\"\n{marked}"), what, help);
    };
    bare("categories = [\"sea\", «\"sea\"»]", "\"sea\" is named twice", "take one of them out");
    bare("categories = [\"sea\", «\"topics\"»]", "", "write ");
    bare("categories = [«5»]", "`categories` is a text", "put it in quotes");
    bare("categories = «\"sea\"»", "`categories` is a list of texts", "categories = [\"sea\"]");
    error_below_a_feed("prefer = «1»", "`prefer` is true or false", "");
    let near = "[[category]]\nname = \"technology\"\n[[feed]]\nurl = \"https://a.example/\"\n";
    warning(&format!("{near}categories = [\"sea\", «\"tecnology\"»]"), "close to \"technology\"", "write");
}

#[test]
fn wrong_types_are_named() {
    error_below_a_feed("weight = «\"2\"»", "`weight` is a number, not a text", "weight = ");
    error_below_a_feed("title = «5»", "`title` is a text, not a whole number", "\"5\"");
    error_below_a_feed("spark = «1»", "`spark` is true or false, not a whole number", "");
    error_below_a_feed(
        "private = true\nspark = «true»",
        "a private feed cannot be a spark",
        "take `spark = true` out",
    );
    error_below_a_feed("private = «\"yes\"»", "`private` is true or false, not a text", "without quotes");
    error_below_a_feed("interval = «3600»", "`interval` is a duration", "\"3600s\"");
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
    error_below_a_feed("[desk]\ncategory_sure = «90»", "`category_sure` is from 0.5 to 1.0", "range");
    error_below_a_feed(
        "[desk]\ntopics_stricter = «\"more\"»",
        "is a number, not a text",
        "topics_stricter =",
    );
    error_below_a_feed(
        "[desk]\n«category_shure» = 0.9",
        "[desk] has no key",
        "did you mean `category_sure`?",
    );
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
fn sizes_have_units_and_limits() {
    for bad in ["20MB", "MiB", "-1 MiB", "1.5 MiB", "99999999999999999999 MiB", "9007199254740993 MiB", ""] {
        error_below_a_feed(&format!("max_size = «\"{bad}\"»"), "not a size", "\"20 MiB\"");
    }
    error_below_a_feed("max_size = «\"20\"»", "has no unit", "\"20 MiB\"");
    error_below_a_feed("max_size = «10»", "`max_size` is a size", "\"10 KiB\" or \"10 MiB\"");
    for bad in ["63 KiB", "101 MiB"] {
        error_below_a_feed(
            &format!("[poll]\nmax_size = «\"{bad}\"»"),
            "from 64 KiB to 100 MiB",
            "in that range",
        );
    }
    error_below_a_feed("daily_size = «\"9 MiB\"»", "`daily_size` is 10 MiB or more", "in that range");
    error_below_a_feed("daily_entries = «1999»", "from 2000 to 1000000", "");
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
    let from = |from: &str| format!("[mail]\nsmtp = \"smtp://m.example\"\nfrom = «'{from}'»");
    error_below_a_feed(&from("Lovelace, Ada <ada@example.org>"), "need quotes", "plainer name");
    for good in ["\"Lovelace, Ada\" <ada@example.org>", "Zoë Müller <zoe@example.org>", " a.b+c@example.org "]
    {
        config(&format!("{FEED}{}", from(good).replace(['«', '»'], "")));
    }
    let two = "smtp = \"smtp://m.example\"\nfrom = \"a@example.org\"\n";
    error_below_a_feed(
        &format!("[mail]\n{two}«maildir» = \"out\""),
        "mail goes one way",
        "take one of them out",
    );
    error_below_a_feed(
        &format!("[mail]\n{two}«sendmail» = \"/usr/sbin/sendmail\""),
        "mail goes one way",
        "take",
    );
    error_below_a_feed(
        "[mail]\nfrom = \"a@example.org\"\nmaildir = «\" \"»",
        "names nothing",
        "write a path",
    );
    error_below_a_feed(&format!("[mail]\n{two}per_minute = «0»"), "`per_minute` is from 1 to 100000", "");
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
fn credentials_cannot_be_made_public() {
    error(
        "[[feed]]\nurl = \"https://me@a.example/\"\nprivate = «false»",
        "cannot be public",
        "take `private = false` out",
    );
}
