//! The bilingual checks over data set files, in the shell.

use super::{WrongCall, print};
use clap::Args;
use medreg_datasets::lang::Lang;
use medreg_datasets::lint::corpus::{Score, Scores};
use medreg_datasets::lint::files::{self, Pair, Pairing, Record};
use medreg_datasets::lint::{Flag, Rule, Said, Subject, check};
use medreg_datasets::medreginstruct::Line;
use medreg_datasets::region::Place;
use medreg_datasets::snapshot::Manifest;
use serde::Serialize;
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

#[derive(Args)]
pub(super) struct LintArgs {
    /// Look at this alone: laterality, side, negation, numbers, terms, placeholder, untranslated or empty; may be said several times
    #[arg(long = "rule", value_name = "RULE")]
    rules: Vec<Rule>,
    /// Print the summary as JSON as well
    #[arg(long)]
    json: bool,
    /// Tell how well the rules find what each line says there is to find (`expect`), instead of what they find
    #[arg(long)]
    score: bool,
    /// JSON lines: pairs (`texts`), a snapshot's `cases.jsonl`, or MedRegInstruct's conversations; `-` for standard input. A
    /// MedRegInstruct file `….en.jsonl` is read together with the same file in the other language beside it
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
}

/// Exit code 1 where something was found, or a line could not be read.
pub(super) async fn lint(args: LintArgs) -> anyhow::Result<ExitCode> {
    // Elsewhere, for a pipe may let one wait.
    tokio::task::spawn_blocking(move || match args.score {
        true => score(&args),
        false => look(&args),
    })
    .await?
}

/// What was found in one line of a file.
#[derive(Serialize)]
struct Told<'a> {
    file: &'a str,
    line: u64,
    /// Which part of its case: a region, or a sentence of the report.
    #[serde(skip_serializing_if = "Option::is_none")]
    part: Option<String>,
    #[serde(flatten)]
    flag: &'a Flag,
    /// The finding in English.
    sentence: String,
}

/// What was looked at, and found, in all files.
#[derive(Default, Serialize)]
struct Summary {
    lines: u64,
    findings: u64,
    rules: BTreeMap<Rule, u64>,
    unreadable: u64,
}

/// Where findings go.
struct Desk {
    rules: Vec<Rule>,
    out: io::BufWriter<io::Stdout>,
    summary: Summary,
}

impl Desk {
    fn tell(
        &mut self,
        (file, line): (&str, u64),
        part: Option<&Place>,
        flags: &[Flag],
    ) -> anyhow::Result<()> {
        for flag in flags {
            let told = Told {
                file,
                line,
                part: part.map(ToString::to_string),
                flag,
                sentence: flag.sentence(),
            };
            writeln!(self.out, "{}", serde_json::to_string(&told)?)?;
            self.summary.findings += 1;
            *self.summary.rules.entry(flag.rule).or_default() += 1;
        }
        Ok(())
    }

    /// A line that says nothing the rules can look at.
    fn unreadable(&mut self, (file, line): (&str, u64), why: &dyn std::fmt::Display) {
        self.summary.unreadable += 1;
        eprintln!("medreg: {file}:{line}: {why}");
    }
}

fn look(args: &LintArgs) -> anyhow::Result<ExitCode> {
    let rules = match args.rules.is_empty() {
        true => Rule::ALL.to_vec(),
        false => args.rules.clone(),
    };
    let mut desk = Desk {
        rules,
        out: io::BufWriter::new(io::stdout()),
        summary: Summary::default(),
    };
    for path in &args.files {
        look_at(path, &mut desk)?;
        desk.out.flush()?;
    }
    let summary = &desk.summary;
    match args.json {
        true => eprintln!("{}", serde_json::to_string(summary)?),
        false => eprintln!("medreg: {}", in_words(summary)),
    }
    Ok(match summary.findings + summary.unreadable {
        0 => ExitCode::SUCCESS,
        _ => ExitCode::from(1),
    })
}

fn in_words(summary: &Summary) -> String {
    let rules = summary.rules.iter().map(|(rule, n)| format!("{rule} {n}"));
    let rules: Vec<String> = rules.collect();
    let mut words = format!("{} lines, {} findings", summary.lines, summary.findings);
    if !rules.is_empty() {
        words += &format!(" ({})", rules.join(", "));
    }
    if summary.unreadable > 0 {
        words += &format!(", {} lines that could not be read", summary.unreadable);
    }
    words
}

