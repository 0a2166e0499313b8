"""Trains small scikit-learn models, converts them and writes what onnxruntime answers: train_onnx.py DIR [golden]

Each case becomes a folder of DIR, as check.go has it. With the word golden it writes the few
small ones that are kept as testdata of ml/onnx; without, all others.
"""
import csv, json, os, sys
import numpy as np
import onnxruntime
import pandas as pd
from onnx import TensorProto, helper, numpy_helper
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType, StringTensorType
from sklearn.compose import ColumnTransformer
from sklearn.decomposition import PCA
from sklearn.ensemble import (AdaBoostClassifier, AdaBoostRegressor, ExtraTreesRegressor, GradientBoostingClassifier, GradientBoostingRegressor,
                              HistGradientBoostingClassifier, HistGradientBoostingRegressor, RandomForestClassifier,
                              RandomForestRegressor, VotingClassifier)
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression, PoissonRegressor, Ridge
from sklearn.naive_bayes import GaussianNB
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (Binarizer, KBinsDiscretizer, MaxAbsScaler, MinMaxScaler, Normalizer, OneHotEncoder, OrdinalEncoder,
                                   PolynomialFeatures, RobustScaler, StandardScaler, TargetEncoder)
from sklearn.svm import SVC, SVR
from sklearn.tree import DecisionTreeClassifier

HERE = os.path.dirname(os.path.abspath(__file__))
OUT, GOLDEN = sys.argv[1], sys.argv[2:] == ["golden"]
rng = np.random.default_rng(11)

# float32 has 24 bits. The order in which onnxruntime's vectors add up some hundred numbers, its
# approximations of exp and tanh and its 1 - p for small probabilities leave this much: of a
# number's size, and four units in the last place of the largest number of a case.
SINGLE, LAST = 1e-6, 2.0 ** -22


def text(v):
    if isinstance(v, str):
        return v
    return "" if v != v else repr(float(v))


def write(name, model, feed, names, relative=SINGLE, output=None, classes=()):
    """A case of a graph, the arrays it is fed with and the names of their columns."""
    folder = os.path.join(OUT, name)
    os.makedirs(folder)
    raw = model.SerializeToString()
    with open(os.path.join(folder, "model.onnx"), "wb") as f:
        f.write(raw)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(raw, options)
    output = output or session.get_outputs()[-1].name
    want = session.run([output], feed)[0]
    if isinstance(want, list):  # of a ZipMap
        want = np.array([[row[k] for k in want[0]] for row in want])
    want = np.asarray(want).reshape(len(want), -1)
    if len(classes) == 2:
        want = want[:, -1:]
    with open(os.path.join(folder, "case.json"), "w") as f:
        absolute = LAST * float(np.nanmax(np.abs(want[np.isfinite(want)]), initial=0)) if relative >= SINGLE else 0
        json.dump({"Format": "onnx", "Model": "model.onnx", "Relative": relative, "Absolute": absolute, "Classes": [str(c) for c in classes]}, f)
        f.write("\n")
    columns = np.concatenate([np.asarray(v, dtype=object).reshape(len(v), -1) for v in feed.values()], axis=1)
    for file, header, rows in (("rows.csv", [names], columns), ("want.csv", [], want)):
        with open(os.path.join(folder, file), "w", newline="") as f:
            csv.writer(f, lineterminator="\n").writerows(header + [[text(v) for v in row] for row in rows])


def trained(name, model, x, y, relative=SINGLE, zipmap=False, rows=400, **options):
    """A case of a scikit-learn model over a matrix of numbers."""
    x = x.astype(np.float32)
    model.fit(x, y)
    options = {} if not hasattr(model, "predict_proba") else {id(model): {"zipmap": zipmap, **options}}
    graph = to_onnx(model, x[:1], options=options)
    names = ["f%d" % i for i in range(x.shape[1])] if x.shape[1] > 1 else ["X"]
    write(name, graph, {graph.graph.input[0].name: x[-rows:]}, names, relative, classes=getattr(model, "classes_", ()))


def made(rows=1500, gaps=False):
    x = rng.normal(size=(rows, 6))
    x[:, 2] = np.round(x[:, 2])
    y = x[:, 0] * 2 - x[:, 1] * x[:, 2] + np.sin(3 * x[:, 3]) + rng.normal(size=rows) / 4
    if gaps:
        x[rng.random(x.shape) < 0.1] = np.nan
    return x, y


