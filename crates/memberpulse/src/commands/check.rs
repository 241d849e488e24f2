//! `memberpulse check`: whether what is stored is sound.

use app::{Finding, Verdict};
use clap::Args;
use serde_json::{Value as Json, json};

use super::Output;
use crate::cli::Place;
use crate::halt::Halt;
use crate::output;
use crate::store::{Missing, database};

pub(crate) const EXAMPLES: &str = "\
Examples:
  memberpulse check
  memberpulse check --data-dir /var/lib/memberpulse --json";

#[derive(Debug, Args)]
pub(crate) struct Options {
    #[command(flatten)]
    output: Output,
}

pub(crate) async fn run(options: Options, place: &Place) -> Result<(), Halt> {
    let json = options.output.json;
    let db = database(place, Missing::Refuse).await?;
    let mut findings: Vec<Finding> = Vec::new();
    let mut written = Ok(());
    let known = app::Options::default();
    let checked = app::check(&db, &known, |finding| {
        if !json && written.is_ok() {
            written = output::print(&text(&finding));
        }
        findings.push(finding);
    });
    let checked = checked.await;
    db.close().await;
    checked?;
    written?;
    let wrong = findings.iter().filter(|finding| matches!(finding.verdict, Verdict::Wrong { .. })).count();
    if json {
        let checks: Vec<Json> = findings.iter().map(document).collect();
        output::print_json(&json!({"ok": wrong == 0, "checks": checks}))?;
    }
    if wrong == 0 {
        return Ok(());
    }
    Err(Halt::failed(format!("{wrong} of {} checks found something wrong", findings.len())))
}

fn text(finding: &Finding) -> String {
    let line = |word: &str, text: &str| format!("{word:7}  {}: {text}\n", finding.name);
    match &finding.verdict {
        Verdict::Fine => line("ok", &finding.about),
        Verdict::Skipped(why) => line("skipped", why),
        Verdict::Wrong { count, examples } => {
            let named: String = examples.iter().map(|example| format!("           {example}\n")).collect();
            let more = count.saturating_sub(u64::try_from(examples.len()).unwrap_or(u64::MAX));
            let more = if more == 0 { String::new() } else { format!("           and {more} more\n") };
            format!("{}{named}{more}", line("WRONG", &format!("not so: {}", finding.about)))
        }
    }
}

fn document(finding: &Finding) -> Json {
    let (status, count, examples, note) = match &finding.verdict {
        Verdict::Fine => ("ok", 0, Vec::new(), None),
        Verdict::Skipped(why) => ("skipped", 0, Vec::new(), Some(why)),
        Verdict::Wrong { count, examples } => ("wrong", *count, examples.clone(), None),
    };
    json!({
        "name": finding.name,
        "about": finding.about,
        "status": status,
        "count": count,
        "examples": examples,
        "note": note,
    })
}
