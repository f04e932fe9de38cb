//! `medreg-phantoms`: synthetic patients as an exported snapshot, for training and measuring without a server.

use clap::Parser;
use medreg_datasets::snapshot::{Manifest, SplitShares};
use medreg_demo::phantom::Balance;
use medreg_demo::snapshot::{write, write_balanced};
use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;

/// Writes synthetic patients with what is drawn on their pictures as an exported snapshot.
///
/// Example: medreg-phantoms --images 1200 --val 30 --test 50 --out exported
#[derive(Debug, Parser)]
#[command(version)]
struct Options {
    /// How many pictures.
    #[arg(long, default_value_t = 300)]
    images: usize,
    /// The seed of everything drawn by chance.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The percentage of patients for validation, on whom confidences are calibrated.
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u8).range(..=49))]
    val: u8,
    /// The percentage of patients for testing.
    #[arg(long, default_value_t = 40, value_parser = clap::value_parser!(u8).range(..=50))]
    test: u8,
    /// How frequent everything is: archive, eye-clinic, even, or a TOML file with shares for [modalities], [findings] and repeats. The
    /// demo's own frequencies if not given.
    #[arg(long)]
    balance: Option<String>,
    /// The folder.
    #[arg(long)]
    out: PathBuf,
}

fn written(options: &Options, shares: SplitShares) -> Result<Manifest, Box<dyn Error>> {
    let (out, seed, images) = (&options.out, options.seed, options.images);
    Ok(match &options.balance {
        Some(name) => write_balanced(out, (&Balance::named(name)?, seed), images, shares)?,
        None => write(out, seed, images, shares)?,
    })
}

fn main() -> ExitCode {
    let options = Options::parse();
    let shares = SplitShares {
        val: options.val,
        test: options.test,
    };
    match written(&options, shares) {
        Ok(manifest) => {
            println!("{}", serde_json::json!(manifest.counts));
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("medreg-phantoms: {error}");
            ExitCode::FAILURE
        }
    }
}
