"""A WeChat for your laptop: the platform, the followers' phones, and a tester's controls. Never deployed."""
