//! Porter's stemmer (Porter 1980, doi:10.1108/eb046814) with the changes that NLTK makes by default: `PorterStemmer().stem(word)`.

/// The stem of a word in lower case.
#[must_use]
pub(super) fn stem(word: &str) -> String {
    if let Some(known) = irregular(word) {
        return known.to_owned();
    }
    let letters: Vec<char> = word.chars().collect();
    if letters.len() <= 2 {
        return word.to_owned();
    }
    let steps = [
        plural,
        past,
        y_to_i,
        long_suffix,
        suffix,
        last_suffix,
        final_e,
        final_l,
    ];
    let stemmed = steps.into_iter().fold(letters, |word, step| step(word));
    stemmed.into_iter().collect()
}

fn irregular(word: &str) -> Option<&'static str> {
    Some(match word {
        "sky" | "skies" => "sky",
        "dying" => "die",
        "lying" => "lie",
        "tying" => "tie",
        "news" => "news",
        "innings" | "inning" => "inning",
        "outings" | "outing" => "outing",
        "cannings" | "canning" => "canning",
        "howe" => "howe",
        "proceed" => "proceed",
        "exceed" => "exceed",
        "succeed" => "succeed",
        _ => return None,
    })
}

type Letters = Vec<char>;

/// Whether each letter is a consonant: all but a, e, i, o, u, and y after a consonant.
fn consonants(word: &[char]) -> Vec<bool> {
    let mut flags: Vec<bool> = Vec::with_capacity(word.len());
    for letter in word {
        flags.push(match letter {
            'a' | 'e' | 'i' | 'o' | 'u' => false,
            'y' => !flags.last().is_some_and(|before| *before),
            _ => true,
        });
    }
    flags
}

/// How often a vowel is followed by a consonant.
fn measure(word: &[char]) -> usize {
    let pairs = consonants(word);
    pairs.windows(2).filter(|pair| !pair[0] && pair[1]).count()
}

fn has_measure(word: &[char]) -> bool {
    measure(word) > 0
}

fn has_vowel(word: &[char]) -> bool {
    consonants(word).contains(&false)
}

fn ends_in_two_alike(word: &[char]) -> bool {
    let alike = matches!(word, [.., a, b] if a == b);
    alike && consonants(word).last() == Some(&true)
}

/// Consonant, vowel, consonant that is not w, x or y; or vowel and consonant alone.
fn ends_short(word: &[char]) -> bool {
    match consonants(word)[..] {
        [false, true] => true,
        [.., true, false, true] => !matches!(word.last(), Some('w' | 'x' | 'y')),
        _ => false,
    }
}

/// The letters before a suffix.
fn before<'a>(word: &'a [char], suffix: &str) -> Option<&'a [char]> {
    let at = word.len().checked_sub(suffix.len())?;
    let ends = word[at..].iter().copied().eq(suffix.chars());
    ends.then(|| &word[..at])
}

fn with(stem: &[char], end: &str) -> Letters {
    stem.iter().copied().chain(end.chars()).collect()
}

/// The first suffix that the word has decides: it is replaced where its condition holds, and nothing else is tried.
fn first_of(
    word: Letters,
    rules: &[(&str, &str)],
    holds: impl Fn(&str, &[char]) -> bool,
) -> Letters {
    for (suffix, end) in rules {
        if let Some(stem) = before(&word, suffix) {
            return if holds(suffix, stem) {
                with(stem, end)
            } else {
                word
            };
        }
    }
    word
}

/// Step 1a.
fn plural(word: Letters) -> Letters {
    if let (4, Some(stem)) = (word.len(), before(&word, "ies")) {
        return with(stem, "ie");
    }
    let rules = [("sses", "ss"), ("ies", "i"), ("ss", "ss"), ("s", "")];
    first_of(word, &rules, |_, _| true)
}

