"""Generation: a causal model gives one token at a time, and reads what it gave.

>>> from functools import partial
>>> from attention_core.training import train
>>> text = np.tile([0, 1, 2, 1], 9)
>>> model = TinyTransformer(3, length=8, answers=3, d_model=8, layers=1, d_ff=8, causal=True)
>>> draw = partial(windows, text=text, length=8)
>>> *_, last = train(model, draw, steps=100, rng=np.random.default_rng(0))
>>> generate(model, last.weights, prompt=[0, 1], count=6)
[2, 1, 0, 1, 2, 1]
"""

import numpy as np
from numpy.typing import ArrayLike

from attention_core._check import (
    Floats,
    as_float,
    as_integers,
    check_count,
    check_prompt,
    check_rng,
    check_sizes,
    check_temperature,
)
from attention_core.cache import KeyValueCache
from attention_core.normalize import softmax
from attention_core.training import TinyTransformer, Whole

__all__ = ["windows", "choose", "generate"]


def windows(
    rng: np.random.Generator, count: int, text: ArrayLike, length: int
) -> tuple[Whole, Whole]:
    """Pieces of a text, and for each token the one that follows it.

    Parameters
    ----------
    rng : numpy.random.Generator
    count : int
        How many pieces to draw; each begins anywhere.
    text : (n,) array of int
    length : int
        Of each piece; below n.

    Returns
    -------
    tokens, targets : (count, length) arrays of int
        The targets are the same pieces, one token later.

    Raises
    ------
    ValueError
        If a size is below 1, or the text too short for a piece and the token after it.
    TypeError
        If a size or a token is no whole number, or rng no generator.

    Examples
    --------
    >>> tokens, targets = windows(np.random.default_rng(1), 1, text=[5, 6, 7, 8, 9], length=3)
    >>> tokens, targets
    (array([[5, 6, 7]]), array([[6, 7, 8]]))
    """
    check_rng(rng)
    check_sizes(count=count, length=length)
    text = as_integers("text", text, "each names a word of the vocabulary")
    check_count("the text's length", text.size, "tokens", least=length + 1)
    starts = rng.integers(text.size - length, size=(count, 1))
    pieces = text[starts + np.arange(length + 1)]
    return pieces[:, :-1], pieces[:, 1:]


def choose(
    logits: ArrayLike, temperature: float = 0.0, rng: np.random.Generator | None = None
) -> int:
    """One answer: the likeliest, or one that is drawn.

    Parameters
    ----------
    logits : (answers,) array
    temperature : float
        What logits are divided by before softmax. At 1 the draw follows the probabilities of the
        model; the nearer to 0, the more the likeliest takes of all, and at 0 nothing is drawn.
    rng : numpy.random.Generator, optional
        Needed where the temperature is above 0.

    Returns
    -------
    int

    Raises
    ------
    ValueError
        If there is no answer, or the temperature is below 0.
    TypeError
        If there is a draw, and rng is no generator.

    Examples
    --------
    >>> choose([1, 3, 2])
    1
    >>> rng = np.random.default_rng(0)
    >>> [choose([1, 3, 2], temperature=1, rng=rng) for _ in range(9)]
    [1, 1, 0, 0, 2, 2, 1, 1, 1]
    """
    scores = as_float("logits", logits).astype(np.float64)
    check_temperature(temperature, rng)
    if rng is None or temperature == 0:
        return int(scores.argmax())
    shares = softmax((scores - scores.max()) / temperature)
    return int(rng.choice(shares.size, p=shares))


def generate(
    model: TinyTransformer,
    weights: Floats,
    prompt: ArrayLike,
    count: int,
    *,
    temperature: float = 0.0,
    rng: np.random.Generator | None = None,
    cache: bool = True,
) -> list[int]:
    """Go on with a text, one token at a time.

    Parameters
    ----------
    model : TinyTransformer
        A causal one, whose answers are its vocabulary.
    weights : array
    prompt : (n,) array of int
        How the text begins.
    count : int
        How many tokens to add.
    temperature : float
        At 0 each token is the likeliest; above, it is drawn, see `choose`.
    rng : numpy.random.Generator, optional
        Needed where the temperature is above 0.
    cache : bool
        Keep keys and values, and read each token once; or else read the whole text again for each
        token. The logits are the same, to rounding.

    Returns
    -------
    list of int
        What was added.

    Raises
    ------
    ValueError
        If the model is not made to read what it gives, prompt and count together are longer than
        its length, a token is outside of its vocabulary, or the temperature is below 0.
    TypeError
        If a token or the count is no whole number, or there is a draw and rng is no generator.

    Examples
    --------
    >>> model = TinyTransformer(vocabulary=9, length=8, answers=9, causal=True)
    >>> weights = model.initial(np.random.default_rng(0))
    >>> generate(model, weights, prompt=[3, 1, 4], count=5)
    [3, 5, 1, 5, 1]
    """
    m = model
    sizes = m.vocabulary, m.length, m.answers, m.causal
    words = check_prompt(prompt, count, *sizes)
    tokens: list[int] = words.tolist()
    caches = [KeyValueCache() for _ in range(m.layers)] if cache else []
    for i in range(count):
        new = tokens[-1:] if cache and i else tokens
        logits = m(weights, [new], caches).logits[0, -1]
        tokens.append(choose(logits, temperature, rng))
    return tokens[words.size :]
