//! What training promises, on a model small enough to check it in seconds.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a failed step is a failed test"
)]

use medreg_datasets::geometry::ImageSize;
use medreg_datasets::ids::{AnnotationId, Digest, ImageId, RegionId, UserId};
use medreg_datasets::lang::LangPair;
use medreg_datasets::modality::Modality;
use medreg_datasets::protocol::{RunConfig, Tuning};
use medreg_datasets::snapshot::{ObjectRef, Provenance, SnapshotCase, Split};
use medreg_datasets::task::Turn;
use medreg_trainer::base::{self, lessons, shapes};
use medreg_trainer::checkpoint::Pretrained;
use medreg_trainer::data::{
    CaseSource, Example, Look, Packed, Pictures, Prompter, Source, SourceError, Subject,
};
use medreg_trainer::generate::{Answer, Decoding, Inquiry, answer, score};
use medreg_trainer::model::kernels::log_softmax;
use medreg_trainer::model::{InternVl, ModelConfig, Weights, lora};
use medreg_trainer::train::{self, Control, Event, Options, gradients_of, trainable};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The base's architecture with two layers of each kind and half the width.
fn tiny() -> Pretrained {
    let tokenizer = base::tokenizer().unwrap();
    let mut config = base::architecture(tokenizer.len());
    config.vision_config.num_hidden_layers = 2;
    config.vision_config.hidden_size = 64;
    config.vision_config.num_attention_heads = 2;
    config.vision_config.intermediate_size = 128;
    config.llm_config.num_hidden_layers = 2;
    config.llm_config.hidden_size = 96;
    config.llm_config.intermediate_size = 192;
    base::untrained_of(config, tokenizer, 3).unwrap()
}

fn turns(config: &ModelConfig, seed: u64) -> (Look, Vec<Turn>) {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let picture = shapes::draw(config.image_size(), 3, shapes::SMALLEST, &mut rng);
    (
        Look::at(&picture.image, config),
        lessons::turns(&picture, 4, &mut rng),
    )
}

fn example(model: &Pretrained, prompter: &Prompter, seed: u64) -> Example {
    let (look, turns) = turns(&model.config, seed);
    Example {
        look,
        turns: turns.iter().map(|t| prompter.turn(t).unwrap()).collect(),
    }
}

/// Answers to questions about one picture.
fn answers(
    model: &InternVl,
    prompter: &Prompter,
    look: &Look,
    questions: &[String],
    decoding: Decoding,
) -> Vec<Answer> {
    let inquiry = Inquiry { look, questions };
    answer(model, prompter, &[inquiry], decoding)
        .unwrap()
        .remove(0)
}

struct Fixed(Vec<Example>);

impl Source for Fixed {
    fn example(&self, step: u64, slot: usize) -> Result<Example, SourceError> {
        Ok(self.0[(step as usize * 2 + slot) % self.0.len()].clone())
    }
}

fn options(run: RunConfig) -> Options {
    Options {
        run,
        threads: 2,
        checkpoints: None,
        adapter: None,
        budget: None,
        vision_held: false,
    }
}

fn run_config(steps: u32) -> RunConfig {
    RunConfig {
        steps,
        batch_images: 2,
        learning_rate: 3e-3,
        checkpoint_every: 2,
        ..RunConfig::default()
    }
}

#[test]
fn questions_in_one_sequence_lose_what_they_lose_alone() {
    let start = tiny();
    let prompter = Prompter::new(&start.tokenizer, &start.config).unwrap();
    let model = InternVl::new(&start.config, &Weights::frozen(start.tensors.clone())).unwrap();
    let together = example(&start, &prompter, 5);
    let pixels = together.look.tensor(&start.config).unwrap();
    let loss = |turns: &[_]| {
        let packed = Packed::new(&prompter, 1, turns);
        let loss = model
            .loss(
                &model.image_tokens(&pixels).unwrap(),
                &packed.sequence,
                &packed.rows,
                packed.targets.clone(),
            )
            .unwrap();
        f64::from(loss.to_scalar::<f32>().unwrap())
    };
    assert!(together.turns.len() > 2);
    let alone: f64 = together
        .turns
        .iter()
        .map(|t| loss(std::slice::from_ref(t)))
        .sum();
    let packed = loss(&together.turns);
    assert!((packed - alone).abs() / alone < 1e-5, "{packed} {alone}");
}

