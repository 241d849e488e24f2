//! Encrypted connections, to a PostgreSQL server of this test with certificates of this test.

#![expect(clippy::unwrap_used, reason = "a failed unwrap in a test is its failure")]
#![cfg(unix)]

#[expect(dead_code, reason = "shared by all test files; each uses a part")]
mod common;

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use common::postgres_url;
use db::{Db, PostgresOptions, Weight};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};

/// The scripts' throw-away server with TLS; it ends when its standard input does.
struct Server {
    script: Child,
    port: String,
    files: tempfile::TempDir,
}

const SCRIPT: &str = r#"
set -euo pipefail
. "$LIB"
trap stop_postgres EXIT
require_postgres
if [[ $(id -u) == 0 ]]; then chown -R postgres "$FILES"; fi
chmod 600 "$FILES/server.key"
start_postgres ssl=on "ssl_cert_file=$FILES/server.pem" "ssl_key_file=$FILES/server.key" \
  "ssl_ca_file=$FILES/authority.pem" "hba_file=$FILES/pg_hba.conf" "password_encryption=scram-sha-256"
echo "$postgres_url"
cat >/dev/null
"#;

/// Over TLS with a password too, which binds it to the server's certificate; or with a certificate of the user's own.
const HBA: &str = "\
hostssl all guest 127.0.0.1/32 scram-sha-256
hostssl all bearer 127.0.0.1/32 trust clientcert=verify-full
host    all postgres 127.0.0.1/32 trust
";

impl Server {
    fn start() -> Self {
        let files = tempfile::tempdir().unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority = CertifiedIssuer::self_signed(params.clone(), KeyPair::generate().unwrap()).unwrap();
        let stranger = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let key = KeyPair::generate().unwrap();
        // The server is called by its address, too: that is not among the names.
        let certificate = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        let certificate = certificate.signed_by(&key, &authority).unwrap();
        let write = |name: &str, text: &str| std::fs::write(files.path().join(name), text).unwrap();
        write("server.pem", &certificate.pem());
        write("server.key", &key.serialize_pem());
        write("authority.pem", &authority.pem());
        write("stranger.pem", &stranger.pem());
        for (name, user, signer) in [
            ("bearer", "bearer", &authority),
            ("other", "other", &authority),
            ("forged", "bearer", &stranger),
        ] {
            let key = KeyPair::generate().unwrap();
            let mut params = CertificateParams::new(Vec::new()).unwrap();
            params.distinguished_name.push(DnType::CommonName, user);
            write(&format!("{name}.pem"), &params.signed_by(&key, signer).unwrap().pem());
            write(&format!("{name}.key"), &key.serialize_pem());
        }
        write("pg_hba.conf", HBA);
        let lib = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scripts/lib/postgres.sh");
        let mut script = Command::new("bash")
            .args(["-c", SCRIPT])
            .env("LIB", lib)
            .env("FILES", files.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut url = String::new();
        BufReader::new(script.stdout.take().unwrap()).read_line(&mut url).unwrap();
        let port = url.trim().trim_start_matches("postgres://postgres@127.0.0.1:").split('/').next().unwrap();
        Self { script, port: port.to_owned(), files }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.files.path().join(name)
    }

    /// Whether a connection with these settings is encrypted, or why there is none.
    async fn encrypted(&self, user: &str, host: &str, settings: &str) -> Result<bool, String> {
        let url = format!("postgres://{user}@{host}:{}/postgres?{settings}", self.port);
        encrypted(&url).await
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.script.stdin.take());
        drop(self.script.wait());
    }
}

