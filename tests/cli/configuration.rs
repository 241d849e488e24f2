//! Where settings come from: options, environment, file, defaults.

use super::*;

/// A directory with a configuration file of this text.
fn with_file(text: &str) -> (Store, String) {
    let store = Store::directory();
    let file = store.path().join("memberpulse.toml");
    std::fs::write(&file, text).unwrap();
    let file = file.to_str().unwrap().to_owned();
    (store, file)
}

#[test]
fn an_option_counts_before_a_variable_before_the_file_before_the_default() {
    let (store, file) = with_file("plan = \"professional\"\ncurrency = \"NZD\"");
    let number = std::cell::Cell::new(0);
    let plan = |arguments: &[&str], variables: &[(&str, &str)]| {
        number.set(number.get() + 1);
        let name = format!("organisation {}", number.get());
        let mut command = store.command(&["organisation", "create", "--name", &name, "--json"]);
        let ran = Ran::of(command.args(arguments).envs(variables.iter().copied()).output().unwrap());
        ran.json()["plan"].as_str().unwrap().to_owned()
    };
    let variable = ("MEMBERPULSE_PLAN", "enterprise");
    let in_file = ["--config", &file];
    assert_eq!(plan(&[], &[]), "standard");
    assert_eq!(plan(&in_file, &[]), "professional");
    assert_eq!(plan(&[], &[("MEMBERPULSE_CONFIG", &file)]), "professional");
    assert_eq!(plan(&in_file, &[variable]), "enterprise");
    assert_eq!(plan(&[in_file[0], in_file[1], "--plan", "standard"], &[variable]), "standard");
    // Set to nothing is not set.
    assert_eq!(plan(&in_file, &[("MEMBERPULSE_PLAN", "")]), "professional");
    let all = store.run(&["organisation", "list", "--json"]).json();
    assert_eq!((&all[0]["currency"], &all[1]["currency"]), (&Json::from("AUD"), &Json::from("NZD")));
}

#[test]
fn variables_name_the_place_and_switch_flags() {
    let store = Store::directory();
    store.make_acme();
    let listed = memberpulse()
        .args(["organisation", "list"])
        .env("MEMBERPULSE_DATA_DIR", store.path())
        .env("MEMBERPULSE_JSON", "1")
        .output();
    assert_eq!(Ran::of(listed.unwrap()).json()[0]["slug"], "acme");
}

#[test]
fn an_unknown_key_of_the_file_is_refused_and_names_the_nearest() {
    let (store, file) = with_file("lisen = \"127.0.0.1:0\"");
    let ran = store.run(&["serve", "--config", &file]);
    assert!(ran.refused(2).contains("there is no option lisen. Did you mean listen?"), "{ran:?}");
    let ran = store.run(&["serve", "--config", "/nowhere.toml"]);
    assert!(ran.refused(2).contains("/nowhere.toml"), "{ran:?}");
}

#[test]
fn help_and_version_need_no_sound_settings() {
    let (_store, file) = with_file("nonsense");
    for arguments in [&["--help"][..], &["serve", "--help"], &["help", "api-key"]] {
        let ran = Ran::of(memberpulse().args(arguments).args(["--config", &file]).output().unwrap());
        let expected = if arguments[0] == "help" { Some(2) } else { Some(0) };
        assert_eq!(ran.code, expected, "{ran:?}");
    }
    let version = Ran::of(memberpulse().arg("--version").env("MEMBERPULSE_CONFIG", &file).output().unwrap());
    assert_eq!(version.out, format!("memberpulse {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn help_shows_no_secrets() {
    let url = "postgres://someone:hunter2@db.example.org/x";
    for command in ["serve", "organisation", "user"] {
        let ran = Ran::of(
            memberpulse().args([command, "--help"]).env("MEMBERPULSE_DATABASE_URL", url).output().unwrap(),
        );
        assert!(ran.out.contains("MEMBERPULSE_DATABASE_URL"), "{}", ran.out);
        assert!(!ran.out.contains("hunter2"), "{}", ran.out);
    }
}
