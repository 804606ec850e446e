//! Command lines as people write them, and what they start.

use super::command_line::OptionUse;
use super::invocation::Invocation;
use super::workload::workload;
use super::*;
use crate::syntax::shell::{ShellDialect, ShellOptions};
use crate::text::layer::Layer;
use crate::text::source::Source;

fn read(text: &str, options: ShellOptions) -> Vec<Invocation> {
    let layer = Layer::file(Source::new("run.sh", text.into()));
    invocations(&layer, options, None, &Shared::of(0))
}

/// Each container: its options, image and command.
fn runs(text: &str) -> Vec<String> {
    runs_in(text, ShellOptions::default())
}

fn runs_in(text: &str, options: ShellOptions) -> Vec<String> {
    let spell = |option: &OptionUse| {
        let value = option.value.as_ref().map_or(String::new(), |value| format!("={}", value.value));
        let marks = if option.conditional { "?" } else { "" };
        format!("{}{value}{marks}", option.name)
    };
    read(text, options)
        .iter()
        .map(|run| {
            let options: Vec<_> = run.options.iter().map(spell).collect();
            let unread: Vec<_> =
                run.unread.iter().map(|unread| format!("({})", unread.field.value)).collect();
            let image = run.image.as_ref().map_or("-", |image| &image.value);
            let command: Vec<_> = run.command.iter().map(|field| field.value.as_str()).collect();
            let words = [options, unread, vec![format!("[{image}]")], vec![command.join(" ")]].concat();
            words.join(" ").trim_end().to_owned()
        })
        .collect()
}

/// What the report would say of each container: GPU and `/dev/shm`.
fn verdicts(text: &str) -> Vec<String> {
    let options = crate::platform::options::ReadOptions::default();
    read(text, ShellOptions::default())
        .iter()
        .map(|run| {
            let workload = workload(run, &options);
            let bytes = workload.shm.bytes().map_or(String::new(), |bytes| format!(" {bytes}"));
            format!("{} {}{bytes}", workload.gpu.verdict.as_str(), workload.shm.as_str())
        })
        .collect()
}

#[test]
fn options_are_read_as_the_engine_reads_them() {
    assert_eq!(
        runs("docker run -itd -m4g --rm --tty=false -v/x:/y -p 80:80 --gpus all -- img -c --gpus all"),
        [
            "interactive tty detach memory=4g rm tty=false volume=/x:/y publish=80:80 gpus=all [img] -c --gpus all"
        ]
    );
    assert_eq!(runs("docker run -e=A=b -eC=d --unknown x/y:z cmd"), ["env=A=b env=C=d unknown [x/y:z] cmd"]);
    assert_eq!(runs("docker run --shm_size 8g img"), ["shm_size=8g [img]"]);
    assert_eq!(runs("podman --log-level debug container create --pod p --rmi img"), ["pod=p rmi [img]"]);
    assert_eq!(
        runs("docker run --help; docker run [OPTIONS] IMAGE; docker ps; docker compose run x"),
        [""; 0]
    );
}

#[test]
fn engines_are_found_behind_whatever_hands_them_on() {
    for text in [
        "sudo -n -E docker run img",
        "if ! docker run img; then x; fi",
        "NV_GPU=$(a | b) nvidia-docker run img",
        "X=$(timeout 5 docker run img)",
        "< /dev/null exec time /usr/bin/docker -H tcp://x run img",
        "bash -lc 'cd /x && docker run img'",
        "ssh -p 22 host \"docker run img\"",
        "eval \"docker container run \\\"img\\\"\"",
        "tmux send-keys -t x \"docker run img\" C-m",
        "srun --nodes 2 docker run img",
        "run_cmd \"docker run img\"",
        "docker exec x sh -c 'docker run img'",
        "bash <<EOF\ndocker run img\nEOF",
        "cat > start.sh <<'EOF'\n#!/bin/sh\ndocker run img\nEOF",
        "cat > /etc/systemd/system/x.service <<EOF\n[Service]\nExecStart=/usr/bin/docker run \\\n  img\nEOF",
        "echo 'docker run img' > start.sh",
        "c=$(cat <<EOF\n#!/bin/bash\ndocker run img\nEOF\n)\necho \"$c\" | tee x",
        "C=\"docker run img\"; eval $C",
        "C=$(cat <<EOF\ndocker run img\nEOF\n)\nbash -c \"$C\"",
        "D=(docker run); \"${D[@]}\" img",
        "${DOCKER} run img",
        "$DOCKER_RUN img",
    ] {
        assert_eq!(runs(text), ["[img]"], "{text}");
    }
}