#[test]
fn every_trained_tensor_gets_a_gradient_and_a_frozen_one_gets_none() {
    let start = tiny();
    let prompter = Prompter::new(&start.tokenizer, &start.config).unwrap();
    let examples = [example(&start, &prompter, 5)];
    for tuning in [Tuning::Full, Tuning::lora(4, 8.0)] {
        let config = RunConfig {
            tuning: tuning.clone(),
            ..run_config(1)
        };
        let weights = trainable(&start, &config).unwrap();
        let model = InternVl::new(&start.config, &weights).unwrap();
        let mut optimizer = train::AdamW::new(0.0);
        // B starts at zero, which stops A's first gradient: the second step is the one to look at.
        let first = gradients_of(&model, &prompter, &weights, &examples, 1).unwrap();
        optimizer.step(&weights, &first, 1e-3).unwrap();
        let second = gradients_of(&model, &prompter, &weights, &examples, 1).unwrap();
        let names: Vec<_> = weights.variables().keys().collect();
        assert_eq!(second.by_name.keys().collect::<Vec<_>>(), names);
        for (name, gradient) in &second.by_name {
            assert!(gradient.iter().all(|g| g.is_finite()), "{name}");
            assert!(gradient.iter().any(|g| *g != 0.0), "{name} has no gradient");
        }
        if tuning != Tuning::Full {
            assert!(
                names.iter().all(|n| n.contains(".lora_")),
                "only adapters are trained"
            );
            assert_eq!(
                names.len(),
                2 * 7 * start.config.llm_config.num_hidden_layers
            );
        }
    }
}

#[test]
fn an_adapter_starts_as_its_base_and_merges_to_the_same_answers() {
    let start = tiny();
    let prompter = Prompter::new(&start.tokenizer, &start.config).unwrap();
    let examples = [example(&start, &prompter, 6)];
    let config = RunConfig {
        tuning: Tuning::lora(4, 10.0),
        ..run_config(1)
    };
    let weights = trainable(&start, &config).unwrap();
    let model = InternVl::new(&start.config, &weights).unwrap();
    let loss = |model: &InternVl, weights: &Weights| {
        gradients_of(model, &prompter, weights, &examples, 1)
            .unwrap()
            .loss
    };
    let base = Weights::frozen(start.tensors.clone());
    let of_base = loss_of(&start, &prompter, &examples[0], &base);
    let at_start = gradients_of(&model, &prompter, &weights, &examples, 1).unwrap();
    assert!((at_start.loss - of_base).abs() < 1e-5);
    let mut optimizer = train::AdamW::new(0.0);
    for _ in 0..4 {
        let gradients = gradients_of(&model, &prompter, &weights, &examples, 1).unwrap();
        optimizer.step(&weights, &gradients, 1e-2).unwrap();
    }
    let adapted = loss(&model, &weights);
    let merged = Weights::frozen(lora::merge(&weights).unwrap());
    let of_merged = loss_of(&start, &prompter, &examples[0], &merged);
    assert!(
        adapted < of_base - 0.05,
        "the adapter learns: {adapted} {of_base}"
    );
    assert!((adapted - of_merged).abs() < 1e-4, "{adapted} {of_merged}");
    assert!(merged.tensors().keys().eq(start.tensors.keys()));
}

fn loss_of(start: &Pretrained, prompter: &Prompter, example: &Example, weights: &Weights) -> f64 {
    let model = InternVl::new(&start.config, weights).unwrap();
    let packed = Packed::new(prompter, example.look.tiles, &example.turns);
    let pixels = example.look.tensor(&start.config).unwrap();
    let loss = model
        .loss(
            &model.image_tokens(&pixels).unwrap(),
            &packed.sequence,
            &packed.rows,
            packed.targets.clone(),
        )
        .unwrap();
    f64::from(loss.to_scalar::<f32>().unwrap()) / packed.weight()
}

