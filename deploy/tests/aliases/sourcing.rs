//! Whatever happens, the shell of whoever types stays, as it was.

use std::fs;

use crate::checkout::Checkout;
use crate::shells::shells;

#[test]
fn a_bad_argument_of_load_config_never_ends_a_shell() {
    for shell in shells() {
        for options in [&[][..], &["-e"]] {
            let checkout = Checkout::new();
            checkout.succeed("load_config", &["prod", "--context", "prod-eu"]);
            let before = fs::read_to_string(checkout.root.join(".env.current")).unwrap();
            // dash passes no arguments to what is sourced, but what is set.
            let lines = "cd deploy\nset -- staging\n. ../deploy/bin/load_config staging\necho \"alive in ${PWD##*/}\"\n";
            let outcome = shell.type_in(&checkout, options, lines);
            assert!(outcome.stdout.contains("alive in deploy"), "{} {options:?}: {outcome:?}", shell.name);
            assert!(
                outcome.stderr.contains("no configuration 'staging'"),
                "{} {options:?}: {outcome:?}",
                shell.name
            );
            assert_eq!(fs::read_to_string(checkout.root.join(".env.current")).unwrap(), before);
        }
    }
}

#[test]
fn a_configuration_that_is_sourced_is_loaded_and_leaves_no_option_behind() {
    for shell in shells() {
        let checkout = Checkout::new();
        let lines = "set -- dev\n. ./deploy/bin/load_config dev\nfalse\necho \"alive ${never_set:-still}\"\necho \"leaked<$program$overlay>\"\n";
        let outcome = shell.type_in(&checkout, &[], lines);
        assert!(outcome.stdout.contains("alive still\n"), "{}: {outcome:?}", shell.name);
        assert!(outcome.stdout.contains("leaked<>"), "{}: {outcome:?}", shell.name);
        assert!(fs::read_to_string(checkout.root.join(".env.current")).unwrap().contains("OVERLAY=dev"));
    }
}

#[test]
fn the_init_hook_is_silent_loads_dev_and_ends_no_shell() {
    let hook = crate::devbox::init_hook();
    for shell in shells() {
        let checkout = Checkout::new();
        let script = format!("set -e\n{hook}\necho alive\n");
        let outcome = shell.with_aliases(&checkout, &script);
        assert_eq!((outcome.stdout.as_str(), outcome.stderr.as_str()), ("alive\n", ""), "{}", shell.name);
        assert!(
            fs::read_to_string(checkout.root.join(".env.current"))
                .unwrap()
                .contains("KUBE_CONTEXT=k3d-uptake")
        );
        // As on a disk that is full: a folder is in the way of the file.
        fs::create_dir(checkout.root.join(".env.current.new")).unwrap();
        let outcome = shell.with_aliases(&checkout, &script);
        assert!(outcome.stdout.ends_with("alive\n"), "{}: {outcome:?}", shell.name);
    }
}
