// Package archive packs and unpacks archives, in pure Go: [codec.Archive] joins
// files in one, [codec.Extract] makes an output of each file in one, and
// [codec.Convert] turns one into another.
//
//	out := …  // any codec.Sink
//	err := archive.New().Process(ctx, &codec.Work{
//		Op:  codec.Convert{Format: "tgz"},
//		In:  []codec.Input{zip},
//		Out: out,
//	})
//
// It reads zip, tar, 7z, rar, gz, bz2, xz and a tar in one of these three, and
// writes zip, tar, tgz, gz and xz. A gz or xz made of an archive holds a tar; made
// of one compressed file it holds that file. Entries stream from the input to the
// output: nothing is loaded whole, and no temporary file is made. Of the directory
// of a zip, a 7z and the names that were given, memory holds what
// [codec.Limits].Entries allows; beside that the largest dictionary of a
// compressor: 8 MiB for writing xz, at most 64 MiB for reading xz and 256 MiB for rar
// and 7z, whose own programs take 32 and 64 MiB at their highest usual levels.
//
// With the codecs for other files given to [New], a zip that is converted to what they
// make is unpacked, and each file in it becomes an output of its own. Those codecs read
// by range, so one file at a time is unpacked to a seekable output of the sink, which
// is dropped again.
//
// # What is let through
//
// Names are made safe, in archives and as names of outputs: no entry leads out of
// the folder in which it is unpacked, whatever its separators, drive letters and
// dots say; a name that was there before gets a number. A name that is not
// UTF-8 is read in the code page that suits all names of the archive best. Files
// and folders pass; links, devices and sockets are left out, with a note. An
// archive that asks for a password is refused. Archives in archives are files
// like others: nothing is unpacked twice.
//
// The limits of entries, of decoded bytes, of their ratio to the input and of
// output bytes hold while the work is done, whatever the headers say, and are
// checked before it where they tell. Entries of a zip that share bytes are
// refused. An error in the middle leaves no archive; outputs of files that were
// extracted before it are the caller's to remove, as of any codec.
//
// The same input and operation give the same bytes: times are those of the input,
// or the start of 1980 where it has none, and owners are left out.
//
// # Libraries
//
// The standard library reads and writes zip, tar and gz and reads bz2. The rest is
// github.com/bodgit/sevenzip for 7z, github.com/nwaples/rardecode for rar,
// github.com/mikelolasagasti/xz for reading xz, which bounds the dictionary,
// github.com/ulikunitz/xz for writing it, and github.com/klauspost/compress for what is
// compressed by Zstandard in a zip.
package archive
