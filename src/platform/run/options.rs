//! Which options `run` and `create` of each engine know, and which of them take a value.
//!
//! Docker's as its client 28.2.2 lists them (`docker run --help`) with the hidden ones of docker/cli
//! `cli/command/container/opts.go`; Podman's from its `cmd/podman/common/create.go`; nerdctl's from its
//! `cmd/nerdctl/container_run.go`.

use crate::container::workload::Engine;

/// The options of one engine, beyond those it shares with Docker.
struct Table {
    /// Long options that take a value.
    values: &'static [&'static str],
    /// Long options that are on or off.
    flags: &'static [&'static str],
}

/// Docker's, which the others know too.
#[rustfmt::skip]
const DOCKER: Table = Table {
    values: &[
        "add-host", "annotation", "attach", "blkio-weight", "blkio-weight-device", "cap-add", "cap-drop",
        "cgroup-parent", "cgroupns", "cidfile", "cpu-count", "cpu-percent", "cpu-period", "cpu-quota",
        "cpu-rt-period", "cpu-rt-runtime", "cpu-shares", "cpus", "cpuset-cpus", "cpuset-mems", "detach-keys",
        "device", "device-cgroup-rule", "device-read-bps", "device-read-iops", "device-write-bps",
        "device-write-iops", "dns", "dns-opt", "dns-option", "dns-search", "domainname", "entrypoint", "env",
        "env-file", "expose", "gpus", "group-add", "health-cmd", "health-interval", "health-retries",
        "health-start-interval", "health-start-period", "health-timeout", "hostname", "io-maxbandwidth",
        "io-maxiops", "ip", "ip6", "ipc", "isolation", "kernel-memory", "label", "label-file", "link",
        "link-local-ip", "log-driver", "log-opt", "mac-address", "memory", "memory-reservation", "memory-swap",
        "memory-swappiness", "mount", "name", "net", "net-alias", "network", "network-alias", "oom-score-adj",
        "pid", "pids-limit", "platform", "publish", "pull", "restart", "runtime", "security-opt", "shm-size",
        "stop-signal", "stop-timeout", "storage-opt", "sysctl", "tmpfs", "ulimit", "user", "userns", "uts",
        "volume", "volume-driver", "volumes-from", "workdir",
    ],
    flags: &[
        "detach", "disable-content-trust", "help", "init", "interactive", "no-healthcheck", "oom-kill-disable",
        "privileged", "publish-all", "quiet", "read-only", "rm", "sig-proxy", "tty", "use-api-socket",
    ],
};

#[rustfmt::skip]
const PODMAN: Table = Table {
    values: &[
        "arch", "authfile", "cert-dir", "cgroup-conf", "cgroups", "chrootdirs", "conmon-pidfile", "creds",
        "decryption-key", "env-merge", "gidmap", "group-entry", "health-log-destination", "health-max-log-count",
        "health-max-log-size", "health-on-failure", "health-startup-cmd", "health-startup-interval",
        "health-startup-retries", "health-startup-success", "health-startup-timeout", "hosts-file", "hostuser",
        "image-volume", "init-ctr", "init-path", "os", "passwd-entry", "personality", "pidfile", "pod",
        "pod-id-file", "preserve-fd", "preserve-fds", "rdt-class", "requires", "retry", "retry-delay",
        "sdnotify", "seccomp-policy", "secret", "shm-size-systemd", "signature-policy", "subgidname",
        "subuidname", "systemd", "timeout", "tz", "uidmap", "umask", "unsetenv", "variant",
    ],
    flags: &[
        "gpu", "mpi", "cuda-mpi", "cvmfs", // of podman-hpc
        "env-host", "http-proxy", "no-hostname", "no-hosts", "passwd", "read-only-tmpfs", "replace", "rmi",
        "rootfs", "tls-verify", "unsetenv-all",
    ],
};

