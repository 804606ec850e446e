//! What the reader makes of scripts as people write them, and of broken ones.

use super::*;

/// The words of every command, joined by `|`.
fn commands(text: &str, options: ShellOptions) -> Vec<String> {
    let script = Script::read(text, options);
    let words = |command: &SimpleCommand| {
        let words: Vec<_> = command.words.iter().map(|word| script.slice(word.span)).collect();
        words.join("|")
    };
    script.commands.iter().map(words).filter(|words| !words.is_empty()).collect()
}

fn posix(text: &str) -> Vec<String> {
    commands(text, ShellOptions::default())
}

fn prose(text: &str) -> Vec<String> {
    commands(text, ShellOptions { prose: true, ..ShellOptions::default() })
}

fn dialect(dialect: ShellDialect, text: &str) -> Vec<String> {
    commands(text, ShellOptions { dialect, ..ShellOptions::default() })
}

/// Every assignment: name, operator, values, and `?` where it is conditional.
fn assignments(text: &str, options: ShellOptions) -> Vec<String> {
    let script = Script::read(text, options);
    let spell = |assignment: &Assignment| {
        let list =
            |words: &[Word]| words.iter().map(|word| script.slice(word.span)).collect::<Vec<_>>().join(" ");
        let value = match &assignment.value {
            AssignedValue::Word(word) => script.slice(word.span).to_owned(),
            AssignedValue::Array(words) => format!("({})", list(words)),
            AssignedValue::Each(words) => format!("each({})", list(words)),
            AssignedValue::Source(span) => format!("<{}>", script.slice(*span)),
            AssignedValue::Unread => "unread".into(),
        };
        let operator = if assignment.store == Assigning::Append { "+=" } else { "=" };
        let mark = if assignment.conditional { "?" } else { "" };
        let reach = match assignment.reach {
            Visibility::Script => "",
            Visibility::Function => "local ",
            Visibility::Command => "prefix ",
        };
        format!("{reach}{}{operator}{value}{mark}", script.slice(assignment.name))
    };
    script.assignments.iter().map(spell).collect()
}

#[test]
fn operators_and_groups_part_commands() {
    assert_eq!(posix("a b; c && d || e | f & g"), ["a|b", "c", "d", "e", "f", "g"]);
    assert_eq!(posix("(set -x ; a b)\n{ c; }\n! d"), ["set|-x", "a|b", "c", "d"]);
    assert_eq!(
        posix("if docker run x >/dev/null 2>&1; then y; elif z; then w; fi"),
        ["docker|run|x", "y", "z", "w"]
    );
    assert_eq!(posix("case $1 in a|b) x;; (*) y ;; esac; z"), ["x", "y", "z"]);
    assert_eq!(
        posix("while read l; do a $l; done < f\nfor i in 1 2; do b; done; c"),
        ["read|l", "a|$l", "b", "c"]
    );
    assert_eq!(posix("f() { a \"$@\"; }\nfunction g { b; }\nf x"), ["a|\"$@\"", "b", "f|x"]);
    assert_eq!(posix("[[ -n $a && $b < c ]] && d\n(( i++ )) || e"), ["d", "e"]);
}

#[test]
fn redirections_are_kept_apart_from_words() {
    assert_eq!(posix("< /dev/null docker run 2>&1 x &> log y >|z"), ["docker|run|x|y"]);
    assert_eq!(posix("docker run -e A=1 img <<< \"$in\" >>out"), ["docker|run|-e|A=1|img"]);
}

#[test]
fn lines_are_continued_also_inside_words() {
    assert_eq!(posix("docker run \\\n  --gpus all \\\r\n  x"), ["docker|run|--gpus|all|x"]);
    let script = Script::read("docker run --gp\\\nus all", ShellOptions::default());
    assert_eq!(script.commands[0].words[2].literal(script.text()).unwrap(), "--gpus");
    assert_eq!(posix("# --shm-size 8G \\\ndocker run x"), ["docker|run|x"]);
    assert_eq!(posix("docker run x # a comment \\\nnext"), ["docker|run|x", "next"]);
}

