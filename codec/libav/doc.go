// Package libav is the codec for video and sound, on FFmpeg's libraries.
//
//	c := libav.New()
//	err := c.Process(ctx, &codec.Work{
//		Op:  codec.Convert{Format: "mp4", Width: 1280},
//		In:  []codec.Input{film},
//		Out: sink,
//	})
//
// # How a film goes through
//
// The input is read by range through its ReadAt, with the one demuxer of its
// media type; the libraries open nothing by name, neither a file nor a network
// address. The headers become a plan: what happens to each stream, and why. A
// stream that the target container takes as it is, and of which no field asks a
// change, is copied; the rest goes decoder → filters → encoder. The account of
// the plan, stream by stream, is in the [codec.Result] of the output, with the
// encoders' options and the libraries' warnings. Then the packets run, some at a
// time, on the goroutine that called, and the output is written as a stream; a
// container with an index gets it moved to the front at the end.
//
// Of a clip that is cut between key frames only the pictures before the first of them and the
// last few are encoded, if the codec is H.264, H.265 or VP9. Their parameter sets have numbers
// that those of the film have not, and the output's header holds both. Pictures of H.265 that
// are decoded behind the first key frame and shown before it are encoded, too, and it is marked
// as one without (BLA for CRA, ITU-T H.265 table 7-1). Films are encoded as a whole if their
// pictures are fields; if H.264 has more than 8 bits, another profile than Baseline, Main and
// High, or key frames that pictures reach across (no IDR); if H.265 is neither Main nor Main
// 10, or has Dolby Vision; and if VP9 has more than 8 bits.
//
// # What is done besides
//
// Changes of picture and sound (adjust, transform, watermark) are steps between
// decoder and encoder, so a chain of them is one pass. Single pictures (poster-frame,
// thumbnail, storyboard) seek to the key frame before their time and decode from
// there. What has to know the whole first runs twice: the palette of a gif, the
// loudness to normalize, the two passes of a compression to a size. Frames that are
// joined (concat) or that many encoders take (stream, renditions) go from the session
// that decodes through Go to the sessions that encode, by reference and one at a time.
//
// # Subtitles
//
// Those that are text become the text that the target holds, through FFmpeg's decoders
// and encoders, which meet in ASS; pictures are copied or left out with a note. A file
// of subtitles is turned to UTF-8 first. To burn them in, libass reads a script that is
// written here from a private folder, with the Go fonts beside it.
//
// # The same bytes
//
// The same work makes the same bytes with the same libraries, but for H.264: libx264 reads
// memory that it has not written, as ffmpeg shows with glibc's MALLOC_PERTURB_, and so
// chooses otherwise here and there; and for AV1 of a bit rate or a size: what SVT-AV1's
// threads have done decides about the rest.
//
// # Damage
//
// Packets that cannot be decoded are left out, and what follows is decoded; the notes of
// the result tell. With [codec.Policy] Strict the work fails instead, also where a decoder
// hides damage or a demuxer skips it: as soon as the libraries tell of an error.
//
// # Hardware
//
// An encoder of hardware is used where that is asked for and it has encoded a picture on
// trial, once for each codec and [Codec]. NVENC, Quick Sync, AMF, VideoToolbox and V4L2 take
// pictures out of memory. For VAAPI, which is tried last, each is uploaded to the device
// that FFmpeg opens by itself: that of the X display if there is one, else the first of
// /dev/dri. Decoders and filters stay with the processor, and there are 8 bits a sample.
//
// Where the trial fails, or gives no answer within 10 seconds, software encodes; where
// hardware fails later, software begins anew. C that hangs in a driver cannot be stopped:
// the trial is left behind, and its thread and what it holds are lost. Hardware that hangs
// after its trial keeps the work, and a worker of the engine, until it returns. No machine
// that tests this has such hardware: the tests show that software takes over. The upload was
// tried by hand alone, with a driver that stands in for one and keeps pictures as they are.
//
// # After a cancel
//
// Work stops between two packets, and where the input or the output is read or
// written. What it must wait for is the encoder's longest call, and then its end, which
// encodes what it holds. Each looks ahead only so far, and so much time passed from a
// cancel until Process had returned, at most, for a noisy film in 1080p on two cores:
//
//	libx264     30 pictures, fewer with an effort below 5    0.9 s
//	libx265     20 pictures, fewer with an effort below 4    1.9 s
//	libvpx-vp9  20 pictures                                  0.7 s
//	libsvtav1   none, in groups of 8: at most 18 or so       4.5 s
//	gif, webp   a picture                                    0.3 s
//
// Sound stops within a hundredth of a second. More noise, more effort, or an option of the
// encoder that looks further ahead make it longer: AV1 takes 10 s for nothing but noise, the
// worst there is. The command examples/bench/cancel measures it for each encoder that is
// there:
//
//	cd examples/bench && go run ./cancel
//
// # Settings of the process
//
// The first [New] takes over the libraries' log, which is the process's, so that
// warnings become notes of the work they belong to and nothing is printed. It
// keeps SVT-AV1 quiet, which prints unless the environment has SVT_LOG=0; where the
// host has set that variable, it stays. SVT-AV1 would also make threads of a process
// that may do so, as root may, real-time threads of the highest priority: on Linux it
// is not let. And it limits glibc's malloc to one arena for each core, and what each
// keeps at its end to 8 MiB; the encoders' threads, new for each film, would leave freed
// memory in eight times as many, and more in each.
package libav
