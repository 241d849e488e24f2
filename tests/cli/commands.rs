//! Commands that do one thing: their results, their messages, their exit codes, beside a server or not.

use super::*;

/// Makes two tests of each function: on an embedded store and on PostgreSQL.
macro_rules! on_both_stores {
    ($(fn $name:ident($store:ident: Store) $body:block)*) => {$(
        mod $name {
            use super::*;

            fn check($store: &Store) $body

            #[test]
            fn sqlite() {
                check(&Store::directory());
            }

            #[test]
            fn postgres() {
                check(&Store::postgres());
            }
        }
    )*};
}

on_both_stores! {
    fn with_json_a_command_prints_one_document(store: Store) {
        let made = store.run(&["organisation", "create", "--name", "Brücke & Söhne", "--plan", "enterprise", "--json"]).json();
        assert_eq!(made.as_object().unwrap().keys().collect::<Vec<_>>(), ["id", "slug", "plan"]);
        assert_eq!(made["plan"], "enterprise");
        let slug = made["slug"].as_str().unwrap();
        let of = ["--organisation", slug];
        let organisations = store.run(&["organisation", "list", "--json"]).json();
        assert_eq!(organisations[0]["name"], "Brücke & Söhne");
        let changed = store.run(&["organisation", "set-plan", "--slug", slug, "--plan", "standard", "--json"]).json();
        assert_eq!((&changed["id"], &changed["plan"]), (&made["id"], &Json::from("standard")));

        let email = ["--email", "jane@example.org"];
        let create = ["user", "create", of[0], of[1], email[0], email[1], "--role", "ROLE_CLIENT_ADMIN", "--json"];
        assert_eq!(store.run(&create).json()["status"], "active");
        let password = ["user", "set-password", email[0], email[1], "--password-stdin", "--json"];
        assert_eq!(store.run_with_input(&password, "Correct-Horse-9\n").json()["passwordSet"], true);
        store.run(&["user", "suspend", email[0], email[1], "--json"]).json();
        let users = store.run(&["user", "list", of[0], of[1], "--json"]).json();
        assert_eq!((&users[0]["email"], &users[0]["status"]), (&Json::from(email[1]), &Json::from("suspended")));
        assert_eq!(store.run(&["user", "activate", email[0], email[1], "--json"]).json()["status"], "active");

        let create = [
            "api-key", "create", of[0], of[1], "--environment", "sandbox", "--name", "k", "--scopes", "members:read",
            "--expires-in", "90d", "--allowed-ips", "203.0.113.0/24,2001:db8::1", "--json",
        ];
        let key = store.run(&create).json();
        assert_eq!(key.as_object().unwrap().keys().collect::<Vec<_>>(), ["id", "key", "prefix", "scopes"]);
        assert!(key["key"].as_str().unwrap().starts_with(key["prefix"].as_str().unwrap()));
        assert_eq!(key["scopes"], serde_json::json!(["members:read"]));
        let keys = store.run(&["api-key", "list", of[0], of[1], "--json"]).json();
        assert_eq!(keys[0]["allowedIps"], serde_json::json!(["203.0.113.0/24", "2001:db8::1/128"]));
        assert_eq!((&keys[0]["environment"], &keys[0]["key"]), (&Json::from("sandbox"), &Json::Null));
        let id = key["id"].as_str().unwrap();
        let next = store.run(&["api-key", "rotate", of[0], of[1], id, "--overlap-days", "7", "--json"]).json();
        assert_ne!(next["key"], key["key"]);
        let keys = store.run(&["api-key", "list", of[0], of[1], "--json"]).json();
        assert_eq!((&keys[1]["id"], &keys[1]["allowedIps"]), (&next["id"], &keys[0]["allowedIps"]));
        assert_eq!(store.run(&["api-key", "revoke", of[0], of[1], id, "--json"]).json()["revoked"], true);
        assert!(store.run(&["organisation", "close", "--slug", slug, "--json"]).json()["closedAt"].is_string());
    }

    fn what_is_done_beside_a_running_server_counts_at_once(store: Store) {
        let server = store.serve();
        store.make_acme();
        let (id, key) = store.make_key();
        assert_eq!(server.get("/api/members", &key).0, 200);
        store.run(&["api-key", "revoke", "--organisation", "acme", &id, "--json"]).json();
        let (status, problem) = server.get("/api/members", &key);
        assert_eq!(status, 401);
        assert!(problem["type"].as_str().unwrap().ends_with("/revoked-api-key"), "{problem}");

        let (_, key) = store.make_key();
        assert_eq!(server.get("/api/members", &key).0, 200);
        store.run(&["organisation", "close", "--slug", "acme"]);
        assert_eq!(server.get("/api/members", &key).0, 401);
        assert!(store.run(&["api-key", "list", "--organisation", "acme"]).out.contains("test"));
        let late = ["api-key", "create", "--organisation", "acme", "--environment", "sandbox", "--name", "late"];
        assert!(store.run(&late).refused(1).contains("closed"));
    }

    fn all_that_is_wrong_is_said_at_once(store: Store) {
        store.make_acme();
        let taken = store.run(&["organisation", "create", "--name", "acme", "--json"]);
        assert!(taken.refused(1).contains("slug: The slug acme is taken"));
        let weak = ["user", "create", "--organisation", "acme", "--email", "a@example.org", "--role", "ROLE_CLIENT_USER", "--password-stdin"];
        let weak = store.run_with_input(&weak, "short\n");
        assert_eq!(weak.refused(1).lines().filter(|line| line.starts_with("  password: ")).count(), 3);
        let unknown = ["api-key", "create", "--organisation", "acme", "--environment", "sandbox", "--name", "", "--scopes", "member:read"];
        let unknown = store.run(&unknown);
        let text = unknown.refused(1);
        assert!(text.contains("  name: ") && text.contains("Did you mean members:read"), "{text}");
        assert!(store.run(&["user", "list", "--organisation", "acne"]).refused(1).contains("acne"));
        let id = "01938c5e-7a00-7c3b-9d2e-5f1a6b7c8d9e";
        assert!(store.run(&["api-key", "revoke", "--organisation", "acme", id]).refused(1).contains(id));
    }

    fn an_import_takes_the_saved_mapping_of_an_integration(store: Store) {
        store.make_acme();
        let (_, key) = store.make_key();
        let serving = store.serve();
        let rules = serde_json::json!([{"external": "Contact", "field": "externalId"},
            {"external": "Given", "field": "firstName"}, {"external": "Family", "field": "lastName"},
            {"external": "Mail", "field": "email"}]);
        let body = serde_json::json!({"name": "Salesforce", "fieldMapping": {"members": rules}});
        assert_eq!(post(&serving.address, "/api/integrations", &key, &body).0, 201);
        drop(serving);
        let files = tempfile::tempdir().unwrap();
        let file = files.path().join("contacts.csv");
        std::fs::write(&file, "Contact,Given,Family,Mail\n1,Jane,Doe,jane@example.org\n").unwrap();
        let import = |what: &str, mapping: &str| {
            let file = file.to_str().unwrap();
            store.run(&["import", what, file, "--organisation", "acme", "--mapping", mapping, "--json"])
        };
        assert_eq!(import("members", "salesforce").json()["created"], 1);
        assert_eq!(import("members", "Salesforce").json()["unchanged"], 1);
        let unknown = import("members", "Salesfroce");
        assert!(unknown.refused(1).contains("neither a file Salesfroce"), "{unknown:?}");
        assert!(unknown.err.contains("Did you mean Salesforce?"), "{unknown:?}");
        let others = import("events", "Salesforce");
        assert!(others.refused(1).contains("has rules for members, none for events"), "{others:?}");
        let missing = import("members", "crm.json");
        assert!(missing.refused(1).contains("crm.json cannot be read"), "{missing:?}");
    }
}

