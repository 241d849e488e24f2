//! A real browser, driven over WebDriver (W3C): as much of it as the tests need. Each has its own
//! chromedriver, on a port of its own choice, and its own fresh profile; both end with the test.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value as Json, json};

/// The key under which WebDriver names an element.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";
/// How long a page may take to do what is waited for.
const PATIENCE: Duration = Duration::from_secs(20);

const FLAGS: &[&str] = &[
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
];

/// A browser with one window.
pub(super) struct Chromium {
    driver: Child,
    port: u16,
    session: String,
    address: String,
    profile: tempfile::TempDir,
}

impl Chromium {
    /// Starts one for the server at this address.
    pub(super) fn start(address: &str) -> Self {
        // Several that start at once can choose the same port: all but one of them stop.
        let started = (0..10).find_map(|_| start_driver());
        let (driver, port) = started.unwrap();
        let profile = tempfile::tempdir().unwrap();
        let mut browser = Self { driver, port, session: String::new(), address: address.to_owned(), profile };
        let profile = format!("--user-data-dir={}", browser.profile.path().display());
        let flags: Vec<&str> = FLAGS.iter().copied().chain([profile.as_str()]).collect();
        let wanted = json!({"capabilities": {"alwaysMatch": {
            "goog:loggingPrefs": {"browser": "ALL"},
            "goog:chromeOptions": {"args": flags},
        }}});
        let made = browser.call("POST", "/session", &wanted);
        made["sessionId"].as_str().unwrap().clone_into(&mut browser.session);
        browser
    }

    /// Sends a command of the session and answers with its value.
    fn command(&self, method: &str, path: &str, body: &Json) -> Json {
        self.call(method, &format!("/session/{}{path}", self.session), body)
    }

    fn call(&self, method: &str, path: &str, body: &Json) -> Json {
        let body = if method == "POST" { body.to_string() } else { String::new() };
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\nConnection: close\r\n\r\n",
            self.port,
            body.len()
        );
        stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body.as_bytes())).unwrap();
        let mut reader = BufReader::new(stream);
        let (mut length, mut line) = (0, String::new());
        while reader.read_line(&mut line).unwrap() > 2 {
            if let Some((name, value)) = line.split_once(':')
                && name.eq_ignore_ascii_case("content-length")
            {
                length = value.trim().parse().unwrap();
            }
            line.clear();
        }
        let mut answer = vec![0; length];
        reader.read_exact(&mut answer).unwrap();
        let answer: Json = serde_json::from_slice(&answer).unwrap();
        let value = answer["value"].clone();
        assert!(value["error"].is_null(), "{method} {path}: {} {}", value["error"], value["message"]);
        value
    }

    /// Opens a page of the server.
    pub(super) fn open(&self, path: &str) {
        self.command("POST", "/url", &json!({"url": format!("{}{path}", self.address)}));
    }

    /// The path and query of the page.
    pub(super) fn path(&self) -> String {
        let url = self.command("GET", "/url", &Json::Null);
        url.as_str().unwrap().strip_prefix(&self.address).unwrap().to_owned()
    }

    /// Runs a script in the page and answers with what it returns.
    pub(super) fn script(&self, script: &str, arguments: &[Json]) -> Json {
        self.command("POST", "/execute/sync", &json!({"script": script, "args": arguments}))
    }

    /// Waits until a script answers true.
    #[track_caller]
    pub(super) fn wait_until(&self, condition: &str) {
        let begun = Instant::now();
        while self.script(&format!("return Boolean({condition})"), &[]) != true {
            let body = || self.script("return document.body.innerText.slice(0, 3000)", &[]);
            assert!(
                begun.elapsed() < PATIENCE,
                "{condition} did not come true on {}: {}",
                self.path(),
                body()
            );
            std::thread::sleep(Duration::from_millis(30));
        }
    }

    /// Waits until the page says this.
    #[track_caller]
    pub(super) fn wait_for(&self, words: &str) {
        self.wait_until(&format!("document.body.innerText.includes({})", json!(words)));
    }

    /// The element that a selector finds first.
    fn element(&self, selector: &str) -> String {
        let found = self.command("POST", "/element", &json!({"using": "css selector", "value": selector}));
        found[ELEMENT].as_str().unwrap().to_owned()
    }

    /// Clicks an element.
    pub(super) fn click(&self, selector: &str) {
        self.command("POST", &format!("/element/{}/click", self.element(selector)), &json!({}));
    }

    /// Types into an input, after what stands in it.
    pub(super) fn type_into(&self, selector: &str, text: &str) {
        self.command("POST", &format!("/element/{}/value", self.element(selector)), &json!({"text": text}));
    }

    /// Types into an input, in place of what stands in it.
    pub(super) fn fill(&self, selector: &str, text: &str) {
        self.command("POST", &format!("/element/{}/clear", self.element(selector)), &json!({}));
        self.type_into(selector, text);
    }

    /// Presses a key while Control is held.
    pub(super) fn control(&self, key: &str) {
        let action = |kind: &str, value: &str| json!({"type": kind, "value": value});
        let control = "\u{e009}";
        let keys = [
            action("keyDown", control),
            action("keyDown", key),
            action("keyUp", key),
            action("keyUp", control),
        ];
        let device = json!({"actions": [{"type": "key", "id": "keyboard", "actions": keys}]});
        self.command("POST", "/actions", &device);
    }

    /// Sets the width of the window, and whether the device prefers dark colours. Nothing moves, so that what is
    /// looked at is what stays.
    pub(super) fn look(&self, width: u32, dark: bool) {
        let cdp = |name: &str, with: Json| {
            self.command("POST", "/goog/cdp/execute", &json!({"cmd": name, "params": with}));
        };
        let scheme = json!({"name": "prefers-color-scheme", "value": if dark { "dark" } else { "light" }});
        let still = json!({"name": "prefers-reduced-motion", "value": "reduce"});
        cdp("Emulation.setEmulatedMedia", json!({"features": [scheme, still]}));
        let size = json!({"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": false});
        cdp("Emulation.setDeviceMetricsOverride", size);
    }

    /// What the browser has written to its console since the last call.
    pub(super) fn console(&self) -> Vec<String> {
        let entries = self.command("POST", "/se/log", &json!({"type": "browser"}));
        let entries = entries.as_array().cloned().unwrap_or_default();
        entries.iter().map(|entry| entry["message"].as_str().unwrap_or_default().to_owned()).collect()
    }

    /// What axe finds wrong with the page, in words.
    pub(super) fn axe(&self) -> Vec<String> {
        self.script(&std::fs::read_to_string(axe_script()).unwrap(), &[]);
        let run = "const done = arguments[arguments.length - 1]; axe.run().then((found) => done(found.violations.map(\
            (it) => it.id + ': ' + it.nodes.map((node) => node.html + ' ' + node.failureSummary).join('; '))))";
        let found = self.command("POST", "/execute/async", &json!({"script": run, "args": []}));
        found.as_array().unwrap().iter().map(|it| it.as_str().unwrap_or_default().to_owned()).collect()
    }
}

