//! What a mapping may say, and what it is told when it says something else.

use serde_json::{Value as Json, json};

use super::{codes, mapping};
use crate::mapping::{Direction, Mapping};
use crate::problem::Violation;
use crate::resources::{COURSE, EVENT, MEMBER, REGISTRY};

fn refused(rules: &Json) -> Vec<Violation> {
    Mapping::parse(&MEMBER, rules).expect_err("must be refused")
}

/// One rule, refused with this path, code and hint.
fn assert_refused(rule: &Json, path: &str, code: &str, hint: &str) {
    let found = refused(&json!([rule]));
    assert_eq!(codes(&found), [(format!("[0]{path}").as_str(), code)], "{rule}");
    assert!(found[0].message.contains(hint), "{}", found[0].message);
}

#[test]
fn a_mapping_is_written_as_it_was_read() {
    let rules = json!([
        {"external": "Email_Address", "field": "email", "direction": "inbound", "transforms": [
            {"trim": true}, {"lowercase": true}]},
        {"external": "Born", "field": "dateOfBirth", "direction": "both", "transforms": [
            {"nullIf": ["n/a"]}, {"dateFormat": "%d/%m/%Y"}]},
        {"external": "Sex", "field": "gender", "direction": "both", "transforms": [
            {"map": {"M": "male"}, "otherwise": "error"}, {"default": "not_specified"}]},
        {"external": "Shirt", "field": "customFields.shirtSize", "direction": "outbound", "transforms": []},
        {"external": "Updated", "field": "updatedAt", "direction": "outbound", "transforms": [
            {"dateTimeFormat": "%F %T", "timezone": "Europe/Berlin"}]},
    ]);
    let read = mapping(&MEMBER, &rules);
    assert_eq!(read.to_json(), rules);
    assert_eq!(mapping(&MEMBER, &read.to_json()).rules(), read.rules());
    let file = read.to_file();
    assert_eq!(file, json!({"resource": "members", "rules": rules}));
    assert_eq!(Mapping::parse_file(REGISTRY, &file).unwrap().rules(), read.rules());
}

#[test]
fn direction_and_transforms_have_defaults() {
    let read = mapping(&MEMBER, &json!([{"external": "E", "field": "email"}]));
    let [rule] = read.rules() else { panic!("one rule") };
    assert_eq!((rule.external(), rule.field().as_str(), rule.direction()), ("E", "email", Direction::Both));
    let written = json!([{"external": "E", "field": "email", "direction": "both", "transforms": []}]);
    assert_eq!(read.to_json(), written);
}

#[test]
fn each_part_of_a_rule_is_checked() {
    assert_refused(&json!("email"), "", "invalid_type", "object such as");
    assert_refused(&json!({"field": "email"}), ".external", "required", "column");
    assert_refused(&json!({"external": " ", "field": "email"}), ".external", "invalid_type", "column");
    assert_refused(&json!({"external": "E"}), ".field", "required", "customFields.badgeName");
    assert_refused(
        &json!({"external": "E", "field": "emial"}),
        ".field",
        "unknown_field",
        "Did you mean email",
    );
    assert_refused(
        &json!({"external": "E", "field": "shirt"}),
        ".field",
        "unknown_field",
        "customFields.key",
    );
    assert_refused(&json!({"external": "E", "field": "email.x"}), ".field", "unknown_field", "no field");
    assert_refused(&json!({"external": "E", "field": "customFields.9"}), ".field", "invalid_key", "letter");
    let mail = |extra: Json| {
        let mut rule = json!({"external": "E", "field": "email"});
        rule.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        rule
    };
    assert_refused(&mail(json!({"direction": "in"})), ".direction", "invalid_choice", "Did you mean inbound");
    assert_refused(&mail(json!({"transform": []})), ".transform", "unknown_field", "Did you mean transforms");
    assert_refused(&mail(json!({"transforms": {"trim": true}})), ".transforms", "invalid_type", "list");
    assert_refused(
        &mail(json!({"transforms": [{"trm": true}]})),
        ".transforms[0]",
        "unknown_transform",
        "trim",
    );
    let many: Vec<Json> = vec![json!({"trim": true}); 21];
    assert_refused(&mail(json!({"transforms": many})), ".transforms", "invalid_type", "20");
}

#[test]
fn what_the_server_sets_goes_out_only() {
    assert_refused(&json!({"external": "Id", "field": "id"}), ".field", "read_only", "\"outbound\"");
    mapping(&MEMBER, &json!([{"external": "Id", "field": "id", "direction": "outbound"}]));
}

#[test]
fn transforms_must_fit_the_field() {
    let fits = |field: &str, transform: Json| {
        let rule = json!({"external": "E", "field": field, "transforms": [transform]});
        assert_refused(&rule, ".transforms[0]", "transform_mismatch", field);
    };
    fits("email", json!({"dateFormat": "%d/%m/%Y"}));
    fits("company", json!({"split": ";"}));
    fits("customFields.tags", json!({"split": ";"}));
    fits("city", json!({"country": true}));
    fits("joinedAt", json!({"dateTimeFormat": "%d/%m/%Y"}));
    fits("profilePublic", json!({"number": true}));
    fits("status", json!({"boolean": {"true": ["y"], "false": ["n"]}}));
    fits("customFields", json!({"lowercase": true}));
    fits("bio", json!({"json": true}));
    let start = json!([{"external": "E", "field": "eventStart", "transforms": [{"dateFormat": "%d/%m/%Y"}]}]);
    let found = Mapping::parse(&EVENT, &start).unwrap_err();
    assert!(found[0].message.ends_with("Use dateTimeFormat instead."), "{}", found[0].message);

    let all = json!([
        {"external": "A", "field": "customFields.a", "transforms": [{"dateFormat": "%d/%m/%Y"}]},
        {"external": "B", "field": "customFields.b", "transforms": [{"number": {"decimal": ","}}]},
        {"external": "C", "field": "startDate", "transforms": [{"dateTimeFormat": "%d/%m/%Y"}]},
        {"external": "D", "field": "membersPrice", "transforms": [{"replace": {"from": "$", "to": ""}}, {"number": true}]},
        {"external": "E", "field": "categories", "transforms": [{"split": "|"}, {"map": {"x": "Ethics"}}]},
    ]);
    mapping(&COURSE, &all);
}

