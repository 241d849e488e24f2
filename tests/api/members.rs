//! Members (domain §3): what the definition alone does not say.

use serde_json::{Value as Json, json};
use testkit::on_both_engines;

use super::{make, object};

fn jane(number: u32) -> domain::json::Object {
    object(json!({"firstName": "Jane", "lastName": "Doe", "email": format!("jane{number}@example.org")}))
}

on_both_engines! {
    async fn member_numbers_are_counted_and_never_given_twice(app: TestApp) {
        let client = app.client().await;
        let members = app.resource("members");
        for number in 1..=3 {
            let (_, shown) = make(&client, members, jane(number)).await;
            assert_eq!(shown["memberNumber"], number);
        }
        let refused = client.post("/api/members", jane(1)).await.status(409).problem("conflict");
        let _ = refused.violation("email", "duplicate");
        let (last, shown) = make(&client, members, jane(4)).await;
        assert_eq!(shown["memberNumber"], 4, "a refused one takes no number");
        let _ = client.delete(&last).await.status(204);
        assert_eq!(make(&client, members, jane(5)).await.1["memberNumber"], 5);
        // The sandbox counts for itself.
        let sandbox = app.tenant_of(&app.acme, app::Environment::Sandbox).await;
        assert_eq!(make(&app.client_of(&sandbox).await, members, jane(1)).await.1["memberNumber"], 1);
    }

    async fn an_address_is_kept_as_given_and_unique_in_any_case(app: TestApp) {
        let client = app.client().await;
        let mut body = jane(1);
        body["email"] = json!("Jane.DOE@Example.org");
        let (address, shown) = make(&client, app.resource("members"), body.clone()).await;
        assert_eq!(shown["email"], "Jane.DOE@Example.org");
        body["email"] = json!("JANE.doe@example.ORG");
        let refused =
            client.post("/api/members", body.clone()).await.status(409).violation("email", "duplicate");
        assert!(refused.text().contains(shown["id"].as_str().unwrap()), "it tells which: {}", refused.text());
        assert_eq!(client.put(&address, body).await.status(200).json()["email"], "JANE.doe@example.ORG");
        for wrong in
            ["jane", "jane@", "@example.org", "jane@localhost", "a b@example.org", "Jane <jane@example.org>"]
        {
            let _ = client
                .patch(&address, json!({"email": wrong}))
                .await
                .status(400)
                .violation("email", "invalid_email");
        }
        let long = format!("{}@example.org", "x".repeat(250));
        let _ = client
            .patch(&address, json!({"email": long}))
            .await
            .status(400)
            .violation("email", "invalid_email");
    }

    async fn names_are_as_long_as_their_script_needs(app: TestApp) {
        let client = app.client().await;
        let (address, _) = make(&client, app.resource("members"), jane(1)).await;
        for (name, code) in [
            ("J", Some("too_short")),
            ("   ", Some("required")),
            ("  Jo  ", None),
            ("陽", None),
            ("Й", None),
            ("É", Some("too_short")),
            ("Jane\nDoe", Some("invalid_characters")),
        ] {
            let answer = client.patch(&address, json!({"firstName": name})).await;
            match code {
                Some(code) => drop(answer.status(400).violation("firstName", code)),
                None => assert_eq!(answer.status(200).json()["firstName"], name.trim()),
            }
        }
        let longest = "é".repeat(100);
        let _ = client.patch(&address, json!({"lastName": longest})).await.status(200);
        let _ = client
            .patch(&address, json!({"lastName": format!("{longest}e")}))
            .await
            .status(400)
            .violation("lastName", "too_long");
    }

    async fn dates_are_days_in_the_organisations_zone(app: TestApp) {
        let client = app.client().await;
        // In Sydney the next day begins at 13:00 UTC.
        app.advance(13 * 3_600);
        let (address, shown) = make(&client, app.resource("members"), jane(1)).await;
        assert_eq!(shown["joinedAt"], "2026-11-25");
        for (patch, path, code) in [
            (json!({"joinedAt": "2026-11-26"}), "joinedAt", "in_future"),
            (json!({"dateOfBirth": "2026-11-25"}), "dateOfBirth", "in_future"),
            (json!({"dateOfBirth": "1900-01-01"}), "dateOfBirth", "out_of_range"),
            (json!({"dateOfBirth": "1985-02-29"}), "dateOfBirth", "invalid_date"),
            (json!({"membershipExpiresAt": "31/12/2027"}), "membershipExpiresAt", "invalid_date"),
            (json!({"membershipExpiresAt": "2027-06-30T00:00:00Z"}), "membershipExpiresAt", "invalid_date"),
            (json!({"membershipExpiresAt": 20_270_630}), "membershipExpiresAt", "invalid_type"),
        ] {
            let _ = client
                .patch(&address, patch)
                .await
                .status(400)
                .problem("validation-error")
                .violation(path, code);
        }
        let fine = json!({"joinedAt": "2026-11-25", "dateOfBirth": "2026-11-24", "membershipExpiresAt": "9999-12-31"});
        let _ = client.patch(&address, fine).await.status(200);
    }

    async fn phone_numbers_are_read_in_the_members_country(app: TestApp) {
        let client = app.client().await;
        let (address, _) = make(&client, app.resource("members"), jane(1)).await;
        for (patch, shown) in [
            (json!({"mobile": "0421 652 973"}), "+61421652973"),
            // The country of the same body counts, wherever it stands in it.
            (json!({"mobile": "021 123 4567", "country": "NZ"}), "+64211234567"),
            (json!({"mobile": "+1 (212) 555-0100 x12"}), "+1 (212) 555-0100 x12"),
        ] {
            assert_eq!(client.patch(&address, patch).await.status(200).json()["mobile"], shown);
        }
        let _ = client
            .patch(&address, json!({"mobile": "call me"}))
            .await
            .status(400)
            .violation("mobile", "invalid_phone");
    }

    async fn an_active_membership_keeps_a_member(app: TestApp) {
        let client = app.client().await;
        for (number, kind, expires, kept) in [
            (1, json!("Fellow"), json!(null), true),
            (2, json!("Fellow"), json!("2026-11-24"), true),
            (3, json!("Fellow"), json!("2026-11-23"), false),
            (4, json!(null), json!("2030-01-01"), false),
        ] {
            let mut body = jane(number);
            body.insert("membershipType".to_owned(), kind);
            body.insert("membershipExpiresAt".to_owned(), expires);
            let (address, _) = make(&client, app.resource("members"), body).await;
            let answer = client.delete(&address).await;
            if kept {
                let refused = answer.status(409).problem("rule-violation");
                assert!(
                    refused.json()["hint"].as_str().unwrap().contains("membershipExpiresAt"),
                    "{}",
                    refused.text()
                );
                let _ = client.patch(&address, json!({"membershipType": null})).await.status(200);
                let _ = client.delete(&address).await.status(204);
            } else {
                let _ = answer.status(204);
            }
        }
    }

    async fn the_organisation_can_require_more(app: TestApp) {
        let client = app.client().await;
        let (old, _) = make(&client, app.resource("members"), jane(1)).await;
        let required = vec!["company".to_owned(), "interests".to_owned()];
        app.app.set_required_member_fields(&app::Actor::system(), &app.acme, required).await.unwrap();
        let refused = client.post("/api/members", jane(2)).await.status(400);
        let _ = refused.violation("company", "required").violation("interests", "required");
        let mut body = jane(2);
        body.insert("company".to_owned(), json!("Acme"));
        body.insert("interests".to_owned(), json!(["Bridges"]));
        let (address, _) = make(&client, app.resource("members"), body).await;
        let _ = client
            .patch(&address, json!({"company": null}))
            .await
            .status(400)
            .violation("company", "required");
        // Members from before can still be changed in other ways.
        let _ = client.patch(&old, json!({"city": "Hobart"})).await.status(200);
        let mut whole = client.get(&old).await.json();
        whole["city"] = json!("Perth");
        let _ = client.put(&old, whole).await.status(400).violation("company", "required");
    }

    async fn html_is_sanitised_and_links_are_links(app: TestApp) {
        let client = app.client().await;
        let (address, _) = make(&client, app.resource("members"), jane(1)).await;
        let bio = "<p onclick=\"x()\">Hi <script>alert(1)</script><b>there</b></p>";
        let shown = client.patch(&address, json!({"bio": bio})).await.status(200).json();
        assert_eq!(shown["bio"], "<p>Hi <b>there</b></p>");
        assert_eq!(
            client.patch(&address, json!({"bio": "<script></script>"})).await.status(200).json()["bio"],
            Json::Null
        );
        for url in ["javascript:alert(1)", "ftp://example.org", "example.org", "https://", "https://a b"] {
            let _ = client
                .patch(&address, json!({"websiteUrl": url}))
                .await
                .status(400)
                .violation("websiteUrl", "invalid_url");
        }
    }

    async fn custom_fields_are_scalars_under_sane_keys(app: TestApp) {
        let client = app.client().await;
        let (address, _) = make(&client, app.resource("members"), jane(1)).await;
        for (custom, path, code) in [
            (json!({"a b": 1}), "customFields.a b", "invalid_key"),
            (json!({"1a": 1}), "customFields.1a", "invalid_key"),
            (json!({"": 1}), "customFields.", "invalid_key"),
            (json!({"a": {}}), "customFields.a", "invalid_type"),
            (json!({"a": []}), "customFields.a", "invalid_type"),
            (json!([]), "customFields", "invalid_type"),
            (json!("x"), "customFields", "invalid_type"),
        ] {
            let _ = client
                .patch(&address, json!({"customFields": custom}))
                .await
                .status(400)
                .violation(path, code);
        }
        let many =
            |count: u32| (0..count).map(|n| (format!("k{n}"), json!(n))).collect::<domain::json::Object>();
        let _ = client.patch(&address, json!({"customFields": many(50)})).await.status(200);
        let _ = client
            .patch(&address, json!({"customFields": {"more": 1}}))
            .await
            .status(400)
            .violation("customFields", "too_many_items");
        let swapped =
            client.patch(&address, json!({"customFields": {"more": 1, "k0": null}})).await.status(200).json();
        assert_eq!(
            (&swapped["customFields"]["more"], &swapped["customFields"]["k0"]),
            (&json!(1), &Json::Null)
        );
        assert_eq!(
            client.patch(&address, json!({"customFields": null})).await.status(200).json()["customFields"],
            json!({})
        );
    }

    async fn the_directory_shows_public_profiles(app: TestApp) {
        let client = app.client().await;
        let (address, _) = make(&client, app.resource("members"), jane(1)).await;
        let display = json!({"directoryDisplay": "company"});
        let _ = client
            .patch(&address, display)
            .await
            .status(400)
            .violation("directoryDisplay", "requires_public_profile");
        let _ = client
            .patch(&address, json!({"directoryDisplay": "company", "profilePublic": true}))
            .await
            .status(200);
    }
}
