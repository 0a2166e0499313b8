"""Says how many rows millrace and onnxruntime answer in a second, in turns, of the same models: speed.py MILLRACE

One thread each, 1,024 rows at a time, processor time, the best of three turns of one second.
Needs numpy and onnxruntime, which make models installs.
"""
import glob, os, re, subprocess, sys, tempfile, time
import numpy as np
import onnxruntime

BATCH, BATCHES, TURNS, SECONDS = 1024, 16, 3, 1.0
millrace = sys.argv[1]


def session(path):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def theirs(s):
    """Rows a second of onnxruntime."""
    x = np.random.default_rng(7).normal(size=(BATCHES, BATCH, s.get_inputs()[0].shape[1])).astype(np.float32)
    best, end = 0.0, time.perf_counter() + SECONDS
    while time.perf_counter() < end:
        began = time.process_time()
        for batch in x:
            s.run(None, {"x": batch})
        best = max(best, BATCHES * BATCH / (time.process_time() - began))
    return best


def ours(name):
    """Rows a second of millrace."""
    out = subprocess.run([millrace, "bench", "models", "--model", name, "--time", "%gs" % SECONDS], check=True, capture_output=True, text=True).stdout
    return float(re.search(r"rows_per_s=(\d+)", out).group(1))


with tempfile.TemporaryDirectory() as dir:
    subprocess.run([millrace, "bench", "models", "--write", dir], check=True)
    print("onnxruntime %s, one thread, batch=%d" % (onnxruntime.__version__, BATCH))
    for path in sorted(glob.glob(os.path.join(dir, "*.onnx"))):
        name, s = os.path.splitext(os.path.basename(path))[0], session(path)
        a = b = 0.0
        for _ in range(TURNS):
            a, b = max(a, ours(name)), max(b, theirs(s))
        print("model %s millrace_rows_per_s=%.0f onnxruntime_rows_per_s=%.0f ratio=%.2f" % (name, a, b, a / b), flush=True)
