"""The five steps of a night: functions that fill one directory each, and do not know each other."""
