import pytest

from avbench.errors import UsageError
from avbench.registry import Registry


@pytest.fixture
def registry():
    registry = Registry("fruit", "avbench.metrics")
    registry.register("apple")("an apple")
    return registry


def test_a_typo_lists_the_known_names(registry):
    with pytest.raises(UsageError, match='no fruit is called "appel"; known: apple'):
        registry["appel"]


def test_a_name_is_given_once(registry):
    with pytest.raises(UsageError, match='fruit "apple" is registered twice'):
        registry.register("apple")("another")


def test_names_come_in_order(registry):
    registry.register("acai")("an acai")
    assert list(registry) == ["acai", "apple"]
    assert "pear" not in registry
