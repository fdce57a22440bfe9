//! Any bytes, with and without a charset from the server.

#![no_main]

use libfuzzer_sys::fuzz_target;

const TYPES: [Option<&str>; 4] =
    [None, Some("text/xml; charset=utf-8"), Some("text/html; charset=koi8-r"), Some("application/json")];

fuzz_target!(|bytes: &[u8]| {
    // The length decides, so that a seed is a feed as it is, without a byte of ours in front.
    tidings_fuzz::check(bytes, TYPES[bytes.len() % TYPES.len()]);
});
