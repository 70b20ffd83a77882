# The routes with the greatest distance, equal ones by their codes.
longest_routes <- function(routes, most) {
  utils::head(routes[order(-routes$distance, routes$origin, routes$dest), c("origin", "dest", "distance")], most)
}

as_csv <- function(routes) {
  c("origin,dest,distance", sprintf("%s,%s,%d", routes$origin, routes$dest, as.integer(routes$distance)))
}