async fn encrypted(url: &str) -> Result<bool, String> {
    let db = Db::open_postgres(PostgresOptions::new(url)).await.map_err(|error| error.to_string())?;
    let sql = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()";
    let found = db.all(Weight::Short, sql, &[], |row| row.boolean(0)).await.unwrap();
    Ok(found == [true])
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_are_as_safe_as_the_url_asks_for() {
    let server = Server::start();
    let authority = format!("sslrootcert={}", server.file("authority.pem").display());
    let stranger = format!("sslrootcert={}", server.file("stranger.pem").display());
    for (host, settings, is_encrypted) in [
        ("127.0.0.1", "sslmode=disable".to_owned(), false),
        ("127.0.0.1", String::new(), true),
        ("127.0.0.1", "sslmode=prefer".to_owned(), true),
        ("127.0.0.1", "sslmode=require".to_owned(), true),
        ("127.0.0.1", format!("sslmode=require&{authority}"), true),
        ("127.0.0.1", format!("sslmode=verify-ca&{authority}"), true),
        ("localhost", format!("sslmode=verify-full&{authority}"), true),
    ] {
        let found = server.encrypted("postgres", host, &settings).await;
        assert_eq!(found, Ok(is_encrypted), "{host} {settings}");
    }
    for (host, settings) in [
        // Signed by somebody else; not a system's authority; not the name.
        ("localhost", format!("sslmode=require&{stranger}")),
        ("localhost", format!("sslmode=verify-ca&{stranger}")),
        ("localhost", format!("sslmode=verify-full&{stranger}")),
        ("127.0.0.1", format!("sslmode=verify-full&{authority}")),
    ] {
        let error = server.encrypted("postgres", host, &settings).await.unwrap_err();
        assert!(
            error.contains("certificate of the PostgreSQL server is not accepted"),
            "{settings}: {error}"
        );
        assert!(error.contains("sslrootcert=FILE"), "{settings}: {error}");
    }
    let error = server.encrypted("postgres", "localhost", "sslmode=verify-full").await.unwrap_err();
    assert!(error.contains("not accepted") || error.contains("no certificate authorities"), "{error}");

    // A password goes over such a connection only, and is bound to it.
    let url = format!("postgres://postgres@127.0.0.1:{}/postgres", server.port);
    let admin = common::postgres_client(&url).await;
    admin.batch_execute("CREATE ROLE guest LOGIN PASSWORD 'only-for-this-test'").await.unwrap();
    let guest = "guest:only-for-this-test";
    for settings in ["sslmode=require", "sslmode=require&channel_binding=require"] {
        assert_eq!(server.encrypted(guest, "127.0.0.1", settings).await, Ok(true), "{settings}");
    }
    let error = server.encrypted(guest, "127.0.0.1", "sslmode=disable").await.unwrap_err();
    assert!(error.contains("no encryption") && !error.contains("only-for-this-test"), "{error}");

    // What is announced is heard over such a connection, too.
    let db = PostgresOptions::new(format!(
        "postgres://postgres@localhost:{}/postgres?sslmode=verify-full&{authority}",
        server.port
    ));
    let db = Db::open_postgres(db).await.unwrap();
    let mut heard = db.listen("news");
    let hearing = heard.as_mut().unwrap();
    let told = async {
        loop {
            db.announce("news", "it works").await.unwrap();
            let pause = std::time::Duration::from_millis(50);
            if let Ok(Some(payload)) = tokio::time::timeout(pause, hearing.recv()).await {
                return payload;
            }
        }
    };
    let told = tokio::time::timeout(std::time::Duration::from_secs(30), told).await;
    assert_eq!(told.unwrap(), "it works");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_demands_a_certificate_is_shown_one() {
    let server = Server::start();
    let url = format!("postgres://postgres@127.0.0.1:{}/postgres", server.port);
    common::postgres_client(&url).await.batch_execute("CREATE ROLE bearer LOGIN").await.unwrap();
    let authority = format!("sslmode=verify-full&sslrootcert={}", server.file("authority.pem").display());
    let files = |certificate: &str, key: &str| {
        let (certificate, key) = (server.file(certificate), server.file(key));
        format!("{authority}&sslcert={}&sslkey={}", certificate.display(), key.display())
    };
    let with = async |settings: &str| server.encrypted("bearer", "localhost", settings).await;
    assert_eq!(with(&files("bearer.pem", "bearer.key")).await, Ok(true));
    for (settings, why) in [
        (authority.clone(), "requires a valid client certificate"),
        // Of a known authority, but another user's; the user's, but anybody could have made it.
        (files("other.pem", "other.key"), "authentication failed for user"),
        (files("forged.pem", "forged.key"), "does not accept the certificate of sslcert"),
        (files("bearer.pem", "other.key"), "made together"),
        (files("gone.pem", "bearer.key"), "sslcert="),
        (files("bearer.pem", "gone.key"), "sslkey="),
        (format!("{authority}&sslcert={}", server.file("bearer.pem").display()), "add sslkey=FILE"),
    ] {
        let error = with(&settings).await.unwrap_err();
        assert!(error.contains(why), "{settings}: {error}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_does_not_encrypt_is_used_only_where_that_is_enough() {
    let url = postgres_url().await;
    let with = |settings: &str| format!("{url}{}{settings}", if url.ends_with('?') { "" } else { "&" });
    for settings in ["", "sslmode=prefer", "sslmode=disable"] {
        assert_eq!(encrypted(&with(settings)).await, Ok(false), "{settings}");
    }
    for settings in ["sslmode=require", "sslmode=verify-full&sslrootcert=system"] {
        let error = encrypted(&with(settings)).await.unwrap_err();
        assert!(error.contains("does not encrypt connections"), "{settings}: {error}");
    }
}
