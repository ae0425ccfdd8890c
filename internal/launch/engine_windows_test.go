package launch

// fakeEngine is not there: the tests of engines follow processes through /proc.
func fakeEngine([]string) int { return 1 }
