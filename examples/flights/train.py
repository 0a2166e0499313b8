"""Trains the delay model of the demo: train.py --csv DIR, or train.py --url URL.

The rows come from the view delay_features of a Millrace server, in CSV: COPY (SELECT …) TO STDOUT.
With --csv that is a server of its own, started from --millrace on a folder that goes away, into which
the flights and the weather of DIR are copied; with --url it is one that runs, such as the demo's.
Writes the model where --out says and prints what it is worth on the rows it was not trained on.
"""
import argparse, contextlib, gzip, io, os, re, subprocess, sys, tempfile

import lightgbm as lgb
import pandas as pd
from sklearn.metrics import log_loss, roc_auc_score

HERE = os.path.dirname(os.path.abspath(__file__))
NUMBERS = ["dep_delay", "distance", "departs", "scheduled", "weekday", "temp", "wind_speed", "precip", "visib"]
CODES = ["carrier", "origin", "dest"]
# The months that the shipped model was trained on. January, which the demo streams, is not among them.
TRAIN = "time_hour >= '2013-02-01' AND time_hour < '2013-10-01'"


def options():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    where = p.add_mutually_exclusive_group(required=True)
    where.add_argument("--csv", metavar="DIR", help="flights and weather, .csv or .csv.gz")
    where.add_argument("--url", help="a server that has the demo's schema and flights")
    p.add_argument("--train", default=TRAIN, help="the rows to train on, as a condition in SQL; all others are held out")
    p.add_argument("--out", default=os.path.join(HERE, "delay.txt"))
    p.add_argument("--millrace", default=os.path.join(HERE, "..", "..", "bin", "millrace"))
    return p.parse_args()


def ask(o, url, *statements, rows=None):
    """What the statements print; rows go to the COPY among them."""
    command = [o.millrace, "sql", url] + [a for s in statements for a in ("-c", s)]
    return subprocess.run(command, input=rows, stdout=subprocess.PIPE, check=True).stdout


def lines(folder, name):
    """A file of CSV by its lines."""
    path = os.path.join(folder, name + ".csv")
    with open(path, "rb") if os.path.exists(path) else gzip.open(path + ".gz") as f:
        return f.readlines()


@contextlib.contextmanager
def server(o):
    """The address of a server that has the files of --csv, while it runs."""
    with tempfile.TemporaryDirectory() as data:
        command = [o.millrace, "serve", "--data", os.path.join(data, "data"), "--listen", "127.0.0.1:0", "--http", "off"]
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as s:
            try:
                url = "postgres://millrace@%s/millrace" % re.search(r"address=(\S+)", s.stderr.readline()).group(1)
                for script in ("schema.sql", "features.sql"):
                    subprocess.run([o.millrace, "sql", url, "-f", os.path.join(HERE, script)], stdout=subprocess.DEVNULL, check=True)
                for table in ("weather", "flights"):
                    header, *rows = lines(o.csv, table)
                    rows.sort(key=lambda row: row.rstrip().rsplit(b",", 1)[1])  # time_hour, the last column, is the order of events
                    ask(o, url, f"COPY {table} FROM STDIN WITH (FORMAT csv, NULL 'NA')", rows=b"".join(rows))
                yield url
            finally:
                s.terminate()


def frame(o, url):
    """The features, what came of them, and whether a row is one to train on."""
    columns = ", ".join(["time_hour", "late::int AS late", f"({o.train})::int AS train"] + NUMBERS + CODES)
    text = ask(o, url, f"COPY (SELECT {columns} FROM delay_features WHERE late IS NOT NULL "
                       "ORDER BY time_hour, carrier, flight, origin, departs) TO STDOUT WITH (FORMAT csv, HEADER)")
    f = pd.read_csv(io.BytesIO(text), keep_default_na=False, na_values={n: [""] for n in NUMBERS})
    f[NUMBERS] = f[NUMBERS].astype(float)
    return f.astype({c: "category" for c in CODES})


def train(f):
    """Small on purpose: 40 trees of 16 leaves. One thread and a seed make the same file again."""
    settings = {"objective": "binary", "num_leaves": 16, "learning_rate": 0.15, "min_data_in_leaf": 100, "max_cat_threshold": 16,
                "cat_smooth": 50, "seed": 1, "deterministic": True, "force_row_wise": True, "num_threads": 1, "verbose": -1}
    return lgb.train(settings, lgb.Dataset(f[NUMBERS + CODES], f.late), 40)


def report(f, score):
    """AUC and log-loss by month and of all, and how often those of a score were late."""
    def line(name, rows):
        at = score[rows.index]
        print("%-8s %8d %9.4f %8.4f %9.4f" % (name, len(rows), rows.late.mean(), roc_auc_score(rows.late, at), log_loss(rows.late, at)))
    print("held out     rows      late      AUC  log-loss")
    for month, rows in f.groupby(f.time_hour.str[:7]):
        if rows.late.nunique() == 2:
            line(month, rows)
    line("all", f)
    print("\n  score      rows      mean      late")
    for decile, rows in f.groupby((score * 10).astype(int).clip(upper=9)):
        print("%.1f–%.1f  %8d %9.4f %9.4f" % (decile / 10, decile / 10 + 0.1, len(rows), score[rows.index].mean(), rows.late.mean()))


def main():
    o = options()
    with contextlib.nullcontext(o.url) if o.url else server(o) as url:
        f = frame(o, url)
    known, held = f[f.train == 1], f[f.train == 0].reset_index(drop=True)
    if known.late.nunique() < 2 or held.late.nunique() < 2:
        sys.exit(f"{len(known)} rows to train on and {len(held)} others: both need late flights and others; see --train")
    model = train(known)
    model.save_model(o.out)
    print(f"{o.out}: {os.path.getsize(o.out)} bytes, of {len(known)} rows\n")
    report(held, pd.Series(model.predict(held[NUMBERS + CODES])))


main()
