//! The figures of a tenant's overview (portal: Overview): each is the total of a list that can be asked
//! for, so the list's path stands beside it.

use std::sync::Arc;

use db::Weight;
use domain::definition::{Kind, Resource};
use domain::json::ValueRef;
use domain::listing::{self, Lenience};
use domain::resources::{INTEGRATION, WEBHOOK};
use domain::time::Date;
use domain::{RecordId, Timestamp};
use quick_cache::sync::Cache;

use super::context;
use crate::app::App;
use crate::failure::Failure;
use crate::quota::QuotaState;
use crate::store::system::{FAILING_WEBHOOKS, MEMBERS_BY_MONTH, MEMBERS_BY_STATUS};
use crate::tenant::Tenant;

/// Months that are shown, this one included.
const MONTHS: i32 = 12;
/// Events that are shown.
const EVENTS: &str = "5";
/// Days before its end in which a key is something to do.
const WARNED: i64 = 14;

/// What the overview shows. A part that the caller may not see is none.
#[derive(Clone, Debug)]
pub struct Overview {
    /// About members.
    pub members: Option<Arc<Figures>>,
    /// The next events, soonest first.
    pub next_events: Option<(Vec<UpcomingEvent>, String)>,
    /// Courses that are published.
    pub courses_live: Option<Figure>,
    /// The plan's limit and what of it is used.
    pub api_use: QuotaState,
    /// What somebody should see to.
    pub todo: Vec<Todo>,
}

/// A number, and the list behind it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Figure {
    /// What is counted: a status, a month such as `2026-11`.
    pub name: String,
    /// How many.
    pub count: u64,
    /// The path of the list of just these.
    pub path: String,
}

/// Figures about members.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Figures {
    /// By status, in the order of the definition.
    pub by_status: Vec<Figure>,
    /// Joined in each of the last twelve months, oldest first.
    pub joined: Vec<Figure>,
}

/// An event that is to come.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct UpcomingEvent {
    /// Its id.
    pub id: RecordId,
    /// Its name.
    pub name: String,
    /// Its status.
    pub status: String,
    /// When it starts.
    pub start: Timestamp,
    /// Its time zone.
    pub timezone: String,
}

/// Something that somebody should see to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Todo {
    /// A stable word for what it is: [`Todo::KEY_EXPIRES`].
    pub kind: &'static str,
    /// How that is called which it is about.
    pub subject: String,
    /// When it ends, has begun, or what else is a moment of it.
    pub at: Option<Timestamp>,
    /// What it is, for people.
    pub title: String,
    /// The path of what it is about.
    pub path: String,
}

impl Todo {
    /// An API key that ends soon, at [`Todo::at`].
    pub const KEY_EXPIRES: &'static str = "api_key_expires";
    /// A webhook to which nothing can be delivered since [`Todo::at`].
    pub const WEBHOOK_FAILS: &'static str = "webhook_failing";
    /// A webhook that the server has switched off.
    pub const WEBHOOK_OFF: &'static str = "webhook_switched_off";
    /// An integration that fails.
    pub const INTEGRATION_FAILS: &'static str = "integration_failing";
}

/// Figures about members with the sequence number of the tenant and the day on which they were counted.
pub(crate) struct FigureCache(Cache<i64, (i64, Date, Arc<Figures>)>);

impl FigureCache {
    pub(crate) fn new() -> Self {
        Self(Cache::new(1_000))
    }
}

impl App {
    /// What a tenant's overview shows to somebody who may do this.
    pub async fn overview(&self, tenant: &Tenant, may: impl Fn(&str) -> bool) -> Result<Overview, Failure> {
        let sees = |plural: &str| {
            let resource = self.registry().by_plural(plural);
            resource.filter(|resource| may(&resource.read_scope()))
        };
        let members = match sees("members") {
            Some(resource) => Some(self.member_figures(tenant, resource).await?),
            None => None,
        };
        let next_events = match sees("events") {
            Some(resource) => Some(self.next_events(tenant, resource).await?),
            None => None,
        };
        let courses_live = match sees("courses") {
            Some(resource) => Some(self.figure(tenant, resource, "published", "status=published").await?),
            None => None,
        };
        let api_use = self.quota_state(tenant).await?;
        Ok(Overview { members, next_events, courses_live, api_use, todo: self.todo(tenant, may).await? })
    }

