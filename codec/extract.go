package codec

// Extract makes an output of each file in an archive, or of the one file in a
// gz, bz2 or xz. Archives in the archive stay as they are.
//
// Outputs lie side by side under the base names of the files, numbered where two
// are the same; [Result].Path tells the folders. Links, devices and whatever else
// is no file are left out, and a note of the output beside them says so.
type Extract struct{}

// Name returns "extract".
func (Extract) Name() string { return "extract" }

// Validate implements [Operation]: there is nothing to get wrong.
func (Extract) Validate() error { return nil }
