//! Fuzzes the reader with any bytes, with and without a Content-Type from the server.

#![no_main]

use libfuzzer_sys::fuzz_target;

const TYPES: [Option<&str>; 4] =
    [None, Some("text/xml; charset=utf-8"), Some("text/html; charset=koi8-r"), Some("application/json")];

fuzz_target!(|bytes: &[u8]| {
    // The length chooses the type, so that any feed can be a seed as it is, without a byte in front of it.
    tidings_fuzz::check(bytes, TYPES[bytes.len() % TYPES.len()]);
});
