//! `memberpulse api-key`: credentials of machines. A key is seen once, when it is made.

use app::{Actor, App, Environment, KeyDetails, NewKey, NewKeyRequest, Tenant};
use clap::{Args, Subcommand};
use domain::KeyId;
use domain::json::Object;
use ipnet::IpNet;
use serde_json::{Value as Json, json};

use super::{Output, open_organisation, with_app};
use crate::cli::{ExpiresIn, Place, Scopes, choice, network};
use crate::halt::Halt;
use crate::output;
use crate::store::Missing;

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Make a key for one environment of an organisation and print it, once
    #[command(after_help = CREATE_EXAMPLES)]
    Create(Create),

    /// List the keys of an organisation, oldest first
    #[command(after_help = "Example:\n  memberpulse api-key list --organisation bridge-builders")]
    List(List),

    /// Make a successor of a key and print it, once; the old key lives on for some days
    #[command(after_help = "Example:\n  memberpulse api-key rotate --organisation bridge-builders \
                            01938c5e-7a00-7c3b-9d2e-5f1a6b7c8d9e --overlap-days 3")]
    Rotate(Rotate),

    /// Revoke a key at once
    #[command(after_help = "Example:\n  memberpulse api-key revoke --organisation bridge-builders \
                            01938c5e-7a00-7c3b-9d2e-5f1a6b7c8d9e")]
    Revoke(Revoke),
}

const CREATE_EXAMPLES: &str = "\
Examples:
  memberpulse api-key create --organisation bridge-builders --environment production --name website
  memberpulse api-key create --organisation bridge-builders --environment sandbox --name tests \\
    --scopes members:read,events:read --expires-in 90d --allowed-ips 203.0.113.0/24 --json";

#[derive(Debug, Args)]
pub(crate) struct Create {
    /// The organisation's slug
    #[arg(long, value_name = "SLUG")]
    pub(crate) organisation: String,

    /// The data set that the key opens
    #[arg(long, value_parser = choice(&Environment::ALL, Environment::name, Environment::by_name))]
    environment: Environment,

    /// What the key is for, 1 to 100 characters
    #[arg(long)]
    name: String,

    /// What the key may do: all, or scopes with commas between them, such as members:read,events:write
    #[arg(long, default_value = "all")]
    pub(crate) scopes: Scopes,

    /// Time after which the key ends to be valid: 30m (minutes), 12h, 90d, 1y [default: never]
    #[arg(long, value_name = "TIME")]
    expires_in: Option<ExpiresIn>,

    /// Networks in CIDR notation that may use the key, with commas between them [default: any]
    #[arg(long, value_name = "CIDR,…", value_delimiter = ',', value_parser = network)]
    allowed_ips: Vec<IpNet>,

    #[command(flatten)]
    pub(crate) output: Output,
}

#[derive(Debug, Args)]
pub(crate) struct List {
    /// The organisation's slug
    #[arg(long, value_name = "SLUG")]
    organisation: String,

    /// Only keys of this environment
    #[arg(long, value_parser = choice(&Environment::ALL, Environment::name, Environment::by_name))]
    environment: Option<Environment>,

    #[command(flatten)]
    output: Output,
}

#[derive(Debug, Args)]
pub(crate) struct Rotate {
    /// The organisation's slug
    #[arg(long, value_name = "SLUG")]
    organisation: String,

    /// The key's id, of either environment
    id: KeyId,

    /// Days for which the old key still works; 0 revokes it at once
    #[arg(long, value_name = "DAYS", default_value_t = 1, value_parser = clap::value_parser!(u8).range(0..=7))]
    overlap_days: u8,

    #[command(flatten)]
    output: Output,
}

#[derive(Debug, Args)]
pub(crate) struct Revoke {
    /// The organisation's slug
    #[arg(long, value_name = "SLUG")]
    organisation: String,

    /// The key's id, of either environment
    id: KeyId,

    #[command(flatten)]
    output: Output,
}

pub(crate) async fn run(command: Command, place: &Place) -> Result<(), Halt> {
    match command {
        Command::Create(options) => create(options, place).await,
        Command::List(options) => list(options, place).await,
        Command::Rotate(options) => rotate(options, place).await,
        Command::Revoke(options) => revoke(options, place).await,
    }
}

async fn create(options: Create, place: &Place) -> Result<(), Halt> {
    let Create { organisation, environment, name, scopes, expires_in, allowed_ips, output } = options;
    let made = with_app(place, Missing::Refuse, async |app| {
        let organisation = open_organisation(app, &organisation).await?;
        let tenant = app.tenant(&organisation, environment).await?;
        let expires_at = match expires_in {
            Some(time) => {
                let end = time.after(app.now());
                Some(end.ok_or_else(|| {
                    Halt::usage("--expires-in reaches beyond the calendar: give less, or leave it out")
                })?)
            }
            None => None,
        };
        let new = NewKeyRequest { name, scopes: scopes.0, expires_at, allowed_ips, integration: None };
        Ok(app.create_key(&tenant, &Actor::system(), new).await?)
    });
    let made = made.await?;
    write_new(&made, output)
}

