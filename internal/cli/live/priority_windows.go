package live

// lowPriority does nothing on Windows.
func lowPriority() {}
