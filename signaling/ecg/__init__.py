"""ECGs as the service keeps them: asked for, streamed in by gateways, watched, complete or not."""
