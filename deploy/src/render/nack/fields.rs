//! The fields of a definition as JetStream gets it, taken out one by one, so that none is lost in silence.

use anyhow::{Context as _, Result, ensure};
use serde::Serialize;
use serde_json::{Map, Value};

/// What is left of a definition.
pub(super) struct Fields(Map<String, Value>);

impl Fields {
    pub(super) fn of(config: &impl Serialize) -> Result<Self> {
        let value = serde_json::to_value(config).context("cannot write a definition of JetStream")?;
        Ok(Self(value.as_object().cloned().unwrap_or_default()))
    }

    /// The names of the fields in which two definitions differ, with both values.
    pub(super) fn difference(one: &impl Serialize, other: &impl Serialize) -> Result<String> {
        let (one, other) = (Self::of(one)?.0, Self::of(other)?.0);
        let differ = one.iter().filter(|(name, value)| other.get(*name) != Some(*value));
        let told = differ.map(|(name, value)| {
            format!("{name} is {value} and {}", other.get(name).unwrap_or(&Value::Null))
        });
        Ok(told.collect::<Vec<_>>().join(", "))
    }

    fn take(&mut self, name: &str) -> Value {
        self.0.remove(name).unwrap_or(Value::Null)
    }

    pub(super) fn text(&mut self, name: &str) -> String {
        self.take(name).as_str().unwrap_or_default().to_owned()
    }

    pub(super) fn texts(&mut self, name: &str) -> Vec<String> {
        let values = self.take(name);
        let texts = values.as_array().into_iter().flatten().filter_map(Value::as_str);
        texts.map(str::to_owned).collect()
    }

    pub(super) fn number(&mut self, name: &str) -> i64 {
        self.take(name).as_i64().unwrap_or_default()
    }

    /// A number of which 0 and -1 both say that there is no limit.
    pub(super) fn limit(&mut self, name: &str) -> i64 {
        match self.number(name) {
            0 => -1,
            limit => limit,
        }
    }

    pub(super) fn nanoseconds(&mut self, name: &str) -> u64 {
        self.take(name).as_u64().unwrap_or_default()
    }

    pub(super) fn flag(&mut self, name: &str) -> bool {
        self.take(name).as_bool().unwrap_or_default()
    }

    /// A field that has fields.
    pub(super) fn inner(&mut self, name: &str) -> Option<Self> {
        match self.take(name) {
            Value::Object(fields) => Some(Self(fields)),
            _ => None,
        }
    }

    /// Refuses what was set and not taken out.
    pub(super) fn finish(self) -> Result<()> {
        let is_set = |value: &Value| match value {
            Value::Null | Value::Bool(false) => false,
            Value::Number(number) => number.as_f64() != Some(0.0),
            Value::String(text) => !text.is_empty(),
            Value::Array(items) => !items.is_empty(),
            Value::Object(fields) => !fields.is_empty(),
            Value::Bool(true) => true,
        };
        let left = self.0.iter().filter(|(_, value)| is_set(value));
        let left: Vec<_> = left.map(|(name, value)| format!("{name} = {value}")).collect();
        ensure!(left.is_empty(), "it is not told to NACK what JetStream would get: {}", left.join(", "));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::Fields;

    #[test]
    fn what_is_not_taken_out_is_refused() {
        let mut fields =
            Fields::of(&json!({"name": "a", "sealed": true, "template_owner": "", "x": 0})).unwrap();
        assert_eq!(fields.text("name"), "a");
        assert!(fields.finish().unwrap_err().to_string().ends_with("sealed = true"));
    }
}
