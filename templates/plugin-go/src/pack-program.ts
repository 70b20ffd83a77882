/**
 * `pack.py NAME PROGRAM` makes a wheel of a binary: a package with one function that starts it with the arguments of the process, passes its output on
 * and fails when it fails. Sorted and with fixed times, so that the same program gives the same bytes.
 */
export const packProgram = String.raw`import base64, hashlib, os, pathlib, platform, sys, zipfile

SHIM = '''"""Starts the program that travels in this wheel."""
import os, pathlib, shutil, subprocess, sys, tempfile


def main():
    with tempfile.TemporaryDirectory() as folder:
        # A wheel is unpacked without the right to execute.
        program = shutil.copy(pathlib.Path(__file__).with_name("program"), folder)
        os.chmod(program, 0o700)
        child = subprocess.Popen([program, *sys.argv[1:]], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")
        try:
            for line in child.stdout:
                print(line, end="", flush=True)
            code = child.wait()
        finally:
            child.kill()
    if code != 0:
        raise RuntimeError(f"the program ended with code {code}")
'''

name, program = sys.argv[1:]
tag = f"py3-none-linux_{platform.machine()}"
info = f"{name}-1.0.0.dist-info"
files = {
    f"{name}/__init__.py": SHIM.encode(),
    f"{name}/program": pathlib.Path(program).read_bytes(),
    f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0.0\nRequires-Python: >=3.8\n".encode(),
    f"{info}/WHEEL": f"Wheel-Version: 1.0\nGenerator: slowlane-plugin-go\nRoot-Is-Purelib: false\nTag: {tag}\n".encode(),
    f"{info}/entry_points.txt": f"[console_scripts]\n{name} = {name}:main\n".encode(),
}
record = []
for path, data in files.items():
    digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
    record.append(f"{path},sha256={digest},{len(data)}\n")
files[f"{info}/RECORD"] = "".join([*record, f"{info}/RECORD,,\n"]).encode()
os.makedirs("/work/out/dist", exist_ok=True)
wheel = f"/work/out/dist/{name}-1.0.0-{tag}.whl"
with zipfile.ZipFile(wheel, "w", zipfile.ZIP_DEFLATED) as archive:
    for path, data in files.items():
        entry = zipfile.ZipInfo(path, (2023, 11, 14, 0, 0, 0))
        entry.compress_type = zipfile.ZIP_DEFLATED
        entry.external_attr = (0o755 if path.endswith("/program") else 0o644) << 16
        archive.writestr(entry, data)
print("packed", os.path.basename(wheel))
`;
