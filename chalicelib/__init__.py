"""All that Chalice packs beside app.py."""

import gc

# A cold start makes 90,000 objects and no garbage at all. Left alone, Python would look for some after every 700 of
# them, which takes a tenth of the time; so it looks for the first time when the start is over.
gc.set_threshold(100_000)
