"""What an implementation offers, what it may answer, and what it declares about itself."""

from .arena import POLICIES, Arena, Capabilities, ContractError
from .calls import (
    DENIED,
    ILLEGAL,
    NO_MAPPING,
    OUT_OF_MEMORY,
    Allocate,
    Answer,
    Call,
    Failed,
    Free,
    Probe,
    Refused,
    Returned,
)
from .frames import Breach, FramesContract
from .registry import CONTRACTS, Contract, contract_named

__all__ = [
    "CONTRACTS",
    "DENIED",
    "ILLEGAL",
    "NO_MAPPING",
    "OUT_OF_MEMORY",
    "POLICIES",
    "Allocate",
    "Answer",
    "Arena",
    "Breach",
    "Call",
    "Capabilities",
    "Contract",
    "ContractError",
    "Failed",
    "FramesContract",
    "Free",
    "Probe",
    "Refused",
    "Returned",
    "contract_named",
]
