# SPDX-License-Identifier: MIT
"""Tables with a target, and options of `skiff prep` for them, from a seed: what is written as CSV, and
by which plan of prep_oracle each column is to be prepared."""

import csv
import dataclasses
import gzip
import os
import random

import prep_oracle

LARGE = 60  # every such table has 100,000 rows
SPELLINGS = ["", "NA", "NaN", "nan", "NULL", "null", "N/A", "n/a", "#N/A", "#NA", "<NA>", "-NaN", "-nan",
             "#N/A N/A", "1.#IND", "-1.#IND", "1.#QNAN", "-1.#QNAN"]  # fmt: skip
WORDS = ["S", "C", "Q", "male", "Zoë", "naïve", "日本", "a b", " lead", "x,y", "x;y", "tab\there", "p|q",
         'say "hi"', "two\nlines", "crlf\r\nin", "None", "yes", "-", "12abc", "a=b", "low<high", "'s"]  # fmt: skip


class Kind:
    """A column's values as text: draw(rng, n); `words` are those of categories."""

    def __init__(self, kind, draw, words=None, positive=False, risky=False):
        self.kind, self.draw, self.words = kind, draw, words
        self.positive, self.risky = positive, risky  # risky: left out, or refused unless it is encoded


def number_text(rng, x):
    form = rng.choice([repr, "{:.3f}".format, "{:e}".format, "{:.17g}".format])
    return form(float(x)).upper() if rng.random() < 0.05 else form(float(x))


def make_kind(rng):
    which = rng.choice("int int small float float tiny expo money bool bool text text words many constant date "
                       "row same empty".split())  # fmt: skip
    if which == "int":
        low, size = rng.choice([(0, 1000), (-50, 50), (-(10**9), 10**9)])
        return Kind("number", lambda r, n: [str(r.randint(low, size)) for _ in range(n)])
    if which == "small":
        return Kind("number", lambda r, n: [str(r.randint(0, 4)) for _ in range(n)], [0, 1, 2, 3, 4], True)
    if which == "float":
        mean, spread = rng.choice([(0, 1), (30, 14), (-1e3, 1e3), (1e6, 10)])
        return Kind("number", lambda r, n: [number_text(r, r.gauss(mean, spread)) for _ in range(n)])
    if which in ("tiny", "expo"):
        power = rng.choice([-12, -3, 5, 40])
        return Kind("number", lambda r, n: ["%.5fe%d" % (r.uniform(-9, 9), power) for _ in range(n)])
    if which == "money":
        return Kind("number", lambda r, n: ["%.2f" % r.lognormvariate(3, 1) for _ in range(n)], None, True)
    if which == "bool":
        words = rng.choice([["True", "False"], ["true", "FALSE"]])
        return Kind("boolean", lambda r, n: [r.choice(words) for _ in range(n)], [0, 1])
    if which in ("text", "words", "many"):
        some = rng.sample(WORDS, rng.randint(2, 6)) if which != "many" else ["w%d" % i for i in range(rng.randint(8, 40))]
        return Kind("text", lambda r, n: [r.choice(some) for _ in range(n)], some, risky=which == "many")
    if which == "constant":
        value = rng.choice(["7", "x", "0.5", "True"])
        return Kind("?", lambda r, n: [value] * n, risky=True)
    if which == "date":
        return Kind("text", lambda r, n: ["2024-%02d-%02d" % (r.randint(1, 12), r.randint(1, 28)) for _ in range(n)],
                    risky=True)  # fmt: skip
    if which == "row":
        return Kind("number", lambda r, n: [str(i) for i in range(n)], None, True, risky=True)
    if which == "same":
        return Kind("text", lambda r, n: ["key %d" % i for i in range(n)], risky=True)
    return Kind("?", lambda r, n: [None] * n, risky=True)


