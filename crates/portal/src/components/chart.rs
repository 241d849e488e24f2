//! A small chart of columns, drawn here as SVG, so that it needs no script. It is said in words beside it and,
//! for readers of the page, in its label.

use askama::Template;

/// A chart.
#[derive(Clone, PartialEq, Eq, Debug, Template)]
#[template(path = "components/chart.html")]
pub(crate) struct Chart {
    /// What it shows, in a sentence.
    label: String,
    width: u64,
    columns: Vec<Drawn>,
}

/// A column: what it tells when the pointer is on it, and its parts from below, each with a class.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Column {
    pub(crate) title: String,
    pub(crate) parts: Vec<(&'static str, u64)>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
struct Drawn {
    title: String,
    x: u64,
    parts: Vec<Part>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
struct Part {
    class: &'static str,
    y: u64,
    height: u64,
}

/// The height of the drawing, and the distance from one column to the next.
const HEIGHT: u64 = 100;
const STEP: u64 = 10;

impl Chart {
    /// Draws columns in proportion to the highest.
    pub(crate) fn new(label: String, columns: Vec<Column>) -> Self {
        let most = columns.iter().map(|it| it.parts.iter().map(|(_, size)| size).sum::<u64>()).max();
        let most = most.unwrap_or(0).max(1);
        let drawn = (0..).zip(columns).map(|(place, column): (u64, Column)| {
            let mut top = HEIGHT;
            let parts = column.parts.into_iter().filter(|(_, size)| *size > 0).map(|(class, size)| {
                // What is there is seen, however little it is; nothing grows out of the drawing.
                let height = (size.saturating_mul(HEIGHT - 4) / most).max(3).min(top);
                top -= height;
                Part { class, y: top, height }
            });
            Drawn { parts: parts.collect(), title: column.title, x: place * STEP }
        });
        let columns: Vec<Drawn> = drawn.collect();
        Self { label, width: (columns.len() as u64) * STEP, columns }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_in_proportion_and_small_ones_are_seen() {
        let column = |parts: &[(&'static str, u64)]| Column { title: String::new(), parts: parts.to_vec() };
        let chart = Chart::new(
            "x".to_owned(),
            vec![column(&[("good", 900), ("bad", 100)]), column(&[("good", 1)]), column(&[("good", 0)])],
        );
        let drawn = |index: usize| {
            chart.columns[index].parts.iter().map(|part| (part.y, part.height)).collect::<Vec<_>>()
        };
        assert_eq!(drawn(0), [(14, 86), (5, 9)]);
        assert_eq!(drawn(1), [(97, 3)]);
        assert_eq!(drawn(2), []);
        assert_eq!(chart.width, 30);
        assert_eq!(Chart::new(String::new(), Vec::new()).width, 0);
    }
}
