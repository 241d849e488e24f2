//! Draws the growth curves as an SVG file beside RESULTS.md, from the table that stands there.

use std::fs;
use std::path::Path;

use plotters::prelude::*;

use crate::settings::Outcome;

/// How many requests a second of one kind are answered, by the number of members.
struct Curve {
    name: String,
    /// Members, and requests a second.
    points: Vec<(u32, f64)>,
}

/// Told apart by people who see few colours, and in print (Okabe and Ito's palette).
const COLOURS: [RGBColor; 5] = [
    RGBColor(0, 114, 178),
    RGBColor(213, 94, 0),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    RGBColor(86, 180, 233),
];
const SIZE: (u32, u32) = (860, 460);
const FONT: &str = "sans-serif";

/// Draws the table of growth in this file as `growth.svg` beside it.
pub(crate) fn draw(results: &Path) -> Outcome<()> {
    let curves = read(&fs::read_to_string(results)?)?;
    let all = || curves.iter().flat_map(|curve| &curve.points);
    let fewest = all().map(|point| point.0).min().ok_or("nothing to draw")?;
    let most = all().map(|point| point.0).max().ok_or("nothing to draw")?;
    let highest = all().map(|point| point.1).fold(0.0, f64::max);
    let file = results.with_file_name("growth.svg");
    let area = SVGBackend::new(&file, SIZE).into_drawing_area();
    area.fill(&WHITE)?;
    let mut chart = ChartBuilder::on(&area)
        .caption("Requests a second as an organisation grows", (FONT, 20))
        .margin(12)
        .margin_right(44)
        .x_label_area_size(44)
        .y_label_area_size(70)
        .build_cartesian_2d((fewest..most).log_scale(), 0.0..(highest * 1.5))?;
    chart
        .configure_mesh()
        .x_desc("members (logarithmic)")
        .y_desc("requests a second, server on one core")
        .x_label_formatter(&|members| format!("{members}"))
        .y_label_formatter(&|rate| format!("{rate:.0}"))
        .label_style((FONT, 14))
        .light_line_style(WHITE)
        .draw()?;
    for (curve, colour) in curves.iter().zip(COLOURS.iter().cycle()) {
        let style = colour.stroke_width(2);
        chart
            .draw_series(LineSeries::new(curve.points.iter().copied(), style).point_size(4))?
            .label(&curve.name)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 20, y)], style));
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::UpperRight)
        .background_style(WHITE.mix(0.9))
        .label_font((FONT, 14))
        .draw()?;
    area.present()?;
    Ok(())
}

/// The rows of the table whose head names numbers of members.
fn read(results: &str) -> Outcome<Vec<Curve>> {
    let cells = |line: &str| {
        line.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect::<Vec<String>>()
    };
    let mut lines = results.lines().skip_while(|line| !line.starts_with("| Work, requests a second"));
    let head = cells(lines.next().ok_or("the results have no table of growth")?);
    let sizes: Vec<u32> =
        head.iter().filter_map(|cell| cell.strip_suffix(" members")?.parse().ok()).collect();
    let rows = lines.skip(1).take_while(|line| line.starts_with('|'));
    rows.map(|line| {
        let row = cells(line);
        let rates = row.iter().skip(1).map(|cell| cell.parse::<f64>());
        let points = sizes.iter().zip(rates).map(|(size, rate)| Ok((*size, rate?)));
        Ok(Curve {
            name: row.first().map(|name| name.replace('`', "")).unwrap_or_default(),
            points: points.collect::<Outcome<_>>()?,
        })
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_row_of_the_table_is_a_curve() {
        let directory = std::env::temp_dir().join(format!("growth-{}", std::process::id()));
        fs::create_dir(&directory).unwrap();
        let results = directory.join("RESULTS.md");
        let table = "## Growth\n\n| Work, requests a second | 10000 members | 1000000 members | cost |\n\
            | --- | --- | --- | --- |\n| GET one | 4000 | 3900 | 1.03 |\n| list, `count=false` | 900 | 880 | 1.02 |\n\n\
            | Other | 1 |\n";
        fs::write(&results, table).unwrap();
        draw(&results).unwrap();
        let text = fs::read_to_string(directory.join("growth.svg")).unwrap();
        fs::remove_dir_all(&directory).unwrap();
        for part in ["<svg", "GET one", "list, count=false", "1000000"] {
            assert!(text.contains(part), "{part}");
        }
        assert!(!text.contains("Other"));
        assert!(draw(Path::new("/nonexistent/RESULTS.md")).is_err());
    }
}