/// Lines as they come, each with its number; one that is no UTF-8 is an error of its own.
type Lines = std::iter::Enumerate<io::Lines<Box<dyn BufRead>>>;

fn lines(path: &Path) -> anyhow::Result<Lines> {
    let source: Box<dyn BufRead> = match path.as_os_str() == "-" {
        true => Box::new(BufReader::new(io::stdin())),
        false => Box::new(BufReader::new(File::open(path).map_err(|error| {
            WrongCall(format!("{} cannot be read: {error}", path.display()))
        })?)),
    };
    Ok(source.lines().enumerate())
}

/// A line, or why it is no text; fails where the file itself can be read no further.
fn readable(line: io::Result<String>) -> io::Result<Result<String, String>> {
    match line {
        Err(error) if error.kind() != io::ErrorKind::InvalidData => Err(error),
        line => Ok(line.map_err(|e| e.to_string())),
    }
}

/// Whether a line says nothing: there is one at the end of many a file.
fn is_blank(line: &Result<String, String>) -> bool {
    line.as_ref().is_ok_and(|line| line.trim().is_empty())
}

fn look_at(path: &Path, desk: &mut Desk) -> anyhow::Result<()> {
    let name = path.display().to_string();
    let manifest = manifest_beside(path);
    let mut conversations = None;
    for (index, line) in lines(path)? {
        let at = (name.as_str(), index as u64 + 1);
        desk.summary.lines += 1;
        let line = readable(line)?;
        if is_blank(&line) {
            continue;
        }
        match line.and_then(|line| files::read(&line).map_err(|e| e.to_string())) {
            Ok(Record::Entry(entry)) => desk.tell(at, None, &entry.check(&desk.rules))?,
            Ok(Record::Case(case)) => {
                for (part, flag) in files::check_case(&case, manifest.as_ref(), &desk.rules) {
                    desk.tell(at, Some(&part), &[flag])?;
                }
            }
            Ok(Record::Conversation(line)) => {
                let open = || Conversations::of(path, &name);
                let talk = match &mut conversations {
                    Some(talk) => talk,
                    none => none.insert(open()?),
                };
                talk.take(at.1, &line, desk)?;
            }
            Err(why) => desk.unreadable(at, &why),
        }
    }
    conversations.map_or(Ok(()), |talk| talk.finish(desk))
}

/// The manifest of the snapshot that a `cases.jsonl` belongs to, where it lies beside it.
fn manifest_beside(path: &Path) -> Option<Manifest> {
    let bytes = fs::read(path.with_file_name("manifest.json")).ok()?;
    serde_json::from_slice(&bytes).ok()
}

/// A file of conversations, with the same file in another language where there is one.
struct Conversations {
    name: String,
    lang: Option<Lang>,
    other: Option<Other>,
}

struct Other {
    name: String,
    lines: Lines,
    pairing: Pairing,
}

impl Conversations {
    fn of(path: &Path, name: &str) -> anyhow::Result<Self> {
        let lang = lang_of(path);
        let other = match lang
            .clone()
            .and_then(|lang| Some((counterpart(path, &lang)?, lang)))
        {
            Some(((beside, other), lang)) => {
                eprintln!("medreg: {name} is read together with {}", beside.display());
                Some(Other {
                    name: beside.display().to_string(),
                    lines: lines(&beside)?,
                    pairing: Pairing::new([lang, other]),
                })
            }
            None => None,
        };
        Ok(Self {
            name: name.to_owned(),
            lang,
            other,
        })
    }

    /// Takes a line, and the next one of the other file along with it.
    fn take(&mut self, number: u64, line: &Line, desk: &mut Desk) -> anyhow::Result<()> {
        let Some(other) = &mut self.other else {
            return self.take_alone(number, line, desk);
        };
        if let Some(pair) = other.pairing.take(0, number, line) {
            other.tell(&self.name, &pair, desk)?;
        }
        other.step(&self.name, desk)?;
        Ok(())
    }

    /// Without another language, a text can only be looked at by itself.
    fn take_alone(&self, number: u64, line: &Line, desk: &mut Desk) -> anyhow::Result<()> {
        let Some(lang) = &self.lang else {
            return Ok(());
        };
        let text = files::answer(line);
        let subject = Subject {
            texts: vec![Said { lang, text: &text }],
            ..Subject::default()
        };
        desk.tell((&self.name, number), None, &check(&subject, &desk.rules))
    }

    fn finish(self, desk: &mut Desk) -> anyhow::Result<()> {
        let Some(mut other) = self.other else {
            return Ok(());
        };
        while other.step(&self.name, desk)? {}
        for pair in other.pairing.rest() {
            other.tell(&self.name, &pair, desk)?;
        }
        Ok(())
    }
}

