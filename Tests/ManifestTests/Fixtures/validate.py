"""Validates YAML documents against a JSON Schema, with PyPI's jsonschema and PyYAML.

python3 validate.py INPUT, where INPUT is JSON: {"schema": ..., "documents": [TEXT, ...]}.
Prints a JSON list: for each document null where it is valid, or the first reason why it is not.
"""

import json
import sys

import jsonschema
import yaml


class Loader(yaml.SafeLoader):
    """YAML 1.2's core schema where it matters: yes, no, on and off are text."""


Loader.yaml_implicit_resolvers = {
    first: [
        (tag, pattern)
        for tag, pattern in resolvers
        if tag not in ("tag:yaml.org,2002:bool", "tag:yaml.org,2002:timestamp")
    ]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
Loader.add_implicit_resolver(
    "tag:yaml.org,2002:bool",
    __import__("re").compile("^(?:true|True|TRUE|false|False|FALSE)$"),
    list("tTfF"),
)


def reason(validator, text):
    try:
        document = yaml.load(text, Loader)
    except Exception as error:  # Whatever it cannot read is refused.
        return "not readable: " + str(error)
    errors = sorted(validator.iter_errors(document), key=lambda e: list(map(str, e.path)))
    return errors[0].message if errors else None


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        task = json.load(file)
    schema = json.loads(task["schema"])
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    print(json.dumps([reason(validator, text) for text in task["documents"]]))


main()
