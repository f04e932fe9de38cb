//! The demo's charts, as SVG.

use plotters::coord::Shift;
use plotters::prelude::*;
use std::path::Path;

/// Colours that people with any kind of colour vision tell apart (Okabe and Ito).
const COLOURS: [RGBColor; 6] = [
    RGBColor(0, 114, 178),
    RGBColor(213, 94, 0),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    RGBColor(230, 159, 0),
    RGBColor(86, 180, 233),
];
const GREY: RGBColor = RGBColor(110, 110, 110);
const FONT: &str = "sans-serif";

/// A named line of a chart.
#[derive(Clone, Debug)]
pub struct Series {
    /// Its name in the legend.
    pub name: String,
    /// Its points, from left to right.
    pub points: Vec<(f64, f64)>,
}

/// Scores over the boxes they cost.
#[derive(Clone, Debug)]
pub struct LabelEfficiency {
    /// Region-to-Text accuracy, one line per language.
    pub accuracy: Vec<Series>,
    /// Always the most frequent concept.
    pub accuracy_baseline: f64,
    /// Text-to-Region mean IoU and F1.
    pub regions: Vec<Series>,
    /// Always the mean box: its mean IoU.
    pub iou_baseline: f64,
}

type Drawn<'a> = Result<(), DrawingAreaErrorKind<<SVGBackend<'a> as DrawingBackend>::ErrorType>>;

/// The training loss of each run, on a logarithmic scale.
pub fn draw_loss(path: &Path, runs: &[Series]) -> anyhow::Result<()> {
    let area = SVGBackend::new(path, (900, 480)).into_drawing_area();
    loss(&area, runs)?;
    area.present()?;
    Ok(())
}

fn loss<'a>(area: &DrawingArea<SVGBackend<'a>, Shift>, runs: &[Series]) -> Drawn<'a> {
    area.fill(&WHITE)?;
    let points = || runs.iter().flat_map(|run| &run.points);
    let last = points().map(|(x, _)| *x).fold(1.0, f64::max);
    let (low, high) = points()
        .map(|(_, y)| *y)
        .filter(|y| *y > 0.0)
        .fold((f64::INFINITY, 0.0), |(low, high): (f64, f64), y| {
            (low.min(y), high.max(y))
        });
    let (low, high) = if low < high {
        (low / 1.3, high * 1.3)
    } else {
        (0.1, 10.0)
    };
    let mut chart = ChartBuilder::on(area)
        .caption("Training loss", (FONT, 20))
        .margin(12)
        .x_label_area_size(44)
        .y_label_area_size(60)
        .build_cartesian_2d(0.0..last, (low..high).log_scale())?;
    chart
        .configure_mesh()
        .light_line_style(WHITE)
        .x_desc("optimizer step")
        .y_labels(16)
        .y_desc("cross-entropy per answer token (log scale)")
        .x_label_formatter(&|x| format!("{x:.0}"))
        .y_label_formatter(&|y| format!("{y:.2}"))
        .draw()?;
    for (run, colour) in runs.iter().zip(COLOURS.iter().cycle()) {
        let positive = run.points.iter().copied().filter(|(_, y)| *y > 0.0);
        chart
            .draw_series(LineSeries::new(positive, colour.stroke_width(2)))?
            .label(run.name.as_str())
            .legend(key(*colour));
    }
    chart
        .configure_series_labels()
        .background_style(WHITE.mix(0.85))
        .border_style(GREY)
        .draw()
}

/// Scores over boxes spent: names on the left, boxes on the right, baselines as dashed lines.
pub fn draw_label_efficiency(path: &Path, scores: &LabelEfficiency) -> anyhow::Result<()> {
    let area = SVGBackend::new(path, (1100, 480)).into_drawing_area();
    area.fill(&WHITE)?;
    let (left, right) = area.split_horizontally(550);
    efficiency(
        &left,
        "Region-to-Text accuracy, held-out patients",
        &scores.accuracy,
        ("most frequent concept", scores.accuracy_baseline),
    )?;
    efficiency(
        &right,
        "Text-to-Region, held-out patients",
        &scores.regions,
        ("mean box: mean IoU", scores.iou_baseline),
    )?;
    area.present()?;
    Ok(())
}

