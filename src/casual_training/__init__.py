"""Which way of training a small network is fastest on this machine, at equal accuracy?

Data pass one way through the layers of the code: config -> plan -> workload -> strategies -> measure -> run folder ->
tables -> verdict -> charts -> page. `strategies/serial.py` is the file to read first; CONTRIBUTING.md lists the layers.
"""
