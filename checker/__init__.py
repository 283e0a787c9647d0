"""Who judges: the engines that hold implementations and the specification itself against the laws."""
