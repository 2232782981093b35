"""The form of the concept inventory for after the last lecture; `inventory.py` says what it is."""

from dataclasses import replace

import numpy as np

from attention_core import example, softmax
from attention_core._check import frozen
from attention_core._format import number, vector
from attention_core.attend import attention
from attention_core.exercises.questions import Option, Question, times
from attention_core.scores import dot, scaled_dot

__all__ = ["FORM"]

_plane, _rectangle = example.plane, example.rectangle
#: The plane's projections, and other inputs: again no two tokens score each other alike.
_other = replace(_plane, inputs=frozen(np.array([[0.0, 1], [2, 0], [2, 1]])))
_Q, _K, _V = (
    _other.inputs @ m for m in (_other.query_weight, _other.key_weight, _other.value_weight)
)
_raw = dot(_Q, _K)
_scores, _A, _Z = attention(_Q, _K, _V)
#: All scores of query 1 moved up until none is negative, then divided by their sum.
_shifted = (_scores[0] - _scores[0].min()) / (_scores[0] - _scores[0].min()).sum()
_first_and_last = softmax(_scores[0, [0, 2]])
_B = softmax(scaled_dot(_plane.inputs @ _plane.query_weight, _plane.inputs @ _plane.key_weight))
_column = 1 - _B[1, 2] - _B[2, 2]
_tie = _A[2, 0]
_written, _source = len(_rectangle.memory), len(_rectangle.inputs)
#: Features of a token and of a query in the larger model of the same paper.
_MODEL, _QUERY, _HEADS = 1024, 64, 16
_LONGER = 3

