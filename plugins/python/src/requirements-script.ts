import { providedPackages } from './requirements.ts';

/**
 * What a built wheel depends on is known only from its own metadata: every packaging backend computes it in its own way. The script writes
 * `runtime.txt` (dependencies that apply to this Python, without what the runtime provides) and `wheel.txt` (path of the wheel).
 */
export const requirementsScript = `import email.parser, pathlib, re, sys, zipfile
from pip._vendor.packaging.requirements import Requirement

PROVIDED = ${JSON.stringify(providedPackages)}

wheels = sorted(pathlib.Path(sys.argv[1]).glob("*.whl"))
if len(wheels) != 1:
    sys.exit(f"expected one wheel in {sys.argv[1]}, found: {', '.join(wheel.name for wheel in wheels) or 'none'}")
with zipfile.ZipFile(wheels[0]) as archive:
    names = [name for name in archive.namelist() if re.fullmatch(r"[^/]+\\.dist-info/METADATA", name)]
    metadata = email.parser.Parser().parsestr(archive.read(names[0]).decode("utf-8"))
requirements = [Requirement(text) for text in metadata.get_all("Requires-Dist", [])]
needed = [
    one
    for one in requirements
    if re.sub(r"[-_.]+", "-", one.name).lower() not in PROVIDED and (one.marker is None or one.marker.evaluate({"extra": ""}))
]
for one in needed:
    if one.url:
        sys.exit(f"No matching distribution found for {one}: only packages of the index can be had")
    one.marker = None
out = pathlib.Path(sys.argv[2])
out.mkdir(parents=True, exist_ok=True)
(out / "runtime.txt").write_text("".join(f"{one}\\n" for one in needed))
(out / "wheel.txt").write_text(f"{wheels[0]}\\n")
print("runtime requirements:", ", ".join(str(one) for one in needed) or "none")
`;
