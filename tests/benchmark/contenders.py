"""Who is measured: the tool, the floor, AWS's own client. All take the same options and find the service alike."""

import os


class Contenders:
    def __init__(self, build, aws):
        self.tool = [f"{build}/bin/fleet-provision"]
        self.floor = [f"{build}/benchmark/floor"]
        self.hello = [f"{build}/benchmark/hello"]
        self.plain_hello = [f"{build}/benchmark/plain_hello"]
        self.aws = ["node", os.path.join(aws, "provision.mjs")] if aws else None

    def named(self):
        found = {"fleet-provision": self.tool, "floor": self.floor}
        if self.aws:
            found["AWS's client"] = self.aws
        return found
