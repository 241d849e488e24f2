//! The ready mapping for a CRM's export of contacts, on rows of each kind that such files have.

use serde_json::Value as Json;

use super::{codes, context, object};
use crate::input::Mode;
use crate::json::Object;
use crate::mapping::Mapping;
use crate::resources::{MEMBER, REGISTRY};

const EXAMPLE: &str = include_str!("../../../../../examples/crm-mapping.json");

fn crm() -> Mapping {
    let file: Json = serde_json::from_str(EXAMPLE).unwrap();
    Mapping::parse_file(REGISTRY, &file).unwrap_or_else(|found| panic!("{found:#?}"))
}

/// A row of the file with some cells replaced.
fn row(cells: &[(&str, &str)]) -> Object {
    let mut row = object(serde_json::json!({
        "Contact ID": "003000000000000AAA", "First Name": "Jessica", "Last Name": "Baldick",
        "Email": "  Jmoore0@Mail.Example.Com ", "Mobile": "0421 652 973", "Birthdate": "11/02/1944",
        "Account Name": "Bush-Anderson", "Title": "Buyer, retail", "Mailing Street": " 24 Joshua Street",
        "Mailing City": "Motuhoro", "Mailing State": "", "Mailing Zip/Postal Code": "0140",
        "Mailing Country": "United Kingdom", "Membership Level": "Student", "Member Status": "On Hold",
        "Member Since": "09/08/2013", "Interests": "Sustainability;Software; Structural;", "Gender": "M",
        "LinkedIn": "https://www.linkedin.com/in/jessica", "Notes": "line one\nline two",
    }));
    for (column, cell) in cells {
        assert!(row.contains_key(*column), "{column}");
        row.insert((*column).to_owned(), Json::from(*cell));
    }
    row
}

fn violations(cells: &[(&str, &str)]) -> Vec<(String, &'static str)> {
    let problem = crm().check(&row(cells), None, Mode::Create, &context()).expect_err("must fail");
    codes(&problem.violations)
        .into_iter()
        .map(|(path, _)| path.to_owned())
        .zip(problem.violations.iter().map(|it| it.code))
        .collect()
}

#[test]
fn a_contact_becomes_a_member() {
    let mapping = crm();
    let member = mapping.check(&row(&[]), None, Mode::Create, &context()).unwrap();
    for (field, value) in [
        ("externalId", "003000000000000AAA"),
        ("firstName", "Jessica"),
        ("lastName", "Baldick"),
        ("email", "jmoore0@mail.example.com"),
        // No valid number of the United Kingdom, so kept as it is.
        ("mobile", "0421 652 973"),
        ("dateOfBirth", "1944-02-11"),
        ("company", "Bush-Anderson"),
        ("position", "Buyer, retail"),
        ("address", "24 Joshua Street"),
        ("city", "Motuhoro"),
        ("postcode", "0140"),
        ("country", "GB"),
        ("membershipType", "Student"),
        ("status", "suspended"),
        ("joinedAt", "2013-08-09"),
        ("interests", r#"["Sustainability","Software","Structural"]"#),
        ("gender", "male"),
        ("linkedinUrl", "https://www.linkedin.com/in/jessica"),
        ("bio", "line one\nline two"),
    ] {
        assert_eq!(member.text(&MEMBER, field), Some(value), "{field}");
    }
    assert!(member.get(&MEMBER, "state").is_null());
    let columns: Vec<String> = row(&[]).keys().cloned().collect();
    let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
    assert!(mapping.unmapped(&columns).is_empty() && mapping.absent(&columns).is_empty());
    assert!(mapping.missing(&[]).is_empty());
    assert_eq!(mapping.external_id_column(), Some("Contact ID"));
}

#[test]
fn names_of_all_scripts_and_sparse_rows_are_fine() {
    let empty = [
        "Mobile",
        "Birthdate",
        "Account Name",
        "Title",
        "Membership Level",
        "Interests",
        "Gender",
        "LinkedIn",
        "Notes",
    ];
    let mut cells: Vec<(&str, &str)> = empty.iter().map(|column| (*column, "")).collect();
    cells.extend([("First Name", "淳"), ("Last Name", "Đặng"), ("Mailing Country", "Viet Nam")]);
    let member = crm().check(&row(&cells), None, Mode::Create, &context()).unwrap();
    assert_eq!(member.text(&MEMBER, "country"), Some("VN"));
    assert_eq!(member.text(&MEMBER, "interests"), Some("[]"));
}

#[test]
fn wrong_rows_fail_for_the_right_reason() {
    for (column, cell, code) in [
        ("Email", "", "required"),
        ("Email", "charrison2183 at example.org", "invalid_email"),
        ("Last Name", "", "required"),
        ("Birthdate", "31/02/1980", "invalid_date"),
        ("Member Since", "soon", "invalid_date"),
        ("LinkedIn", "linkedin/me", "invalid_url"),
        ("Member Status", "Unknown", "invalid_choice"),
        ("Gender", "Q", "invalid_choice"),
        ("Mailing Country", "Atlantis", "invalid_country"),
        ("Mobile", "call me", "invalid_phone"),
    ] {
        assert_eq!(violations(&[(column, cell)]), [(column.to_owned(), code)]);
    }
}

#[test]
fn everything_that_is_wrong_with_a_row_is_told_at_once() {
    let found = violations(&[("Email", ""), ("Birthdate", "31/02/1980"), ("LinkedIn", "linkedin/me")]);
    let expected = [("Birthdate", "invalid_date"), ("Email", "required"), ("LinkedIn", "invalid_url")];
    assert_eq!(found, expected.map(|(column, code)| (column.to_owned(), code)));
}
