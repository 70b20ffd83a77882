# Databricks notebook source
# MAGIC %md
# MAGIC # Flights per carrier and month
# MAGIC The whole protocol with Slow Lane: the widgets `request` and `result` hold the path of the request document and the folder for the result files.

# COMMAND ----------

# MAGIC %run ./helpers/protocol

# COMMAND ----------

request = read_request(dbutils.widgets.get("request"))
flights = spark.read.option("header", "true").csv(f"{request['data']}/flights.csv")
flights.createOrReplaceTempView("flights")

# COMMAND ----------

from months import table

rows = spark.sql("SELECT carrier, CAST(month AS INT) AS month, count(*) AS flights FROM flights GROUP BY carrier, month").collect()
counted = table([(row.carrier, row.month, row.flights) for row in rows], request["carriers"])
write_result(dbutils.widgets.get("result"), "months.csv", counted)

# COMMAND ----------

dbutils.notebook.exit(f"{len(request['carriers'])} carriers")
