//! QIDO-RS: what matches, and what is told of it.

use super::query::{Include, Level, Query};
use super::sight;
use crate::imaging::objects::Attributes;
use crate::services::{Actor, Hospital, Outcome};
use crate::store::instances::{self, Group, Instance, Page};
use medreg_datasets::ids::ProjectId;
use serde_json::{Value, json};

/// What a search found.
#[derive(Debug)]
pub struct Found {
    /// The matches, as data sets.
    pub matches: Vec<Attributes>,
    /// Whether there are more than were given.
    pub more: bool,
}

/// Of a study, PS3.18 table 10.6.3-3, as far as headers say it.
const STUDY: &[&str] = &[
    "00080005", "00080020", "00080030", "00080050", "00080090", "00080201", "00081030", "00100010",
    "00100020", "00100030", "00100040", "0020000D", "00200010",
];
/// Of a series, table 10.6.3-4.
const SERIES: &[&str] = &[
    "00080005", "00080060", "0008103E", "0020000E", "00200011", "00400244", "00400245", "00400275",
];
/// Of an object, table 10.6.3-5.
const INSTANCE: &[&str] = &[
    "00080005", "00080016", "00080018", "00200013", "00280008", "00280010", "00280011", "00280100",
];

/// What matches in a project. `root` is the address under which it is retrieved; `within` how many levels the request named, whose
/// attributes need no telling.
pub async fn search(
    hospital: &Hospital,
    actor: &Actor,
    project: ProjectId,
    (level, within): (Level, usize),
    query: &Query,
    root: &str,
) -> Outcome<Found> {
    let mut conn = hospital.pool.acquire().await?;
    let (_, sight) = sight(&mut conn, actor, project).await?;
    let Query {
        uids, conditions, ..
    } = query;
    let page = Page {
        limit: query.page.limit + 1,
        ..query.page
    };
    let told = Told {
        include: &query.include,
        within,
        root,
    };
    let mut matches: Vec<Attributes> = match level {
        Level::Study => {
            let found = instances::studies(&mut conn, &sight, uids, conditions, page).await?;
            found.iter().map(|group| told.study(group)).collect()
        }
        Level::Series => {
            let found = instances::series(&mut conn, &sight, uids, conditions, page).await?;
            found.iter().map(|group| told.series(group)).collect()
        }
        Level::Instance => {
            let found = instances::instances(&mut conn, &sight, uids, conditions, page).await?;
            found
                .iter()
                .map(|instance| told.instance(instance))
                .collect()
        }
    };
    let asked = usize::try_from(query.page.limit).unwrap_or(usize::MAX);
    let more = matches.len() > asked;
    matches.truncate(asked);
    Ok(Found { matches, more })
}

/// What is told of a match.
struct Told<'a> {
    include: &'a Include,
    within: usize,
    root: &'a str,
}

impl Told<'_> {
    fn study(&self, group: &Group) -> Attributes {
        let modalities = group.modalities.iter().map(|m| json!(m)).collect();
        let mut set = self.picked(&group.attributes, &[STUDY]);
        self.put(&mut set, "00080056", "CS", vec![json!("ONLINE")]);
        self.put(&mut set, "00080061", "CS", modalities);
        self.put(&mut set, "00201206", "IS", vec![json!(group.series_count)]);
        self.put(&mut set, "00201208", "IS", vec![json!(group.instances)]);
        self.put_address(&mut set, &format!("studies/{}", group.study));
        set
    }

    fn series(&self, group: &Group) -> Attributes {
        let above: &[&[&str]] = if self.within == 0 {
            &[STUDY, SERIES]
        } else {
            &[SERIES]
        };
        let series = &group.series;
        let mut set = self.picked(&group.attributes, above);
        self.put(&mut set, "00201209", "IS", vec![json!(group.instances)]);
        self.put_address(
            &mut set,
            &format!("studies/{}/series/{series}", group.study),
        );
        set
    }

    fn instance(&self, instance: &Instance) -> Attributes {
        let levels = [STUDY, SERIES, INSTANCE];
        let mut set = self.picked(&instance.attributes, &levels[self.within.min(2)..]);
        self.put(&mut set, "00080056", "CS", vec![json!("ONLINE")]);
        let Instance {
            study, series, uid, ..
        } = instance;
        let path = format!("studies/{study}/series/{series}/instances/{uid}");
        self.put_address(&mut set, &path);
        set
    }

    /// The attributes of these levels and those that were asked for.
    fn picked(&self, all: &Attributes, levels: &[&[&str]]) -> Attributes {
        let wanted = |tag: &str| match self.include {
            Include::All => true,
            Include::These(tags) => {
                tags.contains(tag) || levels.iter().any(|level| level.contains(&tag))
            }
        };
        let picked = all.iter().filter(|(tag, _)| wanted(tag));
        picked
            .map(|(tag, held)| (tag.clone(), held.clone()))
            .collect()
    }

    fn put(&self, set: &mut Attributes, tag: &str, vr: &str, values: Vec<Value>) {
        set.insert(tag.to_owned(), json!({ "vr": vr, "Value": values }));
    }

    /// RetrieveURL (0008,1190).
    fn put_address(&self, set: &mut Attributes, path: &str) {
        let address = format!("{}/{path}", self.root);
        self.put(set, "00081190", "UR", vec![json!(address)]);
    }
}