#[test]
fn a_few_pictures_are_learnt_by_heart_and_answered_word_for_word() {
    let start = tiny();
    let prompter = Prompter::new(&start.tokenizer, &start.config).unwrap();
    let source = Fixed(vec![
        example(&start, &prompter, 5),
        example(&start, &prompter, 6),
    ]);
    let mut losses = Vec::new();
    let trained = train::run(&options(run_config(150)), &start, &source, &mut |event| {
        if let Event::Step(report) = event {
            losses.push(report.loss);
        }
        Control::Continue
    })
    .unwrap();
    assert_eq!((trained.step, trained.stopped), (150, false));
    assert!(
        losses[149] < 0.1 * losses[0],
        "{} to {}",
        losses[0],
        losses[149]
    );
    let model = InternVl::new(
        &trained.model.config,
        &Weights::frozen(trained.model.tensors.clone()),
    )
    .unwrap();
    let (look, turns) = turns(&start.config, 5);
    let questions: Vec<String> = turns.iter().map(|t| t.question.clone()).collect();
    let answers = answers(&model, &prompter, &look, &questions, Decoding::default());
    // Low digits count little in the loss, so boxes are not asked for to the last digit.
    let words = |text: &str| {
        text.chars()
            .filter(|c| !c.is_ascii_digit())
            .collect::<String>()
    };
    for (turn, answer) in turns.iter().zip(&answers) {
        assert!(answer.finished);
        assert_eq!(words(&turn.answer), words(&answer.text));
        assert_eq!(answer.tokens.len(), answer.logprobs.len());
    }
}

/// A model that cuts pictures into up to four tiles, and a wide picture: two tiles, and the whole after them.
fn tiled() -> (Pretrained, Look) {
    let mut start = tiny();
    start.config.dynamic_image_size = true;
    start.config.max_dynamic_patch = 4;
    start.config.use_thumbnail = true;
    let side = start.config.image_size();
    let mut rng = ChaCha8Rng::seed_from_u64(7);
    let square = shapes::draw(side, 3, shapes::SMALLEST, &mut rng).image;
    let filter = image::imageops::FilterType::Triangle;
    let wide = square.resize_exact(2 * side as u32, side as u32, filter);
    let look = Look::at(&wide, &start.config);
    assert_eq!(look.tiles, 3);
    (start, look)
}

#[test]
fn decoding_with_the_cache_gives_what_reading_the_whole_answer_gives() {
    let (start, look) = tiled();
    let prompter = Prompter::new(&start.tokenizer, &start.config).unwrap();
    let model = InternVl::new(&start.config, &Weights::frozen(start.tensors.clone())).unwrap();
    let questions: Vec<String> = turns(&start.config, 7)
        .1
        .iter()
        .map(|t| t.question.clone())
        .collect();
    let decoding = Decoding {
        max_tokens: 6,
        temperature: 1.0,
        seed: 4,
        ..Decoding::default()
    };
    let answers = answers(&model, &prompter, &look, &questions, decoding);
    let pixels = look.tensor(&start.config).unwrap();
    for (question, answer) in questions.iter().zip(&answers) {
        let turn = medreg_trainer::data::EncodedTurn {
            question: prompter.question(question).unwrap(),
            answer: answer.tokens.clone(),
            weights: vec![1.0; answer.tokens.len()],
        };
        let packed = Packed::new(&prompter, look.tiles, &[turn]);
        let x = model
            .embed(&packed.sequence, &model.image_tokens(&pixels).unwrap())
            .unwrap();
        let states = model
            .language
            .forward(&x, &packed.sequence.positions, &packed.sequence.spans)
            .unwrap();
        let logits: Vec<Vec<f32>> = model.language.logits(&states).unwrap().to_vec2().unwrap();
        for (i, row) in packed.rows.iter().enumerate() {
            let expected = log_softmax(&logits[*row as usize])[answer.tokens[i] as usize];
            assert!(
                (expected - answer.logprobs[i]).abs() < 1e-4,
                "token {i}: {expected} {}",
                answer.logprobs[i]
            );
        }
    }
}

