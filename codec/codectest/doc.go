// Package codectest holds what a codec must pass, and what helps to test one:
// the conformance suite, inputs and a sink in memory, and assertions about media.
//
// The suite checks the clauses of [codec.Codec] with samples that the codec must
// be able to do:
//
//	func TestCodec(t *testing.T) {
//		codectest.Run(t, vips.New(), []codectest.Sample{
//			{Name: "a.png", Data: png, Op: codec.Convert{Format: "webp"}},
//		})
//	}
//
// [Check] runs it without a test. [Fuzz] feeds the codec with mutations of
// samples and holds it to what bad input may lead to.
//
// The assertions return an error that says what is wrong, so that a test can also
// show that a wrong output is caught: [SamePicture], [SameProfile],
// [ColourPatches], [SameFrames], [SameStreams], [HasDuration], [InSync] and
// [IndexFirst]. They read media with programs that share no code with the codecs
// where there are such: the standard library, and the commands ffprobe, ffmpeg
// and vips, which must be installed.
package codectest
