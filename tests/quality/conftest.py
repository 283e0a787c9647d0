"""What tests record is printed at the end, also where they ran in other processes."""

import pytest


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print every table, and the matrix of changes by judges: the laws that each judge named."""
    matrix: dict[str, dict[str, str]] = {}
    for reports in list(terminalreporter.stats.values()):
        for report in reports:
            if getattr(report, "when", "") != "call":
                continue
            for name, recorded in report.user_properties:
                if name == "table":
                    terminalreporter.write_line(f"\n{recorded}")
                elif name == "matrix":
                    change, judge, laws = recorded
                    matrix.setdefault(change, {})[judge] = laws
    for number, (change, row) in enumerate(sorted(matrix.items())):
        if not number:
            terminalreporter.write_line(f"\n{'change':<40}" + "".join(f"{judge:<30}" for judge in sorted(row)))
        terminalreporter.write_line(f"{change:<40}" + "".join(f"{laws[:29]:<30}" for _, laws in sorted(row.items())))