/// Adapters on every part, half of whose inputs are left out at each step.
fn dropping() -> Tuning {
    let targets = ["attn.qkv", "mlp.fc1", "mlp1.*", "language_model.*"];
    Tuning::Lora {
        rank: 4,
        alpha: 8.0,
        dropout: 0.5,
        targets: targets.map(str::to_owned).to_vec(),
    }
}

#[test]
fn an_answer_does_not_depend_on_what_else_is_asked_at_the_same_time() {
    let (start, wide) = tiled();
    let prompter = Prompter::new(&start.tokenizer, &start.config).unwrap();
    let model = InternVl::new(&start.config, &Weights::frozen(start.tensors.clone())).unwrap();
    let (square, turns) = turns(&start.config, 8);
    assert_eq!(square.tiles, 1);
    let questions: Vec<String> = turns.iter().map(|t| t.question.clone()).collect();
    let decoding = Decoding {
        max_tokens: 12,
        ..Decoding::default()
    };
    let inquiry = |look, questions| Inquiry { look, questions };
    let (none, asked) = (&questions[..0], &questions[..]);
    let batch = [
        inquiry(&square, asked),
        inquiry(&wide, none),
        inquiry(&wide, asked),
    ];
    let together = answer(&model, &prompter, &batch, decoding).unwrap();
    assert_eq!(
        together.iter().map(Vec::len).collect::<Vec<_>>(),
        [asked.len(), 0, asked.len()]
    );
    for (look, together) in [(&square, &together[0]), (&wide, &together[2])] {
        for (question, beside) in questions.iter().zip(together) {
            let alone = answers(
                &model,
                &prompter,
                look,
                std::slice::from_ref(question),
                decoding,
            );
            assert_eq!(alone[0].tokens, beside.tokens);
            let far = alone[0].logprobs.iter().zip(&beside.logprobs);
            assert!(far.into_iter().all(|(a, b)| (a - b).abs() < 1e-4));
        }
    }
}

#[test]
fn what_dropout_leaves_out_depends_on_seed_and_step_but_not_on_threads() {
    let start = tiny();
    let prompter = Prompter::new(&start.tokenizer, &start.config).unwrap();
    let source = Fixed(vec![example(&start, &prompter, 5)]);
    let losses = |threads: usize, dropped: bool, seed: u64| {
        let mut tuning = dropping();
        if let Tuning::Lora { dropout, .. } = &mut tuning
            && !dropped
        {
            *dropout = 0.0;
        }
        let mut options = options(RunConfig {
            tuning,
            seed,
            ..run_config(4)
        });
        options.threads = threads;
        let mut losses = Vec::new();
        let trained = train::run(&options, &start, &source, &mut |event| {
            if let Event::Step(report) = event {
                losses.push(report.loss);
            }
            Control::Continue
        });
        (losses, trained.unwrap())
    };
    let ((alone, trained), (side_by_side, _)) = (losses(1, true, 1), losses(2, true, 1));
    assert_eq!(alone, side_by_side);
    let (without, _) = losses(1, false, 1);
    // B is zero at first, whatever comes before it.
    assert_eq!(alone[0], without[0]);
    assert!(alone[1..].iter().zip(&without[1..]).all(|(a, b)| a != b));

    // The adapter handed out is the model handed out.
    let adapter = trained.adapter.unwrap();
    assert_eq!(adapter.dropout, 0.5);
    let again = start.clone().with_adapter(&adapter).unwrap();
    for (name, tensor) in &trained.model.tensors {
        let difference = tensor.sub(&again.tensors[name]).unwrap().abs().unwrap();
        let difference = difference.max_all().unwrap().to_scalar::<f32>().unwrap();
        assert!(difference < 1e-6, "{name}");
    }
}

#[test]
fn a_saved_model_is_read_back_the_same() {
    let start = tiny();
    let dir = tempfile::tempdir().unwrap();
    start.save(dir.path(), candle_core::DType::F32).unwrap();
    let back = Pretrained::load(dir.path()).unwrap();
    assert_eq!(back.config, start.config);
    assert_eq!(back.tensors.len(), start.tensors.len());
    for (name, tensor) in &start.tensors {
        let other = &back.tensors[name];
        assert_eq!(tensor.dims(), other.dims());
        let difference = tensor.sub(other).unwrap().abs().unwrap().max_all().unwrap();
        assert_eq!(difference.to_scalar::<f32>().unwrap(), 0.0);
    }
}

