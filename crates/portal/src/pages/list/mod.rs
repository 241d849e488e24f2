//! Lists: one page for every resource. Columns, filters, order and search follow from the definition, the
//! whole state stands in the address.

mod filters;
mod question;

use app::{Listing, RecordRow};
use askama::Template;
use axum::http::{HeaderValue, StatusCode};
use domain::definition::{Class, Field, Kind, Resource};
use domain::listing::{Filter, ListQuery, Page as Part};
use domain::{Problem, ProblemKind, Record, Timestamp, Value};

use super::record::RecordHead;
use crate::components::{Choice, ProblemView};
use crate::display::{self, Place, Shown};
use crate::failure::PageError;
use crate::layout::Layout;
use crate::shell::Shell;
use crate::visit::{Page, Visit};
use crate::words;
use filters::{Chip, FilterView, chips_of, filters_of, without_all};

pub(crate) use question::{Question, State};

/// A list.
#[derive(Template)]
#[template(path = "pages/list.html")]
pub(crate) struct ListPage {
    pub(crate) shell: Shell,
    /// The record whose part the list is.
    pub(crate) record: Option<RecordHead>,
    pub(crate) about: String,
    pub(crate) title: String,
    /// Many of them in a sentence.
    pub(crate) nouns: String,
    pub(crate) base: String,
    pub(crate) can_write: bool,
    pub(crate) new_href: String,
    pub(crate) new_label: String,
    pub(crate) can_search: bool,
    pub(crate) search: String,
    pub(crate) searched: String,
    pub(crate) filters: Vec<FilterView>,
    pub(crate) chips: Vec<Chip>,
    pub(crate) without_all: String,
    pub(crate) chooser: Vec<Choice>,
    /// Parts of the state that no input of the page holds.
    pub(crate) hidden: Vec<(String, String)>,
    pub(crate) export: String,
    pub(crate) query: String,
    pub(crate) heads: Vec<Head>,
    pub(crate) rows: Vec<RowView>,
    pub(crate) statuses: Vec<Choice>,
    pub(crate) total: u64,
    pub(crate) summary: String,
    pub(crate) pages: Pages,
    pub(crate) empty: String,
    pub(crate) problem: Option<ProblemView>,
}

/// The head of a column.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub(crate) struct Head {
    pub(crate) label: String,
    /// The list in the order of this column, where it has one.
    pub(crate) sort: String,
    /// `ascending`, `descending` or nothing.
    pub(crate) direction: &'static str,
    pub(crate) is_number: bool,
}

/// A record in a list.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub(crate) struct RowView {
    pub(crate) id: String,
    pub(crate) href: String,
    pub(crate) title: String,
    /// What stands in the first column, which leads to the record.
    pub(crate) first: String,
    pub(crate) cells: Vec<Cell>,
}

/// A value in a list.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Cell {
    pub(crate) label: String,
    pub(crate) shown: Shown,
    pub(crate) is_number: bool,
}

/// Where the other pages are; an empty address where there is none.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub(crate) struct Pages {
    pub(crate) number: u64,
    pub(crate) all: u64,
    pub(crate) first: String,
    pub(crate) previous: String,
    pub(crate) next: String,
    pub(crate) last: String,
}

/// Where a list is, and of what.
pub(crate) struct Below {
    /// The path of the list.
    pub(crate) base: String,
    /// Only what this lets through, whatever the address asks.
    pub(crate) only: Option<Filter>,
    /// What stands above it, where it is a part of a record.
    pub(crate) record: Option<RecordHead>,
}

/// A list that was read: how it is shown, and in which state it is.
pub(crate) struct Read {
    pub(crate) page: ListPage,
    state: State,
    base: String,
}

/// `GET /members`
pub(crate) async fn show(visit: &Visit, resource: &'static Resource) -> Page {
    let below = Below { base: visit.layout(resource)?.base(resource), only: None, record: None };
    read(visit, resource, below, |_| None).await?.shown(visit)
}

