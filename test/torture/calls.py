# SPDX-License-Identifier: MIT
"""The system calls of x86-64 that are made here, and with which errors a kernel, or a sandbox, may refuse each."""
import errno

# name, number, errors
REFUSED = """
read            0 EINTR EIO
write           1 EINTR EIO ENOSPC
open            2 EMFILE EACCES
stat            4 ENOENT ENOMEM
fstat           5 ENOMEM
lstat           6 ENOENT ENOMEM
poll            7 EINTR ENOMEM
lseek           8 ESPIPE
ioctl          16 ENOTTY EPERM
readv          19 EINTR ECONNRESET
writev         20 EINTR EPIPE ENOBUFS
access         21 EACCES
pipe           22 EMFILE
sendfile       40 EINTR EIO
socket         41 EMFILE ENOBUFS EACCES
connect        42 ECONNREFUSED ENETUNREACH EADDRNOTAVAIL EPERM
accept         43 EMFILE ECONNABORTED EPERM
sendto         44 EINTR EPIPE ENOBUFS ECONNRESET
recvfrom       45 EINTR ECONNRESET ENOMEM
sendmsg        46 EINTR EPIPE ENOBUFS
recvmsg        47 EINTR ENOMEM
shutdown       48 ENOTCONN
bind           49 EADDRINUSE EADDRNOTAVAIL EACCES
listen         50 EADDRINUSE
getsockname    51 ENOBUFS
getpeername    52 ENOTCONN ENOBUFS
socketpair     53 EMFILE
setsockopt     54 ENOPROTOOPT ENOMEM EPERM
getsockopt     55 ENOPROTOOPT ENOBUFS
fcntl          72 EPERM ENOMEM
flock          73 EINTR ENOLCK
ftruncate      77 EIO
rename         82 EACCES ENOSPC
unlink         87 EACCES
readlink       89 EACCES
chmod          90 EPERM
fchmod         91 EPERM
sched_setscheduler 144 EPERM
getdents64    217 EIO
epoll_wait    232 EINTR
epoll_ctl     233 ENOSPC ENOMEM
openat        257 EMFILE ENOENT EACCES
newfstatat    262 ENOENT ENOMEM
splice        275 EINVAL ENOMEM EPIPE ENOSYS
epoll_pwait   281 EINTR
timerfd_create 283 EMFILE ENOMEM
accept4       288 EMFILE ECONNABORTED ENOBUFS EPERM
eventfd2      290 EMFILE ENOMEM
epoll_create1 291 EMFILE ENOMEM
pipe2         293 EMFILE
prlimit64     302 EPERM
sendmmsg      307 EINTR ENOBUFS
getrandom     318 ENOSYS EINTR
statx         332 ENOSYS
"""

# No kernel refuses these; or, close(), does what is asked and then says that something else went wrong; or it would be the
# sanitizers' and the C library's own ruin, long before ours: memory, threads and signals.
SPARED = """
close 3  mmap 9  mprotect 10  munmap 11  brk 12  rt_sigaction 13  rt_sigprocmask 14  rt_sigreturn 15  pread64 17  sched_yield 24
mremap 25  madvise 28  nanosleep 35  getpid 39  clone 56  execve 59  exit 60  wait4 61  kill 62  uname 63  umask 95  gettimeofday 96
getrlimit 97  getuid 102  getgid 104  geteuid 107  getegid 108  getppid 110  setsid 112  sigaltstack 131  prctl 157  arch_prctl 158
gettid 186  futex 202  sched_getaffinity 204  set_tid_address 218  clock_gettime 228  clock_getres 229  clock_nanosleep 230
exit_group 231  tgkill 234  set_robust_list 273  timerfd_settime 286  rseq 334  clone3 435  sched_getscheduler 145  sysinfo 99
membarrier 324  getgroups 115
"""

NAMES = {int(words[1]): words[0] for words in map(str.split, REFUSED.strip().splitlines())}
ERRORS = {words[0]: words[2:] for words in map(str.split, REFUSED.strip().splitlines())}
SPARED_NUMBERS = [int(word) for word in SPARED.split()[1::2]]

EPOLL_CTL_DEL = 2


def number_of(error):
    return getattr(errno, error)
