"""What an implementation offers, what it may answer, and what it declares about itself."""

from .arena import POLICIES, Arena, Capabilities, ContractError
from .calls import ILLEGAL, OUT_OF_MEMORY, Allocate, Answer, Call, Failed, Free, Probe, Refused, Returned
from .frames import Breach, FramesContract

__all__ = [
    "ILLEGAL",
    "OUT_OF_MEMORY",
    "POLICIES",
    "Allocate",
    "Answer",
    "Arena",
    "Breach",
    "Call",
    "Capabilities",
    "ContractError",
    "Failed",
    "FramesContract",
    "Free",
    "Probe",
    "Refused",
    "Returned",
]
