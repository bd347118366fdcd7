"""The pure rules: the gate and its statistics, the mixture and its schedule, what may be deleted; values in, values out."""
