// Makes the kernel fail one system call of this process (seccomp).
#pragma once

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <array>
#include <cstddef>

namespace fleet_provision::test {

/// What fstatat calls, and vfork, where an architecture has other calls than x86-64.
#ifdef SYS_newfstatat
inline constexpr long kStatCall = SYS_newfstatat;
#else
inline constexpr long kStatCall = SYS_fstatat64;
#endif
#ifdef SYS_vfork
inline constexpr long kForkCall = SYS_vfork;
#else
inline constexpr long kForkCall = SYS_clone;
#endif

/// From now on `call` does nothing in this process and fails with `number`, or reports success if `number` is 0. Do not
/// use it for write, which sanitizers need.
inline bool fail_call(long call, int number) {
  std::array<sock_filter, 4> filter{{
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<unsigned>(call), 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | static_cast<unsigned>(number)),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  }};
  const sock_fprog program{filter.size(), filter.data()};
  return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

}  // namespace fleet_provision::test
