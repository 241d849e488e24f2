//! The guides in a real browser: every page is one that axe finds no fault with, fits any screen, and says nothing on
//! the console.

use tokio::net::TcpListener;

use super::webdriver::Chromium;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn guides_are_sound_on_any_screen() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let server = tokio::spawn(async { axum::serve(listener, guides::router([1; 8])).await });
    let told = tokio::task::spawn_blocking(move || {
        let browser = Chromium::start(&address);
        browser.open("/docs");
        let pages = browser.script(
            "return [...document.querySelectorAll('#contents > ul > li > a')].map((it) => it.pathname)",
            &[],
        );
        let pages: Vec<String> = serde_json::from_value(pages).unwrap();
        assert!(pages.len() > 10, "{pages:?}");
        for page in pages {
            browser.open(&page);
            for (width, dark) in [(1440, false), (360, true)] {
                browser.look(width, dark);
                let found = browser.axe();
                assert!(found.is_empty(), "{page} at {width}, dark {dark}: {found:#?}");
                let wide =
                    "return document.documentElement.scrollWidth - document.documentElement.clientWidth";
                let wide = browser.script(wide, &[]);
                assert!(wide.as_i64() <= Some(0), "{page} at {width} sticks out by {wide}");
            }
            assert_eq!(browser.console(), Vec::<String>::new(), "{page}");
        }
    });
    told.await.unwrap();
    server.abort();
}
