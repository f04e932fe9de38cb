//! Eight people ask the promoted model about images while another annotates: how long each of them waits.

use super::plan::Plan;
use super::setup::Team;
use super::training::Cut;
use crate::clock::Clock;
use crate::results::{AnswerWaits, Answered, AskingSummary, Waits, in_order};
use crate::server::Session;
use crate::server::views::{Annotation, Case, Inquiry, InquiryState};
use anyhow::{Context, Result};
use medreg_datasets::geometry::PixelBox;
use medreg_datasets::ids::{ImageId, RegionId};
use medreg_datasets::lang::Lang;
use medreg_datasets::region::{AnnotationContent, Presence, Region};
use medreg_datasets::snapshot::{SnapshotCase, Split};
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// People who ask at once.
const PEOPLE: usize = 8;
/// Questions of one person who has the model to themselves.
const ALONE: usize = 20;
/// Questions of each of several people; one after the other, so that none has more than one open.
const EACH: usize = 3;
/// Saves that are timed while nobody asks.
const SAVES: usize = 100;
/// The pause between two saves of the one who annotates: quicker than anybody draws, and no load test.
const BETWEEN_SAVES: Duration = Duration::from_millis(50);

/// Those who ask, the one who annotates, and what they look at.
struct Company<'a> {
    askers: Vec<Session>,
    annotator: Session,
    langs: [Lang; 2],
    cases: Vec<&'a SnapshotCase>,
    began: Instant,
}

/// Measures waits for answers of the promoted model; nothing else of the trainer's may be under way.
pub fn measure(clock: &Clock, team: &Team, plan: &Plan, cut: &Cut) -> Result<AskingSummary> {
    let company = Company::gather(team, cut)?;
    let first_of_all = company.ask(0, 0)?.seconds;
    clock.say(&format!(
        "asking: the first answer of all, for which the model was loaded, took {first_of_all:.1} s"
    ));
    let (alone, each, saves) = match plan.quick {
        true => (ALONE, 1, SAVES / 5),
        false => (ALONE, EACH, SAVES),
    };
    let saving = company.save_times(|times| times.len() < saves)?;
    let one = company.questions(1, alone)?;
    let (all, meanwhile) = company.ask_and_save(each)?;
    let summary = summary(first_of_all, &one, &all, [saving, meanwhile]);
    let summary = summary.context("nothing was asked or saved")?;
    clock.say(&format!(
        "asking: {} questions answered{}",
        one.len() + all.len(),
        if summary.in_order {
            ", those of several people in their order"
        } else {
            ""
        }
    ));
    anyhow::ensure!(
        summary.in_order,
        "a question was answered before one that had been asked earlier"
    );
    Ok(summary)
}

fn summary(
    first_of_all: f64,
    one: &[Answered],
    all: &[Answered],
    [saving, meanwhile]: [Vec<f64>; 2],
) -> Option<AskingSummary> {
    let (saving, saving_meanwhile) = (Waits::of(saving)?, Waits::of(meanwhile)?);
    Some(AskingSummary {
        first_of_all,
        alone: AnswerWaits::of(1, one)?,
        together: AnswerWaits::of(PEOPLE, all)?,
        in_order: in_order(all),
        saving,
        saving_meanwhile,
        saving_ratio: saving_meanwhile.p95 / saving.p95,
    })
}

impl<'a> Company<'a> {
    fn gather(team: &Team, cut: &'a Cut) -> Result<Self> {
        let asker = |number| {
            let name = format!("demo-asker-{number}");
            team.join(&name, &format!("Asker {number} (scripted)"), "annotator")
        };
        let cases: Vec<&SnapshotCase> = cut
            .cases
            .iter()
            .filter(|case| case.split == Split::Train)
            .collect();
        anyhow::ensure!(!cases.is_empty(), "no image is left to ask about");
        Ok(Self {
            askers: (1..=PEOPLE).map(asker).collect::<Result<_, _>>()?,
            annotator: team.join("demo-annotator", "Annotator (scripted)", "annotator")?,
            langs: cut.manifest.langs.both().clone(),
            cases,
            began: Instant::now(),
        })
    }

