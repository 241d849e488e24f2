//! What lies in `deploy/` fits the program: options that there are, figures that are shown.

use std::collections::BTreeSet;

use super::*;

const FILES: [(&str, &str); 5] = [
    ("memberpulse.service", include_str!("../../deploy/memberpulse.service")),
    ("Dockerfile", include_str!("../../deploy/Dockerfile")),
    ("compose.yaml", include_str!("../../deploy/compose.yaml")),
    ("kubernetes.yaml", include_str!("../../deploy/kubernetes.yaml")),
    ("deploy.md", include_str!("../../docs/deploy.md")),
];

/// All words of a text that begin so.
fn words<'a>(text: &'a str, beginning: &str) -> BTreeSet<&'a str> {
    let end = |text: &'a str| {
        let other = |it: char| !(it.is_ascii_alphanumeric() || it == '_' || it == '-');
        text.split(other).next().unwrap_or(text)
    };
    text.match_indices(beginning).map(|(at, _)| end(&text[at..])).collect()
}

#[test]
fn variables_and_options_exist() {
    let store = Store::directory();
    let help: String =
        [&["serve", "--help"][..], &["backup", "--help"], &["restore", "--help"], &["check", "--help"]]
            .iter()
            .map(|arguments| store.run(arguments).out)
            .collect();
    let (variables, options) = (words(&help, "MEMBERPULSE_"), words(&help, "--"));
    let mut used = 0;
    for (file, text) in FILES {
        for variable in words(text, "MEMBERPULSE_").into_iter().filter(|it| *it != "MEMBERPULSE_") {
            assert!(variables.contains(variable), "{file}: {variable}");
            used += 1;
        }
        for line in text.lines().filter(|line| line.contains("memberpulse serve")) {
            for option in words(line, "--") {
                assert!(options.contains(option), "{file}: {option}");
                used += 1;
            }
        }
    }
    assert!(used > 20, "{used}");
}

#[test]
fn the_dashboard_asks_for_figures_that_are_shown() {
    let dashboard: Json = serde_json::from_str(include_str!("../../deploy/grafana-dashboard.json")).unwrap();
    let described = include_str!("../../docs/metrics.md");
    let mut asked = BTreeSet::new();
    for panel in dashboard["panels"].as_array().unwrap() {
        for target in panel["targets"].as_array().into_iter().flatten() {
            asked.extend(words(target["expr"].as_str().unwrap(), "memberpulse_"));
        }
    }
    let base = |name: &str| name.strip_suffix("_bucket").unwrap_or(name).to_owned();
    for figure in &asked {
        assert!(described.contains(&format!("| `{}`", base(figure))), "{figure}");
    }
    // And it leaves none out.
    assert_eq!(asked.len(), described.lines().filter(|line| line.starts_with("| `")).count());
}
