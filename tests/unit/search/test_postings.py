import pytest

from jackfield.search.postings import Postings

DOCUMENTS = 4000
# Every fifth document has the common term, one in a hundred the rare one.
POSTINGS = Postings(
    [
        {
            "all": 1.0,
            **({"common": 1.0 + n % 7} if n % 5 == 0 else {}),
            **({"rare": 2.0} if n % 100 == 0 else {}),
        }
        for n in range(DOCUMENTS)
    ]
)


@pytest.mark.parametrize("term", ["all", "common", "rare"])
@pytest.mark.parametrize("step", [1, 3, 40, 999])
def test_a_document_has_one_score_however_many_others_are_asked_for(term: str, step: int) -> None:
    everywhere = POSTINGS.scores(term, 1.0, among={}, within=None)
    within = set(range(0, DOCUMENTS, step))

    found = POSTINGS.scores(term, 1.0, among={}, within=within)

    assert found == {number: score for number, score in everywhere.items() if number in within}
    assert len(everywhere) == {"all": 4000, "common": 800, "rare": 40}[term]


@pytest.mark.parametrize(
    ("term", "worth", "is_everywhere"),
    [("all", 1.0, False), ("common", 1.0, True), ("common", 0.25, False), ("rare", 0.25, True)],
)
def test_a_term_that_many_have_for_its_worth_adds_no_document_to_those_there_are(
    term: str, worth: float, *, is_everywhere: bool
) -> None:
    found = POSTINGS.scores(term, worth, among={0: 1.0, 1: 1.0, 100: 1.0}, within=None)

    assert (len(found) > 3) is is_everywhere
    assert {0, 100} <= found.keys()
