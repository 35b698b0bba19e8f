"""The share of a customer's purchases that they make with a discount: beta-binomial.

The customer's own share beside that of all customers, which counts like a + b purchases.
"""

from collections.abc import Sequence

from learning.scores.interface import Example, Model, Parameters, Score, Subject, orders_of, own_share

PRIOR: Parameters = {"a": 1.0, "b": 3.0}
"""Before any fit: one purchase in four, held as firmly as four purchases."""
_FIRM = (1.0, 100.0)


def score(subject: Subject, parameters: Parameters) -> Score | None:
    """Of who bought. It tells what they did, and not what a discount would change."""
    orders = orders_of(subject)
    if orders is None:
        return None
    a, b, n = parameters["a"], parameters["b"], orders["n"]
    basis = f"{orders['discounted']} of {n} orders with a discount"
    return Score((orders["discounted"] + a) / (n + a + b), own_share(n, a + b), basis)


def fit(examples: Sequence[Example]) -> Parameters | None:
    """By moments: the mean share, and how much more customers differ than chance alone would make them."""
    bought = [orders for each in examples if (orders := orders_of(each.subject)) and orders["n"] >= 2]
    total = sum(orders["n"] for orders in bought)
    mean = sum(orders["discounted"] for orders in bought) / total if total else 0.0
    if len(bought) < 2 or not 0.0 < mean < 1.0:
        return None
    spread = sum(o["n"] * (o["discounted"] / o["n"] - mean) ** 2 for o in bought)
    size = total - sum(o["n"] ** 2 for o in bought) / total
    within = mean * (1.0 - mean)
    # How alike two purchases of one customer are, from 0 to 1.
    alike = (spread - within * (len(bought) - 1)) / (within * (size - (len(bought) - 1)))
    firmness = _FIRM[1] if alike <= 0.0 else max(_FIRM[0], min(_FIRM[1], 1.0 / alike - 1.0))
    return {"a": mean * firmness, "b": (1.0 - mean) * firmness}


MODEL = Model("The share of purchases with a discount.", PRIOR, score, fit)
