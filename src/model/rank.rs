//! What leads on pages and in editions: breadth of coverage, freshness, the operator's weight, shown with its parts.
//!
//! A pure sum; knows nothing of stories but the three numbers it is given.

use super::view::TopicView;
use jiff::Timestamp;

/// After so many hours freshness is worth half.
const HALF_LIFE_HOURS: f64 = 12.0;

/// A rank with the parts that make it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rank {
    /// The product of the parts; the higher leads.
    pub total: f64,
    /// Grows with the logarithm of independent publishers (copies of one text count once): the second says more than the
    /// twentieth. 1 for one.
    pub breadth: f64,
    /// 1 now, half after twelve hours.
    pub freshness: f64,
    /// The operator's.
    pub weight: f64,
}

/// Ranks a topic that `independent` publishers had texts of their own on, whose latest story is of `latest`, and whose
/// heaviest feed has `weight`.
pub fn rank(independent: usize, latest: Timestamp, weight: f64, now: Timestamp) -> Rank {
    // What is dated later than now was filed when the clock was ahead, and is no fresher for it.
    let hours = (now.as_second() - latest.as_second()).unsigned_abs() as f64 / 3600.0;
    let breadth = 1.0 + (independent.max(1) as f64).log2();
    let freshness = (-hours / HALF_LIFE_HOURS).exp2();
    let weight = if weight.is_finite() { weight.clamp(0.0, 100.0) } else { 1.0 };
    Rank { total: breadth * freshness * weight, breadth, freshness, weight }
}

impl TopicView {
    /// Its rank at `now`.
    pub fn rank(&self, now: Timestamp) -> Rank {
        rank(self.independent, self.last, self.weight, now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn broader_fresher_and_weightier_leads() {
        let now = Timestamp::from_second(1_000_000).unwrap();
        let old = Timestamp::from_second(1_000_000 - 12 * 3600).unwrap();
        let total = |independent, latest, weight| rank(independent, latest, weight, now).total;
        assert!(total(5, now, 1.0) > total(2, now, 1.0));
        assert!(total(2, now, 1.0) > total(2, old, 1.0));
        assert!(total(2, now, 2.0) > total(2, now, 1.0));
        assert!((rank(1, old, 1.0, now).freshness - 0.5).abs() < 1e-9);
        let odd = rank(0, now, f64::NAN, old);
        assert!((odd.weight - 1.0).abs() < 1e-9);
        assert!((odd.freshness - 0.5).abs() < 1e-9, "of the future is not fresh");
    }
}
