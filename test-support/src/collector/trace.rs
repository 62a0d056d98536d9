//! The spans of one trace, as a tree.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::span::Span;

/// The spans of one trace, those that ended first before others: what is told of a message's time in a stream begins by
/// another clock, and ends by the same.
#[derive(Debug, Clone, Default)]
pub struct Trace {
    spans: Vec<Span>,
}

impl Trace {
    /// Of spans of the same trace, in any order.
    #[must_use]
    pub fn new(mut spans: Vec<Span>) -> Self {
        spans.sort_by(|one, other| (one.end, &one.name).cmp(&(other.end, &other.name)));
        Self { spans }
    }

    /// All of them.
    #[must_use]
    pub fn spans(&self) -> &[Span] {
        &self.spans
    }

    /// Those whose name begins so.
    #[must_use]
    pub fn named(&self, start: &str) -> Vec<&Span> {
        self.spans.iter().filter(|span| span.name.starts_with(start)).collect()
    }

    /// The only span whose name begins so.
    ///
    /// # Panics
    ///
    /// When there is none, or more than one. The text shows the trace.
    #[must_use]
    pub fn only(&self, start: &str) -> &Span {
        match self.named(start)[..] {
            [span] => span,
            ref found => panic!("{} spans are named {start:?}…:\n{}", found.len(), self.outline()),
        }
    }

    /// The parent of a span, if it has come.
    #[must_use]
    pub fn parent(&self, span: &Span) -> Option<&Span> {
        self.spans.iter().find(|other| other.span_id == span.parent_id)
    }

    /// The spans whose parent this is.
    #[must_use]
    pub fn children(&self, span: &Span) -> Vec<&Span> {
        self.spans.iter().filter(|other| other.parent_id == span.span_id).collect()
    }

    /// Those without a parent, or whose parent has not come.
    #[must_use]
    pub fn roots(&self) -> Vec<&Span> {
        self.spans.iter().filter(|span| self.parent(span).is_none()).collect()
    }

    /// All of them as a tree, each with its depth: parents before their children, and those of one parent in the order of
    /// their ends. Whose parent has not come is at depth 0. A span that came twice is there twice.
    #[must_use]
    pub fn rows(&self) -> Vec<(usize, &Span)> {
        let mut children: BTreeMap<&str, Vec<&Span>> = BTreeMap::new();
        for span in &self.spans {
            children.entry(&span.parent_id).or_default().push(span);
        }
        let mut rows = Vec::with_capacity(self.spans.len());
        let mut waiting: Vec<_> = self.roots().into_iter().rev().map(|root| (0, root)).collect();
        while let Some((depth, span)) = waiting.pop() {
            rows.push((depth, span));
            let below = children.remove(span.span_id.as_str()).unwrap_or_default();
            waiting.extend(below.into_iter().rev().map(|child| (depth + 1, child)));
        }
        rows
    }

    /// [`rows`](Self::rows) as text: a line for each span with its kind, name and service, two spaces deeper than its
    /// parent. Whose parent has not come is marked.
    ///
    /// ```text
    /// SERVER GET /api/users [http-to-nats-proxy]
    ///   PRODUCER publish uptake-call-rating-service [http-to-nats-proxy]
    /// ```
    #[must_use]
    pub fn outline(&self) -> String {
        let mut text = String::new();
        for (depth, span) in self.rows() {
            let mark = if depth == 0 && !span.parent_id.is_empty() { " (of another span)" } else { "" };
            let Span { kind, name, service, .. } = span;
            // To a text this does not fail.
            let _ = writeln!(text, "{:1$}{kind} {name} [{service}]{mark}", "", depth * 2);
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::super::span::Kind;
    use super::*;

    fn span(id: &str, parent: &str, name: &str, start: u64) -> Span {
        Span {
            trace_id: "t".to_owned(),
            span_id: id.to_owned(),
            parent_id: parent.to_owned(),
            trace_state: String::new(),
            service: "s".to_owned(),
            resource: BTreeMap::new(),
            name: name.to_owned(),
            kind: Kind::Internal,
            start,
            end: start,
            attributes: BTreeMap::new(),
            events: Vec::new(),
            links: Vec::new(),
            status: super::super::Status::Unset,
        }
    }

    #[test]
    fn a_trace_is_told_as_a_tree_in_the_order_of_time() {
        let spans = vec![
            span("4", "9", "lost", 5),
            span("3", "1", "later", 4),
            span("2", "1", "sooner", 3),
            span("5", "2", "below", 6),
            span("1", "", "root", 1),
        ];
        let told = Trace::new(spans).outline();
        let lines = "INTERNAL root [s]\n  INTERNAL sooner [s]\n    INTERNAL below [s]\n  INTERNAL later [s]\n\
                     INTERNAL lost [s] (of another span)\n";
        assert_eq!(told, lines);
    }
}
