"""The eight steps of self-attention as data: what goes in, what comes out, and a sentence."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import ArrayLike

from attention_core._check import Floats, check_inputs, check_weights, frozen
from attention_core._format import listing, number, vector
from attention_core.normalize import softmax
from attention_core.scores import dot, scaled_dot

__all__ = ["Step", "trace"]

NAMES = (
    "prepare inputs",
    "initialise weights",
    "derive key, query and value",
    "score",
    "softmax",
    "multiply",
    "sum",
    "repeat",
)


@dataclass(frozen=True, eq=False, repr=False)
class Step:
    """One step of self-attention, for one token or for all.

    Attributes
    ----------
    number : int
        From 1 to 8.
    name : str
        What is done.
    token : int or None
        The token it is done for, counted from 0; None where it is done for all.
    operands, result : mapping of str to array
        What goes in and what comes out, by name, read-only.
    sentence : str
        The step in words, numbers included; it counts tokens from 1.

    Examples
    --------
    >>> step = trace([[1]], [[2]], [[3]], [[4]])[0]
    >>> step.number, step.name, step.token
    (1, 'prepare inputs', 0)
    """

    number: int
    name: str
    token: int | None
    operands: Mapping[str, Floats]
    result: Mapping[str, Floats]
    sentence: str

    def __repr__(self) -> str:
        """The step in words."""
        where = "" if self.token is None else f", token {self.token}"
        return f"Step {self.number} ({self.name}{where}): {self.sentence}"


def trace(
    inputs: ArrayLike, query_weight: ArrayLike, key_weight: ArrayLike, value_weight: ArrayLike
) -> tuple[Step, ...]:
    """Self-attention in eight steps, one record a step and token.

    Parameters
    ----------
    inputs : (n, d_model) array
        One row for each token.
    query_weight, key_weight : (d_model, d_k) array
    value_weight : (d_model, d_v) array

    Returns
    -------
    tuple of Step
        Step 1 for every token, step 2, step 3 for every token; then steps 4 to 7 for each token
        in turn; then step 8. With no token at all, steps 2 and 8 alone.

    Raises
    ------
    ValueError
        If sizes do not fit, or the matrices hold NaN or infinity.
    TypeError
        If an argument holds anything but real numbers.

    References
    ----------
    Vaswani et al. 2017, "Attention is all you need", equation 1, arXiv:1706.03762, for one
    head, an entry at a time.

    Examples
    --------
    >>> steps = trace([[1], [2]], [[1]], [[1]], [[3]])
    >>> [step.number for step in steps]
    [1, 1, 2, 3, 3, 4, 5, 6, 7, 4, 5, 6, 7, 8]
    >>> steps[3].sentence
    'Input 1 is (1). Multiplied by each projection it gives key 1, (1), query 1, (1), and value 1, (3).'
    """
    weights = check_weights(query_weight, key_weight, value_weight)
    inputs = check_inputs(inputs, d_model=weights[0].shape[0])
    if inputs.ndim != 2:
        raise ValueError(
            "inputs must have two axes, (tokens, features), because the steps are told for one "
            f"sequence: got shape {inputs.shape}"
        )
    return tuple(_steps(inputs, *weights))


def _steps(
    inputs: Floats, query_weight: Floats, key_weight: Floats, value_weight: Floats
) -> Iterator[Step]:
    """The records in order."""
    tokens = range(len(inputs))
    queries, keys, values = inputs @ query_weight, inputs @ key_weight, inputs @ value_weight
    raw_scores, scores = dot(queries, keys), scaled_dot(queries, keys)
    weights = softmax(scores)
    outputs = weights @ values
    matrices = {
        "query_weight": query_weight,
        "key_weight": key_weight,
        "value_weight": value_weight,
    }
    for i in tokens:
        yield _step(1, i, {}, {"input": inputs[i]})
    yield _step(2, None, {}, matrices)
    for i in tokens:
        derived = {"key": keys[i], "query": queries[i], "value": values[i]}
        yield _step(3, i, {"input": inputs[i], **matrices}, derived)
    for i in tokens:
        scored = {"raw_scores": raw_scores[i], "scores": scores[i]}
        yield _step(4, i, {"query": queries[i], "keys": keys}, scored)
        exponentials = np.exp(scores[i] - np.max(scores[i]))
        normalised = {"exponentials": exponentials, "weights": weights[i]}
        yield _step(5, i, {"scores": scores[i]}, normalised)
        weighted = {"weighted_values": weights[i][:, None] * values}
        yield _step(6, i, {"weights": weights[i], "values": values}, weighted)
        yield _step(7, i, weighted, {"output": outputs[i]})
    attended = {
        "raw_scores": raw_scores,
        "scores": scores,
        "weights": weights,
        "outputs": outputs,
    }
    yield _step(8, None, {"queries": queries, "keys": keys, "values": values}, attended)


def _step(
    step: int, token: int | None, operands: Mapping[str, Floats], result: Mapping[str, Floats]
) -> Step:
    """A record whose arrays nobody can change, with its sentence."""
    operands = MappingProxyType({name: frozen(array) for name, array in operands.items()})
    result = MappingProxyType({name: frozen(array) for name, array in result.items()})
    words = {**operands, **result}
    i = 0 if token is None else token + 1
    return Step(step, NAMES[step - 1], token, operands, result, _SENTENCES[step - 1](i, words))


def _numbered(name: str, vectors: Floats) -> list[str]:
    """Each vector with its name and number: "key 1 (0, 1, 1)"."""
    return [f"{name} {j} {vector(row, _places(row))}" for j, row in enumerate(vectors, 1)]


def _places(values: Floats) -> int:
    """Two decimals, or four where two would print a number as zero that is not."""
    fractions = np.abs(values)[(np.abs(values) > 1e-9) & np.isfinite(values)]
    return 4 if np.any(fractions < 0.005) else 2


def _plain(values: Floats) -> str:
    """A list of numbers."""
    return listing(values, _places(values))


def _prepare(i: int, w: Mapping[str, Floats]) -> str:
    size = len(w["input"])
    return f"Input {i} is {vector(w['input'])}, a vector of {size} number{'s' * (size > 1)}."


def _initialise(_: int, w: Mapping[str, Floats]) -> str:
    d_model = len(w["query_weight"])
    matrices = [
        f"the {role} projection ({d_model} × {w[f'{role}_weight'].shape[1]}) has the "
        f"row{'s' * (d_model > 1)} {listing(vector(row) for row in w[f'{role}_weight'])}"
        for role in ("key", "query", "value")
    ]
    return f"Three projections are set up: {'; '.join(matrices)}."


def _derive(i: int, w: Mapping[str, Floats]) -> str:
    return (
        f"Input {i} is {vector(w['input'])}. Multiplied by each projection it gives key {i}, "
        f"{vector(w['key'])}, query {i}, {vector(w['query'])}, and value {i}, {vector(w['value'])}."
    )


def _score(i: int, w: Mapping[str, Floats]) -> str:
    one = len(w["keys"]) == 1
    return (
        f"Input {i} asks: its query {vector(w['query'])} meets "
        f"{listing(_numbered('key', w['keys']))}; the dot product{' is' if one else 's are'} "
        f"{_plain(w['raw_scores'])}, and divided by √{len(w['query'])} the "
        f"score{' is' if one else 's are'} {_plain(w['scores'])}."
    )


def _normalise(i: int, w: Mapping[str, Floats]) -> str:
    one = len(w["scores"]) == 1
    return (
        f"Softmax turns the score{'' if one else 's'} of input {i}, {_plain(w['scores'])}, into "
        f"{'a weight' if one else 'weights'}. Less the largest, "
        f"{'it is' if one else 'they are'} {_plain(w['scores'] - w['scores'].max())}; e to "
        f"{'this power' if one else 'these powers'} is {_plain(w['exponentials'])}; divided by the sum, "
        f"{number(w['exponentials'].sum())}, the weight{' is' if one else 's are'} "
        f"{_plain(w['weights'])}."
    )


def _multiply(i: int, w: Mapping[str, Floats]) -> str:
    places = _places(w["weights"])
    parts = [
        f"{number(weight, places)} times value {j} {vector(value)} is "
        f"{vector(product, _places(product))}"
        for j, (weight, value, product) in enumerate(
            zip(w["weights"], w["values"], w["weighted_values"], strict=True), 1
        )
    ]
    return f"Each weight of input {i} multiplies its value: {listing(parts)}."


def _sum(i: int, w: Mapping[str, Floats]) -> str:
    vectors = [vector(row, _places(row)) for row in w["weighted_values"]]
    if len(vectors) == 1:
        return f"There is one weighted value, {vectors[0]}, and it is output {i}."
    return (
        f"The weighted values of input {i}, {listing(vectors)}, add up to output {i}: "
        f"{vector(w['output'], _places(w['output']))}."
    )


def _repeat(_: int, w: Mapping[str, Floats]) -> str:
    if len(w["queries"]) == 0:
        return "There are no inputs, so there are no outputs."
    parts = [
        f"input {i} weighs the values with {_plain(weights)}, and output {i} is "
        f"{vector(output, _places(output))}"
        for i, (weights, output) in enumerate(zip(w["weights"], w["outputs"], strict=True), 1)
    ]
    return f"The same is done for every input: {'; '.join(parts)}."


_SENTENCES: tuple[Callable[[int, Mapping[str, Floats]], str], ...] = (
    _prepare,
    _initialise,
    _derive,
    _score,
    _normalise,
    _multiply,
    _sum,
    _repeat,
)
