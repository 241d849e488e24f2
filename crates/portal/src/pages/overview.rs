//! The first page: how the organisation stands, each number with the list behind it.

use app::RecordRow;
use askama::Template;
use domain::definition::{Kind, Resource};
use domain::listing::{self, Lenience};
use domain::resources::{COURSE, EVENT, MEMBER};

use super::list::State;
use crate::display::Shown;
use crate::failure::PageError;
use crate::shell::Shell;
use crate::visit::{Page, Visit};
use crate::words;

#[derive(Template)]
#[template(path = "pages/overview.html")]
struct OverviewPage {
    shell: Shell,
    greeting: String,
    members: Vec<Tile>,
    joined: Vec<Bar>,
    events: Vec<Upcoming>,
    all_events: String,
    courses: Option<Tile>,
    usage: Usage,
    todo: Vec<Task>,
}

/// A number with the list behind it.
struct Tile {
    label: String,
    number: String,
    href: String,
    tone: &'static str,
}

/// A month in the chart of who joined.
struct Bar {
    month: String,
    full: String,
    count: u64,
    href: String,
    /// Where it stands in the drawing, and how high it is.
    x: u64,
    y: u64,
    height: u64,
}

struct Upcoming {
    name: String,
    href: String,
    when: String,
    whereabouts: String,
    status: Shown,
}

/// Requests of this hour against the plan's limit.
struct Usage {
    used: u64,
    limit: u64,
    said: String,
}

/// Something that waits for somebody.
struct Task {
    text: String,
    href: String,
}

const MONTHS: i32 = 12;
/// The height of the drawing's bars, and the distance from one to the next.
const HEIGHT: u64 = 120;
const STEP: u64 = 40;

/// `GET /`
pub(crate) async fn show(visit: &Visit) -> Page {
    if visit.session.tenant.is_none() {
        return Err(domain::Problem::new(
            domain::ProblemKind::NotFound,
            "No organisation is open in this session",
        )
        .hint("Enter an organisation as support, or manage organisations by the command line.")
        .into());
    }
    let sees = |resource: &Resource| visit.can(&resource.read_scope());
    let user = &visit.session.user;
    let mut members = Vec::new();
    let mut joined = Vec::new();
    if sees(&MEMBER) {
        members = members_by_status(visit).await?;
        joined = joined_by_month(visit).await?;
    }
    let (events, all_events) = if sees(&EVENT) { upcoming(visit).await? } else { Default::default() };
    let courses = if sees(&COURSE) { Some(courses_live(visit).await?) } else { None };
    visit.page(&OverviewPage {
        shell: visit.shell("Overview"),
        greeting: user
            .first_name
            .clone()
            .map_or_else(|| "Welcome".to_owned(), |name| format!("Hello {name}")),
        members,
        joined,
        events,
        all_events,
        courses,
        usage: usage(visit).await?,
        todo: todo(visit).await?,
    })
}

/// How many records a state of a list has.
async fn count(visit: &Visit, resource: &'static Resource, state: &State) -> Result<u64, PageError> {
    let pairs = state.0.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let query = listing::parse(resource, pairs.chain([("itemsPerPage", "1")]), Lenience::Strict)?;
    let listing = visit.app.list(visit.tenant()?, resource, &query, |_| Ok(())).await?;
    Ok(listing.total.unwrap_or(0))
}

