"""Proofs: the laws hold for memory of any size, shown from the specification's own steps.

    spec/ laws and steps ──> symbolic ──> obligations ──> discharge ──> certificate
                             (terms)      (what follows   (two solvers,  (what was proved,
                                          from what)      twin, replay)  by whom)

An obligation says that a step keeps the laws: assumed of the state before at a few points, they hold of the state
after at any point. There are no quantifiers and no bound on the number of frames; the points are the frame that is
looked at and those that the step touches. Loops are proved round by round: one lemma for a round of merging
(`absorb`), one for a round of splitting (`give_back`), one for the insertion that ends it, and *compositions*, in which
the real loop runs with its rounds replaced by their lemma.

The rules are nowhere repeated. Every law and step in an obligation is the code object of `spec/`, bound to terms.
What is stated here are the points, and what holds between two rounds.
"""

#: Seconds for each question and solver, unless more or less is asked for.
TIME_LIMIT = 30.0
