"""
A second reader of dosages, written to be obvious and not quick: it lives through the days minute by minute.

It knows no rates and no averages. A clock runs; at each minute it asks of each instruction whether a dose is due, takes
it, and counts milligrams on that day. It shares no code with the reader it is compared with, and reads less than that.
"""

from fractions import Fraction

DAY = 24 * 60
MINUTES = {"min": 1, "h": 60, "d": DAY, "wk": 7 * DAY}
MILLIGRAMS = {"mg": Fraction(1), "g": Fraction(1000), "ug": Fraction(1, 1000), "mcg": Fraction(1, 1000)}
WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
EVENTS = {"MORN": (7 * 60,), "NOON": (12 * 60,), "EVE": (18 * 60,), "HS": (22 * 60,), "C": (420, 720, 1080)}
ABBREVIATED = {"BID": (2, DAY), "TID": (3, DAY), "QID": (4, DAY), "QD": (1, DAY), "Q4H": (1, 240), "QOD": (1, 2 * DAY)}
ABBREVIATED |= {"Q6H": (1, 360), "Q8H": (1, 480), "AM": (1, DAY), "BED": (1, DAY), "WK": (1, 7 * DAY)}


def milligrams_each_day(instructions, product, days):
    """What is taken on each of so many days, at the most that the instructions allow."""
    lines = [Taking(instruction, product) for instruction in instructions]
    taken = []
    for day in range(days):
        running = [line for line in lines if line.runs_on(day)]
        doses = [sum(map(line.at, range(DAY))) for line in running]
        taken.append(
            sum((line.no_more(line.each * count) for line, count in zip(running, doses, strict=True)), Fraction(0))
        )
    return taken


class Taking:
    """One instruction being followed."""

    def __init__(self, instruction, product):
        self.product = product
        self.each = self.in_milligrams(self.most(instruction["doseAndRate"][0]))
        self.worn = product.per == "h"  # all the time: dose patches, each giving its strength an hour
        if self.worn:
            self.each /= 60
        timing = instruction.get("timing", {})
        repeat = timing.get("repeat", {})
        self.frequency, self.period = self.rhythm(timing, repeat)
        self.moments = [self.minute(time) for time in repeat.get("timeOfDay", [])]
        self.moments += [minute for event in repeat.get("when", []) for minute in EVENTS[event]]
        self.weekdays = repeat.get("dayOfWeek", WEEK)
        self.first, self.last = instruction.get("_days", (0, 10**6))
        self.left = repeat.get("count", 10**9)
        self.waiting = None  # minutes of waiting, each counted `frequency` times
        cap = instruction.get("maxDosePerPeriod")
        self.cap = self.in_milligrams(cap["numerator"]) if cap else None

    @staticmethod
    def most(entry):
        return entry["doseRange"]["high"] if "doseRange" in entry else entry["doseQuantity"]

    @staticmethod
    def rhythm(timing, repeat):
        if "code" in timing:
            return ABBREVIATED[timing["code"]["text"]]
        if "period" not in repeat:
            return 0, 1
        most = repeat.get("frequencyMax", repeat.get("frequency", 1))
        return most, repeat["period"] * MINUTES[repeat["periodUnit"]]

    @staticmethod
    def minute(time):
        hours, minutes = time.split(":")[:2]
        return int(hours) * 60 + int(minutes)

    def in_milligrams(self, quantity):
        value, unit = Fraction(str(quantity["value"])), quantity.get("unit", quantity.get("code"))
        if unit in MILLIGRAMS:
            return value * MILLIGRAMS[unit]
        return value * self.product.strengths[0]  # a tablet, a mL, a patch

    def runs_on(self, day):
        return self.first <= day < self.last and WEEK[day % 7] in self.weekdays

    def at(self, minute):
        """How many doses are taken in this minute; of what is worn, that it is."""
        if self.worn:
            return 1
        due = self.moments.count(minute) if self.moments else self.rings(minute)
        due = min(due, self.left)
        self.left -= due
        return due

    def rings(self, minute):
        """How many doses are due: the first at once, the next when the period has passed `frequency` times over."""
        if self.waiting is None or (self.weekdays is not WEEK and minute == 0):
            self.waiting = self.period
        due = self.waiting // self.period if self.frequency else 0
        self.waiting += self.frequency - due * self.period
        return due

    def no_more(self, amount):
        return amount if self.cap is None else min(amount, self.cap)
