#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Write passengers.csv: a synthetic passenger list with the Titanic's published counts.

    python3 data/make_passengers.py > data/passengers.csv

True in it: how many passengers of each class, sex and age group there were and how many of them
were saved (COUNTS), and about how many of each class came aboard at which port (PORTS); README.md
names the sources. Everything else is invented: names, ages within the group, who belongs to whose
family, tickets, fares, cabins, and which member of a group was saved. Needs the standard library
only; the same bytes on every machine and with every Python 3.
"""

import csv
import sys

# class, sex, age group: aboard, saved
COUNTS = {
    (1, "male", "adult"): (175, 57),
    (1, "female", "adult"): (144, 140),
    (1, "male", "child"): (5, 5),
    (1, "female", "child"): (1, 1),
    (2, "male", "adult"): (168, 14),
    (2, "female", "adult"): (93, 80),
    (2, "male", "child"): (11, 11),
    (2, "female", "child"): (13, 13),
    (3, "male", "adult"): (462, 75),
    (3, "female", "adult"): (165, 76),
    (3, "male", "child"): (48, 13),
    (3, "female", "child"): (31, 14),
}

# class: those who came aboard at Cherbourg and at Queenstown; all others at Southampton
PORTS = {1: {"C": 142, "Q": 3}, 2: {"C": 30, "Q": 7}, 3: {"C": 102, "Q": 113}}

# class: what the invented columns look like
SHAPE = {
    1: dict(couples=58, siblings=6, age=(18, 54), pence=(6200, 19000), cabin=80, no_age=13),
    2: dict(couples=24, siblings=6, age=(14, 38), pence=(2520, 3600), cabin=8, no_age=6),
    3: dict(couples=22, siblings=12, age=(12, 30), pence=(1700, 2280), cabin=2, no_age=29),
}

COLUMNS = [
    "PassengerId", "Survived", "Pclass", "Name", "Sex", "Age", "SibSp", "Parch", "Ticket",
    "Fare", "Cabin", "Embarked",
]  # fmt: skip

CHILDREN_OF_A_FAMILY = [1, 1, 1, 2, 2, 2, 3, 3, 4, 5]
HEADS = ["Ald", "Ash", "Birch", "Brack", "Cald", "Crom", "Dun", "Elm", "Fern", "Grim", "Hasel"]
HEADS += ["Hock", "Ing", "Kest", "Lang", "Mar", "Nor", "Oak", "Pem", "Quen", "Rush", "Sel"]
TAILS = ["acre", "beck", "combe", "croft", "dene", "fell", "gill", "holt", "hurst", "mere"]
TAILS += ["quist", "rigg", "shaw", "slade", "stow", "strand", "thwaite", "wick"]
MALE = ["Albert", "Anton", "Bertram", "Carl", "Edgar", "Ernest", "Frank", "George", "Harald"]
MALE += ["Hugh", "Ivan", "James", "Karl", "Leon", "Michael", "Oscar", "Patrick", "Thomas"]
FEMALE = ["Ada", "Agnes", "Bridget", "Clara", "Edith", "Ellen", "Florence", "Greta", "Hilda"]
FEMALE += ["Ida", "Kate", "Lena", "Mabel", "Nora", "Olga", "Rose", "Selma", "Winifred"]


class Dice:
    """A 64-bit linear congruential generator (Knuth's MMIX constants), its upper half used."""

    def __init__(self, seed):
        self.state = seed
        for _ in range(8):
            self.below(2)

    def below(self, n):
        self.state = (self.state * 6364136223846793005 + 1442695040888963407) % 2**64
        return (self.state >> 32) * n >> 32

    def pick(self, items):
        return items[self.below(len(items))]

    def shuffle(self, items):
        for i in range(len(items) - 1, 0, -1):
            j = self.below(i + 1)
            items[i], items[j] = items[j], items[i]

    def bell(self, low, high):
        """An integer of [low, high], the middle likelier than the ends."""
        return low + (self.below(high - low + 1) + self.below(high - low + 1)) // 2


def make_people(dice, pclass):
    """The passengers of a class by (sex, age group); the saved ones are scattered at random."""
    pools = {}
    for (of_class, sex, group), (aboard, saved) in COUNTS.items():
        if of_class != pclass:
            continue
        pool = [
            dict(Pclass=pclass, Sex=sex, Survived=int(i < saved), SibSp=0, Parch=0)
            for i in range(aboard)
        ]
        dice.shuffle(pool)
        pools[sex, group] = pool
    return pools


def make_parties(dice, pclass, pools):
    """Passengers who travel together: parents with children, couples, siblings, the rest alone.

    A party is (father, mother, others): `others` are the children when there is a parent.
    """
    men, women = pools["male", "adult"], pools["female", "adult"]
    children = pools["male", "child"] + pools["female", "child"]
    dice.shuffle(children)
    parties = []
    while children:
        size = min(dice.pick(CHILDREN_OF_A_FAMILY), len(children))
        which = dice.below(10)
        father = men.pop() if which != 0 and which < 7 else None
        mother = women.pop() if which == 0 or father is None or which < 6 else None
        parties.append((father, mother, [children.pop() for _ in range(size)]))
    for _ in range(SHAPE[pclass]["couples"]):
        parties.append((men.pop(), women.pop(), []))
    for _ in range(SHAPE[pclass]["siblings"]):
        pair = [men.pop(), dice.pick([men, women]).pop()]
        parties.append((None, None, pair))
    for person in men + women:
        parties.append((None, None, [person]))
    return parties


def relate(party):
    """SibSp and Parch from who is in the party."""
    father, mother, others = party
    parents = [p for p in (father, mother) if p]
    for parent in parents:
        parent["SibSp"] = len(parents) - 1
        parent["Parch"] = len(others)
    for person in others:
        person["SibSp"] = len(others) - 1
        person["Parch"] = len(parents)


def adult_age(dice, pclass):
    """Years; about one age in twenty is an estimate, which the real list marks by a half."""
    age = dice.bell(*SHAPE[pclass]["age"]) + dice.below(12)
    if dice.below(6) == 0:
        age += dice.below(22)
    return age + (0.5 if dice.below(20) == 0 else 0)


def set_ages(dice, pclass, party):
    father, mother, others = party
    if not (father or mother):
        for person in others:
            person["Age"] = adult_age(dice, pclass)
        return
    for child in others:  # under twelve; babies in twelfths of a year
        months = 2 + dice.below(142)
        child["Age"] = months // 12 if months >= 12 else round(months / 12, 2)
    oldest = max([child["Age"] for child in others], default=0)
    base = int(oldest) + 18 + dice.bell(0, 20)
    for parent in (father, mother):
        if parent:
            parent["Age"] = base + dice.below(7)


def set_names(dice, party):
    father, mother, others = party
    surname = dice.pick(HEADS) + dice.pick(TAILS)
    husband = dice.pick(MALE) + " " + dice.pick(MALE)
    if father:
        father["Name"] = "%s, Mr. %s" % (surname, husband)
    if mother:
        mother["Name"] = "%s, Mrs. %s (%s)" % (surname, husband, dice.pick(FEMALE))
    for person in others:
        male = person["Sex"] == "male"
        title = ("Master" if person["Age"] < 12 else "Mr") if male else "Miss"
        given = dice.pick(MALE if male else FEMALE)
        if dice.below(25) == 0:
            given += ' "%s"' % dice.pick(MALE if male else FEMALE)[:4]
        person["Name"] = "%s, %s. %s" % (surname, title, given)


def set_fare(dice, pclass, party, number):
    """One ticket a party; fares are in pence a head, children pay half, printed in pounds."""
    members = [p for p in party[:2] if p] + party[2]
    low, high = SHAPE[pclass]["pence"]
    rate = dice.bell(low, high)
    if dice.below(6) == 0:
        rate += dice.below(2 * high) // (1 if pclass == 1 else 4)
    pence = sum(rate if p["Age"] >= 12 else rate // 2 for p in members)
    if dice.below(150) == 0:
        pence = 0  # a guest of the line
    deck = {1: "ABCDE", 2: "DEF", 3: "FG"}[pclass]
    room = "%s%d" % (dice.pick(deck), 2 + dice.below(120))
    cabin = room if dice.below(100) < SHAPE[pclass]["cabin"] else ""
    ticket = dice.pick(["", "", "", "S.K. ", "X/5 "]) + str(100000 * pclass + number)
    for person in members:
        person.update(Ticket=ticket, Fare=round(pence / 240, 4), Cabin=cabin)


def set_ports(dice, pclass, parties):
    """Whole parties come aboard together until a port's count is reached."""
    left = dict(PORTS[pclass])
    order = sorted(parties, key=lambda p: -len(p[2]) - bool(p[0]) - bool(p[1]))
    large = [p for p in order if len(p[2]) > 1 or p[0] or p[1]]
    small = order[len(large) :]
    dice.shuffle(large)
    dice.shuffle(small)
    for party in large + small:
        members = [p for p in party[:2] if p] + party[2]
        open_ports = [port for port in sorted(left) if left[port] >= len(members)]
        stay = party in large and dice.below(100) < 55
        port = "S" if stay or not open_ports else dice.pick(open_ports)
        if port != "S":
            left[port] -= len(members)
        for person in members:
            person["Embarked"] = port


def make_gaps(dice, people):
    """What the lesson's preparation has to fill in."""
    for person in people:
        if dice.below(100) < SHAPE[person["Pclass"]]["no_age"]:
            person["Age"] = ""
    for person in people[100:400:100]:
        person["Embarked"] = ""
    people[700]["Fare"] = ""


def main():
    dice = Dice(1912)
    people = []
    for pclass in (1, 2, 3):
        pools = make_people(dice, pclass)
        parties = make_parties(dice, pclass, pools)
        set_ports(dice, pclass, parties)
        for number, party in enumerate(parties):
            relate(party)
            set_ages(dice, pclass, party)
            set_names(dice, party)
            set_fare(dice, pclass, party, number)
            people += [p for p in party[:2] if p] + party[2]
    dice.shuffle(people)
    make_gaps(dice, people)
    table = csv.DictWriter(sys.stdout, COLUMNS, lineterminator="\n")
    table.writeheader()
    for number, person in enumerate(people, 1):
        table.writerow(dict(person, PassengerId=number))


main()
