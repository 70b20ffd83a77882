# Spark from R: SparkR where the cluster has it, else PySpark by reticulate. Both see the same tables.
has_spark_r <- function() requireNamespace("SparkR", quietly = TRUE)

# A CSV file with a head as a table that SQL can name.
open_csv <- function(name, path) {
  run(sprintf("CREATE OR REPLACE TEMPORARY VIEW %s USING csv OPTIONS (path '%s', header 'true')", name, gsub("'", "\\\\'", path)))
}

# Rows of a query as a data frame.
query <- function(sql) {
  if (has_spark_r()) return(SparkR::collect(run(sql)))
  rows <- unlist(run(sql)$toJSON()$collect())
  jsonlite::fromJSON(paste0("[", paste(rows, collapse = ","), "]"))
}

run <- function(sql) {
  if (has_spark_r()) {
    SparkR::sparkR.session()
    return(SparkR::sql(sql))
  }
  reticulate::import("pyspark.sql")$SparkSession$builder$getOrCreate()$sql(sql)
}
