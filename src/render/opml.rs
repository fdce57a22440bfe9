//! Writes OPML 2.0: outputs as a list that any reader can import.
//!
//! A reader that imports it whole shows each story once, unless the operator put a feed into several categories; so it is a choice of
//! outputs, not all there are.

use super::site::{Form, Holds, Output, Site};
use maud::{PreEscaped, html};

/// The value of `Content-Type` of [`opml`].
pub const OPML_TYPE: &str = "text/x-opml; charset=utf-8";

/// Which outputs a list names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Only {
    /// The stories of each category.
    Categories,
    /// All stories in one output.
    All,
    /// The topics of each category, and the most linked pages: neither comes twice.
    Topics,
}

impl Only {
    /// Every choice, the one that is made for who makes none first.
    pub const EVERY: [Self; 3] = [Self::Categories, Self::All, Self::Topics];

    /// Its name in addresses.
    pub fn name(self) -> &'static str {
        match self {
            Self::Categories => "categories",
            Self::All => "all",
            Self::Topics => "topics",
        }
    }

    fn outputs(self, site: &Site<'_>) -> Vec<Output> {
        let output = |category, holds| Output { category, holds, form: Form::Atom };
        let sections = || site.sections().into_iter().map(Some);
        match self {
            Self::Categories => sections().map(|category| output(category, Holds::Stories)).collect(),
            Self::All => vec![output(None, Holds::Stories)],
            Self::Topics => {
                let topics = sections().map(|category| output(category, Holds::Topics));
                topics.chain([output(None, Holds::Linked)]).collect()
            }
        }
    }
}

/// Outputs of the site as a list. Of the three forms it names Atom, the only one that says when an item changed and where it came from
/// in words that every reader knows.
pub fn opml(site: &Site<'_>, only: Only) -> String {
    // Every element has an end tag here, so that what maud writes is well-formed XML.
    let markup = html! {
        (PreEscaped("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n"))
        opml version="2.0" {
            head { title { (site.name()) } }
            body {
                outline text=(site.name()) title=(site.name()) {
                    @for output in only.outputs(site) {
                        @let title = output.title(site);
                        outline type="rss" version="ATOM" text=(title) title=(title) description=(output.description(site))
                            xmlUrl=(site.address(&output.path())) htmlUrl=(site.address(&output.home())) {}
                    }
                }
            }
        }
        (PreEscaped("\n"))
    };
    markup.0
}
