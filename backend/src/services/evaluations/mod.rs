//! What models do on patients that they did not learn from: models beside one another, one run's figures and answers, two runs' differences.
//!
//! Who may see a run's files may see this, and nobody else: these are the patients that readers read without being told what a model says.

mod difference;
mod figures;
mod lines;
mod reading;

pub use difference::Difference;
pub use figures::{Figures, Score, Scores, Slice, SliceBy};
pub use reading::read_next;

use super::access::{self, Permission};
use super::rounds::Measure;
use super::{Actor, Hospital, Outcome, ServiceError, runs};
use crate::store::StoreError;
use crate::store::evaluations::{self, Evaluated, EvaluationState, JudgedSnapshot, Which};
use crate::store::predictions::{
    self, AnswerChange, ChangedAnswer, Changes, Extent, FaultCount, JudgedAnswer, Pair, Wanted,
};
use medreg_datasets::ids::{Digest, ModelId, ProjectId, RunId};
use medreg_datasets::lang::Lang;
use serde::Serialize;
use sqlx::PgConnection;
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use utoipa::ToSchema;

/// A run, and where the judging of its answers stands.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct EvaluatedRun {
    /// The run.
    #[schema(value_type = Uuid)]
    pub run: RunId,
    /// Its project.
    #[schema(value_type = Uuid)]
    pub project: ProjectId,
    /// What people call it.
    pub name: String,
    /// The snapshot it learnt from.
    #[schema(value_type = String)]
    pub snapshot: Digest,
    /// What people call that.
    pub snapshot_name: String,
    /// The model it gave.
    #[schema(value_type = Option<Uuid>)]
    pub model: Option<ModelId>,
    /// Whether that model suggests now.
    pub promoted: bool,
    /// Whether the run is over: until then nothing is judged.
    pub over: bool,
    /// When the run ended.
    pub finished_at: Option<String>,
    /// Where the judging stands; absent where the run kept no answers, as one without a test split.
    pub state: Option<EvaluationState>,
    /// Why the answers cannot be read.
    pub failure: Option<String>,
}

/// A run among others.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Ranked {
    /// The run.
    #[serde(flatten)]
    pub run: EvaluatedRun,
    /// How much it was asked; absent until its answers are judged.
    pub extent: Option<Extent>,
    /// Its scores in each language.
    pub scores: Vec<Scores>,
}

/// The run with the highest score.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Leader {
    /// The run.
    #[schema(value_type = Uuid)]
    pub run: RunId,
    /// The one with the next highest.
    #[schema(value_type = Uuid)]
    pub next: RunId,
    /// By how much it is ahead of that, on the questions that both were asked.
    pub ahead: Difference,
    /// Whether the whole interval lies above 0: else nobody knows which of the two is better.
    pub clear: bool,
}

/// A project's runs that kept their answers.
#[derive(Debug, Serialize, ToSchema)]
pub struct Leaderboard {
    /// The snapshots that they learnt from, the one of the newest run first.
    pub snapshots: Vec<JudgedSnapshot>,
    /// The runs, newest first, at most 200.
    pub runs: Vec<Ranked>,
    /// Who leads by each measure in each language; none unless one snapshot was asked for, for only then all were asked the same.
    pub leaders: Vec<Leader>,
}

/// One run's answers.
#[derive(Debug, Serialize, ToSchema)]
pub struct EvaluationView {
    /// The run.
    #[serde(flatten)]
    pub run: EvaluatedRun,
    /// What was counted; absent until the answers are judged.
    pub figures: Option<Figures>,
    /// How many answers have each fault, on images that may be seen.
    pub faults: Vec<FaultCount>,
    /// Images that were withheld since: none of their answers is shown, and the figures count them still.
    pub withheld: i64,
}

/// Two runs on the questions that both were asked.
#[derive(Debug, Serialize, ToSchema)]
pub struct RunDifference {
    /// The first run.
    pub a: EvaluatedRun,
    /// The second, held against it.
    pub b: EvaluatedRun,
    /// How much both were asked.
    pub shared: Extent,
    /// How much the first was asked.
    pub asked_a: Extent,
    /// How much the second was asked.
    pub asked_b: Extent,
    /// How many answers became better or worse.
    pub changes: Vec<Changes>,
    /// By how much the scores differ.
    pub differences: Vec<Difference>,
}