#[test]
fn a_command_given_wrongly_ends_with_2() {
    let store = Store::directory();
    for (arguments, said) in [
        (&["organisation", "create"][..], "--name"),
        (&["organisation", "create", "--name", "x", "--plan", "entreprise"], "enterprise"),
        (&["user", "create", "--email", "a@b.org", "--role", "admin"], "ROLE_CLIENT_ADMIN"),
        (&["user", "create", "--email", "a@b.org", "--role", "ROLE_CLIENT_USER"], "--organisation"),
        (&["user", "set-password", "--email", "a@b.org"], "--password-stdin"),
        (
            &["api-key", "create", "--organisation", "a", "--environment", "live", "--name", "n"],
            "production, sandbox",
        ),
        (&["api-key", "revoke", "--organisation", "a", "x"], "<ID>"),
        (&["serve", "--listen", "8080"], "127.0.0.1:8080"),
        (&["serve", "--log-level", "verbose"], "info"),
        (&["srve"], "serve"),
    ] {
        let ran = store.run(arguments);
        assert!(ran.refused(2).contains(said), "{arguments:?}: {ran:?}");
    }
    let times = ["90", "soon", "-3d"];
    for time in times {
        let create = ["api-key", "create", "--organisation", "a", "--environment", "sandbox", "--name", "n"];
        let time = format!("--expires-in={time}");
        let arguments: Vec<&str> = create.into_iter().chain([time.as_str()]).collect();
        let ran = store.run(&arguments);
        assert!(ran.refused(2).contains("--expires-in"), "{ran:?}");
    }
    assert_eq!(memberpulse().output().unwrap().status.code(), Some(2));
}

