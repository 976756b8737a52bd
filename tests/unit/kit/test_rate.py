from jackfield.kit.rate_limit import TokenBuckets


def test_so_many_requests_a_minute_are_taken_and_no_more() -> None:
    limit = TokenBuckets(60)

    waits = [limit.take("key", 0.0) for _ in range(61)]

    assert waits == [0.0] * 60 + [1.0]


def test_the_bucket_fills_again_evenly_and_never_over() -> None:
    limit = TokenBuckets(2)
    assert [limit.take("key", 0.0) for _ in range(3)] == [0.0, 0.0, 30.0]

    assert limit.take("key", 30.0) == 0.0
    assert limit.take("key", 30.0) == 30.0
    assert [limit.take("key", 9000.0) for _ in range(3)] == [0.0, 0.0, 30.0]


def test_one_key_does_not_use_up_what_another_may() -> None:
    limit = TokenBuckets(1)

    assert limit.take("one", 0.0) == 0.0
    assert limit.take("other", 0.0) == 0.0


def test_a_clock_that_goes_back_gives_nothing_away() -> None:
    limit = TokenBuckets(1)

    assert limit.take("key", 100.0) == 0.0
    assert limit.take("key", 50.0) == 60.0


def test_a_clock_that_goes_back_keeps_no_key_waiting_until_it_is_where_it_was() -> None:
    limit = TokenBuckets(1)
    limit.take("key", 9000.0)

    assert [limit.take("key", at) for at in (50.0, 80.0, 110.0)] == [60.0, 30.0, 0.0]


def test_keys_that_are_idle_are_forgotten_and_busy_ones_are_not() -> None:
    limit = TokenBuckets(1)
    for number in range(10_000):
        limit.take(number, 0.0)
    limit.take(0, 60.0)

    limit.take("new", 61.0)

    assert len(limit._buckets) == 2  # noqa: SLF001
    assert limit.take(0, 61.0) > 0