def make_target(rng):
    """A draw, the task that is told (None: found out) and the task."""
    which = rng.choice("01 text bool classes words amounts counts".split())
    if which == "01":
        return lambda r, n: [str(r.randint(0, 1)) for _ in range(n)], None, "binary"
    if which == "text":
        words = rng.sample(WORDS, 2)
        return lambda r, n: [r.choice(words) for _ in range(n)], None, "binary"
    if which == "bool":
        return lambda r, n: [r.choice(["True", "False"]) for _ in range(n)], None, "binary"
    if which == "classes":
        values = rng.sample(range(-3, 30), rng.randint(3, 5))
        return lambda r, n: [str(r.choice(values)) for _ in range(n)], "multiclass", "multiclass"
    if which == "words":
        words = rng.sample(WORDS, rng.randint(3, 5))
        return lambda r, n: [r.choice(words) for _ in range(n)], "multiclass", "multiclass"
    if which == "amounts":
        return lambda r, n: [repr(r.gauss(100, 30)) for _ in range(n)], None, "regression"
    return lambda r, n: [str(r.randint(0, 10**6)) for _ in range(n)], "regression", "regression"


class Table:
    def __init__(self, seed):
        rng = self.rng = random.Random(seed)
        self.seed, large = seed, seed % LARGE == LARGE - 1
        self.rows = 100000 if large else rng.choice([rng.randint(2, 10), rng.randint(11, 300), rng.randint(300, 4000)])
        self.delimiter, self.header = rng.choice(",,;\t|"), rng.random() < 0.9
        self.kinds = [make_kind(rng) for _ in range(rng.randint(1, 5 if large else 9))]
        self.draw_target, self.told_task, self.task = make_target(rng)
        if self.rows < 5:  # two amounts would be two classes
            self.told_task = self.task
        self.place = rng.randint(0, len(self.kinds))  # of the target
        forms = ["col%d", "col%d", "Näme %d", "a,b%d", 'q"%d', "x=%d", " n%d "]
        names = [rng.choice(forms) % i for i in range(len(self.kinds) + 1)]
        self.names = names if self.header else ["c%d" % (i + 1) for i in range(len(names))]
        self.gaps = [rng.choice([0, 0, 0.05, 0.4]) for _ in self.kinds]
        self.style = dict(lineterminator=rng.choice(["\n", "\r\n"]), delimiter=self.delimiter,
                          quoting=csv.QUOTE_ALL if rng.random() < 0.1 else csv.QUOTE_MINIMAL)  # fmt: skip
        self.bom, self.gzip = rng.random() < 0.1, rng.random() < 0.1

    @property
    def target(self):
        return self.names[self.place]

    @property
    def features(self):
        return self.names[: self.place] + self.names[self.place + 1 :]

    def column(self, kind, gap, rows, new):
        rng = self.rng
        texts = kind.draw(rng, rows)
        if new and kind.kind == "text":
            texts = [t if rng.random() < 0.9 else rng.choice(["new", "néw, too"]) for t in texts]
        if new and kind.words == [0, 1, 2, 3, 4]:
            texts = [t if rng.random() < 0.9 else "17" for t in texts]
        spell = rng.choice([[""], SPELLINGS, ["NA"]])
        return [rng.choice(spell) if t is None or rng.random() < gap else t for t in texts]

    def write(self, path, rows, new=False):
        """A second table (`new`) has other values, other categories, and columns in another order."""
        data = [self.column(k, g, rows, new) for k, g in zip(self.kinds, self.gaps)]
        data.insert(self.place, self.draw_target(self.rng, rows))
        while not new and len(set(data[self.place])) < 2:
            data[self.place] = self.draw_target(self.rng, rows)
        order = list(range(len(data)))
        if new and self.header:
            self.rng.shuffle(order)
        with (gzip.open if self.gzip else open)(path, "wt", newline="", encoding="utf-8-sig" if self.bom else "utf-8",
                                                **({"compresslevel": 1} if self.gzip else {})) as file:  # fmt: skip
            out = csv.writer(file, **self.style)
            if self.header:
                out.writerow([self.names[i] for i in order])
            out.writerows(zip(*[data[i] for i in order]))


# ---- options ----


def quoted(text):
    text = str(text)
    special = any(c in text for c in ',="\n\r<') or text != text.strip()
    return '"' + text.replace('"', '""') + '"' if special else text


