//! Every page that the program serves to browsers, under its own Content Security Policy. `testkit` looks at each page
//! that any test is answered with; here all are visited, from the tables of routes and screens and the guides' own
//! contents, so that a new one is covered by itself.

use std::collections::BTreeSet;

use axum::http::Method;
use domain::ProblemKind;
use domain::access::Role;
use testkit::{Browser, REGISTRY, Response, TestApp, on_both_engines};

use super::screens::{OWNER, somebodys, table, visit};
use super::staff;
use crate::api::NEVER;

fn is_page(answer: &Response) -> bool {
    answer.header("content-type").is_some_and(|kind| kind.starts_with("text/html"))
}

fn policy(answer: &Response) -> &str {
    answer.header("content-security-policy").unwrap()
}

/// Visits every screen that is about something of the organisation; answers with the paths of those that were pages.
async fn pages(app: &TestApp, browser: &Browser, id: Option<&str>) -> BTreeSet<String> {
    let owner = app.sign_in(OWNER).await;
    let mut pages = BTreeSet::new();
    for info in table() {
        let made = match id {
            None if info.path.contains("{id}") && !info.path.starts_with("/platform") => {
                somebodys(app, &owner, &info).await
            }
            None => NEVER.to_owned(),
            Some(id) => id.to_owned(),
        };
        let answer = visit(browser, &info, &made).await;
        if info.path.contains("/import/") {
            // Only a few files may wait at once.
            let list = info.path.split("/import/").next().unwrap();
            let _ = owner.delete(&format!("/api{list}/imports/{made}")).await;
        }
        if is_page(&answer) {
            pages.insert(format!("{} {}", info.method, info.path));
            let shows_images = info.method == Method::GET
                && answer.code() == 200
                && (info.path.ends_with("/preview") || matches!(info.screen, portal::Screen::Profile(_)));
            let allows_images = policy(&answer).contains("https:");
            assert_eq!(allows_images, shows_images, "{}: {}", answer.request(), policy(&answer));
        }
    }
    pages
}

on_both_engines! {
    async fn every_screen_is_sound_for_whoever_opens_it(app: TestApp) {
        app.user(Some(&app.acme), OWNER, Role::ClientAdmin).await;
        let (admin, viewer) = staff(&app).await;
        let seen = pages(&app, &admin, None).await;
        let of_screens = table().into_iter().filter(|info| info.method == Method::GET);
        let unseen: Vec<String> = of_screens
            .map(|info| format!("{} {}", info.method, info.path))
            .filter(|it| !seen.contains(it) && !it.ends_with("/export") && !it.ends_with("/failed"))
            .collect();
        assert_eq!(unseen, Vec::<String>::new(), "visited, and no page came");
        assert!(pages(&app, &viewer, Some(NEVER)).await.len() > 30);
        app.user(None, "operator@platform.example", Role::PlatformAdmin).await;
        let operator = app.browser("operator@platform.example").await;
        let seen = pages(&app, &operator, Some(&app.acme.id.to_string())).await;
        assert!(seen.contains("GET /platform/{id}") && seen.contains("GET /platform"), "{seen:?}");
    }

    async fn so_is_every_other_page(app: TestApp) {
        let visitor = app.visitor();
        let mut pages = BTreeSet::new();
        let mut open = async |path: &str| {
            let answer = visitor.get(path).header("accept", "text/html, */*;q=0.1").await;
            if is_page(&answer) {
                pages.insert(path.to_owned());
            }
            answer
        };
        for path in ["/login", "/nothing", "/assets/nothing", "/docs/nothing", "/docs/a/b"] {
            let _ = open(path).await;
        }
        let _ = visitor.call(Method::POST, "/login").await;
        let _ = visitor.call(Method::POST, "/docs").await.status(405);
        for route in api::routes(REGISTRY, &api::Config::default()) {
            if route.method != Method::GET {
                continue;
            }
            let mut paths = vec![route.path.clone()];
            if let Some((before, rest)) = route.path.split_once('{') {
                let (_, after) = rest.split_once('}').unwrap();
                let slugs = ProblemKind::ALL.iter().map(|kind| kind.entry().slug);
                paths = slugs.chain([NEVER]).map(|it| format!("{before}{it}{after}")).collect();
            }
            // Where a record is asked for, one id is as good as another.
            let is_of_records = paths.len() > 1 && !route.path.starts_with("/errors");
            for path in paths.iter().rev().take(if is_of_records { 1 } else { usize::MAX }) {
                let path = path.replace(['{', '}'], "");
                let _ = open(&path).await;
            }
        }
        let contents = open("/docs").await.text();
        let (_, contents) = contents.split_once("id=\"contents\"").unwrap();
        let guides: BTreeSet<&str> =
            contents.split(" href=\"").skip(1).filter_map(|it| it.split(['"', '#']).next()).collect();
        for guide in guides.iter().filter(|it| it.starts_with("/docs/")) {
            let _ = open(guide).await.status(200);
        }
        let pages: Vec<&str> = pages.iter().map(String::as_str).collect();
        for expected in ["/login", "/nothing", "/docs", "/docs/security", "/docs/nothing", "/api/docs", "/errors"] {
            assert!(pages.contains(&expected), "{expected}: {pages:?}");
        }
        let errors = pages.iter().filter(|it| it.starts_with("/errors/")).count();
        assert_eq!(errors, ProblemKind::ALL.len(), "{pages:?}");
        assert!(pages.iter().filter(|it| it.starts_with("/docs/")).count() > 15, "{pages:?}");
    }
}