#[test]
fn text_about_containers_starts_none() {
    for text in [
        "# docker run img",
        "echo docker run img",
        "log_info \"docker run img\"",
        "grep 'docker run' x",
        "cat <<EOF\ndocker run img\nEOF",
        "apt-get install docker run",
        "USAGE=\"docker run img\"; echo \"$USAGE\"",
        "docker exec x run",
        "echo \"docker run img ./train.sh\"",
        "echo \"docker run --name \"$A\" img /root/$A.sh\"",
    ] {
        assert_eq!(runs(text), [""; 0], "{text}");
    }
}

#[test]
fn variables_hold_every_value_that_may_reach() {
    let both = "A=\"--rm\"\nif x; then A=\"$A --gpus all\"; else A+=\" -it\"; fi\ndocker run $A img";
    assert_eq!(runs(both), ["rm gpus=all? interactive? tty? [img]"]);
    let arms = "case $1 in a) A='--gpus all';; b) A=;; esac\ndocker run $A img";
    assert_eq!(runs(arms), ["gpus=all? [img]"]);
    let same_arm = "if x; then A=-i; docker run $A a; else A=-t; docker run $A b; fi";
    assert_eq!(runs(same_arm), ["interactive [a]", "tty [b]"]);
    let list = "A=(--gpus all)\nA+=(-v \"/a b:/c\")\ndocker run \"${A[@]}\" ${B[@]+\"${B[@]}\"} img";
    assert_eq!(runs(list), ["gpus=all volume=/a b:/c (${B[@]}) [img]"]);
    let default = "IMAGE=${IMAGE:-a/b}\ndocker run ${OPTS:-} ${GPU:+--gpus all} $IMAGE x";
    assert_eq!(runs(default), ["gpus=all? (${OPTS:-}) [a/b] x"]);
    let function = "f() { local O=\"-i\"; docker run $O $G img; }\nG='--gpus all'\nf";
    assert_eq!(runs(function), ["interactive gpus=all [img]"]);
    let other = "f() { if x; then C='docker run --gpus all'; fi; }\nC='docker run'\ng() { f; $C img; }\ng";
    assert_eq!(runs(other), ["gpus=all? [img]"]);
    assert_eq!(runs("for i in a b; do docker run $i; done"), ["[a]"]);
    assert_eq!(runs("O=\"--gpus all -i\"\ndocker run \"$O\" img"), ["gpus=all interactive [img]"]);
    assert_eq!(runs("IMG=\"$IMG\"; docker run --rm $IMG \"$@\""), ["rm [$IMG] $@"]);
    assert_eq!(runs("A=\"$A x $A\"; B=$C; C=$B; docker run $A $B img"), ["[x] $C img"]);
}

#[test]
fn what_cannot_be_read_is_told_from_the_image() {
    assert_eq!(runs("docker run --gpus all $IMAGE bash -c x"), ["gpus=all [$IMAGE] bash -c x"]);
    assert_eq!(runs("docker run $DOCKER_OPTS $IMAGE bash"), ["($DOCKER_OPTS) [$IMAGE] bash"]);
    assert_eq!(runs("docker run $X --rm a/b:c y"), ["rm ($X) [a/b:c] y"]);
    assert_eq!(runs("docker run -it $X -c y"), ["interactive tty [$X] -c y"]);
    assert_eq!(runs("IMAGE=$1\nshift\ndocker run $IMAGE \"$@\""), ["[$IMAGE] $@"]);
    assert_eq!(runs("f() {\nlocal img=$1\ndocker run --rm \"$img\" \"${@:2}\"\n}"), ["rm [$img] ${@:2}"]);
    assert_eq!(runs("docker run --rm \"$1\" x"), ["rm [$1] x"]);
    assert_eq!(runs("docker run --rm \"$@\""), ["rm ($@) [$@]"]);
    assert_eq!(runs("docker run -it <image> cmd"), ["interactive tty [<image>] cmd"]);
    assert_eq!(runs("docker run --rm $IMG_NAME sh -c 'echo a: $?'"), ["rm [$IMG_NAME] sh -c echo a: $?"]);
    assert_eq!(
        verdicts("I=`docker load | sed 's/.*: //'`\ndocker run --gpus all $I"),
        ["yes default 67108864"]
    );
}

