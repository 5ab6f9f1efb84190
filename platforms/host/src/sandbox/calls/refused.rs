//! The lists: which calls, with which arguments.

use nix::{libc, unistd::Pid};
use seccompiler::{
    BackendError, SeccompCmpArgLen::Dword, SeccompCmpOp, SeccompCmpOp::MaskedEq, SeccompCmpOp::Ne, SeccompCondition,
    SeccompRule,
};

use super::Rules;

/// Answered "no such call", as by a kernel that does not have them: the C library then uses the older call, whose
/// arguments a filter can see.
const UNKNOWN: &[i64] = &[
    libc::SYS_clone3,
    libc::SYS_openat2,
    libc::SYS_io_uring_enter,
    libc::SYS_io_uring_register,
    libc::SYS_io_uring_setup,
];

/// Ends the process, whatever the arguments.
const NEVER: &[i64] = &[
    // Other programs.
    libc::SYS_execve,
    libc::SYS_execveat,
    // Other processes.
    libc::SYS_kcmp,
    libc::SYS_pidfd_getfd,
    libc::SYS_pidfd_open,
    libc::SYS_pidfd_send_signal,
    libc::SYS_process_madvise,
    libc::SYS_process_mrelease,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_ptrace,
    libc::SYS_rt_sigqueueinfo,
    libc::SYS_rt_tgsigqueueinfo,
    // Another view of the system.
    libc::SYS_chroot,
    libc::SYS_fsconfig,
    libc::SYS_fsmount,
    libc::SYS_fsopen,
    libc::SYS_fspick,
    libc::SYS_mount,
    libc::SYS_mount_setattr,
    libc::SYS_move_mount,
    libc::SYS_open_by_handle_at,
    libc::SYS_open_tree,
    libc::SYS_pivot_root,
    libc::SYS_setns,
    libc::SYS_umount2,
    libc::SYS_unshare,
    // The kernel and the machine.
    libc::SYS_acct,
    libc::SYS_add_key,
    libc::SYS_bpf,
    libc::SYS_clock_settime,
    libc::SYS_delete_module,
    libc::SYS_fanotify_init,
    libc::SYS_finit_module,
    libc::SYS_init_module,
    libc::SYS_kexec_load,
    libc::SYS_keyctl,
    libc::SYS_perf_event_open,
    libc::SYS_personality,
    libc::SYS_quotactl,
    libc::SYS_reboot,
    libc::SYS_request_key,
    libc::SYS_setdomainname,
    libc::SYS_sethostname,
    libc::SYS_settimeofday,
    libc::SYS_swapoff,
    libc::SYS_swapon,
    libc::SYS_syslog,
    libc::SYS_userfaultfd,
    // Waiting for connections; landlock sees the binding to a port, but this chooses one if there is none.
    libc::SYS_accept,
    libc::SYS_accept4,
    libc::SYS_listen,
    // Changes to files; landlock does not see owners, modes, times and attributes.
    libc::SYS_fchmod,
    libc::SYS_fchmodat,
    libc::SYS_fchown,
    libc::SYS_fchownat,
    libc::SYS_fremovexattr,
    libc::SYS_fsetxattr,
    libc::SYS_linkat,
    libc::SYS_lremovexattr,
    libc::SYS_lsetxattr,
    libc::SYS_mkdirat,
    libc::SYS_mknodat,
    libc::SYS_removexattr,
    libc::SYS_renameat2,
    libc::SYS_setxattr,
    libc::SYS_symlinkat,
    libc::SYS_truncate,
    libc::SYS_unlinkat,
    libc::SYS_utimensat,
];

/// The same in the older forms that only some architectures have.
#[cfg(target_arch = "x86_64")]
const NEVER_OLDER: &[i64] = &[
    libc::SYS_chmod,
    libc::SYS_chown,
    libc::SYS_creat,
    libc::SYS_fork,
    libc::SYS_futimesat,
    libc::SYS_ioperm,
    libc::SYS_iopl,
    libc::SYS_kexec_file_load,
    libc::SYS_lchown,
    libc::SYS_link,
    libc::SYS_mkdir,
    libc::SYS_mknod,
    libc::SYS_modify_ldt,
    libc::SYS_rename,
    libc::SYS_renameat,
    libc::SYS_rmdir,
    libc::SYS_symlink,
    libc::SYS_unlink,
    libc::SYS_utime,
    libc::SYS_utimes,
    libc::SYS_vfork,
];
#[cfg(not(target_arch = "x86_64"))]
const NEVER_OLDER: &[i64] = &[];

/// The same in newer forms, by their numbers, which are the same everywhere: not every C library has names for them.
const NEVER_NEWER: &[i64] = &[
    452, // fchmodat2
    463, // setxattrat
    466, // removexattrat
    467, // open_tree_attr
    469, // file_setattr
];