/// Starts chromedriver; answers with its port, or with nothing when it has stopped at once.
fn start_driver() -> Option<(Child, u16)> {
    let driver = Command::new("chromedriver").arg("--port=0").stdout(Stdio::piped()).spawn();
    let mut driver = driver.unwrap_or_else(|error| {
        panic!(
            "chromedriver does not run ({error}): install Chromium with it, on Debian \
             `apt install chromium chromium-driver`"
        )
    });
    let lines = driver.stdout.take().map(|told| BufReader::new(told).lines());
    let port = lines.into_iter().flatten().map_while(Result::ok).find_map(|line| {
        let (_, port) = line.split_once("started successfully on port ")?;
        port.trim_end_matches('.').parse().ok()
    });
    if port.is_none() {
        drop(driver.wait());
    }
    port.map(|port| (driver, port))
}

impl Drop for Chromium {
    /// Ends the browser by its driver, which knows its processes.
    fn drop(&mut self) {
        if let Ok(mut stream) = TcpStream::connect(("127.0.0.1", self.port)) {
            let shutdown = "GET /shutdown HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n";
            drop(stream.write_all(shutdown.as_bytes()));
            drop(stream.read_to_end(&mut Vec::new()));
        }
        let begun = Instant::now();
        while let Ok(None) = self.driver.try_wait() {
            if begun.elapsed() > Duration::from_secs(5) {
                drop(self.driver.kill());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

/// axe-core as web/package-lock.json names it, installed once beside what the build makes.
fn axe_script() -> PathBuf {
    let web = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../web"));
    let lock = std::fs::read(web.join("package-lock.json")).unwrap();
    let place = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let installed = place.join(format!("web-{:08x}", crc32fast::hash(&lock)));
    let script = installed.join("node_modules/axe-core/axe.min.js");
    if !script.exists() {
        std::fs::create_dir_all(place).unwrap();
        let work = tempfile::tempdir_in(place).unwrap();
        for name in ["package.json", "package-lock.json", ".npmrc"] {
            std::fs::copy(web.join(name), work.path().join(name)).unwrap();
        }
        let arguments = ["ci", "--ignore-scripts", "--no-audit", "--no-fund"];
        let output = Command::new("npm").args(arguments).current_dir(work.path()).output().unwrap();
        assert!(output.status.success(), "npm: {}", String::from_utf8_lossy(&output.stderr));
        // Another test may have been faster: what it installed is the same.
        drop(std::fs::rename(work.path(), &installed));
    }
    script
}