/// Reads a list; `row` makes its row of a record where it is not made of the columns.
pub(crate) async fn read(
    visit: &Visit,
    resource: &'static Resource,
    below: Below,
    mut row: impl FnMut(&Record) -> Option<RowView> + Send,
) -> Result<Read, PageError> {
    let layout = visit.layout(resource)?;
    let Question { state, query } = Question::of(visit, resource)?;
    let columns = columns(resource, layout, &state);
    let base = below.base;
    let (place, now) = (visit.place(), visit.app.now());
    let (rows, listing, query, problem) = match query {
        Ok(mut query) => {
            query.filters.extend(below.only);
            let mut rows = Vec::with_capacity(30);
            let each = |found: &RecordRow<'_, '_>| {
                let record = found.record()?;
                let usual = || row_view(&place, resource, layout, &base, &columns, &record, now);
                rows.push(row(&record).unwrap_or_else(usual));
                Ok(())
            };
            let listing = visit.app.list(visit.tenant()?, resource, &query, each).await?;
            (rows, Some(listing), Some(query), None)
        }
        Err(problem) => (Vec::new(), None, None, Some(spoken(visit, resource, &problem))),
    };
    let page = view(visit, resource, layout, &base, &state, &columns, rows, listing, query.as_ref(), problem);
    Ok(Read { page: ListPage { record: below.record, ..page }, state, base })
}

impl Read {
    /// The page.
    pub(crate) fn shown(self, visit: &Visit) -> Page {
        let status = if self.page.problem.is_some() { StatusCode::BAD_REQUEST } else { StatusCode::OK };
        let mut response = visit.page_with(status, &self.page)?;
        if visit.is_htmx() {
            // The address without what forms send along for nothing.
            if let Ok(address) = HeaderValue::try_from(self.state.at(&self.base)) {
                response.headers_mut().insert("hx-push-url", address);
            }
        }
        Ok(response)
    }
}

/// The columns that the state chooses, or those of the layout.
fn columns(resource: &'static Resource, layout: &Layout, state: &State) -> Vec<(usize, &'static Field)> {
    let chosen: Option<Vec<&str>> = state.get("fields").map(|fields| fields.split(',').collect());
    let known = |name: &&str| resource.position(name).zip(resource.field(name));
    let mut columns: Vec<_> = chosen.iter().flatten().filter_map(known).collect();
    if columns.is_empty() {
        columns = layout.columns.iter().filter_map(known).collect();
    }
    columns
}

