//! Each transform alone, both ways.

use serde_json::{Value as Json, json};

use super::*;
use crate::time::zone;

fn transform(json: &Json) -> Transform {
    Transform::parse(json).unwrap_or_else(|refusal| panic!("{json}: {}", refusal.message))
}

fn sydney() -> TimeZone {
    zone("Australia/Sydney").unwrap()
}

/// Inbound and outbound are inverse for these pairs (theirs, ours).
fn assert_both_ways(form: &Json, pairs: &[(Json, Json)]) {
    let transform = transform(form);
    for (theirs, ours) in pairs {
        assert_eq!(transform.inbound(theirs.clone(), &sydney()).as_ref(), Ok(ours), "{form} in");
        assert_eq!(transform.outbound(ours.clone(), &sydney()), *theirs, "{form} out");
    }
}

/// Inbound these (theirs) become (ours).
fn assert_inbound(form: &Json, pairs: &[(Json, Json)]) {
    let transform = transform(form);
    for (theirs, ours) in pairs {
        assert_eq!(transform.inbound(theirs.clone(), &sydney()).as_ref(), Ok(ours), "{form} of {theirs}");
    }
}

/// Inbound these are refused; the message names the value.
fn assert_refused(form: &Json, code: &str, refused: &[&str]) {
    let transform = transform(form);
    for given in refused {
        let wrong = transform.inbound(json!(given), &sydney()).expect_err(given);
        assert_eq!(wrong.code, code, "{form} of {given}");
        assert!(wrong.message.contains(given.trim()), "{}", wrong.message);
    }
}

#[test]
fn every_example_is_read_and_written_as_it_is() {
    for info in TRANSFORMS {
        let example: Json = serde_json::from_str(info.example).unwrap();
        let read = transform(&example);
        assert_eq!(read.name(), info.name);
        assert_eq!(read.to_json(), example);
        assert!(!info.doc.is_empty());
    }
}

#[test]
fn empty_values_stay_empty_in_all_but_default() {
    for info in TRANSFORMS.iter().filter(|info| info.name != "default") {
        let transform = transform(&serde_json::from_str(info.example).unwrap());
        for empty in [Json::Null, json!(" "), json!([]), json!([null, ""])] {
            let inbound = transform.inbound(empty.clone(), &sydney());
            assert!(inbound.as_ref().is_ok_and(is_empty), "{} of {empty}: {inbound:?}", info.name);
        }
        assert_eq!(transform.outbound(Json::Null, &sydney()), Json::Null, "{}", info.name);
    }
}

#[test]
fn text_is_changed_on_the_way_in_only() {
    assert_inbound(&json!({"trim": true}), &[(json!("  a b "), json!("a b")), (json!(12), json!(12))]);
    assert_inbound(&json!({"lowercase": true}), &[(json!("ÉA"), json!("éa"))]);
    assert_inbound(&json!({"uppercase": true}), &[(json!(["nsw", "vic"]), json!(["NSW", "VIC"]))]);
    assert_inbound(&json!({"replace": {"from": ".", "to": ""}}), &[(json!("a.b."), json!("ab"))]);
    assert_eq!(transform(&json!({"uppercase": true})).outbound(json!("nsw"), &sydney()), json!("nsw"));
}

#[test]
fn a_prefix_comes_and_goes() {
    let form = json!({"prefix": "CRM-"});
    assert_both_ways(&form, &[(json!("12"), json!("CRM-12")), (json!("CRM-1"), json!("CRM-CRM-1"))]);
    assert_inbound(&form, &[(json!(12), json!("CRM-12")), (json!(" 7 "), json!("CRM-7"))]);
    assert_eq!(transform(&form).outbound(json!("other"), &sydney()), json!("other"));
}

#[test]
fn words_for_nothing_and_values_for_nothing() {
    let words = json!({"nullIf": ["n/a", "-"]});
    assert_inbound(
        &words,
        &[(json!(" N/A "), Json::Null), (json!("-"), Json::Null), (json!("x"), json!("x"))],
    );
    let default = json!({"default": 3});
    assert_inbound(&default, &[(json!(""), json!(3)), (Json::Null, json!(3)), (json!("0"), json!("0"))]);
}