FORM = (
    Question(
        "direction",
        "Who attends to whom",
        "08-all-inputs",
        f"A heatmap of weights has queries down the side and keys along the bottom. The cell in row "
        f"2, column 3 says {number(_A[1, 2])}. What happens with this number?",
        (
            Option(
                "It says how alike tokens 2 and 3 are.",
                "A dot product was its beginning, and that looks like a likeness. But query and key "
                "are not the tokens' own vectors, and softmax came after.",
                "most-similar",
            ),
            Option(
                "Token 2 takes so much of token 3's value.",
                "Rows ask. What is taken is the value that belongs to the column's key.",
            ),
            Option(
                "Tokens 2 and 3 exchange so much of their values.",
                "A pair of tokens has two cells, one for either way, and they differ: the other is "
                f"{number(_A[2, 1])}.",
                "symmetry",
            ),
            Option(
                "Token 3 takes so much of token 2's value.",
                "An arrow from 2 to 3 is easily read into it, and in many tables the side gives. "
                "Here the side asks, and who asks takes.",
                "direction",
            ),
        ),
    ),
    Question(
        "symmetry",
        "Back and forth",
        "04-scores",
        f"Token 1's query is at right angles to token 3's key: q₁ · k₃ = {number(_raw[0, 2])}. What "
        "do you know of q₃ · k₁?",
        (
            Option(
                f"It is {number(_raw[0, 2])}: the two words have nothing in common.",
                "If the words' own vectors were multiplied, one product would serve both ways. "
                "Queries and keys have been through two projections.",
                "word-vectors",
            ),
            Option(
                "It cannot be said before the division by √d_k.",
                "Scores are what comes after it. But it makes no other product of this one.",
                "scale",
            ),
            Option(
                f"It is {number(_raw[0, 2])}: products do not mind the order.",
                "True of k₃ · q₁, which is the same product. Token 3's query and token 1's key are "
                "two others.",
                "symmetry",
            ),
            Option(
                "It cannot be said: other vectors make it.",
                "It takes token 3's query and token 1's key. Where these numbers come from it is "
                f"{number(_raw[2, 0])}.",
            ),
        ),
    ),
    Question(
        "rows",
        "What sums to one",
        "08-all-inputs",
        f"Of a table of weights for three tokens you see: in row 1 {number(_B[0, 0])}, "
        f"{number(_B[0, 1])} and a blot; in column 3 the blot, {number(_B[1, 2])} and "
        f"{number(_B[2, 2])}; at the start of row 3 {number(_B[2, 0])}. The score under the blot is negative. What does "
        "the blot hide?",
        (
            Option(
                number(-_B[0, 2]),
                "Something negative should be taken away, it seems. Exponentials are positive, of "
                "negative numbers too.",
                "negative-weight",
            ),
            Option(
                number(_B[2, 0]),
                "The table would be its own mirror image. But row 3 belongs to another query.",
                "symmetry",
            ),
            Option(
                number(_B[0, 2]),
                "Row 1 is what query 1 gives away, and that is one in all.",
            ),
            Option(
                number(_column),
                "It makes a whole of the column. Columns are what keys receive, and some are asked "
                "by many.",
                "rows",
            ),
        ),
    ),
    Question(
        "zero-score",
        "A score of zero",
        "05-softmax",
        f"Before softmax a row reads {number(_scores[0, 0])}, {number(_scores[0, 1])}, "
        f"{number(_scores[0, 2])}. What is the last of its weights?",
        (
            Option(
                f"{number(_first_and_last[1])}, without the negative one.",
                "A negative score looks like a refusal. Its key still gets a share, a small one.",
                "negative-weight",
            ),
            Option(
                f"{number(_A[0, 2])}, the share of its exponential.",
                "Each score's exponential over the sum of all three; that of 0 is 1.",
            ),
            Option(
                "0, since it has no score.",
                "Nothing comes of nothing, one thinks. But zero is the middle of the scores, not "
                "their end: that is −∞.",
                "zero-score",
            ),
            Option(
                f"{number(_shifted[2])}, by its distance from the least.",
                "The shares are positive and make a whole. Yet the lowest would always get nothing, "
                "and softmax shares out by exponentials.",
                "divide-by-sum",
            ),
        ),
    ),
    Question(
        "company",
        "A newcomer",
        "05-softmax",
        f"Key 1 has a weight of {number(_A[0, 0])} with some query. The text goes on, and its next "
        "token has a key that suits this query better than any. What about the weight of key 1?",
        (
            Option(
                "It is as before: the newcomer comes later.",
                "So it is for a reader, or under a causal mask. Without one, all keys are there at "
                "once.",
                "sequence",
            ),
            Option(
                "It is 0 now: the best match is returned.",
                "So a search would do. Attention gives each visible key a share, and returns a "
                "mixture.",
                "output-word",
            ),
            Option(
                "It is as before: it is about this pair.",
                "That is true of the score. The weight compares it with all the others.",
                "company",
            ),
            Option(
                "It is smaller, though the score is unchanged.",
                "The sum that its exponential is divided by has grown.",
            ),
        ),
    ),
    Question(
        "scale",
        "The size to divide by",
        "09-scaling",
        f"A decoder reads an encoder's output, {_MODEL} features wide, with {_HEADS} heads; a query "
        f"and a key have {_QUERY} entries. What makes scores of their dot products?",
        (
            Option(
                f"To divide by √{_QUERY}, which is {number(_QUERY**0.5)}.",
                f"The spread of a sum of {_QUERY} products is the square root of {_QUERY} times "
                "that of one.",
            ),
            Option(
                "To divide by their sum.",
                "It would make a whole, but so does softmax, which comes next. And a sum of dot "
                "products may be zero or negative.",
                "divide-by-sum",
            ),
            Option(
                f"To divide by √{_MODEL}, which is {number(_MODEL**0.5)}.",
                f"The width is what a model is named by. A score sums {_QUERY} products only.",
                "scale",
            ),
            Option(
                "Nothing: this is no self-attention.",
                "Scaled dot-product attention can ask any text. Where queries come from, and how "
                "scores are scaled, are two choices.",
                "two-choices",
            ),
        ),
    ),
    Question(
        "most-similar",
        "Highest and nearest",
        "04-scores",
        f"The query {vector(_Q[2])} makes a smaller angle with the key {vector(_K[0])} than with "
        f"{vector(_K[2])}, and scores lower with it. What is the reason?",
        (
            Option(
                "The first key is the shorter of the two.",
                "A dot product grows with the key's length, so a short key scores low even where "
                "it points the right way.",
            ),
            Option(
                "The words' vectors are multiplied instead.",
                "Query and key are made of the words' vectors. The score is made of query and key.",
                "word-vectors",
            ),
            Option(
                "An error: scores measure angles.",
                "A cosine would. A dot product measures lengths as well: "
                f"{number(_raw[2, 0])} for the first, {number(_raw[2, 2])} for the other.",
                "most-similar",
            ),
            Option(
                "The scores have not been divided by √d_k.",
                "It makes all scores smaller in the same ratio: none overtakes another.",
                "scale",
            ),
        ),
    ),
    Question(
        "equal-weight",
        "The same weight twice",
        "06-weighted-values",
        f"Query 3 gives {number(_tie)} to token 1, with the value {vector(_V[0])}, and {number(_tie)} "
        f"to token 2, with the value {vector(_V[1])}. Which of the two adds more to its output?",
        (
            Option(
                "Neither: both keys suit the query alike.",
                "They do, hence the equal weights. But keys are not what is added up.",
                "most-similar",
            ),
            Option(
                "Neither: the weights are what counts.",
                "Half of what counts. Each is multiplied with a value first.",
                "equal-weight",
            ),
            Option(
                "Token 2: it is nearer to token 3.",
                "It happens to add more, and to stand nearer. But where a token stands is in no "
                "formula of attention.",
                "order",
            ),
            Option(
                "Token 2: its value is longer.",
                f"{vector(_tie * _V[0])} against {vector(_tie * _V[1])}: equal weights, times "
                "unequal values.",
            ),
        ),
    ),
    Question(
        "three-projections",
        "Why three projections",
        "02-weights",
        "A colleague saves two thirds of the projections: one matrix makes query, key and value at "
        "once. What is lost?",
        (
            Option(
                "Asking for what one does not show.",
                "With one vector a token seeks what it shows and gives what it seeks; and each "
                "score is mutual.",
            ),
            Option(
                "The way in which one text asks another.",
                "One matrix could be applied to two texts as well. Self-attention asks its own "
                "text, and still has three.",
                "cross",
            ),
            Option(
                "Nothing but a little speed.",
                "They look like three names of one thing. But with one vector in all three places "
                "other outputs come out, and fewer can be learned.",
                "three-projections",
            ),
            Option(
                "Two of the three heads.",
                "Heads and projections are both called several views. A head has three "
                "projections, whatever the number of heads.",
                "head",
            ),
        ),
    ),
    Question(
        "learning",
        "What is learned",
        "16-backward",
        "Two sentences run through a layer that was trained last year. What differs between the two "
        "runs?",
        (
            Option(
                "The attention weights, and no projection.",
                "Projections are what training has left. All that is computed with them depends on "
                "the sentence.",
            ),
            Option(
                "Nothing: attention weights were fixed by training.",
                "They have a name in common with what training sets, the weights of a network. "
                "Attention weights are results.",
                "projections-weights",
            ),
            Option(
                "Projections: pairs of words keep their weights.",
                "Some words seem to belong together always. Their weight depends on all the "
                "others, and the projections are the same for every sentence.",
                "company",
            ),
            Option(
                "Projections: the first run has moved them a bit.",
                "Running is not training. Without a loss and a step, no matrix moves.",
                "learning",
            ),
        ),
    ),
    Question(
        "output-word",
        "What comes out",
        "07-output",
        f"Out of self-attention comes {vector(_Z[1])} for token 2. How should you read it?",
        (
            Option(
                "As what token 2 counts for, by feature.",
                "Attention is easily taken for importance. These are features of a mixture of "
                "values; a large one says nothing of worth.",
                "column-sums",
            ),
            Option(
                "As the token that it looks at most.",
                "The largest share is often one token's. But all shares are in the sum, and the "
                "result need be nobody's vector.",
                "output-word",
            ),
            Option(
                "As an average of values, by weight.",
                "So much of each token's value, added up.",
            ),
            Option(
                "As the word to be written next.",
                "Only a whole language model says that, with a layer at its end that chooses among "
                "words.",
                "decoder",
            ),
        ),
    ),
    Question(
        "order",
        "Words in another order",
        "14-positions",
        "Self-attention, with no mask and no positions, is given *cat sees mouse* and then *mouse "
        "sees cat*. What about the output for *cat*?",
        (
            Option(
                "It differs: it is computed first, then last.",
                "Writing goes from first to last. No output waits for another, so its turn does "
                "not matter.",
                "sequence",
            ),
            Option(
                "It is the same: a sum has no order.",
                "A sum does not change when its terms change places, and the weights go with them.",
            ),
            Option(
                "It is the same: *cat* looks at itself.",
                "It looks at itself, too. But at the others as well, and takes their values.",
                "itself",
            ),
            Option(
                "It differs: *sees* is on its other side.",
                "Sides need positions, and none were added.",
                "order",
            ),
        ),
    ),
    Question(
        "mask-side",
        "The other way round",
        "12-masks",
        "A library hides where a mask is True. You give it a mask that is True where a token may be "
        "seen: each token by itself and by all that follow. There is no error. What does the last "
        "token see?",
        (
            Option(
                "All of them, as it should.",
                "A mask seems to speak for itself. It means what the library reads into it, and two "
                "libraries read it in opposite ways.",
                "mask-side",
            ),
            Option(
                "All of them, with equal weights.",
                "One expects a query to get something. With every key hidden, softmax divides zero "
                "by zero; what follows is up to the library.",
                "nothing-seen",
            ),
            Option(
                "Not one of them, not even itself.",
                "It may see all, so its row is True throughout, and that hides all.",
            ),
            Option(
                "Only itself, whatever is hidden.",
                "A token seems always to be at hand to itself. Its own key is hidden with the "
                "others.",
                "itself",
            ),
        ),
    ),
    Question(
        "head",
        "What a head is",
        "13-multi-head",
        f"Of a layer with {_HEADS} heads, for tokens of {_MODEL} features: what does a single head "
        "do?",
        (
            Option(
                "It attends, by projections of its own.",
                f"All {_MODEL} features go into its three projections; smaller queries, keys and "
                "values come out.",
            ),
            Option(
                f"It looks after {_MODEL // _HEADS} features of each token.",
                f"Its result is {_MODEL // _HEADS} wide, which looks like a slice. What goes in is "
                "the whole token.",
                "head",
            ),
            Option(
                "It finds one kind of link, as between verb and noun.",
                "A few heads look like that in pictures. None has a task given to it.",
                "explanation",
            ),
            Option(
                f"It does each {_HEADS}th token, and then the next.",
                "Many hands share out work. Heads do not share out tokens: each makes an output "
                "for all of them.",
                "sequence",
            ),
        ),
    ),
    Question(
        "cross",
        "Two texts",
        "11-shapes",
        f"A question of {_written} tokens looks for its answer in a note of {_source} tokens, by "
        "cross-attention. Which shape has the table of weights, queries down the side?",
        (
            Option(
                f"{_written} rows, {_written} columns",
                "So it is when the question reads itself, in self-attention.",
                "decoder",
            ),
            Option(
                f"{_written} rows, {_source} columns",
                "The question has the queries, and so the rows; the note has the keys.",
            ),
            Option(
                f"{_source} rows, {_written} columns",
                "The note is what is read, and a page is read row by row. But rows are for those "
                "who ask.",
                "direction",
            ),
            Option(
                f"{_source + _written} rows, {_source + _written} columns",
                "That would be both texts in one, each token asking all. Here one text asks the "
                "other.",
                "cross",
            ),
        ),
    ),
    Question(
        "memory",
        "Longer texts",
        "21-fast-attention",
        f"There is memory for the scores and weights of one text. A text {times[_LONGER]} as long: is "
        f"{times[_LONGER**2]} as much needed?",
        (
            Option(
                "No: one token at a time is in it.",
                "So they do in a recurrent network, which carries one state. Attention compares "
                "all with all.",
                "sequence",
            ),
            Option(
                "No: in blocks, it grows in step with the text.",
                "Softmax can be made in blocks: a maximum, a sum and an output for each row are "
                "carried along.",
            ),
            Option(
                "No: weights come with the model.",
                "Those are the projections. Attention weights come with the text.",
                "projections-weights",
            ),
            Option(
                "Yes: every pair has its place in the table.",
                "So many are computed, and the plain code keeps them all. None is needed once its "
                "value is added.",
                "memory",
            ),
        ),
    ),
    Question(
        "reachable",
        "Reach and learning",
        "19-long-range",
        "In one layer, the last word of a page can look at its first. Does a model with such a layer "
        "learn to use the first word, where that helps?",
        (
            Option(
                "No: what it looks at is passed along.",
                "Hand to hand goes the state of a recurrent network. Attention has no hands in "
                "between.",
                "sequence",
            ),
            Option(
                "No: it is too far for a high score.",
                "Our own memory fades. A score knows of no distance, unless positions tell it.",
                "order",
            ),
            Option(
                "Maybe: that is for training to find.",
                "Reach is needed and not enough: data, time and a fortunate start are, too.",
            ),
            Option(
                "Yes: within reach is within learning.",
                "A direct way is the argument for attention, and a good one. Measured, some that "
                "reach do not learn.",
                "reachable",
            ),
        ),
    ),
    Question(
        "explanation",
        "What a picture shows",
        "24-reading-heads",
        "*The bees left because they were cold*: in the picture of one head, *they* gives most to "
        "*bees*. Which sentence may stand under the picture?",
        (
            Option(
                "In this head, *they* looks at *bees* most.",
                "That is what was measured. What follows from it would have to be tested, for "
                "instance without the head.",
            ),
            Option(
                "The model works out who *they* are.",
                "It fits, and so it convinces. But the model may do as well without this head.",
                "explanation",
            ),
            Option(
                "The vectors of *they* and *bees* are close.",
                "A fit of query and key, by two projections, is no closeness of the tokens.",
                "most-similar",
            ),
            Option(
                "No word counts for more than *bees*.",
                "It counts for much with one query of one head, and by its weight. What it brings "
                "is in its value.",
                "column-sums",
            ),
        ),
    ),
)
