"""
The vocabulary of a sig: which words, in which spellings, mean what. Tables only.

A word, or a phrase (written with underscores), belongs to one kind. What is in no table is UNKNOWN, and an unknown word
is never skipped near a dose. To teach the reader a word, add it to the table whose meaning it has; if it can change how
much is taken and no table fits, it belongs in ALARMS, so that the text is refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import StrEnum
from fractions import Fraction

from msgspec import Struct


class Kind(StrEnum):
    """What a word does in the grammar."""

    NUMBER = "number"
    ARTICLE = "article"  # "a tablet" is 1, "a day" is per day
    UNIT = "unit"  # of a dose; value is how many of the named unit one of it is
    RATE = "rate"  # a whole frequency in one word: bid; value in doses a day
    COUNT = "count"  # once, twice
    EVERY = "every"
    PER = "per"
    PERIOD = "period"  # day, hour, week; value in days
    PERIODLY = "periodly"  # daily, weekly; value in days
    HOURLY = "hourly"  # "6 hourly"
    TIMES = "times"
    OTHER = "other"  # "every other day"
    SLOT = "slot"  # a time of the day
    MEALS = "meals"  # all of them
    HALF_DAY = "am or pm"
    CLOCK = "clock"  # 9:00; value in minutes
    AT = "at"
    WEEKDAY = "weekday"
    DAY_ONE = "day one"  # "on the first day", "today"
    AS_NEEDED = "as needed"
    DIRECTED = "as directed"
    FOR = "for"  # opens a duration, or a reason
    FIRST = "first"
    LEAST = "at least"
    UP_TO = "up to"
    MOST = "most"  # opens a maximum
    OFFSET = "before or after"
    THEN = "then"
    STEP_TO = "step to"  # "increase to"
    THEREAFTER = "thereafter"
    AND = "and"
    OR = "or"
    TO = "to"
    DASH = "dash"
    OF = "of"
    TOTAL = "total"
    EQUALS = "equals"
    DIVIDED = "divided"
    AMOUNT = "amount"
    LAYER = "layer"  # an amount of cream that nobody measures
    OUNCES = "ounces"  # of water
    ROUTE = "route"
    PAIR = "pair"  # each nostril, both eyes
    WEAR = "wear"  # "remove after": what follows is not a dose
    FILLER = "filler"
    PHARMACY = "pharmacy"  # what follows is for the pharmacy: "#30", "refills 3"
    REMARK = "remark"  # opens a warning that ends with its sentence
    ALARM = "alarm"
    FOREIGN = "foreign"
    CODE = "code"  # a diagnosis code
    COMMA = "comma"
    STOP = "stop"
    OPEN = "open"
    CLOSE = "close"
    SLASH = "slash"
    UNKNOWN = "unknown"
    END = "end"


class Word(Struct, frozen=True):
    """The meaning of a word or phrase."""

    kind: Kind
    name: str = ""
    value: Fraction = Fraction(0)


NUMBERS: Mapping[str, str] = {
    "0": "zero",
    "1": "one i",
    "2": "two ii",
    "3": "three iii",
    "4": "four",
    "5": "five",
    "6": "six",
    "7": "seven",
    "8": "eight",
    "9": "nine",
    "10": "ten",
    "11": "eleven",
    "12": "twelve",
    "14": "fourteen",
    "15": "fifteen",
    "16": "sixteen",
    "18": "eighteen",
    "20": "twenty",
    "24": "twenty_four twenty_-_four",
    "28": "twenty_eight twenty_-_eight",
    "30": "thirty",
    "40": "forty",
    "50": "fifty",
    "60": "sixty",
    "72": "seventy_two seventy_-_two",
    "90": "ninety",
    "1/2": (
        "half one_half one_-_half a_half half_of half_a half_of_a one_half_of one_-_half_of one_half_of_a 1/2_of 1/2_a "
        "1/2_of_a"
    ),
    "1/4": "quarter one_quarter one_-_quarter a_quarter one_fourth quarter_of quarter_of_a 1/4_of 1/4_of_a",
    "3/4": "three_quarters three_-_quarters three_fourths",
    "1/3": "one_third one_-_third",
}

# "5 mL" is a unit worth five of another: the teaspoon.
UNITS: Mapping[str, str] = {
    "tablet": "tablet tablets tab tabs tb tbs caplet caplets",
    "capsule": "capsule capsules cap caps softgel softgels gelcap gelcaps",
    "patch": "patch patches",
    "spray": "spray sprays squirt squirts",
    "drop": "drop drops gtt gtts",
    "puff": "puff puffs inhalation inhalations inh inhs actuation actuations",
    "film": "film films strip strips film_strip film_strips",
    "lozenge": "lozenge lozenges troche troches",
    "suppository": "suppository suppositories supp supps",
    "application": "application applications applicatorful applicatorfuls",
    "": "pill pills dose doses ea packet packets sachet sachets piece pieces vial vials ampoule ampoules syringe",
    "mg": "mg mgs milligram milligrams milligramme milligrammes",
    "g": "g gm gms gram grams gramme grammes",
    "ug": "mcg mcgs ug microgram micrograms microgramme microgrammes",
    "mL": "ml mls milliliter milliliters millilitre millilitres cc ccs cc's",
    "5 mL": "tsp tsps teaspoon teaspoons teaspoonful teaspoonfuls 5_ml_spoon 5_ml_spoons 5_ml_spoonful 5_ml_spoonfuls",
    "15 mL": "tbsp tbsps tablespoon tablespoons tablespoonful tablespoonfuls",
    "unit": "unit units iu ius u",
    "mEq": "meq meqs milliequivalent milliequivalents",
}

# Doses a day of the words that say it all. "every 4 hours" and the like are built by the grammar.
RATES: Mapping[str, str] = {
    "1": "qd od qday qdaily",
    "2": "bid bd bds",
    "3": "tid tds",
    "4": "qid qds",
    "1/2": "qod eod every_second_day every_2_nd_day alternate_days every_alternate_day on_alternate_days",
    "1/3": "every_third_day every_3_rd_day",
    "1/7": "qw qwk qweek qweekly",
    "2/7": "biw",
    "3/7": "tiw",
    "4/7": "qiw",
}

PERIODS: Mapping[str, str] = {
    "1/1440": "minute minutes min mins",
    "1/24": "hour hours hr hrs h",
    "1": "day days d nights",
    "7": "week weeks wk wks",
    "14": "fortnight fortnights",
    "30": "month months mo mos mth mths",
    "365": "year years yr yrs",
}
PERIODLY: Mapping[str, str] = {"1": "daily everyday", "7": "weekly wkly", "14": "fortnightly", "30": "monthly"}

# Times of the day. Two names of one row are the same moment.
SLOTS: Mapping[str, str] = {
    "morning": (
        "morning mornings qam mane breakfast breakfast_time breakfasttime morning_meal first_meal_of_the_day "
        "first_main_meal_of_the_day breakfast_or_the_first_main_meal_of_the_day breakfast_or_first_main_meal_of_the_day"
    ),
    "noon": "noon midday mid_day lunch lunchtime lunch_time qnoon",
    "afternoon": "afternoon afternoons qafternoon after_noon",
    "evening": "evening evenings eve qpm dinner dinnertime supper suppertime evening_meal tea teatime tea_time",
    "night": "night before_sleep bedtime bed_time bed hs qhs nightly nocte noct noc night_time nighttime",
}
MEALS = """
    meals mealtimes meal_times each_meal every_meal each_main_meal main_meals ac pc breakfast_,_lunch_and_dinner
    breakfast_lunch_and_dinner
