"""All of Gaiwan on one machine: an emulated AWS, a simulated WeChat and the app, started and ended together."""