fn state(pairs: &[(&str, &str)]) -> State {
    State(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
}

async fn members_by_status(visit: &Visit) -> Result<Vec<Tile>, PageError> {
    let Some(Kind::Choice(statuses)) = MEMBER.field("status").map(|field| field.kind) else {
        return Ok(Vec::new());
    };
    let mut tiles = Vec::new();
    for status in statuses {
        let state = state(&[("status[]", status)]);
        tiles.push(Tile {
            label: words::value(status),
            number: words::grouped(count(visit, &MEMBER, &state).await?),
            href: state.address(&MEMBER),
            tone: words::tone(status),
        });
    }
    Ok(tiles)
}

async fn joined_by_month(visit: &Visit) -> Result<Vec<Bar>, PageError> {
    use jiff::ToSpan as _;
    let today: jiff::civil::Date = visit
        .app
        .now()
        .date_in(&visit.place().zone)
        .to_string()
        .parse()
        .map_err(|error| app::Failure::internal(format!("today is no date: {error}")))?;
    let this_month = today.first_of_month();
    let mut bars = Vec::new();
    for back in (0..MONTHS).rev() {
        let first = this_month.saturating_sub(back.months());
        let state = state(&[
            ("joinedAt[after]", &first.to_string()),
            ("joinedAt[before]", &first.last_of_month().to_string()),
        ]);
        bars.push(Bar {
            month: first.strftime("%b").to_string(),
            full: first.strftime("%B %Y").to_string(),
            count: count(visit, &MEMBER, &state).await?,
            href: state.address(&MEMBER),
            x: bars.len() as u64 * STEP,
            y: 0,
            height: 0,
        });
    }
    let most = bars.iter().map(|bar| bar.count).max().unwrap_or(0).max(1);
    for bar in &mut bars {
        bar.height = (bar.count * HEIGHT).div_ceil(most);
        bar.y = 20 + HEIGHT - bar.height;
    }
    Ok(bars)
}

async fn upcoming(visit: &Visit) -> Result<(Vec<Upcoming>, String), PageError> {
    let now = visit.app.now();
    let moment = now.to_string();
    let asked = [
        ("eventStart[after]", moment.as_str()),
        ("status[]", "published"),
        ("status[]", "scheduled"),
        ("order[eventStart]", "asc"),
        ("itemsPerPage", "5"),
        ("count", "false"),
    ];
    let query = listing::parse(&EVENT, asked, Lenience::Strict)?;
    let place = visit.place();
    let mut events = Vec::new();
    let each = |row: &RecordRow<'_, '_>| {
        let record = row.record()?;
        let text = |name: &str| record.text(&EVENT, name).unwrap_or_default().to_owned();
        let own = domain::time::zone(&text("timezone")).unwrap_or_else(|| place.zone.clone());
        let own = crate::display::Place { zone: own, ..place.clone() };
        let start = record.timestamp(&EVENT, "eventStart");
        let status = text("status");
        events.push(Upcoming {
            name: text("name"),
            href: record.id().map(|id| format!("/events/{id}")).unwrap_or_default(),
            when: start.map(|start| own.moment(start)).unwrap_or_default(),
            whereabouts: [text("location"), text("city")]
                .into_iter()
                .find(|it| !it.is_empty())
                .unwrap_or_default(),
            status: Shown::Badge { tone: words::tone(&status), text: words::value(&status) },
        });
        Ok(())
    };
    visit.app.list(visit.tenant()?, &EVENT, &query, each).await?;
    let today = now.date_in(&place.zone).to_string();
    let all = state(&[("eventStart[after]", &today), ("order[eventStart]", "asc")]);
    Ok((events, all.address(&EVENT)))
}

async fn courses_live(visit: &Visit) -> Result<Tile, PageError> {
    let state = state(&[("status[]", "published")]);
    Ok(Tile {
        label: "Live".to_owned(),
        number: words::grouped(count(visit, &COURSE, &state).await?),
        href: state.address(&COURSE),
        tone: "green",
    })
}

async fn usage(visit: &Visit) -> Result<Usage, PageError> {
    let quota = visit.app.quota_state(visit.tenant()?).await?;
    let (limit, left) = (u64::from(quota.limit), u64::from(quota.remaining));
    let used = limit.saturating_sub(left);
    let said = format!("{} of {} requests this hour", words::grouped(used), words::grouped(limit));
    Ok(Usage { used, limit, said })
}

/// What waits for somebody, as far as the user may see and do it.
async fn todo(visit: &Visit) -> Result<Vec<Task>, PageError> {
    let today = visit.app.now().date_in(&visit.place().zone).to_string();
    let candidates: [(&'static Resource, State, &str, &str); 3] = [
        (
            &MEMBER,
            state(&[("status[]", "pending")]),
            "member waits to be accepted",
            "members wait to be accepted",
        ),
        (
            &MEMBER,
            state(&[("status[]", "active"), ("membershipExpiresAt[strictly_before]", &today)]),
            "active member has an expired membership",
            "active members have an expired membership",
        ),
        (&EVENT, state(&[("status[]", "draft")]), "event is still a draft", "events are still drafts"),
    ];
    let mut tasks = Vec::new();
    for (resource, state, one, many) in candidates {
        if !visit.can_write(resource) {
            continue;
        }
        let number = count(visit, resource, &state).await?;
        if number > 0 {
            tasks.push(Task { text: words::counted(number, one, many), href: state.address(resource) });
        }
    }
    Ok(tasks)
}
