//! Ways to put load on something: as fast as it goes, at a rate, and by turns with something else.

pub(crate) mod client;
pub(crate) mod closed;
pub(crate) mod paced;

use crate::stats::Pairs;

/// Measures two things by turns, so that what slows the machine for a while slows both. Each begins half of the pairs.
pub(crate) async fn by_turns(
    count: usize,
    (base_name, tried_name): (&str, &str),
    mut base: impl AsyncFnMut() -> anyhow::Result<f64>,
    mut tried: impl AsyncFnMut() -> anyhow::Result<f64>,
) -> anyhow::Result<Pairs> {
    let mut pairs = Pairs::default();
    for pair in 1..=count {
        let (one, other) = if pair % 2 == 1 {
            let one = base().await?;
            (one, tried().await?)
        } else {
            let other = tried().await?;
            (base().await?, other)
        };
        println!(
            "  pair {pair}/{count}: {base_name} {one:.1}, {tried_name} {other:.1}, ratio {:.3}",
            other / one
        );
        pairs.base.push(one);
        pairs.tried.push(other);
    }
    Ok(pairs)
}
