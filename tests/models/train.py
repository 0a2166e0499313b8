"""Trains small models and writes what they answer: train.py DIR [golden]

Each case becomes a folder of DIR, as check.go has it. With the word golden it writes the few
small ones that are kept as testdata; without, all others.
"""
import csv, json, os, sys, tempfile
import numpy as np
import pandas as pd

HERE = os.path.dirname(os.path.abspath(__file__))
OUT, GOLDEN = sys.argv[1], sys.argv[2:] == ["golden"]
ROWS = 25 if GOLDEN else 500
rng = np.random.default_rng(7)


def frame(rows):
    """Made data: numbers with gaps and many zeros, categories as texts and as numbers."""
    f = pd.DataFrame({
        "a": rng.normal(size=rows),
        "b": np.round(rng.normal(size=rows), 1),
        "zeros": np.where(rng.random(rows) < 0.5, 0.0, rng.normal(size=rows)),
        "color": pd.Categorical(rng.choice(["red", "green", "blue", "naïve, \"white\""], rows)),
        "shop": pd.Categorical(rng.integers(100, 180, rows)),
        "many": pd.Categorical(["k%d" % k for k in rng.integers(0, 40, rows)]),
    })
    f.loc[rng.random(rows) < 0.1, "a"] = np.nan
    f.loc[rng.random(rows) < 0.1, "color"] = np.nan
    f.loc[rng.random(rows) < 0.05, "many"] = np.nan
    return f


def score(f):
    """What labels are made of."""
    noise = rng.normal(size=len(f)) / 3
    return (f.a.fillna(1.5) * (f.zeros + 0.5) + f.b + (f.color == "red") + f.color.isna() * 2
            + np.sin(f.shop.astype(float)) + (f.many.cat.codes % 3 == 0) + noise).to_numpy()


def flights():
    """Flights that left New York in January; the label is a delay of more than 15 minutes at the destination."""
    f = pd.read_csv(os.path.join(HERE, "..", "..", "examples", "flights", "flights.csv.gz"))
    f = f[f.arr_delay.notna()].reset_index(drop=True)
    x = f[["sched_dep_time", "dep_delay", "distance", "day", "carrier", "origin", "dest"]].copy()
    x["tail"] = f.tailnum.str[-2:]
    x.loc[::9, "dep_delay"] = np.nan
    for name in ("carrier", "origin", "dest", "tail"):
        x[name] = x[name].astype("category")
    return x, (f.arr_delay > 15).to_numpy().astype(int)


def edges(f, thresholds):
    """Rows to answer: as they are, with numbers that splits compare, missing, and far out."""
    f = f.copy()
    numbers = [c for c in f.columns if f[c].dtype.kind in "fi"]
    f[numbers] = f[numbers].astype(float)
    far = [np.nan, 0.0, -0.0, 1e-36, -1e-36, 1e-35, 2e-35, 1e30, -1e30]
    for c in numbers:
        values = list(thresholds.get(c, [])) + far
        hit = rng.random(len(f)) < 0.3
        f.loc[hit, c] = rng.choice(values, hit.sum())
    return f


def write(name, fmt, save, x, want, contrib=None, **about):
    """A case: save writes the model to a path."""
    folder = os.path.join(OUT, name)
    os.makedirs(folder, exist_ok=True)
    model = "model" + {"lightgbm": ".txt", "xgboost": ".json", "xgboost-ubj": ".ubj", "catboost": ".json"}[fmt]
    save(os.path.join(folder, model))
    with open(os.path.join(folder, "case.json"), "w") as f:
        json.dump({"format": fmt.removesuffix("-ubj"), "model": model, **about}, f)
    with open(os.path.join(folder, "rows.csv"), "w", newline="") as f:
        w = csv.writer(f)
        w.writerow(x.columns)
        for row in x.itertuples(index=False):
            w.writerow(["" if pd.isna(v) else repr(float(v)) if isinstance(v, (float, np.floating)) else str(v) for v in row])
    for file, answers in (("want.csv", want), ("contrib.csv", contrib)):
        if answers is None:
            continue
        with open(os.path.join(folder, file), "w", newline="") as f:
            csv.writer(f).writerows([repr(float(v)) for v in row] for row in np.asarray(answers).reshape(len(x), -1))


