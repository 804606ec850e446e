//! Which known words a mistyped one may stand for.

/// The longest word that is compared; nobody mistypes a longer one, and the work grows with its square.
const LONGEST: usize = 64;

/// Up to three of the known words that `word` is near to, nearest first: few letters differ, in any case of letters and with
/// `_` as `-`, or it is a part of the known word of four letters or more.
pub fn near<'k>(word: &str, known: impl IntoIterator<Item = &'k str>) -> Vec<&'k str> {
    let word = plain(word);
    if word.is_empty() || word.len() > LONGEST {
        return Vec::new();
    }
    let mut found: Vec<(usize, &str)> = known
        .into_iter()
        .filter_map(|known| {
            let other = plain(known);
            let distance = strsim::osa_distance(&word, &other);
            let close = distance <= word.len().min(other.len()).div_ceil(3).min(4);
            let part = word.len() >= 4 && other.contains(&word);
            (close || part).then_some((distance, known))
        })
        .collect();
    found.sort_by_key(|(distance, _)| *distance);
    found.into_iter().take(3).map(|(_, known)| known).collect()
}

/// ` (did you mean 'a', 'b' or 'c'?)`, or nothing where no known word is near.
pub fn did_you_mean<'k>(word: &str, known: impl IntoIterator<Item = &'k str>) -> String {
    let near: Vec<String> = near(word, known).iter().map(|known| format!("'{known}'")).collect();
    match near.split_last() {
        None => String::new(),
        Some((last, [])) => format!(" (did you mean {last}?)"),
        Some((last, others)) => format!(" (did you mean {} or {last}?)", others.join(", ")),
    }
}

fn plain(word: &str) -> String {
    word.replace('_', "-").to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULES: [&str; 4] = ["missing-shm", "misplaced-flag", "SHM001", "SHM010"];

    #[test]
    fn the_nearest_word_comes_first() {
        assert_eq!(near("mising-shm", RULES), ["missing-shm"]);
        assert_eq!(near("Missing_shm", RULES), ["missing-shm"]);
        assert_eq!(near("SHM0O1", RULES), ["SHM001", "SHM010"]);
        assert_eq!(near("misplaced", RULES), ["misplaced-flag"]);
        assert_eq!(near("", RULES), [""; 0]);
        assert_eq!(near("x".repeat(10_000).as_str(), RULES), [""; 0]);
        assert_eq!(near("docker", RULES), [""; 0]);
    }

    #[test]
    fn suggestions_read_as_a_question() {
        assert_eq!(did_you_mean("ignor", ["ignore", "select"]), " (did you mean 'ignore'?)");
        assert_eq!(did_you_mean("zzzzzz", ["ignore"]), "");
    }
}
