"""Stand-ins for the systems that a brand has beside us: behind the simulator's port, never deployed."""
