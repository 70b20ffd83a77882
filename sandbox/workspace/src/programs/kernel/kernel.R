# The R side of a notebook: R embeds the Python kernel, which runs the cells and hands R's own back to here.
here <- commandArgs(trailingOnly = TRUE)[[1]]
suppressPackageStartupMessages({
  library(reticulate)
  library(jsonlite)
})
sys <- import("sys", convert = FALSE)
sys$path$insert(0L, here)
task <- import("json")$load(import_builtins()$open(file.path(here, "task.json"), encoding = "utf-8"))
kernel <- import("notebook")

names_of_notebook <- new.env(parent = globalenv())
attach(list(), name = "slowlane")
offer <- function(name, value) assign(name, value, envir = as.environment("slowlane"))

# dbutils is R's own set of functions with dots in their names; `dbutils$fs$ls(...)` works as well.
offer_utilities <- function(utilities) {
  offer("dbutils", utilities)
  for (group in c("fs", "secrets", "widgets")) {
    for (name in switch(group,
      fs = c("ls", "head", "put", "mkdirs", "cp", "mv", "rm"),
      secrets = c("get", "list", "listScopes"),
      widgets = c("text", "dropdown", "combobox", "multiselect", "get", "getAll", "remove", "removeAll"))) {
      local({
        part <- utilities[[group]]
        called <- name
        offer(paste("dbutils", group, called, sep = "."), function(...) part[[called]](...))
      })
    }
  }
  offer("dbutils.notebook.exit", function(value = "") stop(structure(class = c("notebook_exit", "error", "condition"),
    list(message = as.character(value), call = NULL))))
  offer("dbutils.notebook.run", function(path, timeout = 0, arguments = NULL) utilities$notebook$run(path, timeout, arguments))
  offer("dbutils.jobs.taskValues.set", function(key, value) utilities$jobs$taskValues$set(key, value))
  offer("dbutils.jobs.taskValues.get", function(taskKey, key, default = NULL, debugValue = NULL)
    utilities$jobs$taskValues$get(taskKey, key, default))
}

evaluate <- function(source, utilities) {
  offer_utilities(utilities)
  python_main <- import("__main__")
  offer("spark", python_main$spark)
  offer("display", function(value) if (is.data.frame(value)) print(value) else python_main$display(value))
  offer("displayHTML", function(html) python_main$displayHTML(html))
  calls <- character()
  printed <- textConnection("text_of_cell", "w", local = TRUE)
  sink(printed)
  result <- tryCatch(
    withCallingHandlers({
      for (expression in parse(text = source, keep.source = FALSE)) {
        value <- withVisible(eval(expression, names_of_notebook))
        if (value$visible) print(value$value)
      }
      list(done = TRUE)
    },
    message = function(said) { cat(conditionMessage(said)); invokeRestart("muffleMessage") },
    error = function(failed) calls <<- vapply(utils::tail(sys.calls(), 30), function(call) substr(paste(deparse(call)[1]), 1, 200), "")),
    notebook_exit = function(end) list(exit = conditionMessage(end)),
    error = function(failed) list(error = conditionMessage(failed), calls = as.list(calls)),
    finally = sink()
  )
  text <- textConnectionValue(printed)
  close(printed)
  if (length(text) > 0) import_builtins()$print(paste(text, collapse = "\n"))
  result
}

quit(save = "no", status = as.integer(kernel$run(task, evaluate)), runLast = FALSE)
