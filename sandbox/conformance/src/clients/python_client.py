"""Drives databricks-sdk: reads calls as lines of JSON, answers each with one line. A call is named as the SDK names it."""

import base64
import enum
import io
import json
import os
import sys
import typing

from databricks.sdk import WorkspaceClient
from databricks.sdk.errors import DatabricksError, NotFound, ResourceDoesNotExist

client = WorkspaceClient(host=os.environ["DATABRICKS_HOST"], token=os.environ["DATABRICKS_TOKEN"])


def main():
    for line in sys.stdin:
        request = json.loads(line)
        try:
            answer = {"body": call(request)}
        except DatabricksError as error:
            missing = isinstance(error, (NotFound, ResourceDoesNotExist))
            answer = failure(str(error), error.error_code, missing)
        except Exception as error:  # the suite shows what a user of the SDK would have seen
            answer = failure(f"{type(error).__name__}: {error}", None, False)
        print(json.dumps(answer), flush=True)


def failure(message, code, missing):
    return {"body": {}, "error": {"code": code, "message": message, "isMissing": missing}}


def call(request):
    given = dict(request["with"])
    if request["call"] == "principal.me":
        return as_principal(given).current_user.me().as_dict()
    service, name = request["call"].split(".")
    method = getattr(getattr(client, service), name)
    if request["call"] == "files.upload":
        encoded = given.pop("contents_base64", None)
        text = given.pop("contents", "").encode() * given.pop("contents_times", 1)
        given["contents"] = io.BytesIO(base64.b64decode(encoded) if encoded else text)
    hints = typing.get_type_hints(method)
    result = method(**{key: typed(value, hints.get(key)) for key, value in given.items()})
    if request["call"] == "files.download":
        return {"contents": result.contents.read().decode()}
    if request["list"] is not None and not hasattr(result, "as_dict"):
        return {request["list"]: [plain(one) for one in result]}
    answer = plain(getattr(result, "response", result))
    return answer if isinstance(answer, dict) else {}


def as_principal(given):
    secret = given["client_secret"]
    return WorkspaceClient(host=os.environ["DATABRICKS_HOST"], client_id=given["client_id"], client_secret=secret, auth_type="oauth-m2m")


def typed(value, hint):
    """The SDK's own class for a value of JSON."""
    options = [one for one in typing.get_args(hint) if one is not type(None)]
    origin = typing.get_origin(hint)
    if origin is typing.Union and options:
        return typed(value, options[0])
    if origin is list and isinstance(value, list):
        return [typed(one, options[0]) for one in value]
    if origin is dict or not isinstance(hint, type):
        return value
    if issubclass(hint, enum.Enum):
        return hint(value)
    return hint.from_dict(value) if hasattr(hint, "from_dict") and isinstance(value, dict) else value


def plain(value):
    if hasattr(value, "as_dict"):
        return value.as_dict()
    return value if isinstance(value, (dict, list, str, int)) else None


main()
