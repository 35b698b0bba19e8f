"""The rules by which ids name one customer."""

import random
from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from project.model import IdentityRules
from starter.ingestion.resolution import Link, Naming, Person, Resolver
from store.identity import KnownAs

RULES = IdentityRules()
LENA, OMAR = ("user", "lena"), ("user", "omar")
MAIL, OTHER_MAIL, PHONE = ("email", "e1"), ("email", "e2"), ("phone", "p1")
LAPTOP, TABLET, TOKEN = ("anonymous", "a1"), ("anonymous", "a2"), ("device", "d1")


def resolve(*namings: Sequence[KnownAs] | Naming, rules: IdentityRules = RULES) -> tuple[list[str], Resolver]:
    """The customers of events that name these ids, in order, when nobody is known yet."""
    resolver = Resolver(rules, {}, {})
    found = [resolver.resolve(_naming(number, ids, rules)) for number, ids in enumerate(namings)]
    return [resolver.became.get(customer, customer) for customer in found], resolver


def _naming(number: int, ids: Sequence[KnownAs] | Naming, rules: IdentityRules) -> Naming:
    if isinstance(ids, Naming):
        return ids
    return Naming(f"m{number}", tuple(sorted(ids, key=lambda known: rules.rank(known[0]))))


def alias(user: KnownAs, previous: KnownAs) -> Naming:
    return Naming("alias", (user, previous), alias=previous)


def test_a_visitor_who_tells_who_they_are_stays_the_same_person():
    (before, after), _ = resolve([LAPTOP], [LENA, LAPTOP])
    assert before == after


def test_a_known_user_takes_a_visitor_in():
    (lena, visitor, together), _ = resolve([LENA], [LAPTOP], [LENA, LAPTOP])
    assert lena == visitor == together


def test_a_shared_device_does_not_make_two_users_one_and_goes_with_the_last():
    (lena, omar, later), _ = resolve([LENA, LAPTOP], [OMAR, LAPTOP], [LAPTOP])
    assert lena != omar == later


def test_a_shared_mail_address_does_not_make_two_users_one():
    (lena, omar), _ = resolve([LENA, MAIL], [OMAR, MAIL])
    assert lena != omar


def test_a_shared_device_does_not_make_two_mail_addresses_one():
    (one, other), _ = resolve([MAIL, LAPTOP], [OTHER_MAIL, LAPTOP])
    assert one != other


def test_a_new_user_on_the_device_of_a_subscriber_is_not_the_subscriber():
    (subscriber, user), _ = resolve([MAIL, LAPTOP], [LENA, LAPTOP])
    assert subscriber != user


def test_a_subscriber_who_signs_up_with_their_address_is_the_user():
    (subscriber, user), _ = resolve([MAIL, LAPTOP], [LENA, MAIL])
    assert subscriber == user


def test_an_app_that_is_installed_anew_is_not_recognised_by_its_token_alone():
    (lena, later), _ = resolve([LENA, TOKEN], [TABLET, TOKEN])
    assert lena != later


def test_an_alias_makes_one_what_events_alone_would_not():
    (subscriber, user, _), resolver = resolve([MAIL, LAPTOP], [LENA], alias(LENA, LAPTOP))
    assert subscriber == user
    assert [link.rule for link in resolver.links] == ["joined"] * 3


def test_an_alias_of_two_users_is_refused_and_told():
    (lena, omar, _), resolver = resolve([LENA], [OMAR], alias(LENA, OMAR))
    assert lena != omar
    assert resolver.links[-1] == Link("refused", "alias", OMAR, LENA, lena, omar, stated=True)


def test_a_project_may_allow_two_user_ids_for_a_person():
    rules = IdentityRules(limits={"user": 2})
    (old, new, _), _ = resolve([LENA], [OMAR], alias(OMAR, LENA), rules=rules)
    assert old == new
    (one, other), _ = resolve([LENA, LAPTOP], [OMAR, LAPTOP], rules=rules)
    assert one != other, "a device is never enough"


def test_ids_beyond_the_limit_join_nobody():
    rules = IdentityRules(limits={"anonymous": 1})
    (lena, again, visitor), _ = resolve([LENA, LAPTOP], [LENA, TABLET], [TABLET], rules=rules)
    assert lena == again != visitor


def test_a_projects_own_id_stands_where_the_project_puts_it():
    rules = IdentityRules(order=("user", "crm", "email", "phone", "anonymous", "device"))
    (subscriber, customer), _ = resolve([MAIL], [("crm", "4711"), MAIL], rules=rules)
    assert subscriber == customer
    (first, second), _ = resolve([("crm", "4711"), MAIL], [("crm", "4712"), MAIL], rules=rules)
    assert first != second


def test_who_was_told_apart_is_not_made_one_again():
    people = {"c_1": Person({LENA}, {"c_2"}), "c_2": Person({MAIL})}
    resolver = Resolver(RULES, {LENA: "c_1", MAIL: "c_2"}, people)
    assert resolver.resolve(Naming("m1", (LENA, MAIL))) == "c_1"
    assert resolver.links == []


IDS = [LENA, OMAR, MAIL, OTHER_MAIL, PHONE, LAPTOP, TABLET, TOKEN]
EVENTS = st.lists(st.sets(st.sampled_from(IDS), min_size=1, max_size=4), min_size=1, max_size=12)


@given(EVENTS)
def test_ids_are_one_persons_only_over_ids_at_least_as_strong(events: list[set[KnownAs]]):
    _, resolver = resolve(*[sorted(ids) for ids in events])
    owners = _owners(resolver)
    for weakest in range(len(RULES.order)):
        connected = _connected([{i for i in ids if RULES.rank(i[0]) <= weakest} for ids in events])
        strong = [i for i in owners if RULES.rank(i[0]) <= weakest]
        for one in strong:
            for other in strong:
                if owners[one] == owners[other]:
                    assert connected[one] is connected[other], (one, other)


@given(EVENTS, st.lists(st.tuples(st.sampled_from(IDS[:2]), st.sampled_from(IDS)), max_size=4), st.randoms())
def test_in_whatever_order_events_and_aliases_come_no_limit_is_passed(
    events: list[set[KnownAs]], aliases: list[tuple[KnownAs, KnownAs]], order: random.Random
):
    namings: list[Sequence[KnownAs] | Naming] = [*(sorted(ids) for ids in events)]
    namings += [alias(user, previous) for user, previous in aliases if user != previous]
    order.shuffle(namings)
    _, resolver = resolve(*namings)
    for customer in set(_owners(resolver).values()):
        ids = [known for known, owner in _owners(resolver).items() if owner == customer]
        for kind in RULES.order:
            assert sum(k == kind for k, _ in ids) <= RULES.limit(kind)


def _owners(resolver: Resolver) -> dict[KnownAs, str]:
    """Whose each id is, by what the resolver said it changed."""
    owners: dict[KnownAs, str] = {}
    for link in resolver.links:
        if link.rule in ("joined", "moved"):
            owners[link.id] = link.customer_id
    return owners


def _connected(groups: list[set[KnownAs]]) -> dict[KnownAs, set[KnownAs]]:
    """By id, the ids that it is connected with over groups that share one."""
    found: dict[KnownAs, set[KnownAs]] = {}
    for group in groups:
        whole = set(group).union(*(found.get(known, set()) for known in group))
        for known in whole:
            found[known] = whole
    return found
