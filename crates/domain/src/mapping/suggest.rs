//! Guesses a mapping from the names of a file's columns, for a person to look over.

use super::Mapping;
use super::identity::own_target;
use super::rule::{Direction, Rule, Target};
use super::transform::Transform;
use crate::definition::{Kind, Resource};
use crate::text::words;

/// Other names of fields, as they look without case, spaces and punctuation. A name that fits several
/// fields stands for the first that the resource has and no column has taken.
pub(super) const SYNONYMS: &[(&str, &[&str])] = &[
    ("firstName", &["givenname", "givennames", "forename", "first", "fname"]),
    ("lastName", &["surname", "familyname", "last", "lname"]),
    ("email", &["mail", "emailaddress", "primaryemail"]),
    ("mobile", &["mobilephone", "mobilenumber", "cell", "cellphone", "mobileno"]),
    ("contactNumber", &["phone", "phonenumber", "telephone", "tel", "homephone", "primaryphone"]),
    ("companyContactNumber", &["workphone", "businessphone", "companyphone", "officephone"]),
    ("dateOfBirth", &["birthdate", "birthday", "dob", "birthdatedob"]),
    ("gender", &["sex"]),
    ("company", &["accountname", "account", "companyname", "organisation", "organization", "employer"]),
    ("position", &["title", "jobtitle", "role", "occupation"]),
    ("companyAddress", &["workaddress", "businessaddress", "officeaddress"]),
    ("address", &["street", "streetaddress", "mailingstreet", "mailingaddress", "address1", "addressline1"]),
    ("city", &["mailingcity", "town", "suburb"]),
    ("state", &["mailingstate", "province", "region", "mailingstateprovince", "stateprovince", "county"]),
    (
        "postcode",
        &[
            "zip",
            "zipcode",
            "postalcode",
            "postcodezip",
            "mailingzip",
            "mailingzippostalcode",
            "mailingpostalcode",
            "zippostalcode",
        ],
    ),
    ("country", &["mailingcountry", "countrycode", "countryregion"]),
    ("status", &["memberstatus", "membershipstatus"]),
    (
        "membershipType",
        &["membershiplevel", "membershipplan", "membercategory", "membershipcategory", "plan"],
    ),
    (
        "membershipExpiresAt",
        &[
            "expirydate",
            "expires",
            "expiry",
            "expirationdate",
            "membershipexpiry",
            "renewaldate",
            "validuntil",
        ],
    ),
    ("joinedAt", &["membersince", "joindate", "datejoined", "joined", "joinedon"]),
    ("interests", &["topics", "areasofinterest"]),
    ("bio", &["notes", "biography", "about", "description"]),
    ("linkedinUrl", &["linkedin", "linkedinprofile"]),
    ("websiteUrl", &["website", "homepage", "url"]),
    ("externalId", &["contactid", "memberid", "eventid", "courseid", "recordid", "id", "externalreference"]),
    ("name", &["title", "eventname", "coursename", "eventtitle", "coursetitle", "subject"]),
    ("shortDescription", &["summary", "teaser", "excerpt"]),
    ("description", &["details", "body", "content", "longdescription"]),
    ("eventType", &["type", "format"]),
    ("courseType", &["type", "format"]),
    ("eventStart", &["start", "startdate", "startdatetime", "starts", "startsat", "begins"]),
    ("eventEnd", &["end", "enddate", "enddatetime", "ends", "endsat"]),
    ("startDate", &["start", "starts", "opens", "opendate"]),
    ("closeDate", &["end", "enddate", "closes", "ends"]),
    ("location", &["venue", "place"]),
    ("meetingUrl", &["meetinglink", "onlineurl", "joinurl", "zoomlink", "webinarurl"]),
    ("categories", &["category", "tags"]),
    ("capacity", &["seats", "places", "maxattendees", "limit"]),
    ("cpdPoints", &["cpd", "points", "cpdhours", "cepoints"]),
    ("author", &["instructor", "teacher", "presenter"]),
    ("timezone", &["timezoneid", "tz"]),
    ("registrationDeadline", &["registerby", "rsvpby", "registrationcloses"]),
    ("featuredImageUrl", &["image", "imageurl", "picture"]),
    ("membersPrice", &["memberprice", "membersfee"]),
    ("nonMembersPrice", &["nonmemberprice", "price", "fee", "cost"]),
];

impl Mapping {
    /// A rule for each column whose name can be understood; no field twice. Columns that stay without
    /// a rule are those of [`Mapping::unmapped`].
    #[must_use]
    pub fn suggest(resource: &'static Resource, columns: &[&str]) -> Self {
        let mut targets: Vec<Option<Target>> = vec![None; columns.len()];
        // A column named like the field has it before any that only might mean it.
        for guess in [named_like, meant] {
            for (index, column) in columns.iter().enumerate() {
                if targets.get(index).is_some_and(Option::is_some) {
                    continue;
                }
                let free = |target: &Target| {
                    !target.field.read_only && !targets.iter().flatten().any(|taken| taken.overlaps(target))
                };
                let found = guess(resource, column).into_iter().find(free);
                if let Some(slot) = targets.get_mut(index) {
                    *slot = found;
                }
            }
        }
        let rules = columns.iter().zip(targets).filter_map(|(column, target)| {
            let target = target?;
            let transforms = usual(&target);
            Some(Rule { external: (*column).to_owned(), direction: Direction::Both, transforms, target })
        });
        Self::new(resource, rules.collect())
    }
}

/// The field that has the column's name, but for case, spaces and punctuation.
fn named_like(resource: &'static Resource, column: &str) -> Vec<Target> {
    if let Some(target) = own_target(resource, column) {
        return vec![target];
    }
    let plain = plain(column);
    let field = resource.fields.iter().find(|field| field.name.to_lowercase() == plain);
    field.map(Target::whole).into_iter().collect()
}

/// The fields that the column may mean.
fn meant(resource: &'static Resource, column: &str) -> Vec<Target> {
    let plain = plain(column);
    let fields = SYNONYMS.iter().filter(|(_, names)| names.contains(&plain.as_str()));
    fields.filter_map(|(name, _)| resource.field(name)).map(Target::whole).collect()
}

fn plain(column: &str) -> String {
    words(column).concat()
}

/// The transforms that columns of this kind mostly need. The order of day and month in dates cannot
/// be guessed from a name.
fn usual(target: &Target) -> Vec<Transform> {
    match target.kind() {
        Some(Kind::Email) => vec![Transform::Trim, Transform::Lowercase],
        Some(Kind::Country) => vec![Transform::Country],
        Some(Kind::Tags { .. }) => vec![Transform::Split(";".to_owned())],
        _ => Vec::new(),
    }
}
