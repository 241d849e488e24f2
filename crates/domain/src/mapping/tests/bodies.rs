//! From outside records to bodies and back: kinds, emptiness, custom fields.

use serde_json::{Value as Json, json};

use super::{codes, context, mapping, object};
use crate::input::{Mode, apply};
use crate::json::{Layout, Object, parse};
use crate::mapping::{Mapping, cell};
use crate::resources::{COURSE, EVENT, MEMBER};
use crate::time::zone;

/// A mapping of columns `F` to these fields, without transforms.
fn plain(fields: &[&str], resource: &'static crate::Resource) -> Mapping {
    let rules: Json =
        fields.iter().map(|field| json!({"external": field.to_uppercase(), "field": field})).collect();
    mapping(resource, &rules)
}

fn inbound(mapping: &Mapping, external: Json) -> Object {
    mapping.inbound(&object(external)).unwrap_or_else(|found| panic!("{found:#?}"))
}

#[test]
fn texts_become_what_the_field_holds() {
    let event = plain(&["capacity", "cpdPoints", "categories", "speakers", "status", "name"], &EVENT);
    let body = inbound(
        &event,
        json!({
            "CAPACITY": "12", "CPDPOINTS": " 1.5 ", "CATEGORIES": "Ethics", "SPEAKERS": "[{\"name\":\"Mai\"}]",
            "STATUS": "Completed", "NAME": 7,
        }),
    );
    let expected = json!({
        "capacity": 12, "cpdPoints": 1.5, "categories": ["Ethics"], "speakers": [{"name": "Mai"}],
        "status": "published", "name": "7",
    });
    assert_eq!(Json::Object(body), expected);

    let member = plain(&["profilePublic", "status", "postcode", "interests"], &MEMBER);
    for (given, flag) in
        [(json!("TRUE"), true), (json!("no"), false), (json!(1), true), (json!(false), false)]
    {
        assert_eq!(inbound(&member, json!({"PROFILEPUBLIC": given}))["profilePublic"], json!(flag));
    }
    let body = inbound(&member, json!({"STATUS": " Active", "POSTCODE": 2000, "INTERESTS": ["a", "", 7]}));
    assert_eq!(Json::Object(body), json!({"status": "active", "postcode": "2000", "interests": ["a", "7"]}));

    let course = plain(&["membersPrice"], &COURSE);
    assert_eq!(inbound(&course, json!({"MEMBERSPRICE": "49.00"}))["membersPrice"], json!("49.00"));
    assert_eq!(inbound(&course, json!({"MEMBERSPRICE": 49.5}))["membersPrice"], json!("49.5"));
}

#[test]
fn values_of_another_kind_are_refused_by_column() {
    let event = plain(&["capacity", "cpdPoints", "speakers", "name", "customFields"], &EVENT);
    let found = event
        .inbound(&object(json!({
            "CAPACITY": "many", "CPDPOINTS": "1,5", "SPEAKERS": "Mai", "NAME": {"en": "x"}, "CUSTOMFIELDS": "[1]",
        })))
        .unwrap_err();
    let expected =
        ["CAPACITY", "CPDPOINTS", "SPEAKERS", "NAME", "CUSTOMFIELDS"].map(|column| (column, "invalid_type"));
    assert_eq!(codes(&found), expected);
    assert_eq!(found[0].message, "`many` must be a number in digits, such as 12 or 1.5.");
    let member = plain(&["profilePublic"], &MEMBER);
    assert_eq!(
        codes(&member.inbound(&object(json!({"PROFILEPUBLIC": "perhaps"}))).unwrap_err()),
        [("PROFILEPUBLIC", "invalid_type")]
    );
}

