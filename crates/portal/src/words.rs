//! The words that people read for names of fields, values of choices, and what definitions and problems
//! say of them. All wording that is derived stands here, so that it is the same on every page.
//!
//! Nothing here knows a particular page.

use std::borrow::Cow;

use domain::Resource;
use domain::definition::{Field, Kind};

/// Labels that cannot be derived from the name of a field.
const LABELS: &[(&str, &str)] = &[
    ("accountingId", "Accounting id"),
    ("action", "What"),
    ("actorId", "Who"),
    ("actorType", "Done by"),
    ("allowedIps", "Networks"),
    ("attemptCount", "Attempts"),
    ("bio", "Biography"),
    ("changes", "What changed"),
    ("closeDate", "Closes"),
    ("companyContactNumber", "Company phone"),
    ("contactNumber", "Phone"),
    ("courseType", "Type"),
    ("cpdCategories", "CPD categories"),
    ("cpdPoints", "CPD points"),
    ("createdAt", "Created"),
    ("crmId", "CRM id"),
    ("directoryDisplay", "Directory shows"),
    ("estimatedCompletionTime", "Completion time (minutes)"),
    ("duration", "Duration (minutes)"),
    ("durationMs", "Took (ms)"),
    ("email", "Email"),
    ("error", "What went wrong"),
    ("enabled", "Switched on"),
    ("eventEnd", "Ends"),
    ("eventStart", "Starts"),
    ("eventType", "Type"),
    ("expiresAt", "Expires"),
    ("externalId", "External id"),
    ("featuredImageUrl", "Featured image"),
    ("integrationId", "Integration"),
    ("joinedAt", "Joined"),
    ("linkedinUrl", "LinkedIn page"),
    ("meetingUrl", "Meeting link"),
    ("memberNumber", "Member no."),
    ("membersLimit", "Places for members"),
    ("membersPrice", "Price for members"),
    ("membershipExpiresAt", "Membership expires"),
    ("nonMembersLimit", "Places for others"),
    ("nonMembersPrice", "Price for others"),
    ("overlapDays", "Days of overlap"),
    ("photoUrl", "Photo"),
    ("position", "Job title"),
    ("profilePublic", "Public profile"),
    ("publishDateTime", "Publish at"),
    ("resourceId", "Id of what it is about"),
    ("resourceType", "About"),
    ("responseStatus", "Answer"),
    ("scopes", "Access"),
    ("skipOwnChanges", "Leave out own changes"),
    ("slug", "Short name"),
    ("sourceOfTruth", "Who is right"),
    ("startDate", "Opens"),
    ("timezone", "Time zone"),
    ("url", "Address"),
    ("updatedAt", "Last changed"),
    ("websiteUrl", "Website"),
];

/// Words for values of choices that cannot be derived from the value.
const VALUES: &[(&str, &str)] = &[
    ("pdf", "PDF"),
    ("api_key", "API key"),
    ("ROLE_PLATFORM_ADMIN", "Platform administrator"),
    ("ROLE_CLIENT_ADMIN", "Administrator"),
    ("ROLE_CLIENT_USER", "Staff"),
    ("rest-api", "REST API"),
    ("wordpress", "WordPress"),
    ("hubspot", "HubSpot"),
    ("memberpulse", "MemberPulse"),
    ("external", "The outside system"),
    ("latest_wins", "Whoever changed it last"),
];

/// What a field is called: `firstName` is "First name".
#[must_use]
pub(crate) fn label(name: &str) -> String {
    if let Some((_, label)) = LABELS.iter().find(|(known, _)| *known == name) {
        return (*label).to_owned();
    }
    let mut words = String::with_capacity(name.len() + 4);
    for character in name.chars() {
        if character.is_ascii_uppercase() {
            words.push(' ');
        }
        words.push(character.to_ascii_lowercase());
    }
    let words = words.strip_suffix(" url").map_or_else(|| words.clone(), |words| format!("{words} link"));
    capitalised(&words)
}

/// What the value of a choice is called: `not_specified` is "Not specified".
#[must_use]
pub(crate) fn value(value: &str) -> String {
    let known = VALUES.iter().find(|(known, _)| *known == value);
    known.map_or_else(|| capitalised(&value.replace(['_', '-'], " ")), |(_, words)| (*words).to_owned())
}

/// A text with a capital at its beginning.
#[must_use]
pub(crate) fn capitalised(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map_or_else(String::new, |first| first.to_uppercase().chain(characters).collect())
}

/// A number with its noun: "1 member", "1,204 members".
#[must_use]
pub(crate) fn counted(number: u64, one: &str, many: &str) -> String {
    format!("{} {}", grouped(number), if number == 1 { one } else { many })
}

