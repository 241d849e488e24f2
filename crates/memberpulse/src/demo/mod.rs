//! `memberpulse demo`: an association to look around in, made on first start and served ever after.
//!
//! Each step is done only where it was not done before, so that a start that was killed half-way is
//! finished by the next one.

mod credentials;

use std::path::{Path, PathBuf};

use app::sample::{self, Amounts};
use app::{Actor, App, Environment, NewKeyRequest, NewOrganisation, NewUser, Organisation, Plan, Tenant};
use domain::access::Role;
use domain::text::fold;

use crate::cli::{Place, ServerSettings};
use crate::halt::Halt;
use crate::output;
use crate::server::{Server, Signals};
use credentials::{Credentials, SignIn};

const NAME: &str = "Demo Association";
const SLUG: &str = "demo";
const ADMIN: &str = "admin@demo.example";
const VIEWER: &str = "viewer@demo.example";

pub(crate) async fn run(place: &Place, settings: &ServerSettings) -> Result<(), Halt> {
    let Place::Directory(directory) = place else {
        return Err(Halt::usage(
            "demo keeps its data in a directory of its own, never in a PostgreSQL database: leave --database-url out, \
             or name a directory with --data-dir",
        ));
    };
    let mut signals = Signals::listen()?;
    let started = async {
        let server = Server::start(place, settings).await?;
        let credentials = prepare(server.app(), directory).await?;
        Ok::<_, Halt>((server, credentials))
    };
    let (server, credentials) = tokio::select! {
        started = started => started?,
        () = signals.next() => return Ok(()),
    };
    output::print(&credentials.instructions(&server.base_url(), directory))?;
    server.run(settings, signals).await
}

/// Makes what is missing of the association and answers with how to get in.
async fn prepare(app: &App, directory: &Path) -> Result<Credentials, Halt> {
    let organisation = organisation(app, directory).await?;
    let mut tenants = Vec::new();
    for (environment, amounts) in
        [(Environment::Production, Amounts::MOST), (Environment::Sandbox, Amounts::FEW)]
    {
        let tenant = app.tenant(&organisation, environment).await?;
        let history = sample::history(app.registry(), app.now(), amounts);
        app.start_history(&tenant, &Actor::system(), history).await?;
        tenants.push(tenant);
    }
    let [production, sandbox] = tenants.as_slice() else {
        return Err(Halt::failed("the demo organisation has no environments"));
    };

    let file: PathBuf = credentials::file(directory);
    let kept = Credentials::read(&file)?;
    let old = kept.clone().unwrap_or_default();
    let credentials = Credentials {
        organisation: SLUG.to_owned(),
        production_key: key(app, production, old.production_key).await?,
        sandbox_key: key(app, sandbox, old.sandbox_key).await?,
        admin: sign_in(app, &organisation, ADMIN, Role::ClientAdmin, old.admin).await?,
        viewer: sign_in(app, &organisation, VIEWER, Role::ClientUser, old.viewer).await?,
    };
    if kept.as_ref() != Some(&credentials) {
        credentials.write(&file)?;
    }
    Ok(credentials)
}

/// The demo's organisation; never one that somebody else made.
async fn organisation(app: &App, directory: &Path) -> Result<Organisation, Halt> {
    let all = app.organisations().await?;
    let directory = directory.display();
    match all.iter().find(|organisation| organisation.slug == SLUG) {
        Some(demo) if demo.name == NAME && demo.closed_at.is_none() => Ok(demo.clone()),
        Some(demo) if demo.name == NAME => Err(Halt::failed(format!(
            "the demo organisation in {directory} was closed: remove the directory to begin anew, or choose another \
             with --data-dir"
        ))),
        None if all.is_empty() => {
            let new = NewOrganisation {
                slug: Some(SLUG.to_owned()),
                plan: Plan::Professional,
                ..NewOrganisation::named(NAME)
            };
            Ok(app.create_organisation(&Actor::system(), new).await?)
        }
        _ => Err(Halt::failed(format!(
            "{directory} holds the data of other organisations, and sample data must not get between them: choose \
             another directory with --data-dir"
        ))),
    }
}

/// The key that was kept, if it still opens the tenant; otherwise a new one.
async fn key(app: &App, tenant: &Tenant, kept: String) -> Result<String, Halt> {
    let keys = app.keys_of(tenant).await?;
    let is_kept =
        |prefix: &str, last: &str| !kept.is_empty() && kept.starts_with(prefix) && kept.ends_with(last);
    if keys.iter().any(|key| key.revoked_at.is_none() && is_kept(&key.prefix, &key.last_four)) {
        return Ok(kept);
    }
    let new = NewKeyRequest {
        name: "Demo".to_owned(),
        scopes: None,
        expires_at: None,
        allowed_ips: Vec::new(),
        integration: None,
    };
    Ok(app.create_key(tenant, &Actor::system(), new).await?.key)
}

/// A user with the password that was kept; otherwise with a new one.
async fn sign_in(
    app: &App,
    organisation: &Organisation,
    email: &str,
    role: Role,
    kept: SignIn,
) -> Result<SignIn, Halt> {
    let known = app.users(organisation.id).await?.iter().any(|user| fold(&user.email) == email);
    if known && kept.email == email {
        return Ok(kept);
    }
    let password = credentials::new_password()?;
    if known {
        app.set_password(&Actor::system(), email, &password).await?;
    } else {
        let first_name = Some(if role == Role::ClientAdmin { "Demo" } else { "Guest" }.to_owned());
        let last_name = Some(if role == Role::ClientAdmin { "Administrator" } else { "Viewer" }.to_owned());
        let new = NewUser {
            email: email.to_owned(),
            first_name,
            last_name,
            role,
            password: Some(password.clone()),
        };
        app.create_user(&Actor::system(), Some(organisation), new).await?;
    }
    Ok(SignIn { email: email.to_owned(), password })
}
