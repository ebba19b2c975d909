# SPDX-License-Identifier: Apache-2.0
"""The command ``zaqar-bench``: puts load on a deployment of the API, whoever wrote it, and reports
rates and latencies.

It knows the API and a URL, and nothing of the rest of this package. ``options`` is what can be
asked for; ``client`` speaks HTTP; ``measuring`` counts; ``scenarios``, ``roles`` and ``endtoend``
are the work; ``load`` runs work in processes of its own; ``report`` and ``compare`` say what came
out; ``baseline`` and ``selfcheck`` are what results are held against.
"""
