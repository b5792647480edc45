"""What the machine takes for each step when nobody adds anything: no message can be faster than these together."""
