"""MiniStack, nearer to AWS in what Peregrine relies on. Environment: PEREGRINE_FUNCTION_LOGS, a folder."""

import datetime
import os
import signal
import threading
import time

from ministack.app import main
from ministack.core import lambda_runtime
from ministack.services import eventbridge, lambda_svc, scheduler

# AWS lets running invocations end on the code they began with; MiniStack would kill them at a deployment.
leaving = set()
kill_all = lambda_svc.invalidate_worker
release = lambda_svc.release_worker


def kill_idle(func_name, *args, **kwargs):
    with lambda_runtime._lock:
        for key, workers in lambda_runtime._workers.items():
            if key.split(":")[-2] == func_name:
                leaving.update(worker for worker in workers if worker.in_use)
                workers[:] = [worker for worker in workers if not worker.in_use]
    kill_all(func_name, *args, **kwargs)


def release_or_kill(worker):
    release(worker)
    if worker in leaving:
        leaving.discard(worker)
        lambda_runtime.kill_workers([worker])


lambda_svc.invalidate_worker = kill_idle
lambda_svc.release_worker = release_or_kill


# MiniStack passes the placeholder on as it is.
invoke_target = eventbridge._invoke_target


def invoke_with_scheduled_time(target, event, *args, **kwargs):
    if event.get("Source") == "aws.scheduler" and "Input" in target:
        at = datetime.datetime.fromtimestamp(event["Time"], datetime.timezone.utc)
        scheduled = at.strftime("%Y-%m-%dT%H:%M:%SZ")
        target = {**target, "Input": target["Input"].replace("<aws.scheduler.scheduled-time>", scheduled)}
    invoke_target(target, event, *args, **kwargs)


eventbridge._invoke_target = invoke_with_scheduled_time
# It would look for due schedules every 10 s.
scheduler._SCHEDULE_TICK_INTERVAL = 1


# MiniStack shows what a function wrote once it has ended: a worker ends after minutes, or never.
def keep_stderr(self):
    name = f"{self.func_name}-{self._proc.pid}.log"
    with open(os.path.join(os.environ["PEREGRINE_FUNCTION_LOGS"], name), "a", buffering=1) as log:
        for line in self._proc.stderr:
            log.write(line)
            self._stderr_queue.put(line.rstrip("\n"))


lambda_runtime.Worker._read_stderr = keep_stderr


# Nothing is left over where the tests are killed: the functions' processes are of this process group.
def end_with(starter):
    while os.getppid() == starter:
        time.sleep(1)
    os.killpg(0, signal.SIGKILL)


threading.Thread(target=end_with, args=(os.getppid(),), daemon=True).start()
main()
