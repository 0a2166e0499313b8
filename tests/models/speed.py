"""Trains the models of two sizes and says how many rows onnxruntime answers: speed.py DIR

One thread, 1,024 rows at a time. The models and rows become cases of DIR, which
`go test -bench Library ./tests/models` measures with MILLRACE_MODEL_CASES=DIR.
Needs lightgbm, onnxmltools, onnxruntime and pandas.
"""
import sys, time
import lightgbm as lgb
import numpy as np
import onnxruntime as ort
import pandas as pd
from onnxmltools import convert_lightgbm
from onnxmltools.convert.common.data_types import FloatTensorType
from train import write

rng = np.random.default_rng(3)
FEATURES, BATCH = 28, 1024
x = rng.normal(size=(50_000, FEATURES)).astype(np.float32)
y = (x[:, 0] * x[:, 1] + np.sin(3 * x[:, 2]) + (x[:, 3:9] ** 2).sum(axis=1) / 3 + x[:, 9:].sum(axis=1) / 4 + rng.normal(size=len(x)) > 2)

for trees, leaves in ((100, 32), (1000, 64)):
    m = lgb.train({"objective": "binary", "num_leaves": leaves, "verbose": -1, "num_threads": 1}, lgb.Dataset(x, y), trees)
    rows = x[:BATCH]
    write("%dx%d" % (trees, leaves), "lightgbm", m.save_model, pd.DataFrame(rows.astype(float), columns=m.feature_name()), m.predict(rows), relative=1e-6)
    graph = convert_lightgbm(m, initial_types=[("x", FloatTensorType([None, FEATURES]))], zipmap=False, target_opset=15)
    o = ort.SessionOptions()
    o.intra_op_num_threads = o.inter_op_num_threads = 1
    s = ort.InferenceSession(graph.SerializeToString(), o, providers=["CPUExecutionProvider"])
    best = float("inf")
    for _ in range(30 if trees == 100 else 6):
        began = time.process_time()
        s.run(None, {"x": rows})
        best = min(best, time.process_time() - began)
    print("%d trees of %d leaves: onnxruntime %d rows in a second of processor time" % (trees, leaves, BATCH / best), flush=True)
