//! The reference's JSON, field by field from the row into the body.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::fmt::temporal::DateTimePrinter;
use rusqlite::types::ValueRef;
use rusqlite::{Result, Row, Rows};
use uuid::Uuid;

/// How a column is written.
#[derive(Clone, Copy)]
enum Kind {
    Id,
    Integer,
    Text,
    Boolean,
    /// JSON already.
    Json,
    /// Microseconds since 1970.
    Moment,
}

/// Each column of the SELECT list in turn: its key as it stands in the body, and its kind.
const FIELDS: &[(&str, Kind)] = &[
    ("{\"id\":", Kind::Id),
    (",\"memberNumber\":", Kind::Integer),
    (",\"firstName\":", Kind::Text),
    (",\"lastName\":", Kind::Text),
    (",\"email\":", Kind::Text),
    (",\"status\":", Kind::Text),
    (",\"membershipType\":", Kind::Text),
    (",\"membershipExpiresAt\":", Kind::Text),
    (",\"joinedAt\":", Kind::Text),
    (",\"dateOfBirth\":", Kind::Text),
    (",\"gender\":", Kind::Text),
    (",\"contactNumber\":", Kind::Text),
    (",\"mobile\":", Kind::Text),
    (",\"company\":", Kind::Text),
    (",\"position\":", Kind::Text),
    (",\"companyContactNumber\":", Kind::Text),
    (",\"companyAddress\":", Kind::Text),
    (",\"address\":", Kind::Text),
    (",\"city\":", Kind::Text),
    (",\"state\":", Kind::Text),
    (",\"postcode\":", Kind::Text),
    (",\"country\":", Kind::Text),
    (",\"bio\":", Kind::Text),
    (",\"linkedinUrl\":", Kind::Text),
    (",\"websiteUrl\":", Kind::Text),
    (",\"interests\":", Kind::Json),
    (",\"eventInterests\":", Kind::Json),
    (",\"profilePublic\":", Kind::Boolean),
    (",\"directoryDisplay\":", Kind::Text),
    (",\"externalId\":", Kind::Text),
    (",\"crmId\":", Kind::Text),
    (",\"accountingId\":", Kind::Text),
    (",\"customFields\":", Kind::Json),
    (",\"version\":", Kind::Integer),
    (",\"createdAt\":", Kind::Moment),
    (",\"updatedAt\":", Kind::Moment),
];
const LAST_NAME: usize = 3;
const CREATED_AT: usize = 34;

static SECONDS: DateTimePrinter = DateTimePrinter::new().precision(Some(0));
static MILLISECONDS: DateTimePrinter = DateTimePrinter::new().precision(Some(3));

/// Appends a member.
pub(super) fn write_member(out: &mut Vec<u8>, row: &Row<'_>) -> Result<()> {
    for (index, (key, kind)) in FIELDS.iter().enumerate() {
        out.extend_from_slice(key.as_bytes());
        let value = row.get_ref(index)?;
        match (kind, value) {
            (_, ValueRef::Null) => out.extend_from_slice(b"null"),
            (Kind::Text, value) => text(out, value.as_str()?),
            (Kind::Json, value) => out.extend_from_slice(value.as_str()?.as_bytes()),
            (Kind::Integer, value) => integer(out, value.as_i64()?),
            (Kind::Boolean, value) => {
                out.extend_from_slice(if value.as_i64()? == 1 { b"true" } else { b"false" });
            }
            (Kind::Id, value) => id(out, uuid(value)?),
            (Kind::Moment, value) => moment(out, value.as_i64()?),
        }
    }
    out.push(b'}');
    Ok(())
}

/// The order of a list, which its cursor names.
#[derive(Clone, Copy)]
pub(super) enum Order {
    NewestFirst,
    OldestFirst,
    LastName,
}

/// Which page of a list, and what is known of it.
pub(super) struct Paging {
    pub(super) page: i64,
    pub(super) per_page: i64,
    pub(super) order: Order,
    pub(super) total: Option<i64>,
}

