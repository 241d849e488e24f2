//! What the guides list is what there is: a scope, a transform or a status that is added shows here until it is written
//! down. That their samples work is the affair of scripts/guides.

use domain::ProblemKind;
use domain::access::key_scopes;
use domain::mapping::TRANSFORMS;
use domain::resources::REGISTRY;

/// Fails where a guide does not name one of these.
#[track_caller]
fn names(guide: &str, things: impl IntoIterator<Item = String>) {
    let missing: Vec<String> = things.into_iter().filter(|thing| !guide.contains(thing)).collect();
    assert!(missing.is_empty(), "the guide does not tell of {missing:?}");
}

#[test]
fn every_scope_is_told() {
    let guide = include_str!("../../docs/authentication.md");
    names(guide, key_scopes(REGISTRY).into_iter().map(|scope| format!("`{scope}`")));
}

#[test]
fn every_transform_is_told() {
    let guide = include_str!("../../docs/import.md");
    names(guide, TRANSFORMS.iter().map(|transform| format!("`{}`", transform.example)));
}

#[test]
fn every_status_is_told() {
    let guide = include_str!("../../docs/errors.md");
    let (_, table) = guide.split_once("## Which to try again").unwrap();
    names(table, ProblemKind::ALL.iter().map(|kind| kind.entry().status.to_string()));
}
