# Databricks notebook source
import json
from pathlib import Path


def read_request(path):
    return json.loads(Path(path).read_text(encoding="utf-8"))


def write_result(folder, name, text):
    Path(folder).mkdir(parents=True, exist_ok=True)
    (Path(folder) / name).write_text(text, encoding="utf-8")
