//! Do two headlines of a publisher belong to one series? Forecasts, exchange rates, episodes and horoscopes are alike
//! from day to day, but the new one is no news about the event of the old one.
//!
//! Knows two headlines and the time between them; nothing of texts.

use super::tuning::TUNING;
use crate::desk::text::tokens::{NUMBER, Token};

/// The stems of a headline in their order. The lowest bit of each is replaced by a flag: 1 for a number.
pub(crate) fn pattern(headline: &[Token]) -> Vec<u32> {
    headline.iter().map(|token| token.stem & !1 | u32::from(token.is(NUMBER))).collect()
}

/// Whether two patterns of one publisher, `gap_s` seconds apart, belong to one series. Either they begin with the same
/// label and another number ("Episode 41: …"), or they are the same except for numbers and one slot. Within some hours
/// the later one is most likely an update of the same report instead ("Quake in Lesna: 30 dead", "… 45 dead").
pub(crate) fn is_next(one: &[u32], other: &[u32], gap_s: u64) -> bool {
    if gap_s < TUNING.series_gap_s {
        return false;
    }
    let is_number = |stem: u32| stem & 1 == 1;
    let fits = |(a, b): &(&u32, &u32)| a == b || (is_number(**a) && is_number(**b));
    let before = one.iter().zip(other).take_while(fits).count();
    let after = one[before..].iter().rev().zip(other[before..].iter().rev()).take_while(fits).count();
    let is_label = before >= LABEL && one[..before] != other[..before];
    let (common, longer) = (before + after, one.len().max(other.len()));
    is_label
        || common >= LABEL
            && longer - common <= TUNING.series_slot
            && common as f32 >= TUNING.series_share * longer as f32
}

/// Minimum number of tokens that the common part of two headlines of a series has.
const LABEL: usize = 2;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::desk::text::tokens::{TITLE_TOKENS, tokenize};

    const HOUR_S: u64 = 3_600;

    fn is_series(one: &str, other: &str, hours: u64) -> bool {
        let [one, other] = [one, other].map(|headline| pattern(&tokenize(headline, TITLE_TOKENS)));
        assert_eq!(is_next(&one, &other, hours * HOUR_S), is_next(&other, &one, hours * HOUR_S));
        is_next(&one, &other, hours * HOUR_S)
    }

    #[test]
    fn forecasts_rates_episodes_and_horoscopes_are_series_in_any_language() {
        for (one, other) in [
            ("Strike watch, day 38: 61 ships at anchor", "Strike watch, day 39: 58 ships at anchor"),
            (
                "Podcast Kern und Korn #118: Die Macht der Tinte",
                "Podcast Kern und Korn #119: Wer bezahlt das Kabel?",
            ),
            (
                "Dólar abre em queda de 0,4% e é cotado a R$ 5,21",
                "Dólar abre em alta de 0,2% e é cotado a R$ 5,23",
            ),
            ("7月13日元の基準値は7.1342", "7月14日元の基準値は7.1398"),
            ("Marlow Trust: Net asset value", "Marlow Trust: Net asset value"),
            (
                "Horoscope du jeudi : les prévisions de la journée",
                "Horoscope du vendredi : les prévisions de la journée",
            ),
            ("Курс рубля на 5 ноября", "Курс рубля на 6 ноября"),
            (
                "Ostrzeżenie 2 stopnia: burze w powiecie Zorza",
                "Ostrzeżenie 1 stopnia: burze w powiecie Lipno",
            ),
        ] {
            assert!(is_series(one, other, 24), "{one} / {other}");
        }
    }

    #[test]
    fn a_report_brought_up_to_date_and_other_news_of_one_thing_are_none() {
        for (one, other, hours) in [
            ("Ferry sinks off Skarn", "Ferry sinks off Skarn, captain missing", 2),
            ("Quake hits Lesna", "Quake hits Lesna", 1),
            ("Quake in Lesna: 30 dead", "Quake in Lesna: 45 dead", 5),
            ("Mayor Quillan resigns over hotel weekend", "Mayor Quillan to be succeeded by deputy", 24),
            ("Halden wins 3-1", "Halden loses captain to injury", 24),
            ("", "", 24),
            ("Storm", "Storm", 24),
        ] {
            assert!(!is_series(one, other, hours), "{one} / {other}");
        }
    }
}
