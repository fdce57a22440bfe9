//! Writes OPML 2.0: the outputs as a list that any reader can import.
//!
//! Two folders, so that a reader takes either every story or the calmer topics and most linked pages.

use super::site::{Form, Holds, Output, Site};
use maud::{Markup, PreEscaped, html};

/// The value of `Content-Type` of [`opml`].
pub const OPML_TYPE: &str = "text/x-opml; charset=utf-8";

/// The outputs of the site: `all` and each category, as stories and as topics, and the most linked pages. Of the three forms it names Atom, the
/// only one that says when an item changed and where it came from in words that every reader knows.
pub fn opml(site: &Site<'_>) -> String {
    // Every element has an end tag here, so that what maud writes is well-formed XML.
    let markup = html! {
        (PreEscaped("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n"))
        opml version="2.0" {
            head { title { (site.name()) } }
            body {
                (folder(site, &site.name(), Holds::Stories))
                (folder(site, &format!("{} topics", site.name()), Holds::Topics))
            }
        }
        (PreEscaped("\n"))
    };
    markup.0
}

fn folder(site: &Site<'_>, name: &str, holds: Holds) -> Markup {
    let categories = std::iter::once(None).chain(site.sections().into_iter().map(Some));
    let outputs = categories.map(|category| Output { category, holds, form: Form::Atom });
    // The most linked pages are calm, too: none comes twice.
    let linked =
        (holds == Holds::Topics).then_some(Output { category: None, holds: Holds::Linked, form: Form::Atom });
    html! {
        outline text=(name) title=(name) {
            @for output in outputs.chain(linked) {
                @let title = output.title(site);
                outline type="rss" version="ATOM" text=(title) title=(title) description=(output.description(site))
                    xmlUrl=(site.address(&output.path())) htmlUrl=(site.address(&output.home())) {}
            }
        }
    }
}
