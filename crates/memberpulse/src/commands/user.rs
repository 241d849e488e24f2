//! `memberpulse user`: staff who sign in to the portal.

use std::io::Read as _;

use app::{Actor, App, NewUser, User};
use clap::{Args, Subcommand};
use domain::access::Role;
use domain::text::fold;
use serde_json::{Value as Json, json};

use super::{Output, open_organisation, with_app};
use crate::cli::{Place, choice};
use crate::halt::Halt;
use crate::output;
use crate::store::Missing;

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Add a member of staff to an organisation
    #[command(after_help = CREATE_EXAMPLES)]
    Create(Create),

    /// List the staff of an organisation, oldest first
    #[command(after_help = "Example:\n  memberpulse user list --organisation bridge-builders")]
    List(List),

    /// Set a user's password, and sign them out everywhere
    #[command(
        after_help = "Example:\n  pass bridge-builders/jane | memberpulse user set-password \\\n    --email \
                            jane@example.org --password-stdin"
    )]
    SetPassword(SetPassword),

    /// Keep a user from signing in, and sign them out everywhere
    #[command(after_help = "Example:\n  memberpulse user suspend --email jane@example.org")]
    Suspend(Target),

    /// Let a suspended user sign in again
    #[command(after_help = "Example:\n  memberpulse user activate --email jane@example.org")]
    Activate(Target),
}

const CREATE_EXAMPLES: &str = "\
Examples:
  memberpulse user create --organisation bridge-builders --email jane@example.org \\
    --role ROLE_CLIENT_ADMIN
  pass bridge-builders/jo | memberpulse user create --organisation bridge-builders \\
    --email jo@example.org --role ROLE_CLIENT_USER --password-stdin

A password is at least 8 characters with an upper-case letter and a digit. It is never an option: others could see it.";

#[derive(Debug, Args)]
pub(crate) struct Create {
    /// The organisation's slug; platform administrators belong to none
    #[arg(
        long,
        value_name = "SLUG",
        required_if_eq_any([("role", "ROLE_CLIENT_ADMIN"), ("role", "ROLE_CLIENT_USER")])
    )]
    organisation: Option<String>,

    /// E-mail address, with which the user signs in; nobody else on the platform may have it
    #[arg(long, value_name = "ADDRESS")]
    email: String,

    /// What the user may do
    #[arg(long, value_parser = choice(&Role::ALL, Role::name, Role::by_name))]
    role: Role,

    /// First name
    #[arg(long, value_name = "NAME")]
    first_name: Option<String>,

    /// Last name
    #[arg(long, value_name = "NAME")]
    last_name: Option<String>,

    /// Read the password from standard input; without one the user cannot sign in yet
    #[arg(long)]
    password_stdin: bool,

    #[command(flatten)]
    output: Output,
}

#[derive(Debug, Args)]
pub(crate) struct List {
    /// The organisation's slug
    #[arg(long, value_name = "SLUG")]
    organisation: String,

    #[command(flatten)]
    output: Output,
}

#[derive(Debug, Args)]
pub(crate) struct Who {
    /// The user's e-mail address
    #[arg(long, value_name = "ADDRESS")]
    email: String,

    /// The organisation's slug: refuses a user of another one
    #[arg(long, value_name = "SLUG")]
    organisation: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct SetPassword {
    #[command(flatten)]
    who: Who,

    /// Read the password from standard input: the only way to give it
    #[arg(long, required = true)]
    password_stdin: bool,

    #[command(flatten)]
    output: Output,
}

#[derive(Debug, Args)]
pub(crate) struct Target {
    #[command(flatten)]
    who: Who,

