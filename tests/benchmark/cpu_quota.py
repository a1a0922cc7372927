"""A control group whose processes together get a share of one processor; removed at the end."""

import os
import time

# Both are the smallest that the kernel takes for a twentieth, so that a run is slowed down evenly.
PERIOD_US = 20_000
SHARE = 20


def controller():
    """The directory of the group above, for version 2 or 1 of control groups; nothing if groups cannot be made."""
    version_2 = "/sys/fs/cgroup"
    try:
        with open(f"{version_2}/cgroup.subtree_control", encoding="utf-8") as file:
            if "cpu" in file.read().split():
                return version_2, 2
    except OSError:
        pass
    version_1 = "/sys/fs/cgroup/cpu"
    return (version_1, 1) if os.path.exists(f"{version_1}/cpu.cfs_quota_us") else (None, 0)


def missing():
    """Why no quota can be had, or nothing."""
    above, _ = controller()
    if above is None:
        return "no control group of processors"
    return None if os.access(above, os.W_OK) else f"the permission to make a group in {above}"


class CpuQuota:
    """`command(argv)` is a command for the stopwatch that joins the group first."""

    def __init__(self):
        above, version = controller()
        self.path = f"{above}/fleet-provision-benchmark-{os.getpid()}"
        self.version = version

    def __enter__(self):
        os.mkdir(self.path)
        quota = PERIOD_US // SHARE
        if self.version == 2:
            self.write("cpu.max", f"{quota} {PERIOD_US}")
        else:
            self.write("cpu.cfs_period_us", str(PERIOD_US))
            self.write("cpu.cfs_quota_us", str(quota))
        return self

    def __exit__(self, *_):
        # The kernel needs a moment after the last process of the group.
        for _ in range(100):
            try:
                os.rmdir(self.path)
                return
            except OSError:
                time.sleep(0.01)

    def write(self, name, text):
        with open(f"{self.path}/{name}", "w", encoding="utf-8") as file:
            file.write(text)

    def command(self, argv):
        return ["--join", f"{self.path}/cgroup.procs", *argv]
