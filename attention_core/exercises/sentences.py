"""The sentences that chapter 24 counts over: plain ones, and pairs that differ in a last word.

>>> from attention_core.exercises import sentences
>>> sentences.pairs[0].texts[1]
'The animal did not cross the street because it was too wide.'
>>> sentences.pairs[0].nouns[1]
'street'

All were written for this book, but for the first pair, which is well known.
"""

from dataclasses import dataclass

__all__ = ["Pair", "pairs", "plain", "swapped"]


@dataclass(frozen=True)
class Pair:
    """Two sentences that are the same up to a word, which decides whom the pronoun means.

    Attributes
    ----------
    frame : str
        The sentence, with ``{}`` for that word.
    pronoun : str
        Stands once in it.
    nouns : two str
        The candidates, in the order in which they stand.
    endings : two str
        The word that makes the pronoun mean the first noun, and the one for the second.
    """

    frame: str
    pronoun: str
    nouns: tuple[str, str]
    endings: tuple[str, str]

    @property
    def texts(self) -> tuple[str, str]:
        """Both sentences: in the first the first noun is meant, in the second the second."""
        first, second = self.endings
        return self.frame.format(first), self.frame.format(second)


plain = (
    "The old clock on the kitchen wall stopped at noon.",
    "My sister plays the violin in a small orchestra.",
    "Every morning the baker opens his shop before six.",
    "A cold wind blew across the empty square.",
    "The children built a boat out of paper and string.",
    "He forgot his umbrella on the bus again.",
    "The river was so low that we could walk across.",
    "Two foxes live behind the railway station.",
    "She wrote a long letter to her grandmother.",
    "The museum is closed on Mondays, but the garden is open.",
    "Nobody in the village remembers the name of the bridge.",
    "After the rain, the streets smelled of dust and leaves.",
    "The doctor said that the boy needed more sleep.",
    "Our neighbour paints his fence a different colour each spring.",
    "The last train to the coast leaves at ten.",
    "They found an old map in a drawer of the desk.",
    "The cat sleeps on the warm roof of the car.",
    "I have never seen so many stars as last night.",
    "The bank raised its rates for the third time this year.",
    "We sat on the bank of the river and watched the boats.",
    "If you turn left at the church, you will see the mill.",
    "The soup needs a little salt and a lot of pepper.",
    "His first novel sold badly, and his second won a prize.",
    "The team lost the match in the final minute.",
    "Snow fell all night, so the school stayed closed.",
    "The engineer checked every bolt of the machine twice.",
    "When the music stopped, the dancers kept moving.",
    "A letter with no stamp lay under the door.",
    "The king had three daughters and no patience.",
    "Most birds fly south before the winter comes.",
    "The coffee was cold, but she drank it anyway.",
    "My uncle grows tomatoes, beans and onions behind his house.",
    "The film was too long and the seats were too hard.",
    "It took us five days to cross the desert.",
    "The lighthouse has been dark since the war.",
    "You can borrow the ladder if you bring it back.",
    "The judge read the sentence in a quiet voice.",
    "Green apples are better for baking than red ones.",
    "The dog that bit the postman belongs to the mayor.",
    "Several students asked the same question about the exam.",
    "The plane circled the airport for almost an hour.",
    "Her bicycle has a bell, a basket and no brakes.",
    "The painter mixed blue and yellow to make green.",
    "What he said at the meeting surprised everyone.",
    "The ship carries grain from one port to another.",
    "In the attic we found a box of broken toys.",
    "The gardener waters the roses before the sun is high.",
    "There is a light in the window of the tower.",
)