def lightgbm():
    import lightgbm as lgb
    quiet = {"verbose": -1, "num_threads": 1, "min_data_per_group": 5, "cat_smooth": 1, "min_data_in_leaf": 5}

    def case(name, x, y, params, rounds=12, group=None, **about):
        m = lgb.train({**quiet, "num_leaves": 15, **params}, lgb.Dataset(x, y, group=group), rounds)
        m = lgb.Booster(model_str=m.model_to_string())  # what is saved is not always to the last bit what was trained
        nodes = m.trees_to_dataframe()
        numeric = nodes[nodes.decision_type == "<="]
        at = {c: numeric[numeric.split_feature == c].threshold.astype(float).to_numpy() for c in x.columns}
        rows = edges(x.head(ROWS), at)
        write("lightgbm-" + name, "lightgbm", m.save_model, rows, m.predict(rows),
              m.predict(rows, pred_contrib=True) / (rounds if params.get("boosting") == "rf" else 1), relative=1e-6, shap=1e-6, **about)

    x = frame(2000)
    s = score(x)
    binary, three = (s > 1).astype(int), np.digitize(s, [0.5, 2])
    if GOLDEN:
        case("binary", x, binary, {"objective": "binary", "num_leaves": 6}, 4, classes=["0", "1"])
        case("multiclass", x, three, {"objective": "multiclass", "num_class": 3, "num_leaves": 4}, 2, classes=["0", "1", "2"])
        return
    case("binary", x, binary, {"objective": "binary", "sigmoid": 0.7}, classes=["0", "1"])
    case("binary-wide", x, binary, {"objective": "binary", "num_leaves": 400, "min_data_in_leaf": 1}, 30)
    case("multiclass", x, three, {"objective": "multiclass", "num_class": 3}, classes=["0", "1", "2"])
    case("ova", x, three, {"objective": "multiclassova", "num_class": 3})
    case("onehot", x, binary, {"objective": "binary", "max_cat_to_onehot": 100})
    case("zero-missing", x, binary, {"objective": "binary", "zero_as_missing": True})
    case("no-missing", x, binary, {"objective": "binary", "use_missing": False})
    case("rf", x, binary, {"objective": "binary", "boosting": "rf", "bagging_fraction": 0.6, "bagging_freq": 1, "feature_fraction": 0.7})
    case("dart", x, s, {"objective": "regression", "boosting": "dart", "drop_rate": 0.5})
    case("goss", x, s, {"objective": "regression", "data_sample_strategy": "goss"})
    case("sqrt", x, s * 3, {"objective": "regression", "reg_sqrt": True})
    for objective in ("regression", "regression_l1", "huber", "fair", "quantile", "mape"):
        case(objective, x, s, {"objective": objective})
    for objective in ("poisson", "gamma", "tweedie"):
        case(objective, x, np.abs(s) + 0.1, {"objective": objective})
    for objective in ("cross_entropy", "cross_entropy_lambda"):
        case(objective, x, 1 / (1 + np.exp(-s)), {"objective": objective})
    for objective in ("lambdarank", "rank_xendcg"):
        case(objective, x, three, {"objective": objective}, group=[20] * 100)
    codes = x.copy()
    for c in ("color", "shop", "many"):
        codes[c] = codes[c].cat.codes.astype(float).replace(-1, np.nan)
    case("codes", codes, binary, {"objective": "binary", "categorical_feature": [3, 4, 5]})
    case("constant", x, np.ones(len(x)), {"objective": "regression"}, 2)
    fx, fy = flights()
    case("flights", fx, fy, {"objective": "binary", "num_leaves": 63}, 50)


