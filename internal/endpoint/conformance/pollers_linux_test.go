package conformance

import "runtime"

// havePollers says that answers can be read in batches here.
const havePollers = runtime.GOARCH == "amd64" || runtime.GOARCH == "arm64"