#[test]
fn words_are_mapped_both_ways() {
    let form = json!({"map": {"M": "male", "F": "female", "N/A": null, "Y": true, "man": "male"}});
    assert_both_ways(
        &form,
        &[(json!("M"), json!("male")), (json!("Y"), json!(true)), (json!("Q"), json!("Q"))],
    );
    assert_inbound(&form, &[(json!(" f "), json!("female")), (json!("n/a"), Json::Null)]);
    assert_inbound(&form, &[(json!(["M", "F"]), json!(["male", "female"]))]);
    let exact = json!({"map": {"m": 1, "M": 2}});
    assert_inbound(&exact, &[(json!("M"), json!(2)), (json!("m"), json!(1))]);
    assert_inbound(&json!({"map": {"true": "active"}}), &[(json!(true), json!("active"))]);

    let nothing = json!({"map": {"M": "male"}, "otherwise": "null"});
    assert_inbound(&nothing, &[(json!("Q"), Json::Null)]);
    assert_eq!(transform(&nothing).outbound(json!("other"), &sydney()), Json::Null);
    assert_refused(&json!({"map": {"M": "male"}, "otherwise": "error"}), "invalid_choice", &["Q", "male"]);
}

#[test]
fn booleans_have_words() {
    let form = json!({"boolean": {"true": ["Yes", "y", "1"], "false": ["No"]}});
    assert_both_ways(&form, &[(json!("Yes"), json!(true)), (json!("No"), json!(false))]);
    assert_inbound(
        &form,
        &[(json!("Y"), json!(true)), (json!(1), json!(true)), (json!(false), json!(false))],
    );
    assert_refused(&form, "invalid_type", &["maybe", "0"]);
}

#[test]
fn numbers_have_a_point_or_a_comma() {
    let comma = json!({"number": {"decimal": ","}});
    assert_both_ways(&comma, &[(json!("1234,5"), json!(1234.5)), (json!("-3"), json!(-3))]);
    assert_inbound(
        &comma,
        &[(json!("1.234.567,25"), json!(1_234_567.25)), (json!("1\u{a0}234"), json!(1234))],
    );
    assert_eq!(transform(&comma).outbound(json!("49.00"), &sydney()), json!("49,00"));
    assert_refused(&comma, "invalid_type", &["1.5", "1,2,3", "abc", ",5", "5,", "1..234", "1.234 567"]);

    let point = json!({"number": true});
    assert_inbound(&point, &[(json!("1,234.50"), json!(1234.5)), (json!("\u{2212}7"), json!(-7))]);
    assert_inbound(&point, &[(json!("+10'000"), json!(10_000)), (json!(5), json!(5))]);
    assert_refused(&point, "invalid_type", &["1,5", "1e3", "--1", "$5", "NaN", "12 34", "1,2345"]);
    assert!(transform(&point).inbound(json!("9".repeat(400)), &sydney()).is_err());
}

#[test]
fn dates_follow_their_pattern_strictly() {
    let form = json!({"dateFormat": "%d/%m/%Y"});
    assert_both_ways(
        &form,
        &[
            (json!("11/02/1944"), json!("1944-02-11")),
            (json!("29/02/2024"), json!("2024-02-29")),
            (json!("31/12/9999"), json!("9999-12-31")),
        ],
    );
    assert_inbound(&form, &[(json!(" 1/2/2024 "), json!("2024-02-01"))]);
    let refused = ["31/02/1980", "29/02/2023", "02/13/2024", "01/02/24", "soon", "1/2", "01/02/2024 x"];
    assert_refused(&form, "invalid_date", &refused);
    assert_eq!(transform(&form).outbound(json!("soon"), &sydney()), json!("soon"));

    let message =
        transform(&json!({"dateFormat": "%d/%m/%Y"})).inbound(json!("soon"), &sydney()).unwrap_err().message;
    assert_eq!(message, "`soon` must be a date that exists, written like 28/02/2026 (%d/%m/%Y).");

    assert_both_ways(&json!({"dateFormat": "%d %b %y"}), &[(json!("03 Jul 87"), json!("1987-07-03"))]);
    assert_both_ways(&json!({"dateFormat": "%Y%m%d"}), &[(json!("20240709"), json!("2024-07-09"))]);
    let with_time = json!({"dateFormat": "%Y-%m-%dT%H:%M:%S%.f%z"});
    assert_inbound(&with_time, &[(json!("2019-10-30T23:30:17.883+0000"), json!("2019-10-30"))]);
}

