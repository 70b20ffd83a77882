"""Does what most programs do on Spark, so that the classes they need are loaded when the class archive is written at exit."""

import os
import tempfile

from pyspark.sql import SparkSession, functions

spark = SparkSession.builder.getOrCreate()
rows = spark.range(200).withColumn("key", functions.col("id") % 7).withColumn("text", functions.col("id").cast("string"))
folder = tempfile.mkdtemp()
for form in ("csv", "json", "parquet"):
    rows.coalesce(1).write.mode("overwrite").option("header", "true").format(form).save(f"file:{folder}/{form}")
csv = spark.read.option("header", "true").option("inferSchema", "true").csv(f"file:{folder}/csv")
csv.createOrReplaceTempView("rows")
spark.sql("SELECT key, count(*) AS n, avg(id) AS mean FROM rows WHERE id > 3 GROUP BY key ORDER BY n DESC").collect()
parquet = spark.read.parquet(f"file:{folder}/parquet").alias("p")
parquet.join(spark.read.json(f"file:{folder}/json").alias("j"), "id").groupBy("p.key").count().collect()
spark.sparkContext.parallelize(range(10), 2).map(lambda value: value + 1).sum()

# The format of tables where nothing else is asked for: Delta, where the Spark home has it.
rows.coalesce(1).write.mode("overwrite").saveAsTable("classes")
spark.table("classes").filter("key > 1").groupBy("key").count().collect()
if spark.conf.get("spark.sql.sources.default") == "delta":
    spark.sql("DELETE FROM classes WHERE key = 1")
    spark.sql("UPDATE classes SET text = 'x' WHERE key = 2")
    stream = spark.readStream.table("classes").writeStream.trigger(availableNow=True)
    stream.option("checkpointLocation", os.path.join(folder, "check")).toTable("copy").awaitTermination()
spark.stop()