fn parts_of(found: Evaluated) -> Outcome<(EvaluatedRun, Option<Figures>)> {
    let figures = found.figures.map(serde_json::from_value).transpose();
    let figures = figures.map_err(StoreError::corrupt("evaluations", "figures"))?;
    let run = EvaluatedRun {
        run: found.run,
        project: found.project,
        name: found.name,
        snapshot: found.snapshot,
        snapshot_name: found.snapshot_name,
        model: found.model,
        promoted: found.promoted,
        over: found.over,
        finished_at: found.finished_at,
        state: found.state,
        failure: found.failure,
    };
    Ok((run, figures))
}

/// A project's runs beside one another; only those on this snapshot where one is named.
pub async fn leaderboard(
    hospital: &Hospital,
    actor: &Actor,
    project: ProjectId,
    snapshot: Option<&Digest>,
) -> Outcome<Leaderboard> {
    let mut conn = hospital.pool.acquire().await?;
    access::project(&mut conn, actor, project, Permission::Train).await?;
    let snapshots = evaluations::snapshots(&mut conn, project).await?;
    let found = evaluations::evaluated(&mut conn, Which::Of(project, snapshot)).await?;
    let mut runs = Vec::with_capacity(found.len());
    for found in found {
        let (run, figures) = parts_of(found)?;
        let (extent, scores) = figures.map(|f| (f.extent, f.scores)).unzip();
        runs.push(Ranked {
            run,
            extent,
            scores: scores.unwrap_or_default(),
        });
    }
    let leaders = match snapshot {
        Some(_) => leaders(&mut conn, &runs).await?,
        None => Vec::new(),
    };
    Ok(Leaderboard {
        snapshots,
        runs,
        leaders,
    })
}

async fn leaders(conn: &mut PgConnection, runs: &[Ranked]) -> Outcome<Vec<Leader>> {
    let langs: BTreeSet<&Lang> = runs
        .iter()
        .flat_map(|r| &r.scores)
        .map(|s| &s.lang)
        .collect();
    let mut known: BTreeMap<(RunId, RunId), Vec<Difference>> = BTreeMap::new();
    let mut leaders = Vec::new();
    for lang in langs {
        for measure in Measure::ALL {
            let Some((next, run)) = first_two(runs, lang, measure) else {
                continue;
            };
            let found = match known.entry((next, run)) {
                Entry::Occupied(found) => found.into_mut(),
                Entry::Vacant(missing) => {
                    missing.insert(difference::of_pair(conn, Pair { a: next, b: run }).await?)
                }
            };
            let mut differences = found.iter();
            let ahead = differences.find(|d| d.lang == *lang && d.measure == measure);
            leaders.extend(ahead.map(|ahead| Leader {
                run,
                next,
                ahead: ahead.clone(),
                clear: ahead.is_clear_gain(),
            }));
        }
    }
    Ok(leaders)
}

/// The runs with the second highest and the highest score; of equals the newer comes first.
fn first_two(runs: &[Ranked], lang: &Lang, measure: Measure) -> Option<(RunId, RunId)> {
    let score = |ranked: &Ranked| {
        let of_lang = ranked.scores.iter().find(|s| s.lang == *lang)?;
        Some((of_lang.by(measure)?.value, ranked.run.run))
    };
    let mut scores: Vec<(f64, RunId)> = runs.iter().filter_map(score).collect();
    scores.sort_by(|(a, _), (b, _)| b.total_cmp(a));
    match scores[..] {
        [(_, first), (_, second), ..] => Some((second, first)),
        _ => None,
    }
}

async fn evaluated(conn: &mut PgConnection, actor: &Actor, id: RunId) -> Outcome<Evaluated> {
    runs::permitted(conn, actor, id).await?;
    let found = evaluations::evaluated(conn, Which::One(id)).await?.pop();
    found.ok_or(ServiceError::NotFound("run"))
}