def xgboost():
    import xgboost as xgb

    def case(name, x, y, params, rounds=8, ubj=False, group=None, shap=1e-6, ulps=4, **about):
        d = xgb.DMatrix(x, y, enable_categorical=True)
        if group is not None:
            d.set_group(group)
        if params["objective"] == "survival:aft":
            d.set_float_info("label_lower_bound", y)
            d.set_float_info("label_upper_bound", y)
        m = xgb.train({"nthread": 1, "verbosity": 0, "max_depth": 4, **params}, d, rounds)
        nodes = m.trees_to_dataframe()
        at = {c: nodes[nodes.Feature == c].Split.dropna().to_numpy() for c in x.columns}
        rows = edges(x.head(ROWS), at)
        d = xgb.DMatrix(rows, enable_categorical=True)
        want = m.predict(d)
        if params["objective"] == "multi:softmax":  # here classes have their probabilities all the same
            margins = m.predict(d, output_margin=True)
            want = np.exp(margins - margins.max(axis=1, keepdims=True))
            want /= want.sum(axis=1, keepdims=True)
        write("xgboost-" + name, "xgboost-ubj" if ubj else "xgboost", m.save_model, rows, want,
              m.predict(d, pred_contribs=True), ulps=ulps, shap=shap, **about)

    x = frame(2000)
    x.color = x.color.cat.rename_categories(lambda c: c.replace("ï", "i"))  # XGBoost 3.2 saves only ASCII whole
    s = score(x)
    binary, three = (s > 1).astype(int), np.digitize(s, [0.5, 2])
    if GOLDEN:
        case("binary", x, binary, {"objective": "binary:logistic", "max_depth": 2}, 3, classes=["0", "1"])
        case("multiclass", x, three, {"objective": "multi:softprob", "num_class": 3, "max_depth": 2}, 1, ubj=True, classes=["0", "1", "2"])
        return
    case("binary", x, binary, {"objective": "binary:logistic"}, classes=["0", "1"])
    case("binary-ubj", x, binary, {"objective": "binary:logistic"}, ubj=True)
    case("deep", x, binary, {"objective": "binary:logistic", "max_depth": 12, "min_child_weight": 0}, 30)
    case("onehot", x, binary, {"objective": "binary:logistic", "max_cat_to_onehot": 100})
    case("many-trees", x, s, {"objective": "reg:squarederror"}, 200, shap=5e-6)  # XGBoost adds them up in float32
    for objective in ("multi:softprob", "multi:softmax"):
        case(objective[6:], x, three, {"objective": objective, "num_class": 3}, classes=["0", "1", "2"])
    for objective in ("reg:squarederror", "reg:pseudohubererror", "reg:absoluteerror"):
        case(objective[4:], x, s, {"objective": objective})
    case("quantiles", x, s, {"objective": "reg:quantileerror", "quantile_alpha": [0.1, 0.5, 0.9]})
    for objective in ("count:poisson", "reg:gamma", "reg:tweedie", "reg:squaredlogerror", "survival:cox", "survival:aft"):
        case(objective.split(":")[1], x, np.abs(s) + 0.1, {"objective": objective})
    for objective in ("reg:logistic", "binary:logitraw", "binary:hinge"):
        case(objective.replace(":", "-"), x, binary, {"objective": objective, "base_score": 0.3})
    for objective in ("rank:pairwise", "rank:ndcg", "rank:map"):
        case(objective[5:], x, binary if objective[5:] == "map" else three, {"objective": objective}, group=[20] * 100)
    case("dart", x, s, {"objective": "reg:squarederror", "booster": "dart", "rate_drop": 0.4, "one_drop": 1}, 20, ulps=64)  # sums near zero
    case("forest", x, binary, {"objective": "binary:logistic", "num_parallel_tree": 20, "subsample": 0.6, "colsample_bynode": 0.6, "learning_rate": 1}, 1)
    case("approx", x, s, {"objective": "reg:squarederror", "tree_method": "approx"})
    case("exact", x[["a", "b", "zeros"]], s, {"objective": "reg:squarederror", "tree_method": "exact"})
    case("targets", x, np.stack([s, -s, s * s], axis=1), {"objective": "reg:squarederror"})
    case("labels", x, np.stack([binary, three > 1], axis=1), {"objective": "binary:logistic"})
    codes = x.copy()
    for c in ("color", "shop", "many"):
        codes[c] = codes[c].cat.codes.astype(float).replace(-1, np.nan)
    case("unnamed", pd.DataFrame(codes.to_numpy(), columns=["f%d" % i for i in range(6)]), binary, {"objective": "binary:logistic"})
    fx, fy = flights()
    case("flights", fx, fy, {"objective": "binary:logistic", "max_depth": 6}, 50)


