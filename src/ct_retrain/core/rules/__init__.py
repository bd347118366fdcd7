"""Pure rules (values in, values out): the gate and its statistics, mixture and schedule, retention."""
