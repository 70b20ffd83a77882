#' Planes and their mean number of seats per engine, by name. `planes` has the columns engine, seats, planes.
seats_by_engine <- function(planes) {
  engines <- sort(unique(planes$engine))
  of <- function(engine) planes[planes$engine == engine, ]
  data.frame(
    engine = engines,
    planes = vapply(engines, function(engine) sum(of(engine)$planes), 0, USE.NAMES = FALSE),
    seats = vapply(engines, function(engine) sum(of(engine)$seats * of(engine)$planes) / sum(of(engine)$planes), 0, USE.NAMES = FALSE)
  )
}

as_csv <- function(table) {
  c("engine,planes,mean_seats", sprintf("%s,%d,%.1f", table$engine, as.integer(table$planes), table$seats))
}
