//! Many records at once: changing their status or deleting them, after a question, with progress and a
//! report. The answer is one page that grows while the work is done, so that it needs neither script nor
//! anything kept on the server; who leaves the page ends the work after the record at hand.

use app::{BatchItem, BatchKind, BatchMode, RecordRow, Tenant, WriteRequest};
use askama::Template;
use axum::body::{Body, Bytes};
use axum::http::{HeaderValue, header};
use axum::response::Response;
use domain::definition::Kind;
use domain::json::Object;
use domain::{Problem, ProblemKind, RecordId, Resource, Violation};
use futures_util::stream;
use serde_json::json;

use super::list::{Question, State};
use super::record::ConfirmPage;
use crate::display;
use crate::failure::PageError;
use crate::shell::Shell;
use crate::visit::{Page, Visit};
use crate::words;

/// Records changed between two signs of progress.
const PART: usize = 50;
/// Most records of one piece of work, and failures that its report lists.
const MOST: usize = 100_000;
const LISTED: usize = 200;

/// What is done with each record.
#[derive(Clone, Debug)]
enum Deed {
    SetStatus(String),
    Delete,
}

/// The page around the progress; `MARK` stands where it goes.
#[derive(Template)]
#[template(path = "pages/bulk.html")]
struct BulkPage {
    shell: Shell,
    title: String,
    list: String,
    list_title: String,
    mark: &'static str,
}

#[derive(Template)]
#[template(path = "components/progress.html")]
struct Step {
    done: usize,
    all: usize,
}

#[derive(Template)]
#[template(path = "components/report.html")]
struct Report {
    done: String,
    unchanged: usize,
    failed: usize,
    failures: Vec<(String, String, String)>,
    left_off: usize,
    back: String,
    list_title: String,
}

const MARK: &str = "<!-- progress -->";

/// `POST /members/bulk`
pub(crate) async fn run(visit: &Visit, resource: &'static Resource) -> Page {
    let deed = deed(visit, resource)?;
    let state = State::parse(visit.form.get("query").unwrap_or_default());
    let ids = chosen(visit, resource, &state).await?;
    let many = words::counted(ids.len() as u64, &resource.noun(), &resource.plural_noun());
    if visit.form.get("confirmed").is_none() {
        return visit.page(&question(visit, resource, &deed, &state, &many));
    }
    let title = match &deed {
        Deed::SetStatus(status) => format!("Changing the status of {many} to {}", words::value(status)),
        Deed::Delete => format!("Deleting {many}"),
    };
    let list_title = words::capitalised(&resource.plural_noun());
    let page = BulkPage {
        shell: visit.shell(&title),
        title,
        list: state.address(resource),
        list_title: list_title.clone(),
        mark: MARK,
    };
    let page = page.render()?;
    let (head, tail) = page.split_once(MARK).unwrap_or((&page, ""));
    let work = Work {
        app: visit.app.clone(),
        tenant: visit.tenant()?.clone(),
        request: visit.write_request(),
        resource,
        layout_title: visit.layout(resource)?.title,
        deed,
        left: ids,
        all: 0,
        changed: 0,
        unchanged: 0,
        failures: Vec::new(),
        failed: 0,
        back: state.address(resource),
        list_title,
        head: Some(head.to_owned()),
        tail: Some(tail.to_owned()),
    };
    let work = Work { all: work.left.len(), ..work };
    let body = Body::from_stream(stream::unfold(work, |mut work| async move {
        work.next().await.map(|part| (Ok::<_, std::convert::Infallible>(Bytes::from(part)), work))
    }));
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    // Compression would hold back what is to be seen at once.
    headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("identity"));
    Ok(response)
}

fn deed(visit: &Visit, resource: &'static Resource) -> Result<Deed, PageError> {
    let wrong = |text: &str| {
        let violation = Violation::new("do", "invalid_choice", text);
        Problem::new(ProblemKind::ValidationError, text).violations(vec![violation])
    };
    match visit.form.get("do") {
        Some("delete") => Ok(Deed::Delete),
        Some("status") => {
            let status = visit.form.get("status").unwrap_or_default();
            let known = resource.field("status").map(|field| field.kind);
            match known {
                Some(Kind::Choice(choices)) if choices.contains(&status) => {
                    Ok(Deed::SetStatus(status.to_owned()))
                }
                _ => Err(wrong("Choose the status that they are to have").into()),
            }
        }
        _ => Err(wrong("Choose what to do with the records").into()),
    }
}

/// The records that are ticked, or all that the list's filters match.
async fn chosen(
    visit: &Visit,
    resource: &'static Resource,
    state: &State,
) -> Result<Vec<RecordId>, PageError> {
    if visit.form.get("all").is_none() {
        let ticked: Vec<RecordId> = visit.form.all("ids").filter_map(|id| id.parse().ok()).collect();
        if ticked.is_empty() {
            let detail = format!("No {} is ticked", resource.noun());
            let hint = "Tick the boxes at the left of the rows that you mean, then choose again.";
            return Err(Problem::new(ProblemKind::ValidationError, detail).hint(hint).into());
        }
        return Ok(ticked);
    }
    let query = Question::in_state(visit, resource, state.clone())?.query?;
    let mut walk = visit.app.walk(visit.tenant()?, resource, query);
    let mut ids = Vec::new();
    while !walk.ended() && ids.len() < MOST {
        let each = |row: &RecordRow<'_, '_>| {
            if let domain::json::ValueRef::Id(id) = row.get(0)? {
                ids.push(RecordId::from(id));
            }
            Ok(())
        };
        walk.part(each).await?;
        walk.made(1);
    }
    ids.truncate(MOST);
    Ok(ids)
}

