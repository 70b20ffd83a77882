"""Runs a notebook in Python, SQL or R: cell after cell, with a record of each for the run's page and its export."""

import ast
import json
import linecache
import os
import posixpath
import re
import shlex
import subprocess
import sys
import time
import traceback
import types

import redaction
from sql_cells import run_statement
from utilities import NotebookExit, Utilities, Widgets

MAX_OUTPUT = 200_000
MAX_RECORD = 8_000_000
MAX_ROWS = 1_000


def main(task):
    """Exit code of the notebook: 0, or 1 when a cell failed. R notebooks are run by R, which calls `run` of this module."""
    if task["withR"] and "SLOWLANE_IN_R" not in os.environ:
        return _run_in_r()
    return run(task, None)


def _run_in_r():
    """R is the process that embeds Python; both talk to the JVM that spark-submit has started."""
    here = os.path.dirname(os.path.abspath(__file__))
    environment = {**os.environ, "SLOWLANE_IN_R": "1", "RETICULATE_PYTHON": sys.executable}
    return subprocess.run(["/usr/bin/Rscript", "--no-init-file", os.path.join(here, "kernel.R"), here], env=environment).returncode


def run(task, r_evaluate):
    sys.stdout = redaction.RedactedStream(sys.stdout)
    sys.stderr = redaction.RedactedStream(sys.stderr)
    record = Record(task["events"])
    kernel = Kernel(task, record, r_evaluate)
    try:
        kernel.run_notebook(task["notebook"])
        code = 0
    except NotebookExit as end:
        record.write({"exit": redaction.redact(end.value)[:5_000_001]})
        code = 0
    except CellFailure:
        code = 1
    kernel.stop()
    return code


class CellFailure(BaseException):
    """A cell failed; its record has been written."""


class Record:
    def __init__(self, path):
        self._file = open(path, "a", encoding="utf-8")
        self._left = MAX_RECORD

    def write(self, event):
        text = json.dumps(event) + "\n"
        if self._left < len(text) and event.get("outputs"):
            event = {**event, "outputs": [{"kind": "text", "text": "(output left out: the record of this notebook is full)"}]}
            text = json.dumps(event) + "\n"
        self._left -= len(text)
        self._file.write(text)
        self._file.flush()