#[test]
fn an_empty_cell_states_that_there_is_nothing() {
    let member =
        plain(&["email", "company", "interests", "status", "joinedAt", "customFields.shirt"], &MEMBER);
    for empty in [json!(""), json!("  "), Json::Null, json!([])] {
        let columns = ["EMAIL", "COMPANY", "INTERESTS", "STATUS", "JOINEDAT", "CUSTOMFIELDS.SHIRT"];
        let row: Object = columns.iter().map(|column| ((*column).to_owned(), empty.clone())).collect();
        // What cannot be null has a default of its own.
        let expected =
            json!({"email": null, "company": null, "interests": [], "customFields": {"shirt": null}});
        assert_eq!(Json::Object(member.inbound(&row).unwrap()), expected);
    }
    assert_eq!(Json::Object(inbound(&member, json!({"OTHER": "x"}))), json!({}));
}

#[test]
fn defaults_fill_empty_cells_but_not_absent_columns() {
    let rules = json!([{"external": "Plan", "field": "membershipType", "transforms": [
        {"nullIf": ["-"]}, {"default": "Member"}]}]);
    let member = mapping(&MEMBER, &rules);
    for (row, plan) in [
        (json!({"Plan": ""}), Some("Member")),
        (json!({"Plan": "-"}), Some("Member")),
        (json!({"Plan": "Fellow"}), Some("Fellow")),
        (json!({}), None),
    ] {
        assert_eq!(inbound(&member, row).get("membershipType").and_then(Json::as_str), plan);
    }
}

#[test]
fn custom_fields_keep_their_type_and_gather_in_one_object() {
    let rules = json!([
        {"external": "Shirt", "field": "customFields.shirt"},
        {"external": "Seat", "field": "customFields.seat", "transforms": [{"number": true}]},
        {"external": "Vip", "field": "customFields.vip",
         "transforms": [{"boolean": {"true": ["x"], "false": ["-"]}}]},
    ]);
    let member = mapping(&MEMBER, &rules);
    let body = inbound(&member, json!({"Shirt": "007", "Seat": "12", "Vip": "X"}));
    assert_eq!(Json::Object(body), json!({"customFields": {"shirt": "007", "seat": 12, "vip": true}}));
    let refused = member.inbound(&object(json!({"Shirt": ["S", "M"]}))).unwrap_err();
    assert_eq!(codes(&refused), [("Shirt", "invalid_type")]);
}

#[test]
fn records_go_out_by_the_inverse_rules() {
    let rules = json!([
        {"external": "Born", "field": "dateOfBirth", "transforms": [{"dateFormat": "%d/%m/%Y"}]},
        {"external": "Sex", "field": "gender", "transforms": [{"map": {"M": "male"}}]},
        {"external": "Country", "field": "country", "transforms": [{"country": true}]},
        {"external": "Topics", "field": "interests", "transforms": [{"split": ";"}, {"uppercase": true}]},
        {"external": "Mail", "field": "email", "direction": "inbound"},
        {"external": "Changed", "field": "updatedAt", "direction": "outbound",
         "transforms": [{"dateTimeFormat": "%d/%m/%Y %H:%M"}]},
        {"external": "Shirt", "field": "customFields.shirt"},
        {"external": "Seat", "field": "customFields.seat"},
        {"external": "Id", "field": "externalId", "transforms": [{"prefix": "CRM-"}]},
        {"external": "Bio", "field": "bio"},
    ]);
    let mapping = mapping(&MEMBER, &rules).in_zone(zone("Australia/Sydney").unwrap());
    let shown = json!({
        "dateOfBirth": "1944-02-11", "gender": "male", "country": "GB", "interests": ["A", "B"],
        "email": "a@example.org", "updatedAt": "2026-11-23T20:00:00Z", "customFields": {"seat": 12},
        "externalId": "CRM-7", "city": "Leeds",
    });
    let expected = json!({
        "Born": "11/02/1944", "Sex": "M", "Country": "United Kingdom", "Topics": "A;B",
        "Changed": "24/11/2026 07:00", "Shirt": null, "Seat": 12, "Id": "7",
    });
    assert_eq!(Json::Object(mapping.outbound(&object(shown))), expected);
    let empty = json!({"dateOfBirth": null, "gender": null, "country": null, "interests": []});
    let expected = json!({"Born": null, "Sex": null, "Country": null, "Topics": ""});
    assert_eq!(Json::Object(mapping.outbound(&object(empty))), expected);
}

