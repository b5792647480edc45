"""What a run says about itself: spans, deliveries, metrics and faults, received, kept and asked."""
