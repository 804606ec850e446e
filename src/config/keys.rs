//! All keys of the configuration in one table, which gives the reader, the JSON schema and the example file.

use super::Config;
use super::value::{Item, Key, Shape};

/// A key of the top table.
pub struct KeyRow {
    /// The key.
    pub key: Key,
    /// A value of it in TOML, as the example file shows it; for a table or an array of tables, the lines below its heading.
    pub example: &'static str,
    /// What applies without it.
    pub default: KeyDefault,
    /// Puts a value into the configuration.
    pub set: fn(&mut Config, Item),
}

/// What applies where a key is not set.
#[derive(Clone, Copy)]
pub enum KeyDefault {
    /// A value, in the spelling that TOML and JSON share.
    Is(&'static str),
    /// No value could say it: in words.
    Unset(&'static str),
}

impl KeyRow {
    /// What the key does, with its default where that is worth saying.
    pub fn doc(&self) -> String {
        match self.default {
            KeyDefault::Is(value) if !matches!(value, "[]" | "{}") => {
                format!("{} (default: {value}).", self.key.doc.trim_end_matches('.'))
            }
            _ => self.key.doc.to_owned(),
        }
    }

    /// Whether TOML writes its value below a heading.
    pub fn is_table(&self) -> bool {
        matches!(self.key.shape, Shape::Map(..) | Shape::Table(_) | Shape::List(Shape::Table(_)))
    }
}

const RULES: Shape = Shape::List(&Shape::Rules);
const GLOBS: Shape = Shape::List(&Shape::Glob);
const SEVERITIES: &[&str] = &["error", "warning", "note"];

const fn key(name: &'static str, shape: Shape, doc: &'static str) -> Key {
    Key { name, shape, required: false, doc }
}

const fn required(key: Key) -> Key {
    Key { required: true, ..key }
}

/// The keys of an entry of `images`.
const IMAGE: &[Key] = &[
    key(
        "image",
        Shape::Text,
        "The end of the image's repository path, with `*` for any part of a name; `path:tag` looks at the tag too.",
    ),
    key(
        "command",
        Shape::Text,
        "Words of the command: the program without its path, then words among its arguments, in this order.",
    ),
    key("name", Shape::Text, "The service's or container's name, with `*` for any part of it."),
    required(key("need", Shape::Choice(&["yes", "no"]), "Whether it needs more than the default 64 MiB.")),
    key("size", Shape::Size, "The size to recommend."),
    key("reason", Shape::Text, "The reason, for the report."),
];

const PROVIDER: &[Key] = &[
    key("kind", Shape::Text, "The kind of the resource, with `*` for any part of it."),
    key("namespace", Shape::Text, "The namespace that the resource names, with `*` for any part of it."),
    key("path", Shape::Glob, "The file, as in a `.gitignore`."),
    key("size", Shape::Size, "The size that it mounts, if it is limited."),
    required(key("by", Shape::Text, "The webhook or operator that mounts it, for the report.")),
];

const FIELD: &[Key] = &[
    key("kind", Shape::Text, "The kind of the resource, with `*` for any part of it; without it any kind."),
    required(key("path", Shape::Text, "The path of keys to the size, such as `spec.worker.shmSize`.")),
];

/// All keys, in the order of the example file.
pub static ROWS: &[KeyRow] = &[
    KeyRow {
        key: key(
            "select",
            RULES,
            "Only these rules, by code or name, or \"ALL\"; their notes are shown too.",
        ),
        example: r#"["missing-shm", "SHM002", "SHM003"]"#,
        default: KeyDefault::Unset("every rule; notes only with pedantic = true"),
        set: |config, item| config.choice.select = Some(item.rules()),
    },
    KeyRow {
        key: key("extend-select", RULES, "Also these rules, including their notes."),
        example: r#"["host-ipc"]"#,
        default: KeyDefault::Is("[]"),
        set: |config, item| config.choice.extend = item.rules(),
    },
    KeyRow {
        key: key("ignore", RULES, "All but these rules."),
        example: r#"["shm-over-memory-limit"]"#,
        default: KeyDefault::Is("[]"),
        set: |config, item| config.choice.ignore = item.rules(),
    },
    KeyRow {
        key: key(
            "severity",
            Shape::Map(&Shape::Rule, &Shape::Choice(SEVERITIES)),
            "The severity of a rule's findings.",
        ),
        example: r#"missing-shm = "error""#,
        default: KeyDefault::Is("{}"),
        set: |config, item| config.severity.extend(item.pairs().iter().cloned()),
    },
    KeyRow {
        key: key("pedantic", Shape::Flag, "Whether to show notes."),
        example: "true",
        default: KeyDefault::Is("false"),
        set: |config, item| config.pedantic = item.flag(),
    },
    KeyRow {
        key: key(
            "fail-on",
            Shape::Choice(&["error", "warning", "note", "never"]),
            "The lowest severity that makes the exit status 1.",
        ),
        example: r#""error""#,
        default: KeyDefault::Is("\"warning\""),
        set: |config, item| config.fail_on = item.text().map(str::to_owned),
    },
    KeyRow {
        key: key("size", Shape::Size, "The size to recommend, whatever is known about an image."),
        example: r#""8g""#,
        default: KeyDefault::Unset("each container is given what it needs"),
        set: |config, item| config.size = item.bytes(),
    },
    KeyRow {
        key: key("minimum", Shape::Size, "The smallest size that is not reported as too small."),
        example: r#""1g""#,
        default: KeyDefault::Unset("each container is measured by what it needs"),
        set: |config, item| config.minimum = item.bytes(),
    },
    KeyRow {
        key: key(
            "default-shm-size",
            Shape::Size,
            "The `default-shm-size` of the Docker daemons that run these files.",
        ),
        example: r#""2g""#,
        default: KeyDefault::Is("\"64m\""),
        set: |config, item| config.default_shm_size = item.bytes(),
    },
    KeyRow {
        key: key(
            "default-runtime",
            Shape::Text,
            "The `default-runtime` of the Docker daemons; with \"nvidia\", NVIDIA_VISIBLE_DEVICES alone gives a GPU.",
        ),
        example: r#""nvidia""#,
        default: KeyDefault::Unset("runc, which gives no container a GPU"),
        set: |config, item| config.default_runtime = item.text().map(str::to_owned),
    },
    KeyRow {
        key: key("include", GLOBS, "More files to check, whatever their names."),
        example: r#"["deploy/*.conf"]"#,
        default: KeyDefault::Is("[]"),
        set: |config, item| config.include.extend(item.items().iter().cloned()),
    },
    KeyRow {
        key: key("exclude", GLOBS, "Files and directories to skip."),
        example: r#"["vendor/", "*.generated.yaml"]"#,
        default: KeyDefault::Is("[]"),
        set: |config, item| config.exclude.extend(item.items().iter().cloned()),
    },
    KeyRow {
        key: key(
            "force-exclude",
            Shape::Flag,
            "Whether `exclude` also applies to files named on the command line.",
        ),
        example: "true",
        default: KeyDefault::Is("false"),
        set: |config, item| config.force_exclude = item.flag(),
    },
    KeyRow {
        key: key(
            "programs",
            Shape::Flag,
            "Whether to read the programs in the repository that containers run, to see what they need.",
        ),
        example: "false",
        default: KeyDefault::Is("true"),
        set: |config, item| config.programs = item.flag(),
    },
    KeyRow {
        key: key("gitignore", Shape::Flag, "Whether to skip files that git ignores."),
        example: "false",
        default: KeyDefault::Is("true"),
        set: |config, item| config.gitignore = item.flag(),
    },
    KeyRow {
        key: key("docs", Shape::Flag, "Whether to check Markdown, other documents and notebooks."),
        example: "false",
        default: KeyDefault::Is("true"),
        set: |config, item| config.docs = item.flag(),
    },
    KeyRow {
        key: key("max-file-size", Shape::Size, "Skip files larger than this."),
        example: r#""50m""#,
        default: KeyDefault::Is("\"20m\""),
        set: |config, item| config.max_file_size = item.bytes(),
    },
    KeyRow {
        key: key(
            "baseline",
            Shape::Text,
            "A file of known findings, which are not reported again; the default one is used where it exists.",
        ),
        example: r#"".shmlint-baseline.json""#,
        default: KeyDefault::Is("\".shmlint-baseline.json\""),
        set: |config, item| config.set_baseline(&item),
    },
    KeyRow {
        key: key("per-file-ignores", Shape::Map(&Shape::Glob, &RULES), "Rules to ignore in some files."),
        example: r#""tests/**" = ["missing-shm"]"#,
        default: KeyDefault::Is("{}"),
        set: |config, item| config.per_file_ignores.extend(item.pairs().iter().cloned()),
    },
    KeyRow {
        key: key(
            "images",
            Shape::List(&Shape::Table(IMAGE)),
            "What your own images and commands need. Every one of `image`, `command` and `name` that is given must match.",
        ),
        example: "image = \"registry.example/team/trainer\"\nneed = \"yes\"\nsize = \"16g\"\nreason = \"eight loader workers\"",
        default: KeyDefault::Is("[]"),
        set: |config, item| config.images.extend(item.items().iter().cloned()),
    },
    KeyRow {
        key: key(
            "provides-shm",
            Shape::List(&Shape::Table(PROVIDER)),
            "Resources whose /dev/shm is set by something outside the files, such as a webhook or an operator. Every one of `kind`, \
             `namespace` and `path` that is given must match.",
        ),
        example: "kind = \"TrainingRun\"\nnamespace = \"ml-*\"\nby = \"the shm webhook\"",
        default: KeyDefault::Is("[]"),
        set: |config, item| config.provides_shm.extend(item.items().iter().cloned()),
    },
    KeyRow {
        key: key(
            "shm-fields",
            Shape::List(&Shape::Table(FIELD)),
            "Fields of your own custom resources that set the size of /dev/shm.",
        ),
        example: "kind = \"TrainingRun\"\npath = \"spec.worker.shmSize\"",
        default: KeyDefault::Is("[]"),
        set: |config, item| config.shm_fields.extend(item.items().iter().cloned()),
    },
];
