"""Secret values that a program has asked for never stand in what it shows."""

_values = []


def hide(value):
    if len(value) > 1 and value not in _values:
        _values.append(value)
        # The longest first: one value may hold another.
        _values.sort(key=len, reverse=True)


def redact(text):
    for value in _values:
        text = text.replace(value, "[REDACTED]")
    return text


class RedactedStream:
    """Standard output or error, redacted, and copied to whoever listens (the cell that runs)."""

    def __init__(self, target):
        self._target = target
        self.listener = None

    def write(self, text):
        text = redact(text)
        self._target.write(text)
        if self.listener is not None:
            self.listener(text)
        return len(text)

    def writelines(self, lines):
        for line in lines:
            self.write(line)

    def __getattr__(self, name):
        return getattr(self._target, name)
