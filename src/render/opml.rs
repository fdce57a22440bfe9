//! Writes OPML 2.0: a list of outputs that any feed reader can import.
//!
//! A list never names all outputs, but a choice in which each story comes once, unless the operator put a feed into
//! several categories. Must not know what the outputs hold.

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
    /// The topics of each category, and the most linked pages.
    Topics,
}

impl Only {
    /// Every choice, the default first.
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

/// A list of the site's outputs. It names their Atom form: the only one with standard elements both for when an item
/// changed and for where it came from.
pub fn opml(site: &Site<'_>, only: Only) -> String {
    // maud writes HTML, but with an end tag for every element that is used here it is well-formed XML, too.
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