#[test]
fn lines_that_a_person_reads_as_continued_are_joined_and_marked() {
    for text in [
        "docker run --gpus all \\ \n  --rm img",
        "docker run --gpus all \\  # the GPUs\n  --rm \\ # clean\n  img",
        "docker run --gpus all \\\n  # --shm-size=8g \\\n  --rm img",
        "docker run --gpus all \\\n  # clean up \\\n  --rm img",
    ] {
        let script = Script::read(text, ShellOptions::default());
        assert!(script.commands[0].loose, "{text}");
        assert!(posix(text)[0].ends_with("--rm|img"), "{text}: {:?}", posix(text));
    }
    let documented = "docker run -it # the options\n    img # the image\nnext";
    assert_eq!(prose(documented), ["docker|run|-it|img", "next"]);
    assert_eq!(posix(documented), ["docker|run|-it", "img", "next"]);
    let unmarked = "docker run -it\n--gpus all \\\n--rm img\n- a list\nls\n-la";
    assert_eq!(prose(unmarked), ["docker|run|-it|--gpus|all|--rm|img", "-|a|list", "ls", "-la"]);
    assert_eq!(posix(unmarked)[0], "docker|run|-it");
    let windows = "docker run ^\n  --rm ^\r\n img\ndocker run `\n -it `\n  img `x`";
    assert_eq!(prose(windows), ["docker|run|--rm|img", "docker|run|-it|img|`x`", "x"]);
    // As a shell reads it: the last argument is followed by a comment and by another command.
    assert_eq!(posix("docker run img \\\n  # done\nnext"), ["docker|run|img", "next"]);
    assert_eq!(posix("echo a\\ b"), ["echo|a\\ b"]);
}

#[test]
fn substitutions_hold_commands_of_their_own() {
    assert_eq!(
        posix("docker run --gpus device=$(nvidia-smi -i 0 --query-gpu=x | tr a b) img"),
        [
            "docker|run|--gpus|device=$(nvidia-smi -i 0 --query-gpu=x | tr a b)|img",
            "nvidia-smi|-i|0|--query-gpu=x",
            "tr|a|b"
        ]
    );
    assert_eq!(posix("X=\"$(docker run `id -u` \"$Y\")\""), ["docker|run|`id -u`|\"$Y\"", "id|-u"]);
    assert_eq!(
        posix("a $((1 + (2))) b $(case x in x) y;; esac) c"),
        ["a|$((1 + (2)))|b|$(case x in x) y;; esac)|c", "y"]
    );
    assert_eq!(
        posix("a ${B:-x y} \"${C[@]+\"${C[@]}\"}\" <(d e)"),
        ["a|${B:-x y}|\"${C[@]+\"${C[@]}\"}\"|<(d e)", "d|e"]
    );
}

#[test]
fn variables_tell_name_and_modifier() {
    let text = "$A ${B:-x} ${C[@]} \"$@\" ${D%/*} $1 ${E+y} ${#F} ${G[0]} ${H}";
    let script = Script::read(text, ShellOptions::default());
    let spelt: Vec<_> = script.commands[0]
        .words
        .iter()
        .filter_map(|word| match word.pieces() {
            [Piece { kind: PieceKind::Variable(variable), .. }] => Some(variable),
            _ => None,
        })
        .map(|variable| {
            let operand = variable.operand.as_ref().map_or("", |word| script.slice(word.span));
            format!("{} {:?} {} {operand}", script.slice(variable.name), variable.modifier, variable.elements)
        })
        .collect();
    assert_eq!(
        spelt,
        [
            "A None false ",
            "B Default false x",
            "C None true ",
            "@ None true ",
            "D Other false %/*",
            "1 None false ",
            "E Alternative false y",
            "F Other false ",
            "G Index(0) false ",
            "H None false "
        ]
    );
}

