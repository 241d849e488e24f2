use clap::CommandFactory as _;

use super::config_file::{self, Entries};
use super::*;

/// The command line read with a configuration file of this text.
fn with_file(file: &str, arguments: &[&str]) -> Result<(Place, Command), String> {
    let definition = sources::definition();
    let entries = config_file::parse(file, &sources::options(&definition))?;
    let arguments = std::iter::once("memberpulse").chain(arguments.iter().copied());
    let matches = sources::with_file(definition, &entries).try_get_matches_from(arguments);
    let matches = matches.map_err(|error| error.to_string())?;
    let place = Place::chosen(&matches).map_err(|halt| format!("{halt:?}"))?;
    let cli = Cli::from_arg_matches(&matches).map_err(|error| error.to_string())?;
    Ok((place, cli.command))
}

fn settings(file: &str, arguments: &[&str]) -> ServerSettings {
    match with_file(file, arguments).unwrap().1 {
        Command::Serve(settings) | Command::Demo(settings) => settings,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_definition_has_no_mistakes() {
    Cli::command().debug_assert();
    sources::definition().debug_assert();
    let entries =
        Entries::from([("listen".to_owned(), "[::1]:1".to_owned()), ("json".to_owned(), "true".to_owned())]);
    sources::with_file(sources::definition(), &entries).debug_assert();
}

#[test]
fn every_option_has_a_variable_and_a_help_text() {
    fn check(command: &clap::Command, path: &str) {
        assert!(command.get_about().is_some(), "{path}");
        for option in command.get_arguments() {
            let id = option.get_id();
            assert!(option.get_help().is_some(), "{path} {id}");
            if let Some(long) = option.get_long().filter(|long| !matches!(*long, "help" | "version")) {
                let variable = option.get_env().and_then(|name| name.to_str()).map(str::to_owned);
                assert_eq!(variable, Some(sources::variable(long)), "{path} {id}");
            }
        }
        for subcommand in command.get_subcommands() {
            check(subcommand, &format!("{path} {}", subcommand.get_name()));
        }
    }
    check(&sources::definition(), "memberpulse");
    assert_eq!(sources::variable("data-dir"), "MEMBERPULSE_DATA_DIR");
}

#[test]
fn an_option_counts_before_the_file_and_the_file_before_the_default() {
    let file = "listen = \"[::1]:9000\"\nlog-format = \"json\"";
    assert_eq!(settings("", &["serve"]).listen.0, "127.0.0.1:8080");
    assert_eq!(settings(file, &["serve"]).listen.0, "[::1]:9000");
    assert_eq!(settings(file, &["demo"]).listen.0, "[::1]:9000");
    let both = settings(file, &["serve", "--listen", "127.0.0.1:1"]);
    assert_eq!((both.listen.0.as_str(), both.log_format), ("127.0.0.1:1", LogFormat::Json));
}

#[test]
fn the_file_can_give_what_a_command_requires() {
    let file = "organisation = \"demo\"\nenvironment = \"sandbox\"\nname = \"site\"\nscopes = [\"members:read\", \
                \"events:read\"]\njson = true";
    let Command::ApiKey(api_key::Command::Create(create)) =
        with_file(file, &["api-key", "create"]).unwrap().1
    else {
        panic!("another command");
    };
    assert_eq!(create.organisation, "demo");
    assert_eq!(create.scopes, Scopes(Some(vec!["members:read".to_owned(), "events:read".to_owned()])));
    assert!(create.output.json);
    assert!(with_file("", &["api-key", "create"]).unwrap_err().contains("--organisation"));
}

#[test]
fn a_value_of_the_file_is_checked_like_an_option() {
    let error = with_file("listen = \"8080\"", &["serve"]).unwrap_err();
    assert!(error.contains("127.0.0.1:8080"), "{error}");
    let error = with_file("log-format = \"xml\"", &["serve"]).unwrap_err();
    assert!(error.contains("text, json"), "{error}");
}

#[test]
fn an_unknown_key_names_the_nearest() {
    for (file, named) in [
        ("listn = \"x\"", "Did you mean listen"),
        ("data_dir = \"x\"", "data-dir"),
        ("config = \"other.toml\"", "no option config"),
        ("help = true", "no option help"),
        ("[serve]\nlisten = \"x\"", "no option serve"),
        ("json = \"yes\"", "json must be true or false"),
        ("listen = 1.5", "listen must be a text in quotes"),
        ("scopes = [1]", "a list of texts"),
        ("listen = \"a\"\nlisten = \"b\"", "duplicate key"),
    ] {
        let error = with_file(file, &["serve"]).unwrap_err();
        assert!(error.contains(named), "{file}: {error}");
    }
}

#[test]
fn the_place_is_the_one_that_was_named_last_in_rank() {
    let place = |file, arguments: &[&str]| with_file(file, arguments).map(|(place, _)| place);
    let directory = |path: &str| Place::Directory(PathBuf::from(path));
    let url = |url: &str| Place::Postgres(url.to_owned());
    assert_eq!(place("", &["serve"]), Ok(directory("./memberpulse-data")));
    assert_eq!(place("", &["serve", "--data-dir", "d"]), Ok(directory("d")));
    assert_eq!(place("", &["--data-dir", "d", "serve"]), Ok(directory("d")));
    assert_eq!(place("", &["serve", "--database-url", "postgres://a"]), Ok(url("postgres://a")));
    let file = "database-url = \"postgres://a\"";
    assert_eq!(place(file, &["serve"]), Ok(url("postgres://a")));
    // Sample data must not get into the database of the file when a directory is asked for.
    assert_eq!(place(file, &["demo", "--data-dir", "d"]), Ok(directory("d")));
    let both = place("", &["serve", "--data-dir", "d", "--database-url", "postgres://a"]).unwrap_err();
    assert!(both.contains("choose one"), "{both}");
    let both = place("data-dir = \"d\"\ndatabase-url = \"postgres://a\"", &["serve"]).unwrap_err();
    assert!(both.contains("in the configuration file"), "{both}");
}
