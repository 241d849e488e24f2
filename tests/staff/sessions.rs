//! Sessions as use cases: signing in, waiting after failures, what ends a session, support.

use app::{Actor, Environment, SignInRefusal};
use domain::access::Role;
use serde_json::Value as Json;
use testkit::{TestApp, on_both_engines};

use super::{PASSWORD, at};

/// Rows of the audit log of a tenant with this action, newest first: `(actorType, actorId, impersonatorId)`.
async fn noted(app: &TestApp, action: &str) -> Vec<(String, Json, Json)> {
    let client = app.client().await;
    let list = client.get("/api/audit-log").query([("action", action)]).await.status(200).json();
    let rows = list["data"].as_array().unwrap().iter();
    rows.map(|row| {
        (row["actorType"].as_str().unwrap().to_owned(), row["actorId"].clone(), row["impersonatorId"].clone())
    })
    .collect()
}

async fn refusal(app: &TestApp, from: &str, email: &str, password: &str) -> SignInRefusal {
    app.app.sign_in(&at(from), email, password).await.unwrap().unwrap_err()
}

on_both_engines! {
    async fn the_right_password_opens_production(app: TestApp) {
        let jane = app.user(Some(&app.acme), "Jane@Example.org", Role::ClientAdmin).await;
        let signed_in = app.app.sign_in(&at("203.0.113.9"), " jane@example.ORG ", PASSWORD).await.unwrap().unwrap();
        let session = app.app.session(&signed_in.token).await.unwrap().unwrap();
        assert_eq!(session.user.id, jane.id);
        let tenant = session.tenant.as_ref().unwrap();
        assert_eq!((tenant.organisation().id, tenant.environment()), (app.acme.id, Environment::Production));
        assert!(session.can("members:write") && session.can("api-keys") && !session.can("platform"));
        assert!(session.accepts_form(&session.form_token) && !session.accepts_form(&signed_in.token));
        assert!(!session.accepts_form(""));
        let seen = app.app.users(app.acme.id).await.unwrap();
        assert_eq!(seen[0].last_login_at, Some(app.app.now()));
        assert_eq!(noted(&app, "login").await, [("user".to_owned(), jane.id.to_string().into(), Json::Null)]);
        assert!(app.app.session("unknown").await.unwrap().is_none());
    }

    async fn a_user_may_only_what_the_matrix_says(app: TestApp) {
        let _ = app.user(Some(&app.acme), "jo@example.org", Role::ClientUser).await;
        let session = app.app.sign_in(&at("203.0.113.9"), "jo@example.org", PASSWORD).await.unwrap().unwrap().session;
        assert_eq!(
            session.capabilities(),
            ["members:read", "events:read", "courses:read", "venues:read", "integrations:read"]
        );
    }

    async fn what_is_wrong_is_not_told(app: TestApp) {
        let jane = app.user(Some(&app.acme), "jane@example.org", Role::ClientAdmin).await;
        let wrong = SignInRefusal::WrongCredentials;
        assert_eq!(refusal(&app, "203.0.113.9", "jane@example.org", "Wrong-Horse-9").await, wrong);
        assert_eq!(refusal(&app, "203.0.113.9", "nobody@example.org", PASSWORD).await, wrong);
        assert_eq!(refusal(&app, "203.0.113.9", "", &"x".repeat(10_000)).await, wrong);
        assert_eq!(noted(&app, "login_failed").await, [("system".to_owned(), Json::Null, Json::Null)]);
        // Suspended is told only to who knows the password.
        app.app.suspend_user(&Actor::system(), "jane@example.org").await.unwrap();
        assert_eq!(refusal(&app, "203.0.113.9", "jane@example.org", "Wrong-Horse-9").await, wrong);
        assert_eq!(refusal(&app, "203.0.113.9", "jane@example.org", PASSWORD).await, SignInRefusal::Suspended);
        app.app.activate_user(&Actor::system(), "jane@example.org").await.unwrap();
        assert!(app.app.sign_in(&at("203.0.113.9"), &jane.email, PASSWORD).await.unwrap().is_ok());
        app.app.close_organisation(&Actor::system(), &app.acme).await.unwrap();
        assert_eq!(refusal(&app, "203.0.113.9", "jane@example.org", PASSWORD).await, SignInRefusal::Closed);
    }

    async fn an_account_waits_longer_after_each_failure(app: TestApp) {
        let _ = app.user(Some(&app.acme), "jane@example.org", Role::ClientAdmin).await;
        let second = app.second_server().await;
        for address in ["203.0.113.1", "203.0.113.2", "203.0.113.3", "203.0.113.4", "203.0.113.5"] {
            let wrong = second.sign_in(&at(address), "JANE@example.org", "Wrong-Horse-9").await.unwrap();
            assert_eq!(wrong.unwrap_err(), SignInRefusal::WrongCredentials);
        }
        // Another server knows, and the right password does not help.
        let locked = |seconds| SignInRefusal::Locked { seconds };
        assert_eq!(refusal(&app, "203.0.113.6", "jane@example.org", PASSWORD).await, locked(30));
        app.advance(29);
        assert_eq!(refusal(&app, "203.0.113.6", "jane@example.org", PASSWORD).await, locked(1));
        app.advance(1);
        let wrong = refusal(&app, "203.0.113.6", "jane@example.org", "Wrong-Horse-9").await;
        assert_eq!(wrong, SignInRefusal::WrongCredentials);
        assert_eq!(refusal(&app, "203.0.113.6", "jane@example.org", PASSWORD).await, locked(60));
        app.advance(60);
        assert!(app.app.sign_in(&at("203.0.113.6"), "jane@example.org", PASSWORD).await.unwrap().is_ok());
        // Success forgives the account.
        for _ in 0..5 {
            let wrong = refusal(&app, "203.0.113.7", "jane@example.org", "Wrong-Horse-9").await;
            assert_eq!(wrong, SignInRefusal::WrongCredentials);
        }
        // An account that nobody has behaves the same.
        for _ in 0..5 {
            let wrong = refusal(&app, "203.0.113.8", "nobody@example.org", "Wrong-Horse-9").await;
            assert_eq!(wrong, SignInRefusal::WrongCredentials);
        }
        assert_eq!(refusal(&app, "203.0.113.9", "nobody@example.org", PASSWORD).await, locked(30));
        app.advance(24 * 3_600);
        app.app.prune().await.unwrap();
        assert_eq!(
            refusal(&app, "203.0.113.9", "nobody@example.org", PASSWORD).await,
            SignInRefusal::WrongCredentials
        );
    }

    async fn a_client_that_tries_many_accounts_waits_too(app: TestApp) {
        let _ = app.user(Some(&app.acme), "jane@example.org", Role::ClientAdmin).await;
        for number in 0..30 {
            let wrong = refusal(&app, "2001:db8::1", &format!("nobody{number}@example.org"), PASSWORD).await;
            assert_eq!(wrong, SignInRefusal::WrongCredentials);
        }
        let locked = SignInRefusal::Locked { seconds: 30 };
        assert_eq!(refusal(&app, "2001:db8::2", "jane@example.org", PASSWORD).await, locked);
        assert!(app.app.sign_in(&at("2001:db8:0:1::1"), "jane@example.org", PASSWORD).await.unwrap().is_ok());
    }

    async fn many_attempts_at_once_are_counted_each(app: TestApp) {
        let _ = app.user(Some(&app.acme), "jane@example.org", Role::ClientAdmin).await;
        let client = at("203.0.113.9");
        let attempts = (0..8).map(|_| app.app.sign_in(&client, "jane@example.org", "Wrong-Horse-9"));
        let results = futures_util::future::join_all(attempts).await;
        let checked = results
            .into_iter()
            .filter(|result| matches!(result, Ok(Err(SignInRefusal::WrongCredentials))))
            .count();
        assert!(checked <= 5, "{checked}");
    }

    async fn a_session_ends_when_it_is_not_used(app: TestApp) {
        let _ = app.user(Some(&app.acme), "jane@example.org", Role::ClientAdmin).await;
        let token = app.app.sign_in(&at("203.0.113.9"), "jane@example.org", PASSWORD).await.unwrap().unwrap().token;
        for _ in 0..15 {
            app.advance(11 * 3_600);
            assert!(app.app.session(&token).await.unwrap().is_some());
        }
        // Seven days after sign-in it ends whatever it did: 165 hours are over.
        app.advance(3 * 3_600);
        assert!(app.app.session(&token).await.unwrap().is_none());
        let token = app.app.sign_in(&at("203.0.113.9"), "jane@example.org", PASSWORD).await.unwrap().unwrap().token;
        app.advance(12 * 3_600);
        assert!(app.app.session(&token).await.unwrap().is_none());
        app.app.prune().await.unwrap();
        let left = app.app.db().all(db::Weight::Short, "SELECT COUNT(*) FROM sessions", &[], |row| row.integer(0));
        assert_eq!(left.await.unwrap(), [0]);
    }

    async fn what_ends_all_sessions_of_a_user(app: TestApp) {
        let _ = app.user(Some(&app.acme), "jane@example.org", Role::ClientAdmin).await;
        let _ = app.user(Some(&app.acme), "jo@example.org", Role::ClientUser).await;
        let second = app.second_server().await;
        let client = at("203.0.113.9");
        let sign_in = async |email: &str| app.app.sign_in(&client, email, PASSWORD).await.unwrap().unwrap();
        let other = sign_in("jo@example.org").await;
        for way in 0..4 {
            let (one, two) = (sign_in("jane@example.org").await, sign_in("jane@example.org").await);
            assert!(second.session(&one.token).await.unwrap().is_some());
            match way {
                0 => {
                    app.app.sign_out(&client, &one.session).await.unwrap();
                    assert!(app.app.session(&two.token).await.unwrap().is_some(), "only one");
                    app.app.sign_out(&client, &two.session).await.unwrap();
                }
                1 => app.app.sign_out_everywhere(&client, &two.session).await.unwrap(),
                2 => app.app.set_password(&Actor::system(), "jane@example.org", PASSWORD).await.unwrap(),
                _ => app.app.suspend_user(&Actor::system(), "jane@example.org").await.unwrap(),
            }
            for token in [one.token, two.token] {
                assert!(app.app.session(&token).await.unwrap().is_none(), "{way}");
                app.other_servers_look().await;
                assert!(second.session(&token).await.unwrap().is_none(), "{way} on another server");
            }
        }
        assert!(app.app.session(&other.token).await.unwrap().is_some());
        app.app.close_organisation(&Actor::system(), &app.acme).await.unwrap();
        app.other_servers_look().await;
        assert!(second.session(&other.token).await.unwrap().is_none());
    }

    async fn the_environment_can_be_switched(app: TestApp) {
        let _ = app.user(Some(&app.acme), "jo@example.org", Role::ClientUser).await;
        let signed_in = app.app.sign_in(&at("203.0.113.9"), "jo@example.org", PASSWORD).await.unwrap().unwrap();
        for environment in [Environment::Sandbox, Environment::Production] {
            app.app.switch_environment(&signed_in.session, environment).await.unwrap();
            let session = app.app.session(&signed_in.token).await.unwrap().unwrap();
            assert_eq!(session.environment(), environment);
            let expected = app.tenant_of(&app.acme, environment).await;
            let opened = session.tenant.as_ref().unwrap();
            assert_eq!((opened.organisation(), opened.environment()), (&app.acme, expected.environment()));
        }
    }

    async fn support_has_a_reason_an_end_and_both_names(app: TestApp) {
        let jane = app.user(Some(&app.acme), "jane@example.org", Role::ClientAdmin).await;
        let operator = app.user(None, "operator@example.org", Role::PlatformAdmin).await;
        let client = at("203.0.113.9");
        let signed_in = app.app.sign_in(&client, "operator@example.org", PASSWORD).await.unwrap().unwrap();
        let session = &signed_in.session;
        assert!(session.tenant.is_none() && session.can("platform") && !session.can("members:read"));
        let refused = app.app.start_support(&client, session, &app.acme, " no ").await.unwrap_err();
        assert_eq!(refused.problem().violations[0].property_path, "reason");
        let support = app.app.start_support(&client, session, &app.acme, "Ticket 4711").await.unwrap();
        assert_eq!(support.until, app.app.now().plus_seconds(30 * 60));
        let inside = app.app.session(&signed_in.token).await.unwrap().unwrap();
        assert_eq!(inside.tenant.as_ref().unwrap().organisation().id, app.acme.id);
        assert_eq!(inside.support.as_ref().unwrap().reason, "Ticket 4711");
        assert!(inside.can("members:write") && inside.can("platform"));
        let actor = inside.actor(&client);
        assert_eq!((actor.id(), actor.impersonator), (Some(jane.id.to_string()), Some(operator.id)));
        let both = ("user".to_owned(), jane.id.to_string().into(), operator.id.to_string().into());
        assert_eq!(noted(&app, "impersonate").await, std::slice::from_ref(&both));
        app.app.end_support(&client, &inside).await.unwrap();
        assert_eq!(noted(&app, "impersonate_end").await, [both]);
        assert!(app.app.session(&signed_in.token).await.unwrap().unwrap().tenant.is_none());
        // It ends by itself, too.
        let _ = app.app.start_support(&client, session, &app.acme, "Ticket 4712").await.unwrap();
        app.advance(30 * 60);
        let outside = app.app.session(&signed_in.token).await.unwrap().unwrap();
        assert!(outside.tenant.is_none() && outside.support.is_none() && !outside.can("members:read"));
        assert_eq!(outside.actor(&client).impersonator, None);
    }
}