#[test]
fn a_value_is_read_in_one_way() {
    let rule = json!({"external": "E", "field": "customFields.a", "transforms": [
        {"trim": true}, {"dateFormat": "%F"}, {"number": true}]});
    assert_refused(&rule, ".transforms[2]", "transform_conflict", "number cannot follow dateFormat");
}

#[test]
fn mapped_words_must_be_words_of_the_field() {
    let gender = |transforms: Json| json!({"external": "G", "field": "gender", "transforms": transforms});
    let wrong = gender(json!([{"trim": true}, {"map": {"M": "mail", "F": "female"}}]));
    assert_refused(&wrong, ".transforms[1]", "invalid_choice", "Did you mean male");
    assert_refused(
        &gender(json!([{"default": "unknown"}])),
        ".transforms[0]",
        "invalid_choice",
        "not_specified",
    );
    mapping(&MEMBER, &json!([gender(json!([{"map": {"M": "MALE", "?": null}}, {"lowercase": true}]))]));
    let mapped_twice = gender(json!([{"default": "?"}, {"map": {"?": "not_specified", "M": "male"}}]));
    mapping(&MEMBER, &json!([mapped_twice]));
    let status = json!({"external": "S", "field": "status", "transforms": [{"map": {"Done": "completed"}}]});
    mapping(&EVENT, &json!([status]));
}

#[test]
fn no_field_and_no_column_is_written_twice() {
    let found = refused(&json!([
        {"external": "Mail", "field": "email"},
        {"external": "E-mail", "field": "email", "direction": "inbound"},
        {"external": "Mail", "field": "company", "direction": "outbound"},
        {"external": "Extra", "field": "customFields"},
        {"external": "Shirt", "field": "customFields.shirt"},
    ]));
    let expected = [
        ("[1].field", "duplicate_field"),
        ("[2].external", "duplicate_column"),
        ("[4].field", "duplicate_field"),
    ];
    assert_eq!(codes(&found), expected);
    assert!(found[0].message.contains("`Mail` by rule [0]"), "{}", found[0].message);

    // One column may fill two fields, and one field may be written to two columns.
    mapping(
        &MEMBER,
        &json!([
            {"external": "Mail", "field": "email"},
            {"external": "Mail", "field": "externalId", "direction": "inbound"},
            {"external": "Mail 2", "field": "email", "direction": "outbound"},
            {"external": "A", "field": "customFields.a"},
            {"external": "B", "field": "customFields.b"},
        ]),
    );
}

#[test]
fn all_violations_come_at_once_with_their_paths() {
    let found = refused(&json!([
        {"external": "A", "field": "nope"},
        {"external": "B", "field": "email", "transforms": [{"trim": true}, {"dateFormat": "%d"}, {"x": 1}]},
        7,
        {"external": "C", "field": "email", "direction": "sideways"},
    ]));
    let expected = [
        ("[0].field", "unknown_field"),
        ("[1].transforms[1]", "invalid_pattern"),
        ("[1].transforms[2]", "unknown_transform"),
        ("[2]", "invalid_type"),
        ("[3].direction", "invalid_choice"),
    ];
    assert_eq!(codes(&found), expected);
}

#[test]
fn the_list_itself_is_checked() {
    for rules in [json!(null), json!({"email": "Email"}), json!("x")] {
        assert_eq!(codes(&refused(&rules)), [("", "invalid_type")]);
    }
    let many = Json::from(vec![json!({"external": "E", "field": "email"}); 501]);
    assert_eq!(codes(&refused(&many)), [("", "too_many_items")]);
    assert!(Mapping::parse(&MEMBER, &json!([])).is_ok());
}

#[test]
fn a_file_names_its_resource() {
    let read = |file: Json| {
        Mapping::parse_file(REGISTRY, &file)
            .map_err(|found| found.into_iter().map(|it| (it.property_path, it.code)).collect::<Vec<_>>())
    };
    let pairs = |expected: &[(&str, &'static str)]| {
        expected.iter().map(|(path, code)| ((*path).to_owned(), *code)).collect::<Vec<_>>()
    };
    assert_eq!(read(json!([])).unwrap_err(), pairs(&[("", "invalid_type")]));
    assert_eq!(
        read(json!({"resource": "member", "rules": []})).unwrap_err(),
        pairs(&[("resource", "invalid_choice")])
    );
    assert_eq!(read(json!({"resource": "events"})).unwrap_err(), pairs(&[("rules", "invalid_type")]));
    let both = json!({"resource": "events", "rules": [{"external": "E", "field": "email"}], "rule": 1});
    assert_eq!(
        read(both).unwrap_err(),
        pairs(&[("rule", "unknown_field"), ("rules[0].field", "unknown_field")])
    );
}
