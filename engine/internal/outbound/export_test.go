package outbound

// What is tested by itself, because HTTP would not carry every input to it.
var (
	NameOf  = nameOf
	Preview = preview
)
