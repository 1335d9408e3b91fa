"""The tree of RFC 6962: vectors of Certificate Transparency's tests, and every proof up to 40 leaves."""

from __future__ import annotations

import hashlib
from typing import Final

import pytest

from recording.audit.merkle import (
    EMPTY_ROOT,
    consistency_proof,
    frontier_length,
    frontier_root,
    grown,
    inclusion_proof,
    is_consistent,
    is_included,
    leaf_hash,
    node_hash,
    tree_root,
)

# Leaves, roots and paths of certificate-transparency's merkle_tree_test.cc.
CT_LEAVES: Final = [
    leaf_hash(bytes.fromhex(content))
    for content in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
CT_ROOTS: Final = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
CT_PATHS: Final = [
    (0, 1, []),
    (
        0,
        8,
        [
            "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
        ],
    ),
    (
        5,
        8,
        [
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        ],
    ),
    (2, 3, ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"]),
    (
        1,
        5,
        [
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        ],
    ),
]
LEAVES: Final = [leaf_hash(bytes([number])) for number in range(40)]
OTHER: Final = hashlib.sha256(b"other").digest()


@pytest.mark.parametrize("size", range(9))
def test_the_roots_of_certificate_transparency(size: int) -> None:
    assert tree_root(CT_LEAVES[:size]).hex() == CT_ROOTS[size]


@pytest.mark.parametrize(("index", "size", "path"), CT_PATHS)
def test_the_paths_of_certificate_transparency(index: int, size: int, path: list[str]) -> None:
    assert [each.hex() for each in inclusion_proof(CT_LEAVES[:size], index)] == path


def test_an_empty_tree_has_the_root_of_nothing() -> None:
    assert frontier_root(()) == EMPTY_ROOT == hashlib.sha256(b"").digest()


def test_a_frontier_has_a_hash_for_each_set_bit_of_the_size() -> None:
    frontier: tuple[bytes, ...] = ()
    for size, leaf in enumerate(LEAVES):
        assert len(frontier) == frontier_length(size)
        frontier = grown(frontier, size, leaf)
        assert frontier_root(frontier) == tree_root(LEAVES[: size + 1])


@pytest.mark.parametrize("size", range(1, len(LEAVES) + 1))
def test_every_leaf_is_shown_to_be_in_its_place_and_in_no_other(size: int) -> None:
    leaves, root = LEAVES[:size], tree_root(LEAVES[:size])
    for index in range(size):
        proof = inclusion_proof(leaves, index)
        assert is_included(leaves[index], index, size, proof, root)
        assert not is_included(OTHER, index, size, proof, root)
        assert not is_included(leaves[index], index, size, proof, OTHER)
        assert not is_included(leaves[index], index, size, (*proof, OTHER), root)
        assert not is_included(leaves[index], index, size, proof[:-1], root) or not proof
        assert not is_included(leaves[index], size, size, proof, root)
        assert not is_included(leaves[index], -1, size, proof, root)
        for other in range(size):
            assert other == index or not is_included(leaves[index], other, size, proof, root)


@pytest.mark.parametrize("size", range(1, len(LEAVES) + 1))
def test_every_younger_tree_is_shown_to_have_grown_from_every_older_one(size: int) -> None:
    leaves, root = LEAVES[:size], tree_root(LEAVES[:size])
    for older_size in range(1, size + 1):
        older_root = tree_root(LEAVES[:older_size])
        proof = consistency_proof(leaves, older_size)
        assert is_consistent(older_size, older_root, size, root, proof)
        assert not is_consistent(older_size, OTHER, size, root, proof)
        assert not is_consistent(older_size, older_root, size, OTHER, proof)
        assert not is_consistent(older_size, older_root, size, root, (*proof, OTHER))
        assert not proof or not is_consistent(older_size, older_root, size, root, proof[:-1])
        for at in range(len(proof)):
            bent = (*proof[:at], OTHER, *proof[at + 1 :])
            assert not is_consistent(older_size, older_root, size, root, bent)


def test_sizes_that_cannot_be_are_refused() -> None:
    root = tree_root(LEAVES)
    assert not is_consistent(0, EMPTY_ROOT, 40, root, ())
    assert not is_consistent(0, EMPTY_ROOT, 0, EMPTY_ROOT, ())
    assert not is_consistent(41, root, 40, root, ())
    assert not is_consistent(3, root, 40, root, ())
    for wrong in (-1, 40):
        with pytest.raises(IndexError):
            inclusion_proof(LEAVES, wrong)
    for wrong in (0, 41):
        with pytest.raises(IndexError):
            consistency_proof(LEAVES, wrong)


def test_a_node_is_never_a_leaf() -> None:
    assert node_hash(b"a", b"b") != leaf_hash(b"ab")
