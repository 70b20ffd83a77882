source("../../R/distances.R")

routes <- data.frame(origin = c("JFK", "EWR", "JFK"), dest = c("LAX", "BOS", "HNL"), distance = c(2475L, 200L, 4983L))

test_that("the longest route comes first and the rest is left out", {
  expect_equal(longest_routes(routes, 2)$dest, c("HNL", "LAX"))
})

test_that("equal distances are ordered by their codes", {
  same <- data.frame(origin = c("LGA", "EWR"), dest = c("BOS", "BOS"), distance = c(200L, 200L))
  expect_equal(longest_routes(same, 1)$origin, "EWR")
})

test_that("a table has a head and a line per route", {
  expect_equal(as_csv(routes[1, ]), c("origin,dest,distance", "JFK,LAX,2475"))
})
