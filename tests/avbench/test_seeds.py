from avbench.seeds import stream


def test_the_same_names_give_the_same_numbers():
    assert stream(3, "reference", 1).integers(1 << 30) == stream(3, "reference", 1).integers(1 << 30)


def test_other_names_and_other_seeds_give_other_numbers():
    first = stream(3, "reference", 1).integers(1 << 62)
    assert first not in {
        stream(*names).integers(1 << 62) for names in [(3, "reference", 2), (3, "x", 1), (4, "reference", 1)]
    }


def test_a_stream_keeps_its_numbers_for_ever():
    # Published results depend on them: a change here is a change of every number of avbench.
    assert stream(0, "reference", 0).permutation(10).tolist() == [9, 0, 3, 5, 8, 7, 6, 2, 1, 4]
