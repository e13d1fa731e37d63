"""Which way of training a small network is fastest on this machine, at equal accuracy?

The house is one street: config -> study -> run -> strategy -> recorder -> run folder -> tables -> charts -> report.
`strategies/serial.py` is the file to read first.
"""