/// Prints a new key: the only time that it is seen.
fn write_new(made: &NewKey, output: Output) -> Result<(), Halt> {
    let document = json!({"id": made.details.id.to_string(), "key": made.key, "prefix": made.details.prefix, "scopes": made.details.scopes});
    output.write(&document, || {
        output::pairs(&[
            ("key", made.key.clone()),
            ("prefix", made.details.prefix.clone()),
            ("scopes", made.details.scopes.join(",")),
            ("id", made.details.id.to_string()),
        ])
    })?;
    output::note("Keep the key now: it is stored as a hash only and cannot be shown again.");
    Ok(())
}

async fn list(options: List, place: &Place) -> Result<(), Halt> {
    let keys = with_app(place, Missing::Refuse, async |app| keys(app, &options.organisation).await).await?;
    let wanted = |environment| options.environment.is_none_or(|wanted| wanted == environment);
    let keys: Vec<_> = keys.into_iter().filter(|(environment, _)| wanted(*environment)).collect();
    let all: Vec<Json> = keys.iter().map(|(environment, key)| document(*environment, key)).collect();
    options.output.write(&Json::Array(all), || {
        let rows: Vec<Vec<String>> = keys.iter().map(|(environment, key)| row(*environment, key)).collect();
        output::table(&["ID", "ENVIRONMENT", "KEY", "STATE", "LAST USED", "NAME"], &rows)
    })
}

async fn rotate(options: Rotate, place: &Place) -> Result<(), Halt> {
    let Rotate { organisation: slug, id, overlap_days, output } = options;
    let made = with_app(place, Missing::Refuse, async |app| {
        let tenant = tenant_of(app, &slug, id).await?;
        let body = Object::from_iter([("overlapDays".to_owned(), json!(overlap_days))]);
        Ok(app.rotate_key(&tenant, &Actor::system(), id, &body).await?)
    });
    write_new(&made.await?, output)
}

async fn revoke(options: Revoke, place: &Place) -> Result<(), Halt> {
    let Revoke { organisation: slug, id, output } = options;
    let revoked = with_app(place, Missing::Refuse, async |app| {
        let tenant = tenant_of(app, &slug, id).await?;
        Ok(app.revoke_key(&tenant, &Actor::system(), id).await?)
    });
    revoked.await?;
    output.write(&json!({"id": id.to_string(), "revoked": true}), || format!("revoked {id}\n"))
}

/// The environment of an organisation that a key belongs to.
async fn tenant_of(app: &App, slug: &str, id: KeyId) -> Result<Tenant, Halt> {
    let organisation = app.organisation(slug).await?;
    for environment in Environment::ALL {
        let tenant = app.tenant(&organisation, environment).await?;
        if app.keys_of(&tenant).await?.iter().any(|key| key.id == id) {
            return Ok(tenant);
        }
    }
    Err(Halt::failed(format!("the organisation {slug} has no key {id}; `api-key list` shows its keys")))
}

/// All keys of an organisation, oldest first.
async fn keys(app: &App, slug: &str) -> Result<Vec<(Environment, KeyDetails)>, Halt> {
    let organisation = app.organisation(slug).await?;
    let mut keys = Vec::new();
    for environment in Environment::ALL {
        let tenant = app.tenant(&organisation, environment).await?;
        keys.extend(app.keys_of(&tenant).await?.into_iter().map(|key| (environment, key)));
    }
    keys.sort_by_key(|(_, key)| key.created_at);
    Ok(keys)
}

fn document(environment: Environment, key: &KeyDetails) -> Json {
    let moment = |at: Option<domain::Timestamp>| at.map(|at| at.to_string());
    json!({
        "id": key.id.to_string(),
        "name": key.name,
        "environment": environment.name(),
        "prefix": key.prefix,
        "lastFour": key.last_four,
        "scopes": key.scopes,
        "allowedIps": key.allowed_ips,
        "createdBy": key.created_by,
        "createdAt": key.created_at.to_string(),
        "expiresAt": moment(key.expires_at),
        "revokedAt": moment(key.revoked_at),
        "lastUsedAt": moment(key.last_used_at),
        "lastUsedIp": key.last_used_ip,
    })
}

fn row(environment: Environment, key: &KeyDetails) -> Vec<String> {
    let state = match (key.revoked_at, key.expires_at) {
        (Some(at), _) => format!("revoked {at}"),
        (None, Some(at)) => format!("until {at}"),
        (None, None) => "valid".to_owned(),
    };
    vec![
        key.id.to_string(),
        environment.name().to_owned(),
        format!("{}…{}", key.prefix, key.last_four),
        state,
        key.last_used_at.map_or_else(|| "never".to_owned(), |at| at.to_string()),
        key.name.clone(),
    ]
}
