"""A backend in ten lines of Python: malicious is what has EICAR's words in it. --backend 'own=exec:python3 backend.py'"""
import json, sys

print('{"hello":{"protocol":1,"name":"python","version":"1","signatures":"words-1"}}', flush=True)
for line in sys.stdin.buffer:
    scan = json.loads(line)["scan"]
    found = b"STANDARD-ANTIVIRUS-TEST" in sys.stdin.buffer.read(scan["size"])
    reply = {"verdict": "malicious", "confidence": 1.0, "family": "Eicar", "findings": ["words"]}
    reply = reply if found else {"verdict": "benign", "confidence": 0.5}
    print(json.dumps({"id": scan["id"], **reply}), flush=True)
