//! An edition as HTML, for mail programs and, without its frame and styles, for its page.
//!
//! Styles are inline, since many mail programs drop all others, and everything is in one table, since for some that
//! is the only way to limit the width of a column. Nothing is loaded from elsewhere except pictures, if the digest
//! has them. Must not know topics: it lays out words that have been cleaned.

use super::super::messages::fill;
use super::words::{Item, Section, Words};
use super::{BEGIN, END, FEEDS, PICTURE, PICTURE_END};
use crate::model::EditionText;
use maud::{DOCTYPE, Markup, PreEscaped, html};

/// Repeated behind the preview text: mail programs would fill the preview up with the words that follow.
const SPACER: &str = "\u{a0}\u{200c}";

/// The `text/html` part.
pub(super) fn write(words: &Words) -> String {
    let document = html! {
        (DOCTYPE)
        html lang=(words.messages.tag) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="supported-color-schemes" content="light dark";
                title { (words.title) }
                style { (PreEscaped(DARK)) }
            }
            body class="paper" style=(PAPER) {
                div style=(UNSEEN) aria-hidden="true" { (words.preview) (SPACER.repeat(40)) }
                table class="paper" role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" style=(FRAME) {
                    tr { td align="center" style="padding:24px 16px" {
                        (PreEscaped(OUTLOOK))
                        table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" style=(COLUMN) {
                            tr { td class="ink" style=(INK) { (body(words)) } }
                        }
                        (PreEscaped(OUTLOOK_END))
                    } }
                }
            }
        }
    };
    document.0
}

fn body(words: &Words) -> Markup {
    let messages = words.messages;
    html! {
        h1 class="ink" dir="auto" style=(TITLE) { (words.title) }
        (PreEscaped(BEGIN))
        p class="soft rule" style=(DATE) {
            (words.date) @if let Some(measure) = words.measure() { br; (measure) }
        }
        @if words.sections.is_empty() { p style=(TEXT) { (messages.nothing_new) } }
        (in_short(words))
        @for section in &words.sections { (section_of(words, section)) }
        (mark(&[]))
        @if let Some(more) = &words.more {
            p class="soft" style=(META) { a class="link" href=(words.home) style=(LINK) { (more) } }
        }
        (PreEscaped(END))
        p class="soft rule" style=(FOOT) {
            a class="link" href=(words.page) style=(LINK) { (messages.on_the_web) }
            br;
            (fill(messages.sent_to, EditionText::RECIPIENT)) " "
            a class="link" href=(EditionText::UNSUBSCRIBE) style=(LINK) { (messages.leave) }
        }
    }
}

/// A mark: which feeds and stories what follows it is of (see [`FEEDS`]).
fn mark(marks: &[String]) -> PreEscaped<String> {
    PreEscaped(format!("{FEEDS}{}-->", marks.join(" ")))
}

fn in_short(words: &Words) -> Markup {
    html! {
        (mark(&words.subject_marks))
        @if !words.in_short.is_empty() {
            h2 class="soft" style=(SECTION) { (words.messages.in_short) }
            ul style=(LIST) {
                @for headline in &words.in_short { li class="ink" dir="auto" style=(POINT) { (headline) } }
            }
        }
    }
}

fn section_of(words: &Words, section: &Section) -> Markup {
    html! {
        @if let Some(name) = &section.name {
            (mark(&[]))
            h2 class="soft rule" dir="auto" style=(SECTION) { (name) }
        }
        @for item in &section.items {
            (mark(&item.marks))
            @if item.is_brief { (brief(words, item)) } @else { (full(words, item)) }
        }
    }
}

fn headline(words: &Words, item: &Item) -> Markup {
    html! {
        @if item.is_update { span class="link" style=(UPDATE) { (words.messages.update) (words.messages.colon.trim_end()) } " " }
        a class="ink" href=(item.url) style=(PLAIN) { (item.headline) }
    }
}

