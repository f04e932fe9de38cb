//! Waiting for the worker, with lines that say how far it is and where the time goes.

use super::setup::Team;
use crate::clock::Clock;
use crate::server::views::{Acquisition, Run, State};
use anyhow::Result;
use medreg_datasets::ids::{AcquisitionId, RunId};
use serde_json::json;
use std::time::{Duration, Instant};

const BETWEEN_LOOKS: Duration = Duration::from_millis(250);
const BETWEEN_LINES: Duration = Duration::from_secs(10);
/// Without any sign of life for this long, something is broken.
const PATIENCE: Duration = Duration::from_secs(240);

/// What a worker calls the part of a run that learns.
const TRAINING: &str = "training";

/// Where a piece of work stands.
struct Standing {
    state: State,
    phase: String,
    done: u64,
    total: u64,
    error: Option<String>,
}

/// Waits until the run is finished. A run that trains for longer than `limit` is asked to stop, as an engineer would, and
/// publishes what it has learnt so far.
pub fn for_run(clock: &Clock, team: &Team, run: RunId, name: &str, limit: Duration) -> Result<Run> {
    let path = format!("/api/runs/{run}");
    let (mut training_since, mut asked) = (None, false);
    until_finished(clock, &format!("{name}, run"), || {
        let run: Run = team.engineer.get(&path)?;
        let phase = run.phase.clone().unwrap_or_default();
        if phase == TRAINING && !asked {
            let since = *training_since.get_or_insert_with(Instant::now);
            if since.elapsed() > limit {
                let _: Run = team.engineer.post(&format!("{path}/stop"), &json!({}))?;
                clock.say(&format!("{name}: its time is up after {} steps", run.done));
                asked = true;
            }
        }
        let standing = Standing {
            state: match run.state {
                State::Stopped if asked => State::Finished,
                state => state,
            },
            phase,
            done: run.done,
            total: run.total,
            error: run.error.clone(),
        };
        Ok((standing, run))
    })
}

/// Waits until the images of a round are chosen.
pub fn for_acquisition(
    clock: &Clock,
    team: &Team,
    acquisition: AcquisitionId,
    name: &str,
) -> Result<Acquisition> {
    let path = format!("/api/acquisitions/{acquisition}");
    let chosen = until_finished(clock, &format!("{name}, choosing images"), || {
        let acquisition: Acquisition = team.engineer.get(&path)?;
        let standing = Standing {
            state: acquisition.state,
            phase: "choosing images".to_owned(),
            done: acquisition.done,
            total: acquisition.total,
            error: acquisition.error.clone(),
        };
        Ok((standing, acquisition))
    })?;
    let first = chosen.ranking.first();
    let reason = first.map_or("nothing left to choose".to_owned(), |ranked| {
        ranked.reason.to_string()
    });
    clock.say(&format!(
        "{name}: {} images chosen; the first: {reason}",
        chosen.ranking.len()
    ));
    Ok(chosen)
}

fn until_finished<T>(
    clock: &Clock,
    name: &str,
    mut look: impl FnMut() -> Result<(Standing, T)>,
) -> Result<T> {
    let mut last_line: Option<(Instant, String)> = None;
    let mut last_life = (Instant::now(), None);
    loop {
        let began = Instant::now();
        let (standing, value) = look()?;
        match standing.state {
            State::Finished => return Ok(value),
            State::Failed | State::Stopped => anyhow::bail!(
                "{name} ended as {:?}: {}",
                standing.state,
                standing
                    .error
                    .unwrap_or_else(|| "no reason was given".to_owned())
            ),
            State::Queued | State::Running | State::Stopping => {}
        }
        let kind = kind_of(&standing);
        let due = last_line
            .as_ref()
            .is_none_or(|(at, said)| *said != kind || at.elapsed() >= BETWEEN_LINES);
        if due {
            clock.say(&format!(
                "{name}: {kind} {}/{}",
                standing.done, standing.total
            ));
            last_line = Some((Instant::now(), kind.clone()));
        }
        let life = Some((kind.clone(), standing.done));
        if last_life.1 != life {
            last_life = (Instant::now(), life);
        }
        anyhow::ensure!(
            last_life.0.elapsed() < PATIENCE,
            "{name} has stood at {kind} {}/{} for {} s: is a worker running, and what does its log say?",
            standing.done,
            standing.total,
            PATIENCE.as_secs()
        );
        std::thread::sleep(BETWEEN_LOOKS);
        clock.charge(&kind, began.elapsed());
    }
}

fn kind_of(standing: &Standing) -> String {
    match standing.state {
        State::Queued => "waiting for a worker".to_owned(),
        _ if standing.phase.is_empty() => "working".to_owned(),
        _ => standing.phase.clone(),
    }
}
