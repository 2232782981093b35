"""Exercises of chapter 08: every input at once."""

import numpy as np

from attention_core import SelfAttention, attention, example, softmax
from attention_core._check import Floats
from attention_core.example import Example
from attention_core.exercises import Diagnosis, Exercise
from attention_core.scores import dot, scaled_dot

__all__ = ["EXERCISES", "listener"]

# A fourth token, which asks and is not asked.
listener: Floats = np.array([1.0, 0.0, 0.0, 1.0])

_queries: Floats = example.inputs @ example.query_weight
_keys: Floats = example.inputs @ example.key_weight
_values: Floats = example.inputs @ example.value_weight


def down_the_columns() -> Floats:
    """All outputs, with weights that sum to one down each column."""
    outputs: Floats = softmax(scaled_dot(_queries, _keys), axis=0) @ _values
    return outputs


def plain(of: Example) -> Floats:
    """The outputs as they should be."""
    return SelfAttention(of.query_weight, of.key_weight, of.value_weight)(of.inputs).output


def swapped(of: Example) -> Floats:
    """The outputs with queries made by the keys' projection, and keys by the queries'."""
    return SelfAttention(of.key_weight, of.query_weight, of.value_weight)(of.inputs).output


def keys_and_values(of: Example) -> Floats:
    """The outputs with the projections of keys and values swapped."""
    return SelfAttention(of.query_weight, of.value_weight, of.key_weight)(of.inputs).output


def listened() -> Floats:
    """What the fourth token takes from the three, which do not know of it."""
    output: Floats = attention([listener @ example.query_weight], _keys, _values).output[0]
    return output


def joined() -> Floats:
    """What the fourth token takes when it is one of four."""
    layer = SelfAttention(example.query_weight, example.key_weight, example.value_weight)
    output: Floats = layer(np.vstack([example.inputs, listener])).output[-1]
    return output


EXERCISES = (
    Exercise(
        id="08.1",
        question="Run softmax down the columns of the scores, and compute output 2.",
        expected=lambda: down_the_columns()[1],
        hints=(
            "The scores and the values stay as they are; what changes is which numbers share a "
            "whole: those of a column, not those of a row.",
            "softmax takes an axis. The last one runs along a row; which one runs down a column?",
            "Once you have the weights, output 2 is their row with index 1, times V.",
        ),
        diagnoses=(
            Diagnosis(
                "along the rows",
                lambda: plain(example.worked)[1],
                "This is output 2 as it should be, from weights that sum to one along each row. "
                "The exercise asks what the mistake gives.",
            ),
            Diagnosis(
                "another output",
                lambda: down_the_columns()[0],
                "This is what becomes of output 1. Arrays count from 0.",
            ),
            Diagnosis(
                "output 3",
                lambda: down_the_columns()[2],
                "This is what becomes of output 3. Arrays count from 0.",
            ),
            Diagnosis(
                "its weights",
                lambda: softmax(scaled_dot(_queries, _keys), axis=0)[1],
                "These are the weights of row 2. What do they make of the values?",
            ),
            Diagnosis(
                "all outputs",
                down_the_columns,
                "These are all three outputs; the exercise asks for the second alone.",
            ),
            Diagnosis(
                "not scaled",
                lambda: (softmax(dot(_queries, _keys), axis=0) @ _values)[1],
                "These weights come from the raw scores. Divide by the square root of d_k first.",
            ),
        ),
        right="No average of the values could lie there: the weights of row 2 no longer sum to "
        "one, but to more than two.",
    ),
    Exercise(
        id="08.2",
        question="Swap the projections of queries and keys, here and on the plane.",
        expected=lambda: (swapped(example.worked), swapped(example.plane)),
        hints=(
            "A layer is made of three matrices, in the order query, key, value. Make one with the "
            "first two swapped, for each example.",
            "An example unpacks into its inputs and its three matrices, and a layer is called on "
            "the inputs. The result has .output.",
        ),
        diagnoses=(
            Diagnosis(
                "not swapped",
                lambda: (plain(example.worked), plain(example.plane)),
                "On the plane, these are the outputs before the swap. Are you sure that the second "
                "layer got the matrix for keys first?",
            ),
            Diagnosis(
                "the same example twice",
                lambda: (swapped(example.worked), swapped(example.worked)),
                "Both parts are of the worked example. The second asks for the plane.",
            ),
            Diagnosis(
                "keys and values swapped",
                lambda: (keys_and_values(example.worked), keys_and_values(example.plane)),
                "You swapped the second matrix with the third. Swap the first with the second.",
            ),
            Diagnosis(
                "weights",
                lambda: (
                    attention(_keys, _queries, _values).weights,
                    SelfAttention(
                        example.plane.key_weight,
                        example.plane.query_weight,
                        example.plane.value_weight,
                    )(example.plane.inputs).weights,
                ),
                "These are the weights; the exercise asks for the outputs.",
            ),
        ),
        right="Swapping turns Q Kᵀ over its diagonal. Only an example whose raw scores are "
        "symmetric cannot tell.",
    ),
    Exercise(
        id="08.3",
        question="Let a fourth token listen without being heard, and compute its output.",
        expected=listened,
        hints=(
            "To listen is to ask. What does a token need for that?",
            "attention takes queries, keys and values, and there may be fewer queries than keys.",
            "Its query is its input times W_q, as a matrix of one row; keys and values are K and "
            "V, untouched. Take the first row of the output.",
        ),
        diagnoses=(
            Diagnosis(
                "one of four",
                joined,
                "Here the fourth token also hears itself, because its own key and value were among "
                "the rest. It should only listen.",
            ),
            Diagnosis(
                "its weights",
                lambda: attention([listener @ example.query_weight], _keys, _values).weights[0],
                "These are its weights on the three. What does it take with them?",
            ),
            Diagnosis(
                "not scaled",
                lambda: attention(
                    [listener @ example.query_weight], _keys, _values, score=dot
                ).output[0],
                "Its scores were not divided by the square root of d_k.",
            ),
            Diagnosis(
                "asks with its key",
                lambda: attention([listener @ example.key_weight], _keys, _values).output[0],
                "The fourth token asked with a key. A token asks with its query.",
            ),
            Diagnosis(
                "as a matrix",
                lambda: listened()[None],
                "These are the right numbers in a matrix of one row; take the row itself.",
            ),
        ),
        right="Who asks and who answers may be different crowds. The three do not know that they "
        "were heard, and their outputs stay as they were.",
    ),
)
