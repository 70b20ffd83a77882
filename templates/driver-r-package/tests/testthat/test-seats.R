planes <- data.frame(engine = c("Turbo-fan", "Reciprocating", "Turbo-fan"), seats = c(100, 4, 200), planes = c(1, 5, 3))

test_that("seats are averaged over planes, not over rows", {
  expect_equal(seats_by_engine(planes)$seats, c(4, 175))
})

test_that("engines are ordered by name", {
  expect_equal(seats_by_engine(planes)$engine, c("Reciprocating", "Turbo-fan"))
})

test_that("a table has a head and a line per engine", {
  expect_equal(as_csv(seats_by_engine(planes[2, ])), c("engine,planes,mean_seats", "Reciprocating,5,4.0"))
})
