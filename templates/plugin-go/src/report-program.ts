/** \`report.py plain|coverage GO ARGUMENT…\` runs the tests, shows what they print, and writes what \`go test -json\` says as JUnit XML and the coverage as Cobertura XML. */
export const reportProgram = String.raw`import json, os, subprocess, sys
from xml.sax.saxutils import escape, quoteattr

mode, *command = sys.argv[1:]
profile = "/work/out/cover.out"
if mode == "coverage":
    at = command.index("-json") + 1
    command[at:at] = [f"-coverprofile={profile}", "-covermode=set"]
cases, texts = {}, {}
child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, errors="replace")
for line in child.stdout:
    try:
        event = json.loads(line)
    except ValueError:
        print(line, end="")
        continue
    key = (event.get("Package", ""), event.get("Test"))
    if event.get("Action") == "output":
        print(event["Output"], end="", flush=True)
        texts[key] = texts.get(key, "") + event["Output"]
    elif event.get("Action") in ("pass", "fail", "skip") and key[1]:
        cases[key] = (event["Action"], event.get("Elapsed", 0))
code = child.wait()
os.makedirs("test-reports", exist_ok=True)
# A test with subtests is only their sum.
parents = {(package, test.rsplit("/", 1)[0]) for package, test in cases if "/" in test}
rows = []
failed = 0
for (package, test), (outcome, seconds) in sorted(cases.items()):
    if (package, test) in parents:
        continue
    failed += outcome == "fail"
    inner = {"fail": f"<failure>{escape(texts.get((package, test), ''))}</failure>", "skip": "<skipped/>"}.get(outcome, "")
    rows.append(f"<testcase classname={quoteattr(package)} name={quoteattr(test)} time=\"{seconds}\">{inner}</testcase>")
with open("test-reports/go.xml", "w") as file:
    file.write(f"<testsuite name=\"go\" tests=\"{len(rows)}\" failures=\"{failed}\">{''.join(rows)}</testsuite>\n")
if failed:
    print(f"slowlane: {failed} tests failed")
if mode == "coverage" and os.path.exists(profile):
    blocks = {}
    with open(profile) as file:
        for line in file.readlines()[1:]:
            place, statements, count = line.rsplit(" ", 2)
            blocks[place] = (int(statements), blocks.get(place, (0, 0))[1] or int(count) > 0)
    total = sum(statements for statements, _ in blocks.values())
    covered = sum(statements for statements, hit in blocks.values() if hit)
    os.makedirs("coverage-reports", exist_ok=True)
    with open("coverage-reports/go.xml", "w") as file:
        file.write(f"<coverage lines-covered=\"{covered}\" lines-valid=\"{total}\"/>\n")
sys.exit(code)
`;
