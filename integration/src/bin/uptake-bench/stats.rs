//! The arithmetic: medians, percentiles, ratios.

use std::time::Duration;

/// The value in the middle; the mean of the two in the middle of an even number; NaN of none.
pub(crate) fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    match sorted.len() {
        0 => f64::NAN,
        len if len % 2 == 0 => f64::midpoint(sorted[middle - 1], sorted[middle]),
        _ => sorted[middle],
    }
}

/// The smallest value that `percent` of all do not exceed (nearest rank), in milliseconds; NaN of none.
pub(crate) fn percentile_ms(durations: &mut [Duration], percent: f64) -> f64 {
    durations.sort_unstable();
    let rank = (durations.len() as f64 * percent / 100.0).ceil() as usize;
    durations.get(rank.saturating_sub(1)).map_or(f64::NAN, |duration| duration.as_secs_f64() * 1000.0)
}

/// What two things gave when they were measured by turns.
#[derive(Debug, Default)]
pub(crate) struct Pairs {
    pub(crate) base: Vec<f64>,
    pub(crate) tried: Vec<f64>,
}

impl Pairs {
    /// The median of the ratios within each pair: what slows the machine for a while slows both of a pair.
    pub(crate) fn ratio(&self) -> f64 {
        let ratios: Vec<_> = self.base.iter().zip(&self.tried).map(|(base, tried)| tried / base).collect();
        median(&ratios)
    }

    /// The smallest and the largest of these ratios.
    pub(crate) fn spread(&self) -> (f64, f64) {
        let ratios = self.base.iter().zip(&self.tried).map(|(base, tried)| tried / base);
        ratios.fold((f64::INFINITY, f64::NEG_INFINITY), |(least, most), ratio| {
            (least.min(ratio), most.max(ratio))
        })
    }

    pub(crate) fn base(&self) -> f64 {
        median(&self.base)
    }

    pub(crate) fn tried(&self) -> f64 {
        median(&self.tried)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_in_the_middle() {
        assert_eq!(median(&[9.0, 1.0, 5.0]), 5.0);
        assert_eq!(median(&[4.0, 1.0, 2.0, 9.0]), 3.0);
        assert!(median(&[]).is_nan());
    }

    #[test]
    fn a_percentile_is_a_value_that_was_seen() {
        let mut durations: Vec<_> = (1..=1000).rev().map(Duration::from_millis).collect();
        assert_eq!(percentile_ms(&mut durations, 99.0), 990.0);
        assert_eq!(percentile_ms(&mut durations, 50.0), 500.0);
        assert_eq!(percentile_ms(&mut durations, 100.0), 1000.0);
        assert_eq!(percentile_ms(&mut [Duration::from_millis(7)], 99.0), 7.0);
        assert!(percentile_ms(&mut [], 99.0).is_nan());
    }

    #[test]
    fn the_ratio_is_that_of_pairs_and_not_of_medians() {
        let pairs = Pairs { base: vec![100.0, 10.0, 40.0], tried: vec![50.0, 6.0, 8.0] };
        assert_eq!(pairs.ratio(), 0.5);
        assert_eq!((pairs.base(), pairs.tried()), (40.0, 8.0));
        assert_eq!(pairs.spread(), (0.2, 0.6));
    }
}
