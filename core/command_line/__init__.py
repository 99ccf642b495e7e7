"""The command line: one module a command. Heavy imports happen inside a command's own function,
so that --help, gui, doctor and checkpoints start without torch."""