"""

ROUTES: Mapping[str, str] = {
    "oral": "po orally oral by_mouth per_os by_oral_route via_oral via_oral_route in_mouth p_/_o p_o",
    "sublingual": "sl sublingual sublingually under_the_tongue under_tongue s_/_l",
    "buccal": "buccal buccally",
    "topical": (
        "topical topically affected_area affected_areas to_affected_area to_the_affected_area to_skin to_the_skin "
        "onto_the_skin on_the_skin onto_skin on_skin cutaneous cutaneously dermal"
    ),
    "transdermal": "transdermal transdermally td",
    "rectal": "rectal rectally pr per_rectum",
    "vaginal": "vaginal vaginally pv",
    "nasal": "nasal nasally intranasal intranasally",
    "inhalation": "inhaled inhaled_orally via_nebulizer by_nebulizer via_nebuliser by_inhalation via_inhalation",
    "ophthalmic": "left_eye right_eye affected_eye to_eye to_the_eye in_the_eye",
    "otic": "left_ear right_ear affected_ear in_the_ear",
    "subcutaneous": "subcutaneous subcutaneously sc subq sq subcut sub_q",
    "intramuscular": "intramuscular intramuscularly im",
    "intravenous": "intravenous intravenously iv",
    "enteral": (
        "by_gastrostomy_tube via_gastrostomy_tube by_nasogastric_tube via_nasogastric_tube via_g_tube via_g_-_tube "
        "per_g_tube per_g_-_tube via_peg_tube by_feeding_tube via_feeding_tube per_feeding_tube"
    ),
}

# The same dose on two sides. "each" doubles it; "both" only doubles what cannot be shared out.
PAIRS: Mapping[str, str] = {
    "each": (
        "each_nostril every_nostril per_nostril each_nare each_naris each_eye each_ear each_side each_foot each_knee "
        "each_leg each_arm each_hand each_hip each_shoulder"
    ),
    "both": (
        "ou au both_eyes both_ears both_nostrils both_nares both_sides both_feet both_knees both_legs both_arms "
        "both_hands both_hips both_shoulders bilaterally"
    ),
}

AS_NEEDED = """
    prn as_needed if_needed when_needed as_required when_required if_required if_necessary as_necessary
    when_necessary only_if_needed only_when_needed only_as_needed
