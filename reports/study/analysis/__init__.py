"""From valid votes to the numbers of Tables 5 and 6, with the intervals, tests and checks that belong to them.

The votes of every function here are a `pandas.DataFrame` with one row a vote and at least the columns `dataset, method,
task, clip_id, rater_id`, and either `score` (1 to 5, float) or `answer` (machine, undetermined, real).
"""