def numbers(kind):
    return kind.kind == "number"


def choose_plan(rng, kind, gap, fitted_words):
    """A plan, and the rules that say so: option to value."""
    plan, said = prep_oracle.default_plan(kind.kind), {}
    if kind.words and (kind.kind != "number" or rng.random() < 0.3):
        how = rng.choice(["", "label", "onehot", "order"])
        if how == "order" and fitted_words and len(fitted_words) > 1:
            plan.encode, plan.order = "label", rng.sample(fitted_words, len(fitted_words))
            shown = [category_text(kind, w) for w in plan.order]
            said["encode"] = "<".join(quoted(w) for w in shown)
        elif how in ("label", "onehot"):
            plan.encode = said["encode"] = how
    if plan.encode != "numeric":
        plan.fill = "most_frequent"
    if plan.encode == "onehot":
        plan.scale, plan.unseen = "none", "zero"
    choose_fill(rng, kind, gap, plan, said, fitted_words)
    if plan.encode == "numeric" and kind.kind == "number":
        if rng.random() < 0.25:
            plan.clip = rng.choice([(0.01, 0.99), (0.1, 0.9), (0, 0.95), (0.5, 1)])
            said["clip"] = "%g:%g" % plan.clip
        if kind.positive and rng.random() < 0.4:
            plan.log1p, said["log1p"] = True, None
    if plan.encode != "numeric" and rng.random() < 0.4:
        plan.unseen = said["unseen"] = rng.choice(["fill", "zero", "zero", "error"])
    if rng.random() < 0.5:
        plan.scale = said["scale"] = rng.choice(["none", "standard", "minmax", "robust"])
    return plan, said


def category_text(kind, word):
    if kind.kind == "boolean":
        return ["False", "True"][word]
    return str(word)


def choose_fill(rng, kind, gap, plan, said, words):
    how = rng.choice(["", "", "most_frequent", "error", "constant", "mean", "median"])
    if how == "error" and gap and rng.random() < 0.9:
        how = ""
    if how in ("mean", "median") and (kind.kind != "number" or plan.encode != "numeric"):
        how = ""
    if how == "constant" and kind.kind == "number" and plan.encode == "numeric":
        value = rng.choice([0, 3.25, 1000])
        plan.fill, said["fill"] = ("constant", value), "%g" % value
    elif how == "constant" and kind.kind == "boolean" and plan.encode == "numeric":
        value = rng.randint(0, 1)
        plan.fill, said["fill"] = ("constant", value), ["False", "True"][value]
    elif how == "constant" and words:
        value = rng.choice(words)
        if plan.order is None and kind.kind == "text" and rng.random() < 0.3:
            value = "filled in"
        plan.fill, said["fill"] = ("constant", value), quoted(category_text(kind, value))
    elif how and how != "constant":
        plan.fill = said["fill"] = how


def choose_division(rng, task):
    d = prep_oracle.Division(random_state=rng.choice([42, 0, 7, 2**32 - 1]))
    words = ["--random_state", str(d.random_state)] if d.random_state != 42 else []
    if rng.random() < 0.12:
        d.folds = rng.choice([2, 3, 5])
        words += ["--folds", str(d.folds)]
    elif rng.random() < 0.6:
        d.test_size = rng.choice([0.1, 0.25, 0.3, 0.5, 1, 3, 0])
        words += ["--test_size", "%g" % d.test_size]
    if rng.random() < (0.02 if task == "regression" else 0.4):
        d.stratify = True
        words += ["--stratify"]
    elif rng.random() < 0.15:
        d.shuffle = False
        words += ["--no-shuffle"]
    return d, words


