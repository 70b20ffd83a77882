/** Where the programs lie, relative to `/work`. */
export const resolveScript = 'home/slowlane/resolve.R';
export const companionsScript = 'home/slowlane/companions.R';
export const testScript = 'home/slowlane/test.R';
export const packagesFile = 'home/slowlane/packages.txt';

/** Fetches what the lock names as source packages and installs it below `/work/home`, once: in the order of what they need. */
export const resolveProgram = `wanted <- read.table("/work/home/slowlane/packages.txt", colClasses = "character", col.names = c("name", "version"))
sources <- "/work/home/cran"
library_folder <- "/work/home/rlib"
dir.create(sources, recursive = TRUE, showWarnings = FALSE)
dir.create(library_folder, recursive = TRUE, showWarnings = FALSE)
options(timeout = 120)
fetch <- function(name, version) {
  file <- paste0(name, "_", version, ".tar.gz")
  target <- file.path(sources, file)
  if (file.exists(target)) return(invisible())
  base <- "http://127.0.0.1:3128/cran/src/contrib/"
  for (path in c(file, paste0("Archive/", name, "/", file))) {
    part <- paste0(target, ".part")
    failed <- tryCatch(utils::download.file(paste0(base, path), part, quiet = TRUE, mode = "wb"),
      error = conditionMessage, warning = conditionMessage)
    if (identical(failed, 0L)) {
      file.rename(part, target)
      return(invisible())
    }
    if (any(grepl("403", failed, fixed = TRUE))) stop("HTTP 403: the gateway does not serve ", path)
  }
  stop("Could not fetch the R package ", name, " ", version, ": neither among the current packages of CRAN nor in its archive")
}
for (row in seq_len(nrow(wanted))) fetch(wanted$name[row], wanted$version[row])
tools::write_PACKAGES(sources, type = "source")
.libPaths(c(library_folder, .libPaths()))
isThere <- function(name, version) {
  found <- tryCatch(as.character(utils::packageVersion(name, lib.loc = library_folder)), error = function(e) "")
  found != "" && utils::compareVersion(found, version) == 0
}
open <- wanted$name[!mapply(isThere, wanted$name, wanted$version)]
if (length(open) > 0)
  utils::install.packages(open, lib = library_folder, contriburl = paste0("file://", sources), type = "source", dependencies = FALSE)
absent <- wanted$name[!mapply(isThere, wanted$name, wanted$version)]
if (length(absent) > 0) stop("These R packages could not be installed: ", paste(absent, collapse = ", "))
cat(nrow(wanted), "packages of renv.lock\\n")
`;

/** Puts the source packages of the lock beside the program. */
export const companionsProgram = `wanted <- read.table("/work/home/slowlane/packages.txt", colClasses = "character", col.names = c("name", "version"))
files <- file.path("/work/home/cran", paste0(wanted$name, "_", wanted$version, ".tar.gz"))
for (file in files[!file.exists(files)]) cat("Not in the cache of R packages:", basename(file), "\\n")
if (!all(file.exists(files))) quit(status = 1)
dir.create("/work/out/lib", recursive = TRUE, showWarnings = FALSE)
stopifnot(file.copy(files, "/work/out/lib", overwrite = TRUE))
`;

/** \`test.R FOLDER PACKAGE|- COVERAGE\`: testthat with a JUnit report, then covr with a Cobertura report, of an installation of its own. */
export const testProgram = `given <- commandArgs(trailingOnly = TRUE)
folder <- given[[1]]
package <- if (given[[2]] == "-") NULL else given[[2]]
measured <- given[[3]] == "coverage"
for (name in c("testthat", "xml2", if (measured) "covr"))
  if (!requireNamespace(name, quietly = TRUE)) stop("The tests need the R package ", name, ", which is neither in renv.lock nor on this machine")
library(testthat)
dir.create("test-reports", showWarnings = FALSE)
reporter <- MultiReporter$new(list(CheckReporter$new(), JunitReporter$new(file = file.path(getwd(), "test-reports", "testthat.xml"))))
results <- test_dir(folder, package = package, load_package = if (is.null(package)) "none" else "installed",
  reporter = reporter, stop_on_failure = FALSE)
figures <- as.data.frame(results)
bad <- sum(figures$failed) + sum(figures$error)
if (bad > 0) {
  cat("slowlane:", bad, "tests failed\\n")
  quit(status = 1)
}
if (measured) {
  dir.create("coverage-reports", showWarnings = FALSE)
  covered <- if (is.null(package)) {
    sources <- list.files(c("R", "."), pattern = "[.][rR]$", full.names = TRUE)
    sources <- sources[!grepl("main[.][rR]$", sources)]
    tests <- normalizePath(list.files(folder, pattern = "^test.*[.][rR]$", full.names = TRUE))
    covr::file_coverage(normalizePath(sources), tests)
  } else {
    covr::package_coverage(".", type = "tests", quiet = TRUE, clean = FALSE)
  }
  covr::to_cobertura(covered, filename = "coverage-reports/coverage.xml")
}
`;
