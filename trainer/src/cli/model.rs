//! The model that a command is to use, wherever it is kept.

use super::device::DeviceArgument;
use super::{Failure, existing, progress};
use crate::base::SHIPPED;
use crate::calibrate::Calibration;
use crate::checkpoint::{Checkpoint, PeftAdapter, Pretrained};
use crate::registry::{Fetched, HubAccess, ModelFolder, ModelOrigin, OriginError, StoreAccess};
use anyhow::Context;
use std::future::Future;
use std::path::{Path, PathBuf};

/// `--model`, the same for every command.
#[derive(Debug, clap::Args)]
pub struct ModelArgument {
    /// The model: a built-in one (shapes), a folder, s3://BUCKET/PREFIX, hub:OWNER/NAME or hub:OWNER/NAME@REVISION.
    ///
    /// A folder, a bucket or the hub has config.json, a tokenizer and safetensors files, in InternVL's original or its HF-native
    /// naming. A bucket is reached as the medreg server reaches its own: MEDREG_S3_ENDPOINT, MEDREG_S3_REGION, AWS_ACCESS_KEY_ID,
    /// AWS_SECRET_ACCESS_KEY; its files are kept in MEDREG_CACHE, or else in the user's cache folder. The hub follows HF_ENDPOINT,
    /// HF_TOKEN and HF_HOME.
    #[arg(long = "model", value_name = "MODEL")]
    origin: ModelOrigin,
    #[command(flatten)]
    device: DeviceArgument,
}

impl ModelArgument {
    /// Reads the model, fetched first where it is elsewhere.
    pub fn load(&self) -> Result<Pretrained, Failure> {
        self.load_with(Ok)
    }

    /// The same, `change` being done to it before it goes to its device.
    fn load_with(
        &self,
        change: impl FnOnce(Pretrained) -> Result<Pretrained, Failure>,
    ) -> Result<Pretrained, Failure> {
        let device = self.device.open()?;
        Ok(change(load(&self.origin)?.model)?.on(&device)?)
    }

    /// The same without a tokenizer, which a folder may lack then; and the folder, where there is one.
    pub fn checkpoint(&self) -> Result<(Checkpoint, Option<PathBuf>), Failure> {
        let device = self.device.open()?;
        let (model, folder) = match find(&self.origin)? {
            Found::Shipped(name) => {
                let Pretrained {
                    config, tensors, ..
                } = crate::base::builtin(name)?;
                (Checkpoint { config, tensors }, None)
            }
            Found::Folder(here) => {
                let model = Checkpoint::load_watched(&here.folder, &mut progress::reading())?;
                (model, Some(here.folder))
            }
        };
        Ok((model.on(&device)?, folder))
    }
}

/// `--model` and an adapter for it.
#[derive(Debug, clap::Args)]
// The argument inside counts too: where these are optional, they are given if it is.
#[group(args = ["origin"])]
pub struct AdaptedModelArguments {
    #[command(flatten)]
    model: ModelArgument,
    /// The folder of a low-rank adapter as PEFT writes it, worked into the model's weights.
    #[arg(long, value_name = "FOLDER")]
    adapter: Option<PathBuf>,
}

impl AdaptedModelArguments {
    /// What the model is called.
    pub fn name(&self) -> String {
        match &self.adapter {
            Some(adapter) => format!("{} with {}", self.model.origin, adapter.display()),
            None => self.model.origin.to_string(),
        }
    }

    /// What its confidences are worth, where it is in a folder that says so; of an adapted one nothing is known.
    pub fn calibration(&self) -> Result<Option<Calibration>, Failure> {
        match (&self.model.origin, &self.adapter) {
            (ModelOrigin::Folder(path), None) => Ok(Calibration::read(path)?),
            _ => Ok(None),
        }
    }

    /// Reads the model and works the adapter in.
    pub fn load(&self) -> Result<Pretrained, Failure> {
        let Some(folder) = &self.adapter else {
            return self.model.load();
        };
        // First what is small: a wrong folder is found before the model's weights are read.
        existing(folder, "the adapter")?;
        let adapter = PeftAdapter::load(folder)?;
        self.model.load_with(|model| {
            let adapted = model.with_adapter(&adapter);
            Ok(adapted.with_context(|| folder.display().to_string())?)
        })
    }
}

/// A model with what is known about it.
pub struct Loaded {
    /// The model.
    pub model: Pretrained,
    /// Where it is from; at the hub with its commit.
    pub origin: ModelOrigin,
    /// Whether it describes regions already.
    pub describes: bool,
}

/// Reads a model, fetched first where it is elsewhere.
pub fn load(origin: &ModelOrigin) -> Result<Loaded, Failure> {
    match find(origin)? {
        Found::Shipped(name) => Ok(Loaded {
            model: crate::base::builtin(name)?,
            origin: origin.clone(),
            describes: false,
        }),
        Found::Folder(here) => Ok(Loaded {
            describes: ModelFolder::open(&here.folder)?.describes(),
            model: Pretrained::load_watched(&here.folder, &mut progress::reading())?,
            origin: here.origin,
        }),
    }
}

enum Found {
    Shipped(&'static str),
    Folder(Fetched),
}

fn find(origin: &ModelOrigin) -> Result<Found, Failure> {
    let watch = progress::fetching();
    let found = match origin {
        ModelOrigin::Builtin(name) => return Ok(Found::Shipped(name)),
        ModelOrigin::Folder(path) => folder(path, origin)?,
        ModelOrigin::Store(model) => {
            let access = StoreAccess::read(|name| std::env::var(name).ok()).map_err(told)?;
            wait(model.fetch(&access, &cache()?, &watch))?
        }
        ModelOrigin::Hub(model) => wait(model.fetch(&HubAccess::default(), &watch))?,
    };
    Ok(Found::Folder(found))
}

fn folder(path: &Path, origin: &ModelOrigin) -> Result<Fetched, Failure> {
    if path.is_dir() {
        return Ok(Fetched {
            folder: path.to_owned(),
            origin: origin.clone(),
        });
    }
    Err(Failure::Call(anyhow::anyhow!(
        "there is no folder {}, and no base model `{origin}` ships with this program, only {}",
        path.display(),
        SHIPPED.join(", ")
    )))
}

fn wait(fetch: impl Future<Output = Result<Fetched, OriginError>>) -> Result<Fetched, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    let fetched = runtime.block_on(fetch);
    // Without waiting for what may still wait for another program's lock.
    runtime.shutdown_background();
    fetched.map_err(told)
}

fn told(error: OriginError) -> Failure {
    if error.is_wrong_call() {
        Failure::Call(error.into())
    } else {
        Failure::Work(error.into())
    }
}

/// `MEDREG_CACHE`, or the user's own cache folder.
fn cache() -> Result<PathBuf, Failure> {
    let set = |name: &str| {
        std::env::var_os(name)
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
    };
    set("MEDREG_CACHE")
        .or_else(|| Some(set("XDG_CACHE_HOME")?.join("medreg")))
        .or_else(|| Some(set("HOME")?.join(".cache/medreg")))
        .context("there is no folder for fetched models: name one in MEDREG_CACHE")
        .map_err(Failure::Call)
}
