"""The Merkle tree over an institution's events (RFC 6962 §2.1): its frontier, its root, and proofs about it.

The *frontier* of a tree is what must be kept to go on growing it: the roots of its full subtrees, left to
right, one for each bit that is set in its size.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Final

_LEAF: Final = b"\x00"
_NODE: Final = b"\x01"
"""Leaves and nodes are hashed differently, so that no node can be shown as a leaf (RFC 6962 §2.1)."""

EMPTY_ROOT: Final = hashlib.sha256(b"").digest()
HASH_BYTES: Final = 32


def leaf_hash(content: bytes) -> bytes:
    """Returns the hash of a leaf with this content."""
    return hashlib.sha256(_LEAF + content).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Returns the hash of a node over two subtrees."""
    return hashlib.sha256(_NODE + left + right).digest()


def grown(frontier: Sequence[bytes], size: int, leaf: bytes) -> tuple[bytes, ...]:
    """Returns the frontier of a tree of ``size`` leaves once the leaf with hash ``leaf`` is added."""
    subtrees = list(frontier)
    while size & 1:
        leaf = hashlib.sha256(_NODE + subtrees.pop() + leaf).digest()
        size >>= 1
    subtrees.append(leaf)
    return tuple(subtrees)


def frontier_root(frontier: Sequence[bytes]) -> bytes:
    """Returns the root of the tree with this frontier."""
    if not frontier:
        return EMPTY_ROOT
    root = frontier[-1]
    for subtree in reversed(frontier[:-1]):
        root = node_hash(subtree, root)
    return root


def frontier_length(size: int) -> int:
    """Returns how many hashes the frontier of a tree of ``size`` leaves has."""
    return size.bit_count()


def tree_root(leaves: Sequence[bytes]) -> bytes:
    """Returns the root over these leaf hashes."""
    frontier: tuple[bytes, ...] = ()
    for size, leaf in enumerate(leaves):
        frontier = grown(frontier, size, leaf)
    return frontier_root(frontier)


def inclusion_proof(leaves: Sequence[bytes], index: int) -> tuple[bytes, ...]:
    """Returns what shows that leaf ``index`` (from 0) is in the tree: RFC 6962 §2.1.1. Raises IndexError."""
    if not 0 <= index < len(leaves):
        raise IndexError(index)
    if len(leaves) == 1:
        return ()
    split = _split(len(leaves))
    if index < split:
        return (*inclusion_proof(leaves[:split], index), tree_root(leaves[split:]))
    return (*inclusion_proof(leaves[split:], index - split), tree_root(leaves[:split]))


def is_included(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> bool:
    """Whether ``proof`` shows that ``leaf`` is leaf ``index`` of the tree with this size and root.

    RFC 9162 §2.1.3.2.
    """
    if not 0 <= index < size:
        return False
    last = size - 1
    found = leaf
    for sibling in proof:
        if last == 0:
            return False
        if index & 1 or index == last:
            found = node_hash(sibling, found)
            while not index & 1 and index:
                index >>= 1
                last >>= 1
        else:
            found = node_hash(found, sibling)
        index >>= 1
        last >>= 1
    return last == 0 and found == root


def consistency_proof(leaves: Sequence[bytes], older_size: int) -> tuple[bytes, ...]:
    """Returns what shows that the tree grew from its first ``older_size`` leaves: RFC 6962 §2.1.2.

    Raises IndexError: an older tree is neither empty nor larger.
    """
    if not 0 < older_size <= len(leaves):
        raise IndexError(older_size)
    return _subproof(leaves, older_size, is_older_whole=True)


def is_consistent(older_size: int, older_root: bytes, size: int, root: bytes, proof: Sequence[bytes]) -> bool:
    """Whether ``proof`` shows that the tree of ``size`` began as the older one: RFC 9162 §2.1.4.2."""
    if older_size == size:
        return not proof and older_root == root and size > 0
    if not 0 < older_size < size:
        return False
    path = list(proof)
    if older_size & (older_size - 1) == 0:
        path.insert(0, older_root)
    if not path:
        return False
    index, last = older_size - 1, size - 1
    while index & 1:
        index >>= 1
        last >>= 1
    older = newer = path[0]
    for sibling in path[1:]:
        if last == 0:
            return False
        if index & 1 or index == last:
            older = node_hash(sibling, older)
            newer = node_hash(sibling, newer)
            while not index & 1 and index:
                index >>= 1
                last >>= 1
        else:
            newer = node_hash(newer, sibling)
        index >>= 1
        last >>= 1
    return last == 0 and older == older_root and newer == root


def _subproof(leaves: Sequence[bytes], older_size: int, *, is_older_whole: bool) -> tuple[bytes, ...]:
    if older_size == len(leaves):
        return () if is_older_whole else (tree_root(leaves),)
    split = _split(len(leaves))
    if older_size <= split:
        rest = tree_root(leaves[split:])
        return (*_subproof(leaves[:split], older_size, is_older_whole=is_older_whole), rest)
    rest = tree_root(leaves[:split])
    return (*_subproof(leaves[split:], older_size - split, is_older_whole=False), rest)


def _split(size: int) -> int:
    """The largest power of two below ``size``."""
    split: int = 1 << ((size - 1).bit_length() - 1)
    return split
