"""`dbutils` for Python: files, secrets, widgets, task values, notebooks."""

import builtins
import json
import os
import shutil
import sys
import types
from collections import namedtuple

import redaction

FileInfo = namedtuple("FileInfo", ["path", "name", "size", "modificationTime"])
SecretScope = namedtuple("SecretScope", ["name"])
SecretMetadata = namedtuple("SecretMetadata", ["key"])


class NotebookExit(BaseException):
    """Ends a notebook with a result; no `except Exception` of the program may swallow it."""

    def __init__(self, value):
        super().__init__(value)
        self.value = value


class Utilities:
    def __init__(self, task, widgets=None, notebook=None, emit=None):
        self.fs = FileUtilities()
        self.secrets = SecretUtilities(task)
        self.jobs = types.SimpleNamespace(taskValues=TaskValues(task, emit))
        self.widgets = widgets if widgets is not None else Widgets({})
        self.notebook = notebook if notebook is not None else NoNotebook()
        self.library = types.SimpleNamespace(restartPython=lambda: None)

    def help(self, *_):
        print("dbutils: fs, jobs.taskValues, notebook, secrets, widgets")


class NoNotebook:
    def exit(self, value=""):
        raise RuntimeError("dbutils.notebook.exit is for notebooks: this program is none")

    run = exit


class FileUtilities:
    """Paths on /Volumes, /Workspace and the driver's own disk, with or without `dbfs:` and `file:`."""

    def ls(self, path):
        local = local_path(path)
        names = sorted(os.listdir(local)) if os.path.isdir(local) else [None]
        return [_file_info(path, local, name) for name in names if name is None or not _is_hidden(local, name)]

    def head(self, path, max_bytes=65_536, **named):
        limit = named.get("maxBytes", max_bytes)
        with open(local_path(path), "rb") as file:
            return file.read(limit).decode("utf-8", "ignore")

    def put(self, path, contents, overwrite=False):
        local = local_path(path)
        os.makedirs(os.path.dirname(local), exist_ok=True)
        with open(local, "w" if overwrite else "x", encoding="utf-8") as file:
            file.write(contents)
        print(f"Wrote {len(contents.encode())} bytes.")
        return True

    def mkdirs(self, path):
        os.makedirs(local_path(path), exist_ok=True)
        return True

    def cp(self, source, target, recurse=False):
        source, target = local_path(source), local_path(target)
        if os.path.isdir(source):
            if not recurse:
                raise IsADirectoryError(f"{source} is a folder: say recurse=True")
            shutil.copytree(source, target, dirs_exist_ok=True, copy_function=shutil.copyfile)
            return True
        if os.path.isdir(target):
            target = os.path.join(target, os.path.basename(source))
        os.makedirs(os.path.dirname(target), exist_ok=True)
        shutil.copyfile(source, target)
        return True

    def mv(self, source, target, recurse=False):
        self.cp(source, target, recurse)
        return self.rm(source, recurse)

    def rm(self, path, recurse=False):
        local = local_path(path)
        if not os.path.lexists(local):
            return False
        if not os.path.isdir(local) or os.path.islink(local):
            os.unlink(local)
        elif recurse:
            shutil.rmtree(local)
        else:
            os.rmdir(local)
        return True

    def mount(self, *_, **__):
        raise NotImplementedError("mounts are not supported by the local workspace: use a volume")

    mounts = unmount = mount


def local_path(path):
    """The file behind a path as users write it. DBFS outside volumes lies below /dbfs."""
    for scheme in ("dbfs:", "file:"):
        if path.startswith(scheme):
            path = "/" + path[len(scheme) :].lstrip("/")
            if scheme == "file:":
                return os.path.normpath(path)
    if not path.startswith("/"):
        raise ValueError(f"a path begins with /, dbfs:/ or file:/, but this one is {path!r}")
    path = os.path.normpath(path)
    is_known = any(path == root or path.startswith(root + "/") for root in ("/Volumes", "/Workspace", "/dbfs"))
    return path if is_known else "/dbfs" + path


