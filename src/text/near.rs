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
            let distance = distance(&word, &other);
            let close = distance <= word.len().min(other.len()).div_ceil(3).min(4);
            let part = word.len() >= 4 && other.windows(word.len()).any(|window| window == word);
            (close || part).then_some((distance, known))
        })
        .collect();
    found.sort_by_key(|(distance, _)| *distance);
    found.into_iter().take(3).map(|(_, known)| known).collect()
}

/// ` (did you mean 'a' or 'b'?)`, or nothing where no known word is near.
pub fn did_you_mean<'k>(word: &str, known: impl IntoIterator<Item = &'k str>) -> String {
    let near: Vec<String> = near(word, known).iter().map(|known| format!("'{known}'")).collect();
    if near.is_empty() { String::new() } else { format!(" (did you mean {}?)", near.join(" or ")) }
}

fn plain(word: &str) -> Vec<char> {
    word.chars().map(|c| if c == '_' { '-' } else { c.to_ascii_lowercase() }).collect()
}

/// How many letters have to be put in, taken out, replaced or swapped with their neighbour.
fn distance(a: &[char], b: &[char]) -> usize {
    let mut before_last: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut row = Vec::with_capacity(last.len());
        row.push(i + 1);
        for (j, y) in b.iter().enumerate() {
            let at = |row: &[usize], index: usize| row.get(index).copied().unwrap_or(usize::MAX - 1);
            let mut best = at(&last, j) + usize::from(x != y);
            best = best.min(at(&last, j + 1) + 1).min(at(&row, j) + 1);
            let swapped = i > 0 && j > 0 && a.get(i - 1) == Some(y) && b.get(j - 1) == Some(x);
            if swapped {
                best = best.min(at(&before_last, j - 1) + 1);
            }
            row.push(best);
        }
        before_last = std::mem::replace(&mut last, row);
    }
    last.last().copied().unwrap_or(a.len())
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
    fn neighbours_that_changed_places_count_once() {
        let chars = |word: &str| word.chars().collect::<Vec<_>>();
        assert_eq!(distance(&chars("ignroe"), &chars("ignore")), 1);
        assert_eq!(distance(&chars(""), &chars("abc")), 3);
        assert_eq!(distance(&chars("kitten"), &chars("sitting")), 3);
    }

    #[test]
    fn suggestions_read_as_a_question() {
        assert_eq!(did_you_mean("ignor", ["ignore", "select"]), " (did you mean 'ignore'?)");
        assert_eq!(did_you_mean("zzzzzz", ["ignore"]), "");
    }
}
