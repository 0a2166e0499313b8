"""Carries out statements in DuckDB, one a line, with one thread: answers each with a line of
JSON, the rows as text and the seconds of processor time."""
import json
import sys
import time

import duckdb

db = duckdb.connect()
db.execute("SET threads = 1")
for line in sys.stdin:
    began = time.process_time()
    rows = db.execute(json.loads(line)).fetchall()
    took = time.process_time() - began
    print(json.dumps({"rows": [" | ".join(str(v) for v in r) for r in rows], "seconds": took}), flush=True)
