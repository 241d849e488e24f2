//! The first page: how the organisation stands, each number with the list behind it.

use app::{Overview, Todo};
use askama::Template;
use domain::definition::Resource;
use domain::listing::{self, Lenience};
use domain::resources::{EVENT, MEMBER};

use super::list::State;
use crate::display::{Place, Shown};
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

/// The height of the drawing's bars, and the distance from one to the next.
const HEIGHT: u64 = 120;
const STEP: u64 = 40;

/// `GET /`
pub(crate) async fn show(visit: &Visit) -> Page {
    // An operator outside every organisation begins with all of them.
    if visit.session.tenant.is_none() && visit.can(domain::access::PLATFORM) {
        return Ok(visit.go("/platform"));
    }
    let tenant = visit.tenant()?;
    let overview = visit.app.overview(tenant, |capability| visit.can(capability)).await?;
    let user = &visit.session.user;
    visit.page(&OverviewPage {
        shell: visit.shell("Overview"),
        greeting: user
            .first_name
            .clone()
            .map_or_else(|| "Welcome".to_owned(), |name| format!("Hello {name}")),
        members: members(&overview),
        joined: joined(&overview),
        events: upcoming(&overview, &visit.place()),
        all_events: all_events(visit, &overview),
        courses: overview.courses_live.as_ref().map(|figure| Tile {
            label: "Live".to_owned(),
            number: words::grouped(figure.count),
            href: page_of(&figure.path),
            tone: words::tone(&figure.name),
        }),
        usage: usage(&overview),
        todo: settings_todo(visit, &overview).chain(todo(visit).await?).collect(),
    })
}

/// The page of a list by its path in the API: both take the same parameters.
fn page_of(path: &str) -> String {
    path.strip_prefix("/api").unwrap_or(path).to_owned()
}

fn members(overview: &Overview) -> Vec<Tile> {
    let figures = overview.members.iter().flat_map(|members| &members.by_status);
    let tile = |figure: &app::Figure| Tile {
        label: words::value(&figure.name),
        number: words::grouped(figure.count),
        href: page_of(&figure.path),
        tone: words::tone(&figure.name),
    };
    figures.map(tile).collect()
}

fn joined(overview: &Overview) -> Vec<Bar> {
    let months: Vec<&app::Figure> = overview.members.iter().flat_map(|members| &members.joined).collect();
    let most = months.iter().map(|month| month.count).max().unwrap_or(0).max(1);
    let bar = |(place, month): (u64, &&app::Figure)| {
        let first = format!("{}-01", month.name).parse::<jiff::civil::Date>();
        let said = |form: &str| {
            first.as_ref().map_or_else(|_| month.name.clone(), |first| first.strftime(form).to_string())
        };
        let height = (month.count * HEIGHT).div_ceil(most);
        Bar {
            month: said("%b"),
            full: said("%B %Y"),
            count: month.count,
            href: page_of(&month.path),
            x: place * STEP,
            y: 20 + HEIGHT - height,
            height,
        }
    };
    (0..).zip(&months).map(bar).collect()
}

fn upcoming(overview: &Overview, place: &Place) -> Vec<Upcoming> {
    let events = overview.next_events.iter().flat_map(|(events, _)| events);
    let shown = |event: &app::UpcomingEvent| {
        let own = domain::time::zone(&event.timezone).unwrap_or_else(|| place.zone.clone());
        Upcoming {
            name: event.name.clone(),
            href: format!("/events/{}", event.id),
            when: Place { zone: own, ..place.clone() }.moment(event.start),
            status: Shown::Badge { tone: words::tone(&event.status), text: words::value(&event.status) },
        }
    };
    events.map(shown).collect()
}

/// The list of what is to come, from the beginning of today.
fn all_events(visit: &Visit, overview: &Overview) -> String {
    if overview.next_events.is_none() {
        return String::new();
    }
    let today = visit.app.now().date_in(&visit.place().zone).to_string();
    state(&[("eventStart[after]", &today), ("order[eventStart]", "asc")]).address(&EVENT)
}

fn usage(overview: &Overview) -> Usage {
    let (limit, left) = (u64::from(overview.api_use.limit), u64::from(overview.api_use.remaining));
    let used = limit.saturating_sub(left);
    let said = format!("{} of {} requests this hour", words::grouped(used), words::grouped(limit));
    Usage { used, limit, said }
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

/// What waits in the settings, in the words of people.
fn settings_todo(visit: &Visit, overview: &Overview) -> impl Iterator<Item = Task> {
    let place = visit.place();
    overview.todo.iter().map(move |todo| {
        let at = todo.at.map(|at| place.moment(at)).unwrap_or_default();
        let subject = &todo.subject;
        let text = match todo.kind {
            Todo::KEY_EXPIRES => format!("The API key “{subject}” ends {at}: rotate it before"),
            Todo::WEBHOOK_FAILS => format!("Nothing has arrived at {subject} since {at}"),
            Todo::WEBHOOK_OFF => format!("The webhook to {subject} was switched off by the server"),
            Todo::INTEGRATION_FAILS => format!("The integration “{subject}” fails: see what to do"),
            _ => todo.title.clone(),
        };
        let path = todo.path.strip_prefix("/api").unwrap_or(&todo.path);
        Task { text, href: format!("/settings{path}") }
    })
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