/// Step 1b.
fn past(word: Letters) -> Letters {
    if let Some(stem) = before(&word, "ied") {
        return with(stem, if word.len() == 4 { "ie" } else { "i" });
    }
    if let Some(stem) = before(&word, "eed") {
        return if has_measure(stem) {
            with(stem, "ee")
        } else {
            word
        };
    }
    let mut stems = ["ed", "ing"]
        .into_iter()
        .filter_map(|suffix| before(&word, suffix));
    match stems.find(|stem| has_vowel(stem)) {
        Some(stem) => rounded_off(stem),
        None => word,
    }
}

/// What step 1b does to a stem that lost its suffix.
fn rounded_off(stem: &[char]) -> Letters {
    for (suffix, end) in [("at", "ate"), ("bl", "ble"), ("iz", "ize")] {
        if let Some(stem) = before(stem, suffix) {
            return with(stem, end);
        }
    }
    if ends_in_two_alike(stem) {
        let keep = matches!(stem.last(), Some('l' | 's' | 'z'));
        return if keep {
            stem.to_vec()
        } else {
            stem[..stem.len() - 1].to_vec()
        };
    }
    let short = measure(stem) == 1 && ends_short(stem);
    with(stem, if short { "e" } else { "" })
}

/// Step 1c.
fn y_to_i(word: Letters) -> Letters {
    let holds = |stem: &[char]| stem.len() > 1 && consonants(stem).last() == Some(&true);
    first_of(word, &[("y", "i")], |_, stem| holds(stem))
}

/// Step 2.
fn long_suffix(word: Letters) -> Letters {
    if let Some(stem) = before(&word, "alli").filter(|stem| has_measure(stem)) {
        return long_suffix(with(stem, "al"));
    }
    let rules = [
        ("ational", "ate"),
        ("tional", "tion"),
        ("enci", "ence"),
        ("anci", "ance"),
        ("izer", "ize"),
        ("bli", "ble"),
        ("alli", "al"),
        ("entli", "ent"),
        ("eli", "e"),
        ("ousli", "ous"),
        ("ization", "ize"),
        ("ation", "ate"),
        ("ator", "ate"),
        ("alism", "al"),
        ("iveness", "ive"),
        ("fulness", "ful"),
        ("ousness", "ous"),
        ("aliti", "al"),
        ("iviti", "ive"),
        ("biliti", "ble"),
        ("fulli", "ful"),
        ("logi", "log"),
    ];
    let whole = word.clone();
    // The l of `logi` counts with the stem, so that short ones like geo- go like others.
    first_of(word, &rules, |suffix, stem| match suffix {
        "logi" => has_measure(&whole[..whole.len() - 3]),
        _ => has_measure(stem),
    })
}

/// Step 3.
fn suffix(word: Letters) -> Letters {
    let rules = [
        ("icate", "ic"),
        ("ative", ""),
        ("alize", "al"),
        ("iciti", "ic"),
        ("ical", "ic"),
        ("ful", ""),
        ("ness", ""),
    ];
    first_of(word, &rules, |_, stem| has_measure(stem))
}

/// Step 4.
fn last_suffix(word: Letters) -> Letters {
    let suffixes = [
        "al", "ance", "ence", "er", "ic", "able", "ible", "ant", "ement", "ment", "ent", "ion",
        "ou", "ism", "ate", "iti", "ous", "ive", "ize",
    ];
    let rules = suffixes.map(|suffix| (suffix, ""));
    first_of(word, &rules, |suffix, stem| {
        measure(stem) > 1 && (suffix != "ion" || matches!(stem.last(), Some('s' | 't')))
    })
}

/// Step 5a.
fn final_e(word: Letters) -> Letters {
    match before(&word, "e") {
        Some(stem) if measure(stem) > 1 || (measure(stem) == 1 && !ends_short(stem)) => {
            stem.to_vec()
        }
        _ => word,
    }
}

/// Step 5b.
fn final_l(word: Letters) -> Letters {
    let long = word.len() > 1 && measure(&word[..word.len() - 1]) > 1;
    first_of(word, &[("ll", "l")], |_, _| long)
}