    /// What somebody should see to, as far as they may.
    async fn todo(&self, tenant: &Tenant, may: impl Fn(&str) -> bool) -> Result<Vec<Todo>, Failure> {
        let mut todo = Vec::new();
        if may(&WEBHOOK.read_scope()) {
            todo.extend(self.failing_webhooks(tenant).await?);
        }
        if may(&INTEGRATION.read_scope()) {
            todo.extend(self.failing_integrations(tenant).await?);
        }
        if may(domain::access::API_KEYS) {
            todo.extend(self.ending_keys(tenant).await?);
        }
        Ok(todo)
    }

    async fn ending_keys(&self, tenant: &Tenant) -> Result<Vec<Todo>, Failure> {
        let now = self.now();
        let soon = now.plus_seconds(WARNED * 24 * 3_600);
        let keys = self.keys_of(tenant).await?.into_iter().filter(|key| key.is_valid(now));
        let ending = keys.filter_map(|key| {
            let end = key.expires_at.filter(|end| *end <= soon)?;
            Some(Todo {
                kind: Todo::KEY_EXPIRES,
                title: format!("The API key {} ends to be valid at {end}; rotate it before.", key.name),
                path: format!("/api/api-keys/{}", key.id),
                subject: key.name,
                at: Some(end),
            })
        });
        Ok(ending.collect())
    }