class Kernel:
    def __init__(self, task, record, r_evaluate):
        self.task, self.record, self.r_evaluate = task, record, r_evaluate
        self.spark = _session()
        self.outputs = []
        self.depth = 0
        module = types.ModuleType("__main__")
        sys.modules["__main__"] = module
        self.names = module.__dict__
        self.widgets = Widgets(task["parameters"])
        self._enter(task["notebook"], self.names, self.widgets)

    def _enter(self, path, names, widgets):
        folder = self.task["workspace"] + posixpath.dirname(path)
        for place in (folder, self.task["library"]):
            if place not in sys.path:
                sys.path.append(place)
        self.dbutils = Utilities(self.task, widgets, NotebookUtilities(self, path))
        names.update(
            spark=self.spark,
            sc=self.spark.sparkContext,
            sqlContext=self.spark,
            dbutils=self.dbutils,
            display=self.display,
            displayHTML=lambda html: self._put({"kind": "html", "text": str(html)}),
            getArgument=widgets.getArgument,
            sql=self.spark.sql,
        )

    def stop(self):
        self.spark.stop()

    def run_notebook(self, path):
        """The cells of a notebook in the current names: the notebook itself, or one that `%run` includes."""
        notebook = self.load(path)
        if self.depth > 20:
            raise RecursionError(f"%run goes more than 20 notebooks deep at {path}")
        self.depth += 1
        try:
            for index, cell in enumerate(notebook["cells"]):
                self.run_cell(path, index, cell)
        finally:
            self.depth -= 1

    def load(self, path):
        """Only notebooks of the workspace as it was when the run began."""
        file = self.task["notebooks"] + path + ".json"
        if not os.path.isfile(file) or ".." in path.split("/"):
            raise FileNotFoundError(f"The notebook {path} does not exist.")
        with open(file, encoding="utf-8") as opened:
            return json.load(opened)

    def run_cell(self, path, index, cell):
        if cell["kind"] == "run":
            return self.include(path, cell["source"])
        outer, self.outputs = self.outputs, []
        sys.stdout.listener = sys.stderr.listener = self._text
        where = {"notebook": path, "cell": index, "kind": cell["kind"], "source": cell["source"][:100_000], "title": cell.get("title")}
        self.record.write({**where, "status": "started"})
        begun = time.monotonic()
        try:
            self.execute(f"<cell {index + 1} of {posixpath.basename(path)}>", cell)
            self._end(where, "ok", begun)
        except NotebookExit:
            self._end(where, "exit", begun)
            raise
        except CellFailure:
            self._end(where, "error", begun)
            raise
        except SystemExit as end:
            self._end(where, "exit", begun, error=f"SystemExit: {end.code}")
            raise
        except BaseException as error:
            trace = redaction.redact(_trace_of(error))
            sys.stderr.listener = None
            print(trace, file=sys.stderr)
            self._end(where, "error", begun, error=_last_line(trace, error), trace=trace[-50_000:])
            raise CellFailure() from None
        finally:
            self.outputs = outer

    def _end(self, where, status, begun, **more):
        sys.stdout.flush()
        milliseconds = int((time.monotonic() - begun) * 1000)
        self.record.write({**where, "status": status, "ms": milliseconds, "outputs": self.outputs, **more})

    def execute(self, name, cell):
        kind, source = cell["kind"], cell["source"]
        if kind == "python":
            return self.run_python(name, source)
        if kind == "sql":
            return self.run_sql(cell["statements"])
        if kind == "md":
            return self._put({"kind": "markdown", "text": source})
        if kind == "sh":
            return self.run_shell(source)
        if kind == "fs":
            return self.run_fs(source)
        if kind == "r":
            return self.run_r(source)
        if kind == "pip":
            raise RuntimeError("%pip is not supported by the local workspace: name the package among the task's libraries")
        if kind == "scala":
            raise RuntimeError("%scala works in Scala notebooks only: the local workspace has no Scala beside a Python, SQL or R notebook")
        raise RuntimeError(f"{source} is no magic of the local workspace")

    def run_python(self, name, source):
        linecache.cache[name] = (len(source), None, source.splitlines(True), name)
        tree = ast.parse(source, name)
        last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
        exec(compile(tree, name, "exec"), self.names)
        if last is None:
            return
        value = eval(compile(ast.Expression(last.value), name, "eval"), self.names)
        if value is not None:
            self.show_value(value)

    def show_value(self, value):
        html = getattr(value, "_repr_html_", None)
        if html is not None and not _is_rows(value) and callable(html):
            self._put({"kind": "html", "text": str(html() or "")})
        print(repr(value))

    def run_sql(self, statements):
        shown = None
        for statement in statements:
            shown = run_statement(self.spark, statement, self.widgets.getAll(), self.widgets)
        if shown is None:
            return
        # As on a cluster, the rows of the last statement are there for the next Python cell.
        self.names["_sqldf"] = shown
        if len(shown.columns) > 0:
            self.display(shown)

    def run_shell(self, source):
        command = subprocess.Popen(["/bin/bash", "-c", source], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        for line in command.stdout:
            sys.stdout.write(line.decode("utf-8", "replace"))
        if command.wait() != 0:
            raise RuntimeError(f"the shell ended with code {command.returncode}")

    def run_fs(self, source):
        name, *arguments = shlex.split(source)
        call = getattr(self.dbutils.fs, name, None) if re.fullmatch("[a-z]+", name) else None
        if call is None:
            raise RuntimeError(f"%fs {name} is not supported")
        recurse = {"-r", "--recurse", "true"} & set(arguments)
        arguments = [one for one in arguments if one not in ("-r", "--recurse", "true", "false")]
        result = call(*arguments, recurse=True) if recurse else call(*arguments)
        self.display(result) if isinstance(result, list) else print(result)

    def run_r(self, source):
        if self.r_evaluate is None:
            raise RuntimeError("R is not installed on this machine: `slowlane doctor` shows the line that installs it")
        result = self.r_evaluate(source, self.dbutils)
        if result.get("exit") is not None:
            raise NotebookExit(str(result["exit"]))
        if result.get("error") is not None:
            raise RError(result["error"], result.get("calls") or [])

    def include(self, path, source):
        """`%run ./other $name="value"`: the cells run here, with these values as widgets."""
        name, *arguments = shlex.split(source)
        for argument in arguments:
            key, _, value = argument.removeprefix("$").partition("=")
            self.widgets._given.setdefault(key, value)
        target = resolve(path, name)
        try:
            self.load(target)
        except FileNotFoundError as error:
            sys.stderr.write(f"{error}\n")
            self.record.write({"notebook": path, "cell": -1, "kind": "run", "source": source, "status": "error", "error": str(error)})
            raise CellFailure() from None
        self.run_notebook(target)

    def call(self, path, arguments):
        """`dbutils.notebook.run`: another notebook with names and widgets of its own; its result is the answer."""
        outer = (self.names, self.widgets, self.dbutils, sys.modules["__main__"])
        module = types.ModuleType("__main__")
        sys.modules["__main__"] = module
        self.names = module.__dict__
        self.widgets = Widgets({str(key): str(value) for key, value in (arguments or {}).items()})
        try:
            self._enter(path, self.names, self.widgets)
            self.run_notebook(path)
            return ""
        except NotebookExit as end:
            return end.value
        except CellFailure:
            raise RuntimeError(f"The notebook {path} failed.") from None
        finally:
            self.names, self.widgets, self.dbutils, sys.modules["__main__"] = outer
            sys.stdout.listener = sys.stderr.listener = self._text

    def display(self, value=None, *_, **__):
        if _is_rows(value):
            return self._put_table(value.columns, value.limit(MAX_ROWS + 1).collect())
        if hasattr(value, "to_dict") and hasattr(value, "columns"):
            rows = value.head(MAX_ROWS + 1).to_dict("split")["data"]
            return self._put_table([str(name) for name in value.columns], rows)
        if isinstance(value, list) and value and hasattr(value[0], "_fields"):
            return self._put_table(list(value[0]._fields), value)
        if isinstance(value, list) and value and isinstance(value[0], dict):
            return self._put_table(list(value[0]), [list(row.values()) for row in value])
        self.show_value(value)

    def _put_table(self, columns, rows):
        cells = [[_cell(value) for value in row] for row in rows[:MAX_ROWS]]
        text = _as_text(columns, cells[:20])
        listener, sys.stdout.listener = sys.stdout.listener, None
        print(text)
        sys.stdout.listener = listener
        self._put({"kind": "table", "columns": columns, "rows": cells, "truncated": len(rows) > MAX_ROWS})

    def _put(self, output):
        if "text" in output:
            output = {**output, "text": redaction.redact(output["text"])[:MAX_OUTPUT]}
        self.outputs.append(output)

    def _text(self, text):
        last = self.outputs[-1] if self.outputs else None
        if last is not None and last["kind"] == "text":
            if len(last["text"]) < MAX_OUTPUT:
                last["text"] = (last["text"] + text)[:MAX_OUTPUT]
        else:
            self.outputs.append({"kind": "text", "text": text[:MAX_OUTPUT]})


class RError(Exception):
    def __init__(self, message, calls):
        super().__init__(message)
        self.calls = calls


class NotebookUtilities:
    def __init__(self, kernel, path):
        self._kernel, self._path = kernel, path

    def exit(self, value=""):
        raise NotebookExit(str(value))

    def run(self, path, timeout_seconds=0, arguments=None):
        return self._kernel.call(resolve(self._path, path), arguments)

    def getContext(self):
        return types.SimpleNamespace(notebookPath=lambda: types.SimpleNamespace(get=lambda: self._path))


def resolve(path, name):
    """The notebook that another names: beside it, or from the root."""
    full = posixpath.normpath(posixpath.join(posixpath.dirname(path), name))
    full = full[len("/Workspace") :] if full.startswith("/Workspace/") else full
    return re.sub(r"\.(py|ipynb|sql|scala|r|R)$", "", full)


def _session():
    from pyspark.sql import SparkSession

    return SparkSession.builder.getOrCreate()


def _is_rows(value):
    from pyspark.sql import DataFrame

    return isinstance(value, DataFrame)


def _cell(value):
    return None if value is None else redaction.redact(str(value))[:10_000]


def _as_text(columns, rows):
    """A table as Spark's own `show` prints it."""
    lines = [[str(name) for name in columns]] + [["null" if value is None else value[:60] for value in row] for row in rows]
    widths = [max(len(line[at]) for line in lines) for at in range(len(columns))]
    rule = "+" + "+".join("-" * width for width in widths) + "+"
    texts = ["|" + "|".join(value.rjust(width) for value, width in zip(line, widths)) + "|" for line in lines]
    return "\n".join([rule, texts[0], rule, *texts[1:], rule])


def _trace_of(error):
    """From the cell's own frame on: the kernel's frames explain nothing."""
    if isinstance(error, RError):
        return "\n".join(["Error in R: " + str(error), *[f"  {call}" for call in error.calls]])
    frames = error.__traceback__
    while frames is not None and not frames.tb_frame.f_code.co_filename.startswith("<cell "):
        frames = frames.tb_next
    return "".join(traceback.format_exception(type(error), error, frames)).rstrip()


def _last_line(trace, error):
    if isinstance(error, RError):
        return "Error in R: " + redaction.redact(str(error))
    return redaction.redact("".join(traceback.format_exception_only(type(error), error)).strip())[:10_000]
