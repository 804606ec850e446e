//! The parts of a volume of a service.

/// A volume in parts, short or long.
pub(super) struct Volume {
    /// `type` of the long form.
    pub(super) kind: Option<String>,
    pub(super) source: String,
    pub(super) target: String,
    pub(super) read_only: bool,
}

/// `source:target:options`, or a target alone. One letter before the first colon is a drive of Windows.
pub(super) fn short(text: &str) -> Option<Volume> {
    let mut parts: Vec<&str> = text.split(':').collect();
    let drive = parts
        .first()
        .is_some_and(|first| first.len() == 1 && first.starts_with(|c: char| c.is_ascii_alphabetic()));
    if drive {
        let at = text.char_indices().filter(|(_, c)| *c == ':').nth(1).map(|(at, _)| at);
        let source = text.get(..at.unwrap_or(text.len()))?;
        parts.drain(..parts.len().min(2));
        parts.insert(0, source);
    }
    let (source, target, options) = match parts.as_slice() {
        [target] => ("", *target, ""),
        [source, target] => (*source, *target, ""),
        [source, target, options, ..] => (*source, *target, *options),
        [] => return None,
    };
    let read_only = options.split(',').any(|option| option == "ro");
    Some(Volume { kind: None, source: source.to_owned(), target: target.to_owned(), read_only })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_volumes_are_split() {
        let parts =
            |text| short(text).map(|volume| (volume.source, volume.target, volume.read_only)).unwrap();
        assert_eq!(parts("/a:/b:ro,z"), ("/a".into(), "/b".into(), true));
        assert_eq!(parts("/dev/shm"), (String::new(), "/dev/shm".into(), false));
        assert_eq!(parts("c:\\x:/b"), ("c:\\x".into(), "/b".into(), false));
        assert_eq!(parts("a:/dev/shm"), (String::new(), "a:/dev/shm".into(), false));
    }
}
