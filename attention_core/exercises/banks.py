"""The sentences of chapter 23, all written for it.

In those of `river`, `money` and `either`, *bank* is a piece of its own at position five, after
[CLS] and four other pieces: so no position tells one from another. Those of `more` were written
afterwards and all kept: in the first half it stands by water, in the second it deals in money.
"""

__all__ = ["either", "money", "more", "river"]

river = {
    "river": "We sat on the bank and watched the river.",
    "lake": "He swam to the bank of the lake.",
    "stream": "Frogs live in the bank of our stream.",
    "boat": "The boat reached the bank before the rain.",
}
money = {
    "account": "She went to the bank to open an account.",
    "loan": "He asked at the bank for a loan.",
    "thieves": "Thieves broke into the bank and took the money.",
    "savings": "My aunt runs the bank that holds our savings.",
}
either = {
    "clouds": "Behind a dark grey bank of clouds the sun went down.",
    "weather": "You can not always bank on the weather.",
    "donor": "He rang the blood bank about a donor.",
    "noon": "We met near the bank at noon.",
}
more = (
    "They walked along the bank at sunset.",
    "The otter slid down the bank into the water.",
    "Flood water rose over the bank in the night.",
    "An old willow leans from the left bank.",
    "The kayak was pulled up on the bank to dry.",
    "We had our lunch on a grassy bank.",
    "The angler stood quietly on the far bank.",
    "The bank was steep and covered with moss.",
    "The bank closes at four on Fridays.",
    "Her bank sent a new card by post.",
    "I asked my bank to stop the payment.",
    "The clerk at the bank counted the coins.",
    "A small bank in the village went bankrupt.",
    "The bank wants its mortgage paid on time.",
    "Please transfer the rent from your bank.",
    "The government had to rescue the bank.",
)