"""
DIRECTED = """
    ud uad utd as_directed as_indicated as_instructed as_prescribed as_advised as_ordered as_direct as_direction
    as_directed_by_md as_directed_by_prescriber as_directed_by_physician as_directed_by_your_doctor per_instructions
    as_per_instructions follow_package_directions on_package or_as_directed or_as_directed_by_md
"""
LAYER = """
    a_thin_layer thin_layer a_thin_film thin_film a_small_amount small_amount sparingly liberally
    a_pea_-_sized_amount pea_-_sized_amount a_liberal_amount
"""
UP_TO = "up_to upto"
MOST = """
    max maximum mdd nte max_of maximum_of a_maximum_of a_max_of up_to_a_maximum_of up_to_a_max_of to_a_maximum_of
    up_to_max_of to_max_of not_to_exceed no_more_than not_more_than never_more_than never_exceed do_not_exceed
    don't_exceed must_not_exceed should_not_exceed do_not_take_more_than don't_take_more_than do_not_use_more_than
    do_not_apply_more_than limit_to at_most max_dose maximum_dose
"""
LEAST = "at_least a_minimum_of minimum_of"
THEN = "then and_then followed_by then_take then_continue continue then_continue_with then_continue_taking then_use"
STEP_TO = """
    change_to increase_to increasing_to increased_to increase_dose_to then_increase_to and_increase_to
    and_then_increase_to may_increase_to can_increase_to then_may_increase_to titrate_to titrate_up_to
    then_titrate_to decrease_to reduce_to decrease_dose_to reduce_dose_to then_decrease_to then_reduce_to
    then_taper_to taper_to then_go_to
"""
THEREAFTER = "thereafter and_thereafter after_that from_then_on"
AND = "and & + plus also and_also as_well_as"
DAY_ONE = "today first_day on_first_day the_first_day on_the_first_day on_day_one"
WEAR = "remove_and_discard remove_&_discard remove and_remove then_remove leave_on leave_in_place keep_on wear"

# Words that say nothing about how much or how often, wherever they stand.
VERBS = """
    take takes taken taking use uses using used apply place put give given administer inject inhale instil instill
    insert
    drink chew swallow dissolve start starting begin change changed changing replace sig rx please to_be_taken
    should_be_taken is_to_be_taken to_be_inhaled to_be_given to_be_used to_be_applied chew_and_swallow and_swallow
    allow_to_dissolve and_allow_to_dissolve let_dissolve
