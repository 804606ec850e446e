//! What the table must hold.

use std::collections::HashSet;

use super::*;

#[test]
fn entries_are_sorted_and_unique() {
    let mut names = HashSet::new();
    for pair in TABLE.windows(2) {
        let [a, b] = pair else { continue };
        let sorted = a.name.to_lowercase() < b.name.to_lowercase();
        assert!(a.group != b.group || sorted, "{}: {} stands before {}", a.group, a.name, b.name);
    }
    for entry in TABLE {
        assert!(names.insert(entry.name.to_lowercase()), "{} stands twice", entry.name);
        let patterns = entry.images.len() + entry.commands.len() + entry.words.len();
        assert!(patterns > 0, "{} matches nothing", entry.name);
    }
}

#[test]
fn patterns_are_unique() {
    let mut seen = HashSet::new();
    for entry in TABLE {
        for (glob, _) in entry.images {
            assert!(seen.insert(format!("image {glob}")), "{}: {glob} stands twice", entry.name);
        }
        for (words, _) in entry.commands {
            assert!(seen.insert(format!("command {words}")), "{}: {words} stands twice", entry.name);
        }
        for words in entry.words {
            assert!(seen.insert(format!("word {words}")), "{}: {words} stands twice", entry.name);
        }
    }
}

#[test]
fn every_source_is_an_address_and_every_reason_a_clause() {
    for entry in TABLE {
        let address = entry.source.strip_prefix("https://").unwrap_or_default();
        assert!(address.contains('.') && !address.contains(char::is_whitespace), "{}: source", entry.name);
        assert!(!entry.why.is_empty() && !entry.why.ends_with('.'), "{}: why", entry.name);
        let launches = entry.processes.is_none()
            || matches!(entry.rule, NeedRule::Yes | NeedRule::Ranks | NeedRule::SeveralGpus);
        assert!(
            launches && (entry.takes.is_none() || entry.rule == NeedRule::Yes),
            "{}: processes, takes",
            entry.name
        );
        assert!(
            entry.size.is_none() || !matches!(entry.rule, NeedRule::No | NeedRule::Idle),
            "{}: size",
            entry.name
        );
    }
}

#[test]
fn every_pattern_matches_its_example_and_no_other_entry_does_better() {
    for entry in TABLE {
        for (glob, example) in entry.images {
            assert!(image::Reference::parse(example).matches(glob), "{glob} does not match {example}");
            assert_eq!(image_entry(example).map(|entry| entry.name), Some(entry.name), "{example}");
        }
        for (words, example) in entry.commands {
            let line = command::programs(&[*example]);
            assert!(
                line.iter().any(|program| program.matches(words)),
                "{words} does not match {example}: {line:?}"
            );
            let known = line.iter().filter_map(program_entry).map(|entry| entry.name).next();
            assert_eq!(known, Some(entry.name), "{example}");
        }
    }
}

#[test]
fn words_are_spelt_as_names_are_read() {
    for entry in TABLE {
        for word in entry.words {
            assert_eq!(words::entry(None, &[], &[word]).map(|known| known.name), Some(entry.name), "{word}");
        }
    }
}

#[test]
fn patterns_are_narrow() {
    for entry in TABLE {
        for (glob, _) in entry.images {
            let path = glob.split(':').next().unwrap_or_default();
            let name = path.rsplit('/').next().unwrap_or_default();
            let owner = path.contains('/');
            assert!(!name.starts_with('*') || owner, "{}: {glob}", entry.name);
            assert!(owner || !name.contains('*'), "{}: {glob} has no owner", entry.name);
        }
    }
}
