mod sample;

use std::fs::{read, read_to_string};

fn main() {
    for folder in std::env::args().skip(1) {
        let file = |name: &str| format!("{folder}/{name}");
        let mut headers = http::HeaderMap::new();
        for name in ["webhook-id", "webhook-timestamp", "webhook-signature"] {
            let value = read_to_string(file(name.trim_start_matches("webhook-"))).unwrap();
            headers.insert(name, value.parse().unwrap());
        }
        let secret = read_to_string(file("secret")).unwrap();
        let outcome = sample::verify(&secret, &headers, &read(file("body")).unwrap());
        println!("{}", if outcome.is_ok() { "taken" } else { "refused" });
    }
}