    #[command(flatten)]
    output: Output,
}

pub(crate) async fn run(command: Command, place: &Place) -> Result<(), Halt> {
    match command {
        Command::Create(options) => create(options, place).await,
        Command::List(options) => list(options, place).await,
        Command::SetPassword(options) => set_password(options, place).await,
        Command::Suspend(options) => suspend(options, place).await,
        Command::Activate(options) => activate(options, place).await,
    }
}

async fn create(options: Create, place: &Place) -> Result<(), Halt> {
    let Create { organisation, email, role, first_name, last_name, password_stdin, output } = options;
    let password = if password_stdin { Some(read_password()?) } else { None };
    let new = NewUser { email, first_name, last_name, role, password };
    let made = with_app(place, Missing::Refuse, async |app| {
        let organisation = match organisation {
            Some(slug) => Some(open_organisation(app, &slug).await?),
            None => None,
        };
        Ok(app.create_user(&Actor::system(), organisation.as_ref(), new).await?)
    });
    let made = made.await?;
    output.write(&document(&made), || text(&made))
}

async fn list(options: List, place: &Place) -> Result<(), Halt> {
    let users = with_app(place, Missing::Refuse, async |app| {
        let organisation = app.organisation(&options.organisation).await?;
        Ok(app.users(organisation.id).await?)
    });
    let users = users.await?;
    let all: Vec<Json> = users.iter().map(document).collect();
    options.output.write(&Json::Array(all), || {
        let rows: Vec<Vec<String>> = users.iter().map(row).collect();
        output::table(&["EMAIL", "ROLE", "STATUS", "LAST LOGIN", "NAME"], &rows)
    })
}

async fn set_password(options: SetPassword, place: &Place) -> Result<(), Halt> {
    let password = read_password()?;
    let email = &options.who.email;
    let done = with_app(place, Missing::Refuse, async |app| {
        check_organisation(app, &options.who).await?;
        Ok(app.set_password(&Actor::system(), email, &password).await?)
    });
    done.await?;
    options
        .output
        .write(&json!({"email": email, "passwordSet": true}), || format!("password set for {email}\n"))
}

async fn suspend(options: Target, place: &Place) -> Result<(), Halt> {
    let email = &options.who.email;
    let done = with_app(place, Missing::Refuse, async |app| {
        check_organisation(app, &options.who).await?;
        Ok(app.suspend_user(&Actor::system(), email).await?)
    });
    done.await?;
    options.output.write(&json!({"email": email, "status": "suspended"}), || format!("suspended {email}\n"))
}

async fn activate(options: Target, place: &Place) -> Result<(), Halt> {
    let email = &options.who.email;
    let done = with_app(place, Missing::Refuse, async |app| {
        check_organisation(app, &options.who).await?;
        Ok(app.activate_user(&Actor::system(), email).await?)
    });
    done.await?;
    options.output.write(&json!({"email": email, "status": "active"}), || format!("activated {email}\n"))
}

/// Refuses a user who is not of the organisation that was named.
async fn check_organisation(app: &App, who: &Who) -> Result<(), Halt> {
    let Some(slug) = &who.organisation else { return Ok(()) };
    let organisation = app.organisation(slug).await?;
    let wanted = fold(&who.email);
    if app.users(organisation.id).await?.iter().any(|user| fold(&user.email) == wanted) {
        return Ok(());
    }
    Err(Halt::failed(format!(
        "the organisation {slug} has no user with this address; `user list` shows them"
    )))
}

/// The first line of standard input.
fn read_password() -> Result<String, Halt> {
    const MOST: u64 = 64 * 1024;
    let mut text = String::new();
    std::io::stdin()
        .lock()
        .take(MOST)
        .read_to_string(&mut text)
        .map_err(|error| Halt::failed(format!("cannot read the password from standard input: {error}")))?;
    let password = text.lines().next().unwrap_or_default();
    if password.is_empty() {
        return Err(Halt::failed("there is no password on standard input"));
    }
    Ok(password.to_owned())
}

fn document(user: &User) -> Json {
    json!({
        "id": user.id.to_string(),
        "email": user.email,
        "firstName": user.first_name,
        "lastName": user.last_name,
        "role": user.role.name(),
        "status": user.status,
        "lastLoginAt": user.last_login_at.map(|at| at.to_string()),
        "createdAt": user.created_at.to_string(),
    })
}

fn name(user: &User) -> String {
    let names: Vec<&str> =
        [&user.first_name, &user.last_name].into_iter().flatten().map(String::as_str).collect();
    names.join(" ")
}

fn text(user: &User) -> String {
    output::pairs(&[
        ("email", user.email.clone()),
        ("name", name(user)),
        ("role", user.role.name().to_owned()),
        ("status", user.status.clone()),
        ("id", user.id.to_string()),
    ])
}

fn row(user: &User) -> Vec<String> {
    vec![
        user.email.clone(),
        user.role.name().to_owned(),
        user.status.clone(),
        user.last_login_at.map_or_else(|| "never".to_owned(), |at| at.to_string()),
        name(user),
    ]
}
