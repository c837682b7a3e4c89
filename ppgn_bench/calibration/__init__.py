"""How fast this machine does what a run will do, from a few steps of each kind of job."""
