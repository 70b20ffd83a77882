/** The programs of the tests on flights, as cells of notebooks; the data's folder comes in as widget `data`, the figures go out as JSON. */
export const python = {
  read: `data = dbutils.widgets.get("data")
import json
from pyspark.sql import functions as F
read = lambda name: spark.read.option("header", True).option("nullValue", "NA").csv(f"{data}/{name}")
flights = read("flights.csv")
result = {"flights": flights.count()}`,
  join: `result["perOrigin"] = {row["origin"]: row["count"] for row in flights.groupBy("origin").count().collect()}
top = flights.join(read("airlines.csv"), "carrier").groupBy("name").count().orderBy(F.desc("count")).first()
result["topAirline"] = [top["name"], top["count"]]`,
  words: `words = spark.read.text(f"{data}/airlines.csv").rdd.flatMap(lambda row: row[0].lower().replace(",", " ").split())
result["words"] = words.map(lambda word: (word, 1)).reduceByKey(lambda a, b: a + b).lookup("airlines")[0]`,
  regression: `from pyspark.ml.feature import VectorAssembler
from pyspark.ml.regression import LinearRegression
rows = flights.select(F.col("dep_delay").cast("double").alias("x"), F.col("arr_delay").cast("double").alias("label")).dropna()
model = LinearRegression().fit(VectorAssembler(inputCols=["x"], outputCol="features").transform(rows))
result["slope"], result["intercept"] = model.coefficients[0], model.intercept`,
  delta: `flights.select("origin", "carrier").write.mode("overwrite").saveAsTable("main.default.flights")
spark.sql("DELETE FROM flights WHERE origin = 'JFK'")
result["delta"] = [spark.table("flights").count(), spark.sql("SELECT * FROM flights VERSION AS OF 0").count()]`,
  stream: `stream = spark.readStream.table("main.default.flights").writeStream.trigger(availableNow=True).option("checkpointLocation", f"{data}/check").toTable("main.default.copy")
stream.awaitTermination()
result["streamed"] = spark.table("main.default.copy").count()`,
  exit: `dbutils.notebook.exit(json.dumps(result))`,
};

export const scala = {
  read: `val data = dbutils.widgets.get("data")
def read(name: String) = spark.read.option("header", "true").option("nullValue", "NA").csv(s"$data/$name")
val flights = read("flights.csv")
val total = flights.count()`,
  join: `val perOrigin = flights.groupBy("origin").count().as[(String, Long)].collect().toMap
val top = flights.join(read("airlines.csv"), "carrier").groupBy("name").count().orderBy(desc("count")).as[(String, Long)].first()`,
  words: `val words = spark.read.textFile(s"$data/airlines.csv").flatMap(_.toLowerCase.replace(",", " ").split("\\\\s+")).filter(_ == "airlines").count()`,
  ml: `import org.apache.spark.ml.feature.VectorAssembler
import org.apache.spark.ml.regression.LinearRegression
import org.apache.spark.ml.clustering.KMeans
val rows = flights.select($"dep_delay".cast("double").as("x"), $"arr_delay".cast("double").as("label")).na.drop()
val vectors = new VectorAssembler().setInputCols(Array("x")).setOutputCol("features").transform(rows)
val model = new LinearRegression().fit(vectors)
val centers = new KMeans().setK(2).setSeed(1).fit(vectors).clusterCenters.map(_(0)).sorted`,
  delta: `flights.select("origin").write.mode("overwrite").saveAsTable("main.default.scalaflights")
spark.sql("UPDATE main.default.scalaflights SET origin = 'X' WHERE origin = 'EWR'")
val changed = spark.table("main.default.scalaflights").where("origin = 'X'").count()`,
  stream: `flights.select("origin").write.mode("overwrite").saveAsTable("main.default.scalasource")
spark.readStream.table("main.default.scalasource").writeStream.trigger(org.apache.spark.sql.streaming.Trigger.AvailableNow()).option("checkpointLocation", s"$data/scala-check").toTable("main.default.scalacopy").awaitTermination()
val streamed = spark.table("main.default.scalacopy").count()`,
  /** `more` is a text of further fields. */
  exit: `val origins = perOrigin.map { case (name, count) => "\\"" + name + "\\":" + count }.mkString("{", ",", "}")
dbutils.notebook.exit(s"""{"flights":$total,"perOrigin":$origins,"topAirline":["\${top._1}",\${top._2}],"words":$words,"changed":$changed$more}""")`,
  noMore: 'val more = ""',
  allMore:
    'val more = s""","slope":${model.coefficients(0)},"intercept":${model.intercept},"ordered":${centers(0) < centers(1)},"streamed":$streamed"""',
};

/** Spark and its machine learning through the Python that R embeds. */
export const r = {
  read: `data <- dbutils.widgets.get("data")
read <- function(name) spark$read$option("header", TRUE)$option("nullValue", "NA")$csv(file.path(data, name))
flights <- read("flights.csv")
result <- list(flights = flights$count())`,
  join: `top <- flights$join(read("airlines.csv"), "carrier")$groupBy("name")$count()$orderBy("count", ascending = FALSE)$first()
result$topAirline <- list(top[["name"]], top[["count"]])`,
  words: `words <- spark$read$text(file.path(data, "airlines.csv"))$selectExpr("explode(split(replace(lower(value), ',', ' '), ' ')) AS word")
result$words <- words$where("word = 'airlines'")$count()`,
  regression: `rows <- flights$selectExpr("double(dep_delay) AS x", "double(arr_delay) AS label")$dropna()
assembler <- reticulate::import("pyspark.ml.feature")$VectorAssembler(inputCols = list("x"), outputCol = "features")
model <- reticulate::import("pyspark.ml.regression")$LinearRegression()$fit(assembler$transform(rows))
result$slope <- unlist(model$coefficients$toArray()$tolist())
result$intercept <- model$intercept`,
  delta: `flights$select("origin")$write$mode("overwrite")$saveAsTable("main.default.rflights")
invisible(spark$sql("DELETE FROM main.default.rflights WHERE origin = 'JFK'"))
result$left <- spark$table("main.default.rflights")$count()`,
  stream: `writer <- spark$readStream$table("main.default.rflights")$writeStream$trigger(availableNow = TRUE)
stream <- writer$option("checkpointLocation", file.path(data, "r-check"))$toTable("main.default.rcopy")
invisible(stream$awaitTermination())
result$streamed <- spark$table("main.default.rcopy")$count()`,
  exit: `dbutils.notebook.exit(as.character(jsonlite::toJSON(result, auto_unbox = TRUE, digits = NA)))`,
};
