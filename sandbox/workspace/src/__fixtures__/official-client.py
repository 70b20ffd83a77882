"""Calls the local workspace through databricks-sdk and prints what it saw as one line of JSON. argv: a large file."""

import io
import json
import os
import sys
import urllib.request

from databricks.sdk import WorkspaceClient
from databricks.sdk.service import compute, jobs
from databricks.sdk.service.workspace import ImportFormat

w = WorkspaceClient(host=os.environ["DATABRICKS_HOST"], token=os.environ["DATABRICKS_TOKEN"])
seen = {}


def admin(path, body=None):
    request = urllib.request.Request(
        os.environ["DATABRICKS_HOST"] + path,
        data=None if body is None else json.dumps(body).encode(),
        headers={"Authorization": "Bearer " + os.environ["DATABRICKS_TOKEN"], "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request) as response:
        return json.load(response)


def error_of(call):
    try:
        call()
    except Exception as error:  # the class of the SDK is what is looked at
        return type(error).__name__
    return "none"


seen["me"] = w.current_user.me().user_name
w.files.upload("/Volumes/main/apps/artifacts/app.jar", io.BytesIO(b"jar"), overwrite=True)


def create(mode, name="sdk"):
    return w.jobs.create(
        name=name,
        max_concurrent_runs=1000,
        queue=jobs.QueueSettings(enabled=False),
        tasks=[
            jobs.Task(
                task_key="main",
                spark_jar_task=jobs.SparkJarTask(main_class_name="a.B", parameters=[mode]),
                libraries=[compute.Library(jar="/Volumes/main/apps/artifacts/app.jar")],
                new_cluster=compute.ClusterSpec(spark_version="17.3.x-scala2.13", num_workers=0),
            )
        ],
    ).job_id


for index in range(6):
    create("ok", f"page {index}")
job_id = create("ok")
assert w.jobs.get(job_id).settings.tasks[0].spark_jar_task.main_class_name == "a.B"
seen["pages"] = len(list(w.jobs.list(limit=2)))
w.jobs.update(job_id, new_settings=jobs.JobSettings(description="changed"))
assert w.jobs.get(job_id).settings.description == "changed"
w.jobs.reset(job_id, w.jobs.get(job_id).settings)

waiter = w.jobs.run_now(job_id, idempotency_token="sdk-1")
seen["success"] = waiter.result().state.result_state.value
seen["same"] = w.jobs.run_now(job_id, idempotency_token="sdk-1").run_id == waiter.run_id

failing = w.jobs.run_now(create("fail"))
failing_error = error_of(failing.result)
assert failing_error == "OperationFailed", failing_error
failed = w.jobs.get_run(failing.run_id)
seen["failure"] = w.jobs.get_run_output(failed.tasks[0].run_id).error
seen["missingJob"] = error_of(lambda: w.jobs.get(12345678901))
seen["missingRun"] = error_of(lambda: w.jobs.get_run_output(12345678901))

waiting = w.jobs.run_now(create("wait"))
w.jobs.cancel_run_and_wait(waiting.run_id)
seen["canceled"] = w.jobs.get_run(waiting.run_id).state.result_state.value


def runs_of(job):
    return len(list(w.jobs.list_runs(job_id=job, limit=20)))


lost = create("ok")
admin("/slowlane/faults", {"route": "POST /api/*/jobs/run-now", "kind": "reply-lost"})
w.jobs.run_now(lost, idempotency_token="sdk-lost")
seen["lostWithToken"] = runs_of(lost)
lost = create("ok")
admin("/slowlane/faults", {"route": "POST /api/*/jobs/run-now", "kind": "reply-lost"})
w.jobs.run_now(lost)
seen["lostWithoutToken"] = runs_of(lost)
admin("/slowlane/faults", {"route": "GET /api/*/jobs/get", "kind": "status", "status": 429, "retryAfterSeconds": 1})
seen["retried"] = w.jobs.get(job_id).job_id == job_id

w.files.create_directory("/Volumes/main/apps/data/a b")
w.files.upload("/Volumes/main/apps/data/a b/ü.txt", io.BytesIO(b"hello"))
seen["file"] = w.files.download("/Volumes/main/apps/data/a b/ü.txt").contents.read().decode()
assert [entry.name for entry in w.files.list_directory_contents("/Volumes/main/apps/data/a b")] == ["ü.txt"]
assert w.files.get_metadata("/Volumes/main/apps/data/a b/ü.txt").content_length == 5
with open(sys.argv[1], "rb") as large:
    w.files.upload("/Volumes/main/apps/data/large.bin", large, overwrite=True)
seen["large"] = w.files.get_metadata("/Volumes/main/apps/data/large.bin").content_length
w.files.delete("/Volumes/main/apps/data/a b/ü.txt")
w.files.delete_directory("/Volumes/main/apps/data/a b")
seen["missingFile"] = error_of(lambda: w.files.download("/Volumes/main/apps/data/a b/ü.txt"))

w.workspace.mkdirs("/Shared")
w.workspace.upload("/Shared/a.py", io.BytesIO(b"print(1)"), format=ImportFormat.AUTO, overwrite=True)
seen["exported"] = w.workspace.download("/Shared/a.py").read().decode()
seen["listed"] = [entry.path for entry in w.workspace.list("/Shared")]
w.workspace.delete("/Shared/a.py")
seen["notImplemented"] = error_of(lambda: list(w.git_credentials.list()))
w.jobs.delete(job_id)
print(json.dumps(seen))
