"""Says how many rows onnxruntime answers in a second, of some scikit-learn models: speed_onnx.py DIR

One thread, 1,024 rows at a time. The models and rows become cases of DIR, which
`go test -bench Library ./tests/models` measures with MILLRACE_MODEL_CASES=DIR.
"""
import os, sys, time
import numpy as np
import onnxruntime
import train_onnx as train
from train_onnx import (HistGradientBoostingRegressor, LogisticRegression, MLPRegressor, RandomForestRegressor, StandardScaler,
                        make_pipeline)

BATCH = 1024
x = train.rng.normal(size=(4096, 28))
y = x[:, 0] * x[:, 1] + np.sin(3 * x[:, 2]) + x[:, 3:9].sum(1)
for name, model, features in (
        ("100 boosted trees of 32 leaves", HistGradientBoostingRegressor(max_iter=100, max_leaf_nodes=32, early_stopping=False), 28),
        ("100 deep trees", RandomForestRegressor(100, min_samples_leaf=5), 28),
        ("layers 16-64-64-1", MLPRegressor(hidden_layer_sizes=(64, 64), max_iter=5), 16),
        ("logistic of 28", make_pipeline(StandardScaler(), LogisticRegression()), 28)):
    train.trained(name, model, x[:, :features], train.labels(y, 2) if "logistic" in name else y, rows=BATCH)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(os.path.join(sys.argv[1], name, "model.onnx"), options)
    feed = {session.get_inputs()[0].name: x[-BATCH:, :features].astype(np.float32)}
    best = float("inf")
    for _ in range(100):
        began = time.perf_counter()
        session.run(None, feed)
        best = min(best, time.perf_counter() - began)
    print("%s: onnxruntime %d rows/s" % (name, BATCH / best), flush=True)
