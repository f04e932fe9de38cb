"""Numbers of scikit-learn and numpy for answers that follow a rule, to hold the trainer's calibration against.

    pip install scikit-learn==1.9.* && python calibration.py > calibration.json
"""

import json

import numpy as np
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import brier_score_loss, roc_auc_score

# The same rule stands in trainer/src/calibrate/tests.rs.
n = np.arange(240)
odds = ((n * 37) % 240 - 110) / 40.0
right = ((n * 53) % 97) / 97.0 < 1 / (1 + np.exp(-odds * 0.6 - 0.3))

# Platt's targets as weights on both outcomes, without regularisation.
yes, no = right.sum(), (~right).sum()
target = np.where(right, (yes + 1) / (yes + 2), 1 / (no + 2))
platt = LogisticRegression(C=np.inf, tol=1e-12, max_iter=10_000).fit(
    np.concatenate([odds, odds])[:, None],
    np.concatenate([np.ones_like(odds), np.zeros_like(odds)]),
    sample_weight=np.concatenate([target, 1 - target]),
)
isotonic = IsotonicRegression(out_of_bounds="clip").fit(odds, right)
probes = [-3.0, -1.234, -0.5, 0.01, 0.777, 1.5, 2.9, 4.0]

claimed = 1 / (1 + np.exp(-odds))
order = np.argsort(claimed, kind="stable")
edges = [i * len(n) // 10 for i in range(11)]
ece = sum(
    abs(claimed[order[a:b]].mean() - right[order[a:b]].mean()) * (b - a)
    for a, b in zip(edges, edges[1:])
) / len(n)
wrong = ~right[order[::-1]]
print(
    json.dumps(
        {
            "platt": [float(platt.coef_[0, 0]), float(platt.intercept_[0])],
            "probes": probes,
            "isotonic": isotonic.predict(probes).tolist(),
            "auroc": roc_auc_score(right, claimed),
            "brier": brier_score_loss(right, claimed),
            "ece": float(ece),
            "aurc": float(np.mean(np.cumsum(wrong) / (np.arange(len(n)) + 1))),
        },
        indent=1,
    )
)