#[test]
fn dialects_and_make_are_read_in_their_own_way() {
    let batch = ShellOptions { dialect: ShellDialect::Batch, ..ShellOptions::default() };
    assert_eq!(
        runs_in("set O=-v \"%cd%\":/x --gpus all\r\ndocker run %o% ^\r\n img", batch),
        ["volume=%cd%:/x gpus=all [img]"]
    );
    let powershell = ShellOptions { dialect: ShellDialect::PowerShell, ..ShellOptions::default() };
    assert_eq!(
        runs_in("$a = @('--gpus', 'all')\n$a += '-it'\ndocker run @a `\n img", powershell),
        ["gpus=all interactive tty [img]"]
    );
    let fish = ShellOptions { dialect: ShellDialect::Fish, ..ShellOptions::default() };
    assert_eq!(runs_in("set A --gpus all\ndocker run $A img", fish), ["gpus=all [img]"]);
    let make = ShellOptions { make: true, ..ShellOptions::default() };
    let makefile = |recipe: &str, name: &str, value: &str| {
        let layer = Layer::file(Source::new("Makefile", format!("{recipe}\n{value}").into_bytes()));
        let part = |start, end| {
            layer.part(crate::text::source::Span::new(start, end), crate::text::layer::Encoding::Verbatim)
        };
        let value = part(recipe.len() + 1, recipe.len() + 1 + value.len());
        let given = vec![OuterVariable { name: name.into(), value, append: false, conditional: false }];
        invocations(&part(0, recipe.len()), make, Some(&Givens::new(given, None)), &Shared::of(0))
    };
    let found = makefile("docker run --name $(NAME) $(OPTS) img", "NAME", "''");
    assert_eq!(found[0].unread.len(), 1);
    let found = makefile("@$(RUN) -v $$PWD:/x img", "RUN", "docker run --gpus all");
    assert_eq!(found[0].options.len(), 2);
    assert_eq!(found[0].word.text(), "$(RUN)");
}

#[test]
fn gpu_may_be_and_shm_must_be() {
    assert_eq!(verdicts("docker run --gpus all img"), ["yes default 67108864"]);
    assert_eq!(verdicts("docker run --gpus 0 img"), ["no default 67108864"]);
    assert_eq!(verdicts("if x; then G='--gpus all'; fi; docker run $G img"), ["yes default 67108864"]);
    assert_eq!(
        verdicts("A=(); if x; then A+=(--gpus all --shm-size 8g); fi; docker run ${A[@]} img"),
        ["yes explicit 8589934592"]
    );
    assert_eq!(verdicts("if x; then S=--ipc=host; fi; docker run --gpus all $S img"), ["yes unknown"]);
    assert_eq!(verdicts("docker run --gpus all $OPTS img"), ["yes unknown"]);
    assert_eq!(verdicts("docker run $OPTS img"), ["unknown unknown"]);
    assert_eq!(verdicts("podman run --device nvidia.com/gpu=all img"), ["yes default 65536000"]);
    assert_eq!(
        verdicts("docker run --runtime=nvidia -e NVIDIA_VISIBLE_DEVICES=void img"),
        ["no default 67108864"]
    );
    assert_eq!(verdicts("docker run -e NVIDIA_VISIBLE_DEVICES=all img"), ["unknown default 67108864"]);
    assert_eq!(verdicts("docker run --gpus all -e --shm-size=2g img"), ["yes default 67108864"]);
    assert_eq!(verdicts("docker run --gpus all img --ipc=host"), ["yes default 67108864"]);
}

