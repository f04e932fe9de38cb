//! What came out: scores recomputed from the models' answers, baselines, the summary and the pictures.

mod baselines;
mod confidence;
mod export;
mod plots;
mod scores;
mod sheet;
mod summary;
mod truth;
mod waits;

pub use baselines::{Baselines, baselines};
pub use confidence::{CALIBRATION_FILE, Calibration, ConfidenceSummary};
pub use export::{ExportError, Exported, check_export};
pub use plots::{LabelEfficiency, Series, draw_label_efficiency, draw_loss};
pub use scores::{ScoreError, Scores, agree, score};
pub use sheet::{Panel, Shown, draw_sheet};
pub use summary::{BaselineSummary, RoundSummary, ScoreSummary, Summary, Thresholds};
pub use truth::{Target, Truth, targets};
pub use waits::{AnswerWaits, Answered, AskingSummary, Waits, in_order};
