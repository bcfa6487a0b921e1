package libav

// hardwareEncoder is one of the machine's hardware that works, with the pixel format
// that it takes.
type hardwareEncoder struct{ name, pixels string }

// hardwareRate is the bit rate for an encoder that has no quality.
func hardwareRate(op request, s stream) int {
	return op.Video.Bitrate
}
