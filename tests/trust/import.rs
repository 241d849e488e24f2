//! Importing CSV: whatever the file is like, each row is stored or explained (cli.md, domain §3).

use std::io::{Cursor, Read};

use app::domain::json::parse;
use app::domain::listing::{Lenience, parse as parse_list};
use app::domain::mapping::Mapping;
use app::domain::resources::{EVENT, MEMBER, REGISTRY};
use app::{Actor, ImportCounts, ImportError, ImportOptions, ImportReport};
use testkit::{TestApp, on_both_engines};

const MAPPING: &str = include_str!("../../examples/crm-mapping.json");

const HEADER: &str = "Contact ID,First Name,Last Name,Email,Mobile,Birthdate,Account Name,Title,Mailing Street,\
    Mailing City,Mailing State,Mailing Zip/Postal Code,Mailing Country,Membership Level,Member Status,Member \
    Since,Interests,Gender,LinkedIn,Notes\n";

fn crm() -> ImportOptions {
    let mapping = Mapping::parse_file(REGISTRY, &parse(MAPPING.as_bytes()).unwrap()).unwrap();
    ImportOptions { mapping: Some(mapping), ..own() }
}

fn own() -> ImportOptions {
    ImportOptions { resource: &MEMBER, mapping: None, match_by: None, dry_run: false }
}

fn row(id: &str, first: &str, last: &str, email: &str) -> String {
    format!("{id},{first},{last},{email},,,,,,,,,,,Current,,,,,\n")
}

async fn import_from(
    app: &TestApp,
    options: ImportOptions,
    file: impl Read + Send + 'static,
) -> Result<(ImportReport, String), ImportError> {
    let mut failed = Vec::new();
    let report = app.app.import(&app.tenant, &Actor::system(), options, file, &mut failed, &|_| {}).await?;
    Ok((report, String::from_utf8(failed).unwrap()))
}

async fn import(app: &TestApp, options: ImportOptions, file: impl AsRef<[u8]>) -> (ImportReport, String) {
    import_from(app, options, Cursor::new(file.as_ref().to_vec())).await.unwrap()
}

/// What the import says of a file that it does not read.
async fn refusal(app: &TestApp, options: ImportOptions, file: impl AsRef<[u8]>) -> String {
    match import_from(app, options, Cursor::new(file.as_ref().to_vec())).await {
        Err(ImportError::File(reason)) => reason.to_string(),
        other => panic!("{other:?}"),
    }
}

fn counts(created: u64, updated: u64, unchanged: u64, failed: u64) -> ImportCounts {
    ImportCounts { created, updated, unchanged, failed }
}

