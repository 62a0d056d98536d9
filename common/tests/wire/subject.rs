use std::collections::HashMap;

use http::Method;
use proptest::prelude::*;
use uptake::wire::{Class, Root, escape_path, escape_segment, filters, unescape_path};

use super::{properties, root};

fn segment() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(any::<u8>().prop_filter("no slash", |byte| *byte != b'/'), 0..40)
}

proptest! {
    #[test]
    fn a_segment_can_be_read_back_from_its_token(segment in segment()) {
        let token = escape_segment(&segment);
        prop_assert_eq!(properties::tokens(&token).len(), 1);
        prop_assert_eq!(properties::unescape(&token), Some(segment));
    }

    #[test]
    fn two_paths_share_a_subject_only_if_they_are_one(a in "/[a-b./%*> ~]{0,12}", b in "/[a-b./%*> ~]{0,12}") {
        properties::paths(&root(), &Method::GET, &a, &b);
    }

    #[test]
    fn long_paths_stay_short_and_apart(a in "/[a-c/]{500,3000}", b in "/[a-c/]{500,3000}") {
        properties::paths(&root(), &Method::GET, &a, &b);
    }

    #[test]
    fn no_path_leaves_its_class(path in "/\\PC{0,60}") {
        properties::paths(&root(), &Method::GET, &path, "/");
    }

    #[test]
    fn a_prefix_owns_what_lies_below_it_and_nothing_else(
        prefix in "(/[a-b%.*]{1,3}){0,3}/?", path in "(/[a-b%.*]{1,3}){0,5}(/|/{300})?"
    ) {
        properties::filters_cover(&root(), &format!("/{prefix}"), &format!("/{path}"));
        properties::filters_cover(&root(), &prefix, &format!("{prefix}{path}"));
    }

    #[test]
    fn what_a_foreign_subject_claims_is_plain_or_nothing(text in "(uptake.reply.)?[a-b.*>% $-]{0,20}|\\PC{0,40}") {
        properties::foreign_subject(&root(), &text);
    }
}

#[test]
fn nasty_paths_have_the_subjects_that_the_wire_format_names() {
    for (path, subject) in [
        ("/", "%"),
        ("/animals/dog", "animals.dog"),
        ("/a//b", "a.%.b"),
        ("/users/", "users.%"),
        ("/a%2Fb", "a%252Fb"),
        ("/a.b", "a%2Eb"),
        ("/*", "%2A"),
        ("/>", "%3E"),
        ("/$JS", "%24JS"),
        ("/%0d%0a", "%250d%250a"),
        ("/ü", "%C3%BC"),
        ("/~x-y_z", "~x-y_z"),
    ] {
        assert_eq!(escape_path(path), subject, "{path}");
    }
}

#[test]
fn tokens_that_are_no_single_path_of_a_request_stand_for_none() {
    let hashed = escape_path(&format!("/users/{}", "a".repeat(2000)));
    for tokens in
        ["", "users.", "users.>", "users.*", "*", "a%2", "a%G0", "%+1", "%FF", "%C3%BC", "a%20b", &hashed]
    {
        assert_eq!(unescape_path(tokens), None, "{tokens}");
    }
    assert_eq!(unescape_path("openapi.hello%2Ejson").as_deref(), Some("/openapi/hello.json"));
}

#[test]
fn a_hashed_tail_cannot_be_sent_as_a_segment() {
    let long = format!("/users/{}", "a".repeat(2000));
    let subject = escape_path(&long);
    let tail = subject.strip_prefix("users.").unwrap();
    assert!(tail.starts_with("%~"));
    let imitation = format!("/users/{tail}");
    assert_ne!(escape_path(&imitation), subject);
    assert_ne!(escape_path(&format!("/users/{}", &tail[1..])), subject);
}

#[test]
fn a_long_path_still_routes_by_its_head() {
    let long = format!("/users/{}", "a/".repeat(4000));
    assert!(escape_path(&long).starts_with("users.a.a."));
    assert_eq!(filters(&root(), Class::Call, "/users"), ["uptake.call.*.users", "uptake.call.*.users.>"]);
    assert_eq!(filters(&root(), Class::Call, "/"), ["uptake.call.*.>"]);
}

#[test]
fn only_plain_tokens_make_a_root_and_a_reply_subject() {
    for good in ["uptake", "acme.prod", "a-b_c.D9"] {
        assert!(good.parse::<Root>().is_ok(), "{good}");
    }
    for bad in ["", ".", "a.", "a..b", "a b", "a.*", ">", "$JS", "ü", &"x".repeat(65)] {
        assert!(bad.parse::<Root>().is_err(), "{bad}");
    }
    let cases = HashMap::from([
        ("uptake.reply.proxy.0a1b.7-ff", true),
        ("uptake.reply.worker-rating_service.0a1b.7-ff", true),
        ("uptake.reply.proxy.0a1b", false),
        ("uptake.reply.proxy.0a1b.7.8", false),
        ("uptake.reply.proxy.*.7", false),
        ("uptake.reply.proxy.a b.7", false),
        ("uptake.call.get.users.7.8", false),
        ("$JS.API.STREAM.DELETE.x", false),
        ("other.reply.proxy.0a1b.7", false),
    ]);
    for (subject, expected) in cases {
        assert_eq!(root().is_reply(subject), expected, "{subject}");
    }
}
