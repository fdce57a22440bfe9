//! People as feeds write them: a name, a mail address, or both in any of a dozen orders.

use super::entity;
use crate::model::Person;

/// Reads `me@site.example (Name)`, `Name <me@site.example>`, `Name`, and what else people write.
pub(super) fn person(text: &str) -> Option<Person> {
    // Nobody is called `&amp;`: the name was escaped once more than it should have been.
    let text = entity::decode(text);
    let text = text.trim();
    let Some((start, end)) = mail_address(text) else {
        return (!text.is_empty()).then(|| Person { name: Some(text.to_owned()), ..Person::default() });
    };
    let email = text[start..end].to_owned();
    let before = text[..start].trim_end().trim_end_matches("mailto:");
    let rest = format!("{before}{}", &text[end..]);
    let rest = rest.replace("()", "").replace("<>", "").replace("[]", "");
    let name = strip(&rest);
    Some(Person { name: (!name.is_empty()).then(|| name.to_owned()), email: Some(email), url: None })
}

/// What is left of a name when brackets, quotes and separators around it are gone.
fn strip(text: &str) -> &str {
    const AROUND: [char; 8] = ['<', '>', '[', ']', '"', ',', ';', ':'];
    let text = text.trim().trim_matches(AROUND).trim();
    for (open, close) in [('(', ')'), ('（', '）')] {
        let inner = text.strip_prefix(open).map(|inner| inner.strip_suffix(close).unwrap_or(inner));
        if let Some(inner) = inner {
            return inner.trim();
        }
    }
    text
}

/// Where a mail address stands in `text`.
fn mail_address(text: &str) -> Option<(usize, usize)> {
    let at = text.find('@')?;
    let is_local = |c: char| c.is_ascii_alphanumeric() || ".!#$%&'*+/=?^_`{|}~-".contains(c);
    let is_domain = |c: char| c.is_alphanumeric() && c.is_ascii() || matches!(c, '.' | '-');
    let local = text[..at].chars().rev().take_while(|c| is_local(*c)).map(char::len_utf8).sum::<usize>();
    let domain = text[at + 1..].chars().take_while(|c| is_domain(*c)).map(char::len_utf8).sum::<usize>();
    let end = at + 1 + text[at + 1..at + 1 + domain].trim_end_matches(['.', '-']).len();
    (local > 0 && text[at + 1..end].contains('.')).then_some((at - local, end))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, name: Option<&str>, email: Option<&str>) {
        let person = person(text).unwrap();
        assert_eq!((person.name.as_deref(), person.email.as_deref()), (name, email), "{text}");
    }

    #[test]
    fn names_and_mail_addresses_are_told_apart_in_any_order() {
        check("Ann Lee", Some("Ann Lee"), None);
        check("ann@site.example (Ann Lee)", Some("Ann Lee"), Some("ann@site.example"));
        check("Ann Lee <ann@site.example>", Some("Ann Lee"), Some("ann@site.example"));
        check("Ann Lee (ann@site.example)", Some("Ann Lee"), Some("ann@site.example"));
        check("mailto:ann@site.example", None, Some("ann@site.example"));
        check("ann@site.example（张三）", Some("张三"), Some("ann@site.example"));
        check("Ann &amp; Bo", Some("Ann & Bo"), None);
        check("@ann", Some("@ann"), None);
        check("Ann @ Site", Some("Ann @ Site"), None);
        check("é@é.é", Some("é@é.é"), None);
    }
}
