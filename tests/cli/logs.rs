//! What the most talkative log never holds: credentials, and what is known of people.
//!
//! One server is made to do everything that could tempt it, wrong things above all; then every line of its
//! output is searched for every value that went in or came out.

use testkit::{Behaviour, Receiver};

use super::*;

/// What is known of people: each as odd as can be, so that it is found and nothing else is.
const PERSONAL: &[&str] = &[
    "Zuleikha",
    "Quillfeather",
    "zuleikha.q@privatemail.example",
    "twin.of.zuleikha@privatemail.example",
    "imported.person@privatemail.example",
    "synced.person@privatemail.example",
    "staff.admin@privatemail.example",
    "wrong.staff@privatemail.example",
    "Staffordina",
    "0491570156",
    "+61491570156",
    "0491 570 156",
    "Xylophone Lane",
    "Importella",
    "Syncopata",
    "badge-of-zuleikha",
];

/// Secrets that the test chooses; those that the server makes are noted as they come.
const PASSWORD: &str = "Staff-Secret-77";
const WRONG_PASSWORD: &str = "Wrong-Secret-88";
const SECOND_PASSWORD: &str = "Second-Secret-99";
const HEADER: &str = "Bearer receivers-own-secret-55";
const MISTYPED_KEY: &str = "mp_live_mistyped0mistyped0mistyped0mistyped";
const VISITORS_SESSION: &str = "a-cookie-that-is-no-session-66";

/// A server that is talked to, and what was said.
struct Talk {
    address: String,
    key: String,
    secrets: Vec<String>,
    /// Every answer that was an error.
    problems: Vec<String>,
}

impl Talk {
    fn call(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> (u16, String, Json) {
        let mut head = format!("{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n", self.address);
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        let mut connection = connect(&self.address);
        let request = format!("{head}Content-Length: {}\r\n\r\n{body}", body.len());
        connection.write_all(request.as_bytes()).unwrap();
        let mut text = String::new();
        connection.read_to_string(&mut text).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
        let status = status.unwrap_or_else(|| panic!("no answer to {method} {path}: {text:?}"));
        if status >= 400 {
            self.problems.push(text.clone());
        }
        (status, head.to_owned(), serde_json::from_str(body).unwrap_or(Json::Null))
    }

    /// A call with the key and a JSON body, answered with this status.
    fn api(&mut self, method: &str, path: &str, body: &str, expected: u16) -> Json {
        let bearer = format!("Bearer {}", self.key);
        let kind = if path.ends_with("/imports") { "text/csv" } else { "application/json" };
        let headers = [("Authorization", bearer.as_str()), ("Content-Type", kind)];
        let (status, _, answer) = self.call(method, path, &headers, body);
        assert_eq!(status, expected, "{method} {path}: {answer}");
        answer
    }

    fn note(&mut self, secret: &Json) -> String {
        let secret = secret.as_str().unwrap_or_else(|| panic!("no secret: {secret}")).to_owned();
        self.secrets.push(secret.clone());
        secret
    }
}

/// What a member looks like who must not be in the log.
const ZULEIKHA: &str = r#"{"firstName":"Zuleikha","lastName":"Quillfeather","email":"zuleikha.q@privatemail.example",
    "mobile":"0491 570 156","country":"AU","address":"7 Xylophone Lane","city":"Nowhere",
    "customFields":{"badge":"badge-of-zuleikha"}}"#;