#[test]
fn assignments_are_statements_of_their_own() {
    let text = "A=1 B=\"x y\"\nC=(a \"b c\" # no\n  d)\nC+=(e)\nif t; then A+=2; fi\nf() { local L=3; export M=4; }\n\
                N=5 cmd\nfor i in a b; do :; done\nread -r R\nx && Y=6\nZ=\n";
    assert_eq!(
        assignments(text, ShellOptions::default()),
        [
            "A=1",
            "B=\"x y\"",
            "C=(a \"b c\" d)",
            "C+=(e)",
            "A+=2?",
            "local L=3",
            "M=4",
            "prefix N=5",
            "i=each(a b)",
            "R=unread",
            "Y=6?",
            "Z="
        ]
    );
    let script = Script::read(text, ShellOptions::default());
    let function = script.scopes[script.assignments[5].scope].function;
    assert_eq!(function.map(|name| script.slice(name)), Some("f"));
}

#[test]
fn here_documents_are_bodies_not_commands() {
    let text = "cat > f <<EOF\ndocker run a\nEOF\nbash <<-'X' | tee\n\tdocker run b\n\tX\nc=$(cat <<A <<B\n1\nA\n2\nB\n)\nd";
    let script = Script::read(text, ShellOptions::default());
    let bodies: Vec<_> = script
        .here_documents
        .iter()
        .map(|body| (script.slice(script.commands[body.command].span), script.slice(body.body), body.literal))
        .collect();
    assert_eq!(
        bodies,
        [
            ("cat > f <<EOF", "docker run a\n", false),
            ("bash <<-'X'", "\tdocker run b\n", true),
            ("cat <<A <<B", "1\n", false),
            ("cat <<A <<B", "2\n", false)
        ]
    );
    assert_eq!(posix(text), ["cat", "bash", "tee", "cat", "d"]);
}

#[test]
fn placeholders_and_templates_are_parts_of_words() {
    assert_eq!(
        posix("docker run -v </on/your/host>:/x <user>/<image>:<tag> ${{ a b }} {{ name }}:{{x}} < in"),
        ["docker|run|-v|</on/your/host>:/x|<user>/<image>:<tag>|${{ a b }}|{{ name }}:{{x}}"]
    );
    assert_eq!(prose("docker run <your image> cmd"), ["docker|run|<your image>|cmd"]);
    assert_eq!(
        prose("docker run -v {your data}:/x -v [some path]:/y {one}:/z img [ a ]"),
        ["docker|run|-v|{your data}:/x|-v|[some path]:/y|{one}:/z|img|[|a|]"]
    );
    assert_eq!(prose("x {a 'b'} [a \"b\"] {a\n"), ["x|{a|'b'}|[a|\"b\"]|{a"]);
    assert_eq!(posix("docker run -v {your data}:/x img"), ["docker|run|-v|{your|data}:/x|img"]);
    assert_eq!(posix("sort <in >out"), ["sort"]);
}

#[test]
fn quotes_that_are_never_closed_are_characters() {
    assert_eq!(posix("docker run it's \\\n x"), ["docker|run|it's|x"]);
    assert_eq!(posix("docker run --x=\"a img\nnext"), ["docker|run|--x=\"a|img", "next"]);
    assert_eq!(posix("docker run $(a img\nnext"), ["docker|run|$", "a|img", "next"]);
    assert_eq!(posix("docker run ${a img\nnext"), ["docker|run|${a|img", "next"]);
}