"""
SMALL_WORDS = """
    the by in on into onto is are be your via with from this it route scheduled dose_of these_tablets these_capsules
    slowly regularly whole only completely exempt about approximately around until_gone until_finished
    until_complete until_completed until_all_taken till_finished
"""
WITH_FOOD = """
    food milk water juice liquid fluid beverage meal snack a_meal a_meal_or_snack a_snack food_or_milk
    food_and_water food_or_drink food_,_beverage_or_medicine water_or_juice water_or_non_-_carbonated_drink
    first_food beverage_or_other_oral_medicine other_than_water a_full_glass_of_water full_glass_of_water
    a_glass_of_water glass_of_water plenty_of_water plain_water mixed_with mixed_in between_meals in_between_meals
    without_regard_to_meals without_regards_to_meals with_or_without_food with_or_after_food on_an_empty_stomach
    on_empty_stomach an_empty_stomach empty_stomach after_the_same_meal after_the_same_meal_each_day of_the_day
    at_the_same_time_each_day at_the_same_time_every_day same_time_each_day same_time_every_day
    at_same_time_each_day
"""
SITES = """
    on_the_tongue on_tongue tongue skin affected joint joints area areas site sites upper lower arm arms leg legs
    foot feet knee knees hand hands back neck shoulder shoulders hip hips chest abdomen thigh thighs scalp face
    nostril nostrils eye eyes ear ears cream gel ointment lotion solution suspension syrup medication medicine
"""
COMPLAINTS = """
    pain painful severe moderate mild acute chronic non breakthrough nerve neuropathic neuropathy anxiety insomnia
    sleep headache headaches nausea cough spasm spasms fever allergies allergy itch itching wheezing depression mood
    constipation diarrhea cholesterol diabetes migraine migraines discomfort numbness tingling burning seizures
"""
FILLER = VERBS + SMALL_WORDS + WITH_FOOD + SITES + COMPLAINTS

# A remark that ends with its sentence; if a number or a dose word stands in it, the text is refused.
REMARKS = """
    may_cause might_cause can_cause caution warning avoid do_not don't dont must_not never no_alcohol limit_alcohol
    swallow_whole note contact call drink_plenty store monitor shake shake_well wash_hands for_external_use
    external_use this_medicine this_medication medication_may it_may be_careful home_delivery substitutions_allowed
    with_spacer rinse_mouth discard mix
"""
REASONS = "indication indications diagnosis dx icd reason to_help to_treat to_control to_prevent to_relieve to_reduce"
PHARMACY = "# r dispense disp qty quantity refill refills rf"

# Words that change how much is taken in a way this grammar does not read, with the reason it gives.
ALARMS: Mapping[str, str] = {
    "steps not clear": (
        "taper tapering titrate titrating titration wean increase increasing decrease decreasing reduce reducing "
        "adjust adjusting tolerated escalate double triple step steps"
    ),
    "a condition": "if unless except skip hold stop discontinue resume missed instead while when long",
    "a repeat": "repeat repeated repeating repeats another second extra additional again more bolus loading next",
    "a cycle": "cycle alternating alternate off rest break weekdays weekday weekends weekend even "
    "tomorrow now stat until till",
    "a dose by weight": "kg kilogram kilograms lb lbs m2",
    "a scale": "sliding scale continuous infusion infuse drip",
    "not clear": "biweekly bimonthly couple few several some various less least not without no",
}

# Common words of other languages, for a reason that says so.
FOREIGN = """
    tome tomar toma una uno un unas unos cada dia dias diario diariamente el al la las los del por para con sin en
    boca vez veces tableta tabletas tabl pastilla pastillas capsula capsulas comprimido comprimidos gotas horas hora
    noche manana tarde antes despues dolor media medio dos tres cuatro necesario aplicar prendre comprime comprimes
    gelule gelules jour jours fois par le les du matin soir midi heures heure nehmen tablette tabletten kapsel
    kapseln taglich mal morgens abends mittags nachts und oder bei bedarf stunden tag compressa compresse volte
    giorno ogni uong moi lan ngay vien dagelijks keer
