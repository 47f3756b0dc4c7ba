"""What yara-python says: matches.py RULES, paths on standard input, a JSON object for each on standard output."""
import json
import os
import sys

import yara

NAMES = ("filename", "filepath", "extension", "filetype", "owner")


def externals(path):
    """The variables as engine-yara defines them."""
    extension = os.path.splitext(os.path.basename(path))[1].lower()
    return dict(zip(NAMES, (os.path.basename(path), path, "" if extension == "." else extension, "", "")))


rules = yara.compile(filepath=sys.argv[1], externals=dict.fromkeys(NAMES, ""))
for path in sys.stdin.read().splitlines():
    with open(path, "rb") as file:
        content = file.read()
    matches = rules.match(data=content, externals=externals(path), timeout=300, allow_duplicate_metadata=True)
    print(json.dumps({m.rule: {"tags": sorted(m.tags), "meta": m.meta} for m in matches}), flush=True)
