//! Fetches what others wrote for browsers, as web/package-lock.json names it, and makes one table of it and of
//! the portal's own files: each under a name with its content's hash, and compressed.
//!
//! npm works in a copy below OUT_DIR, so that the source tree stays as it is; what the lock file names is
//! installed once.

use std::error::Error;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use sha2::{Digest as _, Sha256};

/// What is shipped of others: the name under which pages know it, its place in node_modules.
const OTHERS: &[(&str, &str)] =
    &[("tabler.css", "@tabler/core/dist/css/tabler.min.css"), ("htmx.js", "htmx.org/dist/htmx.min.js")];

/// What is shipped of our own, from assets/.
const OWN: &[&str] = &["portal.css", "portal.js", "theme.js", "icon.svg"];

/// What describes the packages, copied to where npm works.
const PACKAGE: &[&str] = &["package.json", "package-lock.json", ".npmrc"];

type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> Outcome<()> {
    let root = PathBuf::from(variable("CARGO_MANIFEST_DIR")?);
    let out = PathBuf::from(variable("OUT_DIR")?);
    let web = root.join("../../web");
    for name in PACKAGE {
        println!("cargo::rerun-if-changed={}", web.join(name).display());
    }
    for name in OWN {
        println!("cargo::rerun-if-changed={}", root.join("assets").join(name).display());
    }
    if !installed(&web, &out.join("web")) {
        install(&web, &out.join("web"))?;
    }

    let modules = out.join("web/node_modules");
    let mut table = String::from("&[\n");
    let others = OTHERS.iter().map(|(name, place)| (*name, modules.join(place)));
    let own = OWN.iter().map(|name| (*name, root.join("assets").join(name)));
    for (name, file) in others.chain(own) {
        add(&mut table, &out, name, &file)?;
    }
    table.push(']');
    fs::write(out.join("assets.rs"), table)?;
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "cargo tells a build script about itself in variables")]
fn variable(name: &str) -> Outcome<String> {
    env::var(name).map_err(|_| format!("{name} is not set: cargo runs this program").into())
}

/// Whether what the lock file names is what was installed. npm leaves the copy of it as the last thing.
fn installed(web: &Path, work: &Path) -> bool {
    let same = |name: &str| fs::read(web.join(name)).ok() == fs::read(work.join(name)).ok();
    PACKAGE.iter().all(|name| same(name)) && work.join("done").exists()
}

fn install(web: &Path, work: &Path) -> Outcome<()> {
    if work.exists() {
        fs::remove_dir_all(work)?;
    }
    fs::create_dir_all(work)?;
    for name in PACKAGE {
        fs::copy(web.join(name), work.join(name))?;
    }
    // Scripts of packages are not run, and what only tests need is left out.
    let arguments = ["ci", "--ignore-scripts", "--omit=dev", "--no-audit", "--no-fund"];
    let npm = if cfg!(windows) { "npm.cmd" } else { "npm" };
    let output = Command::new(npm).args(arguments).current_dir(work).output().map_err(|error| {
        format!(
            "the portal needs Node.js 20 or later with npm to fetch its style sheet and htmx ({error}): install it \
             (Debian: apt install nodejs npm), or build without the portal by --no-default-features"
        )
    })?;
    if !output.status.success() {
        let told = String::from_utf8_lossy(&output.stderr);
        return Err(format!(
            "npm could not fetch the portal's style sheet and htmx: mend what it says and build again, or build \
             without the portal by --no-default-features\n{told}"
        )
        .into());
    }
    fs::write(work.join("done"), "")?;
    Ok(())
}

/// Writes a file in its three encodings and adds its row to the table.
fn add(table: &mut String, out: &Path, name: &str, file: &Path) -> Outcome<()> {
    let content = fs::read(file).map_err(|error| format!("{}: {error}", file.display()))?;
    let content = without_source_map(&content);
    let digest = Sha256::digest(content);
    let hash = digest.iter().take(8).fold(String::new(), |mut hash, byte| {
        // Writing to a string cannot fail.
        let _ = write!(hash, "{byte:02x}");
        hash
    });
    let (stem, extension) = name.rsplit_once('.').ok_or("an asset without an extension")?;
    let content_type = match extension {
        "css" => "text/css; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "svg" => "image/svg+xml",
        other => return Err(format!("no content type is known for .{other}").into()),
    };
    fs::write(out.join(name), content)?;
    fs::write(out.join(format!("{name}.gz")), gzip(content)?)?;
    fs::write(out.join(format!("{name}.br")), brotli(content)?)?;
    let include = |suffix: &str| format!("include_bytes!(concat!(env!(\"OUT_DIR\"), \"/{name}{suffix}\"))");
    writeln!(
        table,
        "    Asset {{ name: {name:?}, file: \"{stem}.{hash}.{extension}\", content_type: {content_type:?}, plain: {}, \
         gzip: {}, brotli: {} }},",
        include(""),
        include(".gz"),
        include(".br"),
    )?;
    Ok(())
}

/// The last line of a minified file may name a map that is not shipped: browsers would ask for it.
fn without_source_map(content: &[u8]) -> &[u8] {
    let trimmed = content.trim_ascii_end();
    let last = trimmed.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    let line = trimmed.get(last..).unwrap_or_default();
    let is_map = line.starts_with(b"//# sourceMappingURL=") || line.starts_with(b"/*# sourceMappingURL=");
    if is_map { trimmed.get(..last).unwrap_or_default() } else { content }
}

fn gzip(content: &[u8]) -> Outcome<Vec<u8>> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(content)?;
    Ok(encoder.finish()?)
}

fn brotli(content: &[u8]) -> Outcome<Vec<u8>> {
    let mut packed = Vec::new();
    let mut writer = brotli::CompressorWriter::new(&mut packed, 4096, 11, 22);
    writer.write_all(content)?;
    drop(writer);
    Ok(packed)
}
