//! `memberpulse openapi`: the API's description, from the definitions alone.

use clap::Args;

use crate::halt::Halt;
use crate::output;

pub(crate) const EXAMPLES: &str = "\
Examples:
  memberpulse openapi > openapi.json
  memberpulse openapi --yaml";

#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct Options {
    /// Print YAML instead of JSON
    #[arg(long)]
    yaml: bool,
}

pub(crate) fn run(options: Options) -> Result<(), Halt> {
    let (registry, config) = (domain::resources::REGISTRY, api::Config::published());
    let mut document = if options.yaml {
        api::openapi_yaml(registry, &config)
    } else {
        api::openapi_json(registry, &config)
    };
    if !document.ends_with('\n') {
        document.push('\n');
    }
    output::print(&document)
}
