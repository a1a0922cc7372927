#!/usr/bin/env python3
"""Runs a Lambda function in Python, unchanged, as a hook program: fleet-provision-simulator --hook ./hook.py

The function is lambda_handler in lambda_function.py beside this file. As on AWS Lambda, _HANDLER=MODULE.FUNCTION names
another one, and LAMBDA_TASK_ROOT another directory. What the function prints goes to stderr, which is in the broker's
log, because the simulator takes only the response from stdout.
"""
import importlib
import json
import logging
import os
import sys
import time

TIME_LIMIT = 5.0


class Context:
    """The attributes of Lambda's context object that a hook may use."""

    function_name = "pre-provisioning-hook"
    function_version = "$LATEST"
    invoked_function_arn = "arn:aws:lambda:us-east-1:123456789012:function:pre-provisioning-hook"
    memory_limit_in_mb = "128"
    aws_request_id = "00000000-0000-0000-0000-000000000000"
    log_group_name = "/aws/lambda/pre-provisioning-hook"
    log_stream_name = "simulator"
    identity = None
    client_context = None

    def __init__(self):
        self._end = time.monotonic() + TIME_LIMIT

    def get_remaining_time_in_millis(self):
        return max(0, int((self._end - time.monotonic()) * 1000))


def main():
    # Before the function's module is imported: it may print, or keep sys.stdout, while it is loaded.
    response = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    logging.basicConfig(stream=sys.stderr, format="[%(levelname)s] %(message)s")

    root = os.environ.get("LAMBDA_TASK_ROOT") or os.path.dirname(os.path.abspath(__file__))
    module, _, function = (os.environ.get("_HANDLER") or "lambda_function.lambda_handler").rpartition(".")
    sys.path.insert(0, root)
    sys.dont_write_bytecode = True
    handler = getattr(importlib.import_module(module.replace("/", ".")), function)
    result = json.dumps(handler(json.load(sys.stdin), Context()))
    response.write(result)
    response.close()


if __name__ == "__main__":
    main()
