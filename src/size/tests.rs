//! What the engines were seen to make of sizes, and what is suggested instead.

use super::*;

/// The rows of the observed table: style, tag, text, and the result in bytes or as an error.
fn observed() -> impl Iterator<Item = (Style, Option<&'static str>, String, &'static str)> {
    let rows = include_str!("compose-sizes.tsv").lines().filter(|line| !line.starts_with("# "));
    rows.map(|row| {
        let [style, tag, text, result] = row.split('\t').collect::<Vec<_>>()[..] else {
            panic!("bad row {row:?}")
        };
        let style = if style == "plain" { Style::Plain } else { Style::Quoted };
        (style, Some(tag).filter(|tag| *tag != "-"), text.replace("\\n", "\n").replace("\\t", "\t"), result)
    })
}

#[test]
fn compose_sizes_are_what_compose_was_seen_to_make_of_them() {
    let mut rows = 0;
    for (style, tag, text, expected) in observed() {
        rows += 1;
        let got = match compose(&text, style, tag) {
            Size::Bytes(bytes) => bytes.to_string(),
            Size::Dropped => "0".into(),
            Size::Null => "ERR must be a number or string".into(),
            Size::Refused(message) => format!("ERR {}", message.replace('\n', "\\n").replace('\t', "\\t")),
            Size::Percent(_) | Size::Unknown => panic!("Compose reads neither"),
        };
        // The table shows what stands inside Go's quotes as Go escapes it, and the rest as it is.
        assert_eq!(got, expected, "{style:?} {tag:?} {text:?}");
    }
    assert!(rows > 200, "only {rows} rows were read");
}

#[test]
fn docker_and_podman_differ_where_they_were_seen_to() {
    for text in ["2g", "2G", "2gb", "2GB", "2GiB", "2 gb"] {
        assert_eq!(Dialect::Docker.read(text), Size::Bytes(2 << 30), "{text}");
        assert_eq!(Dialect::Podman.read(text), Size::Bytes(2 << 30), "{text}");
    }
    assert_eq!(Dialect::Docker.read("2Gi"), Size::Refused("invalid suffix: 'gi'".into()));
    assert_eq!(Dialect::Podman.read("2Gi"), Size::Bytes(2 << 30));
    assert_eq!(Dialect::Docker.read("1e9"), Size::Bytes(1_000_000_000));
    assert_eq!(Dialect::Docker.read("2x"), Size::Refused("invalid suffix: 'x'".into()));
    assert_eq!(Dialect::Docker.read("-1"), Size::Refused("invalid size: '-1'".into()));
    assert_eq!(Dialect::Docker.read(""), Size::Refused("invalid size: ''".into()));
    assert_eq!(Dialect::Docker.read("0").bytes(), None);
    assert_eq!((Dialect::Docker.zero(), Dialect::Podman.zero()), (Zero::Default, Zero::Unlimited));
}

#[test]
fn a_tmpfs_takes_percent_and_one_letter() {
    let read = |text| Dialect::TmpfsOption.read(text);
    assert_eq!(read("50%"), Size::Percent(50));
    assert_eq!((read("1g"), read("256M")), (Size::Bytes(1 << 30), Size::Bytes(256 << 20)));
    assert_eq!((read("0x10"), read("010"), read("0")), (Size::Bytes(16), Size::Bytes(8), Size::Bytes(0)));
    for text in ["", "1gb", "1Gi", "1.5g", "g", "-1", "8e", "99999999999999999999"] {
        assert!(read(text).error().is_some(), "{text}");
    }
    let mount = |text| Dialect::TmpfsSize.read(text);
    assert_eq!((mount("1gb"), mount("1073741824")), (Size::Bytes(1 << 30), Size::Bytes(1 << 30)));
    assert_eq!(mount("1Gi"), Size::Refused("invalid value for tmpfs-size: 1Gi".into()));
}

#[test]
fn numbers_of_yaml_are_quantities_too() {
    let read = |text| kubernetes(text, Style::Plain, None);
    assert_eq!(
        (read("1e9"), read("0x10"), read("2.5")),
        (Size::Bytes(1_000_000_000), Size::Bytes(16), Size::Bytes(3))
    );
    assert_eq!((read("2Gi"), read("~")), (Size::Bytes(2 << 30), Size::Null));
    assert!(read("2gb").error().is_some() && read("true").error().is_some());
    assert_eq!(kubernetes("020", Style::Quoted, None), Size::Bytes(20));
}

#[test]
fn bare_numbers_of_other_formats() {
    assert_eq!(Dialect::Mebibytes.read("1024"), Size::Bytes(1 << 30));
    assert!(Dialect::Mebibytes.read("9223372036854775807").error().is_some());
}

#[test]
fn the_one_sensible_reading_is_suggested_as_certain() {
    for (dialect, text, meant) in [
        (Dialect::Docker, "8Gi", "8g"),
        (Dialect::Docker, "64Mi", "64m"),
        (Dialect::Docker, "1.5Gi", "1.5g"),
        (Dialect::Docker, "2  gb", "2g"),
        (Dialect::Docker, " 2g", "2g"),
        (Dialect::Docker, "2gigabytes", "2g"),
        (Dialect::Compose, "8Gi", "8g"),
        (Dialect::Compose, "2e9", "2000000000"),
        (Dialect::Kubernetes, "2gb", "2Gi"),
        (Dialect::Kubernetes, "2GB", "2Gi"),
        (Dialect::Kubernetes, "2g", "2Gi"),
        (Dialect::Kubernetes, "512m", "512Mi"),
        (Dialect::Kubernetes, "2 Gi", "2Gi"),
        (Dialect::Kubernetes, "64MiB", "64Mi"),
        (Dialect::TmpfsOption, "1gb", "1g"),
        (Dialect::TmpfsOption, "1.5g", "1536m"),
        (Dialect::TmpfsSize, "1Gi", "1g"),
    ] {
        let read = if text == "2e9" { compose(text, Style::Plain, None) } else { dialect.read(text) };
        let suggestion = suggest(dialect, text, &read).unwrap_or_else(|| panic!("{dialect:?} {text}"));
        assert_eq!((suggestion.text.as_str(), suggestion.certain), (meant, true), "{dialect:?} {text}");
        assert_eq!(dialect.read(meant), Size::Bytes(suggestion.bytes.cast_signed()), "{dialect:?} {text}");
    }
}

