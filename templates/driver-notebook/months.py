"""What can be tested without a notebook: a module beside it."""


def table(rows, carriers):
    """CSV with one line per carrier and twelve months; 0 where nothing flew. `rows` are (carrier, month, flights)."""
    counted = {(carrier, month): flights for carrier, month, flights in rows}
    lines = [",".join(["carrier", *map(str, range(1, 13))])]
    lines += [",".join([carrier, *(str(counted.get((carrier, month), 0)) for month in range(1, 13))]) for carrier in carriers]
    return "".join(f"{line}\n" for line in lines)
