"""Numbers and shelves that stay put."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from agent_perimeter.lower.partition import digest, numbered, partition

KEYS = st.sets(st.text(max_size=8), max_size=40)
NUMBERS = range(1000, 1060)


class TestNumbers:
    @given(KEYS)
    def test_are_each_keys_own_and_out_of_the_range(self, keys: set[str]) -> None:
        numbers = numbered(keys, NUMBERS)
        assert numbers.keys() == keys
        assert len(set(numbers.values())) == len(keys)
        assert set(numbers.values()) <= set(NUMBERS)

    @given(KEYS)
    def test_do_not_depend_on_the_order(self, keys: set[str]) -> None:
        assert numbered(sorted(keys), NUMBERS) == numbered(sorted(keys, reverse=True), NUMBERS)

    @given(KEYS, st.text(max_size=8))
    def test_stay_when_another_key_comes_where_there_is_room(self, keys: set[str], another: str) -> None:
        roomy = range(10**12)
        assert numbered(keys, roomy).items() <= numbered({*keys, another}, roomy).items()

    def test_are_drawn_from_the_key(self) -> None:
        assert numbered(["a"], range(100)) == {"a": digest("a") % 100}

    def test_of_two_keys_that_meet_are_neighbours_and_wrap_around(self) -> None:
        assert sorted(numbered(["a", "b", "c"], range(3)).values()) == [0, 1, 2]


def shelves(members: tuple[str, ...], room: int) -> dict[str, tuple[str, ...]]:
    return dict(partition(members, digest, lambda some: len(some) <= room))


class TestShelves:
    @given(KEYS, st.integers(1, 10))
    def test_hold_every_member_once_in_order_and_no_more_than_fit(self, keys: set[str], room: int) -> None:
        members = tuple(sorted(keys))
        found = shelves(members, room)
        assert sorted(member for shelf in found.values() for member in shelf) == list(members)
        assert all(0 < len(shelf) <= room for shelf in found.values())
        assert all(list(shelf) == sorted(shelf) for shelf in found.values())

    @given(KEYS, st.text(max_size=8), st.integers(2, 10))
    def test_that_a_new_member_does_not_go_to_stay_as_they_are(self, keys: set[str], another: str, room: int) -> None:
        before = shelves(tuple(sorted(keys)), room)
        after = shelves(tuple(sorted({*keys, another})), room)
        changed = {shelf for shelf, members in before.items() if after.get(shelf) != members}
        assert len(changed) <= 1

    def test_are_named_by_the_low_bits_of_their_members(self) -> None:
        numbers = (0b000, 0b001, 0b010, 0b011, 0b110)
        found = dict(partition(numbers, lambda number: number, lambda some: len(some) <= 2))
        assert found == {"00": (0b000,), "01": (0b010, 0b110), "1": (0b001, 0b011)}

    def test_there_is_one_while_all_fit_and_none_for_nobody(self) -> None:
        assert shelves(("a", "b"), 2) == {"": ("a", "b")}
        assert shelves((), 2) == {}
