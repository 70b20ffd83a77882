/** Where the program lies, relative to `/work`. */
export const packScript = 'home/slowlane/pack.py';

/**
 * `pack.py zip OUT NOTEBOOK FILE…` packs the notebook and files of the project; `pack.py package OUT NAME` the project as a source package. Sorted and
 * with fixed times, so that the same project gives the same bytes: `R CMD build` writes the time and the user into DESCRIPTION.
 */
export const packProgram = String.raw`import gzip, io, os, pathlib, re, sys, tarfile, zipfile

STAMP = 1_700_000_000
# What R CMD build leaves out by itself, and what is no part of a package.
LEFT_OUT = re.compile(r"^(\.|renv/|renv\.lock$|tests/testthat/_snaps/|test-reports/|coverage-reports/|.*\.(o|so|dll|Rproj|tar\.gz)$)|(^|/)(\.git|\.Rproj\.user|\.Rhistory|\.RData)(/|$)")


def ignored():
    path = pathlib.Path(".Rbuildignore")
    lines = path.read_text().splitlines() if path.is_file() else []
    return [re.compile(line, re.I) for line in lines if line.strip()]


def package(out, name):
    own = ignored()
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for path in sorted(path for path in pathlib.Path(".").rglob("*") if path.is_file() and not path.is_symlink()):
            inside = path.as_posix()
            if LEFT_OUT.search(inside) or any(pattern.search(inside) for pattern in own):
                continue
            data = path.read_bytes()
            if inside == "DESCRIPTION" and b"\nBuilt:" not in data:
                data = data.rstrip() + b"\nNeedsCompilation: " + (b"yes" if pathlib.Path("src").is_dir() else b"no") + b"\n"
            entry = tarfile.TarInfo(f"{name}/{inside}")
            entry.size, entry.mtime, entry.mode = len(data), STAMP, 0o755 if os.access(path, os.X_OK) else 0o644
            archive.addfile(entry, io.BytesIO(data))
    with open(out, "wb") as file, gzip.GzipFile("", "wb", 9, file, STAMP) as stream:
        stream.write(raw.getvalue())


def notebook(out, source, files):
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in [source, *sorted(files)]:
            name = os.path.basename(path) if path == source else path
            info = zipfile.ZipInfo(name, (2023, 11, 14, 0, 0, 0))
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o644 << 16
            archive.writestr(info, pathlib.Path(path).read_bytes())


mode, out, first, *rest = sys.argv[1:]
os.makedirs(os.path.dirname(out), exist_ok=True)
if mode == "package":
    package(out, first)
else:
    notebook(out, first, rest)
print(f"packed {os.path.basename(out)}")
`;