fn row_view(
    place: &Place,
    resource: &'static Resource,
    layout: &Layout,
    base: &str,
    columns: &[(usize, &'static Field)],
    record: &Record,
    now: Timestamp,
) -> RowView {
    let id = record.id().map(|id| id.to_string()).unwrap_or_default();
    let cells = columns.iter().map(|&(position, field)| Cell {
        label: words::label(field.name),
        shown: place.show(field, &shown_value(resource, record, position, now)),
        is_number: field.kind.is_numeric(),
    });
    let cells: Vec<Cell> = cells.collect();
    let title = display::title(resource, record, layout.title);
    let first = cells.first().filter(|cell| !cell.shown.is_nothing()).map(|cell| cell.shown.brief());
    RowView { href: format!("{base}/{id}"), first: first.unwrap_or_else(|| title.clone()), id, title, cells }
}

/// A value as it shows itself at this moment: the derived status in place of the stored one.
pub(crate) fn shown_value(
    resource: &'static Resource,
    record: &Record,
    position: usize,
    now: Timestamp,
) -> Value {
    let derived = resource.derived.filter(|rule| resource.position(rule.field) == Some(position));
    match derived {
        Some(rule) if domain::json::shows_derived(resource, record, now) => {
            Value::Text(rule.shown.to_owned())
        }
        _ => record.at(position).clone(),
    }
}

#[expect(clippy::too_many_arguments, reason = "what a list is made of, each used once")]
fn view(
    visit: &Visit,
    resource: &'static Resource,
    layout: &Layout,
    base: &str,
    state: &State,
    columns: &[(usize, &'static Field)],
    rows: Vec<RowView>,
    listing: Option<Listing>,
    query: Option<&ListQuery>,
    problem: Option<ProblemView>,
) -> ListPage {
    let title = words::capitalised(&resource.plural_noun());
    let (noun, nouns) = (resource.noun(), resource.plural_noun());
    let total = listing.and_then(|it| it.total).unwrap_or(0);
    let pages = query.map(|query| pages(base, state, query, total)).unwrap_or_default();
    let shown = rows.len() as u64;
    let from = (pages.number.max(1) - 1) * 30 + 1;
    let summary = match (shown, total) {
        (0, _) => format!("No {nouns}"),
        (shown, total) if shown == total => words::counted(total, &noun, &nouns),
        (shown, total) => format!(
            "{}–{} of {}",
            words::grouped(from),
            words::grouped(from + shown - 1),
            words::counted(total, &noun, &nouns)
        ),
    };
    let status = resource.field("status").map(|field| field.kind);
    let choices = if let Some(Kind::Choice(choices)) = status { choices } else { &[] };
    let statuses = choices.iter().map(|value| Choice {
        value: (*value).to_owned(),
        label: words::value(value),
        chosen: false,
    });
    let export_query = state.without(|_, _| false).encoded();
    ListPage {
        shell: visit.shell(&title),
        record: None,
        about: String::new(),
        title,
        base: base.to_owned(),
        can_write: resource.class == Class::Records && visit.can_write(resource),
        new_href: format!("{base}/new"),
        new_label: format!("New {noun}"),
        can_search: !resource.search.is_empty(),
        search: state.get("search").unwrap_or_default().to_owned(),
        searched: resource
            .search
            .iter()
            .map(|name| words::label(name).to_lowercase())
            .collect::<Vec<_>>()
            .join(", "),
        filters: filters_of(resource, state),
        chips: chips_of(resource, base, state),
        without_all: without_all(base, state),
        chooser: chooser(resource, columns),
        hidden: state.0.iter().filter(|(name, _)| name.starts_with("order[")).cloned().collect(),
        export: if resource.parent.is_none() {
            format!("{base}/export?{export_query}")
        } else {
            String::new()
        },
        query: export_query,
        heads: heads(base, state, columns, query),
        rows,
        statuses: statuses.collect(),
        total,
        summary,
        pages,
        empty: if resource.class == Class::Records && !visit.can_write(resource) {
            "An administrator of your organisation can add them.".to_owned()
        } else {
            layout.empty.to_owned()
        },
        problem,
        nouns,
    }
}

fn heads(
    base: &str,
    state: &State,
    columns: &[(usize, &'static Field)],
    query: Option<&ListQuery>,
) -> Vec<Head> {
    let first = query.and_then(|query| query.order.first());
    let head = |&(position, field): &(usize, &'static Field)| {
        let direction = match first.filter(|term| term.position == position) {
            Some(term) if term.descending => "descending",
            Some(_) => "ascending",
            None => "",
        };
        let next = if direction == "ascending" { "desc" } else { "asc" };
        let ordered = state.without(|name, _| name.starts_with("order["));
        let sort = ordered.with(&format!("order[{}]", field.name), next).at(base);
        Head {
            label: words::label(field.name),
            sort: if field.sort { sort } else { String::new() },
            direction,
            is_number: field.kind.is_numeric(),
        }
    };
    columns.iter().map(head).collect()
}

/// Every field that a column can show, the present columns ticked and first.
fn chooser(resource: &'static Resource, columns: &[(usize, &'static Field)]) -> Vec<Choice> {
    let shown = |name: &str| columns.iter().any(|(_, field)| field.name == name);
    let choice =
        |name: &str| Choice { value: name.to_owned(), label: words::label(name), chosen: shown(name) };
    let rest = resource.fields.iter().filter(|field| !shown(field.name));
    let rest = rest.filter(|field| !matches!(field.kind, Kind::Id | Kind::Version | Kind::Html { .. }));
    columns.iter().map(|(_, field)| choice(field.name)).chain(rest.map(|field| choice(field.name))).collect()
}

fn pages(base: &str, state: &State, query: &ListQuery, total: u64) -> Pages {
    let Part::Number(number) = query.page else { return Pages::default() };
    let all = total.div_ceil(u64::from(query.items_per_page)).max(1);
    let at = |page: u64| {
        let state = state.without(|_, _| false);
        let state = if page > 1 { state.with("page", page.to_string()) } else { state };
        state.at(base)
    };
    let if_other = |page: u64, wanted: bool| if wanted { at(page) } else { String::new() };
    Pages {
        number,
        all,
        first: if_other(1, number > 1),
        previous: if_other((number - 1).min(all), number > 1),
        next: if_other(number + 1, number < all),
        last: if_other(all, number < all),
    }
}

/// What is wrong with the parameters, in the words of people.
fn spoken(visit: &Visit, resource: &'static Resource, problem: &Problem) -> ProblemView {
    let mut view = ProblemView::new(problem, &visit.parts);
    if problem.kind == ProblemKind::InvalidQueryParameter {
        "This list cannot be shown".clone_into(&mut view.title);
        view.detail = problem
            .violations
            .iter()
            .map(|it| words::spoken(resource, &it.message))
            .collect::<Vec<_>>()
            .join(" ");
    }
    view
}
