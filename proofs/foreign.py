"""The second opinion, in a process of its own: `python foreign.py bitwuzla|cvc5`.

Questions come in as JSON lines, `{"text": SMT-LIB, "limit": seconds}`, and each is answered by one line,
`{"answer": "sat" | "unsat" | "unknown", "seconds": ..., "detail": ...}`. A solver that hangs or dies takes only this
process with it. The file stands alone: it imports nothing of the package, so the process starts in milliseconds.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from typing import Any


def ask_bitwuzla(text: str, limit: float) -> str:
    """Bitwuzla's answer to a script with one check-sat."""
    import bitwuzla

    options = bitwuzla.Options()
    options.set(bitwuzla.Option.TIME_LIMIT_PER, max(1, int(limit * 1000)))
    parser = bitwuzla.Parser(bitwuzla.TermManager(), options)
    parser.parse(text, True, False)
    return str(parser.bitwuzla().check_sat())


def ask_cvc5(text: str, limit: float) -> str:
    """cvc5's answer to a script with one check-sat."""
    import cvc5

    solver = cvc5.Solver(cvc5.TermManager())
    solver.setOption("tlimit-per", str(max(1, int(limit * 1000))))
    parser = cvc5.InputParser(solver)
    parser.setStringInput(cvc5.InputLanguage.SMT_LIB_2_6, text, "obligation")
    symbols = parser.getSymbolManager()
    said = ""
    while not (command := parser.nextCommand()).isNull():
        said += command.invoke(solver, symbols)
    return said


SOLVERS: dict[str, Callable[[str, float], str]] = {"bitwuzla": ask_bitwuzla, "cvc5": ask_cvc5}


def answer_to(name: str, question: dict[str, Any]) -> dict[str, Any]:
    """The reply to one question; whatever goes wrong is `unknown` with the reason."""
    started = time.perf_counter()
    try:
        said = SOLVERS[name](question["text"], question["limit"]).strip()
    except Exception as error:
        said = f"unknown ({type(error).__name__}: {error})"
    answer = next((word for word in ("unsat", "sat") if said == word), "unknown")
    detail = "" if answer != "unknown" else said
    return {"answer": answer, "seconds": time.perf_counter() - started, "detail": detail}


def main() -> None:
    """Answer questions until there are no more."""
    name = sys.argv[1]
    for line in sys.stdin:
        print(json.dumps(answer_to(name, json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
