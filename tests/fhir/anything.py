"""Any JSON, and JSON that looks like FHIR in the members a reader looks at."""

from hypothesis import strategies as st

SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
ANY = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
)


def nearly(members, codes):
    """A resource with some of its members, each right, or anything at all."""
    coding = st.fixed_dictionaries(
        {},
        optional={
            "system": st.sampled_from(["http://loinc.org", "http://snomed.info/sct", "urn:oid:2.16.840.1.113883.6.90"])
            | ANY,
            "code": st.sampled_from(codes) | ANY,
            "display": ANY,
        },
    )
    concept = st.fixed_dictionaries({}, optional={"coding": st.lists(coding, max_size=2) | ANY, "text": ANY})
    inner = st.dictionaries(st.sampled_from(members), concept | ANY, max_size=4)
    return (
        st.dictionaries(st.sampled_from(members), concept | inner | st.lists(concept | inner, max_size=2) | ANY) | ANY
    )
