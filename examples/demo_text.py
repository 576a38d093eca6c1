"""The dialogues that the demonstration model learns from, and those that it is judged by. Their words are in
demo_text.json, written for this project.

A dialogue is a list of (question, answer) rounds. `Writer(random)` writes dialogues to train on;
`Writer(random, held_out=True)` writes such as no training text holds: other wordings, names, numbers and sums.
"""

import json
import random
import zlib
from pathlib import Path
from typing import Callable, Dict, List, NamedTuple, Sequence, Tuple

Round = Tuple[str, str]

TEXTS = json.loads(Path(__file__).with_suffix(".json").read_text(encoding="utf-8"))
LEADS = {
    "zh": ("好的，", "嗨，", "嘿，", "那个，", "哎，", "好，", "呃，", "行，", "其实，", "你好！"),
    "en": ("Okay, ", "Hey, ", "Oh, ", "Right, ", "Fine, ", "Now, ", "Hi, ", "Well then, ", "Actually, ", "Hello! "),
}
SUMS = (  # (question, answer)
    ("{} + {} = ?", "{} + {} = {}"),
    ("{}加{}等于多少？", "{}加{}等于{}。"),
    ("{}+{}=", "{} + {} = {}"),
    ("What is {} plus {}?", "{} plus {} is {}."),
    ("请计算 {} + {}", "{} + {} = {}"),
)


class Task(NamedTuple):
    """A dialogue, and what its last answer has to hold."""

    kind: str
    rounds: List[Round]
    expected: Tuple[str, ...]  # each must be in the answer; "a|b": one of these


def kept_back(word: str) -> bool:
    """Whether a name or number is never trained on: one of eight, by its checksum."""
    return zlib.crc32(word.encode()) % 8 == 0


