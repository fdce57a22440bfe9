//! The operator's keywords: words that put an entry into a category, wherever in its title or text they stand.
//!
//! Knows settings and tokens; learns nothing.

use crate::desk::text::tokens::{Token, Tokens};
use crate::model::{CategoryName, CategorySettings};

/// Maximum number of tokens of one keyword.
const KEYWORD_TOKENS: usize = 8;

/// One keyword, as hashes of its tokens.
struct Keyword {
    category: CategoryName,
    written: String,
    hashes: Vec<u64>,
}

/// All keywords, in the operator's order of categories.
#[derive(Default)]
pub(crate) struct Keywords(Vec<Keyword>);

impl Keywords {
    pub(crate) fn of(categories: &[CategorySettings]) -> Self {
        let keywords = categories.iter().flat_map(|category| {
            category.keywords.iter().map(|written| Keyword {
                category: category.name.clone(),
                written: written.clone(),
                hashes: hashes(&Tokens::of(written, KEYWORD_TOKENS).list),
            })
        });
        Self(keywords.filter(|keyword| !keyword.hashes.is_empty()).collect())
    }

    /// The first keyword, in the operator's order, that is in a title or a text; and its category.
    pub(crate) fn find(&self, title: &[Token], text: &[Token]) -> Option<(&CategoryName, &str)> {
        if self.0.is_empty() {
            return None;
        }
        let (title, text) = (hashes(title), hashes(text));
        let stands =
            |all: &[u64], keyword: &[u64]| all.windows(keyword.len()).any(|window| window == keyword);
        self.0
            .iter()
            .find(|keyword| stands(&title, &keyword.hashes) || stands(&text, &keyword.hashes))
            .map(|keyword| (&keyword.category, keyword.written.as_str()))
    }
}

fn hashes(tokens: &[Token]) -> Vec<u64> {
    tokens.iter().map(|token| token.hash).collect()
}
