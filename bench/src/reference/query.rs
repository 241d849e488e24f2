//! The reference's queries: one connection for each thread, statements prepared once and kept, read where
//! they are called. Lists that are `counted` ask for the total on each request, as most servers do.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::path::PathBuf;

use rusqlite::config::DbConfig;
use rusqlite::types::ToSql;
use rusqlite::{Connection, OpenFlags, OptionalExtension as _, Result, Statement};
use uuid::Uuid;

use super::json::{self, Order, Paging};

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT id, member_number, first_name, last_name, email, status, membership_type, ",
            "membership_expires_at, joined_at, date_of_birth, gender, contact_number, mobile, company, position, ",
            "company_contact_number, company_address, address, city, state, postcode, country, bio, ",
            "linkedin_url, website_url, interests, event_interests, profile_public, directory_display, ",
            "external_id, crm_id, accounting_id, custom_fields, version, created_at, updated_at ",
            "FROM members WHERE tenant = ? ",
            $rest
        )
    };
}

macro_rules! count {
    ($rest:literal) => {
        concat!("SELECT COUNT(*) FROM members WHERE tenant = ? ", $rest)
    };
}

/// The statements of a list: its page and its total.
struct Sql {
    page: &'static str,
    total: &'static str,
}

const ONE: &str = select!("AND id = ?");
const EMAIL: Sql = Sql {
    page: select!("AND email_folded = ? ORDER BY created_at DESC, id DESC LIMIT ? OFFSET ?"),
    total: count!("AND email_folded = ?"),
};
const NEWEST: Sql =
    Sql { page: select!("ORDER BY created_at DESC, id DESC LIMIT ? OFFSET ?"), total: count!("") };
const STATUS: Sql = Sql {
    page: select!("AND status = ? ORDER BY created_at DESC, id DESC LIMIT ? OFFSET ?"),
    total: count!("AND status = ?"),
};
const CREATED: Sql = Sql {
    page: select!("AND created_at >= ? AND created_at <= ? ORDER BY created_at, id LIMIT ? OFFSET ?"),
    total: count!("AND created_at >= ? AND created_at <= ?"),
};
const JOINED: Sql = Sql {
    page: select!("AND joined_at >= ? AND joined_at <= ? ORDER BY last_name_folded, id LIMIT ? OFFSET ?"),
    total: count!("AND joined_at >= ? AND joined_at <= ?"),
};

thread_local! {
    static CONNECTION: OnceCell<Connection> = const { OnceCell::new() };
}

/// The database file.
pub(super) struct Database {
    pub(super) path: PathBuf,
    pub(super) mmap: u64,
}

/// A list that is asked for: its kind and the parameters of its query string.
pub(super) struct List<'q> {
    kind: ListKind<'q>,
    counted: bool,
    page: i64,
}

enum ListKind<'q> {
    /// The members with an e-mail address.
    Email(String),
    /// All, newest first.
    Newest,
    /// Those with a status, newest first.
    Status(Cow<'q, str>),
    /// Those made between two days, in that order.
    Created { after: i64, before: i64 },
    /// Those who joined between two days, by last name.
    Joined { after: Cow<'q, str>, before: Cow<'q, str> },
}

impl<'q> List<'q> {
    /// Reads the last part of the path and the query string.
    pub(super) fn read(name: &str, query: &'q str) -> Option<Self> {
        let find = |wanted: &str| {
            form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == wanted).map(|(_, value)| value)
        };
        let kind = match name {
            "by-email" => ListKind::Email(find("email")?.to_lowercase()),
            "newest" => ListKind::Newest,
            "by-status" => ListKind::Status(find("status")?),
            "created" => {
                ListKind::Created { after: micros(&find("after")?)?, before: micros(&find("before")?)? }
            }
            "joined" => ListKind::Joined { after: find("after")?, before: find("before")? },
            _ => return None,
        };
        let page = find("page").map_or(Some(1), |page| page.parse().ok())?;
        Some(Self { kind, counted: find("counted").is_some(), page })
    }
}

/// The first instant of a day in UTC.
fn micros(day: &str) -> Option<i64> {
    let day: jiff::civil::Date = day.parse().ok()?;
    day.to_zoned_datetime(jiff::tz::TimeZone::UTC).ok().map(|it| it.timestamp().as_microsecond())
}

impl Database {
    /// The JSON of one member.
    pub(super) fn one(&self, tenant: i64, id: Uuid) -> Result<Option<Vec<u8>>> {
        self.with(|connection| {
            let mut statement = connection.prepare_cached(ONE)?;
            statement
                .query_row((tenant, id.as_bytes().as_slice()), |row| {
                    let mut body = Vec::with_capacity(1_024);
                    json::write_member(&mut body, row)?;
                    Ok(body)
                })
                .optional()
        })
    }

    /// The JSON of a list.
    pub(super) fn list(&self, tenant: i64, list: &List<'_>) -> Result<Vec<u8>> {
        let (sql, per_page, order, filters): (_, _, _, &[&dyn ToSql]) = match &list.kind {
            ListKind::Email(email) => (EMAIL, 30, Order::NewestFirst, &[email]),
            ListKind::Newest => (NEWEST, 25, Order::NewestFirst, &[]),
            ListKind::Status(status) => (STATUS, 25, Order::NewestFirst, &[status]),
            ListKind::Created { after, before } => (CREATED, 25, Order::OldestFirst, &[after, before]),
            ListKind::Joined { after, before } => (JOINED, 25, Order::LastName, &[after, before]),
        };
        let mut paging = Paging { page: list.page, per_page, order, total: None };
        self.with(|connection| {
            if list.counted {
                let mut statement = connection.prepare_cached(sql.total)?;
                bind(&mut statement, tenant, filters)?;
                let mut rows = statement.raw_query();
                paging.total = rows.next()?.map(|row| row.get(0)).transpose()?;
            }
            let mut statement = connection.prepare_cached(sql.page)?;
            let last = bind(&mut statement, tenant, filters)?;
            // One more than is shown, to know whether there is a next page.
            statement.raw_bind_parameter(last + 1, per_page + 1)?;
            statement.raw_bind_parameter(last + 2, (list.page - 1) * per_page)?;
            json::write_list(statement.raw_query(), &paging)
        })
    }

    /// Runs a query on this thread's connection.
    fn with<T>(&self, work: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        CONNECTION.with(|cell| {
            if let Some(connection) = cell.get() {
                return work(connection);
            }
            let connection = self.open()?;
            work(cell.get_or_init(|| connection))
        })
    }

    /// Opened with the product's settings, so that neither has an advantage there.
    fn open(&self) -> Result<Connection> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(&self.path, flags)?;
        connection.execute_batch(&format!("PRAGMA cache_size = -4096; PRAGMA mmap_size = {};", self.mmap))?;
        connection.set_prepared_statement_cache_capacity(32);
        // As the product: else SQLite prepares statements anew whenever a parameter is bound.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
        Ok(connection)
    }
}

/// Binds the tenant and the filters; the position of the last one.
fn bind(statement: &mut Statement<'_>, tenant: i64, filters: &[&dyn ToSql]) -> Result<usize> {
    statement.raw_bind_parameter(1, tenant)?;
    for (index, value) in filters.iter().enumerate() {
        statement.raw_bind_parameter(index + 2, value)?;
    }
    Ok(filters.len() + 1)
}
