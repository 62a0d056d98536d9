//! The shells that people have.

use std::fmt::Write as _;
use std::path::PathBuf;

use test_support::tools;

use crate::checkout::{Checkout, Outcome, found};

pub(crate) struct Shell {
    pub(crate) name: &'static str,
    path: PathBuf,
    /// Makes a script know aliases, as an interactive shell does.
    script: &'static [&'static str],
    /// Makes it interactive, without the files of whoever runs the tests.
    interactive: &'static [&'static str],
}

/// bash, dash, and zsh, which is fetched where it is missing.
pub(crate) fn shells() -> Vec<Shell> {
    let zsh = tools::zsh().unwrap().path;
    vec![
        Shell {
            name: "bash",
            path: found("bash"),
            script: &["-O", "expand_aliases"],
            interactive: &["--norc", "-i"],
        },
        Shell { name: "dash", path: found("dash"), script: &[], interactive: &["-i"] },
        Shell { name: "zsh", path: zsh, script: &["-f"], interactive: &["-f", "-i"] },
    ]
}

impl Shell {
    /// Runs lines in which the aliases of devbox.json are known, as devbox makes them known.
    pub(crate) fn with_aliases(&self, checkout: &Checkout, lines: &str) -> Outcome {
        let mut script = String::new();
        for (name, command) in crate::devbox::strings("aliases") {
            writeln!(script, "alias {name}='{}'", command.replace('\'', r"'\''")).unwrap();
        }
        let file = checkout.root.parent().unwrap().join("script");
        std::fs::write(&file, script + lines).unwrap();
        let file = file.display().to_string();
        checkout.run_in(&checkout.root, &self.path, &[self.script, &[file.as_str()]].concat(), "")
    }

    /// Has this shell read the file of a command, whatever its first line says.
    pub(crate) fn read(&self, checkout: &Checkout, command: &str, arguments: &[&str]) -> Outcome {
        let file = checkout.command(command).display().to_string();
        checkout.run_in(&checkout.root, &self.path, &[&[file.as_str()], arguments].concat(), "")
    }

    /// Types lines into an interactive shell.
    pub(crate) fn type_in(&self, checkout: &Checkout, options: &[&str], lines: &str) -> Outcome {
        checkout.run_in(&checkout.root, &self.path, &[self.interactive, options].concat(), lines)
    }
}