#[test]
fn times_are_of_a_zone() {
    let named = json!({"dateTimeFormat": "%d/%m/%Y %H:%M", "timezone": "America/New_York"});
    assert_both_ways(&named, &[(json!("01/07/2026 09:30"), json!("2026-07-01T13:30:00Z"))]);
    let organisation = json!({"dateTimeFormat": "%d/%m/%Y %I:%M %p"});
    assert_both_ways(&organisation, &[(json!("01/12/2026 09:00 PM"), json!("2026-12-01T10:00:00Z"))]);
    let offset = json!({"dateTimeFormat": "%Y-%m-%dT%H:%M:%S%z"});
    assert_inbound(&offset, &[(json!("2026-12-01T09:00:00+0530"), json!("2026-12-01T03:30:00Z"))]);
    let zoned = json!({"dateTimeFormat": "%Y-%m-%d %H:%M %Q"});
    assert_inbound(&zoned, &[(json!("2026-07-01 09:30 America/New_York"), json!("2026-07-01T13:30:00Z"))]);
    let epoch = json!({"dateTimeFormat": "%s"});
    assert_inbound(&epoch, &[(json!(1_737_396_540), json!("2025-01-20T18:09:00Z"))]);
    let day = json!({"dateTimeFormat": "%d/%m/%Y"});
    assert_both_ways(&day, &[(json!("01/12/2026"), json!("2026-11-30T13:00:00Z"))]);
    // Clocks in Sydney skip the hour from 2 on 4 October 2026, and have it twice on 5 April.
    let skipped = json!({"dateTimeFormat": "%d/%m/%Y %H:%M"});
    assert_refused(
        &skipped,
        "invalid_date_time",
        &["04/10/2026 02:30", "31/02/2026 09:00", "01/01/2026 24:00"],
    );
    assert_inbound(&skipped, &[(json!("05/04/2026 02:30"), json!("2026-04-04T15:30:00Z"))]);
}

#[test]
fn a_pattern_must_read_what_it_writes() {
    for (form, hint) in [
        (json!({"dateFormat": "%d/%m"}), "%d/%m"),
        (json!({"dateFormat": "DD/MM/YYYY"}), "Did you mean %d/%m/%Y?"),
        (json!({"dateFormat": "ymd"}), "%d day"),
        (json!({"dateFormat": "%c"}), "%d day"),
        (json!({"dateFormat": "%d/%m/%"}), "%d day"),
        (json!({"dateFormat": "%K"}), "%d day"),
        (json!({"dateFormat": "%d".repeat(60)}), "%d day"),
        (json!({"dateTimeFormat": "%d/%m/%Y %I:%M"}), "%p"),
        (json!({"dateTimeFormat": "%H:%M"}), "%d day"),
    ] {
        let refusal = Transform::parse(&form).unwrap_err();
        assert_eq!(refusal.code, "invalid_pattern", "{form}");
        assert!(refusal.message.contains(hint), "{}", refusal.message);
    }
}

#[test]
fn countries_have_names_and_codes() {
    let form = json!({"country": true});
    assert_both_ways(
        &form,
        &[
            (json!("Viet Nam"), json!("VN")),
            (json!("United Kingdom"), json!("GB")),
            (json!("New Zealand"), json!("NZ")),
            (json!("South Korea"), json!("KR")),
            (json!("United States"), json!("US")),
        ],
    );
    for (name, code) in [
        ("Vietnam", "VN"),
        ("USA", "US"),
        ("U.S.A.", "US"),
        ("uk", "GB"),
        ("aus", "AU"),
        ("de", "DE"),
        ("The Netherlands", "NL"),
        ("Korea, Republic of", "KR"),
        ("Cote d'Ivoire", "CI"),
        ("Türkiye", "TR"),
        ("Czech Republic", "CZ"),
        ("ST LUCIA", "LC"),
        ("Trinidad & Tobago", "TT"),
        ("  Reunion ", "RE"),
        ("United Kingdom of Great Britain and Northern Ireland", "GB"),
        ("Russia", "RU"),
        ("日本", ""),
    ] {
        let found = transform(&form).inbound(json!(name), &sydney());
        assert_eq!(found.ok(), (!code.is_empty()).then(|| json!(code)), "{name}");
    }
    assert_refused(&form, "invalid_country", &["Atlantis", "ZZ", "12"]);
    let wrong = transform(&form).inbound(json!("Austrlia"), &sydney()).unwrap_err();
    assert!(wrong.message.contains("Australia"), "{}", wrong.message);
}

