import math

import golden_tats as golden
import pytest
import torch

from models.tats.codebook import Codebook


@pytest.fixture
def found():
    return golden.output("codebook")


@pytest.fixture
def in_order(monkeypatch):
    """Vectors are chosen in order in the place of at random, as in the golden cases."""
    monkeypatch.setattr(torch, "randperm", lambda count, device=None: torch.arange(count, device=device))


def codebook(restarts=False):
    book = Codebook(10, 6, restarts=restarts)
    embeddings = golden.given("codebook", "embeddings")
    book.load_state_dict({"embeddings": embeddings, "z_avg": embeddings.clone(), "N": torch.ones(10)})
    return book


def test_codes_follow_their_vectors_as_in_the_public_code(found):
    book = codebook()
    for step in (0, 1):
        quantised = book(golden.given("codebook", f"z{step}"))
        for name, value in (
            ("quantised", quantised.codes),
            ("commitment", quantised.commitment.mean()),
            ("perplexity", quantised.perplexity),
            ("embeddings", book.embeddings),
            ("N", book.N),
            ("z_avg", book.z_avg),
        ):
            torch.testing.assert_close(value, found[f"step{step}_{name}"], rtol=1e-4, atol=1e-5)
        assert torch.equal(quantised.tokens, found[f"step{step}_indices"].long())


def test_the_first_batch_makes_the_codes_and_unused_ones_are_restarted(found, in_order):
    book = Codebook(10, 6, restarts=True)
    first = golden.given("codebook", "z0")
    book._begin(first.movedim(1, -1).flatten(0, -2))
    torch.testing.assert_close(book.embeddings, found["init_embeddings"], rtol=1e-4, atol=1e-5)
    book(golden.given("codebook", "z1"))
    torch.testing.assert_close(book.embeddings, found["restart_embeddings"], rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(book.N, found["restart_N"], rtol=1e-4, atol=1e-5)


def test_a_fresh_book_begins_with_the_first_batch_and_not_again():
    torch.manual_seed(0)
    book = Codebook(4, 2, restarts=False)
    book(torch.full((1, 2, 1, 3, 3), 5.0))
    begun = book.embeddings.clone()
    torch.testing.assert_close(begun, torch.full((4, 2), 5.0), rtol=0, atol=0.1)
    book(torch.full((1, 2, 1, 3, 3), -5.0))
    assert (book.embeddings - begun).abs().max() < 1


def test_a_loaded_book_goes_on_with_the_codes_that_it_has():
    torch.manual_seed(0)
    first, second = Codebook(4, 2, restarts=False), Codebook(4, 2, restarts=False)
    first(torch.full((1, 2, 1, 3, 3), 5.0))
    second.load_state_dict(first.state_dict())
    for book in (first, second):
        book(torch.full((1, 2, 1, 3, 3), -5.0))
    assert torch.equal(first.embeddings, second.embeddings)


def test_gradients_pass_to_the_vectors():
    vectors = golden.given("codebook", "z0").requires_grad_()
    quantised = codebook().eval()(vectors)
    (2 * quantised.codes).sum().backward()
    torch.testing.assert_close(vectors.grad, torch.full_like(vectors, 2.0))


def test_evaluation_and_looking_alone_teach_nothing():
    book = codebook()
    book(golden.given("codebook", "z0"), learn=False)
    book.eval()(golden.given("codebook", "z0"))
    assert torch.equal(book.embeddings, golden.given("codebook", "embeddings"))


def test_perplexity_counts_codes_that_are_used_alike():
    book = codebook().eval()
    vectors = book.look_up(torch.tensor([[[[0, 1, 2, 3]]]]))
    assert math.isclose(float(book(vectors).perplexity), 4, rel_tol=1e-4)
