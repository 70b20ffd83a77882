/** Where the program lies, relative to `/work`. */
export const packScript = 'home/slowlane/pack.py';

/**
 * `pack.py notebooks OUT FILE…` packs files of the project, `pack.py jar OUT FOLDER MAIN` a folder of classes: sorted, with fixed times, so that the
 * same project gives the same bytes. Jupyter notebooks lose what a run left in them: outputs, counts, ids and settings of somebody's editor.
 */
export const packProgram = String.raw`import json, os, pathlib, sys, zipfile

LIMIT = 7_800_000  # the import call takes 10 MB, in base64


def jupyter(path, data):
    notebook = json.loads(data)
    metadata = notebook.get("metadata", {})
    own = metadata.get("application/vnd.databricks.v1+notebook", {})
    language = own.get("language") or metadata.get("language_info", {}).get("name") or metadata.get("kernelspec", {}).get("language") or "python"
    cells = []
    for cell in notebook["cells"]:
        source = cell.get("source", "")
        kept = {"cell_type": cell["cell_type"], "metadata": {}, "source": source if isinstance(source, str) else "".join(source)}
        if cell["cell_type"] == "code":
            kept.update(execution_count=None, outputs=[])
        cells.append(kept)
    head = {"nbformat": 4, "nbformat_minor": 4, "metadata": {"language_info": {"name": language.lower()}}, "cells": cells}
    return (json.dumps(head, ensure_ascii=False) + "\n").encode()


def entries(mode, arguments):
    if mode == "notebooks":
        for name in sorted(arguments):
            data = pathlib.Path(name).read_bytes()
            data = jupyter(name, data) if name.endswith(".ipynb") else data
            if len(data) > LIMIT:
                sys.exit(f"{name}: {len(data)} bytes, at most {LIMIT} can be imported into a workspace")
            yield name, data
    else:
        folder, main = arguments
        yield "META-INF/MANIFEST.MF", f"Manifest-Version: 1.0\r\nMain-Class: {main}\r\n\r\n".encode()
        for path in sorted(path for path in pathlib.Path(folder).rglob("*") if path.is_file()):
            yield path.relative_to(folder).as_posix(), path.read_bytes()


mode, out, *arguments = sys.argv[1:]
os.makedirs(os.path.dirname(out), exist_ok=True)
with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
    count = 0
    for name, data in entries(mode, arguments):
        info = zipfile.ZipInfo(name, (2023, 11, 14, 0, 0, 0))
        info.compress_type = zipfile.ZIP_DEFLATED
        info.external_attr = 0o644 << 16
        archive.writestr(info, data)
        count += 1
print(f"{count} files packed")
`;
