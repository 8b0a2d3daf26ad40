"""Run the processes of one machine: start in order, watch, restart, drain, leave nothing."""