/// A number with commas between its thousands.
#[must_use]
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// The sign by which the state of a record is told at a glance: a class of colours.
#[must_use]
pub(crate) fn tone(status: &str) -> &'static str {
    match status {
        "active" | "published" | "open" | "healthy" | "succeeded" => "green",
        "scheduled" | "pending" | "planned" => "blue",
        "suspended" | "cancelled" | "failing" | "failed" => "red",
        "degraded" | "expired" => "orange",
        _ => "secondary",
    }
}

/// What the definition says of a field, in the words of people: its first sentence.
#[must_use]
pub(crate) fn help(resource: &Resource, doc: &str) -> String {
    let end = doc.find(". ").map_or(doc.len(), |end| end + 1);
    let end = doc.find("; kept").unwrap_or(end).min(end);
    spoken(resource, doc.get(..end).unwrap_or(doc))
}

/// A text of the API in the words of people: names of fields become labels, values of choices words.
#[must_use]
pub(crate) fn spoken(resource: &Resource, text: &str) -> String {
    let mut spoken = String::with_capacity(text.len() + 16);
    let mut rest = text;
    while let Some(start) = rest.find(|c: char| c.is_ascii_alphanumeric() || c == '`') {
        let (before, from) = rest.split_at(start);
        spoken.push_str(before);
        let quoted = from.strip_prefix('`').and_then(|inner| inner.split_once('`'));
        let (word, after) = quoted.unwrap_or_else(|| {
            let skip = usize::from(from.starts_with('`'));
            let end = from.get(skip..).and_then(|it| it.find(|c: char| !c.is_ascii_alphanumeric()));
            from.split_at(end.map_or(from.len(), |end| (end + skip).max(1)))
        });
        spoken.push_str(&word_of(resource, word, quoted.is_some(), spoken.is_empty()));
        rest = after;
    }
    spoken.push_str(rest);
    spoken
}

fn word_of<'w>(resource: &Resource, word: &'w str, quoted: bool, first: bool) -> Cow<'w, str> {
    let camel = word.chars().any(|character| character.is_ascii_uppercase())
        && word.starts_with(|character: char| character.is_ascii_lowercase());
    if (camel || quoted || first) && knows_field(resource.fields, word) {
        let label = label(word);
        return Cow::Owned(if first { label } else { format!("“{label}”") });
    }
    if quoted && knows_value(resource.fields, word) {
        return Cow::Owned(format!("“{}”", value(word)));
    }
    Cow::Borrowed(word)
}

fn knows_field(fields: &[Field], name: &str) -> bool {
    fields.iter().any(|field| {
        field.name == name || matches!(field.kind, Kind::Objects { fields, .. } if knows_field(fields, name))
    })
}

fn knows_value(fields: &[Field], word: &str) -> bool {
    fields.iter().any(|field| matches!(field.kind, Kind::Choice(choices) if choices.contains(&word)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::resources::{EVENT, MEMBER, REGISTRY};

    #[test]
    fn labels_are_words() {
        assert_eq!(label("firstName"), "First name");
        assert_eq!(label("eventInterests"), "Event interests");
        assert_eq!(label("joinedAt"), "Joined");
        assert_eq!(label("brochureUrl"), "Brochure link");
        for field in REGISTRY.iter().flat_map(|resource| resource.fields) {
            let label = label(field.name);
            assert!(label.starts_with(char::is_uppercase), "{label}");
            assert!(!label.contains(field.name) || !field.name.contains(char::is_uppercase), "{label}");
        }
    }

    #[test]
    fn no_help_speaks_the_language_of_the_api() {
        for resource in REGISTRY.iter() {
            for field in resource.fields.iter().filter(|field| !field.read_only) {
                let help = help(resource, field.doc);
                let names = resource.fields.iter().filter(|it| it.name.contains(char::is_uppercase));
                for name in names.map(|it| it.name) {
                    assert!(!help.contains(name), "{}: {help}", field.name);
                }
                assert!(!help.contains('`'), "{}: {help}", field.name);
            }
        }
    }

    #[test]
    fn messages_are_put_into_words() {
        assert_eq!(spoken(&MEMBER, "firstName is required."), "First name is required.");
        assert_eq!(
            spoken(&MEMBER, "Only when profilePublic is true."),
            "Only when “Public profile” is true."
        );
        assert_eq!(spoken(&EVENT, "For `hybrid` or `x` only"), "For “Hybrid” or x only");
        assert_eq!(spoken(&EVENT, "an odd ` tick"), "an odd ` tick");
        assert_eq!(spoken(&EVENT, "`"), "`");
        assert_eq!(grouped(1_234_567), "1,234,567");
        assert_eq!(counted(1, "member", "members"), "1 member");
    }
}