    /// Webhooks that fail, and those that the server has switched off.
    async fn failing_webhooks(&self, tenant: &Tenant) -> Result<Vec<Todo>, Failure> {
        let mut todo = Vec::new();
        let each = |row: &db::Row<'_>| {
            let id = RecordId::from(row.uuid(0)?);
            let url = row.text(1)?.to_owned();
            let since = row.optional_integer(2)?.map(Timestamp::from_micros);
            let (kind, title) = match (row.optional_text(3)?, since) {
                (Some(reason), _) => {
                    let title = format!(
                        "The webhook {url} was switched off: {reason} Mend the receiver, switch it on, then recover what \
                         was missed."
                    );
                    (Todo::WEBHOOK_OFF, title)
                }
                (None, Some(since)) => {
                    let title =
                        format!("Nothing could be delivered to {url} since {since}; look at its deliveries.");
                    (Todo::WEBHOOK_FAILS, title)
                }
                (None, None) => return Ok(()),
            };
            todo.push(Todo { kind, title, path: format!("/api/webhooks/{id}"), subject: url, at: since });
            Ok(())
        };
        tenant.each(self.db(), Weight::Short, &FAILING_WEBHOOKS, Vec::new(), each).await?;
        Ok(todo)
    }

    /// Counted in two passes over the members, once per change of the tenant.
    async fn member_figures(
        &self,
        tenant: &Tenant,
        resource: &'static Resource,
    ) -> Result<Arc<Figures>, Failure> {
        let today = context(tenant, self.now()).today();
        let sequence = self.sequence(tenant).await?;
        if let Some((counted_at, day, figures)) = self.figures().0.get(&tenant.key())
            && (counted_at, day) == (sequence, today)
        {
            return Ok(figures);
        }
        let months = months_until(today);
        let first = months.first().map(|(_, first, _)| first.to_string()).unwrap_or_default();
        let by_status = self.grouped(tenant, &MEMBERS_BY_STATUS, Vec::new()).await?;
        let by_month = self.grouped(tenant, &MEMBERS_BY_MONTH, vec![db::Param::Text(first)]).await?;
        let count = |groups: &[(String, u64)], name: &str| {
            groups.iter().find(|(group, _)| group == name).map_or(0, |(_, count)| *count)
        };
        let list = resource.list_path();
        let statuses = match resource.field("status").map(|field| field.kind) {
            Some(Kind::Choice(words)) => words,
            _ => &[],
        };
        let figures = Arc::new(Figures {
            by_status: statuses
                .iter()
                .map(|&status| Figure {
                    name: status.to_owned(),
                    count: count(&by_status, status),
                    path: format!("{list}?status={status}"),
                })
                .collect(),
            joined: months
                .into_iter()
                .map(|(name, first, next)| Figure {
                    count: count(&by_month, &name),
                    path: format!("{list}?joinedAt%5Bafter%5D={first}&joinedAt%5Bstrictly_before%5D={next}"),
                    name,
                })
                .collect(),
        });
        self.figures().0.insert(tenant.key(), (sequence, today, figures.clone()));
        Ok(figures)
    }

    async fn grouped(
        &self,
        tenant: &Tenant,
        sql: &crate::store::TenantSql,
        params: Vec<db::Param>,
    ) -> Result<Vec<(String, u64)>, Failure> {
        let mut groups = Vec::new();
        let each = |row: &db::Row<'_>| {
            groups.push((row.text(0)?.to_owned(), u64::try_from(row.integer(1)?).unwrap_or(0)));
            Ok(())
        };
        tenant.each(self.db(), Weight::Long, sql, params, each).await?;
        Ok(groups)
    }

    async fn next_events(
        &self,
        tenant: &Tenant,
        resource: &'static Resource,
    ) -> Result<(Vec<UpcomingEvent>, String), Failure> {
        let now = self.now().to_string();
        let asked = [
            ("eventStart[after]", now.as_str()),
            ("status[]", "scheduled"),
            ("status[]", "published"),
            ("order[eventStart]", "asc"),
        ];
        let more = [("itemsPerPage", EVENTS), ("count", "false")];
        let query = listing::parse(resource, asked.into_iter().chain(more), Lenience::Strict)?;
        let positions =
            ["id", "name", "status", "eventStart", "timezone"].map(|name| resource.position(name));
        let [Some(id), Some(name), Some(status), Some(start), Some(zone)] = positions else {
            return Err(Failure::internal("events lack a field of the overview"));
        };
        let mut events = Vec::new();
        let each = |row: &crate::records::RecordRow<'_, '_>| {
            let text = |position| match row.get(position)? {
                ValueRef::Text(text) => Ok(text.to_owned()),
                _ => Ok(String::new()),
            };
            if let (ValueRef::Id(id), ValueRef::Integer(start)) = (row.get(id)?, row.get(start)?) {
                events.push(UpcomingEvent {
                    id: id.into(),
                    name: text(name)?,
                    status: text(status)?,
                    start: Timestamp::from_micros(start),
                    timezone: text(zone)?,
                });
            }
            Ok(())
        };
        self.list(tenant, resource, &query, each).await?;
        let path = format!(
            "{}?eventStart%5Bafter%5D={now}&status%5B%5D=scheduled&status%5B%5D=published&order%5BeventStart%5D=asc",
            resource.list_path()
        );
        Ok((events, path))
    }

    /// The total of a list, by the very parameters that the list takes.
    async fn figure(
        &self,
        tenant: &Tenant,
        resource: &'static Resource,
        name: &str,
        filter: &str,
    ) -> Result<Figure, Failure> {
        let asked = filter.split_once('=').into_iter().chain([("itemsPerPage", "1")]);
        let query = listing::parse(resource, asked, Lenience::Strict)?;
        let listing = self.list(tenant, resource, &query, |_| Ok(())).await?;
        let path = format!("{}?{filter}", resource.list_path());
        Ok(Figure { name: name.to_owned(), count: listing.total.unwrap_or(0), path })
    }
}

/// The last months up to a day's, oldest first: name, first day, first day of the next.
fn months_until(today: Date) -> Vec<(String, Date, Date)> {
    (1 - MONTHS..=0)
        .filter_map(|later| {
            let (first, next) = (today.first_of_month(later)?, today.first_of_month(later + 1)?);
            Some((first.to_string().chars().take(7).collect(), first, next))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_go_over_the_turn_of_the_year() {
        let months = months_until(Date::new(2026, 3, 31).unwrap());
        assert_eq!(months.len(), 12);
        let shown = |(name, first, next): &(String, Date, Date)| format!("{name} {first} {next}");
        assert_eq!(shown(&months[0]), "2025-04 2025-04-01 2025-05-01");
        assert_eq!(shown(&months[8]), "2025-12 2025-12-01 2026-01-01");
        assert_eq!(shown(&months[11]), "2026-03 2026-03-01 2026-04-01");
    }
}
