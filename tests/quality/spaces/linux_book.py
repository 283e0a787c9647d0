"""The planted bugs of the Linux dialect: where each is, and the laws of which it must be found to break one."""

#: (file, class, laws)
LINUX_BUGS = (
    ("linux_giving.py", "RefusesLastPage", {"V15"}),
    # Asterinas #2213: sizes that overflow.
    ("linux_giving.py", "WrapsLength", {"V16", "V15"}),
    # CVE-2023-23536: the region is removed, the entry is kept.
    ("linux_giving.py", "UnmapsWholePagesOnly", {"V2", "V10"}),
    ("linux_giving.py", "UnmapRefusesHoles", {"V15", "C1"}),
    ("linux_giving.py", "ProtectStopsHalfway", {"V18"}),
    ("linux_giving.py", "ProtectsFirstPage", {"V5", "V12"}),
    ("linux_giving.py", "PlacesOverOthers", {"V16"}),
    ("linux_giving.py", "LeavesGapUnused", {"V16"}),
    ("linux_giving.py", "IgnoresHints", {"V16"}),
    ("linux_giving.py", "FixedKeepsWhatWasThere", {"F7", "V12"}),
    ("linux_giving.py", "MergesRights", {"V5"}),
    ("linux_giving.py", "NeverMerges", {"V5.merged"}),
    ("linux_giving.py", "SplitLosesOffset", {"V5", "V17", "V6"}),
    # CVE-2021-29626: other mappings of the source are left.
    ("linux_giving.py", "MoveLeavesMapping", {"V2", "V10"}),
    ("linux_giving.py", "GrowsOverNeighbour", {"V16"}),
    ("linux_giving.py", "BreakKeepsPages", {"V2", "V10"}),
    ("linux_giving.py", "ChildSharesList", {"V6", "V2"}),
    ("linux_giving.py", "ExitLosesFrames", {"V12"}),
    ("linux_giving.py", "BacksAtOnce", {"V12"}),
    ("linux_giving.py", "ListsFreed", {"V2"}),
    # CVE-2016-5195: the intent to write is dropped after the copy.
    ("linux_faulting.py", "WritesSharedFrameAfterCopy", {"V6"}),
    ("linux_faulting.py", "ForkKeepsWriteRight", {"V6"}),
    # CVE-2022-42703: a frame that is still mapped is taken for one's own.
    ("linux_faulting.py", "CountsChildTooLow", {"V6"}),
    ("linux_faulting.py", "CopiesAnEmptyPage", {"V6"}),
    ("linux_faulting.py", "ReusesFramesAsTheyAre", {"F7"}),
    ("linux_faulting.py", "ReadsWithoutRight", {"V3"}),
    ("linux_faulting.py", "WritesReadOnly", {"V3"}),
    ("linux_faulting.py", "ExecutesData", {"V3"}),
    ("linux_faulting.py", "BacksFreePages", {"V10"}),
    ("linux_faulting.py", "ViolationMapsPage", {"V11"}),
    ("linux_faulting.py", "ReadsPastTheEnd", {"V10"}),
    ("linux_faulting.py", "SharedIsPrivate", {"V17"}),
    ("linux_faulting.py", "PrivateIsShared", {"V6", "V17"}),
    ("linux_faulting.py", "FileForgetsMapping", {"V17"}),
    ("linux_faulting.py", "DiscardsNothing", {"V12", "F7"}),
    ("linux_faulting.py", "DiscardsShared", {"V17"}),
    ("linux_faulting.py", "ForgetsResidence", {"V12"}),
    ("linux_faulting.py", "RefusesTooEarly", {"V12"}),
)
