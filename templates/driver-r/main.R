# The whole protocol with Slow Lane: read the request document, write result files into the result folder.
source("R/spark.R")
source("R/distances.R")

arguments <- commandArgs(trailingOnly = TRUE)
options <- as.list(setNames(arguments[c(FALSE, TRUE)], sub("^--", "", arguments[c(TRUE, FALSE)])))
request <- jsonlite::fromJSON(options$request)
dir.create(options$result, recursive = TRUE, showWarnings = FALSE)

open_csv("flights", file.path(request$data, "flights.csv"))
routes <- query("SELECT origin, dest, CAST(max(CAST(distance AS INT)) AS INT) AS distance FROM flights GROUP BY origin, dest")
longest <- longest_routes(routes, request$most)
cat(nrow(longest), "routes\n")
writeLines(as_csv(longest), file.path(options$result, "longest.csv"))