impl Other {
    /// Reads one line; false where there is none.
    fn step(&mut self, name: &str, desk: &mut Desk) -> anyhow::Result<bool> {
        let Some((index, line)) = self.lines.next() else {
            return Ok(false);
        };
        let number = index as u64 + 1;
        let line = readable(line)?;
        if is_blank(&line) {
            return Ok(true);
        }
        match line.and_then(|line| files::read(&line).map_err(|e| e.to_string())) {
            Ok(Record::Conversation(line)) => {
                if let Some(pair) = self.pairing.take(1, number, &line) {
                    self.tell(name, &pair, desk)?;
                }
            }
            Ok(_) => desk.unreadable((&self.name, number), &"this is no conversation"),
            Err(why) => desk.unreadable((&self.name, number), &why),
        }
        Ok(true)
    }

    fn tell(&self, name: &str, pair: &Pair, desk: &mut Desk) -> anyhow::Result<()> {
        let at = match pair.lines {
            [Some(line), _] => (name, line),
            [None, line] => (self.name.as_str(), line.unwrap_or_default()),
        };
        let findings = self.pairing.check(pair, &desk.rules);
        desk.tell(at, None, &findings)
    }
}

/// The language in a name such as `describe.en.jsonl`.
fn lang_of(path: &Path) -> Option<Lang> {
    let stem = Path::new(path.file_stem()?);
    stem.extension()?.to_str()?.parse().ok()
}

/// The same file in another language, in the same folder: the first by name.
fn counterpart(path: &Path, lang: &Lang) -> Option<(PathBuf, Lang)> {
    let task = Path::new(path.file_stem()?).file_stem()?.to_owned();
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty());
    let beside = fs::read_dir(folder.unwrap_or(Path::new("."))).ok()?;
    let mut found: Vec<(PathBuf, Lang)> = beside
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|other| other.extension() == path.extension())
        .filter(|other| {
            other.file_stem().map(Path::new).and_then(Path::file_stem) == Some(task.as_os_str())
        })
        .filter_map(|other| Some((lang_of(&other)?, other)))
        .filter(|(other, _)| other != lang)
        .map(|(lang, path)| (path, lang))
        .collect();
    found.sort_by(|a, b| a.0.cmp(&b.0));
    found.into_iter().next()
}

/// One rule's score on one pair of languages.
#[derive(Serialize)]
struct Row {
    rule: Rule,
    langs: String,
    #[serde(flatten)]
    score: Score,
    precision: f64,
    recall: f64,
}

fn score(args: &LintArgs) -> anyhow::Result<ExitCode> {
    let mut scores = Scores::default();
    for path in &args.files {
        for (index, line) in lines(path)? {
            let line = line?;
            if line.trim().is_empty() {
                continue;
            }
            match files::read(&line) {
                Ok(Record::Entry(entry)) if entry.expect.is_some() => scores.add(&entry),
                _ => {
                    let at = format!("{}:{}", path.display(), index + 1);
                    return Err(WrongCall(format!(
                        "{at}: a corpus has `texts` and `expect` in each line"
                    ))
                    .into());
                }
            }
        }
    }
    let wanted = |rule: &Rule| args.rules.is_empty() || args.rules.contains(rule);
    let of_pairs = scores
        .rows()
        .map(|(rule, langs, score)| (rule, langs.to_owned(), score));
    let of_all = Rule::ALL.map(|rule| (rule, "all".to_owned(), scores.of(rule)));
    let mut rows: Vec<Row> = of_pairs
        .chain(of_all)
        .filter(|(rule, ..)| wanted(rule))
        .map(row)
        .collect();
    rows.sort_by(|a, b| (a.rule, &a.langs).cmp(&(b.rule, &b.langs)));
    print::rows(args.json, &rows, |row| {
        let part = |p: f64| format!("{p:.3}");
        let Score {
            found,
            missed,
            wrong,
        } = row.score;
        [
            row.rule.to_string(),
            row.langs.clone(),
            format!("precision {}", part(row.precision)),
            format!("recall {}", part(row.recall)),
            format!("{found} found, {missed} missed, {wrong} wrong"),
        ]
    })?;
    Ok(ExitCode::SUCCESS)
}

fn row((rule, langs, score): (Rule, String, Score)) -> Row {
    Row {
        rule,
        langs,
        score,
        precision: score.precision(),
        recall: score.recall(),
    }
}