/// `TIOCSTI` and `TIOCLINUX`: input for a terminal as if somebody had typed it. The C libraries disagree on their type.
const TYPING: [i32; 2] = [0x5412, 0x541c];

/// Answered [`libc::ENOSYS`].
pub(super) fn as_unknown() -> Rules {
    UNKNOWN.iter().map(|call| (*call, Vec::new())).collect()
}

/// Answered [`libc::EACCES`]: name look-ups try the sockets of local services, and do without. Who reaches a local
/// service by its file, which landlock does not close, may have it do what a worker must not.
pub(super) fn as_not_permitted() -> Result<Rules, BackendError> {
    Ok([(libc::SYS_socket, vec![all([is(0, libc::AF_UNIX)?])?])].into())
}

/// Ends the process `here`.
pub(super) fn for_good(here: Pid) -> Result<Rules, BackendError> {
    let mut rules: Rules =
        [NEVER, NEVER_OLDER, NEVER_NEWER].concat().into_iter().map(|call| (call, Vec::new())).collect();
    // A thread is one of this process; anything else is a process of its own.
    rules.insert(libc::SYS_clone, vec![all([lacks(0, libc::CLONE_THREAD)?])?]);
    rules.insert(libc::SYS_openat, changing(2)?);
    #[cfg(target_arch = "x86_64")]
    rules.insert(libc::SYS_open, changing(1)?);
    rules.insert(libc::SYS_socket, foreign_sockets()?);
    for call in [libc::SYS_kill, libc::SYS_tgkill, libc::SYS_tkill] {
        // `abort` is a signal to oneself. By thread alone only the first can be told; the C library names the process.
        rules.insert(call, vec![all([is_not(0, here.as_raw())?])?]);
    }
    rules.insert(libc::SYS_prlimit64, vec![all([is_not(0, 0)?, is_not(0, here.as_raw())?])?]);
    // Standard error may be the gateway's terminal, into which these would type.
    let typing = TYPING.into_iter().map(|request| all([is(1, request)?]));
    rules.insert(libc::SYS_ioctl, typing.collect::<Result<_, _>>()?);
    Ok(rules)
}

/// To open a file for more than reading, with the flags in argument `at`.
fn changing(at: u8) -> Result<Vec<SeccompRule>, BackendError> {
    [
        masked(at, libc::O_ACCMODE, libc::O_WRONLY)?,
        masked(at, libc::O_ACCMODE, libc::O_RDWR)?,
        masked(at, libc::O_ACCMODE, libc::O_ACCMODE)?,
        has(at, libc::O_CREAT)?,
        has(at, libc::O_TRUNC)?,
    ]
    .into_iter()
    .map(|condition| all([condition]))
    .collect()
}

/// Sockets other than those of the internet; the C library asks the kernel for its addresses over a `NETLINK_ROUTE` one.
fn foreign_sockets() -> Result<Vec<SeccompRule>, BackendError> {
    const KIND: i32 = 0xf;
    let known = [libc::AF_INET, libc::AF_INET6, libc::AF_NETLINK, libc::AF_UNIX];
    Ok(vec![
        SeccompRule::new(known.into_iter().map(|family| is_not(0, family)).collect::<Result<_, _>>()?)?,
        // Packets written by hand.
        all([is(0, libc::AF_INET)?, masked(1, KIND, libc::SOCK_RAW)?])?,
        all([is(0, libc::AF_INET6)?, masked(1, KIND, libc::SOCK_RAW)?])?,
        all([is(0, libc::AF_NETLINK)?, is_not(2, libc::NETLINK_ROUTE)?])?,
    ])
}

fn all<const N: usize>(conditions: [SeccompCondition; N]) -> Result<SeccompRule, BackendError> {
    SeccompRule::new(conditions.into())
}

fn is(at: u8, value: i32) -> Result<SeccompCondition, BackendError> {
    of(at, SeccompCmpOp::Eq, u64::from(value.cast_unsigned()))
}

fn is_not(at: u8, value: i32) -> Result<SeccompCondition, BackendError> {
    of(at, Ne, u64::from(value.cast_unsigned()))
}

fn has(at: u8, flag: i32) -> Result<SeccompCondition, BackendError> {
    masked(at, flag, flag)
}

fn lacks(at: u8, flag: i32) -> Result<SeccompCondition, BackendError> {
    masked(at, flag, 0)
}

fn masked(at: u8, mask: i32, value: i32) -> Result<SeccompCondition, BackendError> {
    of(at, MaskedEq(u64::from(mask.cast_unsigned())), u64::from(value.cast_unsigned()))
}

/// All these arguments are of 32 bits: the kernel ignores what is above them.
fn of(at: u8, operator: SeccompCmpOp, value: u64) -> Result<SeccompCondition, BackendError> {
    SeccompCondition::new(at, Dword, operator, value)
}