#[test]
fn cells_are_text() {
    for (value, text) in [
        (json!(null), ""),
        (json!("a\"b"), "a\"b"),
        (json!(1.5), "1.5"),
        (json!(true), "true"),
        (json!(["a"]), "[\"a\"]"),
    ] {
        assert_eq!(cell(&value), text);
    }
}

#[test]
fn a_row_is_checked_to_the_end_with_columns_for_paths() {
    let rules = json!([
        {"external": "Mail", "field": "email"},
        {"external": "First", "field": "firstName"},
        {"external": "Born", "field": "dateOfBirth", "transforms": [{"dateFormat": "%d/%m/%Y"}]},
        {"external": "Web", "field": "websiteUrl"},
        {"external": "Topics", "field": "interests"},
        {"external": "Shirt", "field": "customFields.shirt"},
        {"external": "Long", "field": "customFields.long"},
    ]);
    let mapping = mapping(&MEMBER, &rules);
    let mut context = context();
    context.required = vec!["dateOfBirth".to_owned()];
    let row = json!({"Mail": "x", "First": "Jo", "Born": "31/02/1980", "Web": "linkedin/me",
        "Topics": ["a", "a"], "Shirt": "S", "Long": "x".repeat(2_000)});
    let problem = mapping.check(&object(row), None, Mode::Create, &context).unwrap_err();
    // The unreadable date is not missing besides; what has no column keeps its field's name.
    let expected = [
        ("Born", "invalid_date"),
        ("Mail", "invalid_email"),
        ("Web", "invalid_url"),
        ("Topics", "duplicate_item"),
        ("Long", "too_long"),
        ("lastName", "required"),
    ];
    assert_eq!(codes(&problem.violations), expected);
}

#[test]
fn a_good_row_is_a_record() {
    let rules = json!([
        {"external": "Mail", "field": "email", "transforms": [{"trim": true}, {"lowercase": true}]},
        {"external": "First", "field": "firstName"},
        {"external": "Last", "field": "lastName"},
    ]);
    let mapping = mapping(&MEMBER, &rules);
    let row = object(json!({"Mail": " Jo@Example.ORG", "First": "Jo", "Last": "Doe"}));
    let record = mapping.check(&row, None, Mode::Create, &context()).unwrap();
    assert_eq!(record.text(&MEMBER, "email"), Some("jo@example.org"));
    let body = mapping.inbound(&row).unwrap();
    assert_eq!(apply(&MEMBER, None, &body, Mode::Create, &context()), Ok(record));
}

#[test]
fn an_event_that_has_ended_is_imported_as_it_was_exported() {
    let ended = object(json!({
        "name": "Dinner", "status": "published", "location": "Town hall", "eventStart": "2020-05-01T08:00:00Z",
        "eventEnd": "2020-05-01T10:00:00Z", "speakers": [{"name": "Mai; Nguyen"}],
    }));
    let record = apply(&EVENT, None, &ended, Mode::Create, &context()).unwrap();
    let mut shown = Vec::new();
    Layout::new(&EVENT, None).write_record(&mut shown, context().now, &record);
    let shown = object(parse(&shown).unwrap());
    assert_eq!(shown["status"], json!("completed"));
    let columns = Mapping::identity_columns(&EVENT, &[]);
    let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
    let identity = Mapping::identity(&EVENT, &columns);
    let exported = identity.outbound(&shown);
    let body = identity.inbound(&exported).unwrap();
    assert_eq!(apply(&EVENT, Some(&record), &body, Mode::Replace, &context()).as_ref(), Ok(&record));
    // In another environment it is made anew.
    assert_eq!(apply(&EVENT, None, &body, Mode::Create, &context()), Ok(record));
}
