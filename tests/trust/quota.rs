//! Plan limits: exact in sum, not refilled by a restart or a kill (API §7).

use app::{Actor, App, Environment, Plan, Tenant};
use testkit::{TestApp, on_both_engines};

const LIMIT: u32 = 1_000;

/// The tenant on the smallest plan.
async fn standard(app: &TestApp) -> Tenant {
    app.app.set_plan(&Actor::system(), &app.acme, Plan::Standard).await.unwrap();
    let acme = app.app.organisation(&app.acme.slug).await.unwrap();
    app.tenant_of(&acme, Environment::Production).await
}

/// Claims until the first refusal; answers how many were granted.
async fn drain(server: &App, tenant: &Tenant, most: u32) -> u32 {
    for granted in 0..most {
        if !server.charge(tenant).await.unwrap().granted {
            return granted;
        }
    }
    most
}

on_both_engines! {
    async fn exactly_the_plan_s_number_is_granted(app: TestApp) {
        let tenant = standard(&app).await;
        let first = app.app.charge(&tenant).await.unwrap();
        assert_eq!((first.state.limit, first.state.remaining), (LIMIT, LIMIT - 1));
        assert_eq!(first.state.seconds_left(app.app.now()), 3_600);
        assert_eq!(drain(&app.app, &tenant, 2 * LIMIT).await, LIMIT - 1);
        app.advance(1_800);
        let refused = app.app.charge(&tenant).await.unwrap();
        assert_eq!((refused.granted, refused.state.remaining), (false, 0));
        assert_eq!(refused.state.seconds_left(app.app.now()), 1_800);
        // Refused requests do not extend the window; the next one starts with the first request in it.
        app.advance(1_800);
        let state = app.app.charge(&tenant).await.unwrap().state;
        assert_eq!((state.remaining, state.seconds_left(app.app.now())), (LIMIT - 1, 3_600));
    }

    async fn environments_have_limits_of_their_own(app: TestApp) {
        let tenant = standard(&app).await;
        assert_eq!(drain(&app.app, &tenant, 2 * LIMIT).await, LIMIT);
        let sandbox = app.tenant_of(&app.acme, Environment::Sandbox).await;
        assert!(app.app.charge(&sandbox).await.unwrap().granted);
    }

    async fn what_is_refunded_can_be_spent(app: TestApp) {
        let tenant = standard(&app).await;
        let mut charge = app.app.charge(&tenant).await.unwrap();
        charge.refund();
        charge.refund();
        assert_eq!(charge.state.remaining, LIMIT);
        assert_eq!(app.app.quota_state(&tenant).await.unwrap().remaining, LIMIT);
        assert_eq!(drain(&app.app, &tenant, 2 * LIMIT).await, LIMIT);
        assert_eq!(app.app.quota_state(&tenant).await.unwrap().remaining, 0);
    }

    async fn a_restart_refills_nothing(app: TestApp) {
        let tenant = standard(&app).await;
        assert_eq!(drain(&app.app, &tenant, 120).await, 120);
        app.app.release_quota(true).await.unwrap();
        let next = app.second_server().await;
        assert_eq!(next.quota_state(&tenant).await.unwrap().remaining, LIMIT - 120);
        assert_eq!(drain(&next, &tenant, 2 * LIMIT).await, LIMIT - 120);
    }

    async fn a_kill_loses_at_most_a_lease_and_refills_nothing(app: TestApp) {
        let tenant = standard(&app).await;
        assert_eq!(drain(&app.app, &tenant, 120).await, 120);
        // The first server is never told to give its lease back.
        let next = app.second_server().await;
        let granted = drain(&next, &tenant, 2 * LIMIT).await;
        assert!((LIMIT - 120 - LIMIT / 20..=LIMIT - 120).contains(&granted), "{granted}");
    }

    async fn two_servers_grant_exactly_the_sum(app: TestApp) {
        let tenant = standard(&app).await;
        let servers = [app.app.clone(), app.second_server().await];
        let mut workers = Vec::new();
        for index in 0..8 {
            let server = servers[index % 2].clone();
            let tenant = tenant.clone();
            workers.push(tokio::spawn(async move { drain(&server, &tenant, LIMIT).await }));
        }
        let mut granted = 0;
        for worker in workers {
            granted += worker.await.unwrap();
        }
        for server in &servers {
            granted += drain(server, &tenant, LIMIT).await;
        }
        assert_eq!(granted, LIMIT);
    }

    async fn idle_leases_come_back(app: TestApp) {
        let tenant = standard(&app).await;
        let next = app.second_server().await;
        assert!(next.charge(&tenant).await.unwrap().granted);
        next.release_quota(false).await.unwrap();
        assert!(app.app.quota_state(&tenant).await.unwrap().remaining < LIMIT - 1, "still leased");
        app.advance(6);
        next.release_quota(false).await.unwrap();
        assert_eq!(drain(&app.app, &tenant, 2 * LIMIT).await, LIMIT - 1);
    }
}