/// One run's figures.
pub async fn evaluation(hospital: &Hospital, actor: &Actor, id: RunId) -> Outcome<EvaluationView> {
    let mut conn = hospital.pool.acquire().await?;
    let found = evaluated(&mut conn, actor, id).await?;
    let (run, figures) = parts_of(found)?;
    let (faults, withheld) = predictions::faults(&mut conn, id).await?;
    Ok(EvaluationView {
        run,
        figures,
        faults,
        withheld,
    })
}

/// A page of those of a run's answers that are wanted, the worst first.
pub async fn cases(
    hospital: &Hospital,
    actor: &Actor,
    id: RunId,
    wanted: &Wanted<'_>,
    limit: i64,
) -> Outcome<Vec<JudgedAnswer>> {
    let mut conn = hospital.pool.acquire().await?;
    match evaluated(&mut conn, actor, id).await?.state {
        Some(EvaluationState::Finished) => {
            Ok(predictions::cases(&mut conn, id, wanted, limit).await?)
        }
        _ => Ok(Vec::new()),
    }
}

/// Two runs of one project, both judged.
async fn pair(
    conn: &mut PgConnection,
    actor: &Actor,
    pair: Pair,
) -> Outcome<[(EvaluatedRun, Figures); 2]> {
    let a = evaluated(conn, actor, pair.a).await?;
    let b = evaluated(conn, actor, pair.b).await?;
    if a.project != b.project {
        return Err(ServiceError::NotFound("run in this project"));
    }
    if pair.a == pair.b {
        return Err(ServiceError::invalid(
            "b",
            "another run than `a` is expected",
        ));
    }
    Ok([judged("a", a)?, judged("b", b)?])
}

fn judged(field: &'static str, found: Evaluated) -> Outcome<(EvaluatedRun, Figures)> {
    let (run, figures) = parts_of(found)?;
    let figures = figures.ok_or_else(|| {
        let why = "the answers of this run are not judged: its own page says why";
        ServiceError::invalid(field, why)
    })?;
    Ok((run, figures))
}

/// Two runs on the questions that both were asked.
pub async fn run_difference(
    hospital: &Hospital,
    actor: &Actor,
    runs: Pair,
) -> Outcome<RunDifference> {
    let mut conn = hospital.pool.acquire().await?;
    let [(a, figures_a), (b, figures_b)] = pair(&mut conn, actor, runs).await?;
    let shared = predictions::shared_extent(&mut conn, runs).await?;
    if shared.answers == 0 {
        let why = "these runs were asked no question in common: choose two whose snapshots share test patients";
        return Err(ServiceError::invalid("b", why));
    }
    Ok(RunDifference {
        a,
        b,
        shared,
        asked_a: figures_a.extent,
        asked_b: figures_b.extent,
        changes: predictions::changes(&mut conn, runs).await?,
        differences: difference::of_pair(&mut conn, runs).await?,
    })
}

/// A page of the answers that changed between two runs, the largest change first; after the first run's line `after`.
pub async fn changed_cases(
    hospital: &Hospital,
    actor: &Actor,
    runs: Pair,
    change: Option<AnswerChange>,
    (after, limit): (Option<i32>, i64),
) -> Outcome<Vec<ChangedAnswer>> {
    let mut conn = hospital.pool.acquire().await?;
    pair(&mut conn, actor, runs).await?;
    let numbers = predictions::changed(&mut conn, runs, change, after, limit).await?;
    let (of_a, of_b): (Vec<i32>, Vec<i32>) = numbers.iter().copied().unzip();
    let by_line = |cases: Vec<JudgedAnswer>| -> BTreeMap<i32, JudgedAnswer> {
        cases.into_iter().map(|case| (case.line, case)).collect()
    };
    let mut a = by_line(predictions::lines(&mut conn, runs.a, &of_a).await?);
    let mut b = by_line(predictions::lines(&mut conn, runs.b, &of_b).await?);
    let cases = numbers.into_iter().filter_map(|(line_a, line_b)| {
        Some(ChangedAnswer {
            a: a.remove(&line_a)?,
            b: b.remove(&line_b)?,
        })
    });
    Ok(cases.collect())
}