#[test]
fn any_text_survives_the_tokenizer_and_tags_are_single_tokens() {
    let tokenizer = base::tokenizer().unwrap();
    for text in [
        "<ref>x</ref><box>[[0, 12, 345, 999]]</box>",
        "左肾上极见一囊肿，大小约23 mm。",
        "naïve 🙂 text\n\twith tabs",
        "日本語のテキスト",
    ] {
        let tokens = tokenizer.encode(text).unwrap();
        assert_eq!(tokenizer.decode(&tokens).unwrap(), text);
    }
    for tag in &medreg_trainer::tokenizer::SPECIAL {
        assert_eq!(tokenizer.encode(tag).unwrap().len(), 1, "{tag}");
    }
    let digits = tokenizer.encode("[[421, 7]]").unwrap();
    assert_eq!(digits.iter().filter(|t| tokenizer.is_digit(**t)).count(), 4);
}

#[test]
fn the_shipped_base_is_whole_and_looks_at_the_picture() {
    let shipped = base::builtin("shapes").unwrap();
    assert!(base::builtin("other").is_err());
    let prompter = Prompter::new(&shipped.tokenizer, &shipped.config).unwrap();
    let weights = Weights::frozen(shipped.tensors.clone());
    let (mut right, mut wrong) = (0.0, 0.0);
    for seed in 40..52 {
        let (own, other) = (
            example(&shipped, &prompter, seed),
            example(&shipped, &prompter, seed + 100),
        );
        right += loss_of(&shipped, &prompter, &own, &weights);
        let swapped = Example {
            look: other.look,
            turns: own.turns,
        };
        wrong += loss_of(&shipped, &prompter, &swapped, &weights);
    }
    assert!(
        right < 0.9 * wrong,
        "{right} with the right pictures, {wrong} with others"
    );
}

/// A model that has learnt nothing says anything; what it says inside a box is a box all the same, unless it is let go.
#[test]
fn boxes_are_held_to_their_form_and_can_be_let_go() {
    let start = tiny();
    let prompter = Prompter::new(&start.tokenizer, &start.config).unwrap();
    let model = InternVl::new(&start.config, &Weights::frozen(start.tensors.clone())).unwrap();
    let (look, turns) = turns(&start.config, 7);
    let questions: Vec<String> = turns.iter().map(|t| t.question.clone()).collect();
    let texts = |boxes_held: bool, seed: u64| -> Vec<String> {
        let decoding = Decoding {
            max_tokens: 96,
            temperature: 3.0,
            top_p: 1.0,
            boxes_held,
            seed,
        };
        let answers = answers(&model, &prompter, &look, &questions, decoding);
        answers.into_iter().map(|a| a.text).collect()
    };
    let inside = |text: &str| -> Vec<String> {
        let opened = text.split("<box>").skip(1);
        opened
            .filter_map(|rest| Some(rest.split_once("</box>")?.0.to_owned()))
            .collect()
    };
    let boxes = |held: bool| -> Vec<String> {
        let texts = (0..400).flat_map(|seed| texts(held, seed));
        texts.flat_map(|text| inside(&text)).take(5).collect()
    };
    let held = boxes(true);
    assert_eq!(held.len(), 5, "no box was ever closed");
    for text in held {
        let read = medreg_datasets::grammar::read(&format!("<ref>x</ref><box>{text}</box>"));
        assert_eq!(read.boxes().len(), text.matches('[').count() - 1, "{text}");
    }
    let free = boxes(false);
    assert!(free.iter().any(|text| !text.starts_with("[[")), "{free:?}");
}

/// Pictures drawn anew each time they are asked for.
struct Drawn(AtomicUsize);

impl Pictures for Drawn {
    fn picture(&self, _: &SnapshotCase) -> Result<image::DynamicImage, SourceError> {
        self.0.fetch_add(1, Ordering::Relaxed);
        let shade = |x: u32, y: u32| image::Luma([(x * 3 + y * 5) as u8]);
        Ok(image::GrayImage::from_fn(80, 50, shade).into())
    }
}

