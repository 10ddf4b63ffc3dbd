"""The simulator, asked through the doors that our code, a phone and a tester use."""
