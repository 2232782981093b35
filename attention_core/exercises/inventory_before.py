"""The form of the concept inventory for before the first lecture; `inventory.py` says what it is."""

from dataclasses import replace

from attention_core import example, softmax
from attention_core._check import frozen
from attention_core._format import number, vector
from attention_core.attend import attention
from attention_core.exercises.questions import Option, Question, times
from attention_core.scores import dot, scaled_dot

__all__ = ["FORM"]

_plane, _worked, _rectangle = example.plane, example.worked, example.rectangle
#: The plane's projections, and other inputs.
_other = replace(_plane, inputs=frozen(_plane.inputs[[0, 2, 2]] + [[0, 0], [0, 0], [0, 1]]))
_Q, _K, _V = (
    _plane.inputs @ m for m in (_plane.query_weight, _plane.key_weight, _plane.value_weight)
)
_raw = dot(_Q, _K)
_scores, _A, _Z = attention(_Q, _K, _V)
#: All scores of query 1 moved up until none is negative, then divided by their sum.
_shifted = (_scores[0] - _scores[0].min()) / (_scores[0] - _scores[0].min()).sum()
_first_two = softmax(_scores[0, :2])
_B = softmax(scaled_dot(_other.inputs @ _other.query_weight, _other.inputs @ _other.key_weight))
_column = 1 - _B[1, 1] - _B[2, 1]
_queries, _keys, _values = (
    _worked.inputs @ m for m in (_worked.query_weight, _worked.key_weight, _worked.value_weight)
)
_asked = dot(_queries, _keys)[0]
_tie = attention(_queries, _keys, _values).weights[0, 1]
_written, _source = len(_rectangle.inputs), len(_rectangle.memory)
#: As in the paper that introduced the Transformer: features of a token, and of a query.
_MODEL, _QUERY = 512, 64
_LONGER = 2

