# SPDX-FileCopyrightText: The vmfc authors
# SPDX-License-Identifier: Apache-2.0
"""What the dashboards of data/dashboards ask."""

import json
import os
import re

HERE = os.path.dirname(os.path.abspath(__file__))
DATA = os.path.join(HERE, "../../data/dashboards")
METRICS = os.path.join(HERE, "../../data/doc/metrics.md")
RULES = os.path.join(DATA, "rules.yml")


def known_metrics():
    """As the program tells them; a test of the sink compares the document with it."""
    with open(METRICS, encoding="utf-8") as file:
        table = re.search(r"```text\nMETRIC .*?\n(.*?)\n```", file.read(), re.S)[1]
    return {re.match(r"\w+", line)[0] for line in table.splitlines()}


def read_dashboard(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def dashboard_queries(board):
    """Returns: the expression of each target of each panel"""
    return [target["expr"] for panel in board["panels"] for target in panel["targets"]]


def expression_text(expression, **values):
    """The expression with what Grafana puts in for variables."""
    values = {"__rate_interval": "1m", "__range": "15m", "job": "fleet", "instance": "vm-0001",
              "vm_id": ".*", "zone": "package", **values}
    for name, value in sorted(values.items(), key=lambda item: -len(item[0])):
        expression = expression.replace("${" + name + "}", value).replace("$" + name, value)
    return expression