"""

WEEKDAYS = """
    monday tuesday wednesday thursday friday saturday sunday mon tue tues wed thu thur thurs fri sat sun mondays
    tuesdays wednesdays thursdays fridays saturdays sundays
"""

# Words that stand for themselves: the kind is all their meaning.
PLAIN: Mapping[Kind, str] = {
    Kind.FILLER: FILLER,
    Kind.FOREIGN: FOREIGN,
    Kind.MEALS: MEALS,
    Kind.WEEKDAY: WEEKDAYS,
    Kind.ARTICLE: "a an",
    Kind.EVERY: "every q each",
    Kind.PER: "per",
    Kind.HOURLY: "hourly hrly",
    Kind.TIMES: "times time x",
    Kind.OTHER: "other",
    Kind.HALF_DAY: "am pm",
    Kind.AT: "@ at",
    Kind.FOR: "for " + REASONS,
    Kind.FIRST: "first",
    Kind.OFFSET: "before after prior_to prior following within",
    Kind.OR: "or",
    Kind.TO: "to through thru",
    Kind.OF: "of",
    Kind.TOTAL: "total",
    Kind.EQUALS: "=",
    Kind.DIVIDED: "divided",
    Kind.AMOUNT: "amount dosage",
    Kind.LAYER: LAYER,
    Kind.OUNCES: "oz ounce ounces",
    Kind.AS_NEEDED: AS_NEEDED,
    Kind.DIRECTED: DIRECTED,
    Kind.UP_TO: UP_TO,
    Kind.MOST: MOST,
    Kind.LEAST: LEAST,
    Kind.THEN: THEN,
    Kind.STEP_TO: STEP_TO,
    Kind.THEREAFTER: THEREAFTER,
    Kind.AND: AND,
    Kind.DAY_ONE: DAY_ONE,
    Kind.WEAR: WEAR,
    Kind.REMARK: REMARKS,
    Kind.PHARMACY: PHARMACY,
    Kind.COMMA: ", : | *",
    Kind.STOP: ". ; ! ?",
    Kind.OPEN: "( [ {",
    Kind.CLOSE: ") ] }",
    Kind.DASH: "-",
    Kind.SLASH: "/",
}
NAMED: Mapping[Kind, Mapping[str, str]] = {
    Kind.ALARM: ALARMS,
    Kind.SLOT: SLOTS,
    Kind.ROUTE: ROUTES,
    Kind.PAIR: PAIRS,
}
VALUED: Mapping[Kind, Mapping[str, str]] = {
    Kind.NUMBER: NUMBERS,
    Kind.RATE: RATES,
    Kind.PERIOD: PERIODS,
    Kind.PERIODLY: PERIODLY,
    Kind.COUNT: {"1": "once one_time", "2": "twice", "3": "thrice"},
}


def _words(listing: str) -> Iterator[str]:
    return (word.replace("_", " ") for word in listing.split())


def _entries() -> Iterator[tuple[str, Word]]:
    for kind, listing in PLAIN.items():
        yield from ((word, Word(kind, word)) for word in _words(listing))
    for kind, table in NAMED.items():
        for name, listing in table.items():
            yield from ((word, Word(kind, name)) for word in _words(listing))
    for kind, table in VALUED.items():
        for value, listing in table.items():
            yield from ((word, Word(kind, word, Fraction(value))) for word in _words(listing))
    for name, listing in UNITS.items():
        factor, _, unit = name.rpartition(" ")
        yield from ((word, Word(Kind.UNIT, unit, Fraction(factor or 1))) for word in _words(listing))


LEXICON: Mapping[str, Word] = dict(_entries())