on_both_engines! {
    async fn rows_are_stored_or_explained_and_a_second_run_changes_nothing(app: TestApp) {
        let file = [
            "\u{feff}", HEADER,
            "1,Jessica,Baldick, Jess@Example.Org ,0421 652 973,11/02/1944,\"Bush, Ltd\",Buyer,24 St,Perth,WA,0800,\
             New Zealand,Student,Lapsed,09/09/2024,Software;Civil,M,,\"one\ntwo\"\n",
            &row("2", "Jo", "Doe", "JESS@example.org"),
            &row("3", "Jo", "", "jo@example.org"),
            &row("4", "Jo", "Doe", "jo@"),
            "5,Jo,Doe,jo@example.org,,31/02/1980,,,,,,,,,Current,soon,,,example.org,\n",
        ].concat();
        let (report, failed) = import(&app, crm(), &file).await;
        assert_eq!(report.counts, counts(1, 0, 0, 4));
        let reasons: Vec<&str> = failed.lines().skip(1).collect();
        assert!(reasons[0].contains("Email: Another member"), "{}", reasons[0]);
        assert!(reasons[1].contains("Last Name: lastName is required"), "{}", reasons[1]);
        assert!(reasons[2].contains("Email: email must be a valid"), "{}", reasons[2]);
        for column in ["Birthdate: ", "Member Since: ", "LinkedIn: "] {
            assert!(reasons[3].contains(column), "{}", reasons[3]);
        }
        // The line in the file, and the cells as they were, ready to be mended.
        assert!(failed.starts_with("Contact ID,") && reasons[0].contains(",4,") , "{failed}");
        let (again, _) = import(&app, crm(), &file).await;
        assert_eq!(again.counts, counts(0, 0, 1, 4));
        let mended = failed.replace("jo@,", "ann@example.org,").replace("Jo,,jo@", "Jo,Roe,jo@");
        let (third, _) = import(&app, crm(), &mended).await;
        assert_eq!((third.counts, third.unmapped), (counts(2, 0, 0, 2), vec!["_line".to_owned(), "_error".to_owned()]));
    }

    async fn a_dry_run_says_the_same_and_stores_nothing(app: TestApp) {
        let mut file = HEADER.to_owned();
        for index in 0..1_200 {
            // Every hundredth has the address of the one before, in another chunk or in the same.
            let address = if index % 100 == 99 { index - 99 } else { index };
            file.push_str(&row(&index.to_string(), "Jo", "Doe", &format!("jo{address}@example.org")));
        }
        let dry = ImportOptions { dry_run: true, ..crm() };
        let (said, _) = import(&app, dry, &file).await;
        assert_eq!(said.counts, counts(1_188, 0, 0, 12));
        let (done, _) = import(&app, crm(), &file).await;
        assert_eq!(done.counts, said.counts);
    }

    async fn a_stopped_import_is_taken_up_again(app: TestApp) {
        /// Breaks off after so many bytes, as a killed process or a pulled drive would.
        struct Broken(Cursor<Vec<u8>>);
        impl Read for Broken {
            fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
                match self.0.read(buffer)? {
                    0 => Err(std::io::Error::other("the drive is gone")),
                    count => Ok(count),
                }
            }
        }
        let rows: Vec<String> =
            (0..2_000).map(|it| row(&it.to_string(), "Jo", "Doe", &format!("jo{it}@example.org"))).collect();
        let file = format!("{HEADER}{}", rows.concat());
        let half = Broken(Cursor::new(file.as_bytes()[..file.len() / 2].to_vec()));
        let error = import_from(&app, crm(), half).await.unwrap_err();
        assert!(matches!(&error, ImportError::File(reason) if reason.to_string().contains("drive is gone")), "{error:?}");
        let (report, _) = import(&app, crm(), &file).await;
        assert_eq!((report.counts.rows(), report.counts.failed), (2_000, 0));
        assert!(report.counts.unchanged >= 500 && report.counts.created >= 500, "{report:?}");
    }

    async fn an_export_of_ours_changes_nothing(app: TestApp) {
        let file = "id,firstName,lastName,email,interests,customFields.level,version,memberNumber\n\
                    ,Jo,Doe,jo@example.org,a;b,3,7,9\n";
        let (report, failed) = import(&app, own(), file).await;
        assert_eq!(report.counts, counts(1, 0, 0, 0), "{failed}");
        let id = {
            let query = parse_list(&MEMBER, [], Lenience::Strict).unwrap();
            let mut id = String::new();
            let each = |row: &app::RecordRow<'_, '_>| {
                id = row.record()?.id().unwrap().to_string();
                Ok(())
            };
            app.app.list(&app.tenant, &MEMBER, &query, each).await.unwrap();
            id
        };
        // Found by its id, whatever else changed.
        let file = format!("id,firstName,lastName,email\n{id},Jo,Doe,new@example.org\n");
        assert_eq!(import(&app, own(), &file).await.0.counts, counts(0, 1, 0, 0));
        assert_eq!(import(&app, own(), &file).await.0.counts, counts(0, 0, 1, 0));
    }

    async fn odd_files_are_refused_with_what_to_do(app: TestApp) {
        assert!(refusal(&app, own(), "").await.contains("first row must name the columns"));
        let data_only = "Jessica,Baldick,jess@example.org\nJo,Doe,jo@example.org\n";
        assert!(refusal(&app, own(), data_only).await.contains("None of the file's columns is known"));
        assert!(refusal(&app, crm(), data_only).await.contains("None of the file's columns is known"));
        let near = refusal(&app, own(), "E-mail,Frist Name\n").await;
        assert!(near.contains("Did you mean email?") && near.contains("firstName"), "{near}");
        assert!(refusal(&app, own(), "email,email\na@example.org,b@example.org\n").await.contains("there twice"));
        assert!(refusal(&app, own(), b"firstName,Stra\xdfe\n").await.contains("not UTF-8"));
        let many = vec!["x"; 1_001].join(",");
        assert!(refusal(&app, own(), many).await.contains("1001 columns"));
        let wide: Vec<String> = (0..200).map(|it| format!("column{it}")).collect();
        let file = format!("firstName,lastName,email,{}\nJo,Doe,jo@example.org{}\n", wide.join(","), ",".repeat(200));
        let (report, _) = import(&app, own(), file).await;
        assert_eq!((report.counts, report.unmapped.len()), (counts(1, 0, 0, 0), 200));
    }

    async fn odd_rows_fail_alone(app: TestApp) {
        let mut file = b"firstName,lastName,email\n".to_vec();
        file.extend_from_slice(b"J\xfcrgen,Doe,a@example.org\n");
        file.extend_from_slice(b"Jo,Doe\n");
        file.extend_from_slice(b"Jo,Doe,b@example.org,more\n");
        file.extend_from_slice(b"Jo,D\x00e,c@example.org\n");
        file.extend_from_slice(b"Jo,Doe,d@example.org\n");
        let mut failed = Vec::new();
        let done = app.app.import(&app.tenant, &Actor::system(), own(), Cursor::new(file), &mut failed, &|_| {}).await;
        assert_eq!(done.unwrap().counts, counts(1, 0, 0, 4));
        let failed = String::from_utf8_lossy(&failed);
        for reason in ["not UTF-8", "has 2 cells, the header 3", "has 4 cells", "control character"] {
            assert!(failed.contains(reason), "{reason}: {failed}");
        }
    }

    async fn a_quote_that_is_never_closed_needs_little_memory(app: TestApp) {
        /// A gigabyte of one line, made as it is read.
        struct Endless { begin: Cursor<&'static [u8]>, left: u64 }
        impl Read for Endless {
            fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
                match self.begin.read(buffer)? {
                    0 => {
                        let count = usize::try_from(self.left.min(buffer.len() as u64)).unwrap();
                        buffer[..count].fill(b'x');
                        self.left -= count as u64;
                        Ok(count)
                    }
                    count => Ok(count),
                }
            }
        }
        let begin = Cursor::new(b"firstName,lastName,email\nJo,Doe,\"jo@example.org\n".as_slice());
        let error = import_from(&app, own(), Endless { begin, left: 1 << 30 }).await.unwrap_err();
        assert!(matches!(&error, ImportError::File(reason) if reason.to_string().contains("never closed")), "{error:?}");
    }

    async fn history_may_be_imported(app: TestApp) {
        let file = "name,eventStart,eventEnd,location,status,externalId\n\
                    Gala,2019-05-01T18:00:00+10:00,2019-05-01T22:00:00+10:00,Hall,published,gala-2019\n";
        let options = || ImportOptions { resource: &EVENT, ..own() };
        assert_eq!(import(&app, options(), file).await.0.counts, counts(1, 0, 0, 0));
        assert_eq!(import(&app, options(), file).await.0.counts, counts(0, 0, 1, 0));
    }

    async fn a_match_field_can_be_asked_for(app: TestApp) {
        let file = "externalId,firstName,lastName,email\na,Jo,Doe,jo@example.org\n";
        assert_eq!(import(&app, own(), file).await.0.counts, counts(1, 0, 0, 0));
        let moved = "externalId,firstName,lastName,email\nb,Jo,Doe,JO@example.org\n";
        assert_eq!(import(&app, own(), moved).await.0.counts, counts(0, 0, 0, 1));
        let by_email = || ImportOptions { match_by: Some("email"), ..own() };
        assert_eq!(import(&app, by_email(), moved).await.0.counts, counts(0, 1, 0, 0));
        let without = "firstName,lastName,email\nJo,Doe,\n";
        let (report, failed) = import(&app, by_email(), without).await;
        assert_eq!(report.counts, counts(0, 0, 0, 1));
        assert!(failed.contains("email is required"), "{failed}");
    }
}
