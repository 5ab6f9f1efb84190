//! The file system, listening, and others' sockets and signals: closed, but for what name look-ups and TLS read.

use footbridge_wire::Files;
use landlock::{
    ABI, Access, AccessFs, AccessNet, NetPort, Ruleset, RulesetAttr, RulesetCreatedAttr, RulesetError, RulesetStatus,
    Scope, path_beneath_rules,
};

/// What is asked for: all rights of Linux 6.12, the first to keep signals in. Asking for those of a newer kernel would
/// make every other one "partly"; what they add is closed by `calls`.
const KNOWN: ABI = ABI::V6;

/// What a worker may read; what does not exist is left out. A rule holds for the file it found: a folder is named where
/// its files are replaced rather than written to.
const READABLE: &[&str] = &[
    // Certificate authorities, where distributions keep them and where the names there point to.
    "/etc/ssl",
    "/etc/pki",
    "/etc/ca-certificates",
    "/usr/share/ca-certificates",
    "/usr/local/share/ca-certificates",
    "/var/lib/ca-certificates",
    // Name look-ups by the C library: which servers, and the folders in which network managers replace that file…
    "/etc/resolv.conf",
    "/run/systemd/resolve",
    "/run/NetworkManager",
    "/run/resolvconf",
    // …what to ask besides servers, in which order…
    "/etc/nsswitch.conf",
    "/etc/host.conf",
    "/etc/hosts",
    // …which address to prefer, names of ports…
    "/etc/gai.conf",
    "/etc/services",
    // …and modules that `nsswitch.conf` names, loaded at the first look-up: where libraries are, and themselves.
    "/etc/ld.so.cache",
    "/lib",
    "/lib64",
    "/usr/lib",
    "/usr/lib64",
    // Time zones.
    "/etc/localtime",
    "/usr/share/zoneinfo",
];

/// Closes the file system as far as the kernel can.
pub(super) fn close() -> Result<Files, RulesetError> {
    let status = Ruleset::default()
        .handle_access(AccessFs::from_all(KNOWN))?
        // Platforms connect and do not listen. UDP is not among what landlock knows.
        .handle_access(AccessNet::BindTcp)?
        .scope(Scope::from_all(KNOWN))?
        .create()?
        .add_rules(path_beneath_rules(READABLE, AccessFs::ReadFile | AccessFs::ReadDir))?
        // A connection may begin at a chosen address, from whatever port is free; `calls` closes what else that is for.
        .add_rule(NetPort::new(0, AccessNet::BindTcp))?
        .restrict_self()?;
    Ok(match status.ruleset {
        RulesetStatus::FullyEnforced => Files::Enforced,
        RulesetStatus::PartiallyEnforced => Files::Partly,
        RulesetStatus::NotEnforced => Files::Absent,
    })
}
