//! Mappings: no value makes one panic, what went out comes in again.

use domain::definition::Resource;
use domain::input::{Context, Mode, apply};
use domain::json::{Layout, Object, parse};
use domain::mapping::{Mapping, TRANSFORMS, cell};
use domain::resources::{COURSE, EVENT, MEMBER};
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use serde_json::{Map, Value as Json, json};

use super::bodies::bodies;
use super::{Verdict, hold};

const RESOURCES: [&Resource; 3] = [&MEMBER, &EVENT, &COURSE];

fn context() -> Context {
    Context {
        integration: true,
        allow_past: true,
        ..Context::new(testkit::start(), "Australia/Sydney", "AU")
    }
}

fn scalar() -> impl Strategy<Value = Json> + Clone {
    prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        any::<i64>().prop_map(Json::from),
        any::<f64>().prop_map(Json::from),
        any::<String>().prop_map(Json::from),
        "[ -~]{0,20}".prop_map(Json::from),
        "[0-9]{1,2}/[0-9]{1,2}/[0-9]{1,4}( [0-9]{2}:[0-9]{2})?".prop_map(Json::from),
        "[+-]?[0-9]{1,4}([.,' ][0-9]{1,3}){0,3}".prop_map(Json::from),
    ]
}

fn value() -> impl Strategy<Value = Json> {
    prop_oneof![
        4 => scalar(),
        1 => vec(scalar(), 0..4).prop_map(Json::from),
        1 => scalar().prop_map(|value| json!({"a": [value]})),
    ]
}

/// Every field of every resource with every transform that fits it.
fn all_mappings() -> Vec<Mapping> {
    let transforms: Vec<Json> =
        TRANSFORMS.iter().map(|info| serde_json::from_str(info.example).unwrap()).collect();
    let mut all = Vec::new();
    for resource in RESOURCES {
        let names = resource.fields.iter().map(|field| field.name).chain(["customFields.key"]);
        for name in names {
            let none = json!([{"external": "X", "field": name}]);
            let one =
                transforms.iter().map(|it| json!([{"external": "X", "field": name, "transforms": [it]}]));
            all.extend(one.chain([none]).filter_map(|rules| Mapping::parse(resource, &rules).ok()));
        }
    }
    all
}

#[test]
fn no_value_makes_a_mapping_panic() {
    let mappings = all_mappings();
    assert!(mappings.len() > 300, "{}", mappings.len());
    hold(64, &value(), |value| {
        let external: Object = [("X".to_owned(), value.clone())].into_iter().collect();
        for mapping in &mappings {
            drop(mapping.check(&external, None, Mode::Create, &context()));
            let field = mapping.rules()[0].field();
            let name = field.split('.').next().unwrap_or_default().to_owned();
            let shown: Object = [(name, value.clone())].into_iter().collect();
            prop_assert_eq!(mapping.outbound(&shown).len(), 1);
        }
        Ok(())
    });
}

#[test]
fn a_mapping_that_is_taken_is_written_as_it_is_read() {
    let parts = ("[a-zA-Z.%]{0,12}", value(), "[%a-zA-Z0-9/:. -]{0,12}");
    hold(512, &parts, |(name, value, pattern)| {
        let forms =
            [json!({"dateFormat": pattern}), json!({"dateTimeFormat": pattern}), json!({&name: value})];
        for form in forms {
            let rules = json!([{"external": name, "field": "customFields.a", "transforms": [form]}]);
            if let Ok(mapping) = Mapping::parse(&MEMBER, &rules) {
                let again = Mapping::parse(&MEMBER, &mapping.to_json()).unwrap();
                prop_assert_eq!(again.to_json(), mapping.to_json());
            }
        }
        Ok(())
    });
}

#[test]
fn an_export_that_is_imported_again_changes_nothing() {
    for resource in RESOURCES {
        hold(256, &(bodies(resource), custom_fields()), |(mut body, custom)| {
            body.insert("customFields".to_owned(), Json::Object(custom));
            comes_back(resource, &body)
        });
    }
}

/// Custom fields whose values are hard to tell apart in cells. Null is no value of a cell: what is
/// empty is not there.
fn custom_fields() -> impl Strategy<Value = Map<String, Json>> {
    let text = prop_oneof![
        "[a-zA-Zé;,\" ']{1,12}",
        "[0-9.eE-]{1,6}",
        Just("true".to_owned()),
        Just("null".to_owned()),
        Just(String::new()),
        Just("  ".to_owned()),
        Just("[\"a\"]".to_owned()),
        Just("{}".to_owned()),
        "\\PC{1,10}",
    ];
    let value = prop_oneof![
        3 => text.prop_map(Json::from),
        1 => any::<i64>().prop_map(Json::from),
        1 => any::<i32>().prop_map(|quarters| Json::from(f64::from(quarters) / 4.0)),
        1 => any::<bool>().prop_map(Json::from),
    ];
    btree_map("[a-z]{1,4}", value, 0..5).prop_map(|entries| entries.into_iter().collect())
}

fn comes_back(resource: &'static Resource, body: &Object) -> Verdict {
    let record = match apply(resource, None, body, Mode::Create, &context()) {
        Ok(record) => record,
        Err(problem) => return Err(TestCaseError::reject(format!("{problem:?}"))),
    };
    let mut shown = Vec::new();
    Layout::new(resource, None).write_record(&mut shown, context().now, &record);
    let Json::Object(shown) = parse(&shown).unwrap() else { panic!("a record is an object") };
    let keys: Vec<&str> = shown["customFields"].as_object().unwrap().keys().map(String::as_str).collect();
    let columns = Mapping::identity_columns(resource, &keys);
    let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
    let identity = Mapping::identity(resource, &columns);

    let exported = identity.outbound(&shown);
    prop_assert_eq!(exported.len(), columns.len());
    let cells: Object = exported.iter().map(|(column, value)| (column.clone(), cell(value).into())).collect();
    for row in [exported, cells] {
        let body = identity.inbound(&row).map_err(|found| TestCaseError::fail(format!("{found:?}")))?;
        for mode in [Mode::Replace, Mode::Patch] {
            let again = apply(resource, Some(&record), &body, mode, &context());
            prop_assert_eq!(again.as_ref(), Ok(&record), "{:?}", &body);
        }
    }
    Ok(())
}

#[test]
fn mapped_words_come_back() {
    let pairs = btree_map("[A-Z]{1,3}", "[a-z]{1,5}", 1..6);
    hold(256, &pairs, |pairs| {
        let map: Map<String, Json> =
            pairs.iter().map(|(theirs, ours)| (theirs.clone(), json!(ours))).collect();
        let rules = json!([{
            "external": "X", "field": "membershipType", "transforms": [{"map": map, "otherwise": "error"}],
        }]);
        let mapping = Mapping::parse(&MEMBER, &rules).unwrap();
        for ours in pairs.values() {
            let shown: Object = [("membershipType".to_owned(), json!(ours))].into_iter().collect();
            let body = mapping.inbound(&mapping.outbound(&shown)).unwrap();
            prop_assert_eq!(body.get("membershipType"), Some(&json!(ours)));
        }
        Ok(())
    });
}
