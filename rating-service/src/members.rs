//! Reads the members of a JSON object, or the parameters of a query, and collects all that is wrong with them.

use std::collections::HashSet;

use crate::{
    fault::Fault,
    json::{self, Json},
};

/// What can be read from one value of type `V`: [`Json`] in a body, a text in a query.
pub(crate) trait Read<V>: Sized {
    /// # Errors
    /// What the value must be: `must …`.
    fn read(value: V) -> Result<Self, String>;
}

/// What can be read from the members of an object, or from the parameters of a query.
pub(crate) trait FromMembers<V>: Sized {
    /// None only if something is wrong, which `members` then knows.
    fn from_members(members: &mut Members<V>) -> Option<Self>;
}

/// Members that are taken one after the other. What is left in the end is unknown, and therefore refused: a
/// misspelt filter must not find everything.
pub(crate) struct Members<V> {
    /// Pointer to the object; none in a query.
    object: Option<String>,
    /// In the order of the document. What is taken leaves none.
    members: Vec<(String, Option<V>)>,
    /// With the index of the member, to put them in order.
    faults: Vec<(usize, Fault)>,
}

impl Members<Json> {
    /// The members of the object at `pointer` of a body.
    pub(crate) fn of_object(pointer: &str, members: Vec<(String, Json)>) -> Self {
        let members = members.into_iter().map(|(name, value)| (name, Some(value))).collect();
        let mut this = Self::new(Some(pointer.to_owned()), members);
        this.refuse_repeated();
        this
    }
}

impl Members<String> {
    /// The parameters of a query. Those without a value were not UTF-8.
    pub(crate) fn of_query(parameters: Vec<(String, Option<String>)>) -> Self {
        let mut this = Self::new(None, parameters);
        for index in 0..this.members.len() {
            if this.members.get(index).is_some_and(|(_, value)| value.is_none()) {
                this.refuse(index, "must be UTF-8");
            }
        }
        this.refuse_repeated();
        this
    }

    /// Those that were not taken yet.
    pub(crate) fn left(&self) -> Vec<(String, String)> {
        let left = self.members.iter().filter_map(|(name, value)| Some((name.clone(), value.clone()?)));
        left.collect()
    }
}

impl<V> Members<V> {
    fn new(object: Option<String>, members: Vec<(String, Option<V>)>) -> Self {
        Self { object, members, faults: Vec::new() }
    }

    /// What a repeated name means differs from reader to reader (RFC 8259 §4).
    fn refuse_repeated(&mut self) {
        let mut names = HashSet::new();
        let members = self.members.iter().enumerate();
        let repeated = members.filter(|(_, (name, _))| !names.insert(name.as_str())).map(|(index, _)| index);
        for index in repeated.collect::<Vec<_>>() {
            self.refuse(index, "is there more than once");
            if let Some((_, value)) = self.members.get_mut(index) {
                *value = None;
            }
        }
    }

    /// A member that may be absent. None also if it is wrong.
    pub(crate) fn optional<T: Read<V>>(&mut self, name: &str) -> Option<T> {
        let index = self.index(name)?;
        let value = self.members.get_mut(index)?.1.take()?;
        T::read(value).map_err(|detail| self.refuse(index, &detail)).ok()
    }

    /// A member that must be there. None if it is not, or is wrong.
    pub(crate) fn required<T: Read<V>>(&mut self, name: &str) -> Option<T> {
        if self.index(name).is_none() {
            self.fault(name, "is missing");
        }
        self.optional(name)
    }

    /// Adds a fault of a member, of which more is known than its own reader does.
    pub(crate) fn fault(&mut self, name: &str, detail: &str) {
        self.faults.push((self.index(name).unwrap_or(self.members.len()), self.fault_of(name, detail)));
    }

    /// Adds the faults of what is inside of a member.
    pub(crate) fn faults_below(&mut self, name: &str, faults: Vec<Fault>) {
        let index = self.index(name).unwrap_or(self.members.len());
        self.faults.extend(faults.into_iter().map(|fault| (index, fault)));
    }

    /// Reads a `T`, and hands over all faults, in the order of the document.
    pub(crate) fn read<T: FromMembers<V>>(mut self, faults: &mut Vec<Fault>) -> Option<T> {
        let read = T::from_members(&mut self);
        for index in 0..self.members.len() {
            if self.members.get(index).is_some_and(|(_, value)| value.is_some()) {
                self.refuse(index, "is unknown");
            }
        }
        let is_right = self.faults.is_empty();
        self.faults.sort_by_key(|(index, _)| *index);
        faults.extend(self.faults.into_iter().map(|(_, fault)| fault));
        read.filter(|_| is_right)
    }

    fn index(&self, name: &str) -> Option<usize> {
        self.members.iter().position(|(member, _)| member == name)
    }

    fn refuse(&mut self, index: usize, detail: &str) {
        let name = self.members.get(index).map(|(name, _)| name.as_str()).unwrap_or_default();
        let fault = self.fault_of(name, detail);
        self.faults.push((index, fault));
    }

    fn fault_of(&self, name: &str, detail: &str) -> Fault {
        match &self.object {
            Some(object) => Fault::at(json::below(object, name), detail),
            None => Fault::of(name, detail),
        }
    }
}

/// Reads a `T` from the object at `pointer` of a body.
pub(crate) fn object<T: FromMembers<Json>>(json: Json, pointer: &str, faults: &mut Vec<Fault>) -> Option<T> {
    let Json::Object(members) = json else {
        faults.push(Fault::at(pointer, "must be an object"));
        return None;
    };
    Members::of_object(pointer, members).read(faults)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::Place;

    #[derive(Debug, PartialEq)]
    struct Pair(f64, Option<f64>);

    impl Read<Json> for f64 {
        fn read(json: Json) -> Result<Self, String> {
            if let Json::Number(number) = json { Ok(number) } else { Err("must be a number".to_owned()) }
        }
    }

    impl FromMembers<Json> for Pair {
        fn from_members(members: &mut Members<Json>) -> Option<Self> {
            let (a, b) = (members.required("a"), members.optional("b"));
            Some(Self(a?, b))
        }
    }

    fn faults(text: &str) -> String {
        let mut faults = Vec::new();
        let read: Option<Pair> = object(json::parse(text.as_bytes()).unwrap(), "/x", &mut faults);
        assert_eq!(read.is_some(), faults.is_empty(), "{read:?} {faults:?}");
        assert!(read.is_none_or(|read| read == Pair(1.0, None) || read == Pair(1.0, Some(2.0))));
        let told = faults.iter().map(|fault| match &fault.place {
            Place::Pointer(place) | Place::Parameter(place) => format!("{place} {}", fault.detail),
        });
        told.collect::<Vec<_>>().join("; ")
    }

    #[test]
    fn tells_all_faults_in_the_order_of_the_document_and_what_is_missing_last() {
        assert_eq!(faults(r#"{"a": 1}"#), "");
        assert_eq!(faults(r#"{"b": 2, "a": 1}"#), "");
        assert_eq!(faults("[]"), "/x must be an object");
        assert_eq!(
            faults(r#"{"c/": 1, "b": "2", "~": {}}"#),
            "/x/c~1 is unknown; /x/b must be a number; /x/~0 is unknown; /x/a is missing"
        );
        assert_eq!(
            faults(r#"{"a": 1, "b": null, "a": 1}"#),
            "/x/b must be a number; /x/a is there more than once"
        );
        assert_eq!(faults(&format!(r#"{{"a": 1, "{}": 1}}"#, "y".repeat(1_000))), "/x is unknown");
    }
}
