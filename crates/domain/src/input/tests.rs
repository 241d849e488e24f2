//! Reading bodies of the product's own resources, as clients send them.

use serde_json::{Value as Json, json};

use super::*;
use crate::json::Layout;
use crate::resources::{EVENT, MEMBER};

fn context() -> Context {
    Context::new(Timestamp::parse("2026-11-24T00:00:00Z").unwrap(), "Australia/Sydney", "AU")
}

fn object(json: Json) -> Object {
    match json {
        Json::Object(object) => object,
        other => panic!("no object: {other}"),
    }
}

fn create(body: Json) -> Result<Record, Problem> {
    apply(&MEMBER, None, &object(body), Mode::Create, &context())
}

fn jane() -> Record {
    create(json!({"firstName": "Jane", "lastName": "Doe", "email": "jane@example.org"})).unwrap()
}

fn codes(result: Result<Record, Problem>) -> Vec<(String, &'static str)> {
    let problem = result.unwrap_err();
    problem.violations.into_iter().map(|it| (it.property_path, it.code)).collect()
}

fn pairs(expected: &[(&str, &'static str)]) -> Vec<(String, &'static str)> {
    expected.iter().map(|(path, code)| ((*path).to_owned(), *code)).collect()
}

#[test]
fn defaults_are_those_of_the_domain() {
    let member = jane();
    let get = |name| member.get(&MEMBER, name).clone();
    assert_eq!(get("status"), Value::Text("active".to_owned()));
    // Midnight UTC is already the 24th in Sydney.
    assert_eq!(get("joinedAt"), Value::Text("2026-11-24".to_owned()));
    assert_eq!(get("interests"), Value::Json("[]".to_owned()));
    assert_eq!(get("customFields"), Value::Json("{}".to_owned()));
    assert_eq!(get("profilePublic"), Value::Boolean(false));
    assert_eq!(get("company"), Value::Null);
}

#[test]
fn all_violations_come_at_once() {
    let found = codes(create(json!({
        "firstName": " ", "email": "jane@", "status": "activ", "dateOfBirth": "1899-01-01",
        "websiteUrl": "ftp://x", "mobile": "call me", "country": "XX", "interests": ["a", "a"],
        "profilePublic": "yes", "memberNumber": 7, "emial": "x",
    })));
    let expected = pairs(&[
        ("firstName", "required"),
        ("email", "invalid_email"),
        ("status", "invalid_choice"),
        ("dateOfBirth", "out_of_range"),
        ("websiteUrl", "invalid_url"),
        ("country", "invalid_country"),
        ("interests[1]", "duplicate_item"),
        ("profilePublic", "invalid_type"),
        ("memberNumber", "read_only"),
        ("emial", "unknown_field"),
        ("mobile", "invalid_phone"),
        ("lastName", "required"),
    ]);
    assert_eq!(found, expected);
}

#[test]
fn one_letter_is_a_name_outside_the_latin_script() {
    let named = |name: &str| create(json!({"firstName": name, "lastName": "Doe", "email": "j@example.org"}));
    assert!(named("陽").is_ok());
    for short in ["J", "é", "🙂", "1"] {
        assert_eq!(codes(named(short)), pairs(&[("firstName", "too_short")]), "{short}");
    }
    assert!(named(&"x".repeat(100)).is_ok());
    assert_eq!(codes(named(&"x".repeat(101))), pairs(&[("firstName", "too_long")]));
}

#[test]
fn phones_follow_the_record_s_country_wherever_it_stands() {
    let body = json!({
        "firstName": "Jo", "lastName": "Doe", "email": "j@example.org", "mobile": "021 123 4567", "country": "nz",
    });
    let member = create(body).unwrap();
    assert_eq!(member.text(&MEMBER, "mobile"), Some("+64211234567"));
    assert_eq!(member.text(&MEMBER, "country"), Some("NZ"));

    // A number that was no number of the country before can be one of the country that follows.
    let body = json!({
        "firstName": "Jo", "lastName": "Doe", "email": "j@example.org", "mobile": "2196 652 973",
    });
    let member = create(body).unwrap();
    assert_eq!(member.text(&MEMBER, "mobile"), Some("2196 652 973"));
    let moved =
        apply(&MEMBER, Some(&member), &object(json!({"country": "NZ"})), Mode::Patch, &context()).unwrap();
    assert_eq!(moved.text(&MEMBER, "mobile"), Some("+642196652973"));
}

#[test]
fn a_patch_merges_and_a_replacement_resets() {
    let mut jane = jane();
    jane.set(&MEMBER, "company", Value::Text("Acme".to_owned()));
    jane.set(&MEMBER, "customFields", Value::Json(r#"{"a":1,"b":2}"#.to_owned()));
    let body = object(json!({"customFields": {"b": null, "c": true}, "city": "Perth"}));
    let patched = apply(&MEMBER, Some(&jane), &body, Mode::Patch, &context()).unwrap();
    assert_eq!(patched.text(&MEMBER, "customFields"), Some(r#"{"a":1,"c":true}"#));
    assert_eq!(patched.text(&MEMBER, "company"), Some("Acme"));
    let body = object(json!({"firstName": "Jane", "lastName": "Doe", "email": "jane@example.org"}));
    let replaced = apply(&MEMBER, Some(&jane), &body, Mode::Replace, &context()).unwrap();
    assert_eq!(replaced.get(&MEMBER, "company"), &Value::Null);
    assert_eq!(replaced.text(&MEMBER, "customFields"), Some("{}"));
    let body = object(json!({"company": null, "customFields": null, "email": null}));
    let found = codes(apply(&MEMBER, Some(&jane), &body, Mode::Patch, &context()));
    assert_eq!(found, pairs(&[("email", "required")]));
}

#[test]
fn what_was_read_can_be_sent_back() {
    let mut jane = jane();
    jane.set(&MEMBER, "memberNumber", Value::Integer(7));
    jane.set(&MEMBER, "createdAt", Value::Integer(1_700_000_000_123_000));
    jane.set(&MEMBER, "crmId", Value::Text("crm-1".to_owned()));
    let mut shown = Vec::new();
    Layout::new(&MEMBER, None).write_record(&mut shown, context().now, &jane);
    let mut body = object(serde_json::from_slice(&shown).unwrap());
    // The same moment, written otherwise.
    body.insert("createdAt".to_owned(), json!("2023-11-15T09:13:20.123+11:00"));
    for mode in [Mode::Replace, Mode::Patch] {
        assert_eq!(apply(&MEMBER, Some(&jane), &body, mode, &context()), Ok(jane.clone()));
    }
    body.insert("crmId".to_owned(), json!("crm-2"));
    let found = codes(apply(&MEMBER, Some(&jane), &body, Mode::Patch, &context()));
    assert_eq!(found, pairs(&[("crmId", "integration_only")]));
    let context = Context { integration: true, ..context() };
    assert!(apply(&MEMBER, Some(&jane), &body, Mode::Patch, &context).is_ok());
}

#[test]
fn fields_that_the_organisation_requires_are_required() {
    let context = Context { required: vec!["company".to_owned()], ..context() };
    let body = object(json!({"firstName": "Jane", "lastName": "Doe", "email": "jane@example.org"}));
    let created = apply(&MEMBER, None, &body, Mode::Create, &context);
    assert_eq!(codes(created), pairs(&[("company", "required")]));
    // A record from before the rule can still be changed elsewhere, but not emptied.
    let jane = jane();
    let patch = |body| apply(&MEMBER, Some(&jane), &object(body), Mode::Patch, &context);
    assert!(patch(json!({"city": "Perth"})).is_ok());
    assert_eq!(codes(patch(json!({"company": ""}))), pairs(&[("company", "required")]));
}

#[test]
fn html_is_sanitised_and_stays_acceptable() {
    let with = |bio: &str| {
        create(json!({"firstName": "Jane", "lastName": "Doe", "email": "j@example.org", "bio": bio}))
    };
    let member = with("<p onclick=x>Hi <script>alert(1)</script><b>you</b></p>").unwrap();
    assert_eq!(member.text(&MEMBER, "bio"), Some("<p>Hi <b>you</b></p>"));
    assert_eq!(with("<script>x</script>").unwrap().get(&MEMBER, "bio"), &Value::Null);
    // 6,000 ampersands grow to 30,000 characters, more than could be sent back.
    assert_eq!(codes(with(&"&".repeat(6_000))), pairs(&[("bio", "too_long")]));
}

#[test]
fn inner_violations_have_their_path() {
    let body = object(json!({
        "name": "Gala",
        "speakers": [{"name": "Ann"}, {"job": "x", "photoUrl": "no"}, 7],
        "cpdPoints": 1.25,
        "meetingUrl": "http://",
    }));
    let found = codes(apply(&EVENT, None, &body, Mode::Create, &context()));
    let expected = pairs(&[
        ("speakers[1].job", "unknown_field"),
        ("speakers[1].name", "required"),
        ("speakers[1].photoUrl", "invalid_url"),
        ("speakers[2]", "invalid_type"),
        ("cpdPoints", "not_a_multiple"),
        ("meetingUrl", "invalid_url"),
    ]);
    assert_eq!(found, expected);
}

#[test]
fn control_characters_are_refused_everywhere() {
    for (field, value) in [
        ("firstName", json!("Ja\u{0}ne")),
        ("bio", json!("a\u{0}b")),
        ("interests", json!(["a\u{0}"])),
        ("customFields", json!({"k": "\u{0}"})),
        ("externalId", json!("\u{7}1")),
    ] {
        let mut body = object(json!({"firstName": "Jane", "lastName": "Doe", "email": "j@example.org"}));
        body.insert(field.to_owned(), value);
        let found = codes(apply(&MEMBER, None, &body, Mode::Create, &context()));
        assert_eq!(found.len(), 1, "{field}");
        assert_eq!(found[0].1, "invalid_characters", "{field}");
    }
}

#[test]
fn an_event_across_a_daylight_saving_change_lasts_as_long_as_it_lasts() {
    // Sydney's clocks go forward at 02:00 on 2027-10-03: from 01:00 to 04:00 are two hours.
    let body = object(json!({
        "name": "Night hike", "timezone": "australia/sydney",
        "eventStart": "2027-10-03T01:00:00+10:00", "eventEnd": "2027-10-03T04:00:00+11:00",
    }));
    let event = apply(&EVENT, None, &body, Mode::Create, &context()).unwrap();
    assert_eq!(event.integer(&EVENT, "duration"), Some(120));
    assert_eq!(event.text(&EVENT, "timezone"), Some("Australia/Sydney"));
}

#[test]
fn a_derived_status_can_be_sent_back_but_not_be_set() {
    let start = json!({
        "name": "Talk", "status": "published", "eventStart": "2026-12-01T09:00:00Z",
        "eventEnd": "2026-12-01T10:00:00Z", "location": "Hall",
    });
    let event = apply(&EVENT, None, &object(start), Mode::Create, &context()).unwrap();
    let completed = object(json!({"status": "completed"}));
    let early = apply(&EVENT, Some(&event), &completed, Mode::Patch, &context());
    assert_eq!(codes(early), pairs(&[("status", "invalid_choice")]));
    let later = Context { now: Timestamp::parse("2026-12-02T00:00:00Z").unwrap(), ..context() };
    assert_eq!(apply(&EVENT, Some(&event), &completed, Mode::Patch, &later), Ok(event.clone()));
}

#[test]
fn an_upsert_that_made_a_record_changes_nothing_when_it_comes_again() {
    let upsert = json!({
        "firstName": "Jane", "lastName": "Doe", "email": "jane@example.org", "company": null,
        "customFields": {"seat": 12, "shirt": null},
    });
    let upsert = object(upsert);
    let made = apply(&MEMBER, None, &for_new(&MEMBER, &upsert), Mode::Create, &context()).unwrap();
    assert_eq!(made.text(&MEMBER, "customFields"), Some(r#"{"seat":12}"#));
    assert_eq!(apply(&MEMBER, Some(&made), &upsert, Mode::Patch, &context()), Ok(made));
}
