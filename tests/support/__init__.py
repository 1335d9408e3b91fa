"""What tests stand on: fakes that are small real implementations, and the end-to-end harness."""