#[test]
fn lists_stand_in_one_cell() {
    let form = json!({"split": ";"});
    assert_both_ways(
        &form,
        &[
            (json!("Software;Civil"), json!(["Software", "Civil"])),
            (json!("[\"a;b\",\"c\"]"), json!(["a;b", "c"])),
            (json!("[\"[\\\"x\\\"]\"]"), json!(["[\"x\"]"])),
            (json!("[x"), json!(["[x"])),
        ],
    );
    assert_inbound(
        &form,
        &[
            (json!(" a ;; b;a; "), json!(["a", "b"])),
            (json!(12), json!(["12"])),
            (json!(["a;b"]), json!(["a;b"])),
        ],
    );
    assert_eq!(transform(&form).outbound(json!([]), &sydney()), json!(""));
    assert!(transform(&form).inbound(json!({}), &sydney()).is_err());
    assert_both_ways(&json!({"split": ", "}), &[(json!("a, b"), json!(["a", "b"]))]);
}

#[test]
fn json_keeps_what_a_cell_is() {
    assert_both_ways(
        &json!({"json": true}),
        &[
            (json!("plain; text"), json!("plain; text")),
            (json!("12"), json!(12)),
            (json!("\"12\""), json!("12")),
            (json!("1.50"), json!("1.50")),
            (json!("007"), json!("007")),
            (json!("12345678901234567890123"), json!("12345678901234567890123")),
            (json!("true"), json!(true)),
            (json!("\"true\""), json!("true")),
            (json!("\" \""), json!(" ")),
            (json!("[{\"name\":\"Mai\"}]"), json!([{"name": "Mai"}])),
            (json!("{not json"), json!("{not json")),
        ],
    );
}

#[test]
fn broken_transforms_are_refused_with_what_to_do() {
    for (form, code, hint) in [
        (json!("trim"), "invalid_transform", "{\"trim\": true}"),
        (json!({}), "invalid_transform", "empty"),
        (json!({"dateFromat": "%d"}), "unknown_transform", "Did you mean dateFormat"),
        (json!({"zzz": 1}), "unknown_transform", "There are trim"),
        (json!({"trim": true, "lowercase": true}), "invalid_transform", "object of its own"),
        (json!({"trim": false}), "invalid_transform", "{\"trim\":true}"),
        (json!({"trim": true, "otherwise": "keep"}), "invalid_transform", "no option"),
        (json!({"map": {"a": "b"}, "otherwize": "keep"}), "invalid_transform", "Did you mean otherwise"),
        (json!({"map": {"a": "b"}, "otherwise": "skip"}), "invalid_transform", "keep, null or error"),
        (json!({"map": {}}), "invalid_transform", "like {\"map\""),
        (json!({"map": {" ": "b"}}), "invalid_transform", "default"),
        (json!({"map": {"a": ["b"]}}), "invalid_transform", "words"),
        (json!({"split": ""}), "invalid_transform", "like {\"split\""),
        (json!({"replace": {"from": "", "to": "x"}}), "invalid_transform", "like {\"replace\""),
        (json!({"replace": {"from": "x"}}), "invalid_transform", "like {\"replace\""),
        (json!({"nullIf": []}), "invalid_transform", "like {\"nullIf\""),
        (json!({"nullIf": ["a", 1]}), "invalid_transform", "like {\"nullIf\""),
        (json!({"default": null}), "invalid_transform", "like {\"default\""),
        (json!({"default": " "}), "invalid_transform", "like {\"default\""),
        (json!({"number": {"decimal": ";"}}), "invalid_transform", "like {\"number\""),
        (json!({"boolean": {"true": ["y"]}}), "invalid_transform", "like {\"boolean\""),
        (json!({"boolean": {"true": ["y"], "false": ["Y"]}}), "invalid_transform", "both true and false"),
        (json!({"dateFormat": 12}), "invalid_transform", "like {\"dateFormat\""),
        (json!({"dateTimeFormat": "%F %T", "timezone": "Sydney"}), "invalid_timezone", "IANA"),
    ] {
        let refusal = Transform::parse(&form).unwrap_err();
        assert_eq!(refusal.code, code, "{form}: {}", refusal.message);
        assert!(refusal.message.contains(hint), "{form}: {}", refusal.message);
    }
}
