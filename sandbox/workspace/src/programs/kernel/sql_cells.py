"""One SQL statement of a notebook or file, with its parameters and the statements that only notebooks know."""

import re

_create_widget = re.compile(
    r"create\s+widget\s+(text|dropdown|combobox|multiselect)\s+(`[^`]+`|\w+)\s+default\s+('(?:\\.|[^'\\])*'|\"(?:\\.|[^\"\\])*\")"
    r"(?:\s+choices\s+.*)?\s*",
    re.IGNORECASE | re.DOTALL,
)
_remove_widget = re.compile(r"remove\s+widget\s+(`[^`]+`|\w+)\s*", re.IGNORECASE)
_marker = re.compile(r"(?<![:\w])[:](\w+)")
_older_marker = re.compile(r"\$\{([\w.]+)\}|\bgetArgument\(\s*[\"']([\w.]+)[\"']\s*\)")


def run_statement(spark, statement, parameters, widgets=None):
    """The rows of a statement, or None for one about widgets. `:name` and `${name}` take values of `parameters`."""
    created = _create_widget.fullmatch(statement)
    if created and widgets is not None:
        widgets.text(created[2].strip("`"), re.sub(r"\\(.)", r"\1", created[3][1:-1]))
        return None
    removed = _remove_widget.fullmatch(statement)
    if removed and widgets is not None:
        widgets.remove(removed[1].strip("`"))
        return None
    text = _older_marker.sub(lambda found: _older_value(found, parameters), statement)
    used = {name: parameters[name] for name in _marker.findall(text) if name in parameters}
    return spark.sql(text, args=used) if used else spark.sql(text)


def _older_value(found, parameters):
    name = found[1] or found[2]
    if name not in parameters:
        return found[0]
    return str(parameters[name]) if found[1] else "'" + str(parameters[name]).replace("\\", "\\\\").replace("'", "\\'") + "'"