pairs = (
    Pair(
        "The animal did not cross the street because it was too {}.",
        "it",
        ("animal", "street"),
        ("tired", "wide"),
    ),
    Pair(
        "The cup did not fit under the shelf because it was too {}.",
        "it",
        ("cup", "shelf"),
        ("tall", "low"),
    ),
    Pair(
        "The hammer broke the window because it was {}.",
        "it",
        ("hammer", "window"),
        ("heavy", "thin"),
    ),
    Pair("The cat caught the mouse because it was {}.", "it", ("cat", "mouse"), ("fast", "slow")),
    Pair(
        "The boat could not pass under the bridge because it was too {}.",
        "it",
        ("boat", "bridge"),
        ("tall", "low"),
    ),
    Pair(
        "The teacher helped the student because she was {}.",
        "she",
        ("teacher", "student"),
        ("kind", "lost"),
    ),
    Pair(
        "The nurse comforted the child because she was {}.",
        "she",
        ("nurse", "child"),
        ("gentle", "scared"),
    ),
    Pair(
        "The wolf ate the sheep because it was {}.",
        "it",
        ("wolf", "sheep"),
        ("hungry", "delicious"),
    ),
    Pair(
        "We put the lamp in the room because it was {}.", "it", ("lamp", "room"), ("bright", "dark")
    ),
    Pair(
        "The sofa did not fit through the door because it was too {}.",
        "it",
        ("sofa", "door"),
        ("wide", "narrow"),
    ),
    Pair(
        "The rope could not lift the piano because it was too {}.",
        "it",
        ("rope", "piano"),
        ("weak", "heavy"),
    ),
    Pair(
        "The knife did not cut the bread because it was too {}.",
        "it",
        ("knife", "bread"),
        ("blunt", "hard"),
    ),
    Pair(
        "The mother punished the daughter because she was {}.",
        "she",
        ("mother", "daughter"),
        ("strict", "naughty"),
    ),
    Pair(
        "The thief ran from the officer because he was {}.",
        "he",
        ("thief", "officer"),
        ("guilty", "armed"),
    ),
    Pair(
        "The king feared the general because he was {}.",
        "he",
        ("king", "general"),
        ("weak", "powerful"),
    ),
    Pair(
        "The boss fired the worker because he was {}.", "he", ("boss", "worker"), ("strict", "lazy")
    ),
    Pair(
        "The driver thanked the mechanic because he was {}.",
        "he",
        ("driver", "mechanic"),
        ("grateful", "helpful"),
    ),
    Pair(
        "The tourist asked the guide because she was {}.",
        "she",
        ("tourist", "guide"),
        ("lost", "local"),
    ),
    Pair("The car passed the bus because it was {}.", "it", ("car", "bus"), ("faster", "slower")),
    Pair("The wind tore the tent because it was {}.", "it", ("wind", "tent"), ("strong", "old")),
    Pair("The ice melted in the sun because it was {}.", "it", ("ice", "sun"), ("thin", "hot")),
    Pair(
        "The stone sank in the river because it was {}.",
        "it",
        ("stone", "river"),
        ("heavy", "deep"),
    ),
    Pair(
        "The snake swallowed the frog because it was {}.",
        "it",
        ("snake", "frog"),
        ("hungry", "small"),
    ),
    Pair(
        "The judge freed the prisoner because he was {}.",
        "he",
        ("judge", "prisoner"),
        ("merciful", "innocent"),
    ),
    Pair(
        "The chef shouted at the waiter because he was {}.",
        "he",
        ("chef", "waiter"),
        ("impatient", "late"),
    ),
    Pair(
        "The girl carried the baby because she was {}.",
        "she",
        ("girl", "baby"),
        ("strong", "asleep"),
    ),
    Pair(
        "The ball flew through the window because it was {}.",
        "it",
        ("ball", "window"),
        ("fast", "open"),
    ),
    Pair(
        "The ladder did not reach the roof because it was too {}.",
        "it",
        ("ladder", "roof"),
        ("short", "high"),
    ),
    Pair(
        "The cows left the fields because they were {}.",
        "they",
        ("cows", "fields"),
        ("hungry", "bare"),
    ),
    Pair(
        "The students liked the lessons because they were {}.",
        "they",
        ("students", "lessons"),
        ("curious", "short"),
    ),
    Pair(
        "The police stopped the drivers because they were {}.",
        "they",
        ("police", "drivers"),
        ("careful", "drunk"),
    ),
    Pair(
        "The sailors feared the waves because they were {}.",
        "they",
        ("sailors", "waves"),
        ("timid", "high"),
    ),
)

#: The same words in another order, with another meaning.
swapped = (
    ("The dog bit the man.", "The man bit the dog."),
    ("The cat chased the mouse.", "The mouse chased the cat."),
    ("The teacher thanked the boy.", "The boy thanked the teacher."),
    ("The king feared the queen.", "The queen feared the king."),
    ("Our team beat your team.", "Your team beat our team."),
    ("The judge saw the thief.", "The thief saw the judge."),
    ("The car hit the bus.", "The bus hit the car."),
    ("Paris is larger than Rome.", "Rome is larger than Paris."),
)