def labels(y, n):
    return np.digitize(y, np.quantile(y, np.arange(1, n) / n))


def flights():
    """Flights that left New York; the label is a delay of more than 15 minutes at the destination."""
    f = pd.read_csv(os.path.join(HERE, "..", "..", "examples", "flights", "flights.csv.gz"))
    f = f[f.arr_delay.notna()].reset_index(drop=True)[-6000:]
    numbers = f[["sched_dep_time", "dep_delay", "distance"]].astype(np.float32).to_numpy().copy()
    numbers[::9, 1] = np.nan
    texts = f[["carrier", "origin", "dest"]].to_numpy().astype(str).astype(object)
    return numbers, texts, (f.arr_delay > 15).to_numpy().astype(int)


def mixed(name, model, numbers, texts, y, imputer=True):
    """A case of numbers and texts, each an input of its own."""
    n, t = ["n%d" % i for i in range(numbers.shape[1])], ["t%d" % i for i in range(texts.shape[1])]
    frame = pd.DataFrame(dict(zip(n + t, list(numbers.T) + list(texts.T))))
    first = make_pipeline(SimpleImputer(), StandardScaler()) if imputer else "passthrough"
    pipeline = make_pipeline(ColumnTransformer([("n", first, n), ("t", OneHotEncoder(handle_unknown="ignore", sparse_output=False), t)]), model)
    pipeline.fit(frame, y)
    kinds = [(c, FloatTensorType([None, 1])) for c in n] + [(c, StringTensorType([None, 1])) for c in t]
    graph = to_onnx(pipeline, initial_types=kinds, options={id(pipeline): {"zipmap": False}})
    frame = frame[-500:].copy()
    frame.loc[frame.index[3], t[0]] = "none of them"
    write(name, graph, {c: frame[[c]].to_numpy() if c in t else frame[[c]].to_numpy(np.float32) for c in n + t}, n + t, classes=pipeline.classes_)


def graph(name, nodes, feed, consts=(), relative=SINGLE, kind=TensorProto.FLOAT, opset=17, ml=3, classes=(), names=None):
    """A case of a graph that no converter makes: its output is y."""
    code = {"f": TensorProto.FLOAT, "d": TensorProto.DOUBLE, "i": TensorProto.INT64, "O": TensorProto.STRING, "U": TensorProto.STRING}
    inputs = [helper.make_tensor_value_info(k, code["d" if v.dtype == np.float64 else v.dtype.kind], [None] + list(v.shape[1:])) for k, v in feed.items()]
    g = helper.make_graph(nodes, name, inputs, [helper.make_tensor_value_info("y", kind, None)],
                          [numpy_helper.from_array(np.asarray(v), k) for k, v in dict(consts).items()])
    model = helper.make_model(g, opset_imports=[helper.make_opsetid("", opset), helper.make_opsetid("ai.onnx.ml", ml)], ir_version=9)
    if names is None:
        names = []
        for k, v in feed.items():
            n = v.shape[1] if v.ndim > 1 else 1
            names += [k] if n == 1 else ["f%d" % i for i in range(n)] if len(feed) == 1 else ["%s_%d" % (k, i) for i in range(n)]
    write(name, model, feed, names, relative, "y", classes)


def golden():
    x, y = made(300)
    x = x[:, :3]
    trained("logistic", make_pipeline(StandardScaler(), LogisticRegression()), x, labels(y, 2), rows=20)
    trained("forest", RandomForestClassifier(3, max_depth=3), x, np.array(["low", "mid", "top"])[labels(y, 3)], rows=20, zipmap=True)
    trained("layers", MLPRegressor(hidden_layer_sizes=(4, 3), max_iter=50), x, y, rows=20)
    texts = rng.choice(["red", "green", "blue"], (300, 1)).astype(object)
    numbers = x[:, :2].astype(np.float32)
    numbers[::7, 0] = np.nan
    mixed("mixed", GradientBoostingClassifier(n_estimators=3, max_depth=2), numbers[:40], texts[:40], labels(y, 2)[:40])
    every_mode("modes", rows=20)


