//! What stands inside the tags of XML: names and attributes, and the entities that a DOCTYPE declares.

use super::address::is_quote;
use super::entity;
use super::space::Space;
use memchr::memmem;
use std::borrow::Cow;

/// How many attributes of an element are looked at.
pub(super) const MAX_ATTRIBUTES: usize = 200;
/// How many entities of the document's own are known.
const MAX_ENTITIES: usize = 200;
/// How long the value of one of the document's own entities may be, in bytes. It may contain no other entity, so that
/// nested entities cannot grow without bound.
const MAX_ENTITY_BYTES: usize = 1_024;

/// A start tag.
#[derive(Debug, Clone)]
pub(super) struct Element<'a> {
    /// The vocabulary it comes from.
    pub(super) space: Space,
    /// Its name without prefix, in lower case.
    pub(super) name: Cow<'a, str>,
    /// Its depth; the root has 1.
    pub(super) depth: usize,
    /// What stands between the name and the end of the tag.
    pub(super) attributes: &'a str,
}

impl<'a> Element<'a> {
    /// Whether it is the element `name` of `space`.
    pub(super) fn is(&self, space: Space, name: &str) -> bool {
        self.space == space && self.name == name
    }

    /// Whether it is an item or an entry.
    pub(super) fn is_entry(&self) -> bool {
        matches!(self.space, Space::Rss | Space::Atom | Space::Rdf) && matches!(&*self.name, "item" | "entry")
    }

    /// The attributes as written: name with prefix, value undecoded.
    pub(super) fn attributes(&self) -> impl Iterator<Item = (&'a str, &'a str)> {
        Attributes::of(self.attributes).take(MAX_ATTRIBUTES)
    }

    /// The value of an attribute, undecoded: first by its plain name, then under any prefix; names in any case.
    pub(super) fn raw(&self, name: &str) -> Option<&'a str> {
        if self.attributes.is_empty() {
            return None;
        }
        let plain = self.attributes().find(|(found, _)| found.eq_ignore_ascii_case(name));
        let prefixed = || {
            self.attributes().find(|(found, _)| {
                found.split_once(':').is_some_and(|(prefix, local)| {
                    local.eq_ignore_ascii_case(name) && !prefix.eq_ignore_ascii_case("xmlns")
                })
            })
        };
        plain.or_else(prefixed).map(|(_, value)| value)
    }
}

/// Reads `<!ENTITY name "value">`; one that holds another entity, or whose value is elsewhere, stays unknown.
pub(super) fn entities(subset: &str) -> Vec<(&str, String)> {
    let mut found = Vec::new();
    let mut rest = subset;
    while let Some(start) = memmem::find(rest.as_bytes(), b"<!ENTITY") {
        rest = &rest[start + 8..];
        let Some((name, after)) = rest.trim_start().split_once(|c: char| c.is_ascii_whitespace()) else {
            break;
        };
        let after = after.trim_start();
        let Some(quote) = after.chars().next().filter(|c| matches!(c, '"' | '\'')) else { continue };
        let Some((value, _)) = after[1..].split_once(quote) else { break };
        if name.len() < 64 && value.len() <= MAX_ENTITY_BYTES && found.len() < MAX_ENTITIES {
            let value = entity::decode(value);
            if !value.contains('&') {
                found.push((name, value.into_owned()));
            }
        }
    }
    found
}

/// Splits attributes, with or without quotes around their values.
pub(super) struct Attributes<'a> {
    rest: &'a str,
}

impl<'a> Attributes<'a> {
    /// The attributes in what stands between a tag's name and its end.
    pub(super) fn of(rest: &'a str) -> Self {
        Self { rest }
    }
}

impl<'a> Iterator for Attributes<'a> {
    type Item = (&'a str, &'a str);

    fn next(&mut self) -> Option<Self::Item> {
        let space = |c: char| c.is_ascii_whitespace();
        let rest = self.rest.trim_start_matches(|c: char| space(c) || c == '/');
        if rest.is_empty() {
            return None;
        }
        let name_end = rest.find(|c: char| space(c) || c == '=').unwrap_or(rest.len());
        let (name, after) = rest.split_at(name_end);
        let Some(value) = after.trim_start_matches(space).strip_prefix('=') else {
            self.rest = after;
            return Some((name, ""));
        };
        let value = value.trim_start_matches(space);
        for quote in ['"', '\''] {
            let quoted = value.strip_prefix(quote).and_then(|quoted| quoted.split_once(quote));
            if let Some((value, rest)) = quoted {
                self.rest = rest;
                return Some((name, value));
            }
        }
        // Whoever writes in a word processor gets its quotes, which mean the same.
        if value.starts_with(is_quote)
            && let Some((value, rest)) = value.trim_start_matches(is_quote).split_once(is_quote)
        {
            self.rest = rest;
            return Some((name, value));
        }
        let end = value.find(space).unwrap_or(value.len());
        self.rest = &value[end..];
        Some((name, value[..end].trim_start_matches(['"', '\''])))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, want: &[(&str, &str)]) {
        assert_eq!(Attributes::of(text).collect::<Vec<_>>(), want, "{text}");
    }

    #[test]
    fn attributes_are_read_with_any_quotes_or_none() {
        check("a=\"1\" b='2'c = 3 d", &[("a", "1"), ("b", "2"), ("c", "3"), ("d", "")]);
        check("a=\"1>\" b=\"2", &[("a", "1>"), ("b", "2")]);
        check("a=“1 2” b=„3“c=«4» d=″5″", &[("a", "1 2"), ("b", "3"), ("c", "4"), ("d", "5")]);
        check("a=“1 b=2", &[("a", "“1"), ("b", "2")]);
        check("", &[]);
    }

    #[test]
    fn only_small_flat_entities_are_known() {
        let subset =
            "[<!ENTITY a 'x &#233;'> <!ENTITY b \"&c;&c;\"> <!ENTITY d SYSTEM 'file:///etc/passwd'>]";
        assert_eq!(entities(subset), [("a", "x é".to_owned())]);
    }
}
