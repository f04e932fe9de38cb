//! The passes by hand against candle's autograd over candle's own operations, for every kind of model and every way to train one.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a failed step is a failed test"
)]

use candle_core::{Device, Tensor};
use medreg_trainer::base::lessons::Lessons;
use medreg_trainer::base::{self};
use medreg_trainer::checkpoint::Pretrained;
use medreg_trainer::data::{Example, Prompter, Source};
use medreg_trainer::model::config::{LanguageFamily, NormType, ShuffleVersion};
use medreg_trainer::model::kernels::{Span, Target, composed_only};
use medreg_trainer::model::lora::{self, Draw, LowRank};
use medreg_trainer::model::{InternVl, Keep, Lesson, ModelConfig, Picture, Sequence, Weights};
use medreg_trainer::train::{Features, Gradients, Work, gradients_of, gradients_of_lessons};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::sync::Arc;

/// As InternViT-300M is, and Qwen2.
fn plain(_: &mut ModelConfig) {}

/// As InternViT-6B is, and Llama; the head is the embedding.
fn other(config: &mut ModelConfig) {
    config.vision_config.qk_normalization = true;
    config.vision_config.norm_type = NormType::RmsNorm;
    config.vision_config.qkv_bias = false;
    config.llm_config.model_type = LanguageFamily::Llama;
    config.llm_config.tie_word_embeddings = true;
    config.ps_version = ShuffleVersion::V1;
}

fn model(change: fn(&mut ModelConfig)) -> Pretrained {
    let tokenizer = base::tokenizer().unwrap();
    let mut config = base::architecture(tokenizer.len());
    config.vision_config.hidden_size = 48;
    config.vision_config.num_hidden_layers = 2;
    config.vision_config.intermediate_size = 80;
    config.llm_config.hidden_size = 64;
    config.llm_config.num_hidden_layers = 2;
    config.llm_config.intermediate_size = 112;
    change(&mut config);
    base::untrained_of(config, tokenizer, 3).unwrap()
}

/// Adapters with both halves drawn by chance on all modules, one on each third of a fused layer if `thirds`.
fn adapted(start: &Pretrained, thirds: bool) -> Weights {
    let mut rng = ChaCha8Rng::seed_from_u64(5);
    let is_fused = |path: &str| path.ends_with("attn.qkv");
    let mut modules = lora::modules(&start.config);
    modules.retain(|module| {
        let (layer, third) = lora::layer_of(&module.path);
        !is_fused(&layer) || third.is_some() == thirds
    });
    assert!(modules.iter().any(|m| is_fused(&lora::layer_of(&m.path).0)));
    let mut adapters = lora::fresh(&modules, 3, 6.0, &mut rng).unwrap();
    for adapter in adapters.values_mut() {
        let shape = adapter.b().dims().to_vec();
        let drawn: Vec<f32> = (0..adapter.b().elem_count())
            .map(|_| rng.random_range(-0.2..0.2))
            .collect();
        let b = Tensor::from_vec(drawn, shape, &Device::Cpu).unwrap();
        *adapter = LowRank::new(adapter.a().clone(), b, adapter.scale()).unwrap();
    }
    lora::attach(start.tensors.clone(), &start.config, &adapters).unwrap()
}

fn examples(start: &Pretrained, prompter: &Prompter) -> Vec<Example> {
    let lessons = Lessons::new(prompter, &start.config, 3, 4, 7);
    (0..3)
        .map(|slot| lessons.example(0, slot).unwrap())
        .collect()
}

fn largest(numbers: &[f32]) -> f32 {
    numbers.iter().fold(0.0, |m, x| m.max(x.abs()))
}

fn assert_near(ours: &Gradients, theirs: &Gradients, what: &str) {
    assert!(
        (ours.loss - theirs.loss).abs() < 1e-5 * theirs.loss,
        "{what}"
    );
    assert!(ours.by_name.keys().eq(theirs.by_name.keys()), "{what}");
    for (name, expected) in &theirs.by_name {
        let off = ours.by_name[name].iter().zip(expected);
        let off = off.fold(0.0_f32, |m, (a, b)| m.max((a - b).abs()));
        // The GELU is good to 1.5e-7, and gradients differ in size by orders of magnitude.
        let limit = 2e-4 * largest(expected) + 1e-7;
        assert!(
            off <= limit,
            "{what}, {name}: {off} of {}",
            largest(expected)
        );
    }
}

fn ways_to_train(start: &Pretrained) -> Vec<(&'static str, Weights)> {
    let draw = Draw {
        seed: 3,
        step: 2,
        place: 0,
    };
    let dropping = adapted(start, false).with_dropout(0.3).drawn(draw);
    let decoder = |name: &str| name.starts_with("language_model.");
    let above = |name: &str| name.starts_with("language_model.model.layers.1.");
    let part =
        |chosen: &dyn Fn(&str) -> bool| Weights::partly(start.tensors.clone(), chosen).unwrap();
    vec![
        ("full", Weights::trained(start.tensors.clone()).unwrap()),
        ("adapters", adapted(start, false)),
        ("adapters on thirds", adapted(start, true)),
        ("adapters with dropout", dropping),
        ("the decoder alone", part(&decoder)),
        ("the last layer alone", part(&above)),
        ("all but the decoder", part(&|name| !decoder(name))),
    ]
}