fn annotated(n: u32) -> SnapshotCase {
    let region = serde_json::json!({
        "id": RegionId::fresh(), "frame": 0, "bbox": [8 + n, 6, 40, 30], "concept": "block", "presence": "present",
        "texts": {"en": "A block.", "zh": "方块。"}, "origin": null,
    });
    SnapshotCase {
        image: ImageId::fresh(),
        patient: format!("P{n}"),
        study: format!("S{n}"),
        modality: Modality::Ct,
        size: ImageSize::new(80, 50).unwrap(),
        raster: ObjectRef {
            sha256: Digest::of(&n.to_le_bytes()),
            bytes: 4,
        },
        split: Split::Train,
        annotation: AnnotationId::fresh(),
        revision: 1,
        reader: UserId::fresh(),
        regions: vec![serde_json::from_value(region).unwrap()],
        whole: Default::default(),
        provenance: Provenance::default(),
    }
}

#[test]
fn pictures_beyond_the_room_for_them_are_read_again_and_give_the_same_examples() {
    let start = tiny();
    let subject = Subject {
        prompter: Prompter::new(&start.tokenizer, &start.config).unwrap(),
        config: start.config.clone(),
        ontology: Vec::new(),
        langs: LangPair::default(),
    };
    let cases: Vec<SnapshotCase> = (0..5).map(annotated).collect();
    let cases: Vec<&SnapshotCase> = cases.iter().collect();
    let run = run_config(1);
    let one = 3 * start.config.image_size().pow(2);
    let examples = |kept: usize| {
        let drawn = Drawn(AtomicUsize::new(0));
        let source = CaseSource::new(subject.clone(), &drawn, &cases, &run, (2, kept)).unwrap();
        let read = drawn.0.load(Ordering::Relaxed);
        assert_eq!((source.len(), read), (5, 5));
        let visits = (0..10).map(|step| source.example(step, 0).unwrap());
        let looks: Vec<Look> = visits.map(|example| example.look).collect();
        (looks, drawn.0.load(Ordering::Relaxed) - read)
    };
    let (all, again) = examples(5 * one);
    assert_eq!(again, 0);
    let (none, again) = examples(one - 1);
    assert_eq!((none, again), (all.clone(), 10));
    let (some, again) = examples(3 * one);
    assert_eq!(some, all);
    assert!(0 < again && again < 10, "{again}");
}

/// What was written token by token is as likely when it is read in one pass: greedy answers, drawn ones, and ones held to the grammar of
/// boxes; of several questions about one picture, each by itself.
#[test]
fn an_answer_read_at_once_is_as_likely_as_when_it_was_written() {
    let start = tiny();
    let prompter = Prompter::new(&start.tokenizer, &start.config).unwrap();
    let model = InternVl::new(&start.config, &Weights::frozen(start.tensors.clone())).unwrap();
    let (look, turns) = turns(&start.config, 8);
    let questions: Vec<String> = turns.iter().map(|t| t.question.clone()).collect();
    let drawn = Decoding {
        max_tokens: 14,
        temperature: 1.5,
        seed: 5,
        ..Decoding::default()
    };
    let greedy = Decoding {
        temperature: 0.0,
        ..drawn
    };
    for decoding in [greedy, drawn] {
        let written = answers(&model, &prompter, &look, &questions, decoding);
        let told = written.iter().map(|answer| answer.tokens.clone());
        let given: Vec<(String, Vec<u32>)> = questions.iter().cloned().zip(told).collect();
        let read = score(&model, &prompter, &look, &given).unwrap();
        assert_eq!(read.len(), written.len());
        for (read, written) in read.iter().zip(&written) {
            assert_eq!(read.len(), written.logprobs.len());
            let pairs = read.iter().zip(&written.logprobs);
            let far = pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
            assert!(far < 1e-4, "{far}: {read:?} {:?}", written.logprobs);
        }
        assert!(read.iter().flatten().any(|logprob| *logprob < -0.1));
    }
}