fn efficiency<'a>(
    area: &DrawingArea<SVGBackend<'a>, Shift>,
    title: &str,
    lines: &[Series],
    (baseline_name, baseline): (&str, f64),
) -> Drawn<'a> {
    let points = || lines.iter().flat_map(|line| &line.points);
    let most = points().map(|(x, _)| *x).fold(1.0, f64::max) * 1.05;
    let mut chart = ChartBuilder::on(area)
        .caption(title, (FONT, 18))
        .margin(12)
        .x_label_area_size(44)
        .y_label_area_size(50)
        .build_cartesian_2d(0.0..most, 0.0..1.0)?;
    chart
        .configure_mesh()
        .light_line_style(WHITE)
        .x_desc("boxes that readers drew or took")
        .x_label_formatter(&|x| format!("{x:.0}"))
        .y_label_formatter(&|y| format!("{y:.1}"))
        .draw()?;
    for (line, colour) in lines.iter().zip(COLOURS.iter().cycle()) {
        chart
            .draw_series(LineSeries::new(
                line.points.iter().copied(),
                colour.stroke_width(2),
            ))?
            .label(line.name.as_str())
            .legend(key(*colour));
        let dots = line
            .points
            .iter()
            .map(|point| Circle::new(*point, 4, colour.filled()));
        chart.draw_series(dots)?;
    }
    let dashes = DashedLineSeries::new(
        [(0.0, baseline), (most, baseline)],
        6,
        4,
        GREY.stroke_width(2),
    );
    chart
        .draw_series(dashes)?
        .label(baseline_name)
        .legend(key(GREY));
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::LowerRight)
        .background_style(WHITE.mix(0.85))
        .border_style(GREY)
        .draw()
}

/// A short line in the legend.
fn key<DB: DrawingBackend>(
    colour: RGBColor,
) -> impl Fn((i32, i32)) -> DynElement<'static, DB, (i32, i32)>
where
{
    move |(x, y)| PathElement::new([(x, y), (x + 18, y)], colour.stroke_width(2)).into_dyn()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(name: &str, points: &[(f64, f64)]) -> Series {
        Series {
            name: name.to_owned(),
            points: points.to_vec(),
        }
    }

    fn drawn(draw: impl Fn(&Path) -> anyhow::Result<()>) -> String {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("chart.svg");
        draw(&path).unwrap();
        std::fs::read_to_string(path).unwrap()
    }

    #[test]
    fn the_loss_chart_names_its_runs() {
        let runs = [
            line("round 1", &[(0.0, 4.0), (50.0, 1.0)]),
            line("round 2", &[(0.0, 2.0), (50.0, 0.0)]),
        ];
        let svg = drawn(|path| draw_loss(path, &runs));
        assert!(
            svg.contains("round 1") && svg.contains("round 2") && svg.contains("Training loss")
        );
    }

    #[test]
    fn a_run_without_losses_still_makes_a_chart() {
        for runs in [
            vec![],
            vec![line("round 1", &[])],
            vec![line("one", &[(5.0, 1.0)])],
        ] {
            assert!(drawn(|path| draw_loss(path, &runs)).ends_with("</svg>\n"));
        }
    }

    #[test]
    fn the_efficiency_chart_shows_its_baselines() {
        let scores = LabelEfficiency {
            accuracy: vec![line("en", &[(0.0, 0.1), (100.0, 0.8)])],
            accuracy_baseline: 0.2,
            regions: vec![line("mean IoU", &[(0.0, 0.1), (100.0, 0.6)])],
            iou_baseline: 0.3,
        };
        let svg = drawn(|path| draw_label_efficiency(path, &scores));
        assert!(svg.contains("most frequent concept") && svg.contains("mean box"));
    }
}