def catboost():
    import catboost as cb

    def case(name, x, y, params, rounds=10, group=None, contrib=True, predict="RawFormulaVal", **about):
        x = x.copy()
        texts = [c for c in x.columns if x[c].dtype.name == "category"]
        for c in texts:
            x[c] = x[c].astype(object).where(x[c].notna(), "none").astype(str)
        pool = cb.Pool(x, y, cat_features=texts, group_id=group)
        m = cb.CatBoost({"iterations": rounds, "depth": 4, "thread_count": 1, "verbose": 0, "allow_writing_files": False, **params})
        m.fit(pool)
        path = os.path.join(tempfile.mkdtemp(), "model.json")
        m.save_model(path, format="json", pool=pool)
        with open(path) as f:
            borders = {f["feature_id"]: f["borders"] for f in json.load(f)["features_info"].get("float_features", [])}
        rows = edges(x.head(ROWS), borders)
        asked = cb.Pool(rows, cat_features=texts)
        want = m.predict(asked, prediction_type=predict)
        if predict == "Probability" and want.shape[1] == 2:
            want = want[:, 1]
        shap = np.asarray(m.get_feature_importance(asked, type="ShapValues")) if contrib else None

        def save(path):
            m.save_model(path, format="json", pool=pool)
            if GOLDEN:  # without where and when it was made
                with open(path) as f:
                    model = json.load(f)
                info = model["model_info"]
                model["model_info"] = {"class_params": info["class_params"], "params": {"loss_function": info["params"]["loss_function"]}}
                with open(path, "w") as f:
                    json.dump(model, f, indent=1)

        write("catboost-" + name, "catboost", save, rows, want, shap, relative=1e-6, shap=1e-6, **about)

    x = frame(2000)
    s = score(x)
    binary, three = (s > 1).astype(int), np.array(["high", "low", "mid"])[np.digitize(s, [0.5, 2])]
    onehot = {"one_hot_max_size": 200}
    proba = {"predict": "Probability"}
    if GOLDEN:
        case("binary", x, binary, {"loss_function": "Logloss", "depth": 2, **onehot}, 3, classes=["0", "1"], **proba)
        case("multiclass", x, three, {"loss_function": "MultiClass", "depth": 2, **onehot}, 2, classes=["high", "low", "mid"], **proba)
        case("ctr", x.drop(columns="shop"), binary, {"loss_function": "Logloss", "depth": 3, "max_ctr_complexity": 2}, 4, **proba)
        return
    case("binary", x, binary, {"loss_function": "Logloss", **onehot}, classes=["0", "1"], **proba)
    case("multiclass", x, three, {"loss_function": "MultiClass", **onehot}, classes=["high", "low", "mid"], **proba)
    case("ova", x, three, {"loss_function": "MultiClassOneVsAll", **onehot}, **proba)
    case("deep", x, binary, {"loss_function": "Logloss", "depth": 10, **onehot}, 100, contrib=False, **proba)
    for policy in ("Depthwise", "Lossguide"):
        case(policy.lower(), x, binary, {"loss_function": "Logloss", "grow_policy": policy, **onehot}, contrib=policy == "Lossguide", **proba)
        case(policy.lower() + "-multiclass", x, three, {"loss_function": "MultiClass", "grow_policy": policy, **onehot}, contrib=False, **proba)
    case("nan-max", x, s, {"loss_function": "RMSE", "nan_mode": "Max", **onehot})
    for loss in ("RMSE", "MAE", "Quantile:alpha=0.3", "MAPE", "Huber:delta=1", "Expectile:alpha=0.3", "LogCosh", "Lq:q=3"):
        case(loss.split(":")[0].lower(), x, s, {"loss_function": loss, **onehot})
    for loss in ("Poisson", "Tweedie:variance_power=1.5"):
        case(loss.split(":")[0].lower(), x, np.abs(s), {"loss_function": loss, **onehot}, predict="Exponent")
    case("uncertainty", x, s, {"loss_function": "RMSEWithUncertainty", **onehot}, predict="RMSEWithUncertainty", contrib=False)
    case("cross-entropy", x, 1 / (1 + np.exp(-s)), {"loss_function": "CrossEntropy", **onehot}, **proba)
    case("targets", x, np.stack([s, -s], axis=1), {"loss_function": "MultiRMSE", **onehot}, contrib=False)
    for loss in ("YetiRank", "QueryRMSE"):
        case(loss.lower(), x, binary, {"loss_function": loss, **onehot}, group=np.repeat(np.arange(100), 20))
    case("ctr", x, binary, {"loss_function": "Logloss"}, 40, **proba)
    case("ctr-simple", x, s, {"loss_function": "RMSE", "max_ctr_complexity": 1}, 40)
    case("ctr-multiclass", x, three, {"loss_function": "MultiClass"}, 30, **proba)
    case("ctr-deep", x, s, {"loss_function": "RMSE", "max_ctr_complexity": 4, "depth": 6, "one_hot_max_size": 6}, 100)
    for kind in ("Buckets", "BinarizedTargetMeanValue", "Counter"):
        case("ctr-" + kind.lower(), x, s, {"loss_function": "RMSE", "simple_ctr": [kind], "combinations_ctr": [kind]}, 30)
    fx, fy = flights()
    case("flights", fx, fy, {"loss_function": "Logloss", "depth": 6, "one_hot_max_size": 2000}, 50, **proba)
    case("flights-ctr", fx, fy, {"loss_function": "Logloss", "depth": 6}, 50, **proba)


if __name__ == "__main__":
    import warnings
    warnings.filterwarnings("ignore")
    lightgbm()
    xgboost()
    catboost()
