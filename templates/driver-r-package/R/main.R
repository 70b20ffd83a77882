#' The whole protocol with Slow Lane: read the request document, write result files into the result folder.
main <- function(arguments = commandArgs(trailingOnly = TRUE)) {
  options <- as.list(stats::setNames(arguments[c(FALSE, TRUE)], sub("^--", "", arguments[c(TRUE, FALSE)])))
  request <- jsonlite::fromJSON(options$request)
  dir.create(options$result, recursive = TRUE, showWarnings = FALSE)
  writeLines(as_csv(seats_by_engine(planes_of(request$data))), file.path(options$result, "seats.csv"))
}

#' Planes per engine and number of seats, counted by Spark: SparkR where the cluster has it, else PySpark.
planes_of <- function(data) {
  sql <- sprintf("SELECT engine, CAST(seats AS INT) AS seats, CAST(count(*) AS INT) AS planes FROM planes GROUP BY engine, seats")
  view <- sprintf("CREATE OR REPLACE TEMPORARY VIEW planes USING csv OPTIONS (path '%s/planes.csv', header 'true')", data)
  if (requireNamespace("SparkR", quietly = TRUE)) {
    SparkR::sparkR.session()
    SparkR::sql(view)
    return(SparkR::collect(SparkR::sql(sql)))
  }
  spark <- reticulate::import("pyspark.sql")$SparkSession$builder$getOrCreate()
  spark$sql(view)
  jsonlite::fromJSON(paste0("[", paste(unlist(spark$sql(sql)$toJSON()$collect()), collapse = ","), "]"))
}
