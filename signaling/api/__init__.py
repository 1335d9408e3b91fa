"""How the service's own API is served: one declaration a route gives its URL, its check, its document and its
tests.
"""