#[test]
fn a_command_in_a_string_is_reported_where_its_words_stand() {
    let lines = |text: &str| -> Vec<usize> {
        let source = Source::new("x", text.into());
        let layer = Layer::file(source.clone());
        let found = invocations(&layer, ShellOptions::default(), None, &Shared::of(0));
        found.iter().map(|run| source.line(run.word.layer.map(run.word.span).start)).collect()
    };
    assert_eq!(lines("C=\"docker run\"\n$C img\n$C img"), [1]);
    assert_eq!(lines("C=\"docker run\"\n$C a\n$C b"), [2, 3]);
    assert_eq!(lines("D=docker\n$D run img"), [2]);
    assert_eq!(lines("x\nbash -c \"a\n  docker run img\""), [3]);
    assert_eq!(lines("if x; then\nC='docker run a'\nelse\nC=\"docker run b\"\nfi\n$C"), [2, 4]);
    assert_eq!(lines("D=docker\nC=\"$D run --gpus all img\"\n$C"), [2]);
}

#[test]
fn strings_that_branches_choose_from_are_containers_of_their_own() {
    let text = "if x; then C='docker run --gpus all a'; else C='docker run --gpus all --ipc=host b'; fi\n$C";
    assert_eq!(verdicts(text), ["yes default 67108864", "yes host"]);
    let names = read(text, ShellOptions::default());
    let names: Vec<_> = names
        .iter()
        .map(|run| workload(run, &crate::platform::options::ReadOptions::default()).name)
        .collect();
    assert_eq!(names, ["a", "b"]);
}

#[test]
fn variables_that_feed_each_other_end() {
    let n = 3_000;
    let mutual = "A=\"$A $B\"; B=\"$B $A $A\"\n".repeat(n);
    let branches = "if x; then A=\"$A -$B\"; else B=$A; fi\n".repeat(n);
    let uses = "X=$X$X; docker run $X ${X:-$X} img\n".repeat(n);
    let nested = format!("docker run {}img", "bash -c \"docker run ".repeat(n));
    let many = "docker run a\n".repeat(n);
    for text in [&mutual, &branches] {
        assert_eq!(read(&format!("{text}docker run $A $B img"), ShellOptions::default()).len(), 1);
    }
    assert_eq!(read(&uses, ShellOptions::default()).len(), n);
    assert_eq!(read(&nested, ShellOptions::default()).len(), 1);
    assert_eq!(read(&many, ShellOptions::default()).len(), n);
    let long = format!("docker run {}img", "-v a:b ".repeat(100 * n));
    assert!(read(&long, ShellOptions::default()).len() <= 1);
}

#[test]
fn a_size_for_building_is_noted_at_the_image_that_is_run() {
    let found = read(
        "docker build -t a:1 --shm-size 8g .\nI=a; docker run $I:1\ndocker run b",
        ShellOptions::default(),
    );
    let sizes: Vec<_> =
        found.iter().map(|run| run.build_size.as_ref().map(|build| build.spot.text())).collect();
    assert_eq!(sizes, [Some("--shm-size 8g"), None]);
}

#[test]
fn a_value_that_every_branch_sets_replaces_what_was_there() {
    let script = |first: &str, last: &str| {
        format!(
            "A='--shm-size=1g'\nif x; then\n A='{first}'\nelif y; then\n A=--shm-size=8g\n{last}fi\ndocker run --gpus all $A img"
        )
    };
    assert_eq!(verdicts(&script("--shm-size=4g", "else\n A=--shm-size=4g\n")), ["yes explicit 4294967296"]);
    assert_eq!(verdicts(&script("--shm-size=4g", "")), ["yes explicit 1073741824"]);
    assert_eq!(
        verdicts("case $1 in a) A=--ipc=host;; *) A=--ipc=host;; esac\ndocker run --gpus all $A img"),
        ["yes host"]
    );
    assert_eq!(
        verdicts("case $1 in a) A=--ipc=host;; b) A=--ipc=host;; esac\ndocker run --gpus all $A img"),
        ["yes unknown"]
    );
}

#[test]
fn the_image_is_taken_where_its_variable_is_set() {
    assert_eq!(
        runs("x && IMAGE=a/b\ndocker run --gpus all \"$IMAGE\" nvidia-smi"),
        ["gpus=all [a/b] nvidia-smi"]
    );
}

