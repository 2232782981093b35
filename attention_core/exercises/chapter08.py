"""Exercises of chapter 08: every input at once."""

import numpy as np

from attention_core import SelfAttention, attention, softmax
from attention_core._check import Floats
from attention_core.example import Example
from attention_core.exercises import Diagnosis, Exercise
from attention_core.exercises.given import BOOK, ORDINALS, Given, attended, listed
from attention_core.scores import dot

__all__ = ["EXERCISES", "exercises"]


def swapped(of: Example) -> Floats:
    """The outputs with queries made by the keys' projection, and keys by the queries'."""
    return SelfAttention(of.key_weight, of.query_weight, of.value_weight)(of.inputs).output


def keys_and_values(of: Example) -> Floats:
    """The outputs with the projections of keys and values swapped."""
    return SelfAttention(of.query_weight, of.value_weight, of.key_weight)(of.inputs).output


def exercises(given: Given) -> tuple[Exercise, ...]:
    """The chapter's exercises, about what is given."""
    worked, plane = given.worked, given.plane
    steps, on_plane = attended(worked), attended(plane)
    keys, values, listener = steps.keys, steps.values, given.listener
    the_worked = "the worked example" if given.of_the_book else "your worked example"
    symmetric = np.array_equal(steps.raw, steps.raw.T)

    # Weights that sum to one down each column, and the outputs they make.
    columns = softmax(steps.scores, axis=0)
    down_the_columns = columns @ values
    token = given.column_output
    one, other = (i for i in range(3) if i != token)
    total = columns[token].sum()

    # What the fourth token takes from the three, which do not know of it; and as one of four.
    asked = attention([listener @ worked.query_weight], keys, values)
    layer = SelfAttention(worked.query_weight, worked.key_weight, worked.value_weight)
    joined = layer(np.vstack([worked.inputs, listener])).output[-1]
    # Whoever expects a variant to behave as the book's example does.
    unswapped = (
        ()
        if symmetric
        else (
            Diagnosis(
                "the first not swapped",
                lambda: (steps.outputs, swapped(plane)),
                "The second part is right. The first is as before the swap: only where raw scores "
                "are symmetric does it change nothing, and yours are not.",
            ),
        )
    )

    return (
        Exercise(
            id="08.1",
            title="The wrong axis",
            text="Someone runs softmax down the columns of the scores. Compute output "
            f"{token + 1} as it then comes out. Each of its entries is beyond the largest one in "
            r"that column of $\textcolor{#CC79A7}{V}$. How can that be?",
            cell=f"answer = ...  # an array of shape (3,): output {token + 1}",
            question=f"Run softmax down the columns of the scores, and compute output {token + 1}.",
            expected=lambda: down_the_columns[token],
            hints=(
                "The scores and the values stay as they are; what changes is which numbers share a "
                "whole: those of a column, not those of a row.",
                "softmax takes an axis. The last one runs along a row; which one runs down a "
                "column?",
                f"Once you have the weights, output {token + 1} is their row with index {token}, times V.",
            ),
            diagnoses=(
                Diagnosis(
                    "along the rows",
                    lambda: steps.outputs[token],
                    f"This is output {token + 1} as it should be, from weights that sum to one along each "
                    "row. The exercise asks what the mistake gives.",
                ),
                Diagnosis(
                    "one other output",
                    lambda: down_the_columns[one],
                    f"This is what becomes of output {one + 1}. Arrays count from 0.",
                ),
                Diagnosis(
                    "the other output",
                    lambda: down_the_columns[other],
                    f"This is what becomes of output {other + 1}. Arrays count from 0.",
                ),
                Diagnosis(
                    "its weights",
                    lambda: columns[token],
                    f"These are the weights of row {token + 1}. What do they make of the values?",
                ),
                Diagnosis(
                    "all outputs",
                    lambda: down_the_columns,
                    f"These are all three outputs; the exercise asks for the {ORDINALS[token]} alone.",
                ),
                Diagnosis(
                    "not scaled",
                    lambda: (softmax(steps.raw, axis=0) @ values)[token],
                    "These weights come from the raw scores. Divide by the square root of d_k "
                    "first.",
                ),
            ),
            right="No average of the values could lie there: the weights of row "
            f"{token + 1} no longer sum to one, but to {'more than two' if total > 2 else f'{total:.2f}'}.",
        ),
        Exercise(
            id="08.2",
            title="Swap queries and keys",
            text=r"Make the layer with $\textcolor{#D55E00}{W_q}$ and $\textcolor{#E69F00}{W_k}$ "
            f"swapped, and call it on {the_worked}. Then do the same on `{given.home}.plane`, which "
            f"unpacks as `{given.home}.worked` does. Predict first: what changes in each? Then say "
            "why.",
            cell="# two arrays: the outputs of the worked example, the outputs of the plane\n"
            "answer = (..., ...)",
            by_hand="On paper, output 1 of each will do.",
            hand=lambda: (swapped(worked)[0], swapped(plane)[0]),
            question="Swap the projections of queries and keys, here and on the plane.",
            expected=lambda: (swapped(worked), swapped(plane)),
            hints=(
                "A layer is made of three matrices, in the order query, key, value. Make one with "
                "the first two swapped, for each example.",
                "An example unpacks into its inputs and its three matrices, and a layer is called "
                "on the inputs. The result has .output.",
            ),
            diagnoses=(
                Diagnosis(
                    "not swapped",
                    lambda: (steps.outputs, on_plane.outputs),
                    "On the plane, these are the outputs before the swap. Are you sure that the "
                    "second layer got the matrix for keys first?"
                    if symmetric
                    else "These are the outputs before the swap. Are you sure that both layers got "
                    "the matrix for keys first?",
                ),
                *unswapped,
                Diagnosis(
                    "the same example twice",
                    lambda: (swapped(worked), swapped(worked)),
                    "Both parts are of the worked example. The second asks for the plane.",
                ),
                Diagnosis(
                    "keys and values swapped",
                    lambda: (keys_and_values(worked), keys_and_values(plane)),
                    "You swapped the second matrix with the third. Swap the first with the second.",
                ),
                Diagnosis(
                    "weights",
                    lambda: (
                        softmax(steps.scores.T),
                        softmax(on_plane.scores.T),
                    ),
                    "These are the weights; the exercise asks for the outputs.",
                ),
            ),
            right="Swapping turns Q Kᵀ over its diagonal. Only an example whose raw scores are "
            "symmetric cannot tell.",
        ),
        Exercise(
            id="08.3",
            title="Listen without being heard",
            text="A fourth token joins. It may attend to the three others, but nobody attends to "
            "it: not they, and not it itself. What is its output?",
            cell=f"listener = np.array({listed(listener)})  # the input of the fourth token\n"
            "answer = ...  # an array of shape (3,)",
            shown=f"listener = {listed(listener)}",
            question="Let a fourth token listen without being heard, and compute its output.",
            expected=lambda: asked.output[0],
            hints=(
                "To listen is to ask. What does a token need for that?",
                "attention takes queries, keys and values, and there may be fewer queries than "
                "keys.",
                "Its query is its input times W_q, as a matrix of one row; keys and values are K "
                "and V, untouched. Take the first row of the output.",
            ),
            diagnoses=(
                Diagnosis(
                    "one of four",
                    lambda: joined,
                    "Here the fourth token also hears itself, because its own key and value were "
                    "among the rest. It should only listen.",
                ),
                Diagnosis(
                    "its weights",
                    lambda: asked.weights[0],
                    "These are its weights on the three. What does it take with them?",
                ),
                Diagnosis(
                    "not scaled",
                    lambda: attention(
                        [listener @ worked.query_weight], keys, values, score=dot
                    ).output[0],
                    "Its scores were not divided by the square root of d_k.",
                ),
                Diagnosis(
                    "asks with its key",
                    lambda: attention([listener @ worked.key_weight], keys, values).output[0],
                    "The fourth token asked with a key. A token asks with its query.",
                ),
                Diagnosis(
                    "as a matrix",
                    lambda: asked.output,
                    "These are the right numbers in a matrix of one row; take the row itself.",
                ),
            ),
            right="Who asks and who answers may be different crowds. The three do not know that they "
            "were heard, and their outputs stay as they were.",
        ),
    )


EXERCISES = exercises(BOOK)
