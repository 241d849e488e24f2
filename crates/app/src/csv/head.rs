//! The first lines of a table that somebody pastes or sends to try something on.

/// The header and the first rows of a table, whose cells are apart by commas, semicolons or tabs; nothing where there
/// is no header.
#[must_use]
pub fn first_rows(table: &str, rows: usize) -> Option<(Vec<String>, Vec<Vec<String>>)> {
    let table = table.trim_start_matches('\u{feff}');
    let line = table.lines().next().unwrap_or_default();
    let many = |separator: &char| line.matches(*separator).count();
    let separator = [',', ';', '\t'].into_iter().rev().max_by_key(many).unwrap_or(',');
    let delimiter = u8::try_from(separator).unwrap_or(b',');
    let mut reader =
        csv::ReaderBuilder::new().flexible(true).delimiter(delimiter).from_reader(table.as_bytes());
    let cells = |record: &csv::StringRecord| record.iter().map(str::to_owned).collect::<Vec<_>>();
    let header = cells(reader.headers().ok()?);
    if header.iter().all(|name| name.trim().is_empty()) {
        return None;
    }
    let records = reader.records().map_while(Result::ok).take(rows);
    Some((header, records.map(|record| cells(&record)).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_apart_by_what_the_header_has_most_of() {
        let (header, rows) = first_rows("\u{feff}a,b;c\n1,\"2\n3\"\n4,5,6\n", 2).unwrap();
        assert_eq!(header, ["a", "b;c"]);
        assert_eq!(rows, [vec!["1", "2\n3"], vec!["4", "5", "6"]]);
        assert_eq!(first_rows("a;b\n1;2", 9).unwrap().1, [["1", "2"]]);
        assert_eq!(first_rows("a\tb\n1\t2\n3\t4", 1).unwrap().1, [["1", "2"]]);
        assert_eq!(first_rows("a", 1).unwrap(), (vec!["a".to_owned()], Vec::new()));
        assert!(first_rows(" \n", 1).is_none() && first_rows("", 1).is_none());
    }
}