#[test]
fn a_bare_number_has_several_readings() {
    let bare = |dialect: Dialect, text| suggest(dialect, text, &dialect.read(text));
    let meant = |dialect, text| bare(dialect, text).map(|s| (s.text, s.certain));
    assert_eq!(meant(Dialect::Compose, "8"), Some(("8g".into(), false)));
    assert_eq!(meant(Dialect::Docker, "512"), Some(("512m".into(), false)));
    assert_eq!(meant(Dialect::Kubernetes, "8"), Some(("8Gi".into(), false)));
    assert_eq!(meant(Dialect::Compose, "1,5g"), Some(("1.5g".into(), false)));
    assert_eq!(bare(Dialect::Mebibytes, "7e13"), None, "no count of bytes is one of MiB");
    let rounded = bare(Dialect::Kubernetes, "10.1477746").unwrap();
    assert_eq!(Dialect::Kubernetes.read(&rounded.text), Size::Bytes(rounded.bytes.cast_signed()));
    let float = suggest(Dialect::Compose, "16.0", &compose("16.0", Style::Plain, None));
    assert_eq!(float.map(|s| (s.text, s.certain)), Some(("16g".into(), false)));
}

#[test]
fn what_works_or_means_nothing_gets_no_suggestion() {
    for (dialect, text) in [
        (Dialect::Docker, "2g"),
        (Dialect::Docker, "64k"),
        (Dialect::Docker, "1073741824"),
        (Dialect::Docker, "0"),
        (Dialect::Docker, "max"),
        (Dialect::Docker, "2x"),
        (Dialect::Docker, "-1"),
        (Dialect::Docker, ""),
        (Dialect::Docker, "999999999999g"),
        (Dialect::Kubernetes, "2Gi"),
        (Dialect::Kubernetes, "2G"),
        (Dialect::Kubernetes, "${SIZE}"),
        (Dialect::TmpfsOption, "50%"),
    ] {
        assert_eq!(suggest(dialect, text, &dialect.read(text)), None, "{dialect:?} {text}");
    }
}

#[test]
fn sizes_are_written_as_people_write_them() {
    let all = |bytes| {
        [Dialect::Docker, Dialect::Compose, Dialect::Kubernetes, Dialect::Mebibytes]
            .map(|dialect| dialect.write(bytes))
    };
    assert_eq!(all(2 * GIB), ["2g", "2gb", "2Gi", "2048"]);
    assert_eq!(all(1536 * MIB), ["1536m", "1536mb", "1536Mi", "1536"]);
    assert_eq!(all(1_000_000_000), ["1000000000", "1000000000", "1000000000", "954"]);
    assert_eq!(Dialect::Docker.write(0), "0");
}

#[test]
fn sizes_for_readers_have_at_most_two_decimals() {
    let texts = [0, 1, 1023, 64 * MIB, 65_536_000, 3 * GIB / 2, 1_000_000_000, u64::MAX].map(human);
    let expected =
        ["0 bytes", "1 byte", "1023 bytes", "64 MiB", "62.5 MiB", "1.5 GiB", "953.67 MiB", "16777216 TiB"];
    assert_eq!(texts, expected);
}

#[test]
fn an_own_option_takes_both_spellings() {
    assert_eq!(parse_any("2g"), Ok(2 << 30));
    assert_eq!(parse_any(" 2Gi "), Ok(2 << 30));
    assert_eq!(parse_any("512m"), Ok(512 << 20));
    for text in ["", "0", "much", "-1g", "99999999999g"] {
        assert!(parse_any(text).is_err(), "{text}");
    }
}

#[test]
fn no_text_makes_any_reader_panic() {
    let pieces = [
        "",
        "0x",
        "1",
        "9999999999999999999999999999999999",
        ".",
        "_",
        "e",
        "p",
        "-",
        "+",
        " ",
        "Gi",
        "é",
        "%",
        "'",
    ];
    for a in pieces {
        for b in pieces {
            for c in pieces {
                let text = format!("{a}{b}{c}");
                for dialect in [Dialect::Docker, Dialect::Podman, Dialect::Kubernetes, Dialect::TmpfsOption] {
                    let _ = suggest(dialect, &text, &dialect.read(&text));
                }
                let _ = suggest(Dialect::Compose, &text, &compose(&text, Style::Plain, None));
                let _ = kubernetes(&text, Style::Plain, Some("!!float"));
            }
        }
    }
}

#[test]
fn a_suggestion_is_what_the_engine_then_reads() {
    let read = Dialect::Kubernetes.read("55.7GB");
    let meant = suggest(Dialect::Kubernetes, "55.7GB", &read).unwrap();
    assert_eq!(Dialect::Kubernetes.read(&meant.text).bytes(), Some(meant.bytes));
}