fn full(words: &Words, item: &Item) -> Markup {
    html! {
        @if let Some(picture) = &item.picture {
            (PreEscaped(PICTURE))
            img src=(picture.url) alt=(picture.alt.as_deref().unwrap_or_default()) width="568" style=(IMAGE);
            (PreEscaped(PICTURE_END))
        }
        h3 class="ink" dir="auto" style=(HEADLINE) { (headline(words, item)) }
        p class="soft" dir="auto" style=(META) {
            span { (item.source) }
            @if let Some(also) = &item.also { " · " (also) }
            @if let Some(all) = &item.all_reports {
                " · " a class="link" href=(all) style=(LINK) { (words.messages.all_reports) }
            }
        }
        @if let Some(before) = &item.before { p class="soft" dir="auto" style=(META) { (before) } }
        @if !item.excerpt.is_empty() {
            blockquote class="ink rule" dir="auto" style=(QUOTE) { (item.excerpt) }
        }
    }
}

fn brief(words: &Words, item: &Item) -> Markup {
    html! {
        p class="ink" dir="auto" style=(BRIEF) {
            (headline(words, item)) " "
            span class="soft" style=(SMALL) { (item.carried()) }
        }
        @if let Some(before) = &item.before { p class="soft" dir="auto" style=(META) { (before) } }
    }
}

/// Dark colours, for mail programs that know the reader's preference; the others keep the inline ones.
const DARK: &str = "@media (prefers-color-scheme:dark){.paper{background:#171512!important}\
.ink{color:#ece6da!important}.soft{color:#b0a899!important}.link{color:#eba48f!important}\
.rule{border-color:#3d3831!important}}";
/// Limits the width in Outlook, which renders with Word and does not know `max-width`.
const OUTLOOK: &str =
    "<!--[if mso]><table role=\"presentation\" width=\"600\" align=\"center\"><tr><td><![endif]-->";
const OUTLOOK_END: &str = "<!--[if mso]></td></tr></table><![endif]-->";
const UNSEEN: &str = "display:none;max-height:0;overflow:hidden;mso-hide:all;font-size:1px;line-height:1px";
const PAPER: &str = "margin:0;padding:0;background:#fbf8f1";
const FRAME: &str = "background:#fbf8f1";
const COLUMN: &str = "max-width:600px;text-align:left";
const INK: &str = "color:#1d1a16;font-family:Georgia,'Times New Roman',serif;font-size:17px;line-height:1.5";
const TITLE: &str = "margin:0 0 4px;font-size:30px;line-height:1.15;font-weight:700;color:#1d1a16";
const DATE: &str = "margin:0;padding:0 0 14px;border-bottom:1px solid #d9d2c3;color:#625b50;font-size:15px";
const SECTION: &str = "margin:30px 0 0;color:#625b50;font-size:16px;line-height:1.4;font-weight:700";
const LIST: &str = "margin:6px 0 0;padding:0 0 0 20px";
const POINT: &str = "margin:0 0 4px;color:#1d1a16;line-height:1.4";
const HEADLINE: &str = "margin:18px 0 4px;font-size:21px;line-height:1.25;font-weight:700;color:#1d1a16";
const UPDATE: &str = "color:#8c2f1f";
const PLAIN: &str = "color:#1d1a16;text-decoration:none";
const META: &str = "margin:0 0 6px;color:#625b50;font-size:14px;line-height:1.45";
const TEXT: &str = "margin:14px 0 8px;color:#1d1a16";
const QUOTE: &str = "margin:0 0 8px;padding:0 0 0 12px;border-left:3px solid #d9d2c3;color:#1d1a16";
const BRIEF: &str = "margin:8px 0 4px;color:#1d1a16;line-height:1.4";
const SMALL: &str = "color:#625b50;font-size:14px";
const IMAGE: &str = "display:block;margin:20px 0 -8px;width:100%;max-width:568px;height:auto;border:0";
const LINK: &str = "color:#8c2f1f";
const FOOT: &str =
    "margin:32px 0 0;padding:14px 0 0;border-top:1px solid #d9d2c3;color:#625b50;font-size:14px";