#[test]
fn passes_by_hand_give_what_autograd_gives() {
    for (kind, change) in [("plain", plain as fn(&mut _)), ("other", other)] {
        let start = model(change);
        let prompter = Prompter::new(&start.tokenizer, &start.config).unwrap();
        let examples = examples(&start, &prompter);
        for (way, weights) in ways_to_train(&start) {
            let model = InternVl::new(&start.config, &weights).unwrap();
            let gradients = || gradients_of(&model, &prompter, &weights, &examples, 2).unwrap();
            assert!(model.is_by_hand() && !composed_only(|| model.is_by_hand()));
            let ours = gradients();
            assert_near(&ours, &composed_only(gradients), &format!("{kind}, {way}"));
            for (threads, keep) in [
                (1, Keep::Activations),
                (3, Keep::Activations),
                (2, Keep::Inputs),
            ] {
                let work = Work {
                    mixed: false,
                    threads,
                    keep,
                    features: None,
                };
                let again = gradients_of(&model, &prompter, &weights, &examples, work).unwrap();
                assert_eq!(again.loss, ours.loss);
                assert!(again.by_name == ours.by_name, "{kind}, {way}, {work:?}");
            }
        }
    }
}

#[test]
fn pictures_that_come_again_are_not_looked_at_again_where_nothing_about_that_changes() {
    let start = model(plain);
    let prompter = Prompter::new(&start.tokenizer, &start.config).unwrap();
    let examples = examples(&start, &prompter);
    let all = Weights::trained(start.tensors.clone()).unwrap();
    let trained = InternVl::new(&start.config, &all).unwrap();
    assert!(Features::of(&trained, usize::MAX).is_none());

    let decoder = |name: &str| name.starts_with("language_model.");
    let weights = Weights::partly(start.tensors.clone(), decoder).unwrap();
    let model = InternVl::new(&start.config, &weights).unwrap();
    let plainly = gradients_of(&model, &prompter, &weights, &examples, 2).unwrap();
    let tokens = examples[0].look.tiles * (start.config.patches_per_side() / 2).pow(2);
    let one = tokens * start.config.llm_config.hidden_size * size_of::<f32>();
    // Room for all three, for one and a half, for none.
    for (room, hits) in [(3 * one, 3), (one + one / 2, 1), (0, 0)] {
        let features = Features::of(&model, room).unwrap();
        for visit in 0..2 {
            let work = Work {
                mixed: false,
                threads: 2,
                keep: Keep::Activations,
                features: Some(&features),
            };
            let gradients = gradients_of(&model, &prompter, &weights, &examples, work).unwrap();
            assert!(gradients.by_name == plainly.by_name && gradients.loss == plainly.loss);
            assert_eq!(features.hits(), visit * hits);
        }
    }
}

#[test]
fn what_fits_no_model_is_an_error_and_hangs_no_other_image() {
    let start = model(plain);
    let weights = Weights::trained(start.tensors.clone()).unwrap();
    let model = InternVl::new(&start.config, &weights).unwrap();
    let h = start.config.llm_config.hidden_size;
    let good = Lesson {
        picture: Picture::Tokens(
            Tensor::zeros((1, h), candle_core::DType::F32, &Device::Cpu).unwrap(),
        ),
        sequence: Sequence {
            tokens: vec![1; 6],
            positions: (0..6).collect(),
            image_rows: vec![2],
            spans: Arc::new(vec![Span::causal(0..6, 0..0)]),
        },
        rows: vec![3, 5],
        targets: Arc::new(vec![
            Target {
                token: 4,
                weight: 0.5,
            };
            2
        ]),
    };
    let refused = |bad: Lesson, word: &str| {
        let lesson = |i: usize| Ok(if i == 1 { bad.clone() } else { good.clone() });
        let work = Work::from(3);
        let error = gradients_of_lessons(&model, &weights, 4, work, lesson).unwrap_err();
        let said = error.to_string();
        assert!(
            said.contains(word) || said.contains("another image"),
            "{said}"
        );
    };
    let with = |change: &dyn Fn(&mut Lesson)| {
        let mut bad = good.clone();
        change(&mut bad);
        bad
    };
    refused(with(&|bad| bad.rows = vec![5, 3]), "rising");
    refused(with(&|bad| bad.rows = vec![3, 9]), "6 rows");
    refused(with(&|bad| bad.rows = vec![3]), "targets");
    refused(with(&|bad| bad.sequence.tokens[0] = 1_000_000), "1000000");
    refused(with(&|bad| bad.sequence.image_rows = vec![2, 3]), "places");
    refused(with(&|bad| bad.sequence.image_rows = vec![7]), "6 rows");
}
