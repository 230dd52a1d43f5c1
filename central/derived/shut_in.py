"""Shuts this process in before it reads what a stranger made: it keeps the files that are open, its memory and its
time, and can reach nothing else. It takes no rights to do so.

Three locks, one behind the other, each where the machine has it: no further descriptor (every Linux), the calls of the
kernel that decoding needs and no other (libseccomp), and no path, port or process outside (Landlock).
"""
from __future__ import annotations

import ctypes
import errno
import os
import resource
import struct

NO_NEW_PRIVS = 38
CREATE_RULESET, RESTRICT_SELF = 444, 446
"""The same on every kind of processor."""
FS_BITS = (0, 13, 14, 15, 15, 16)
"""How many kinds of access to files Landlock knows, by its version."""
ALLOW, REFUSE = 0x7FFF0000, 0x00050000
THREAD, MASKED_EQ, ALL_THREADS = 0x10000, 7, 4
CALLS = (
    "read readv pread64 preadv write writev pwrite64 pwritev lseek fstat ftruncate fsync close "
    "mmap munmap mremap mprotect madvise brk membarrier futex futex_waitv set_robust_list rseq sched_yield "
    "sched_getaffinity rt_sigaction rt_sigprocmask rt_sigreturn sigaltstack restart_syscall getpid gettid getrandom "
    "getrusage clock_gettime clock_getres clock_nanosleep nanosleep set_tid_address exit exit_group")


class _Compared(ctypes.Structure):
    """`struct scmp_arg_cmp`."""

    _fields_ = (("arg", ctypes.c_uint), ("op", ctypes.c_int), ("a", ctypes.c_uint64), ("b", ctypes.c_uint64))


def shut_in() -> list[str]:
    """Do it, for good; which locks this machine lacks. Nothing may be imported afterwards, and no thread run before."""
    libc = ctypes.CDLL(None, use_errno=True)
    try:
        seccomp = ctypes.CDLL("libseccomp.so.2")
    except OSError:
        seccomp = None
    libc.prctl(NO_NEW_PRIVS, 1, 0, 0, 0)
    missing = [] if _landlock(libc) else ["landlock"]
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))
    return missing if seccomp is not None and _seccomp(seccomp) else [*missing, "seccomp"]


def _landlock(libc: ctypes.CDLL) -> bool:
    """Handle every kind of access, and allow none."""
    version = libc.syscall(CREATE_RULESET, None, 0, 1)
    if version < 1:
        return False
    kinds = struct.pack("=QQQ", (1 << FS_BITS[min(version, 5)]) - 1, 3 if version >= 4 else 0, 3 if version >= 6 else 0)
    size = 8 if version < 4 else 16 if version < 6 else 24
    rules = libc.syscall(CREATE_RULESET, kinds[:size], size, 0)
    if rules < 0:
        return False
    try:
        return bool(libc.syscall(RESTRICT_SELF, rules, 0) == 0)
    finally:
        os.close(rules)


def _seccomp(lib: ctypes.CDLL) -> bool:
    """Refuse each call that is not on the list; another thread may begin, another process may not."""
    lib.seccomp_init.restype = ctypes.c_void_p
    rules = ctypes.c_void_p(lib.seccomp_init(REFUSE | errno.EPERM))
    if not rules:
        return False
    lib.seccomp_attr_set(rules, ALL_THREADS, 1)
    for name in CALLS.split():
        _add(lib, rules, ALLOW, name)
    _add(lib, rules, ALLOW, "clone", _Compared(0, MASKED_EQ, THREAD, THREAD))
    # The C library then begins threads by `clone`, whose flags can be looked at.
    _add(lib, rules, REFUSE | errno.ENOSYS, "clone3")
    return bool(lib.seccomp_load(rules) == 0)


def _add(lib: ctypes.CDLL, rules: ctypes.c_void_p, action: int, name: str, *only: _Compared) -> None:
    """What this kind of processor has no number for needs no rule."""
    call = lib.seccomp_syscall_resolve_name(name.encode())
    lib.seccomp_rule_add_array(rules, ctypes.c_uint32(action), call, len(only), (_Compared * len(only))(*only))