/// The body of a list. The query asks for one row more than is shown.
pub(super) fn write_list(mut rows: Rows<'_>, paging: &Paging) -> Result<Vec<u8>> {
    let mut out = Vec::with_capacity(32 * 1_024);
    out.extend_from_slice(b"{\"data\":[");
    let mut shown = 0;
    let mut place = None;
    let mut more = false;
    while let Some(row) = rows.next()? {
        if shown == paging.per_page {
            more = true;
            break;
        }
        if shown > 0 {
            out.push(b',');
        }
        shown += 1;
        write_member(&mut out, row)?;
        if shown == paging.per_page {
            place = Some(cursor(row, paging.order)?);
        }
    }
    out.extend_from_slice(b"],\"page\":");
    integer(&mut out, paging.page);
    out.extend_from_slice(b",\"itemsPerPage\":");
    integer(&mut out, paging.per_page);
    out.extend_from_slice(b",\"totalItems\":");
    optional(&mut out, paging.total);
    out.extend_from_slice(b",\"totalPages\":");
    let pages = paging.total.map(|total| (total + paging.per_page - 1) / paging.per_page);
    optional(&mut out, pages);
    out.extend_from_slice(b",\"nextCursor\":");
    match place.filter(|_| more) {
        Some(place) => {
            out.push(b'"');
            out.extend_from_slice(place.as_bytes());
            out.push(b'"');
        }
        None => out.extend_from_slice(b"null"),
    }
    out.push(b'}');
    Ok(out)
}

/// Where the next page begins.
fn cursor(row: &Row<'_>, order: Order) -> Result<String> {
    let mut plain = Vec::with_capacity(96);
    match order {
        Order::NewestFirst => {
            plain.extend_from_slice(b"[\"-createdAt,-id\",[");
            integer(&mut plain, row.get(CREATED_AT)?);
        }
        Order::OldestFirst => {
            plain.extend_from_slice(b"[\"createdAt,id\",[");
            integer(&mut plain, row.get(CREATED_AT)?);
        }
        Order::LastName => {
            plain.extend_from_slice(b"[\"lastName,id\",[");
            text(&mut plain, &row.get_ref(LAST_NAME)?.as_str()?.to_lowercase());
        }
    }
    plain.push(b',');
    id(&mut plain, uuid(row.get_ref(0)?)?);
    plain.extend_from_slice(b"]]");
    Ok(URL_SAFE_NO_PAD.encode(plain))
}

fn uuid(value: ValueRef<'_>) -> Result<Uuid> {
    Uuid::from_slice(value.as_blob()?).map_err(|error| {
        rusqlite::Error::FromSqlConversionFailure(0, rusqlite::types::Type::Blob, Box::new(error))
    })
}

fn id(out: &mut Vec<u8>, id: Uuid) {
    out.push(b'"');
    let mut buffer = [0; uuid::fmt::Hyphenated::LENGTH];
    out.extend_from_slice(id.hyphenated().encode_lower(&mut buffer).as_bytes());
    out.push(b'"');
}

fn text(out: &mut Vec<u8>, text: &str) {
    // Writing to a vector cannot fail.
    drop(serde_json::to_writer(out, text));
}

fn integer(out: &mut Vec<u8>, number: i64) {
    drop(serde_json::to_writer(out, &number));
}

fn optional(out: &mut Vec<u8>, number: Option<i64>) {
    match number {
        Some(number) => integer(out, number),
        None => out.extend_from_slice(b"null"),
    }
}

fn moment(out: &mut Vec<u8>, micros: i64) {
    let printer = if micros % 1_000_000 == 0 { &SECONDS } else { &MILLISECONDS };
    out.push(b'"');
    if let Ok(moment) = jiff::Timestamp::from_microsecond(micros) {
        drop(printer.print_timestamp(&moment, &mut *out));
    }
    out.push(b'"');
}
