"""What is missing or slow on this machine, and the one command that mends each fault."""

from core.doctor.check import Check
from core.doctor.report import main, run_doctor

__all__ = ["Check", "main", "run_doctor"]
