"""Functions of a second module."""

STOP = {"the", "a"}


def normalise(text):
    """Lower case without stop words."""
    return " ".join(word for word in text.lower().split() if word not in STOP)


def count_words(text):
    return len(text.split())


def broken(text):
    raise KeyError(text)
