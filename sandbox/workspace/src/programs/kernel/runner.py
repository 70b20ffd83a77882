"""Starts the Python side of a task inside its sandbox: unpacks its wheels, then runs the script, the entry point, the SQL file or the notebook."""

import importlib
import importlib.metadata
import json
import os
import runpy
import shutil
import subprocess
import sys
import zipfile


def main():
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "task.json"), encoding="utf-8") as file:
        task = json.load(file)
    prefer_unpacked_pyspark()
    install_wheels(task)
    if task["kind"] == "notebook":
        import notebook

        sys.exit(notebook.main(task))
    import utilities

    utilities.offer_to_programs(task)
    if task["kind"] == "sql":
        import sql_file

        sql_file.run(task)
    elif task["kind"] == "script":
        run_script(task["script"], task["parameters"])
    else:
        run_entry_point(task["package"], task["entryPoint"], task["parameters"])


def prefer_unpacked_pyspark():
    """spark-submit puts PySpark's zip first, whose modules are compiled anew in every process; the unpacked package comes after it."""
    sys.path[:] = [path for path in sys.path if not path.endswith("/python/lib/pyspark.zip")]


def install_wheels(task):
    others = []
    try:
        for wheel in task["wheels"]:
            if wheel.endswith("-none-any.whl") and not unpack_wheel(wheel, task["library"]):
                others.append(wheel)
            elif not wheel.endswith("-none-any.whl"):
                others.append(wheel)
        if others:
            pip_install(others, task["library"])
    except (OSError, ValueError, zipfile.BadZipFile, subprocess.CalledProcessError) as error:
        with open(task["failure"], "w", encoding="utf-8") as file:
            json.dump({"message": f"The wheels could not be installed: {error}"}, file)
        raise
    sys.path_importer_cache.pop(task["library"], None)
    importlib.invalidate_caches()


def unpack_wheel(path, target):
    """A pure wheel is a zip of what lies in site-packages. One with a .data folder has more rules: pip knows them."""
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
        if any(name.split("/")[0].endswith(".data") for name in names):
            return False
        for name in names:
            if name.startswith("/") or ".." in name.split("/"):
                raise ValueError(f"{path} holds the name {name!r}")
        archive.extractall(target)
    return True


def pip_install(wheels, target):
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--no-cache-dir"]
    command += ["--disable-pip-version-check", "--no-warn-script-location", "--target", target + ".pip", "--", *wheels]
    subprocess.run(command, check=True)
    # Not the folder itself: it belongs to the workspace, so its mode is not ours to copy.
    for entry in os.scandir(target + ".pip"):
        if entry.is_dir(follow_symlinks=False):
            shutil.copytree(entry.path, os.path.join(target, entry.name), dirs_exist_ok=True)
        else:
            shutil.copy2(entry.path, os.path.join(target, entry.name))


def run_script(path, parameters):
    sys.argv[:] = [path, *parameters]
    sys.path[0] = os.path.dirname(path)
    runpy.run_path(path, run_name="__main__")


def run_entry_point(package, name, parameters):
    """The entry point of this name in any group of the package's metadata, else the function of this name in the package."""
    sys.argv[:] = [package, *parameters]
    sys.path.pop(0)
    for entry_point in importlib.metadata.distribution(package).entry_points:
        if entry_point.name == name:
            entry_point.load()()
            return
    getattr(importlib.import_module(package.replace("-", "_")), name)()


if __name__ == "__main__":
    main()