#[test]
fn make_variables_are_told_from_the_shells() {
    let options = ShellOptions { make: true, ..ShellOptions::default() };
    let script = Script::read("@$(DOCKER) run '$(IMG)' $$(id -u) $$HOME $@ $(shell pwd) $(dir x)", options);
    let kinds: Vec<_> = script.commands[0]
        .words
        .iter()
        .map(|word| match word.pieces() {
            [Piece { kind: PieceKind::Variable(variable), .. }] => {
                format!("{}{}", script.slice(variable.name), if variable.make { " make" } else { "" })
            }
            [Piece { kind: PieceKind::Substitution(_), .. }] => "substitution".into(),
            [Piece { kind: PieceKind::Opaque, .. }] => "opaque".into(),
            _ => script.slice(word.span).to_owned(),
        })
        .collect();
    let expected =
        ["DOCKER make", "run", "IMG make", "substitution", "HOME", "@ make", "substitution", "opaque"];
    assert_eq!(kinds, expected);
}

#[test]
fn variables_of_just_stand_in_double_braces() {
    let options = ShellOptions { just: true, ..ShellOptions::default() };
    let script = Script::read("docker run {{ gpu-args }} \"{{image}}\" $(id) {{ a + b }} {{f(x)}}", options);
    let kinds: Vec<_> = script.commands[0]
        .words
        .iter()
        .map(|word| match word.pieces() {
            [Piece { kind: PieceKind::Variable(variable), .. }] => script.slice(variable.name),
            [Piece { kind: PieceKind::Substitution(_), .. }] => "substitution",
            [Piece { kind: PieceKind::Opaque, .. }] => "opaque",
            _ => script.slice(word.span),
        })
        .collect();
    assert_eq!(kinds, ["docker", "run", "gpu-args", "image", "substitution", "opaque", "opaque"]);
}

#[test]
fn fish_batch_and_powershell_have_their_own_ways() {
    let fish = "set -l A --gpus all\nif test x\n  docker run $A (pwd):/x img\nend\nset -a A -it; and b";
    assert_eq!(
        dialect(ShellDialect::Fish, fish),
        ["set|-l|A|--gpus|all", "test|x", "docker|run|$A|(pwd):/x|img", "pwd", "set|-a|A|-it", "b"]
    );
    let options = ShellOptions { dialect: ShellDialect::Fish, ..ShellOptions::default() };
    assert_eq!(assignments(fish, options), ["local A=(--gpus all)", "A+=(-it)"]);

    let batch = "@echo off\r\nrem docker run no\r\n:: docker run no\r\nset A=-v %cd%:/x\r\nset \"B=1\"\r\n\
                 if exist x docker run ^\r\n  --gpus all -v \"%cd%\\a\":/x %A% img && pause\r\nIF %1==\"\" (\r\n  b\r\n)";
    assert_eq!(
        dialect(ShellDialect::Batch, batch),
        ["echo|off", "docker|run|--gpus|all|-v|\"%cd%\\a\":/x|%A%|img", "pause", "b"]
    );
    let options = ShellOptions { dialect: ShellDialect::Batch, ..ShellOptions::default() };
    assert_eq!(assignments(batch, options), ["A=<-v %cd%:/x>", "B=<1>"]);

    let powershell = "# docker run no\n$p = \"C:\\x\"\n$a = @('--gpus', 'all')\n$a += \"-it\"\nif ($x) {\n  docker run @a `\n\
                      -v \"${p}:/app\" img\n}\n$id = docker run -d y; z";
    assert_eq!(
        dialect(ShellDialect::PowerShell, powershell),
        ["$x", "docker|run|@a|-v|\"${p}:/app\"|img", "docker|run|-d|y", "z"]
    );
    let options = ShellOptions { dialect: ShellDialect::PowerShell, ..ShellOptions::default() };
    assert_eq!(
        assignments(powershell, options),
        ["p=\"C:\\x\"", "a=('--gpus' 'all')", "a+=\"-it\"", "id=unread"]
    );
}

#[test]
fn a_here_document_before_a_function_belongs_to_no_command() {
    let script = Script::read("{{<<-'E'f() if @\"\n", ShellOptions::default());
    assert!(script.here_documents.iter().all(|document| document.command < script.commands.len()));
    let script = Script::read("E\n<<-'E'do f() \n", ShellOptions::default());
    assert!(script.here_documents.iter().all(|document| document.command < script.commands.len()));
}