#[test]
fn a_key_that_has_expired_is_refused() {
    let store = Store::directory();
    store.make_acme();
    let server = store.serve();
    let create = [
        "api-key",
        "create",
        "--organisation",
        "acme",
        "--environment",
        "production",
        "--name",
        "n",
        "--expires-in",
        "1ms",
        "--json",
    ];
    let key = store.run(&create).json();
    let (status, problem) = server.get("/api/members", key["key"].as_str().unwrap());
    assert_eq!(status, 401);
    assert!(problem["type"].as_str().unwrap().ends_with("/expired-api-key"), "{problem}");
}

#[test]
fn without_data_only_making_an_organisation_begins() {
    let store = Store::directory();
    let missing = store.path().join("nothing");
    let on_missing = |arguments: &[&str]| {
        Ran::of(memberpulse().args(arguments).arg("--data-dir").arg(&missing).output().unwrap())
    };
    let listed = on_missing(&["organisation", "list", "--json"]);
    assert!(listed.refused(1).contains("there is no data in"));
    assert!(!missing.exists());
    on_missing(&["organisation", "create", "--name", "Acme", "--json"]).json();
    assert_eq!(on_missing(&["organisation", "list", "--json"]).json()[0]["slug"], "acme");
}

#[test]
fn a_reader_who_has_gone_is_no_failure() {
    let store = Store::directory();
    store.make_acme();
    for arguments in [&["organisation", "list"][..], &["openapi"], &["--help"]] {
        let mut child =
            store.command(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let ran = Ran::of(child.wait_with_output().unwrap());
        assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""), "{arguments:?}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_result_that_cannot_be_written_is_a_failure() {
    let store = Store::directory();
    store.make_acme();
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let output = store.command(&["organisation", "list"]).stdout(full).output().unwrap();
    assert!(Ran::of(output).refused(1).contains("standard output"));
}

#[test]
fn the_description_of_the_api_needs_no_data() {
    let store = Store::directory();
    let json = Ran::of(memberpulse().arg("openapi").current_dir(store.path()).output().unwrap());
    let document: Json = serde_json::from_str(&json.out).unwrap();
    assert_eq!(document["openapi"].as_str().unwrap().split('.').next(), Some("3"));
    assert!(document["paths"]["/api/members"].is_object(), "{:?}", document["paths"]);
    let yaml = Ran::of(memberpulse().args(["openapi", "--yaml"]).current_dir(store.path()).output().unwrap());
    assert!(yaml.out.starts_with("openapi: "), "{}", &yaml.out[..40]);
    assert_eq!(std::fs::read_dir(store.path()).unwrap().count(), 0);
}
