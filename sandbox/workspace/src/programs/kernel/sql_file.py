"""Runs the statements of a SQL file on Spark and prints what they give."""

from sql_cells import run_statement


def run(task):
    from pyspark.sql import SparkSession

    spark = SparkSession.builder.getOrCreate()
    for statement in task["statements"]:
        rows = run_statement(spark, statement, task["parameters"])
        if rows is not None and len(rows.columns) > 0:
            rows.show(1000, truncate=False)
    spark.stop()