#[rustfmt::skip]
const NERDCTL: Table = Table {
    values: &[
        "address", "bridge-ip", "cgroup-conf", "cgroup-manager", "cni-netconfpath", "cni-path",
        "cosign-certificate-identity", "cosign-certificate-identity-regexp", "cosign-certificate-oidc-issuer",
        "cosign-certificate-oidc-issuer-regexp", "cosign-key", "data-root", "host-gateway-ip", "hosts-dir",
        "init-binary", "ipfs-address", "namespace", "pidfile", "rdt-class", "snapshotter", "storage-driver",
        "systemd", "umask", "verify",
    ],
    flags: &["debug", "debug-full", "experimental", "insecure-registry", "rootfs"],
};

/// Short options, the same in all engines, with their long names.
#[rustfmt::skip]
const SHORT: [(u8, &str); 17] = [
    (b'a', "attach"), (b'c', "cpu-shares"), (b'd', "detach"), (b'e', "env"), (b'h', "hostname"),
    (b'i', "interactive"), (b'l', "label"), (b'm', "memory"), (b'n', "namespace"), (b'p', "publish"),
    (b'P', "publish-all"), (b'q', "quiet"), (b't', "tty"), (b'u', "user"), (b'v', "volume"), (b'w', "workdir"),
    (b'H', "host"),
];

/// Options of the engine itself that take a value, between its name and `run`.
#[rustfmt::skip]
const GLOBAL: &[&str] = &[
    "--config", "-c", "--context", "-H", "--host", "-l", "--log-level", "--tlscacert", "--tlscert", "--tlskey",
    // Podman
    "--cgroup-manager", "--connection", "--conmon", "--events-backend", "--hooks-dir", "--identity", "--imagestore",
    "--module", "--namespace", "--network-cmd-path", "--network-config-dir", "--root", "--runroot", "--runtime",
    "--runtime-flag", "--ssh", "--storage-driver", "--storage-opt", "--tmpdir", "--url", "--volumepath",
    // nerdctl
    "-n", "-a", "--address", "--data-root", "--cni-path", "--cni-netconfpath", "--snapshotter", "--hosts-dir",
];

/// Whether an option takes a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Takes {
    Value,
    /// On or off; a value is only taken behind `=`.
    Flag,
}

/// What an engine knows of a long option, given without its dashes.
pub(super) fn long(engine: Engine, name: &str) -> Option<(&'static str, Takes)> {
    let own = match engine {
        Engine::Podman => Some(&PODMAN),
        Engine::Nerdctl => Some(&NERDCTL),
        _ => None,
    };
    [Some(&DOCKER), own].into_iter().flatten().find_map(|table| {
        let find = |names: &'static [&'static str], takes| {
            names.iter().find(|known| **known == name).map(|known| (*known, takes))
        };
        find(table.values, Takes::Value).or_else(|| find(table.flags, Takes::Flag))
    })
}

/// What an engine knows of a short option.
pub(super) fn short(engine: Engine, letter: u8) -> Option<(&'static str, Takes)> {
    let (_, name) = SHORT.iter().find(|(known, _)| *known == letter)?;
    long(engine, name)
}

/// Whether an option between the engine's name and `run` takes the next word for its value.
pub(super) fn global_takes_value(word: &str) -> bool {
    GLOBAL.contains(&word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_known_by_the_engines_that_have_them() {
        assert_eq!(short(Engine::Docker, b'm'), Some(("memory", Takes::Value)));
        assert_eq!(short(Engine::Docker, b't'), Some(("tty", Takes::Flag)));
        assert_eq!(short(Engine::Docker, b'n'), None);
        assert_eq!(short(Engine::Nerdctl, b'n'), Some(("namespace", Takes::Value)));
        assert_eq!(long(Engine::Docker, "pod"), None);
        assert_eq!(long(Engine::Podman, "pod"), Some(("pod", Takes::Value)));
        assert_eq!(long(Engine::Docker, "use-api-socket"), Some(("use-api-socket", Takes::Flag)));
    }
}
