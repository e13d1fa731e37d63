"""What is measured while a run trains, and the machine that it trains on."""