fn as_integrator(talk: &mut Talk) {
    let made = talk.api("POST", "/api/members", ZULEIKHA, 201);
    let path = format!("/api/members/{}", made["id"].as_str().unwrap());
    for (path, status) in [
        ("/api/members?email=zuleikha.q@privatemail.example&search=Quillfeather".to_owned(), 200),
        ("/api/members?emial=zuleikha.q@privatemail.example&status=Zuleikha".to_owned(), 400),
        (format!("/api/members?api_key={MISTYPED_KEY}&customFields[badge]=badge-of-zuleikha"), 400),
        (format!("/api/members?access_token={}", talk.key), 400),
        ("/api/members/zuleikha.q@privatemail.example".to_owned(), 404),
        ("/api/people/Zuleikha/Quillfeather".to_owned(), 404),
        ("/api/members?fields=email&itemsPerPage=5".to_owned(), 200),
        (format!("{path}/personal-data"), 200),
        ("/api/changes".to_owned(), 200),
        ("/metrics".to_owned(), 200),
    ] {
        talk.api("GET", &path, "", status);
    }
    // What is wrong with it is told to its sender: with the values.
    let wrong =
        r#"{"firstName":"Zuleikha","lastName":7,"email":"zuleikha.q@privatemail","mobile":"call Zuleikha"}"#;
    talk.api("POST", "/api/members", wrong, 400);
    talk.api("POST", "/api/members", ZULEIKHA, 409);
    talk.api("POST", "/api/members", r#"{"firstName":"Zuleikha","lastName":Quillfeather}"#, 400);
    talk.api("PATCH", &path, r#"{"lastName":"Quillfeather","dateOfBirth":"Zuleikha"}"#, 400);
    let batch = format!(r#"{{"mode":"upsert","matchBy":"email","items":[{ZULEIKHA},{wrong}]}}"#);
    talk.api("POST", "/api/members/batch", &batch, 200);
    // A fault below: an index that the program knows nothing of refuses the second in one city.
    let twin = ZULEIKHA.replace("zuleikha.q@", "twin.of.zuleikha@");
    talk.api("POST", "/api/members", &twin, 500);

    let bearer = format!("Bearer {}", talk.key);
    let headers = [
        ("Authorization", bearer.as_str()),
        ("Content-Type", "application/json"),
        ("Idempotency-Key", "zuleikha.q@privatemail.example"),
        ("User-Agent", "Zuleikha's own program"),
    ];
    for (body, status) in [(wrong, 400), (wrong, 400), (ZULEIKHA, 422)] {
        assert_eq!(talk.call("POST", "/api/members", &headers, body).0, status);
    }
    for credential in
        [MISTYPED_KEY.to_owned(), format!("Basic {MISTYPED_KEY}"), format!("Bearer {MISTYPED_KEY}")]
    {
        assert_eq!(talk.call("GET", "/api/members", &[("Authorization", &credential)], "").0, 401);
    }
    // What is no request at all.
    let mut odd = connect(&talk.address);
    odd.write_all(format!("GET /{} Zuleikha\r\nAuthorization {bearer}\r\n\r\n", talk.key).as_bytes())
        .unwrap();
    let mut answer = Vec::new();
    odd.read_to_end(&mut answer).unwrap();
    assert!(answer.starts_with(b"HTTP/1.1 400"));
}

fn by_other_ways(talk: &mut Talk) {
    let file = "firstName,lastName,email\nImportella,Quillfeather,imported.person@privatemail.example\n\
                Importella,,imported.person\n";
    let import = talk.api("POST", "/api/members/imports", file, 201);
    let path = format!("/api/members/imports/{}", import["id"].as_str().unwrap());
    talk.api("POST", &format!("{path}/preview"), "{}", 200);
    talk.api("POST", &format!("{path}/start"), "{}", 200);
    let ended = loop {
        let shown = talk.api("GET", &path, "", 200);
        if shown["status"] != "running" {
            break shown;
        }
    };
    assert_eq!(
        (&ended["counts"]["created"], &ended["counts"]["failed"]),
        (&Json::from(1), &Json::from(1)),
        "{ended}"
    );

    let rules = r#"[{"external":"Id","field":"externalId"},{"external":"First","field":"firstName"},
        {"external":"Last","field":"lastName"},{"external":"Mail","field":"email"}]"#;
    let integration = format!(r#"{{"name":"CRM","kind":"custom","fieldMapping":{{"members":{rules}}}}}"#);
    let integration = talk.api("POST", "/api/integrations", &integration, 201);
    let path = format!("/api/integrations/{}", integration["id"].as_str().unwrap());
    let records = r#"{"resource":"members","records":[
        {"Id":"S-1","First":"Syncopata","Last":"Quillfeather","Mail":"synced.person@privatemail.example"},
        {"Id":"S-2","First":"Syncopata","Last":"","Mail":"synced.person"}]}"#;
    let report = talk.api("POST", &format!("{path}/sync"), records, 200);
    assert_eq!(report["summary"]["failed"], 1, "{report}");
}

fn by_webhook(talk: &mut Talk, receiver: &Receiver) {
    let webhook = format!(
        r#"{{"url":"{}?token={MISTYPED_KEY}","events":["*"],"headers":{{"Authorization":"{HEADER}"}}}}"#,
        receiver.url()
    );
    let made = talk.api("POST", "/api/webhooks", &webhook, 201);
    talk.note(&made["secret"]);
    let path = format!("/api/webhooks/{}", made["id"].as_str().unwrap());
    let rotated = talk.api("POST", &format!("{path}/rotate-secret"), "{}", 200);
    talk.note(&rotated["secret"]);
    // Its delivery comes back with everything that is in it, as a failure.
    let other = ZULEIKHA.replace("zuleikha.q@", "twin.of.zuleikha@").replace("Nowhere", "Elsewhere");
    let made = talk.api("POST", "/api/members", &other, 201);
    while talk.api("GET", &format!("{path}/deliveries"), "", 200)["data"][0]["error"].is_null() {
        std::thread::sleep(Duration::from_millis(20));
    }
    assert!(!receiver.received().is_empty());
    talk.api("POST", &format!("/api/members/{}/erase", made["id"].as_str().unwrap()), "{}", 200);
}

fn by_staff(talk: &mut Talk) {
    let page = ("Sec-Fetch-Site", "same-origin");
    let json = ("Content-Type", "application/json");
    let credentials =
        |email: &str, password: &str| format!(r#"{{"email":"{email}","password":"{password}"}}"#);
    for (email, password, expected) in [
        ("staff.admin@privatemail.example", WRONG_PASSWORD, 401),
        ("wrong.staff@privatemail.example", PASSWORD, 401),
        ("", WRONG_PASSWORD, 400),
    ] {
        assert_eq!(
            talk.call("POST", "/api/session", &[page, json], &credentials(email, password)).0,
            expected
        );
    }
    let form = format!("email=wrong.staff%40privatemail.example&password={WRONG_PASSWORD}");
    let headers = [page, ("Content-Type", "application/x-www-form-urlencoded")];
    assert_eq!(talk.call("POST", "/login?next=/members?search=Zuleikha", &headers, &form).0, 401);

    let body = credentials("staff.admin@privatemail.example", PASSWORD);
    let (status, head, _) = talk.call("POST", "/api/session", &[page, json], &body);
    assert_eq!(status, 200, "{head}");
    let cookie = head.lines().find_map(|line| line.strip_prefix("set-cookie: mp_session=")).unwrap();
    let token = cookie.split(';').next().unwrap().to_owned();
    talk.secrets.push(token.clone());
    let cookie = format!("mp_session={token}");
    let signed_in = [("Cookie", cookie.as_str()), page, json];
    for path in ["/", "/members?search=Zuleikha", "/members/Zuleikha", "/settings/staff", "/api/members"] {
        talk.call("GET", path, &signed_in, "");
    }
    let user = format!(
        r#"{{"email":"second.staff@privatemail.example","firstName":"Staffordina","role":"ROLE_CLIENT_USER",
            "password":"{SECOND_PASSWORD}"}}"#
    );
    assert_eq!(talk.call("POST", "/api/users", &signed_in, &user).0, 201);
    assert_eq!(talk.call("POST", "/api/users", &signed_in, &user).0, 409);
    let key = r#"{"name":"Website","scopes":["members:read"]}"#;
    let (status, _, made) = talk.call("POST", "/api/api-keys", &signed_in, key);
    assert_eq!(status, 201, "{made}");
    let revoked = talk.note(&made["key"]);
    let path = format!("/api/api-keys/{}", made["id"].as_str().unwrap());
    let (status, _, rotated) = talk.call("POST", &format!("{path}/rotate"), &signed_in, "{}");
    assert_eq!(status, 201, "{rotated}");
    talk.note(&rotated["key"]);
    assert_eq!(talk.call("DELETE", &path, &signed_in, "").0, 204);
    let revoked = format!("Bearer {revoked}");
    assert_eq!(talk.call("GET", "/api/members", &[("Authorization", &revoked)], "").0, 401);
    let visitor = format!("mp_session={VISITORS_SESSION}");
    assert_eq!(talk.call("GET", "/api/session", &[("Cookie", &visitor)], "").0, 401);
}