def _is_hidden(folder, name):
    return folder == "/Volumes" and name.startswith(".")


def _file_info(path, local, name):
    full = local if name is None else os.path.join(local, name)
    stats = os.stat(full)
    scheme = "file:" if path.startswith("file:") else "dbfs:"
    shown = full[len("/dbfs") :] if full.startswith("/dbfs/") else full
    mark = "/" if os.path.isdir(full) else ""
    size = 0 if mark else stats.st_size
    return FileInfo(scheme + shown + mark, os.path.basename(full) + mark, size, int(stats.st_mtime * 1000))


class SecretUtilities:
    def __init__(self, task):
        self._scopes = _read_once(task["secrets"])

    def get(self, scope, key):
        value = self._scope(scope).get(key)
        if value is None:
            raise ValueError(f"Secret does not exist with scope: {scope} and key: {key}")
        redaction.hide(value)
        return value

    def getBytes(self, scope, key):
        return self.get(scope, key).encode()

    def list(self, scope):
        return [SecretMetadata(key) for key in sorted(self._scope(scope))]

    def listScopes(self):
        return [SecretScope(name) for name in sorted(self._scopes)]

    def _scope(self, scope):
        if scope not in self._scopes:
            raise ValueError(f"Secret scope {scope} does not exist.")
        return self._scopes[scope]


_secrets = None


def _read_once(path):
    """The file is gone once it was read: no other program of the run finds it."""
    global _secrets
    if _secrets is None:
        with open(path, encoding="utf-8") as file:
            _secrets = json.load(file)
        os.unlink(path)
    return _secrets


class TaskValues:
    def __init__(self, task, emit):
        self._known = task["taskValues"]
        self._path = task["values"]
        self._own = {}

    def set(self, key, value):
        text = json.dumps(value)
        if len(text.encode()) > 48 * 1024:
            raise ValueError(f"the value of {key!r} is larger than 48 KiB as JSON")
        self._own[key] = value
        with open(self._path + ".part", "w", encoding="utf-8") as file:
            json.dump(self._own, file)
        os.replace(self._path + ".part", self._path)

    def get(self, taskKey, key, default=None, debugValue=None):
        values = self._known.get(taskKey)
        if values is not None and key in values:
            return values[key]
        if default is not None:
            return default
        raise ValueError(f"the task {taskKey!r} has set no value {key!r}")


class Widgets:
    """The parameters of a notebook. A widget that nobody declared exists once the run has given a value for it."""

    def __init__(self, given):
        self._given = dict(given)
        self._declared = {}

    def text(self, name, defaultValue="", label=None):
        self._declared[name] = str(defaultValue)

    def dropdown(self, name, defaultValue, choices, label=None):
        if defaultValue not in list(choices):
            raise ValueError(f"the default {defaultValue!r} of {name!r} is not among its choices")
        self._declared[name] = str(defaultValue)

    def combobox(self, name, defaultValue, choices, label=None):
        self._declared[name] = str(defaultValue)

    def multiselect(self, name, defaultValue, choices, label=None):
        self._declared[name] = str(defaultValue)

    def get(self, name):
        values = self.getAll()
        if name not in values:
            raise ValueError(f"No input widget named {name} is defined")
        return values[name]

    def getArgument(self, name, default=None):
        return self.getAll().get(name, default)

    def getAll(self):
        return {**self._declared, **self._given}

    def remove(self, name):
        self._declared.pop(name, None)
        self._given.pop(name, None)

    def removeAll(self):
        self._declared.clear()
        self._given.clear()


def offer_to_programs(task):
    """`from pyspark.dbutils import DBUtils`, as scripts and wheels write it."""
    sys.stdout = redaction.RedactedStream(sys.stdout)
    sys.stderr = redaction.RedactedStream(sys.stderr)
    utilities = Utilities(task)
    module = types.ModuleType("pyspark.dbutils")
    module.DBUtils = lambda *_: utilities
    sys.modules["pyspark.dbutils"] = module
    builtins.dbutils = utilities
