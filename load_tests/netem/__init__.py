"""A link with delay, jitter, loss, a rate, a queue and cuts, between two network namespaces: what `tc netem`
does where the kernel has it, and repeatable, for its decisions come from a seed.
"""
