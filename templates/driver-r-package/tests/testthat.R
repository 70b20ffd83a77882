library(testthat)
library(seatsByEngine)
test_check("seatsByEngine")
