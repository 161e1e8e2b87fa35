"""What Go has built in and Python has not: channels that can be closed, and threads that are missed when they die."""