fn question(visit: &Visit, resource: &Resource, deed: &Deed, state: &State, many: &str) -> ConfirmPage {
    let (question, about, button, is_final) = match deed {
        Deed::SetStatus(status) => (
            format!("Change the status of {many} to {}?", words::value(status)),
            "Each is changed by the same rules as alone; the report names those that could not be.",
            format!("Change {many}"),
            false,
        ),
        Deed::Delete => (
            format!("Delete {many}?"),
            "They are gone for good, here and for every system that reads them. The audit log keeps what they were.",
            format!("Delete {many}"),
            true,
        ),
    };
    let sent = visit.form.0.iter().filter(|(name, _)| name != "_token");
    let mut hidden: Vec<(String, String)> = sent.cloned().collect();
    hidden.push(("confirmed".to_owned(), "1".to_owned()));
    ConfirmPage {
        shell: visit.shell(&question),
        question,
        about: vec![about.to_owned()],
        button,
        is_final,
        action: format!("/{}/bulk", resource.segment()),
        back: state.address(resource),
        fields: Vec::new(),
        hidden,
        problem: None,
    }
}

/// Work under way: what is left of it, and what became of the rest.
struct Work {
    app: app::App,
    tenant: Tenant,
    request: WriteRequest,
    resource: &'static Resource,
    layout_title: &'static [&'static str],
    deed: Deed,
    left: Vec<RecordId>,
    all: usize,
    changed: usize,
    unchanged: usize,
    /// The address of a record, how it is called, and why it is as it was.
    failures: Vec<(String, String, String)>,
    failed: usize,
    back: String,
    list_title: String,
    head: Option<String>,
    tail: Option<String>,
}

impl Work {
    /// The next part of the page; nothing after its end.
    async fn next(&mut self) -> Option<String> {
        if let Some(head) = self.head.take() {
            return Some(head + &self.step());
        }
        if self.left.is_empty() {
            return self.tail.take().map(|tail| self.report() + &tail);
        }
        let rest = self.left.split_off(self.left.len().min(PART));
        let part = std::mem::replace(&mut self.left, rest);
        if let Err(failure) = self.part(&part).await {
            // What cannot be done now will not be possible for the next ones either.
            let why = failure.problem().detail;
            tracing::error!(error = failure.inside(), "work on many records broke off");
            self.failed += part.len() + self.left.len();
            self.left.clear();
            self.failures.push((String::new(), "The rest".to_owned(), why));
        }
        Some(self.step())
    }

    async fn part(&mut self, ids: &[RecordId]) -> Result<(), app::Failure> {
        match self.deed.clone() {
            Deed::SetStatus(status) => {
                let item = |id: &RecordId| BatchItem {
                    mode: BatchMode::Update,
                    matches: vec![("id", id.to_string())],
                    body: Ok(Object::from_iter([("status".to_owned(), json!(status))])),
                };
                let items = ids.iter().map(item).collect();
                let report = self
                    .app
                    .batch(&self.tenant, self.request.clone(), self.resource, items, BatchKind::Each, None)
                    .await?;
                for (id, result) in ids.iter().zip(report.results) {
                    match result {
                        Ok((app::Outcome::Unchanged, _)) => self.unchanged += 1,
                        Ok(_) => self.changed += 1,
                        Err(problem) => self.failed(*id, &problem).await,
                    }
                }
            }
            Deed::Delete => {
                for id in ids {
                    match self.app.delete(&self.tenant, self.request.clone(), self.resource, *id).await {
                        Ok(()) => self.changed += 1,
                        Err(app::Failure::Problem(problem)) => self.failed(*id, &problem).await,
                        Err(failure) => return Err(failure),
                    }
                }
            }
        }
        Ok(())
    }

    async fn failed(&mut self, id: RecordId, problem: &Problem) {
        self.failed += 1;
        if self.failures.len() >= LISTED {
            return;
        }
        let read = |row: &RecordRow<'_, '_>| row.record();
        let record = self.app.get(&self.tenant, self.resource, id, read).await;
        let name = record.map_or_else(
            |_| format!("A {} that is no longer there", self.resource.noun()),
            |record| display::title(self.resource, &record, self.layout_title),
        );
        let violations = problem.violations.iter().map(|it| words::spoken(self.resource, &it.message));
        let mut why: Vec<String> = violations.collect();
        if why.is_empty() {
            why.push(words::spoken(self.resource, &problem.detail));
            why.extend(problem.hint.as_deref().map(|hint| words::spoken(self.resource, hint)));
        }
        self.failures.push((format!("/{}/{id}", self.resource.segment()), name, why.join(" ")));
    }

    fn step(&self) -> String {
        let done = self.all - self.left.len();
        Step { done, all: self.all }.render().unwrap_or_default()
    }

    fn report(&self) -> String {
        let many = words::counted(self.changed as u64, &self.resource.noun(), &self.resource.plural_noun());
        let done = match self.deed {
            Deed::SetStatus(_) => format!("{many} changed"),
            Deed::Delete => format!("{many} deleted"),
        };
        let report = Report {
            done,
            unchanged: self.unchanged,
            failed: self.failed,
            failures: self.failures.clone(),
            left_off: self.failed.saturating_sub(self.failures.len()),
            back: self.back.clone(),
            list_title: self.list_title.clone(),
        };
        report.render().unwrap_or_default()
    }
}
