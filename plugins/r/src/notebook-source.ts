import type { Program } from './program-of.ts';

/** The name under which the notebook lies in the set. */
export const notebookFile = 'slowlane_main.r';

/**
 * The notebook that runs the program: installs what travels with it, then calls it as `Rscript` would. R has no task of its own on Databricks.
 * The first comment says what it runs, for `inspect`.
 */
export function notebookSource(program: Program): string {
  const about =
    program.kind === 'package'
      ? `# slowlane: package ${program.description.package} ${program.description.version} ${program.entry}`
      : `# slowlane: script ${program.script}`;
  const call =
    program.kind === 'package'
      ? `${program.description.package}::${program.entry}()`
      : `source(file.path(slowlane_home, ${JSON.stringify(program.script)}), chdir = TRUE)`;
  return `# Databricks notebook source
${about}
slowlane_home <- dbutils.widgets.get("slowlane_home")
slowlane_install <- function() {
  count <- as.integer(dbutils.widgets.get("slowlane_libraries"))
  if (count == 0) return(invisible())
  library_folder <- file.path(tempdir(), "slowlane-library")
  repository <- file.path(tempdir(), "slowlane-repository")
  dir.create(library_folder, showWarnings = FALSE)
  dir.create(repository, showWarnings = FALSE)
  files <- vapply(seq_len(count), function(number) dbutils.widgets.get(paste0("slowlane_library_", number)), "")
  stopifnot(file.copy(files, repository, overwrite = TRUE))
  tools::write_PACKAGES(repository, type = "source")
  .libPaths(c(library_folder, .libPaths()))
  names <- rownames(utils::available.packages(contriburl = paste0("file://", repository), filters = list()))
  utils::install.packages(names, lib = library_folder, contriburl = paste0("file://", repository), type = "source",
    dependencies = FALSE, quiet = TRUE)
  absent <- setdiff(names, rownames(utils::installed.packages(library_folder)))
  if (length(absent) > 0) stop("these packages could not be installed: ", paste(absent, collapse = ", "))
}
slowlane_install()

# COMMAND ----------

slowlane_arguments <- c("--request", dbutils.widgets.get("request"), "--result", dbutils.widgets.get("result"))
# Where packages look for arguments as well: in base itself.
suppressWarnings(unlockBinding("commandArgs", baseenv()))
assign("commandArgs", local({
  arguments <- slowlane_arguments
  function(trailingOnly = FALSE) if (trailingOnly) arguments else c("R", "--args", arguments)
}), envir = baseenv())

# COMMAND ----------

${call}
`;
}
