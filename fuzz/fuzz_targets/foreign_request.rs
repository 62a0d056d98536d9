#![no_main]

libfuzzer_sys::fuzz_target!(|octets: &[u8]| uptake_fuzz::foreign_request(octets));
