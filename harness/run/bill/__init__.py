"""What a plan costs: work counted, rates measured, time, memory and money told."""
