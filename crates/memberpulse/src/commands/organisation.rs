//! `memberpulse organisation`: the tenants of the platform.

use app::{Actor, NewOrganisation, Organisation, Plan};
use clap::{Args, Subcommand};
use serde_json::{Value as Json, json};

use super::{Output, with_app};
use crate::cli::{Place, choice};
use crate::halt::Halt;
use crate::output;
use crate::store::Missing;

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Make an organisation with its production and sandbox environments
    #[command(after_help = CREATE_EXAMPLES)]
    Create(Create),

    /// List all organisations, oldest first
    #[command(after_help = "Example:\n  memberpulse organisation list --json")]
    List(Output),

    /// Put an organisation on another plan
    #[command(
        after_help = "Example:\n  memberpulse organisation set-plan --slug bridge-builders --plan enterprise"
    )]
    SetPlan(SetPlan),

    /// Close an organisation: its keys are refused from now on, its data stay
    #[command(after_help = "Example:\n  memberpulse organisation close --slug bridge-builders")]
    Close(Close),
}

const CREATE_EXAMPLES: &str = "\
Examples:
  memberpulse organisation create --name \"Bridge Builders\"
  memberpulse organisation create --name \"Ponts et Chaussées\" --slug ponts \\
    --plan professional --timezone Europe/Paris --currency EUR --country FR --json";

#[derive(Debug, Args)]
pub(crate) struct Create {
    /// Name, 1 to 255 characters
    #[arg(long)]
    name: String,

    /// Short name for commands and addresses: lower-case letters, digits and hyphens [default: made from the name]
    #[arg(long)]
    slug: Option<String>,

    /// Plan: decides how many requests an hour each environment may make (1,000, 5,000 or 25,000)
    #[arg(long, default_value = "standard", value_parser = choice(&Plan::ALL, Plan::name, Plan::by_name))]
    plan: Plan,

    /// IANA time zone
    #[arg(long, value_name = "ZONE", default_value = "Australia/Sydney")]
    timezone: String,

    /// ISO 4217 currency of prices
    #[arg(long, value_name = "CODE", default_value = "AUD")]
    currency: String,

    /// ISO 3166-1 alpha-2 country, for phone numbers without one of their own
    #[arg(long, value_name = "CODE", default_value = "AU")]
    country: String,

    #[command(flatten)]
    output: Output,
}

#[derive(Debug, Args)]
pub(crate) struct SetPlan {
    /// The organisation
    #[arg(long, visible_alias = "organisation")]
    slug: String,

    /// The new plan
    #[arg(long, value_parser = choice(&Plan::ALL, Plan::name, Plan::by_name))]
    plan: Plan,

    #[command(flatten)]
    output: Output,
}

#[derive(Debug, Args)]
pub(crate) struct Close {
    /// The organisation
    #[arg(long, visible_alias = "organisation")]
    slug: String,

    #[command(flatten)]
    output: Output,
}

pub(crate) async fn run(command: Command, place: &Place) -> Result<(), Halt> {
    match command {
        Command::Create(options) => create(options, place).await,
        Command::List(output) => list(output, place).await,
        Command::SetPlan(options) => set_plan(options, place).await,
        Command::Close(options) => close(options, place).await,
    }
}

async fn create(options: Create, place: &Place) -> Result<(), Halt> {
    let Create { name, slug, plan, timezone, currency, country, output } = options;
    let new = NewOrganisation { name, slug, plan, timezone, currency, country };
    let made = with_app(place, Missing::Create, async |app| {
        Ok(app.create_organisation(&Actor::system(), new).await?)
    })
    .await?;
    output.write(&brief(&made), || text(&made))
}

async fn list(output: Output, place: &Place) -> Result<(), Halt> {
    let all = with_app(place, Missing::Refuse, async |app| Ok(app.organisations().await?)).await?;
    let document: Vec<Json> = all.iter().map(whole).collect();
    output.write(&Json::Array(document), || {
        let rows: Vec<Vec<String>> = all.iter().map(row).collect();
        output::table(&["SLUG", "PLAN", "STATE", "ID", "NAME"], &rows)
    })
}

async fn set_plan(options: SetPlan, place: &Place) -> Result<(), Halt> {
    let changed = with_app(place, Missing::Refuse, async |app| {
        let organisation = app.organisation(&options.slug).await?;
        app.set_plan(&Actor::system(), &organisation, options.plan).await?;
        Ok(app.organisation(&options.slug).await?)
    });
    let changed = changed.await?;
    options.output.write(&brief(&changed), || text(&changed))
}

async fn close(options: Close, place: &Place) -> Result<(), Halt> {
    let closed = with_app(place, Missing::Refuse, async |app| {
        let organisation = app.organisation(&options.slug).await?;
        app.close_organisation(&Actor::system(), &organisation).await?;
        Ok(app.organisation(&options.slug).await?)
    });
    let closed = closed.await?;
    options.output.write(&whole(&closed), || text(&closed))
}

fn brief(organisation: &Organisation) -> Json {
    json!({"id": organisation.id.to_string(), "slug": organisation.slug, "plan": organisation.plan.name()})
}

fn whole(organisation: &Organisation) -> Json {
    json!({
        "id": organisation.id.to_string(),
        "slug": organisation.slug,
        "plan": organisation.plan.name(),
        "name": organisation.name,
        "timezone": organisation.timezone,
        "currency": organisation.currency,
        "country": organisation.country,
        "requiredMemberFields": organisation.required_member_fields,
        "createdAt": organisation.created_at.to_string(),
        "closedAt": organisation.closed_at.map(|at| at.to_string()),
    })
}

fn state(organisation: &Organisation) -> String {
    organisation.closed_at.map_or_else(|| "open".to_owned(), |at| format!("closed {at}"))
}

fn text(organisation: &Organisation) -> String {
    output::pairs(&[
        ("slug", organisation.slug.clone()),
        ("name", organisation.name.clone()),
        ("plan", organisation.plan.name().to_owned()),
        ("state", state(organisation)),
        ("id", organisation.id.to_string()),
    ])
}

fn row(organisation: &Organisation) -> Vec<String> {
    vec![
        organisation.slug.clone(),
        organisation.plan.name().to_owned(),
        state(organisation),
        organisation.id.to_string(),
        organisation.name.clone(),
    ]
}
