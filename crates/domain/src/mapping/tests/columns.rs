//! Mappings and files: what fits, what is left over, what can be guessed.

use serde_json::{Value as Json, json};

use super::{codes, mapping};
use crate::mapping::{Mapping, Rule};
use crate::resources::{COURSE, EVENT, MEMBER};

/// Pairs of column and field.
fn pairs(mapping: &Mapping) -> Vec<(String, String)> {
    mapping.rules().iter().map(|rule| (rule.external().to_owned(), rule.field())).collect()
}

fn fields(resource: &'static crate::Resource, columns: &[&str]) -> Vec<String> {
    let found = pairs(&Mapping::suggest(resource, columns));
    columns
        .iter()
        .map(|column| {
            found.iter().find(|(it, _)| it == column).map_or_else(|| "-".to_owned(), |it| it.1.clone())
        })
        .collect()
}

#[test]
fn a_file_is_compared_with_the_rules() {
    let mapping = mapping(
        &MEMBER,
        &json!([
            {"external": "Key", "field": "externalId"},
            {"external": "E-mail", "field": "email"},
            {"external": "Number", "field": "memberNumber", "direction": "outbound"},
            {"external": "First", "field": "firstName"},
        ]),
    );
    let columns = ["Key", "Email", "Number", "First"];
    assert_eq!(mapping.unmapped(&columns), ["Email", "Number"]);
    let absent = mapping.absent(&columns);
    assert_eq!(codes(&absent), [("E-mail", "unknown_column")]);
    assert!(absent[0].message.contains("Did you mean Email"), "{}", absent[0].message);
    assert_eq!(mapping.missing(&[]), ["lastName"]);
    assert_eq!(mapping.missing(&["company".to_owned()]), ["lastName", "company"]);
    assert_eq!(mapping.external_id_column(), Some("Key"));
    assert_eq!(mapping.column_of("memberNumber"), None);
}

#[test]
fn columns_of_a_crm_are_understood() {
    let columns = [
        "Contact ID",
        "First Name",
        "Last Name",
        "Email",
        "Mobile",
        "Birthdate",
        "Account Name",
        "Title",
        "Mailing Street",
        "Mailing City",
        "Mailing State",
        "Mailing Zip/Postal Code",
        "Mailing Country",
        "Membership Level",
        "Member Status",
        "Member Since",
        "Interests",
        "Gender",
        "LinkedIn",
        "Notes",
    ];
    let expected = [
        "externalId",
        "firstName",
        "lastName",
        "email",
        "mobile",
        "dateOfBirth",
        "company",
        "position",
        "address",
        "city",
        "state",
        "postcode",
        "country",
        "membershipType",
        "status",
        "joinedAt",
        "interests",
        "gender",
        "linkedinUrl",
        "bio",
    ];
    assert_eq!(fields(&MEMBER, &columns), expected);
    let suggested = Mapping::suggest(&MEMBER, &columns);
    let rule = |field: &str| {
        let found = suggested.rules().iter().find(|rule| rule.field() == field);
        found.map(|rule| rule.to_json()["transforms"].clone())
    };
    assert_eq!(rule("email"), Some(json!([{"trim": true}, {"lowercase": true}])));
    assert_eq!(rule("country"), Some(json!([{"country": true}])));
    assert_eq!(rule("interests"), Some(json!([{"split": ";"}])));
    // A person can save it as it is.
    assert!(Mapping::parse(&MEMBER, &suggested.to_json()).is_ok());
}

#[test]
fn names_are_guessed_in_any_spelling_and_no_field_twice() {
    let columns =
        ["E-MAIL", "surname", "given_name", "Phone", "Zip", "ID", "customFields.shirt", "Shoe size"];
    let expected = [
        "email",
        "lastName",
        "firstName",
        "contactNumber",
        "postcode",
        "externalId",
        "customFields.shirt",
        "-",
    ];
    assert_eq!(fields(&MEMBER, &columns), expected);
    // The column named like the field has it, even when it comes later.
    assert_eq!(fields(&MEMBER, &["Title", "Position", "Mail", "email"]), ["-", "position", "-", "email"]);
    assert_eq!(fields(&MEMBER, &["memberNumber", "createdAt"]), ["-", "-"]);
    let event = ["Title", "Start Date", "End Date", "Venue", "Type"];
    assert_eq!(fields(&EVENT, &event), ["name", "eventStart", "eventEnd", "location", "eventType"]);
    let course = ["Course Title", "Start Date", "End Date", "Price", "Instructor"];
    assert_eq!(fields(&COURSE, &course), ["name", "startDate", "closeDate", "nonMembersPrice", "author"]);
}

#[test]
fn every_synonym_stands_for_a_field() {
    let known = |name: &str| [&MEMBER, &EVENT, &COURSE].iter().any(|it| it.field(name).is_some());
    for (field, names) in super::super::suggest::SYNONYMS {
        assert!(known(field), "{field}");
        for name in *names {
            assert_eq!(name.to_lowercase().replace(|c: char| !c.is_alphanumeric(), ""), **name, "{field}");
        }
    }
}

#[test]
fn our_own_files_have_columns_named_like_fields() {
    let columns = Mapping::identity_columns(&MEMBER, &["shirt", "seat"]);
    assert_eq!(columns.first().map(String::as_str), Some("id"));
    assert_eq!(columns.iter().filter(|it| it.starts_with("customFields")).count(), 2);
    let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
    let identity = Mapping::identity(&MEMBER, &columns);
    assert_eq!(identity.rules().len(), columns.len());
    for rule in identity.rules() {
        assert_eq!(rule.external(), rule.field());
    }
    let outbound_only: Vec<String> =
        identity.rules().iter().filter(|it| !it.direction().is_inbound()).map(Rule::field).collect();
    assert_eq!(outbound_only, ["id", "memberNumber", "version", "createdAt", "updatedAt"]);
    assert_eq!(Json::from(identity.missing(&[])), json!([]));
    assert!(Mapping::parse(&MEMBER, &identity.to_json()).is_ok());
    // Other names, and a second column of one field, are left alone.
    let odd =
        Mapping::identity(&MEMBER, &["Email", "email", "email", "customFields.", "city.x", "customFields"]);
    assert_eq!(pairs(&odd).into_iter().map(|it| it.1).collect::<Vec<_>>(), ["email", "customFields"]);
}