    /// One question of a person, followed to its end as the page does.
    fn ask(&self, person: usize, number: usize) -> Result<Answered> {
        let asker = self.askers.get(person).context("nobody is there to ask")?;
        let turn = person * EACH + number;
        let image = self.case(turn).image;
        let lang = &self.langs[turn % 2];
        let sent = self.began.elapsed();
        let asked: Inquiry = asker.post(
            &format!("/api/images/{image}/inquiries"),
            &json!({"lang": lang, "question": question(lang)}),
        )?;
        let queued = self.began.elapsed();
        let path = format!("/api/inquiries/{}", asked.id);
        // The stream of events ends with the answer.
        asker.bytes(&format!("{path}/events"))?;
        let over: Inquiry = asker.get(&path)?;
        answered(&over, sent, queued)
    }

    fn case(&self, turn: usize) -> &'a SnapshotCase {
        self.cases[turn % self.cases.len()]
    }

    /// What so many people are answered, all at once, each `each` questions one after the other.
    fn questions(&self, people: usize, each: usize) -> Result<Vec<Answered>> {
        let of = |person: usize| -> Result<Vec<Answered>> {
            (0..each).map(|number| self.ask(person, number)).collect()
        };
        let answers: Result<Vec<_>> = thread::scope(|scope| {
            let asking: Vec<_> = (0..people)
                .map(|person| scope.spawn(move || of(person)))
                .collect();
            asking
                .into_iter()
                .map(|thread| joined(thread.join()))
                .collect()
        });
        Ok(answers?.concat())
    }

    /// Everybody asks, and the annotator saves until the last of them has an answer.
    fn ask_and_save(&self, each: usize) -> Result<(Vec<Answered>, Vec<f64>)> {
        let over = AtomicBool::new(false);
        thread::scope(|scope| {
            let saving = scope.spawn(|| self.save_times(|_| !over.load(Ordering::Relaxed)));
            let answers = self.questions(PEOPLE, each);
            over.store(true, Ordering::Relaxed);
            Ok((answers?, joined(saving.join())?))
        })
    }

    /// The seconds that each save took, as long as `goes_on`.
    fn save_times(&self, goes_on: impl Fn(&[f64]) -> bool) -> Result<Vec<f64>> {
        let mut times = Vec::new();
        while goes_on(&times) {
            let began = Instant::now();
            self.save(self.case(times.len()).image)?;
            times.push(began.elapsed().as_secs_f64());
            thread::sleep(BETWEEN_SAVES);
        }
        Ok(times)
    }

    /// Opens a case and saves a region in it, which is never submitted: it belongs to nobody's reading.
    fn save(&self, image: ImageId) -> Result<()> {
        let case: Case = self
            .annotator
            .post(&format!("/api/images/{image}/lease"), &json!({}))?;
        let side = |pixels: u32| f64::from(pixels) / 2.0;
        let content = AnnotationContent {
            regions: vec![Region {
                id: RegionId::fresh(),
                frame: 0,
                bbox: PixelBox::new(0.0, 0.0, side(case.image.width), side(case.image.height))?,
                concept: None,
                presence: Presence::Present,
                texts: BTreeMap::new(),
                origin: None,
            }],
            ..AnnotationContent::default()
        };
        let body = json!({"based_on": case.annotation.revision, "content": content});
        let _: Annotation = self
            .annotator
            .put(&format!("/api/images/{image}/annotation"), &body)?;
        Ok(())
    }
}

/// A thread that panicked has said why already.
fn joined<T>(ended: thread::Result<Result<T>>) -> Result<T> {
    ended.unwrap_or_else(|_| Err(anyhow::anyhow!("somebody who asked or saved broke off")))
}

fn question(lang: &Lang) -> &'static str {
    match *lang == Lang::zh() {
        true => "这张图像上有什么异常?",
        false => "What is abnormal on this image?",
    }
}

fn answered(over: &Inquiry, sent: Duration, queued: Duration) -> Result<Answered> {
    let failure = over.failure.as_deref().unwrap_or("no reason was given");
    anyhow::ensure!(
        over.state == InquiryState::Answered,
        "question {} ended as {:?}: {failure}",
        over.id,
        over.state
    );
    let missing = || format!("question {} was answered, but nobody knows when", over.id);
    let seconds = over.seconds.with_context(missing)?;
    let asked: jiff::Timestamp = over.asked_at.parse().with_context(missing)?;
    Ok(Answered {
        sent,
        queued,
        first_words: over.first_words_seconds.with_context(missing)?,
        seconds,
        ended: asked.as_millisecond() as f64 / 1e3 + seconds,
    })
}
