"""The whole protocol with Slow Lane: read the request document, write result files into the result folder."""

import argparse
import json
from pathlib import Path

from pyspark.sql import SparkSession

from delay_weather.delays import delays_by_weather
from delay_weather.report import to_csv, to_json


def main() -> None:
    parser = argparse.ArgumentParser(prog="delay-weather")
    parser.add_argument("--request", type=Path, required=True)
    parser.add_argument("--result", type=Path, required=True)
    options = parser.parse_args()
    request = json.loads(options.request.read_text(encoding="utf-8"))
    options.result.mkdir(parents=True, exist_ok=True)

    spark = SparkSession.builder.appName("delay-weather").getOrCreate()
    rows = delays_by_weather(spark, request["data"], request["origins"], request["months"])
    print(f"{len(rows)} rows for {', '.join(request['origins'])}, months {request['months']}")

    (options.result / "weather.json").write_text(to_json(rows), encoding="utf-8")
    (options.result / "weather.csv").write_text(to_csv(rows), encoding="utf-8")


if __name__ == "__main__":
    main()