#[test]
fn what_a_substitution_may_echo_is_read() {
    assert_eq!(
        verdicts("docker run $([ -n \"$GPU\" ] && echo \"--gpus all\") img"),
        ["yes default 67108864"]
    );
    assert_eq!(verdicts("docker run --gpus all $(echo --shm-size=1g) img"), ["yes explicit 1073741824"]);
    assert_eq!(verdicts("docker run --gpus all `test x && echo --shm-size=1g` img"), ["yes unknown"]);
    let tested =
        "docker run `which nvidia-smi > /dev/null && [ -n \"$(nvidia-smi -L)\" ] && echo --gpus all` img";
    assert_eq!(verdicts(tested), ["yes default 67108864"]);
    assert_eq!(verdicts("docker run $(gpus && echo --gpus all) img"), ["unknown unknown"]);
    assert_eq!(verdicts("docker run $(which gpus) img"), ["unknown unknown"]);
    assert_eq!(runs("docker run --gpus all `# all of them` \\\n  img"), ["gpus=all [img]"]);
}

#[test]
fn here_documents_lose_their_escapes() {
    let fed = "ssh h <<EOF\ndocker run --gpus all \\\\\n  --rm \\\\\n  img:\\$TAG\nEOF\n";
    assert_eq!(runs(fed), ["gpus=all rm [img:$TAG]"]);
    let wrapper =
        "cat > x.sh <<EOF\n#!/bin/sh\nO=--rm\nexec docker run \\$O --gpus all \\$(id) a/img \\$@\nEOF\n";
    assert_eq!(runs(wrapper), ["rm gpus=all ($(id)) [a/img] $@"]);
    let literal = "ssh h <<'EOF'\ndocker run --gpus all \\\n  img\nEOF\n";
    assert_eq!(runs(literal), ["gpus=all [img]"]);
    assert_eq!(runs("alias train='docker run --gpus all img'"), ["gpus=all [img]"]);
    assert_eq!(runs("gcloud compute ssh vm --command=\"docker run --gpus all img\""), ["gpus=all [img]"]);
}

#[test]
fn the_number_of_gpus_is_what_gpus_says() {
    use crate::container::workload::GpuCount::{All, Exactly, Unknown};
    let count = |text: &str| {
        workload(&read(text, ShellOptions::default())[0], &crate::platform::options::ReadOptions::default())
            .gpu
            .count
    };
    assert_eq!(count("docker run --runtime nvidia --gpus '\"device=0\"' img"), Exactly(1));
    assert_eq!(count("docker run --gpus all --runtime nvidia img"), All);
    assert_eq!(count("if x; then G='--gpus 1'; else G='--gpus 2'; fi; docker run $G img"), Unknown);
}

#[test]
fn of_two_runtimes_the_last_holds() {
    assert_eq!(
        verdicts(
            "docker run --runtime=nvidia --runtime=runc img; docker run --runtime=runc --runtime=nvidia img"
        ),
        ["no default 67108864", "yes default 67108864"]
    );
    assert_eq!(
        verdicts("R=; [ -e /x ] && R=--runtime=runc; docker run --runtime=nvidia $R img"),
        ["yes default 67108864"]
    );
}

#[test]
fn a_long_option_behind_one_dash_is_none_but_its_value_is_no_image() {
    assert_eq!(runs("docker run -shm-size 1g -gpus=all img"), ["shm-size=1g gpus=all [img]"]);
    assert_eq!(verdicts("docker run --gpus all -shm-size=1g img"), ["yes default 67108864"]);
    // A letter that the engine knows takes the rest for its value.
    assert_eq!(runs("docker run -env A=b"), ["env=nv [A=b]"]);
}

#[test]
fn a_colon_gives_variables_their_defaults() {
    assert_eq!(
        verdicts(": \"${S:=1g}\" ${G=--gpus all}\ndocker run $G --shm-size=$S img"),
        ["yes explicit 1073741824"]
    );
}

#[test]
fn the_greatest_mount_holds_whatever_the_order() {
    let bind = "--mount type=bind,src=/dev/shm,dst=/dev/shm";
    let runs = |options: &str| verdicts(&format!("docker run {options} img")).concat();
    assert_eq!(runs(&format!("--tmpfs /dev/shm:size=1m {bind}")), "no tmpfs 1048576");
    assert_eq!(runs("-v /dev/shm:/dev/shm -v /dev/shm"), "no host");
    assert_eq!(
        runs("--mount type=tmpfs,dst=/dev/shm,tmpfs-size=2m --tmpfs /dev/shm:size=1m"),
        "no tmpfs 2097152"
    );
}
