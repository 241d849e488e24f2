//! Draws the growth curves as an SVG file, for RESULTS.md.

use std::path::Path;

use plotters::prelude::*;

use crate::settings::Outcome;

/// The cost of one kind of call by the number of members.
pub(crate) struct Curve {
    pub(crate) name: String,
    /// Members, and how many times as much a call costs as with the fewest.
    pub(crate) points: Vec<(u32, f64)>,
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

/// Draws the curves, and the line that none may reach.
pub(crate) fn draw(file: &Path, curves: &[Curve], limit: f64) -> Outcome<()> {
    let all = || curves.iter().flat_map(|curve| &curve.points);
    let fewest = all().map(|point| point.0).min().ok_or("nothing to draw")?;
    let most = all().map(|point| point.0).max().ok_or("nothing to draw")?;
    let highest = all().map(|point| point.1).fold(limit, f64::max);
    let area = SVGBackend::new(file, SIZE).into_drawing_area();
    area.fill(&WHITE)?;
    let mut chart = ChartBuilder::on(&area)
        .caption("Cost of a call as an organisation grows", (FONT, 20))
        .margin(12)
        .x_label_area_size(44)
        .y_label_area_size(58)
        .build_cartesian_2d((fewest..most).log_scale(), 0.8..(highest + 0.4))?;
    chart
        .configure_mesh()
        .x_desc("members (logarithmic)")
        .y_desc("times the cost with the fewest")
        .x_label_formatter(&|members| format!("{members}"))
        .y_label_formatter(&|cost| format!("{cost:.1}"))
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
    let style = BLACK.stroke_width(1);
    chart
        .draw_series(DashedLineSeries::new([(fewest, limit), (most, limit)], 6, 4, style))?
        .label(format!("must stay below {limit:.1}"))
        .legend(move |(x, y)| PathElement::new([(x, y), (x + 20, y)], style));
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::UpperLeft)
        .background_style(WHITE.mix(0.9))
        .label_font((FONT, 14))
        .draw()?;
    area.present()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_curve_and_the_limit_are_named() {
        let file = std::env::temp_dir().join(format!("growth-{}.svg", std::process::id()));
        let curve = |name: &str, costs: [f64; 3]| Curve {
            name: name.to_owned(),
            points: [10_000, 100_000, 1_000_000].into_iter().zip(costs).collect(),
        };
        draw(&file, &[curve("GET one", [1.0, 1.1, 1.2]), curve("a list", [1.0, 1.0, 1.5])], 1.3).unwrap();
        let text = std::fs::read_to_string(&file).unwrap();
        std::fs::remove_file(&file).unwrap();
        for part in ["<svg", "GET one", "a list", "must stay below 1.3", "1000000"] {
            assert!(text.contains(part), "{part}");
        }
    }
}