FORM = (
    Question(
        "direction",
        "Who attends to whom",
        "08-all-inputs",
        "A table of weights has queries down the side and keys along the bottom. In row 3, column "
        f"1 stands {number(_A[2, 0])}. What does that say?",
        (
            Option(
                f"Token 1 takes {number(_A[2, 0])} of the value of token 3.",
                "Something does travel between the two, and tables often list senders down the "
                "side. Here the side has those who ask, and they are the ones who take.",
                "direction",
            ),
            Option(
                f"The vectors of tokens 1 and 3 have a similarity of {number(_A[2, 0])}.",
                "It began as a dot product, and that looks like a similarity. But query and key are "
                "two other vectors than the tokens' own, and softmax has been at work since.",
                "most-similar",
            ),
            Option(
                f"Token 3 takes {number(_A[2, 0])} of the value of token 1.",
                "The row belongs to the query, which asks; the column belongs to the key that is "
                "asked, and its value is what the query takes.",
            ),
            Option(
                f"Tokens 1 and 3 belong together by {number(_A[2, 0])}.",
                "Ties are mutual in most tables of pairs. Here row 1, column 3 is another number: "
                "it comes of another query and another key.",
                "symmetry",
            ),
        ),
    ),
    Question(
        "symmetry",
        "Back and forth",
        "04-scores",
        f"Query 1 scores {number(_raw[0, 1])} with key 2: q₁ · k₂ = {number(_raw[0, 1])}. What "
        "follows for q₂ · k₁?",
        (
            Option(
                "Nothing: q₂ and k₁ are two other vectors.",
                "A dot product may be turned round, but q₂ · k₁ is not q₁ · k₂ turned round. That "
                f"would be k₂ · q₁. Where these numbers come from, it is {number(_raw[1, 0])}.",
            ),
            Option(
                f"It is {number(_raw[0, 1])}: a dot product may be turned round.",
                "So it may: q₁ · k₂ is k₂ · q₁. But q₂ and k₁ are two other vectors.",
                "symmetry",
            ),
            Option(
                f"It is {number(_raw[0, 1])}: the words' vectors are at right angles.",
                "That would hold if the words' own vectors were multiplied. What is multiplied was "
                "made of them by two different projections.",
                "word-vectors",
            ),
            Option(
                "Nothing, until both are divided by √d_k.",
                "That comes next and divides all scores by the same number, which tells nothing "
                "about q₂ or k₁.",
                "scale",
            ),
        ),
    ),
    Question(
        "rows",
        "What sums to one",
        "08-all-inputs",
        f"In a table of three tokens' weights, row 1 is {number(_B[0, 0])}, a gap and "
        f"{number(_B[0, 2])}; column 2 is the gap, {number(_B[1, 1])} and {number(_B[2, 1])}; row "
        f"2 begins with {number(_B[1, 0])}. The score of the gap is negative. Which weight belongs "
        "there?",
        (
            Option(
                number(_B[0, 1]),
                "Each query gives away one in all: the entries of row 1 sum to one.",
            ),
            Option(
                number(_column),
                "It fills the column up to one. But each query shares out a whole among the keys; "
                "what a key receives in all may be more or less.",
                "rows",
            ),
            Option(
                number(_B[1, 0]),
                "It mirrors row 2, column 1, as in a table of distances. Weights are not mutual.",
                "symmetry",
            ),
            Option(
                number(-_B[0, 1]),
                "A negative score seems to take something away. The exponential of a negative "
                "number is small, and positive.",
                "negative-weight",
            ),
        ),
    ),
    Question(
        "zero-score",
        "A score of zero",
        "05-softmax",
        f"The scores of a query are {number(_scores[0, 0])}, {number(_scores[0, 1])} and "
        f"{number(_scores[0, 2])}. What weight does softmax give to the key in the middle?",
        (
            Option(
                "0: no score, no weight.",
                "No score sounds like no interest. But the exponential of 0 is 1: zero is a score "
                "like others, above all that are negative.",
                "zero-score",
            ),
            Option(
                f"{number(_first_two[1])}: the negative score drops out.",
                "A negative score seems to say: not this one. It makes a weight small, and never "
                "takes the key out.",
                "negative-weight",
            ),
            Option(
                f"{number(_shifted[1])}: moved above zero, then divided by the sum.",
                "It is positive and makes a whole, as weights must. But it depends on the lowest "
                "score alone where zero is; softmax shares out by exponentials.",
                "divide-by-sum",
            ),
            Option(
                f"{number(_A[0, 1])}: all three exponentials share.",
                "The exponential of each score, divided by the sum of all three.",
            ),
        ),
    ),
    Question(
        "company",
        "A newcomer",
        "05-softmax",
        f"A query has three keys, and the second has a weight of {number(_A[2, 1])}. A fourth key "
        "joins, with the highest score of all. What becomes of the second weight?",
        (
            Option(
                "It stays: its query and key are as they were.",
                "Its score stays, for that is about the pair. A weight is the share of one among "
                "all.",
                "company",
            ),
            Option(
                "It falls, though its own score is as it was.",
                "The score is about a pair and stays. The weight is a share, and there is one more "
                "to share with.",
            ),
            Option(
                "It stays: the newcomer stands after it.",
                "We read from left to right. Attention has all keys before it at once, unless a "
                "mask hides some.",
                "sequence",
            ),
            Option(
                "It drops to 0: the newcomer's word is chosen.",
                "A look-up returns one entry. Attention returns a mixture, in which each key that "
                "can be seen has a part.",
                "output-word",
            ),
        ),
    ),
    Question(
        "scale",
        "The size to divide by",
        "09-scaling",
        f"Tokens have {_MODEL} features. In a layer where one text attends to another, queries and "
        f"keys have {_QUERY}. By what are the dot products divided?",
        (
            Option(
                "Nothing: only self-attention scales.",
                "The two are often named in one breath. Self-attention says where queries and keys "
                "come from; the scale belongs to the dot product, whoever asks.",
                "two-choices",
            ),
            Option(
                f"√{_MODEL}, about {number(_MODEL**0.5, 1)}: the model's size.",
                f"It is the size one knows. But {_QUERY} products are summed in a score, not "
                f"{_MODEL}, and the sum is what grows.",
                "scale",
            ),
            Option(
                f"√{_QUERY}, which is {number(_QUERY**0.5)}: the query's size.",
                f"A score is a sum of {_QUERY} products, whose spread grows as the square root of "
                "their number.",
            ),
            Option(
                "The sum of the row, so that shares come out.",
                "Shares do come out, in the next step and of the exponentials. The sum of scores "
                "may be zero or negative.",
                "divide-by-sum",
            ),
        ),
    ),
    Question(
        "most-similar",
        "Highest and nearest",
        "04-scores",
        f"A query is {vector(_queries[0])}. Of the keys {vector(_keys[0])} and {vector(_keys[1])}, the first "
        "is nearer in direction, and the second has the higher score. How can that be?",
        (
            Option(
                "It cannot: the score says how near a key is.",
                f"For keys of one length it does. Here the products are {number(_asked[0])} and "
                f"{number(_asked[1])}: length counts, too.",
                "most-similar",
            ),
            Option(
                "The scores still have to be divided by √d_k.",
                "That comes next, but it divides all scores alike and changes no order.",
                "scale",
            ),
            Option(
                "The score compares the words instead.",
                "The words' vectors are where query and key come from. What is multiplied is query "
                "and key.",
                "word-vectors",
            ),
            Option(
                "The second is longer, and length counts.",
                "A dot product is the cosine of the angle times both lengths. A longer key may win "
                "from further off.",
            ),
        ),
    ),
    Question(
        "equal-weight",
        "The same weight twice",
        "06-weighted-values",
        f"In the output of token 1, tokens 2 and 3 have the same weight, {number(_tie)}. Their "
        f"values are {vector(_values[1])} and {vector(_values[2])}. Do they contribute the same?",
        (
            Option(
                "Yes: a weight is a share of the output.",
                "A weight is a share of the value it is multiplied with, and the values differ.",
                "equal-weight",
            ),
            Option(
                "No: each is multiplied with another value.",
                f"{vector(_tie * _values[1])} and {vector(_tie * _values[2])} are added: the same "
                "weight, times two values.",
            ),
            Option(
                "Yes: both keys are equally like the query.",
                "Keys decide about the weights, and values about what is brought. Equal weights "
                "do not make the values alike.",
                "most-similar",
            ),
            Option(
                "No: token 2 is nearer to token 1.",
                "In a text what is near often matters more. The formula knows of no places.",
                "order",
            ),
        ),
    ),
    Question(
        "three-projections",
        "Why three projections",
        "02-weights",
        "Each token is turned into a query, a key and a value, by three matrices. Why not use one "
        "vector for all three?",
        (
            Option(
                "One would do: three are for speed.",
                "Three are computed, so it looks like bookkeeping. With one vector for query and "
                "key each score would be mutual, and what is asked would be what is offered.",
                "three-projections",
            ),
            Option(
                "The queries and the keys come from two texts.",
                "In cross-attention they do. In self-attention all three come from the same "
                "tokens, and there are three projections all the same.",
                "cross",
            ),
            Option(
                "Each serves one of several heads.",
                "Both are about having several. But every head has its own three.",
                "head",
            ),
            Option(
                "It may seek one thing and show another.",
                "What a token asks for need not be what it answers to, nor what it hands over: "
                "three jobs.",
            ),
        ),
    ),
    Question(
        "learning",
        "What is learned",
        "16-backward",
        "A model is trained, and reads a sentence that it has never seen. What is made for this "
        "sentence?",
        (
            Option(
                "Nothing: its attention weights were learned.",
                "Both are called weights. Training sets the projections; the attention weights are "
                "computed from each sentence anew.",
                "projections-weights",
            ),
            Option(
                "Its projections: each sentence is a lesson.",
                "We learn when we read. A model's matrices move in training, by gradients, and "
                "stand still when it is used.",
                "learning",
            ),
            Option(
                "Its attention weights; the projections stay.",
                "The projections were set in training. Queries, keys and attention weights are "
                "computed from what is read.",
            ),
            Option(
                "Its projections; pairs of words keep their weights.",
                "As if there were a table of words that fit. The same two words get other weights "
                "in other company.",
                "company",
            ),
        ),
    ),
    Question(
        "output-word",
        "What comes out",
        "07-output",
        f"For token 1, self-attention gives {vector(_Z[0])}. What is that?",
        (
            Option(
                "A mixture of all values, by weight.",
                "A weighted average of all values: a vector, which need not be any token's own.",
            ),
            Option(
                "The word with the largest weight, as a vector.",
                "A look-up would return it. Attention mixes, and the others are in the mixture.",
                "output-word",
            ),
            Option(
                "A guess at the next word.",
                "Language models make such a guess, at their very end. Attention hands a vector to "
                "the next layer.",
                "decoder",
            ),
            Option(
                "How important token 1 is in each feature.",
                "Attention sounds like importance. An output says what a token has gathered, not "
                "what it is worth.",
                "column-sums",
            ),
        ),
    ),
    Question(
        "order",
        "Words in another order",
        "14-positions",
        "No positions are added to the words. First a layer of self-attention without a mask reads "
        "*dog bites man*, then *man bites dog*. Is the output for *dog* another one?",
        (
            Option(
                "Yes: something else stands before *dog*.",
                "To us it does. The layer sees three vectors and no order: *dog* has the same "
                "company.",
                "order",
            ),
            Option(
                "Yes: it is computed last, after the others.",
                "Chapters and loops go one after another. Each output is made of the inputs alone, "
                "in any order.",
                "sequence",
            ),
            Option(
                "No: it meets the same keys and values.",
                "The same query meets the same keys, and the same values are summed: only their "
                "order differs.",
            ),
            Option(
                "No: a word takes its output from itself.",
                "Its own value is in the mixture. So are the others, or attention would add "
                "nothing.",
                "itself",
            ),
        ),
    ),
    Question(
        "mask-side",
        "The other way round",
        "12-masks",
        "Your mask says True where a query may look: at its own token and the ones before. The "
        "function that you give it to takes True for hidden, and runs. Where may the last of your "
        "tokens look?",
        (
            Option(
                "Nowhere: no key is left to it.",
                "The last row of your mask is True throughout, and so the last query has no key "
                "left.",
            ),
            Option(
                "Everywhere, as you meant it.",
                "So you meant it, and the name is the same. Libraries differ in which way a mask is "
                "true, and a wrong one need not raise an error.",
                "mask-side",
            ),
            Option(
                "At itself, as any token.",
                "A token's own key seems out of reach of masks. They hide it like any other.",
                "itself",
            ),
            Option(
                "Everywhere, with equal weights.",
                "Something must come out, one would think. Where all keys are hidden the formula "
                "has no answer: it divides nothing by nothing, and code has to decide.",
                "nothing-seen",
            ),
        ),
    ),
    Question(
        "head",
        "What a head is",
        "13-multi-head",
        "What is a head, in multi-head attention?",
        (
            Option(
                "Some of the features of each input, alone.",
                "Results are laid side by side, so the inputs might be, too. Each head sees all "
                "features, and projects them to a smaller size.",
                "head",
            ),
            Option(
                "An attention with projections of its own.",
                "Its queries, keys and values are made of whole inputs, by matrices of its own, "
                "and are smaller.",
            ),
            Option(
                "A turn of the loop over the tokens.",
                "Several heads sound like divided labour. Each of them computes an output for "
                "every token.",
                "sequence",
            ),
            Option(
                "The part for one relation, such as pronouns.",
                "Pictures of single heads suggest it. No head is told what to look for, and few can "
                "be named.",
                "explanation",
            ),
        ),
    ),
    Question(
        "cross",
        "Two texts",
        "11-shapes",
        f"A translation has {_written} tokens so far, its source {_source}. In cross-attention the "
        "translation asks the source. How many rows and columns has the table of weights, with "
        "queries down the side?",
        (
            Option(
                f"{_source} rows, {_written} columns",
                "The source comes first, and hands something over. But a row belongs to who asks.",
                "direction",
            ),
            Option(
                f"{_written} rows, {_written} columns",
                "That is the table of the translation with itself, its self-attention.",
                "decoder",
            ),
            Option(
                f"{_written + _source} rows, {_written + _source} columns",
                "As if both texts were one. Here one asks and the other is asked.",
                "cross",
            ),
            Option(
                f"{_written} rows, {_source} columns",
                "A row for each query, from the translation; a column for each key, from the "
                "source.",
            ),
        ),
    ),
    Question(
        "memory",
        "Longer texts",
        "21-fast-attention",
        f"A text becomes {times[_LONGER]} as long. Must there be {times[_LONGER**2]} as much memory "
        "for its scores and weights?",
        (
            Option(
                "Yes: each pair has a weight to keep.",
                "So many are computed. But each row's softmax can be made piece by piece, with a "
                "running maximum and sum, and nothing but its result kept.",
                "memory",
            ),
            Option(
                "No: weights lie in the trained model, fixed.",
                "What lies in the trained model is the projections. Attention weights are made of "
                "the text, and there are more of them.",
                "projections-weights",
            ),
            Option(
                "No: in pieces, it grows as the text does.",
                "A running maximum, a running sum and the output so far are enough for each row.",
            ),
            Option(
                "No: the tokens are read one by one.",
                "A recurrent network reads so. Attention compares each token with all others.",
                "sequence",
            ),
        ),
    ),
    Question(
        "reachable",
        "Reach and learning",
        "19-long-range",
        "Attention reaches every token in one step. You train a model on texts in which the answer "
        "lies far back. Will it use it?",
        (
            Option(
                "Yes: what is reached is learned.",
                "Reach is what comparisons of networks speak of. It makes a thing possible; "
                "training, with its data and its luck, has still to find it.",
                "reachable",
            ),
            Option(
                "Perhaps: training still has to find it.",
                "A short way makes it possible and easier. It does not make it so.",
            ),
            Option(
                "No: scores fade with distance.",
                "Nearby words do often matter more. But a score is a dot product, and where the "
                "tokens stand does not enter unless positions are added.",
                "order",
            ),
            Option(
                "No: it has to be handed from token to token.",
                "A recurrent network has to. Attention takes it from where it lies.",
                "sequence",
            ),
        ),
    ),
    Question(
        "explanation",
        "What a picture shows",
        "24-reading-heads",
        "In *the key turned because it was oiled*, a head gives nearly all the weight of *it* to "
        "*key*. What do you know now?",
        (
            Option(
                "That *key* is the word that matters.",
                "Much attention sounds like much importance. It is one head's weight, for one "
                "query; other rows look elsewhere, and a value may bring next to nothing.",
                "column-sums",
            ),
            Option(
                "That *key* and *it* are similar vectors.",
                "A high score looks like likeness. It says that this query and this key fit, each "
                "made by a projection.",
                "most-similar",
            ),
            Option(
                "How the model finds out what *it* means.",
                "The picture tells the story that we want to hear. Take the head out: often the "
                "model does as well as before.",
                "explanation",
            ),
            Option(
                "Where this head looks, not yet what for.",
                "A weight says how values are mixed at one place. What the mixture is good for, "
                "only an experiment can say.",
            ),
        ),
    ),
)
