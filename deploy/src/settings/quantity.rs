//! Quantities, as Kubernetes writes them.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// An amount of processor time or memory, such as `500m`, `1.5` or `256Mi`
/// (<https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/>). It is kept as it was written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Text", into = "String")]
pub struct Quantity {
    text: String,
    milli: u128,
}

/// As it may stand in a file: a number is one too.
#[derive(Deserialize)]
#[serde(untagged)]
enum Text {
    Quoted(String),
    Whole(u64),
    Fraction(f64),
}

/// Suffixes, and the thousandths that each stands for.
const SUFFIXES: [(&str, u128); 13] = [
    ("Ki", 1 << 10),
    ("Mi", 1 << 20),
    ("Gi", 1 << 30),
    ("Ti", 1 << 40),
    ("Pi", 1 << 50),
    ("Ei", 1 << 60),
    ("k", 1_000),
    ("M", 1_000_000),
    ("G", 1_000_000_000),
    ("T", 1_000_000_000_000),
    ("P", 1_000_000_000_000_000),
    ("E", 1_000_000_000_000_000_000),
    ("", 1),
];

impl Quantity {
    /// Whole units, rounded down: octets of memory, cores.
    #[must_use]
    pub fn units(&self) -> u64 {
        u64::try_from(self.milli / 1000).unwrap_or(u64::MAX)
    }

    /// Thousandths of a unit.
    #[must_use]
    pub fn milli(&self) -> u128 {
        self.milli
    }
}

impl FromStr for Quantity {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let bad = || {
            format!("{text:?} is no quantity above 0; write a number with a unit, such as 500m, 2 or 256Mi")
        };
        let parse = || {
            if let Some(number) = text.strip_suffix('m') {
                return number.parse::<u64>().ok().map(u128::from);
            }
            let (suffix, factor) = SUFFIXES.iter().find(|(suffix, _)| text.ends_with(suffix))?;
            let number = text.strip_suffix(suffix)?;
            let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
            let digits =
                |text: &str| (!text.is_empty() && text.len() <= 18).then(|| text.parse::<u64>().ok())?;
            let places = 10_u128.checked_pow(u32::try_from(fraction.len()).ok()?)?;
            let (whole, fraction) = (u128::from(digits(whole)?), u128::from(digits(fraction)?));
            let milli = factor.checked_mul(1000)?;
            whole.checked_mul(milli)?.checked_add(fraction.checked_mul(milli)? / places)
        };
        let is_plain = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'.');
        let largest = u128::from(i64::MAX.unsigned_abs()) * 1000;
        match parse().filter(|milli| is_plain && (1..=largest).contains(milli)) {
            Some(milli) => Ok(Self { text: text.to_owned(), milli }),
            None => Err(bad()),
        }
    }
}

impl TryFrom<Text> for Quantity {
    type Error = String;

    fn try_from(text: Text) -> Result<Self, String> {
        match text {
            Text::Quoted(text) => text.parse(),
            Text::Whole(number) => number.to_string().parse(),
            Text::Fraction(number) => number.to_string().parse(),
        }
    }
}

impl From<Quantity> for String {
    fn from(quantity: Quantity) -> Self {
        quantity.text
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::Quantity;

    #[test]
    fn quantities_are_read_as_kubernetes_reads_them() {
        for (text, milli) in
            [("500m", 500), ("2", 2_000), ("1.5", 1_500), ("1Ki", 1_024_000), ("1.5k", 1_500_000)]
        {
            assert_eq!(text.parse::<Quantity>().unwrap().milli(), milli, "{text}");
        }
    }

    #[test]
    fn what_is_no_quantity_is_refused() {
        for text in [
            "",
            "0",
            "0m",
            "-1",
            "+1",
            "1 Gi",
            "256MB",
            "Mi",
            "1.",
            ".5",
            "1e3",
            "1.5m",
            "lots",
            "99999999999E",
        ] {
            assert!(text.parse::<Quantity>().is_err(), "{text}");
        }
    }
}
