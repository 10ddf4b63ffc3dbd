"""How the world calls us: with app.py the only folder that knows Chalice."""