def every_mode(name, rows=200):
    """One tree a mode and a direction of missing values."""
    modes = ["BRANCH_LEQ", "BRANCH_LT", "BRANCH_GTE", "BRANCH_GT", "BRANCH_EQ", "BRANCH_NEQ"]
    a = {k: [] for k in ["treeids", "nodeids", "featureids", "values", "modes", "truenodeids", "falsenodeids", "missing_value_tracks_true"]}
    votes = {k: [] for k in ["treeids", "nodeids", "ids", "weights"]}
    for tree in range(12):
        for node in range(3):
            leaf = node > 0
            for k, v in zip(a, [tree, node, 0 if leaf else tree % 2, 0.0 if leaf else 0.5, "LEAF" if leaf else modes[tree % 6], 0 if leaf else 1, 0 if leaf else 2, 0 if leaf else tree // 6]):
                a[k].append(v)
            if leaf:
                for k, v in zip(votes, [tree, node, 0, float(2 ** tree if node == 1 else 0)]):
                    votes[k].append(v)
    node = helper.make_node("TreeEnsembleRegressor", ["x"], ["y"], domain="ai.onnx.ml", n_targets=1, base_values=[0.25],
                            **{"nodes_" + k: v for k, v in a.items()}, **{"target_" + k: v for k, v in votes.items()})
    x = rng.choice([np.nan, 0.5, 0.25, 0.75, -1, np.nextafter(np.float32(0.5), np.float32(1)), np.inf, -np.inf], (rows, 2)).astype(np.float32)
    graph(name, [node], {"x": x}, relative=0)


def models():
    x, y = made()
    holes, z = made(gaps=True)
    two, three = labels(y, 2), np.array(["low", "mid", "top"])[labels(y, 3)]
    trained("linear", LinearRegression(), x, y)
    trained("ridge of two", Ridge(), x, np.stack([y, x[:, 0] + 1], 1))
    trained("poisson", PoissonRegressor(), x, np.round(np.exp(y / 4)))
    trained("logistic", make_pipeline(StandardScaler(), LogisticRegression()), x, two)
    trained("logistic of three", LogisticRegression(), x, three, zipmap=True)
    trained("imputed", make_pipeline(SimpleImputer(strategy="median"), MinMaxScaler(), LogisticRegression()), holes, labels(z, 2))
    for scaler in (MaxAbsScaler(), RobustScaler(), Normalizer(), Normalizer("l1"), Binarizer(), PolynomialFeatures(2), PCA(3),
                   KBinsDiscretizer(4, encode="onehot-dense", strategy="uniform")):
        kind = type(scaler).__name__ + (" l1" if getattr(scaler, "norm", "") == "l1" else "")
        trained(kind, make_pipeline(scaler, LogisticRegression()), x, two)
    trained("tree", DecisionTreeClassifier(max_depth=6), x, three)
    trained("forest", RandomForestRegressor(40, min_samples_leaf=3), x, y)
    trained("forest with gaps", RandomForestRegressor(20), holes, z)
    trained("forest of two", RandomForestClassifier(30, max_depth=9), x, two)
    trained("forest of three", RandomForestClassifier(30), x, three, zipmap=True)
    trained("extra trees", ExtraTreesRegressor(20), x, np.stack([y, -x[:, 1]], 1))
    trained("boosted", GradientBoostingRegressor(), x, y)
    trained("boosted of two", GradientBoostingClassifier(), x, two)
    trained("boosted of three", GradientBoostingClassifier(n_estimators=20), x, three)
    trained("histograms", HistGradientBoostingRegressor(max_iter=50), holes, z)
    trained("histograms of two", HistGradientBoostingClassifier(max_iter=50), holes, labels(z, 2))
    trained("histograms of three", HistGradientBoostingClassifier(max_iter=20), holes, labels(z, 3))
    for activation in ("relu", "tanh", "logistic"):
        trained("layers " + activation, MLPRegressor(hidden_layer_sizes=(64, 64), activation=activation, max_iter=30), x, y)
    trained("layers of two", MLPClassifier(hidden_layer_sizes=(16,), max_iter=50), x, two)
    trained("layers of three", MLPClassifier(hidden_layer_sizes=(16, 8), max_iter=50), x, three)
    # Logarithms of small probabilities, and what is left when they are taken from each other.
    trained("bayes", GaussianNB(), x, three, relative=2e-5)
    trained("votes", VotingClassifier([("a", LogisticRegression()), ("b", DecisionTreeClassifier(max_depth=3))], voting="soft", flatten_transform=False), x, two)
    # onnxruntime adds up some hundred weights that nearly cancel each other in float32.
    trained("svr", SVR(), x[:500], y[:500], relative=1e-3)
    trained("svr poly", SVR(kernel="poly", degree=2), x[:500], y[:500], relative=1e-3)
    trained("svr sigmoid", SVR(kernel="sigmoid"), x[:500], y[:500], relative=1e-3)
    for name, classes in (("two", two), ("three", three), ("four", labels(y, 4))):
        trained("svc of " + name, SVC(), x[:500], classes[:500], relative=1e-3)
        # The search for probabilities of several classes ends when it is within some thousandths: there one step more or less is as good.
        trained("svc probabilities of " + name, SVC(kernel="poly", degree=2, probability=True, random_state=0), x[:500], classes[:500],
                relative=1e-3 if name == "two" else 2e-2)
    trained("ada regression", AdaBoostRegressor(n_estimators=4), x, y)
    trained("ada", AdaBoostClassifier(n_estimators=10), x, two)
    numbers, texts, late = flights()
    for encoder in (OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1), TargetEncoder()):
        pipeline = make_pipeline(encoder, DecisionTreeClassifier(max_depth=5)).fit(texts, late)
        converted = to_onnx(pipeline, initial_types=[("t", StringTensorType([None, 3]))], options={id(pipeline): {"zipmap": False}})
        write(type(encoder).__name__, converted, {"t": texts[-300:]}, ["f0", "f1", "f2"], classes=pipeline.classes_)
    mixed("flights logistic", LogisticRegression(max_iter=300), numbers, texts, late)
    mixed("flights forest", RandomForestClassifier(20, max_depth=10), numbers, texts, late)
    mixed("flights histograms", HistGradientBoostingClassifier(max_iter=40), numbers, texts, late, imputer=False)
    mixed("flights layers", MLPClassifier(hidden_layer_sizes=(16,), max_iter=20), numbers, texts, late)


def graphs():
    every_mode("modes")
    x = rng.normal(size=(50, 4)).astype(np.float32)
    i = rng.integers(0, 5, (50, 1))
    t = rng.choice(["a", "b", "c", "d"], (50, 1)).astype(object)
    node = helper.make_node

    def ml(op, inputs=("x",), outputs=("y",), **k):
        return node(op, list(inputs), list(outputs), domain="ai.onnx.ml", **k)

    for op in ["Relu", "Sigmoid", "Tanh", "Exp", "Abs", "Neg", "Floor", "Ceil", "Round", "Sign", "Softplus", "Softsign", "Erf", "Elu", "LeakyRelu", "Sin", "Cos", "Reciprocal", "Identity"]:
        graph("unary " + op, [node(op, ["x"], ["y"])], {"x": x})
    for op in ["Log", "Sqrt"]:
        graph("unary " + op, [node("Abs", ["x"], ["a"]), node(op, ["a"], ["y"])], {"x": x})
    for op in ["Add", "Sub", "Mul", "Div", "Max", "Min", "Sum", "Mean"]:
        for shape in ([4], [1], [1, 4], []):
            graph("%s %s" % (op, shape), [node(op, ["x", "c"], ["y"])], {"x": x}, {"c": np.full(shape, 1.5, np.float32)})
        graph("%s column" % op, [node(op, ["c", "x"], ["y"])], {"x": x, "c": x[:, :1]})
        if op not in ("Sum", "Mean"):
            graph("%s integers" % op, [node(op, ["i", "c"], ["y"])], {"i": i}, {"c": np.array([3, 2])}, kind=TensorProto.INT64)
    graph("Pow", [node("Abs", ["x"], ["a"]), node("Pow", ["a", "c"], ["y"])], {"x": x}, {"c": np.float32(1.7)})
    for op in ["Equal", "Less", "LessOrEqual", "Greater", "GreaterOrEqual"]:
        graph(op, [node(op, ["i", "c"], ["b"]), node("Not", ["b"], ["n"]), node("Cast", ["n"], ["y"], to=1)], {"i": i}, {"c": np.array([1, 2, 3])})
    graph("Equal texts", [node("Equal", ["t", "c"], ["b"]), node("Cast", ["b"], ["y"], to=1)], {"t": t}, {"c": np.array(["a", "c"], object)}, opset=19)
    graph("logic", [node("Less", ["x", "c"], ["a"]), node("Greater", ["x", "d"], ["b"]), node("And", ["a", "b"], ["e"]), node("Or", ["a", "b"], ["f"]),
                    node("Xor", ["e", "f"], ["g"]), node("Where", ["g", "x", "d"], ["y"])], {"x": x}, {"c": np.float32(0.5), "d": np.array([-0.5, 0, 0, 1], np.float32)})
    for op in ["ReduceSum", "ReduceMean", "ReduceMax", "ReduceMin", "ReduceProd", "ReduceL1", "ReduceL2", "ReduceSumSquare", "ReduceLogSumExp"]:
        axes = {} if op == "ReduceSum" else {"axes": [1]}
        for keep in (0, 1):
            graph("%s %d" % (op, keep), [node(op, ["x", "axes"] if op == "ReduceSum" else ["x"], ["y"], keepdims=keep, **axes)], {"x": x}, {"axes": np.array([1])})
        graph(op + " of cubes", [node("Reshape", ["x", "s"], ["r"]), node(op, ["r", "axes"] if op == "ReduceSum" else ["r"], ["y"], **({} if op == "ReduceSum" else {"axes": [1]}))],
              {"x": x}, {"axes": np.array([-2]), "s": np.array([0, 2, 2])})
    for op in ["ArgMax", "ArgMin"]:
        graph(op, [node(op, ["x"], ["y"], axis=1)], {"x": x}, kind=TensorProto.INT64)
    for opset in (11, 17):
        graph("Softmax %d" % opset, [node("Softmax", ["x"], ["y"])], {"x": x}, opset=opset)
        graph("Softmax of cubes %d" % opset, [node("Reshape", ["x", "s"], ["r"]), node("Softmax", ["r"], ["y"], axis=1)], {"x": x}, {"s": np.array([0, 2, 2])}, opset=opset)
        graph("LogSoftmax %d" % opset, [node("LogSoftmax", ["x"], ["y"], axis=1)], {"x": x}, opset=opset)
    graph("Clip", [node("Clip", ["x", "low", "high"], ["y"])], {"x": x}, {"low": np.float32(-0.5), "high": np.float32(0.7)})
    graph("Clip 6", [node("Clip", ["x"], ["y"], min=-0.5)], {"x": x}, opset=6)
    w, b = rng.normal(size=(4, 3)).astype(np.float32), rng.normal(size=3).astype(np.float32)
    graph("Gemm", [node("Gemm", ["x", "w", "b"], ["y"], alpha=0.5, beta=2.0)], {"x": x}, {"w": w, "b": b})
    graph("Gemm turned", [node("Transpose", ["x"], ["t"]), node("Gemm", ["t", "w"], ["y"], transA=1, transB=1)], {"x": x}, {"w": w.T.copy()})
    graph("Gemm doubles", [node("Gemm", ["x", "w", "b"], ["y"])], {"x": x.astype(np.float64)}, {"w": w.astype(np.float64), "b": b.astype(np.float64)}, relative=1e-12, kind=TensorProto.DOUBLE)
    wide = rng.normal(size=(4, 300)).astype(np.float32)
    graph("MatMul wide", [node("MatMul", ["x", "w"], ["y"])], {"x": x}, {"w": wide})
    graph("MatMul of cubes", [node("Reshape", ["x", "s"], ["r"]), node("MatMul", ["r", "w"], ["y"])], {"x": x}, {"w": w[:2], "s": np.array([0, 2, 2])})
    shapes = {"s": np.array([-1, 2, 2]), "f": np.array([0, -1]), "a": np.array([1]), "from": np.array([1, -1]), "to": np.array([3, -5]), "axes": np.array([1, 2]),
              "steps": np.array([1, -1]), "three": np.array([1, 2, 1]), "rep": np.array([1, 3]), "idx": np.array([2, -1, 0])}
    graph("shapes", [node("Reshape", ["x", "s"], ["r"]), node("Transpose", ["r"], ["t"], perm=[0, 2, 1]), node("Unsqueeze", ["t", "a"], ["u"]),
                     node("Squeeze", ["u", "a"], ["q"]), node("Slice", ["q", "from", "to", "axes", "steps"], ["sl"]), node("Flatten", ["sl"], ["fl"]),
                     node("Flatten", ["q"], ["fl2"]), node("Concat", ["fl", "fl2"], ["y"], axis=-1)], {"x": x}, {k: v for k, v in shapes.items() if k in "s a from to axes steps".split()})
    graph("Split", [node("Split", ["x"], ["a", "b"], axis=1), node("Sub", ["b", "a"], ["y"])], {"x": x})
    graph("Split uneven", [node("Split", ["x", "n"], ["a", "b"], axis=1), node("Concat", ["b", "a"], ["y"], axis=1)], {"x": x}, {"n": np.array([1, 3])})
    graph("Tile", [node("Tile", ["x", "rep"], ["y"])], {"x": x}, {"rep": shapes["rep"]})
    graph("Gather", [node("Gather", ["x", "idx"], ["y"], axis=1)], {"x": x}, {"idx": shapes["idx"]})
    graph("TopK", [node("TopK", ["x", "k"], ["v", "p"]), node("Cast", ["p"], ["c"], to=1), node("Add", ["v", "c"], ["y"])], {"x": x}, {"k": np.array([3])})
    graph("TopK least", [node("Reshape", ["x", "s"], ["r"]), node("TopK", ["r", "k"], ["y", "p"], axis=1, largest=0)], {"x": x}, {"k": np.array([1]), "s": np.array([0, 2, 2])})
    for backward in (0, 1):
        graph("CumSum %d" % backward, [node("CumSum", ["x", "one"], ["y"], exclusive=backward, reverse=backward)], {"x": x}, {"one": np.array(1)})
    graph("GatherElements", [node("GatherElements", ["x", "i"], ["y"], axis=1)], {"x": x, "i": rng.integers(-4, 4, (50, 2))}, names=["x_0", "x_1", "x_2", "x_3", "i_0", "i_1"])
    graph("BatchNormalization", [node("BatchNormalization", ["x", "s", "b", "m", "v"], ["y"])], {"x": x},
          {k: np.arange(1, 5, dtype=np.float32) * i for i, k in enumerate(["b", "s", "m", "v"], 1)})
    graph("ArrayFeatureExtractor", [ml("ArrayFeatureExtractor", ["x", "idx"])], {"x": x}, {"idx": np.array([2, 0])})
    graph("Shape", [node("Shape", ["x"], ["s"]), node("ConstantOfShape", ["s"], ["c"], value=numpy_helper.from_array(np.array([2.5], np.float32))),
                    node("Expand", ["k", "s"], ["e"]), node("Add", ["c", "e"], ["y"])], {"x": x}, {"k": np.array([[1, 2, 3, 4]], np.float32)})
    graph("IsNaN", [node("IsNaN", ["x"], ["b"]), node("Cast", ["b"], ["y"], to=1)], {"x": np.where(x > 1, np.nan, x).astype(np.float32)})
    graph("Cast texts", [node("Cast", ["i"], ["t"], to=8), ml("LabelEncoder", ["t"], keys_strings=["0", "3"], values_floats=[1.5, 2.5], default_float=-1.0)], {"i": i})
    graph("Cast numbers", [node("Cast", ["x"], ["i"], to=7), node("Cast", ["i"], ["h"], to=6), node("Cast", ["h"], ["y"], to=11)], {"x": x * 3}, kind=TensorProto.DOUBLE)
    graph("LabelEncoder", [ml("LabelEncoder", ["i"], keys_int64s=[1, 2], values_int64s=[10, 20], default_int64=7)], {"i": i}, kind=TensorProto.INT64)
    for version in (3, 4):
        graph("LabelEncoder NaN %d" % version, [ml("LabelEncoder", ["x"], keys_floats=[float("nan"), 1.0], values_floats=[5.0, 6.0], default_float=7.0)], {"x": rng.choice([np.nan, 1, 2], (50, 2)).astype(np.float32)}, ml=version)
    graph("OneHotEncoder", [ml("OneHotEncoder", ["t"], ["o"], cats_strings=["a", "c", "d"]), node("Flatten", ["o"], ["y"])], {"t": t})
    graph("OneHotEncoder integers", [ml("OneHotEncoder", ["i"], ["o"], cats_int64s=[4, 1, 2]), node("Flatten", ["o"], ["y"])], {"i": i})
    graph("Imputer", [ml("Imputer", imputed_value_floats=[1.0, 2.0, 3.0, 4.0], replaced_value_float=float("nan"))], {"x": np.where(x > 0, np.nan, x).astype(np.float32)})
    graph("Scaler", [ml("Scaler", offset=[1.0], scale=[2.0])], {"x": x})
    for norm in ("MAX", "L1", "L2"):
        graph("Normalizer " + norm, [ml("Normalizer", norm=norm)], {"x": np.abs(x)})
    graph("FeatureVectorizer", [ml("FeatureVectorizer", ["x", "z"], inputdimensions=[4, 1])], {"x": x, "z": x[:, :1] * 2})
    coef = [float(v) for v in w.T.ravel()]
    for post in ("NONE", "LOGISTIC", "SOFTMAX"):
        graph("LinearClassifier " + post, [ml("LinearClassifier", ["x"], ["l", "y"], coefficients=coef, intercepts=[0.5, 0.0, -0.5], classlabels_ints=[4, 5, 6], post_transform=post)],
              {"x": x})
        graph("LinearClassifier one " + post, [ml("LinearClassifier", ["x"], ["l", "y"], coefficients=coef[:4], intercepts=[0.5], classlabels_ints=[0, 1], post_transform=post)], {"x": x}, classes=[0, 1])
    lines = {"kernel_type": "LINEAR", "kernel_params": [0.0, 0.0, 0.0], "rho": [0.25]}
    vectors = {"kernel_type": "RBF", "kernel_params": [0.2, 0.0, 0.0], "support_vectors": [float(v) for v in x[:4].ravel()], "vectors_per_class": [2, 2],
               "coefficients": [1.0, 0.5, -0.7, -0.8], "rho": [0.05]}
    for post in ("NONE", "LOGISTIC", "SOFTMAX"):
        for name, attributes in (("lines of two", {"classlabels_ints": [4, 5], "coefficients": coef[:8], **lines}),
                                 ("lines of three", {"classlabels_ints": [4, 5, 6], "coefficients": coef, **lines}),
                                 ("vectors", {"classlabels_ints": [0, 1], **vectors})):
            if name == "vectors" and post == "SOFTMAX":
                continue  # 1 - a score, which is refused
            attributes["post_transform"] = post
            graph("SVMClassifier %s %s" % (name, post), [ml("SVMClassifier", ["x"], ["l", "y"], **attributes)], {"x": x}, classes=attributes["classlabels_ints"])
            graph("SVMClassifier's label, %s %s" % (name, post), [ml("SVMClassifier", ["x"], ["y", "p"], **attributes)], {"x": x}, kind=TensorProto.INT64)
    graph("LinearRegressor", [ml("LinearRegressor", coefficients=coef, intercepts=[0.5, 0.0, -0.5], targets=3)], {"x": x})
    five()


def five():
    """The operator TreeEnsemble of version 5, with sets of members and in double."""
    x = rng.choice([np.nan, 1, 2, 3, 4, 5, 0.5], (60, 2))
    for kind in (np.float32, np.float64):
        tensor = lambda v: numpy_helper.from_array(np.array(v, kind))
        for how in (0, 1, 2, 3):
            n = helper.make_node("TreeEnsemble", ["x"], ["y"], domain="ai.onnx.ml", n_targets=2, aggregate_function=how, post_transform=0,
                                 nodes_featureids=[0, 1, 1], nodes_splits=tensor([2.5, 0.0, 3.0]), nodes_modes=numpy_helper.from_array(np.array([0, 6, 4], np.uint8)),
                                 nodes_truenodeids=[1, 0, 2], nodes_falsenodeids=[2, 1, 3], nodes_trueleafs=[0, 1, 1], nodes_falseleafs=[0, 1, 1],
                                 nodes_missing_value_tracks_true=[1, 0, 1], membership_values=tensor([1.0, 4.0, 5.0, np.nan]), tree_roots=[0],
                                 leaf_targetids=[0, 1, 0, 1], leaf_weights=tensor([1.5, -2.5, 3.5, 4.25]))
            graph("TreeEnsemble %s %d" % (kind.__name__, how), [n], {"x": x.astype(kind)}, opset=21, ml=5,
                  kind=TensorProto.FLOAT if kind == np.float32 else TensorProto.DOUBLE)


if __name__ == "__main__":
    if GOLDEN:
        golden()
    else:
        models()
        graphs()
