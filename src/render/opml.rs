//! Writes OPML 2.0: the outputs as a list that any reader can import.
//!
//! Two folders, so that a reader takes either every story or the calmer topics.

use super::site::{Form, Output, Site};
use maud::{Markup, PreEscaped, html};

/// The value of `Content-Type` of [`opml`].
pub const OPML_TYPE: &str = "text/x-opml; charset=utf-8";

/// The outputs of the site: `all` and each category, as stories and as topics. Of the three forms it names Atom, the
/// only one that says when an item changed and where it came from in words that every reader knows.
pub fn opml(site: &Site<'_>) -> String {
    // Every element has an end tag here, so that what maud writes is well-formed XML.
    let markup = html! {
        (PreEscaped("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n"))
        opml version="2.0" {
            head { title { (site.name()) } }
            body {
                (folder(site, &site.name(), false))
                (folder(site, &format!("{} topics", site.name()), true))
            }
        }
        (PreEscaped("\n"))
    };
    markup.0
}

fn folder(site: &Site<'_>, name: &str, topics: bool) -> Markup {
    let categories = std::iter::once(None).chain(site.sections().into_iter().map(Some));
    html! {
        outline text=(name) title=(name) {
            @for category in categories {
                @let output = Output { category, topics, form: Form::Atom };
                @let title = output.title(site);
                outline type="rss" version="ATOM" text=(title) title=(title) description=(output.description(site))
                    xmlUrl=(site.address(&output.path())) htmlUrl=(site.address(&output.home())) {}
            }
        }
    }
}