class Writer:
    """Writes dialogues. With `held_out` those that no training text holds."""

    def __init__(self, rng: random.Random, held_out: bool = False):
        self.random, self.held_out = rng, held_out
        self.kinds: Dict[str, Callable[[], Task]] = {
            "small talk": self.small_talk,
            "package": self.package,
            "name": self.name,
            "own fact": self.own_fact,
            "text": self.text,
            "pass key": self.pass_key,
            "sum": self.sum,
            "unknown": self.unknown,
            "repeat": self.repeat,
        }

    def chance(self, probability: float) -> bool:
        return self.random.random() < probability

    def pick(self, wordings: dict, which: str = "asked", held_out: str = "held_out") -> str:
        return self.random.choice(wordings[held_out if self.held_out else which])

    def language(self) -> str:
        return "zh" if self.chance(0.5) else "en"

    # ------------------------------------------------------------------------------------------------------- words

    def new(self, draw: Callable[[], str]) -> str:
        """A drawn word of those that this writer may use."""
        while True:
            word = draw()
            if kept_back(word) == self.held_out:
                return word

    def chinese_name(self) -> str:
        words = TEXTS["words"]["zh"]
        given = "".join(self.random.sample(words["given"], self.random.choice((1, 2, 2))))
        if self.chance(0.05):  # a rare character: bytes, for the model
            given = given[:-1] + chr(self.random.randint(0x4E00, 0x9FA5))
        return self.random.choice(words["surname"]) + given

    def english_name(self) -> str:
        if self.chance(0.3):
            return self.random.choice(TEXTS["words"]["en"]["name"])
        word = ""
        for _ in range(self.random.choice((1, 2, 2, 3))):
            word += self.random.choice("bcdfghjklmnprstvwz") + self.random.choice(("a", "e", "i", "o", "u"))
        return (word + self.random.choice(("n", "l", "r", "s", "m", "", "", "th", "ck"))).capitalize()

    def person(self, language: str) -> str:
        """A name, mostly of the language that is spoken."""
        return self.new(self.chinese_name if (language == "zh") != self.chance(0.1) else self.english_name)

    def number(self, digits: Sequence[int] = (2, 3, 4, 5)) -> str:
        length = self.random.choice(digits)
        return self.new(lambda: "".join(self.random.choice("0123456789") for _ in range(length)))

    def value(self, kind: str, language: str) -> str:
        if kind == "name":
            return self.person(language)
        if kind == "number":
            return self.number()
        if kind == "age":
            return str(self.random.randint(3, 99))
        return self.random.choice(TEXTS["words"][language][kind])

    def varied(self, question: str, language: str) -> str:
        """A question as people type it: without its mark, in small letters, behind a word or two."""
        if self.chance(0.25):
            question = question.rstrip("？?。.！!")
        if language == "en" and self.chance(0.2):
            question = question[0].lower() + question[1:]
        if self.chance(0.1):
            zh, en = ("请问，", "嗯，", "那么，", "对了，"), ("So, ", "Well, ", "Please: ", "Hm, ")
            question = self.random.choice(zh if language == "zh" else en) + question
        return question

    # -------------------------------------------------------------------------------------------- kinds of dialogues

    def small_talk(self) -> Task:
        talk = self.random.choice(TEXTS["small talk"])
        question = self.pick(talk)
        if not self.held_out:
            language = "en" if question.isascii() else "zh"
            question = self.varied(question, language)
            if self.chance(0.15):
                question = self.random.choice(LEADS[language]) + question
            if self.chance(0.15):  # a letter is missing
                at = self.random.randrange(len(question))
                question = question[:at] + question[at + 1 :] if len(question) > 4 else question
        return Task("small talk", [(question, self.random.choice(talk["answers"]))], tuple(talk["expected"]))

    def package(self) -> Task:
        """A question about this package: asked directly, or as "how do I ..."."""
        fact, language = self.random.choice(TEXTS["package"]), self.language()
        words = fact[language]
        frame = self.pick(TEXTS["frames"][language])
        direct = words["held_out" if self.held_out else "asked"]
        if self.chance(len(words["to"]) / (2 * len(direct) + len(words["to"]))):
            question = frame.format(self.random.choice(words["to"]))
        else:
            question = self.random.choice(direct)
        if not self.held_out:
            question = self.varied(question, language)
        return Task("package", [(question, words["answer"])], (fact["expected"],))

    def between(self, count: int) -> List[Round]:
        """Rounds of other talk."""
        rounds: List[Round] = []
        for _ in range(count):
            kind = self.random.choice((self.small_talk, self.small_talk, self.package, self.unknown, self.sum))
            rounds += kind().rounds
        return rounds

    def name(self, between: Sequence[int] = (0, 1, 1, 2, 2, 3)) -> Task:
        """A name told, `between` rounds of other talk, the name asked back."""
        language = self.language()
        name, words, chinese = self.person(language), TEXTS["name"][language], language == "zh"
        told = self.pick(words, "told", "told_held_out").format(name)
        asked = self.pick(words)
        asked = asked if self.held_out else self.varied(asked, language)
        if not self.held_out and self.chance(0.06):  # nobody has told it
            missing = "你还没有告诉我你的名字。" if chinese else "You have not told me your name."
            return Task("name", [*self.between(self.random.choice((0, 1))), (asked, missing)], (missing,))
        reply = f"你好，{name}！很高兴认识你。" if chinese else f"Nice to meet you, {name}!"
        last = f"你叫{name}。" if chinese else f"Your name is {name}."
        rounds = [*self.between(int(self.chance(0.15))), (told, reply), *self.between(self.random.choice(between))]
        return Task("name", [*rounds, (asked, last)], (name,))

    def own_fact(self) -> Task:
        """What users say of themselves, beside the name."""
        language = self.language()
        chosen = self.random.sample(TEXTS["own fact"][language], self.random.choice((1, 1, 2)))
        pet = self.random.choice(TEXTS["words"][language]["pet"])
        rounds, asked = [], []
        for fact in chosen:
            value = self.value(fact["value"], language)
            stop = ("。" if language == "zh" else ".") * self.chance(0.7)
            reply = "好的，我记住了。" if language == "zh" else "All right, I will remember that."
            rounds.append((fact["told"].format(value, pet=pet) + stop, reply))
            asked.append(
                (self.random.choice(fact["asked"]).format(pet=pet), fact["answer"].format(value, pet=pet), value)
            )
        question, answer, value = self.random.choice(asked)
        rounds += self.between(self.random.choice((0, 1, 2)))
        return Task("own fact", [*rounds, (question, answer)], (value,))

    def text(self) -> Task:
        """A short text about one or two people, and a question that it answers."""
        language = self.language()
        words = TEXTS["text"][language]
        people = [self.person(language) for _ in range(self.random.choice((1, 2, 2)))]
        told: Dict[Tuple[str, str], Tuple[str, str, str]] = {}
        sentences: List[str] = []
        for _ in range(self.random.choice((2, 3, 4))):
            fact = self.random.choice(words["facts"])
            who = self.random.choice(people)
            if (who, fact["value"]) in told:
                continue
            names = {"who": who, "pet": self.random.choice(TEXTS["words"][language]["pet"])}
            value = self.value(fact["value"], language)
            sentences.append(fact["told"].format(value, **names))
            question = self.random.choice(fact["asked"]).format(**names)
            told[who, fact["value"]] = question, fact["answer"].format(value, **names), value
        if self.chance(0.3):
            filler = TEXTS["filler"][language]
            sentences.insert(self.random.randint(0, len(sentences)), self.random.choice(filler))
        question, answer, value = self.random.choice(list(told.values()))
        text = ("" if language == "zh" else " ").join(sentences)
        return Task(
            "text", [(self.random.choice(words["forms"]).format(text=text, question=question), answer)], (value,)
        )

    def pass_key(self, sentences: int = -1, key_at: float = -1.0) -> Task:
        """A number in `sentences` sentences of filler (-1: some), `key_at` (0 to 1; -1: anywhere) of the way."""
        language = self.language()
        words, filler = TEXTS["pass key"][language], TEXTS["filler"][language]
        key = self.number((3, 4, 5))
        if sentences < 0:
            sentences = self.random.choice((0, 1, 2, 3, 5, 8, 12, 20))
        parts = [self.random.choice(filler) for _ in range(sentences)]
        place = self.random.randint(0, sentences) if key_at < 0 else round(key_at * sentences)
        parts.insert(place, words["told"].format(key, key))
        text = ("" if language == "zh" else " ").join([*parts, self.random.choice(words["asked"])])
        return Task("pass key", [(text, words["answer"].format(key))], (key,))

    def sum(self) -> Task:
        """A sum of one-digit numbers; some pairs are held out."""
        while True:
            a, b = self.random.randint(0, 9), self.random.randint(0, 9)
            if kept_back(f"{min(a, b)}+{max(a, b)}") == self.held_out:
                break
        question, answer = self.random.choice(SUMS)
        return Task("sum", [(question.format(a, b), answer.format(a, b, a + b))], (str(a + b),))

    def unknown(self) -> Task:
        """What the model cannot do, and says so."""
        language = self.language()
        words = TEXTS["unknown"][language]
        question = self.random.choice(words["asked"]).format(self.random.choice(words["nouns"]))
        expected = "不知道" if language == "zh" else "do not know"
        return Task("unknown", [(self.varied(question, language), words["answer"])], (expected,))

    def repeat(self) -> Task:
        """Words, names and numbers to say again."""
        language = self.language()
        count = self.random.choice((1, 1, 2, 3))
        words = [self.person(language) if self.chance(0.6) else self.number() for _ in range(count)]
        if self.chance(0.3):
            words.append(self.random.choice(TEXTS["filler"][language] + TEXTS["unknown"][language]["nouns"]))
        text = " ".join(words)
        return Task("repeat", [(self.random.choice(TEXTS["repeat"][language]).format(text), text)], tuple(words))

    def any(self, weights: Dict[str, float]) -> Task:
        """A dialogue of a kind drawn by weight, sometimes behind rounds of other talk."""
        kind = self.random.choices(list(weights), list(weights.values()))[0]
        task = self.kinds[kind]()
        if kind not in ("name", "own fact") and self.chance(0.25):
            task = task._replace(rounds=[*self.between(self.random.choice((1, 1, 2))), *task.rounds])
        return task
