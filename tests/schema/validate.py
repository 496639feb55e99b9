#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
"""Validates every line in the *.ndjson files of a directory, which the tests wrote, against the schema on stdin, with
everything the schema does not name forbidden. Fails when there was nothing to validate, or an event was never seen."""

import copy
import json
import pathlib
import sys

import jsonschema


def closed(schema):
    """The schema with every object closed: each says type object; what has no type is a part of others."""
    if isinstance(schema, list):
        return [closed(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    result = {key: closed(part) for key, part in schema.items()}
    if result.get("type") == "object":
        composed = "allOf" in result
        result["unevaluatedProperties" if composed else "additionalProperties"] = False
    return result


def event_names(schema):
    return {rule["if"]["properties"]["event_name"]["const"] for rule in schema["allOf"] if "if" in rule}


def fail(message):
    sys.exit(f"validate: {message}")


def check_that_it_can_fail(validator, line):
    """A validator that accepts anything would not be noticed otherwise."""
    top, inner, missing, wrong = (copy.deepcopy(line) for _ in range(4))
    top["surprise"] = 1
    inner["katrace"]["surprise"] = 1
    del missing["sequence"]
    wrong["severity_number"] = 10
    for bad in (top, inner, missing, wrong):
        if validator.is_valid(bad):
            fail(f"the schema accepts {json.dumps(bad)}")


def main(directory):
    schema = json.load(sys.stdin)
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(closed(schema))
    lines, seen = 0, set()
    for path in sorted(pathlib.Path(directory).glob("*.ndjson")):
        for number, text in enumerate(path.read_bytes().splitlines(keepends=True), 1):
            where = f"{path}:{number}"
            if len(text) > 4096 or not text.endswith(b"\n"):
                fail(f"{where}: {len(text)} bytes, or no whole line")
            line = json.loads(text.decode("utf-8"))
            error = jsonschema.exceptions.best_match(validator.iter_errors(line))
            if error:
                fail(f"{where}: {error.json_path}: {error.message}\n{text.decode()}")
            if line["event_name"] not in seen:
                check_that_it_can_fail(validator, line)
            seen.add(line["event_name"])
            lines += 1
    missing = event_names(schema) - seen - set(sys.argv[2:])
    if not lines or missing:
        fail(f"{lines} lines; never seen: {', '.join(sorted(missing)) or 'none'}")
    print(f"validate: {lines} lines of {len(seen)} kinds of event are as the schema says")


main(sys.argv[1])
