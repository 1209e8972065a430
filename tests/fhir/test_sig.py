"""Free-text sigs: worked examples that a pharmacist can check, and what holds for any text."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from sig_notation import said

from cards.fhir.lines import UNITS, Line
from cards.fhir.sig import LONGEST, read_counted, read_sig
from cards.fhir.sig.words import NAMED, PLAIN, VALUED
from cards.fhir.sig.words import UNITS as UNIT_WORDS

# Each sig beside what it says: dose x times a day. "1/3" times a day is every three days.
READ = {
    # one dose, one frequency
    "300 mg po tid": "300 mg x 3",
    "i cap q8h": "1 capsule x 3",
    "Take one tablet by mouth once daily.": "1 tablet x 1",
    "TAKE ONE (1) TABLET(S) BY MOUTH THREE TIMES A DAY.": "1 tablet x 3",
    "Take 1 capsule by mouth 3 (three) times a day": "1 capsule x 3",
    "1 tab P.O. B.I.D.": "1 tablet x 2",
    "2 caps bd": "2 capsule x 2",
    "one three times a day": "1 x 3",
    "One to be taken at night": "1 x 1",
    "ii tabs qid": "2 tablet x 4",
    "1poqd": "1 x 1",
    "1 pobid": "1 x 2",
    "1 tab po q day": "1 tablet x 1",
    "1 tab po q/hs": "1 tablet x 1",
    "1 cap q12": "1 capsule x 2",
    "1 tablet/day": "1 tablet x 1",
    "300 mg/day": "300 mg x 1",
    "1 tab / 8 hours": "1 tablet x 3",
    "every 8 hours: 1 tablet": "1 tablet x 3",
    "Each day take 2 capsules": "2 capsule x 1",
    "1 cap 2x/day": "1 capsule x 2",
    "1 cap 6 hourly": "1 capsule x 4",
    "1 capsule qid (every 6 hours)": "1 capsule x 4",
    "Take 1 tablet every 8 hours daily": "1 tablet x 3",
    "1,000 mg bid": "1000 mg x 2",
    "1 g tid": "1 g x 3",
    "150 mcg daily": "150 ug x 1",
    "0,5 tab bid": "1/2 tablet x 2",
    "1 tab every Mon, Wed, and Fri": "1 tablet x 3/7",
    "apply 4 g to affected knee 4 times daily": "4 g x 4",
    "1,5 tablets daily": "3/2 tablet x 1",
    "12,5 mg tid": "25/2 mg x 3",
    "1 patch 25 mcg/h every 72 hours": "1 patch = 25 ug/h x 1/3",
    "1 capsule orally three times a day 30 day(s)": "1 capsule x 3 for 30 d",
    "1 tab daily, 2 weeks": "1 tablet x 1 for 14 d",
    "1 tab bid 30 days with food #60": "1 tablet x 2 for 30 d",
    "1 tab daily 7 days then 1 tab bid": "1 tablet x 1 for 7 d then 1 tablet x 2",
    # added up by the writer
    "600 mg three times a day (1800 mg/day)": "600 mg x 3",
    "300 mg qam and 600 mg qhs, total daily dose 900 mg": "300 mg x 1 and 600 mg x 1",
    "2 caps (600 mg) tid (1800 mg/day)": "2 capsule = 600 mg x 3",
    "10ml three times a day": "10 mL x 3",
    "one 5 ml spoonful twice a day": "5 mL x 2",
    "2 tsp every 6 hours": "10 mL x 4",
    "1 sachet at night": "1 x 1",
    "50,000 units weekly": "50000 unit x 1/7",
    # parts of a tablet
    "1/2 tab bid": "1/2 tablet x 2",
    "½ tab qd": "1/2 tablet x 1",
    "1½ tablets at bedtime": "3/2 tablet x 1",
    "1 1/2 tabs qhs": "3/2 tablet x 1",
    "1-1/2 tabs qhs": "3/2 tablet x 1",
    "one and a half tablets twice daily": "3/2 tablet x 2",
    "one and one-half tablets every day": "3/2 tablet x 1",
    "take half of a tablet daily": "1/2 tablet x 1",
    "quarter tablet at noon": "1/4 tablet x 1",
    "0.5 tab tid": "1/2 tablet x 3",
    # ranges
    "1-2 caps tid": "1-2 capsule x 3",
    "1 or 2 tablets at night": "1-2 tablet x 1",
    "1/2 to 1 tab qhs": "1/2-1 tablet x 1",
    "2.5 mg to 5 mg bid": "5/2-5 mg x 2",
    "1 tab every 4 to 6 hours": "1 tablet x 4-6",
    "1 tab q4-6h": "1 tablet x 4-6",
    "1 cap 2 to 3 times daily": "1 capsule x 2-3",
    "1 cap bid-tid": "1 capsule x 2-3",
    "once or twice a day 1 tab": "1 tablet x 1-2",
    "1 tab up to 3 times daily": "1 tablet x 0-3",
    "up to 2 tablets at bedtime": "0-2 tablet x 1",
    "1 tab up to every 6 hours": "1 tablet x 0-4",
    # a dose and its mass
    "Take 1 tablet (20 mg) by mouth daily": "1 tablet = 20 mg x 1",
    "Take 2 capsules (600 mg total) by mouth nightly.": "2 capsule = 600 mg x 1",
    "Take 2 tablets (25 mg each) daily": "2 tablet = 50 mg x 1",
    "300 mg (1 capsule) three times daily": "1 capsule = 300 mg x 3",
    "650 mg = 2 cap, oral, every 6 hr": "2 capsule = 650 mg x 4",
    "take one 300 mg capsule tid": "1 capsule = 300 mg x 3",
    "2 x 300mg capsules bid": "2 capsule = 600 mg x 2",
    "300 mg capsule three times daily": "300 mg x 3",
    "1 tablet 50 mg at night": "1 tablet = 50 mg x 1",
    "2 tablets 50 mg at night": "2 tablet x 1",
    "1 tab of somedrug 500 mg tid": "1 tablet = 500 mg x 3",
    "5 ml (250 mg) bid": "5 mL = 250 mg x 2",
    "1 tablet (10 mEq) daily": "1 tablet x 1",
    # times of the day
    "1 tab qam and qhs": "1 tablet x 2",
    "one tab every morning and at bedtime": "1 tablet x 2",
    "1 cap am, noon and pm": "1 capsule x 3",
    "1 tab with breakfast and dinner": "1 tablet x 2",
    "1 tab with meals": "1 tablet x 3",
    "1 tab with meals and at bedtime": "1 tablet x 4",
    "1 tab 4 times per day with meals and at bedtime": "1 tablet x 4",
    "1 tab twice a day, morning and evening": "1 tablet x 2",
    "1 tab nightly at bedtime": "1 tablet x 1",
    "1 tab daily in the evening at bedtime": "1 tablet x 1",
    "1 tab daily, morning and evening": "1 tablet x 2",
    "1 cap daily 30 minutes before breakfast": "1 capsule x 1",
    "1 cap bid 1 hour before or 2 hours after a meal": "1 capsule x 2",
    "1 tab at 9 pm": "1 tablet x 1",
    "1 tab at 8am, 2pm and 8pm": "1 tablet x 3",
    "100 mg 0900 & 1800": "100 mg x 2",
    "1 tab tid at 0800, 1400 and 2000": "1 tablet x 3",
    "1-0-1": "1 x 2",
    "1-1-1-1 caps": "1 capsule x 4",
    "1-0-2 tabs": "1 tablet x 1 and 2 tablet x 1",
    # longer than a day
    "1 tab every other day": "1 tablet x 1/2",
    "1 tab qod": "1 tablet x 1/2",
    "1 tablet on alternate days": "1 tablet x 1/2",
    "Place 1 patch on the skin every 72 hours": "1 patch x 1/3",
    "1 patch every 3 days (72 hours)": "1 patch x 1/3",
    "1 patch (25 mcg/h) every 72 hours": "1 patch = 25 ug/h x 1/3",
    "50 mcg/hr every 72 hours": "50 ug/h x 1/3",
    "1 patch 2 times per week": "1 patch x 2/7",
    "1 cap once weekly": "1 capsule x 1/7",
    "1 tab every Mon, Wed and Fri": "1 tablet x 3/7",
    "1 tab weekly on Monday": "1 tablet x 1/7",
    "1 mL every 4 weeks": "1 mL x 1/28",
    # for how long
    "1 tab tid x7d": "1 tablet x 3 for 7 d",
    "1 tab bid for 2 weeks": "1 tablet x 2 for 14 d",
    "1 cap daily for one month": "1 capsule x 1 for 30 d",
    "1 tab q12h for 36 hours": "1 tablet x 2 for 2 d",
    "1 tab bid for up to 10 days": "1 tablet x 2 for 10 d",
    "1 tab bid for at least 5 days": "1 tablet x 2",
    "Take 1 tablet by mouth one time": "1 tablet x 1 for 1 d",
    "1 tab in the morning and 2 at night for 7 days": "1 tablet x 1 for 7 d and 2 tablet x 1 for 7 d",
    # as needed, and no more than
    "1 tab q6h prn pain": "1 tablet x 4 prn",
    "1 tab bid if needed for severe back pain, or cramps": "1 tablet x 2 prn",
    "Take 1-2 capsules by mouth every 4 to 6 hours as needed, max 8/day": "1-2 capsule x 4-6 prn max 8 capsule",
    "1 tab q6h prn, not to exceed 3 tablets in 24 hours": "1 tablet x 4 prn max 3 tablet",
    "500 mg q4h prn max 4 g per day": "500 mg x 6 prn max 4 g",
    "1 cap q8h. Max Daily Amount: 900 mg": "1 capsule x 3 max 900 mg",
    "1 tab q6h prn up to 3 times a day": "1 tablet x 4 prn max 3 times",
    "1 tab q4h no more than 4 doses per day": "1 tablet x 6 max 4 times",
    "300 mg q6h max 3 per day": "300 mg x 4 max 3 times",
    "1 to 2 caps once or twice a day, to max of 3 caps daily": "1-2 capsule x 1-2 max 3 capsule",
    "1 tab q4h up to 5 tablets a day": "1 tablet x 6 max 5 tablet",
    "1 tab as needed for moderate pain (4-6) every 6 hours": "1 tablet x 4 prn",
    # one thing beside another
    "1 in the morning and 2 at bedtime": "1 x 1 and 2 x 1",
    "half a tablet in the morning and one at bedtime": "1/2 tablet x 1 and 1 tablet x 1",
    "300 mg am, 300 mg noon, 600 mg hs": "300 mg x 1 and 300 mg x 1 and 600 mg x 1",
    "1 tab at 8 am plus 2 tabs at 8 pm": "1 tablet x 1 and 2 tablet x 1",
    "300 mg bid and 600 mg qhs": "300 mg x 2 and 600 mg x 1",
    "Take 1 tablet in the morning. Take 2 tablets at bedtime.": "1 tablet x 1 and 2 tablet x 1",
    # one thing after another
    "1 tab qhs x7d then 1 tab bid": "1 tablet x 1 for 7 d then 1 tablet x 2",
    "300 mg qhs x 3 days, then bid x 3 days, then tid": "300 mg x 1 for 3 d then 300 mg x 2 for 3 d then 300 mg x 3",
    "1 cap daily for 7 days, 2 caps daily for 7 days, 3 caps daily": (
        "1 capsule x 1 for 7 d then 2 capsule x 1 for 7 d then 3 capsule x 1"
    ),
    "300 mg on day 1, 300 mg bid on day 2, 300 mg tid thereafter": (
        "300 mg x 1 for 1 d then 300 mg x 2 for 1 d then 300 mg x 3"
    ),
    "Week 1: 1 cap qhs; week 2: 1 cap bid; week 3: 1 cap tid": (
        "1 capsule x 1 for 7 d then 1 capsule x 2 for 7 d then 1 capsule x 3 for 7 d"
    ),
    "Days 1-3: 25 mg qhs; days 4 through 6: 50 mg qhs": "25 mg x 1 for 3 d then 50 mg x 1 for 3 d",
    "2 tabs today then 1 tab daily for 4 days": "2 tablet x 1 for 1 d then 1 tablet x 1 for 4 d",
    "10 mg at night, increasing to 20 mg after one week": "10 mg x 1 for 7 d then 20 mg x 1",
    "30 mg daily, after 1 week increase to 60 mg daily": "30 mg x 1 for 7 d then 60 mg x 1",
    "1 tab daily. May increase to 2 tabs daily.": "1 tablet x 1 then 2 tablet x 1",
    "2 tabs bid for 5 days then reduce to 1 tab bid": "2 tablet x 2 for 5 d then 1 tablet x 2",
    # a day's amount in parts
    "900 mg daily in 3 divided doses": "300 mg x 3",
    "1.2 g/day divided tid": "2/5 g x 3",
    # on two sides
    "1 spray in each nostril daily": "2 spray x 1",
    "1 drop in both eyes bid": "2 drop x 2",
    "1 patch to each foot daily": "2 patch x 1",
    # creams and patches
    "Apply a thin layer to affected area tid": "1 application x 3",
    "Apply 4 g to affected area 4 times daily, not to exceed 16 g daily": "4 g x 4 max 16 g",
    "Apply 1-3 patches daily, 12 hours on and 12 hours off": "1-3 patch x 1",
    "Apply 1 patch for up to 12 hours in a 24-hour period": "1 patch x 1",
    "1 patch daily, remove after 12 hours": "1 patch x 1",
    # what else stands in a sig
    "1 tab po daily; may cause drowsiness": "1 tablet x 1",
    "1 cap tid. Do not drive.": "1 capsule x 3",
    "Take 1 tablet with 8 oz of water twice a day": "1 tablet x 2",
    "1 tab bid #60, 3 refills": "1 tablet x 2",
    "1 cap tid, Disp-90 capsule, R-3": "1 capsule x 3",
    "1 tab bid G62.9": "1 tablet x 2",
    "1 tab tid as directed": "1 tablet x 3",
    '{"instructions": "Take 1 tablet twice a day", "additionalInstructions": "with food"}': "1 tablet x 2",
}

# Each sig that must not be guessed at, with the reason that the clinician sees.
REFUSED = {
    "": "empty",
    "as directed": "as directed",
    "use as directed for nerve pain": "as directed",
    "1 tab as directed": "as directed",
    "take as needed": "no dose and no frequency",
    "3 times a day": "no dose",
    "po daily": "no dose",
    "1 tablet": "no frequency",
    "1 tab prn": "no frequency",
    "300 mg": "no frequency",
    "1 xyzzy bid": "words not understood: 'xyzzy'",
    "1 tab bid xyzzy": "words not understood: 'xyzzy'",
    "tkae 1 tabet bid": "words not understood: 'tkae', 'tabet'",
    "1 tab bid or 2 tabs qhs": "two doses in a row",
    "1 tab daily 2 tabs daily": "two doses in a row",
    "two at night - 200 mg": "no frequency",
    "take one tablet one at night": "two doses, and how often for one",
    "1 tab daily, 2 tabs daily": "together, or one instead of the other",
    "3 caps daily: 1 in am, 2 in pm": "together, or one instead of the other",
    "1 tab bid. Take 1 tab bid.": "the same dose twice",
    "1 tab bid for 7 days and 2 tabs qhs": "together, or one after the other",
    "1 tab every 4 hours (5 times a day)": "frequencies that contradict each other",
    "1 tab tid at bedtime": "frequencies that contradict each other",
    "1 tab daily bid": "frequencies that contradict each other",
    "1 patch daily every 3 days": "frequencies that contradict each other",
    "1 tab bid for 7 days for 10 days": "two durations",
    "1 - 60 mg tablet daily": "a dose or a strength",
    "1 8 tablets daily": "two numbers in a row",
    "300 tid": "a number without a unit",
    "300 mg am and 2 hs": "a number without a unit",
    "300 mg am and 2 pm": "a dose or a time of day",
    "1 am": "a dose or a time of day",
    "1x3 po": "a number of what is not said",
    "2-1 tabs daily": "a range that runs backwards",
    "0 tabs daily": "a dose of nothing",
    "10 mEq daily": "unit not read: 'mEq'",
    "1 (2) tabs daily": "a number and another in brackets",
    "1 tab on Monday": "one day, or every week",
    "1 drop od": "'od': once a day, or the right eye",
    "2 g to both knees bid": "on both sides: one each, or shared out",
    "1 tab q6h max 8": "a maximum of what time is not said",
    "5 mg/kg daily": "a dose by weight",
    "5 mL (100 mg/5 mL) bid": "a concentration",
    "taper 1 tab daily": "steps not clear: 'taper'",
    "300 mg qhs, increase by 300 mg every 3 days": "steps not clear: 'increase'",
    "1 tab bid then": "steps not clear",
    "25 mg qhs on days 1-3, 50 mg qhs on days 5-7": "steps not clear",
    "1 tab daily, may repeat in 2 hours": "a repeat: 'repeat'",
    "1 tab bid unless drowsy": "a condition: 'unless'",
    "1 tab daily for 21 days then off for 7 days": "a cycle: 'off'",
    "1 tab daily except Sunday": "a condition: 'except'",
    "2 tabs bid. Do not take 3 tabs.": "a dose word in a remark: 'do not ... 3'",
    "1 tab biweekly": "not clear: 'biweekly'",
    "1,2 tablets daily": "two doses, and how often for one",  # one or two, or one and a fifth
    "1 tab daily 3 days a week": "a number of what is not said",
    "up to 3 patches for 12 hours": "no frequency",
    "600 mg tid (2000 mg/day)": "a total that is not the sum",
    "2 caps tid (1800 mg/day)": "a total that cannot be checked",
    "300 mg daily for 3 days then 300 mg bid (900 mg/day)": "a total that cannot be checked",
    "10 units per sliding scale": "a scale: 'sliding'",
    "tome una tableta dos veces al dia": "not in English: 'tome'",
    "1 Tablette dreimal taglich": "not in English: 'tablette'",
    "1 comprimé trois fois par jour": "not in English: 'fois'",
    "2 pills 1/1/2025": "two doses, and how often for one",
    "x" * 600: "longer than 512 characters",
    "{xyzzy json": "words not understood: 'xyzzy', 'json'",
}


@pytest.mark.parametrize("text", READ)
def test_a_sig_is_read(text: str) -> None:
    assert said(text) == READ[text]


@pytest.mark.parametrize("text", REFUSED)
def test_what_is_not_clear_is_refused_with_its_reason(text: str) -> None:
    assert said(text) == f"refused: {REFUSED[text]}"
    assert read_sig(text).lines == ()


def test_the_text_is_kept_as_it_was_written() -> None:
    assert read_sig("1 TAB po BID").text == "1 TAB po BID"
    assert read_sig("AS directed").text == "AS directed"


def test_each_line_keeps_its_own_words() -> None:
    lines = read_sig("1 Tab qhs x7d, then 1 tab BID").lines
    assert [line.text for line in lines] == ["1 tab qhs x7d", "1 tab bid"]


@pytest.mark.parametrize(
    ("text", "route"),
    [
        ("1 tab po bid", "oral"),
        ("1 film SL daily", "sublingual"),
        ("apply 2 g topically bid", "topical"),
        ("1 patch transdermally daily", "transdermal"),
        ("1 tab bid", None),
    ],
)
def test_the_route_is_read(text: str, route: str | None) -> None:
    assert read_sig(text).lines[0].route == route


def test_a_later_line_takes_the_route_of_the_first() -> None:
    assert [line.route for line in read_sig("1 tab po qam and 2 tabs qhs").lines] == ["oral", "oral"]


def test_names_of_the_medicine_may_stand_in_the_text() -> None:
    assert said("Somedrug 300 mg tid") == "refused: words not understood: 'somedrug'"
    assert said("Somedrug 300 mg tid", "somedrug 300 mg capsule") == "300 mg x 3"
    assert said("Somedrug 75 mg 1 tablet by mouth daily", "Somedrug") == "1 tablet = 75 mg x 1"


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("Somedrug 75 mg capsule: 1 cap bid", "1 capsule = 75 mg x 2"),
        ("SOMEDRUG ER 75 mg capsule, take 2 capsules daily", "2 capsule = 150 mg x 1"),
        ("Somedrug (Brandname) 75 mg cap 1-2 caps bid", "1-2 capsule = 75-150 mg x 2"),
        ("Take 1 Somedrug 300 mg capsule by mouth tid", "1 capsule = 300 mg x 3"),
        ("1 capsule somedrug 300 mg tid", "1 capsule = 300 mg x 3"),
        ("Somedrug 300 mg, take 3 capsules daily", "3 capsule x 1"),  # 300 mg may be one, or all three
        ("Somedrug 300 mg, 1 capsule daily", "1 capsule = 300 mg x 1"),
        ("Somedrug 25 mcg/hr patch: apply 1 patch every 72 hours", "1 patch = 25 ug/h x 1/3"),
        ("Somedrug 5% patch: apply 1 patch daily", "1 patch x 1"),
        ("Somedrug 5-325 mg tablet: 1-2 tablets q6h prn", "1-2 tablet x 4 prn"),
        ("Somedrug 250 mg/5 mL solution: 5 mL tid", "5 mL x 3"),
        ("Somedrug 300 mg, 3 times a day", "300 mg x 3"),
        ("Somedrug 300 mg at night, 2 capsules in the morning", "300 mg x 1 and 2 capsule x 1"),
        ("Somedrug 75 mg capsule: as directed", "refused: as directed"),
    ],
)
def test_what_stands_beside_the_name_is_the_strength_where_a_count_follows(text: str, read: str) -> None:
    assert said(text, "somedrug", "brandname", "er") == read


def test_a_name_is_never_a_licence_for_a_word_with_a_meaning() -> None:
    assert said("1 tab bid except Sunday", "except") == "refused: a condition: 'except'"


# --- what holds for any sig -------------------------------------------------------------------------------------------

COUNTS = st.sampled_from([("1", "one"), ("2", "two"), ("3", "three"), ("1/2", "half"), ("1.5", "one and a half")])
FORMS = st.sampled_from([("tab", "tablets"), ("cap", "capsules"), ("patch", "patches"), ("film", "films")])
OFTEN = st.sampled_from(
    [
        ("daily", "once a day", "every 24 hours", "qd", "every day", "per day"),
        ("bid", "twice daily", "2 times a day", "every 12 hours", "q12h", "2x/day", "in the morning and at bedtime"),
        ("tid", "three times a day", "3 times per day", "every 8 hours", "q 8 hrs", "8 hourly", "with meals"),
        ("qid", "four times daily", "4 x a day", "every six hours", "with meals and at bedtime"),
        ("qod", "every other day", "every 2 days", "every 48 hours", "on alternate days"),
        ("weekly", "once a week", "every 7 days", "q week", "every Monday"),
    ]
)
NEEDED = st.sampled_from([("", ""), ("prn", "as needed"), ("if needed for pain", "when required")])
LONG = st.sampled_from([("", ""), ("x 7 days", "for 1 week"), ("for 14 days", "for two weeks")])


def _facts(text: str) -> list[tuple[object, ...]]:
    reading = read_sig(text)
    assert reading.refused is None, (text, reading.refused)
    return [(line.amount, line.times, line.days, line.as_needed, line.link) for line in reading.lines]


@given(count=COUNTS, form=FORMS, often=OFTEN, needed=NEEDED, long=LONG, pick=st.randoms())
def test_one_thing_said_in_several_ways_reads_the_same(count, form, often, needed, long, pick):  # type: ignore[no-untyped-def]
    plain = f"{count[0]} {form[0]} {often[0]} {needed[0]} {long[0]}"
    other = f"Take {count[1]} {form[1]} by mouth {pick.choice(often)} {needed[1]} {long[1]}"
    assert _facts(other) == _facts(plain)
    assert _facts(other.upper()) == _facts(plain)
    assert _facts(f"{pick.choice(often)} {count[0]} {form[0]} {long[1]} {needed[1]}") == _facts(plain)


@given(first=COUNTS, second=COUNTS, form=FORMS)
def test_lines_side_by_side_may_stand_in_any_order(first, second, form):  # type: ignore[no-untyped-def]
    one = read_sig(f"{first[0]} {form[0]} in the morning and {second[0]} {form[0]} at bedtime").lines
    other = read_sig(f"{second[1]} {form[1]} at bedtime and {first[1]} {form[1]} in the morning").lines
    assert Counter((line.amount, line.times) for line in one) == Counter((line.amount, line.times) for line in other)


WORDS = st.sampled_from(
    [word.replace("_", " ") for listing in PLAIN.values() for word in listing.split()]
    + [
        word.replace("_", " ")
        for table in (*NAMED.values(), *VALUED.values())
        for row in table.values()
        for word in row.split()
    ]
    + [word.replace("_", " ") for row in UNIT_WORDS.values() for word in row.split()]
    + ["1", "2", "300", "0.5", "1/2", "9:00", "f11.20", "xyzzy", "0900", "1-0-1", "q8h", "(", ")", "-", "/"]
)


def _is_sound(line: Line) -> bool:
    assert line.amount is not None
    assert line.times is not None
    sound = 0 <= line.amount.low <= line.amount.high and 0 <= line.times.low <= line.times.high
    return sound and line.amount.high > 0 and line.times.high > 0 and line.amount.unit in UNITS


@given(st.text(max_size=LONGEST + 10) | st.lists(WORDS, max_size=25).map(" ".join))
def test_any_text_is_read_soundly_or_refused(text: str) -> None:
    reading = read_sig(text)
    assert (reading.refused is None) == bool(reading.lines)
    assert all(_is_sound(line) for line in reading.lines)
    assert [line.link for line in reading.lines[:1]] in ([], ["first"])
    assert all(line.link in ("then", "and") for line in reading.lines[1:])


@given(st.lists(WORDS, max_size=12).map(" ".join))
def test_a_sentence_that_is_not_understood_refuses_the_text(text: str) -> None:
    assert read_sig(f"{text} ; xyzzy").refused


STEPS_A_CHARACTER = 60  # more than any text needs ("1(1", the worst found, 55), and the same for short and long


@example("1(1")
@example("0")
@given(st.text(max_size=LONGEST) | st.lists(WORDS, max_size=80).map(lambda words: " ".join(words)[:LONGEST]))
def test_the_work_grows_with_the_length_and_no_faster(text: str) -> None:
    assert read_counted(text)[1] <= STEPS_A_CHARACTER * (len(text) + 1)


@pytest.mark.parametrize(
    "unit", ["1 ", "1 - ", "a ", "(1", "1 tab ", "every ", "q ", "before or ", "9:00, ", "mon, ", "max ", "for "]
)
def test_a_text_twice_as_long_takes_twice_the_work(unit: str) -> None:
    count = LONGEST // len(unit) // 2
    once, twice = (read_counted(unit * times)[1] for times in (count, 2 * count))
    assert twice <= 2 * once + STEPS_A_CHARACTER


def test_a_word_has_one_meaning() -> None:
    listed = [word for listing in PLAIN.values() for word in listing.split()]
    listed += [word for table in NAMED.values() for row in table.values() for word in row.split()]
    listed += [word for table in VALUED.values() for row in table.values() for word in row.split()]
    listed += [word for row in UNIT_WORDS.values() for word in row.split()]
    assert [word for word, count in Counter(listed).items() if count > 1] == []
