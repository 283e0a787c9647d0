"""What must hold: states, steps and laws as pure functions, each written once.

`algebra` says how a rule is written so that every judge can run it; the other modules are the rules. This floor
depends on nothing but attrs.
"""