/// Makes a fault that no rule of the program foresees.
fn set_trap(store: &Store) {
    store.execute("CREATE UNIQUE INDEX trap ON members (tenant, city)");
}

fn check(store: &Store, format: &str) {
    store.make_acme();
    let add = [
        "user",
        "create",
        "--organisation",
        "acme",
        "--email",
        "staff.admin@privatemail.example",
        "--first-name",
        "Staffordina",
        "--role",
        "ROLE_CLIENT_ADMIN",
        "--password-stdin",
    ];
    assert_eq!(store.run_with_input(&add, PASSWORD).code, Some(0));
    let (_, key) = store.make_key();
    set_trap(store);

    let runtime = tokio::runtime::Runtime::new().unwrap();
    let receiver = runtime.block_on(Receiver::start());
    receiver.behave(Behaviour::Echo(500));
    let mut command = store.command(&[
        "serve",
        "--listen",
        "127.0.0.1:0",
        "--log-level",
        "trace",
        "--log-format",
        format,
        "--allow-private-webhooks",
    ]);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let printed = lines_of(child.stdout.take().unwrap());
    let lines = lines_of(child.stderr.take().unwrap());
    let mut log = Vec::new();
    let address = loop {
        let line = lines.recv_timeout(PATIENCE).unwrap_or_else(|_| panic!("it does not serve: {log:?}"));
        log.push(line.clone());
        if let (true, Some((_, rest))) = (line.contains("serving"), line.split_once("http://")) {
            break rest.split(|c: char| c == '"' || c.is_whitespace()).next().unwrap().to_owned();
        }
    };
    let server = Serving { child, address: address.clone(), lines, log };

    let mut talk = Talk { address, key: key.clone(), secrets: vec![key], problems: Vec::new() };
    as_integrator(&mut talk);
    by_other_ways(&mut talk);
    by_webhook(&mut talk, &receiver);
    by_staff(&mut talk);
    let metrics = talk.call("GET", "/metrics", &[], "");
    server.signal(Signal::TERM);
    let (code, mut log) = server.end();
    assert_eq!(code, Some(0), "{log}");
    while let Ok(line) = printed.recv_timeout(PATIENCE) {
        log.push('\n');
        log.push_str(&line);
    }

    // It did talk, of the fault below too, and said where.
    for word in ["a request failed", "/api/members", "members (tenant, city)", "stopped"] {
        assert!(log.contains(word), "{word}: {log}");
    }
    let chosen =
        [PASSWORD, WRONG_PASSWORD, SECOND_PASSWORD, HEADER, MISTYPED_KEY, VISITORS_SESSION, "$argon2"];
    let secrets: Vec<&str> = talk.secrets.iter().map(String::as_str).chain(chosen).collect();
    assert_eq!(secrets.len(), 13);
    for known in secrets.iter().chain(PERSONAL) {
        let found = log.lines().find(|line| line.contains(known));
        assert_eq!(found, None, "{known} is in the log");
        assert!(!format!("{metrics:?}").contains(known), "{known} is among the figures");
    }
    // Whoever asks with a secret is not sent it back.
    for secret in secrets {
        let told = talk.problems.iter().find(|problem| problem.contains(secret));
        assert_eq!(told, None, "{secret} is in a problem document");
    }
}

#[test]
fn no_secret_and_nobody_is_in_the_log_sqlite() {
    check(&Store::directory(), "json");
    check(&Store::directory(), "text");
}

#[test]
fn no_secret_and_nobody_is_in_the_log_postgres() {
    check(&Store::postgres(), "text");
}