def choose_bare(rng, plans, rules, kinds):
    """Rules for every column that they fit and that has none of its own: option to value."""
    bare = {}
    if rng.random() < 0.2:
        bare["encode"] = "onehot"
    if rng.random() < 0.3:
        bare["scale"] = rng.choice(["minmax", "robust", "none"])
    if rng.random() < 0.2:
        bare["fill"] = rng.choice(["mean", "most_frequent"])
    for name, plan in plans.items():
        said, text = rules[name], kinds[name] == "text"
        if text and "encode" in bare and "encode" not in said:
            plan.encode = "onehot"
            plan.scale, plan.unseen = said.get("scale", "none"), said.get("unseen", "zero")
        if "scale" in bare and "scale" not in said and plan.encode != "onehot":
            plan.scale = bare["scale"]
        if "fill" in bare and "fill" not in said and (
                bare["fill"] == "most_frequent" or (kinds[name] == "number" and plan.encode == "numeric")):  # fmt: skip
            plan.fill = bare["fill"]
    return bare


def rule_words(rules, bare):
    """Rules by column, {name: {option: value}}, and bare ones as arguments."""
    words = []
    for option in ("encode", "fill", "clip", "log1p", "scale", "unseen"):
        items = [bare[option]] if option in bare else []
        items += [quoted(n) if v[option] is None else quoted(n) + "=" + v[option]
                 for n, v in rules.items() if option in v]  # fmt: skip
        if items:
            words += ["--" + option, ",".join(items)]
    return words


# ---- a table and its options ----


def make_rules(t, table, named):
    """Plans and rules of columns; in tables of few rows every one is meant."""
    rng, plans, rules = t.rng, {}, {}
    for name, kind, gap in zip(t.features, t.kinds, t.gaps):
        kind.kind = prep_oracle.kind_of(table[name])
        words = sorted(table[name].dropna().unique()) if kind.words else None
        words = [int(w) for w in words] if words and kind.kind != "text" else words
        plain = not named and (kind.risky or t.rows < 30)
        plans[name], rules[name] = prep_oracle.default_plan(kind.kind), {}
        if not plain:
            plans[name], rules[name] = choose_plan(rng, kind, gap, words)
        if named and "encode" not in rules[name]:
            if kind.risky or t.rows < 60:
                rules[name]["encode"] = plans[name].encode
    return plans, rules


def choose_names(t, table):
    """Some of the features in any order; seldom one without values."""
    names = [n for n in t.features if t.rng.random() < (0.8 if table[n].notna().any() else 0.1)] or t.features
    t.rng.shuffle(names)
    return names


@dataclasses.dataclass
class Case:
    seed: int
    t: Table
    path: str
    table: object  # as pandas reads the CSV
    names: list  # of the features, in order; None: those that the command takes
    plans: dict  # by name
    division: prep_oracle.Division
    all_rows: bool  # --fit_on all
    words: list  # all but FILE and --out


def choose_words(t):
    """What has no bearing on the result, or says what would be found out."""
    words = ["--threads", str(t.rng.randint(1, 3))]
    words += ["--task", t.told_task] if t.told_task else []
    words += ["--dtype", "float32"] if t.rng.random() < 0.1 else []
    if not t.header or t.rows <= 50 or t.rng.random() < 0.5:
        words += ["--header", "yes" if t.header else "no", "--delimiter",
                  {",": "comma", ";": "semicolon", "\t": "tab", "|": "pipe"}[t.delimiter]]  # fmt: skip
    return words


def make_case(seed, folder):
    t = Table(seed)
    path = os.path.join(folder, "t.csv" + (".gz" if t.gzip else ""))
    t.write(path, t.rows)
    table = prep_oracle.read(path, t.delimiter, t.header)
    named = t.rng.random() < 0.7
    plans, rules = make_rules(t, table, named)
    names = choose_names(t, table) if named else None
    bare = choose_bare(t.rng, plans, rules, {n: k.kind for n, k in zip(t.features, t.kinds)})
    division, words = choose_division(t.rng, t.task)
    all_rows = t.rng.random() < 0.3
    words += ["--target", t.target, "--quiet", *choose_words(t)]
    words += rule_words({n: rules[n] for n in names or t.features}, bare)
    words += ["--features", ",".join(map(quoted, names))] if named else []
    words += ["--fit_on", "all"] if all_rows else []
    return Case(seed, t, path, table, names, plans, division, all_rows, words)
